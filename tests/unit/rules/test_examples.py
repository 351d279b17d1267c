"""The tests that a policy carries: facts or a mail in, and disposition, rule and effects compared. Run by check and by test."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailgate.cli import main
from mailgate.rules.document.loader import load
from mailgate.rules.examples import failures

RULES = """
rules:
  - {name: vip, when: {author.domain: viktig.example}, continue: true, do: [{set: {priority: high}}, {tag: vip}]}
  - {name: night, when: {agreement.open: false, language: en}, then: redirect, answer: night}
  - {name: invoice, when: {subject: {matches: faktura}, attachments.count: {over: 0}}, then: forward, to: faktura@firma.example}
  - {name: reply, when: {not: {carrier: ""}, trust: participant}, then: comment, do: [{participant: {approved: true}}]}
  - {name: spam, when: {header.x-spam-flag: "YES"}, then: discard}
  - {name: default, when: always, then: redirect}
destinations: [firma.example]
redirect: {texts: {night: {nb: Vi sover., nn: Vi søv., en: We sleep.}}}
tests:
"""
MAIL = b"""Return-Path: <bounce-1@viktig.example>
From: Kari <kari@viktig.example>
To: support@firma.example
Subject: Faktura 7
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Vedlagt.
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename=f.pdf

%PDF
--b--
"""
GOOD = [
    "{name: t, at: 2026-03-07 22:15, given: {language: en}, expect: redirect, rule: night, effects: [{answer: night}]}",
    "{name: t, at: 2026-03-09 10:15, given: {language: en}, expect: redirect, rule: default, effects: []}",
    "{name: t, mail: mails/f.eml, expect: forward, effects: [{forward: faktura@firma.example}, {tag: vip}]}",
    "{name: t, mail: mails/f.eml, given: {attachments.count: 0}, expect: redirect, rule: default}",
    "{name: t, mail: mails/f.eml, given: {author.address: x@y.example}, expect: forward, effects: [{forward: faktura@firma.example}]}",
    "{name: t, given: {header.x-spam-flag: ['YES']}, expect: discard}",
    "{name: t, given: {carrier: address, trust: participant, case.status: waiting_customer, author.domain: viktig.example}, "
    "expect: comment, effects: [{participant: {approved: true}}, {transition: open}, {tag: vip}, {set: {priority: high}}]}",
]


def policy_with(test: str, folder: Path) -> Path:
    """A document with this one test, beside its mails."""
    (folder / "mails").mkdir()
    (folder / "mails" / "f.eml").write_bytes(MAIL)
    file = folder / "policy.yaml"
    file.write_text(f"{RULES}  - {test}\n", encoding="utf-8")
    return file


@pytest.mark.parametrize("test", GOOD)
def test_given_facts_a_mail_or_a_time_when_the_test_runs_then_disposition_rule_and_effects_agree(test, tmp_path):
    file = policy_with(test, tmp_path)
    document = load(file.read_bytes(), folder=tmp_path)
    assert document.problems == ()
    assert list(map(str, failures(document.policy))) == []


BAD = [
    (GOOD[1].replace("rule: default", "rule: night"), "expected redirect by rule night, got redirect by rule default"),
    (GOOD[1].replace("rule: default", "rule: night"), "rule night did not hold: agreement.open is true"),
    (GOOD[2].replace(", {tag: vip}", ""), "got effect tag: vip, which is not expected"),
    (GOOD[0].replace("effects: [{answer: night}]", "effects: [{tag: a}]"), "expected effect tag: a, which is missing"),
    (GOOD[0].replace("effects: [{answer: night}]", "effects: [{tag: a}]"), "got effect answer: night, which is not expected"),
    ("{name: t, mail: mails/f.eml, expect: discard, rule: spam}", "rule spam was not asked, since rule invoice decided before it"),
    ("{name: t, mail: mails/f.eml, expect: hold}", "rule invoice decided: subject has Faktura, attachments.count is 1"),
]


@pytest.mark.parametrize(("test", "said"), BAD)
def test_given_a_test_that_fails_when_the_document_is_checked_then_check_shows_place_difference_and_reason(test, said, tmp_path, capsys):
    file = policy_with(test, tmp_path)
    assert main(["policy", "check", str(file)]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{file}:{RULES.count(chr(10)) + 1}: the test 't' fails\n    ")
    assert f"    {said}\n" in out


def test_given_tests_that_pass_when_checked_then_check_says_how_many(tmp_path, capsys):
    file = policy_with(GOOD[2], tmp_path)
    assert main(["policy", "check", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"{file}: 6 rules, no problems, 1 test passed"


def test_given_a_link_out_of_the_folder_when_a_test_names_it_then_it_is_refused(tmp_path):
    inside = tmp_path / "policies"
    inside.mkdir()
    (tmp_path / "secret.eml").write_bytes(MAIL)
    (inside / "link.eml").symlink_to(tmp_path / "secret.eml")
    raw = f"{RULES}  - {{name: t, mail: link.eml, expect: hold}}\n".encode()
    assert "is not below the folder of this document" in load(raw, folder=inside).problems[0].what


def test_given_a_mail_that_is_not_at_hand_when_tests_run_then_the_others_run(tmp_path):
    raw = f"{RULES}  - {{name: t, mail: gone.eml, expect: hold}}\n  - {{name: u, expect: hold}}\n".encode()
    assert [failure.name for failure in failures(load(raw).policy)] == ["u"]
