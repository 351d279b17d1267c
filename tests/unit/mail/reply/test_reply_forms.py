"""Every form in which a client announces quoted text, in complete mails: exactly the reply is given, however the header is set."""

from __future__ import annotations

import textwrap
from collections import Counter

import pytest

from mailgate.mail.reply.extract import extract
from tests.unit.mail.reply.reply_forms import ATTRIBUTIONS, BLOCKS, QUOTED_FORWARDS, WRAPPED

REPLY = "Hei,\n\nTorsdag passer fint for oss. Vi møter ved port 3, og jeg tar med tegningene.\n\nSkal vi si klokka ni?"
HISTORY = "Hei Kari,\n\nkan dere ta imot oss på torsdag?\nVi trenger en halv time.\n\nOla"
QUOTED = "\n".join(f"> {line}".rstrip() for line in HISTORY.split("\n"))


def check(text: str, reply: str = REPLY) -> None:
    got = extract(text)
    assert got.text == reply
    parts = "\n".join((got.text, got.signature, got.quoted)).split("\n")
    assert Counter(line.strip() for line in text.split("\n") if line.strip()) == Counter(line.strip() for line in parts if line.strip())


@pytest.mark.parametrize("form", ATTRIBUTIONS | WRAPPED)
@pytest.mark.parametrize("history", [QUOTED, HISTORY], ids=["marked", "bare"])
@pytest.mark.parametrize("gap", ["\n\n", "\n", "\n\n\n"], ids=["blank-line", "no-blank-line", "two-blank-lines"])
def test_given_a_reply_above_an_attribution_when_cut_then_exactly_the_reply_is_left(form: str, history: str, gap: str) -> None:
    header = (ATTRIBUTIONS | WRAPPED)[form]
    check(f"{REPLY}{gap}{header}\n\n{history}\n")
    check(f"{REPLY}{gap}{header}\n{history}\n")


@pytest.mark.parametrize("form", ATTRIBUTIONS)
@pytest.mark.parametrize("width", [76, 60, 45])
def test_given_a_wrapped_attribution_when_cut_then_exactly_the_reply_is_left(form: str, width: int) -> None:
    header = textwrap.fill(ATTRIBUTIONS[form], width, break_long_words=False, break_on_hyphens=False)
    check(f"{REPLY}\n\n{header}\n\n{QUOTED}\n")
    check(f"{REPLY}\n\n{header}\n\n{HISTORY}\n")


@pytest.mark.parametrize("form", BLOCKS)
@pytest.mark.parametrize("gap", ["\n\n", "\n", "\n\n\n\n"], ids=["blank-line", "no-blank-line", "blank-lines"])
def test_given_a_reply_above_a_header_block_when_cut_then_exactly_the_reply_is_left(form: str, gap: str) -> None:
    check(f"{REPLY}{gap}{BLOCKS[form]}\n\n{HISTORY}\n")
    check(f"{REPLY}{gap}{BLOCKS[form]}\n\n{QUOTED}\n")


@pytest.mark.parametrize("form", BLOCKS)
def test_given_a_header_block_with_folded_values_when_cut_then_exactly_the_reply_is_left(form: str) -> None:
    folded = BLOCKS[form].replace("Befaring torsdag", "Befaring\n torsdag").replace("Syn på torsdag", "Syn på\n torsdag")
    check(f"{REPLY}\n\n{folded}\n\n{HISTORY}\n")
    check(f"{REPLY}\n\n" + "\n".join(line + "  " for line in BLOCKS[form].split("\n")) + f"\n\n\n{HISTORY}\n")


@pytest.mark.parametrize("form", QUOTED_FORWARDS)
def test_given_a_forward_in_quote_marks_when_cut_then_exactly_the_reply_is_left(form: str) -> None:
    check(f"{REPLY}\n\n{QUOTED_FORWARDS[form]}\n{QUOTED}\n")
    check(f"{REPLY}\n{QUOTED_FORWARDS[form]}\n{QUOTED}\n")


@pytest.mark.parametrize("form", ATTRIBUTIONS | WRAPPED | BLOCKS)
def test_given_a_signature_above_the_quote_when_cut_then_it_is_kept_apart(form: str) -> None:
    header = (ATTRIBUTIONS | WRAPPED | BLOCKS)[form]
    got = extract(f"{REPLY}\n\nMed vennlig hilsen\nKari Nordmann\nDriftsleder, Nordlys AS\ntlf. 22 33 44 55\n\n{header}\n\n{HISTORY}\n")
    assert got.text == REPLY
    assert got.signature == "Med vennlig hilsen\nKari Nordmann\nDriftsleder, Nordlys AS\ntlf. 22 33 44 55"


@pytest.mark.parametrize("form", ATTRIBUTIONS | WRAPPED)
def test_given_an_answer_under_the_quote_when_cut_then_the_answer_is_the_reply(form: str) -> None:
    header = (ATTRIBUTIONS | WRAPPED)[form]
    check(f"{header}\n{QUOTED}\n\n{REPLY}\n")


@pytest.mark.parametrize("form", ATTRIBUTIONS | WRAPPED)
def test_given_answers_between_quoted_lines_when_cut_then_all_is_kept_in_order(form: str) -> None:
    header = (ATTRIBUTIONS | WRAPPED)[form]
    body = f"{header}\n> Passer torsdag?\n\nJa, det gjør det.\n\n> Trenger dere nøkkel?\n\nNei, vi har en."
    check(f"{body}\n\n> Hilsen Ola\n", body)


def test_given_all_forms_when_counted_then_none_is_missing() -> None:
    assert len(ATTRIBUTIONS | WRAPPED | BLOCKS | QUOTED_FORWARDS) == 69
