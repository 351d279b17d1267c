"""What a person did by hand: a release to the wrong customer is refused, what was done can be taken back, what was said withdrawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import Work, work  # noqa: F401  the fixture

KARI, LIV = "kari@kunde.example", "liv@annen.example"


@pytest.fixture
def two_customers(mailgate: Run, work: Work) -> str:  # noqa: F811
    """SUP-1 of Kunde AS, SUP-2 of Annen AS; the id of a held mail by Liv of Annen AS."""
    for name, domain, person in (("Kunde AS", "kunde.example", KARI), ("Annen AS", "annen.example", LIV)):
        assert mailgate("customer", "add", name, "--domain", domain).code == 0
        assert mailgate("contact", "add", person).code == 0
        assert mailgate("case", "new", "--as", "eva", "--reporter", person, "--summary", f"Sak for {name}").code == 0
    work()
    raw = f"From: <{LIV}>\nTo: postmaster@example.test\nSubject: Hei\nMessage-ID: <1@annen.example>\n\nHemmelig.\n".replace("\n", "\r\n")
    mailgate("inject", "--reverse-path", LIV, "--recipient", "postmaster@example.test", "-", stdin=raw.encode())
    work()
    (held,) = mailgate("journal", "list", "--held", "--json").objects
    return str(held["id"])


def _holding_back(folder: Path) -> None:
    settings = folder / "mailgate.toml"
    settings.write_text(settings.read_text().replace("hold_back_s = 0", "hold_back_s = 600"))


def _case(mailgate: Run, key: str = "SUP-1") -> dict[str, object]:
    (found,) = mailgate("case", "show", key, "--json").objects
    return found


def test_point_1_given_a_wrong_key_when_released_then_it_is_refused_and_says_whose_case_it_is(mailgate: Run, two_customers: str) -> None:
    answer = mailgate("journal", "release", two_customers, "--case", "SUP-1")
    assert answer.code == 1
    for words in ("SUP-1 (Sak for Kunde AS) is a case of Kunde AS", f"{LIV} belongs to Annen AS", f"{KARI} would be notified"):
        assert words in answer.err
    assert "nothing has changed: say --across-customers SUP-1" in answer.err
    assert mailgate("journal", "show", two_customers, "--json").objects[0]["state"] == "held"
    assert _case(mailgate)["participants"] == [KARI]


def test_point_1_given_a_wrong_key_when_said_twice_then_the_mail_is_released_there(mailgate: Run, work: Work, two_customers: str) -> None:  # noqa: F811
    assert mailgate("journal", "release", two_customers, "--case", "SUP-1", "--across-customers", "SUP-2").code == 1
    answer = mailgate("journal", "release", two_customers, "--case", "SUP-1", "--across-customers", "SUP-1")
    assert answer.code == 0, answer.err
    work()
    assert _case(mailgate)["participants"] == [KARI, LIV]


def test_point_1_given_the_right_key_when_released_then_the_case_and_who_is_notified_are_shown_first(
    mailgate: Run, two_customers: str
) -> None:
    answer = mailgate("journal", "release", two_customers, "--case", "SUP-2")
    assert answer.code == 0, answer.err
    assert "SUP-2 of Annen AS: Sak for Annen AS; nobody is notified" in answer.err


def test_point_1_given_a_release_that_is_held_back_when_taken_back_then_nothing_has_happened(
    mailgate: Run,
    work: Work,  # noqa: F811
    two_customers: str,
    tmp_path: Path,
) -> None:
    _holding_back(tmp_path)
    released = mailgate("journal", "release", two_customers, "--case", "SUP-2")
    assert f"until then: mailgate journal take-back {two_customers}" in released.err
    work()
    assert mailgate("journal", "show", two_customers, "--json").objects[0]["state"] == "pending"
    assert mailgate("journal", "take-back", two_customers, "--reason", "feil sak").out == f"{two_customers}  held\n"
    work()
    assert _case(mailgate, "SUP-2")["comments"] == []
    again = mailgate("journal", "take-back", two_customers)
    assert (again.code, again.out) == (1, "")
    assert mailgate("ledger").code == 0


def test_point_1_given_an_operation_with_a_comment_when_taken_back_then_nobody_hears_and_the_case_is_as_before(
    mailgate: Run,
    work: Work,  # noqa: F811
    two_customers: str,
    tmp_path: Path,
) -> None:
    _holding_back(tmp_path)
    mails = len(mailgate("outbox", "list", "--json").objects)
    assert mailgate("case", "do", "resolve", "SUP-1", "--as", "eva", "--comment", "Ferdig, Annen AS!").code == 0
    work()
    answer = mailgate("case", "take-back", "SUP-1", "--as", "eva", "--reason", "feil kunde")
    assert answer.code == 0, answer.err
    assert "taken back: comment_added, status_changed; mails that will not be sent because of it: 2" in answer.err
    found = _case(mailgate)
    assert (found["status"], found["resolved_at"]) == ("open", None)
    assert [(one["text"], one["withdrawn_by"]) for one in found["comments"]] == [("Ferdig, Annen AS!", "eva")]  # type: ignore[attr-defined]
    _hold_nothing_back(tmp_path)
    work()
    assert len(mailgate("outbox", "list", "--json").objects) == mails
    assert mailgate("audit", "--json", "--limit", "1").objects[0]["verb"] == "take_back"
    assert mailgate("case", "take-back", "SUP-1").code == 1


def _hold_nothing_back(folder: Path) -> None:
    settings = folder / "mailgate.toml"
    settings.write_text(settings.read_text().replace("hold_back_s = 600", "hold_back_s = 0"))


def test_point_1_given_a_mail_that_was_made_when_taken_back_then_it_is_too_late_and_the_comment_can_be_withdrawn(
    mailgate: Run,
    work: Work,  # noqa: F811
    two_customers: str,
) -> None:
    mailgate("case", "comment", "SUP-1", "Til feil kunde", "--as", "eva")
    work()
    (comment,) = _case(mailgate)["comments"]  # type: ignore[misc]
    late = mailgate("case", "take-back", "SUP-1")
    assert late.code == 1
    assert f"it is too late: a mail about it was made for {KARI}" in late.err
    assert f"mailgate case withdraw-comment {comment['id']}" in late.err
    assert mailgate("case", "withdraw-comment", comment["id"], "--as", "eva", "--reason", "feil kunde").code == 0
    (shown,) = _case(mailgate)["comments"]  # type: ignore[misc]
    assert (shown["text"], shown["withdrawn_by"]) == ("Til feil kunde", "eva")
    assert "withdrawn by eva" in mailgate("case", "show", "SUP-1").out
    assert mailgate("case", "withdraw-comment", comment["id"]).code == 1
