"""A policy as a person edits it: names that nobody has are said, rules say what they are for, editors find the schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import Work, work  # noqa: F401  the fixture

NAMES = """rules:
  - name: vip
    description: Ønsket av salg
    when: {any: [{customer.name: [kunde as, Annen AS]}, {not: {case.assignee: Per Berg}}]}
    then: hold
  - {name: printers, when: {subject: Skriver}, continue: true, do: [{set: {assignee: Ola Nes}}]}
  - {name: default, when: always, then: redirect}
"""
PERSON = b"From: Kari <kari@kunde.example>\r\nTo: support@example.test\r\nSubject: Rapporten\r\n\r\nHei\r\n"


@pytest.fixture
def document(mailgate: Run, tmp_path: Path) -> str:
    """A document that names people and customers; one customer and one colleague are there."""
    (tmp_path / "names.yaml").write_text(NAMES, encoding="utf-8")
    mailgate("customer", "add", "Kunde AS")
    mailgate("customer", "add", "Annen AS")
    return "names.yaml"


def test_point_15_given_names_that_nobody_has_when_activated_then_they_are_said_and_no_more(mailgate: Run, document: str) -> None:
    customer = "rule vip names 'kunde as', and no customer has that name; did you mean 'Kunde AS'?"
    tried = mailgate("policy", "activate", document, "--dry-run")
    assert tried.code == 0, tried.err
    assert [line for line in tried.out.splitlines() if line.startswith("not known")] == [f"not known: {customer}"]

    mailgate("account", "add", "ola", "ola@firma.example", "--name", "Ola Berg", "--role", "agent", "--role", "operator")
    people = [
        "rule vip names 'Per Berg', and no person of the staff has that name; did you mean 'Ola Berg'?",
        "rule printers names 'Ola Nes', and no person of the staff has that name; did you mean 'Ola Berg'?",
    ]
    (line,) = mailgate("policy", "activate", document, "--dry-run", "--json").objects
    assert line["unknown"] == [customer, *people]
    done = mailgate("policy", "activate", document, "--comment", "vip", "--as", "ola")
    assert (done.code, done.err.splitlines()) == (0, [f"not known: {one}" for one in (customer, *people)])
    warned = [one["text"] for one in mailgate("doctor", "--json").objects if one["check"] == "policy" and one["level"] == "warn"]
    assert [text for text in warned if text.startswith("rule")] == [customer, *people]


def test_point_15_given_names_that_are_there_when_activated_then_nothing_is_said(mailgate: Run, document: str, tmp_path: Path) -> None:
    (tmp_path / document).write_text(NAMES.replace("kunde as", "Kunde AS"), encoding="utf-8")
    done = mailgate("policy", "activate", document, "--comment", "vip")
    assert (done.code, done.err) == (0, "")


def test_point_15_given_a_rule_with_a_description_when_a_mail_is_explained_then_it_stands_below_the_rule(
    mailgate: Run, document: str, tmp_path: Path
) -> None:
    (tmp_path / "one.eml").write_bytes(PERSON)
    found = mailgate("explain", "one.eml", "--policy", document, "--json").objects[0]
    assert (found["rule"], found["rule_description"]) == ("vip", "Ønsket av salg")
    lines = mailgate("explain", "one.eml", "--policy", document).out.splitlines()
    at = next(at for at, line in enumerate(lines) if "by rule vip" in line)
    assert lines[at + 1].strip() == "Ønsket av salg"


def test_given_a_rule_with_a_description_when_the_entry_that_it_decided_is_shown_then_it_stands_below_the_rule(
    mailgate: Run,
    document: str,
    work: Work,  # noqa: F811
) -> None:
    mailgate("policy", "activate", document, "--comment", "vip")
    mailgate("inject", "-", stdin=PERSON)
    work()
    (entry,) = mailgate("journal", "list", "--json").objects
    Path(document).write_text(NAMES.replace("salg", "ingen"), encoding="utf-8")
    mailgate("policy", "activate", document, "--comment", "no reason any more")
    assert mailgate("journal", "show", "--json", entry["id"]).objects[0]["rule_description"] == "Ønsket av salg"
    lines = mailgate("journal", "show", entry["id"]).out.splitlines()
    at = next(at for at, line in enumerate(lines) if line.split() == ["rule", "vip"])
    assert lines[at + 1].split(maxsplit=1) == ["rule_description", "Ønsket av salg"]


def test_given_a_rule_without_a_description_when_the_entry_is_shown_then_there_is_no_empty_line(mailgate: Run, work: Work) -> None:  # noqa: F811
    mailgate("inject", "-", stdin=PERSON)
    work()
    (entry,) = mailgate("journal", "list", "--json").objects
    assert "rule_description" not in mailgate("journal", "show", entry["id"]).out


def test_point_15_given_the_policy_of_init_when_an_editor_opens_it_then_its_line_leads_to_the_schema(mailgate: Run, tmp_path: Path) -> None:
    assert mailgate("init", "gate").code == 0
    policy = tmp_path / "gate" / "policy.yaml"
    first, _, rest = policy.read_text(encoding="utf-8").partition("\n")
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads((policy.parent / named).read_text(encoding="utf-8")) == json.loads(mailgate("policy", "schema").out)
    assert mailgate("policy", "check", str(policy)).code == 0
    assert rest.startswith("#")


def test_point_15_given_a_rule_that_is_not_there_when_mail_is_looked_for_then_what_was_meant_is_said(mailgate: Run) -> None:
    said = "the policy in force has no rule 'machin'; did you mean 'machine'?"
    assert mailgate("journal", "list", "--rule", "machin").err == f"no entries; {said}\n"
    assert mailgate("journal", "list", "--rule", "machine").err == "no entries\n"
    assert mailgate("journal", "replay", "--rule", "machin").err == f"no entries match; {said}\n"
