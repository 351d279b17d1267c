"""Who acts at the command line: a person of ours by the name that customers know, never a service account."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import Work, work  # noqa: F401  the fixture


@pytest.fixture
def case(mailgate: Run) -> None:
    """SUP-1 of Kari."""
    assert mailgate("contact", "add", "kari@kunde.example").code == 0
    assert mailgate("case", "new", "--reporter", "kari@kunde.example", "--summary", "Feil").code == 0


def _comments(mailgate: Run) -> list[str]:
    return [one["by"] for one in mailgate("case", "show", "SUP-1", "--json").objects[0]["comments"]]


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize("words", [("comment", "SUP-1", "Hei"), ("assign", "SUP-1", "Kari"), ("do", "start", "SUP-1")])
def test_point_4_given_a_service_account_when_a_customer_would_read_its_name_then_it_is_refused(
    mailgate: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("MAILGATE_OPERATOR", "root")
    answer = mailgate("case", *words)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == (
        "mailgate: root is no person, and customers would read that name; say who you are with --as NAME or MAILGATE_OPERATOR=NAME\n"
    )


@pytest.mark.usefixtures("case")
def test_point_4_given_a_service_account_when_nobody_outside_reads_the_name_then_it_may(
    mailgate: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILGATE_OPERATOR", "root")
    assert mailgate("case", "comment", "SUP-1", "Bare for oss", "--note").code == 0
    assert mailgate("customer", "add", "Kunde AS").code == 0


@pytest.mark.usefixtures("case")
def test_point_4_given_an_operator_with_a_name_when_they_act_then_customers_read_that_name(mailgate: Run, work: Work) -> None:  # noqa: F811
    work()
    added = mailgate("account", "add", "kjersti", "kjersti@firma.example", "--name", "Kjersti Berg", "--role", "operator")
    assert added.code == 0, added.err
    assert mailgate("case", "comment", "SUP-1", "Hei", "--as", "kjersti").code == 0
    assert _comments(mailgate) == ["Kjersti Berg"]
    work()
    (mail,) = [one for one in mailgate("outbox", "list", "--json").objects if one["template"] == "comment_added"]
    assert mailgate("audit", "--json", "--limit", "1").objects[0]["principal"] == "Kjersti Berg"
    assert "Kjersti Berg" in mailgate("outbox", "raw", mail["id"]).out


@pytest.mark.usefixtures("case")
def test_point_4_given_operators_when_somebody_unknown_acts_then_it_says_how_to_add_them(mailgate: Run) -> None:
    mailgate("account", "add", "kjersti", "kjersti@firma.example", "--name", "Kjersti Berg", "--role", "operator")
    answer = mailgate("case", "comment", "SUP-1", "Hei", "--as", "kjersit")
    assert answer.code == 1
    assert "there is no operator kjersit; mailgate account list names them; mailgate account add kjersit ADDRESS" in answer.err
    assert mailgate("account", "disable", "kjersti").code == 0
    assert "disabled" in mailgate("case", "comment", "SUP-1", "Hei", "--as", "kjersti").err


@pytest.mark.usefixtures("case")
def test_point_4_given_several_names_when_looked_for_then_as_comes_before_the_variable_and_that_before_sudo(
    mailgate: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "siri")
    mailgate("case", "comment", "SUP-1", "1", "--as", "kari")
    mailgate("case", "comment", "SUP-1", "2")
    monkeypatch.delenv("MAILGATE_OPERATOR")
    mailgate("case", "comment", "SUP-1", "3")
    assert _comments(mailgate) == ["kari", "eva", "siri"]


@pytest.mark.usefixtures("case")
def test_point_4_given_a_service_account_that_nobody_named_when_there_are_no_operators_then_the_company_speaks(
    mailgate: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAILGATE_OPERATOR", raising=False)
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr("mailgate.cli.opening._login_name", lambda: "root")
    assert mailgate("case", "comment", "SUP-1", "Hei").code == 0
    assert _comments(mailgate) == ["Supportweb"]
    assert mailgate("audit", "--json", "--limit", "1").objects[0]["principal"] in ("root", "Supportweb")
    mailgate("account", "add", "kjersti", "kjersti@firma.example", "--name", "Kjersti Berg", "--role", "operator")
    assert "root is no person" in mailgate("case", "comment", "SUP-1", "Hei igjen").err
