"""`mailgate suppression` and what `case show` and `outbox show` say of mail that came back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from mailgate.cases.ids import new_id
from mailgate.clock import utc_now
from mailgate.rules.reachability import Suppression
from mailgate.store.database import open_database
from mailgate.store.rows import Delivery, OutboxRow, SendResult
from mailgate.store.unit_of_work import Store

STOPPED = "the address is suppressed: bounced 2026-11-23: 5.1.1"
EVA, PER = "eva@kunde.test", "per@kunde.test"


@pytest.fixture
def written(tmp_path):
    """Write into the database that the commands use."""

    def write(call):
        database = open_database(f"sqlite:///{tmp_path}/var/mailgate.db")
        try:
            with Store(database, utc_now).transaction() as uow:
                return call(uow)
        finally:
            database.close()

    return write


def test_given_addresses_when_added_listed_and_removed_then_json_says_each(mailgate):
    made = mailgate("suppression", "add", "Eva@Kunde.test", PER, "--reason", "left\nthe company", "--days", "7", "--json")
    assert [(one["address"], one["cause"], one["reason"]) for one in made.objects] == [
        (EVA, "operator", "left the company"), (PER, "operator", "left the company"),
    ]  # fmt: skip
    listed = mailgate("suppression", "list", "--json").objects
    assert {one["address"] for one in listed} == {EVA, PER}
    assert all(set(one) == {"address", "reason", "created_at", "cause", "until"} and one["until"] for one in listed)
    assert [one["address"] for one in mailgate("suppression", "remove", EVA, "--json").objects] == [EVA]
    assert [one["address"] for one in mailgate("suppression", "list", "--json").objects] == [PER]


def test_given_no_json_when_added_and_removed_then_nothing_is_printed_and_the_list_is_a_table(mailgate):
    assert mailgate("suppression", "list").err == "no address is suppressed\n"
    assert mailgate("suppression", "add", EVA).out == ""
    assert mailgate("suppression", "list").out.splitlines()[0].split() == ["ADDRESS", "CAUSE", "CREATED", "AT", "UNTIL", "REASON"]
    assert (mailgate("suppression", "remove", EVA).out, mailgate("suppression", "list", "--json").out) == ("", "")


def test_given_causes_when_listed_then_they_can_be_told_apart(mailgate, written):
    mailgate("suppression", "add", PER)
    written(lambda uow: uow.suppressions.add([Suppression(EVA, "bounced 2026-11-23: 5.1.1", utc_now(), "bounce")]))
    assert [one["address"] for one in mailgate("suppression", "list", "--cause", "bounce", "--json").objects] == [EVA]
    assert [one["address"] for one in mailgate("suppression", "list", PER.upper(), "--json").objects] == [PER]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("remove", EVA), "eva@kunde.test is not suppressed"),
        (("add", "nobody"), "is no mail address"),
        (("add", EVA, "--days", "0"), "--days"),
        (("add", EVA, "--reason", " "), "the reason is empty"),
        (("list", "--cause", "weather"), "--cause"),
    ],
)
def test_given_a_wrong_command_when_typed_then_it_is_2_and_one_line(mailgate, words, said):
    answer = mailgate("suppression", *words)
    assert (answer.code, answer.out, said in answer.err) == (2, "", True)


def test_given_mail_that_came_back_when_the_case_is_shown_then_it_says_which_why_and_who_gets_no_more(mailgate, written):
    for command in (
        ("contact", "add", EVA), ("contact", "add", PER), ("case", "new", "--reporter", EVA, "--summary", "Feil", "--participant", PER),
    ):  # fmt: skip
        assert mailgate(*command).code == 0
    sent = {address: new_id(utc_now()) for address in (EVA, PER)}

    def bounced(uow):
        now, case_id = utc_now(), uow.cases.get("SUP-1").id
        rows = [OutboxRow(id_, "comment_added", to, None, f"{id_}@x", b"x", now, now, now, case_id) for to, id_ in sent.items()]
        uow.outbox.add(rows)
        uow.outbox.record_deliveries([Delivery(sent[EVA], "failed", "5.1.1", "550 no such user")])
        uow.suppressions.add([Suppression(EVA, "bounced 2026-11-23: 5.1.1 550 no such user", now, "bounce")])

    written(bounced)
    shown = json.loads(mailgate("case", "show", "SUP-1", "--json").out)
    assert [(one["address"], one["cause"], one["until"]) for one in shown["unreachable"]] == [(EVA, "bounce", None)]
    states = {one["address"]: (one["state"], one["why"]) for one in shown["deliveries"] if one["outbox_id"] in sent.values()}
    assert (states[EVA], states[PER][0]) == (("failed", "5.1.1 550 no such user"), "pending")
    text = mailgate("case", "show", "SUP-1").out
    assert "eva@kunde.test gets no mail: bounced 2026-11-23" in text
    assert "mail failed  eva@kunde.test" in text
    outbox = json.loads(mailgate("outbox", "show", sent[EVA], "--json").out)
    assert (outbox["delivery"], outbox["delivery_status"], outbox["delivery_text"]) == ("failed", "5.1.1", "550 no such user")


def test_given_a_comment_when_the_case_is_shown_then_it_says_who_was_notified_and_what_became_of_each(mailgate, written):
    for command in (
        ("contact", "add", EVA), ("contact", "add", PER), ("case", "new", "--reporter", EVA, "--summary", "Feil", "--participant", PER),
        ("case", "comment", "SUP-1", "Prøv igjen", "--as", "ola"),
    ):  # fmt: skip
        assert mailgate(*command).code == 0

    def sent(uow):
        now = utc_now()
        notices = [one for one in uow.notices.claim(now + timedelta(hours=1), 50, timedelta(hours=2)) if one.kind == "comment_added"]
        to_eva, to_per = (next(one for one in notices if one.address == who) for who in (EVA, PER))
        row = OutboxRow(new_id(now), "comment_added", EVA, None, "m@x", b"x", now, now, now + timedelta(days=1), to_eva.case_id)
        uow.outbox.add([row])
        uow.notices.mark_rendered({to_eva.id: row.id})
        (claim,) = uow.outbox.claim(now, 5, timedelta(minutes=5))
        uow.outbox.record([SendResult(row.id, claim.lease_token, "sent", now, now, "mx:25", 250, "2.0.0", "queued as 4bX")])
        uow.notices.suppress([to_per.id], STOPPED)
        return row.id

    row_id = written(sent)
    shown = mailgate("case", "show", "SUP-1", "--json").objects[0]
    notified = {one["address"]: one for one in shown["comments"][0]["notified"]}
    assert (notified[EVA]["state"], notified[EVA]["why"], notified[EVA]["outbox_id"]) == ("sent", "250 2.0.0 queued as 4bX", row_id)
    assert (notified[PER]["state"], notified[PER]["why"]) == ("suppressed", STOPPED)
    assert all(one["notified"] == [] for one in shown["events"] if one["kind"] == "comment_added")
    lines = mailgate("case", "show", "SUP-1").out.splitlines()
    at = lines.index("  Prøv igjen")
    assert lines[at + 1].startswith(f"  notified {EVA}: sent ")
    assert lines[at + 1].endswith("250 2.0.0 queued as 4bX")
    assert lines[at + 2].startswith(f"  notified {PER}: suppressed ")


def test_given_what_a_suppression_stopped_when_it_is_lifted_then_composed_mail_is_due_again_but_for_answers(mailgate, written):
    mailgate("suppression", "add", EVA)

    def stopped(uow):
        now = utc_now()
        rows = [
            OutboxRow(new_id(now), "comment_added", EVA, "b@x", f"{number}@x", b"x", now, now, now, at_most_once=answer)
            for number, answer in enumerate((False, True))
        ]
        uow.outbox.add(rows)
        claims = uow.outbox.claim(now, 5, timedelta(minutes=5))
        uow.outbox.record([SendResult(one.id, one.lease_token, "failed", now, now, "", 0, "", STOPPED) for one in claims])
        uow.outbox.mark_suppressed([one.id for one in claims])
        return [row.id for row in rows]

    notice, answer = written(stopped)
    assert mailgate("suppression", "remove", EVA, "--send-again").code == 0
    states = written(lambda uow: {id_: (one.state, one.error) for id_, one in uow.outbox.by_ids([notice, answer]).items()})
    assert states == {notice: ("pending", ""), answer: ("failed", STOPPED)}
