"""What operators typically get wrong, ten times in settings, in the policy and in commands: the message says what to type instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desks.policies import unhurried
from tests.unit.cli.conftest import Run

SETTINGS = (
    ('[smtp]\nlisten = "2525"', "write host:port, such as 127.0.0.1:2525"),
    ('[smtp]\nlisten = ["127.0.0.1"]', "write host:port, such as 127.0.0.1:2525"),
    ('[smtp]\ntrusted_form = ["127.0.0.1/32"]', "did you mean trusted_from?"),
    ('[smpt]\nlisten = ["127.0.0.1:2525"]', "did you mean smtp?"),
    ('[smtp]\ntrusted_from = ["127.0.0.1/8"]', "write 127.0.0.0/8"),
    ('[service]\ndomain = "support@firma.example"', "write firma.example"),
    ('[service]\nportal_url = "support.firma.example"', "write https://support.firma.example"),
    ('[broker]\nurl = "localhost:6379"', "redis://host:6379/0"),
    ('[intake]\nauthentication = "on"', "must be one of 'off', 'header' or 'verify'"),
    ('[log]\nlevel = “info”', 'write straight quotes, not typographic ones: level = "..."'),
)  # fmt: skip
RULES = "\nrules:\n"
POLICIES = (
    ("\t- x\n", "indent with spaces, not with tabs"),
    ("  - name: x\n    reason: Feil: sjekk\n    when: always\n    then: hold\n", 'such as reason: "Feil: se her"'),
    ("  - {name: x, reason: Feil: sjekk, when: always, then: hold}\n", "a text with a colon stands in quotes"),
    ("  - name: x\n   when: always\n", "lines of one block begin in the same column"),
    ('  - {name: x, when: {subject: {matches: "faktura(?!nummer)"}}, then: hold}\n', "write the words that must not be there as"),
    ("  - {name: x, when: {subject: {matches: '(a)\\1'}}, then: hold}\n", "RE2 does not refer back to a group: write the text out"),
    ("  - {name: x, when: {subjekt: {matches: a}}, then: hold}\n", "did you mean 'subject'?"),
    ("  - {name: x, when: {subject: {matches: a}}, then: delete}\n", "there are 'comment', 'create', 'discard'"),
    ("  - {name: x, when: {subject: {matches: a}}, then: forward, to: a@b.example}\n", "write a@b.example, or its domain, in the list"),
    ("  - {name: x, when: {author.domain: *.no}, then: hold}\n", "for all names below a domain write {matches: '\\.example\\.com$'}"),
)  # fmt: skip
COMMANDS = (
    (("jurnal", "list"), "mailgate journal"),
    (("journal", "list", "--state", "hold"), "did you mean held?"),
    (("journal", "list", "--since", "igår"), "write 90m, 12h, 30d, 4w or a day such as 2009-04-01"),
    (("journal", "show", "x"), "the first column of a list shows them"),
    (("journal", "release"), "Name entries by id, or give a filter such as --held"),
    (("case", "show", "1"), "keys look like SUP-123, and mailgate case list shows them"),
    (("case", "do", "clos", "SUP-1"), "possible from open: investigate"),
    (("case", "assign", "SUP-1"), "mailgate case assign SUP-1 NAME, or"),
    (("case", "new", "--reporter", "ola@x.example", "--summary", "Feil"), "mailgate contact add ola@x.example"),
    (("contact", "show", "kari"), "mailgate contact list shows them"),
    (("customer", "show", "Kunde"), "mailgate customer list shows them, mailgate customer add 'Kunde' makes it"),
    (("policy", "activate", "first-policy.yaml"), "with --comment"),
)  # fmt: skip


@pytest.mark.parametrize(("wrong", "instead"), SETTINGS)
def test_point_13_given_a_mistake_in_the_settings_when_a_command_reads_them_then_it_says_what_to_write(
    mailgate: Run, tmp_path: Path, wrong: str, instead: str
) -> None:
    (tmp_path / "mailgate.toml").write_text(f'[database]\nurl = "sqlite:///var/mailgate.db"\n{wrong}\n', encoding="utf-8")
    answer = mailgate("ledger")
    assert (answer.code, answer.out) == (2, "")
    assert f"{tmp_path}/mailgate.toml:" in answer.err
    assert instead in answer.err


@pytest.mark.parametrize(("wrong", "instead"), POLICIES)
def test_point_13_given_a_mistake_in_a_policy_when_it_is_checked_then_it_says_where_and_what_to_write(
    mailgate: Run, tmp_path: Path, wrong: str, instead: str
) -> None:
    (tmp_path / "p.yaml").write_text(unhurried().replace(RULES, RULES + wrong, 1), encoding="utf-8")
    answer = mailgate("policy", "check", "p.yaml")
    assert answer.code == 1
    assert answer.out.startswith("p.yaml:")
    assert instead in answer.out


@pytest.mark.parametrize(("words", "instead"), COMMANDS)
def test_point_13_given_a_mistake_in_a_command_when_typed_then_it_says_what_to_type(
    mailgate: Run, words: tuple[str, ...], instead: str
) -> None:
    mailgate("contact", "add", "kari@kunde.example")
    mailgate("case", "new", "--reporter", "kari@kunde.example", "--summary", "Feil")
    answer = mailgate(*words)
    assert answer.code in (1, 2)
    assert answer.err.count("\n") == 1
    assert instead in answer.err


def test_point_11_given_key_and_operation_in_either_order_when_done_then_both_are_taken(mailgate: Run) -> None:
    mailgate("contact", "add", "kari@kunde.example")
    mailgate("case", "new", "--reporter", "kari@kunde.example", "--summary", "Feil")
    assert mailgate("case", "do", "SUP-1", "start").code == 0
    assert mailgate("case", "do", "resolve", "SUP-1").code == 0


def test_point_11_given_a_file_of_a_case_when_saved_then_its_bytes_are_there_and_nothing_is_written_over(
    mailgate: Run, tmp_path: Path
) -> None:
    mailgate("contact", "add", "kari@kunde.example")
    mailgate("case", "new", "--reporter", "kari@kunde.example", "--summary", "Feil")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "logg.txt").write_bytes(b"\x00linje\r\n")
    assert mailgate("case", "comment", "SUP-1", "Se her", "--file", "in/logg.txt").code == 0
    assert "[1: logg.txt" in mailgate("case", "show", "SUP-1").out
    assert mailgate("case", "file", "SUP-1", "1").out == "logg.txt\n"
    assert (tmp_path / "logg.txt").read_bytes() == b"\x00linje\r\n"
    assert "is there already; give another name with --to" in mailgate("case", "file", "SUP-1", "1").err
    assert mailgate("case", "file", "SUP-1", "1", "--to", "in/ny.txt").code == 0
    assert "SUP-1 has 1 file;" in mailgate("case", "file", "SUP-1", "2").err
