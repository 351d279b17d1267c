"""`mailgate suppression` and what `case show` and `outbox show` say of mail that came back."""

from __future__ import annotations

import json

import pytest

from mailgate.cases.ids import new_id
from mailgate.clock import utc_now
from mailgate.rules.reachability import Suppression
from mailgate.store.database import open_database
from mailgate.store.rows import Delivery, OutboxRow
from mailgate.store.unit_of_work import Store

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
