"""`mailgate journal release` of a mail that came with another person's reply address: who takes part then, and who goes on as before."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import Work, work  # noqa: F401  the fixture

PER, NILS = "per@kunde.example", "nils@annet.example"


def _mail(author: str, to: str, words: str) -> bytes:
    text = f"From: <{author}>\nTo: {to}\nSubject: Re: sak\nMessage-ID: <{abs(hash(words))}@{author.partition('@')[2]}>\n\n{words}\n"
    return text.replace("\n", "\r\n").encode()


def _reply_to(mailgate: Run, address: str) -> str:
    """The reply address in the newest mail that this person got."""
    newest = next(one for one in mailgate("outbox", "list", "--json").objects if one["address"] == address)
    raw = mailgate("outbox", "raw", newest["id"]).out.encode("utf-8", "surrogateescape")
    mail = cast(EmailMessage, message_from_bytes(raw, policy=policy.default))
    return str(mail["Reply-To"].addresses[0].addr_spec)


def _case(mailgate: Run) -> tuple[set[str], set[str], list[tuple[str, str]]]:
    """Who takes part, who waits, and the comments as (by, text)."""
    (case,) = mailgate("case", "show", "SUP-1", "--json").objects
    return set(case["participants"]), set(case["waiting"]), [(one["by"], one["text"]) for one in case["comments"]]


@pytest.mark.parametrize("known", [False, True])
def test_given_a_strangers_mail_with_anothers_token_when_released_then_he_takes_part_and_the_tokens_owner_is_untouched(
    mailgate: Run,
    work: Work,  # noqa: F811
    known: bool,
) -> None:
    for command in (("contact", "add", PER), *([("contact", "add", NILS)] if known else [])):
        assert mailgate(*command).code == 0
    assert mailgate("case", "new", "--reporter", PER, "--summary", "Feil").code == 0
    work()
    token = _reply_to(mailgate, PER)
    mailgate("inject", "--reverse-path", NILS, "--recipient", token, "-", stdin=_mail(NILS, token, "Jeg fikk denne av Per."))
    work()

    held = mailgate("journal", "list", "--state", "held", "--json").objects[0]["id"]
    assert _case(mailgate) == ({PER}, set(), [])

    assert mailgate("journal", "release", held).code == 1
    assert mailgate("journal", "release", held, "--across-customers", "SUP-1").code == 0
    work()

    assert mailgate("journal", "show", held, "--json").objects[0]["state"] == "commented"
    assert _case(mailgate) == ({PER, NILS}, set(), [(NILS, "Jeg fikk denne av Per.")])
    assert (PER, "comment_added") in {(one["address"], one["template"]) for one in mailgate("outbox", "list", "--json").objects}
    mailgate("inject", "--reverse-path", PER, "--recipient", token, "-", stdin=_mail(PER, token, "Og jeg er her fortsatt."))
    work()
    assert _case(mailgate)[2] == [(NILS, "Jeg fikk denne av Per."), (PER, "Og jeg er her fortsatt.")]
    own = _reply_to(mailgate, NILS)
    assert own != token
    assert mailgate("ledger").code == 0
