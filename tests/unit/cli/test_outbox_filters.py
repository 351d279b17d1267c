"""`mailgate outbox list|retry|cancel` by filter: shown first, changed with --yes, and each says what it changed."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import Work, work  # noqa: F401  the fixture

KARI, OLA = "kari@kunde.example", "ola@annen.example"


@pytest.fixture
def mails(mailgate: Run, work: Work) -> None:  # noqa: F811
    """A mail to each of two people, both kept."""
    for person in (KARI, OLA):
        assert mailgate("contact", "add", person).code == 0
        assert mailgate("case", "new", "--reporter", person, "--summary", "Feil").code == 0
    work()


def _addresses(mailgate: Run, *options: str) -> list[str]:
    return [one["address"] for one in mailgate("outbox", "list", "--json", *options).objects]


@pytest.mark.usefixtures("mails")
def test_point_11_given_mails_when_listed_by_recipient_kind_or_time_then_those_are_shown(mailgate: Run) -> None:
    assert _addresses(mailgate) == [OLA, KARI]
    assert _addresses(mailgate, "--to", "kunde.example") == [KARI]
    assert _addresses(mailgate, "--to", KARI.upper()) == [KARI]
    assert _addresses(mailgate, "--template", "case_created", "--since", "1h") == [OLA, KARI]
    assert _addresses(mailgate, "--until", "2020-01-01") == []
    assert _addresses(mailgate, "--state", "failed") == []


@pytest.mark.usefixtures("mails")
def test_point_11_given_a_filter_when_cancelled_then_the_mails_are_shown_first_and_moved_with_yes(mailgate: Run) -> None:
    assert mailgate("outbox", "cancel", "--to", "kunde.example").err == "no mails match\n"
    refused = mailgate("outbox", "retry", "--state", "captured", "--yes")
    assert (refused.code, "not captured" in refused.err) == (2, True)
    nothing = mailgate("outbox", "retry")
    assert nothing.code == 2
    assert "Name them by id, or give a filter such as --state failed or --to kunde.example" in nothing.err
