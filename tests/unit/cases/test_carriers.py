"""Carriers: a token is found in each of its places, in the forms that relays and clients leave it in, and only when it is good."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest

from mailgate.cases.carriers import (
    examined,
    in_local_part,
    in_message_ids,
    in_text,
    marker_line,
    message_id,
    refusals,
    reply_local_part,
    thread_root,
    without_tokens,
)
from mailgate.cases.ids import new_id
from mailgate.cases.tokens import MAX_NUMBER, TokenKeys, bounce_token, examine, reply_token

KEYS = TokenKeys({3: b"k" * 32})
FOREIGN = TokenKeys({3: b"f" * 32})
TODAY = date(2026, 3, 2)
TEXT = reply_token(KEYS, 123, 45, TODAY + timedelta(days=90))
FORGED = reply_token(FOREIGN, 123, 45, TODAY + timedelta(days=90))
TOKEN = examine(KEYS, TEXT, TODAY)
OUTBOX_ID = new_id(datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    "local_part",
    [
        f"support+{TEXT}",
        f"Support+{TEXT.upper()}",
        TEXT,
        f"kunde+support+{TEXT}",
        f"SRS0=abcd=XY=example.com=support+{TEXT}",
        f"prvs=0123abcdef=support+{TEXT}",
        f"support+{TEXT}=customer.example",
    ],
)
def test_given_a_local_part_with_a_token_when_read_then_it_is_found(local_part):
    assert in_local_part(KEYS, local_part, TODAY) == TOKEN


@pytest.mark.parametrize("local_part", ["", "support", "support+", "support+hello", "postmaster", f"support+{TEXT}x", "+" * 70, "a=b" * 30])
def test_given_a_local_part_without_a_token_when_read_then_nothing_is_found(local_part):
    assert in_local_part(KEYS, local_part, TODAY) is None


def test_given_the_longest_tokens_when_put_behind_a_mailbox_then_they_stay_within_64_octets():
    longest = reply_token(KEYS, MAX_NUMBER, MAX_NUMBER, TODAY)
    assert len(reply_local_part(longest, "support")) <= 64
    assert len(reply_local_part(longest, "kundesupport")) <= 64
    assert len(reply_local_part(bounce_token(KEYS, OUTBOX_ID), "support")) <= 64
    assert reply_local_part(longest, "") == longest
    with pytest.raises(ValueError, match="too long"):
        reply_local_part(longest, "m" * 16)


def test_given_our_message_id_when_a_client_answers_then_the_token_is_found_among_the_others():
    ours = message_id(TEXT, OUTBOX_ID, "gw.example")
    assert ours == f"{TEXT}.{OUTBOX_ID.replace('-', '')}@gw.example"
    assert in_message_ids(KEYS, ["CAF=abc@mail.gmail.com", ours.upper(), thread_root(OUTBOX_ID, "gw.example")], TODAY) == (TOKEN,)


def test_given_the_thread_root_alone_when_read_then_it_gives_nothing():
    root = thread_root(OUTBOX_ID, "gw.example")
    assert root == thread_root(OUTBOX_ID, "gw.example")
    assert in_message_ids(KEYS, [root], TODAY) == ()


@pytest.mark.parametrize(
    "text",
    [
        marker_line(TEXT),
        f"Takk!\n\n> > {marker_line(TEXT)}\n> > hei",
        f"*Ref:* {TEXT}",
        f"Ref:\u00a0{TEXT.upper()}",
        f"ref : {TEXT}.",
        f"> Ref:\n> {TEXT}",
        f"| Ref: | {TEXT} |",
        f"(Ref: {TEXT})",
    ],
)
def test_given_a_marker_line_that_was_quoted_or_turned_into_text_when_read_then_it_is_found(text):
    assert in_text(KEYS, text, TODAY) == (TOKEN,)


@pytest.mark.parametrize("text", ["", TEXT, f"Pref: {TEXT}", f"Ref: {TEXT}a", "Ref: SUP-123", f"Ref: noe annet\n{TEXT}"])
def test_given_a_text_without_a_marker_line_when_read_then_nothing_is_found(text):
    assert in_text(KEYS, text, TODAY) == ()


def test_given_a_forged_token_when_it_comes_by_any_path_then_every_path_refuses_it():
    assert in_local_part(KEYS, f"support+{FORGED}", TODAY) is None
    assert in_message_ids(KEYS, [message_id(FORGED, OUTBOX_ID, "gw.example")], TODAY) == ()
    assert in_text(KEYS, marker_line(FORGED), TODAY) == ()
    texts = [one for part in ("support", f"support+{FORGED}") for one in examined(KEYS, part, TODAY)]
    assert [found.reason for found in refusals(texts)] == ["forged"]


def test_given_two_markers_when_read_then_both_come_in_order_and_doubles_once():
    other = reply_token(KEYS, 9, 9, TODAY)
    found = in_text(KEYS, "\n".join([marker_line(other), marker_line(TEXT), marker_line(other)]), TODAY)
    assert [token.case_number for token in found] == [9, 123]


@pytest.mark.timing
@pytest.mark.parametrize("piece", ["Ref: ", "Ref:" + " " * 39, "ref:>", marker_line(FORGED) + "\n", "a" * 80])
def test_given_a_hostile_text_when_doubled_then_the_time_at_most_doubles(piece):
    def seconds(size):
        text = piece * (size // len(piece))
        started = time.process_time()
        in_text(KEYS, text, TODAY)
        return time.process_time() - started

    once, twice = min(seconds(500_000) for _ in range(3)), min(seconds(1_000_000) for _ in range(3))
    assert twice < 3 * once + 0.05


def test_given_tokens_of_ours_in_a_text_when_it_is_notified_to_others_then_they_are_taken_out_and_nothing_else_is():
    over = reply_token(KEYS, 123, 45, TODAY - timedelta(days=1))
    text = f"support+{TEXT}@x.example, <{over.upper()}.1@x.example>, bounce {bounce_token(KEYS, OUTBOX_ID)}, {FORGED} " + "a" * 56
    assert without_tokens(KEYS, text, TODAY) == f"support+…@x.example, <….1@x.example>, bounce …, {FORGED} " + "a" * 56
