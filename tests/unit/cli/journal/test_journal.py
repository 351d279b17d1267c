"""`mailgate journal` and `mailgate outbox`: what operators see and move, on a real database with real stages."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mailgate import config
from mailgate.outbound import send_stage
from mailgate.runtime import bootstrap
from tests.unit.cli.conftest import Run

PERSON = (
    b"From: Kari <kari@kunde.example>\r\nTo: support@example.test\r\nSubject: Rapporten\r\nMessage-ID: <1@kunde.example>\r\n\r\nHei\r\n"
)
TO_POSTMASTER = b"From: ola@other.example\r\nTo: postmaster@example.test\r\nSubject: spam?\r\nMessage-ID: <2@other.example>\r\n\r\nHei\r\n"
Work = Callable[[], None]


@pytest.fixture
def work(mailgate: Run, tmp_path: Path) -> Work:
    """Run all stages until nothing is due, in this process."""

    def run() -> None:
        settings = config.load(tmp_path / "mailgate.toml", {})
        store = bootstrap.open_store(settings)
        notices, send = send_stage.make_stages(settings, store, bootstrap.token_keys(settings), lambda _stage: None)
        for stage in (bootstrap.make_intake(settings, store, lambda _stage: None, reads_aside=False), notices, send):
            stage.run(lambda: False)
        send.close()
        store.database.close()

    return run


def _only(mailgate: Run, noun: str, *options: str) -> dict[str, Any]:
    (one,) = mailgate(noun, "list", "--json", *options).objects
    return one


def test_given_a_decided_mail_when_shown_then_the_trail_says_why(mailgate: Run, work: Work) -> None:
    mailgate("inject", "-", stdin=PERSON)
    work()
    entry = _only(mailgate, "journal")
    assert (entry["state"], entry["author"], entry["subject"], entry["rule"]) == (
        "redirected",
        "kari@kunde.example",
        "Rapporten",
        "default",
    )
    shown = mailgate("journal", "show", "--json", entry["id"]).objects[0]
    assert shown["trust"] == "stranger"
    assert shown["answer"] == "answered"
    assert [step["rule"] for step in shown["trail"] if step["hit"]] == ["default"]
    assert "default" in mailgate("journal", "show", entry["id"][:20]).out


def test_given_a_held_mail_when_released_or_discarded_then_it_moves_and_the_ledger_balances(mailgate: Run, work: Work) -> None:
    mailgate("inject", "--recipient", "postmaster@example.test", "-", stdin=TO_POSTMASTER)
    work()
    id_ = _only(mailgate, "journal", "--state", "held")["id"]
    assert mailgate("journal", "release", id_).out == f"{id_}  pending\n"
    assert _only(mailgate, "journal")["state"] == "pending"
    work()
    assert mailgate("journal", "discard", "--reason", "sett", id_).out == f"{id_}  discarded\n"
    assert mailgate("journal", "show", "--json", id_).objects[0]["reason"] == "sett"
    assert mailgate("ledger").code == 0


def test_given_a_mail_that_is_done_when_moved_then_the_answer_is_no(mailgate: Run, work: Work) -> None:
    mailgate("inject", "-", stdin=PERSON)
    work()
    id_ = _only(mailgate, "journal")["id"]
    for verb, wording in (("release", "is not held"), ("discard", "is neither held nor shunted")):
        answer = mailgate("journal", verb, id_)
        assert (answer.code, answer.out) == (1, "")
        assert answer.err == f"mailgate: 1 of 1 left alone: {id_} {wording}\n"


def test_given_all_held_mail_when_released_then_each_moves(mailgate: Run, work: Work) -> None:
    for number in range(3):
        mailgate("inject", "--recipient", "abuse@example.test", "-", stdin=TO_POSTMASTER.replace(b"<2@", f"<{number}@".encode()))
    work()
    assert len(mailgate("journal", "release", "--all", "--yes").out.splitlines()) == 3
    assert len(mailgate("journal", "list", "--json", "--state", "pending").objects) == 3


@pytest.mark.parametrize("words", [["release"], ["replay"], ["release", "--all", "01a2"]])
def test_given_neither_ids_nor_all_or_both_when_moved_then_it_is_a_usage_error(mailgate: Run, words: list[str]) -> None:
    answer = mailgate("journal", *words)
    assert answer.code == 2
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("noun", ["journal", "outbox"])
@pytest.mark.parametrize("id_", ["01a20446-5530-733a-bbfc-b42f94e8fed2", "zzz", "%", "01", ""])
def test_given_an_id_that_is_not_there_when_asked_for_then_one_line_says_so(mailgate: Run, noun: str, id_: str) -> None:
    for verb in ("show", "raw"):
        answer = mailgate(noun, verb, id_)
        assert (answer.code, answer.out) == (2, "")
        assert answer.err.count("\n") == 1


@pytest.mark.parametrize("noun", ["journal", "outbox"])
def test_given_nothing_when_listed_then_json_is_empty_and_text_says_so(mailgate: Run, noun: str) -> None:
    assert mailgate(noun, "list", "--json").out == ""
    assert mailgate(noun, "list").err.startswith("no ")


def test_given_hostile_headers_when_listed_then_the_terminal_is_safe(mailgate: Run, work: Work) -> None:
    hostile = PERSON.replace(b"Subject: Rapporten", b"Subject: =?utf-8?b?G1szMW1yw7hkG1sySg==?= \x1b]0;x\x07")
    mailgate("inject", "-", stdin=hostile)
    work()
    id_ = _only(mailgate, "journal")["id"]
    for words in (["journal", "list"], ["journal", "show", id_], ["outbox", "list"]):
        assert not set(mailgate(*words).out) & set(map(chr, [*range(9), *range(11, 32), *range(127, 160)]))


def test_given_a_captured_answer_when_shown_then_its_try_and_bytes_are_there(mailgate: Run, work: Work) -> None:
    mailgate("inject", "-", stdin=PERSON)
    work()
    mail = _only(mailgate, "outbox", "--state", "captured")
    assert (mail["address"], mail["template"], mail["reverse_path"]) == ("kari@kunde.example", "redirect", None)
    shown = mailgate("outbox", "show", "--json", mail["id"]).objects[0]
    assert [attempt["state"] for attempt in shown["attempts_made"]] == ["captured"]


def test_given_a_final_mail_when_retried_or_cancelled_then_the_answer_is_no(mailgate: Run, work: Work) -> None:
    mailgate("inject", "-", stdin=PERSON)
    work()
    id_ = _only(mailgate, "outbox")["id"]
    assert mailgate("outbox", "retry", id_).code == 1
    assert mailgate("outbox", "cancel", id_).code == 1
    assert _only(mailgate, "outbox")["state"] == "captured"


def test_given_an_answer_that_may_have_been_sent_when_retried_by_hand_then_it_is_refused(mailgate: Run, work: Work, tmp_path: Path) -> None:
    import sqlite3

    mailgate("inject", "-", stdin=PERSON)
    work()
    id_ = _only(mailgate, "outbox")["id"]
    with sqlite3.connect(tmp_path / "var" / "mailgate.db") as database:
        database.execute("UPDATE outbox SET state = 'uncertain'")
    database.close()
    answer = mailgate("outbox", "retry", id_)
    assert answer.code == 1
    assert "at most once" in answer.err
    assert _only(mailgate, "outbox")["state"] == "uncertain"


def test_given_a_policy_of_many_rules_when_an_entry_is_shown_then_every_rule_has_its_answer(
    mailgate: Run, work: Work, tmp_path: Path
) -> None:
    rules = "".join(f"  - {{name: kunde_{n}, when: {{author.domain: kunde{n}.example}}, then: hold}}\n" for n in range(200))
    default = "  - {name: default, when: always, then: redirect}\n"
    (tmp_path / "many.yaml").write_text(f"rules:\n{rules}{default}")
    assert mailgate("policy", "activate", "many.yaml", "--comment", "many").code == 0
    mailgate("inject", "-", stdin=PERSON)
    work()
    entry = _only(mailgate, "journal")
    shown = mailgate("journal", "show", "--json", entry["id"]).objects[0]
    assert [step["rule"] for step in shown["trail"]] == [*(f"kunde_{n}" for n in range(200)), "default"]
    assert shown["trail"][7] == {"rule": "kunde_7", "hit": False, "because": "author.domain is kunde.example"}
    (tmp_path / "few.yaml").write_text(f"rules:\n{default}")
    assert mailgate("policy", "activate", "few.yaml", "--comment", "few").code == 0
    assert mailgate("journal", "show", "--json", entry["id"]).objects[0] == shown, "the version that decided tells its rules for ever"


def test_given_a_stored_mail_when_reported_then_its_case_file_names_nobody_and_the_audit_says_who_looked(mailgate: Run, work: Work) -> None:
    raw = PERSON.replace(b"Hei\r\n", b"Hei, Fjellstad her. Ring 915 12 345.\r\n\r\nMvh\r\nKari Fjellstad\r\n")
    mailgate("inject", "-", stdin=raw)
    work()
    id_ = _only(mailgate, "journal")["id"]
    answer = mailgate("journal", "report", "--as", "ola", id_)
    assert answer.code == 0
    assert "is read as the mail was" in answer.err
    assert answer.out.startswith("X-Mailgate-Report: ")
    assert not any(secret in answer.out.lower() for secret in ("kari", "fjellstad", "kunde", "915 12 345", "example.test", "rapporten"))
    (done,) = mailgate("journal", "show", "--json", id_).objects[0]["interventions"]
    assert (done["operator"], done["verb"], done["detail"]["same_reading"]) == ("ola", "report", True)


def test_given_an_unknown_id_when_reported_then_one_line_says_so(mailgate: Run) -> None:
    answer = mailgate("journal", "report", "zzz")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_218_given_the_bytes_of_a_mail_when_handed_out_then_the_audit_says_to_whom_and_the_record_of_decisions_does_not(
    mailgate: Run, work: Work
) -> None:
    entry = mailgate("inject", "-", "--json", stdin=PERSON).objects[0]["journal_id"]
    work()
    (mail,) = mailgate("outbox", "list", "--json").objects
    assert mailgate("audit", "--kind", "outbox", "--json").objects == []
    for noun, id_ in (("journal", entry), ("outbox", mail["id"])):
        assert mailgate(noun, "raw", id_[:-2], "--as", "eva").code == 0
        newest = mailgate("audit", "--kind", noun, "--json").objects[0]
        assert (newest["verb"], newest["subject_id"], newest["principal"]) == ("raw", id_, "eva")
        assert mailgate(noun, "show", id_, "--json").objects[0]["interventions"] == []
    assert mailgate("journal", "audit", "--json").objects == []


def test_point_17_given_changed_frozen_bytes_when_looked_at_then_raw_refuses_and_ledger_and_doctor_name_the_mail(
    mailgate: Run, work: Work, tmp_path: Path
) -> None:
    mailgate("inject", "-", stdin=PERSON)
    work()
    (mail,) = mailgate("outbox", "list", "--json").objects
    assert mailgate("ledger", "--deep").code == 0
    with closing(sqlite3.connect(tmp_path / "var" / "mailgate.db")) as database, database:
        database.execute("UPDATE outbox_mails SET raw = ? WHERE outbox_id = ?", (b"Subject: Forfalsk\r\n\r\n", mail["id"]))
    answer = mailgate("outbox", "raw", mail["id"])
    assert (answer.code, answer.out) == (1, "")
    assert "SHA-256" in answer.err
    ledger = mailgate("ledger", "--deep")
    assert ledger.code == 1
    assert mail["id"] in ledger.out
    (found,) = (finding for finding in mailgate("doctor", "--json").objects if finding["check"] == "contents")
    assert found["level"] == "fail"
    assert mail["id"] in found["text"]


def test_point_13_given_an_entry_that_waits_when_shown_then_what_to_type_next_stands_below(mailgate: Run, work: Work) -> None:
    mailgate("inject", "--recipient", "postmaster@example.test", "-", stdin=TO_POSTMASTER)
    id_ = _only(mailgate, "journal")["id"]
    assert "start mailgate run or mailgate worker" in mailgate("journal", "show", id_).err
    work()
    said = mailgate("journal", "show", id_).err
    assert f"mailgate journal release {id_} --case KEY makes it a comment" in said
    assert f"mailgate journal discard {id_} puts it away" in said
    assert mailgate("journal", "show", id_, "--json").err == ""
    assert mailgate("journal", "discard", id_, "--reason", "spam").code == 0
    assert mailgate("journal", "show", id_).err == ""
