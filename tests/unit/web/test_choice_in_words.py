"""Somebody accepts a solution by mail, in words: the reply is a comment and moves nothing; its author gets the link to the page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailgate.application.cases import operate
from tests.support.desks.office import EVA, KARI, Office
from tests.support.desks.site import SiteUnderTest
from tests.support.mails.plain_text import plain_text


@pytest.fixture
def proposed(site: SiteUnderTest) -> Office:
    """A solution waits for Kari's answer, and she has read of it."""
    operate.operate(site.office.app, EVA, operate.Operate("SUP-1", "propose", "Prøv med ny kabel"))
    site.office.work()
    return site.office


def reply(office: Office, words: str, more: str = "", sender: str = KARI) -> None:
    """Kari answers by mail."""
    to = office.reply_address("SUP-1", KARI)
    number = len(office.notices())
    text = (
        f"From: Kari <{KARI}>\nTo: {to}\nSubject: Re: [SUP-1] Skriveren\nMessage-ID: <svar-{number}@kunde.example>\n{more}"
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{words}\n"
    )
    office.receive(text.replace("\n", "\r\n").encode(), sender, to)


def offers(office: Office) -> list[str]:
    return [address for kind, address, _ in office.notices() if kind == "choice"]


def test_given_a_proposal_when_it_is_accepted_in_words_then_nothing_moves_and_the_link_to_the_page_comes(
    site: SiteUnderTest, proposed: Office
) -> None:
    reply(proposed, "Godtatt, takk!")
    assert (proposed.status(), offers(proposed)) == ("proposed", [KARI])
    mail = proposed.mails(KARI)[-1]
    text = " ".join(plain_text(mail).split())
    assert "Svaret ditt er lagt til i saken SUP-1, men et svar på e-post endrer ikke statusen." in text
    assert (mail["Auto-Submitted"], mail["In-Reply-To"]) == ("auto-replied", mail["References"].split()[-1])
    who, link = site.visitor(), proposed.link(KARI, "answer")
    assert "Prøv" not in who.get(link).text
    assert who.submit(who.get(link), link, {"operation": "verify"}).status in (200, 303)
    assert proposed.status() == "resolved"


def test_given_an_offer_when_the_case_has_moved_on_then_its_link_only_says_so(site: SiteUnderTest, proposed: Office) -> None:
    reply(proposed, "Godtatt")
    link = proposed.link(KARI, "answer")
    operate.operate(proposed.app, EVA, operate.Operate("SUP-1", "start"))
    assert site.visitor().get(link).tree.css("input[type=radio]") == []


@pytest.mark.parametrize(
    ("words", "more", "sender"),
    [
        ("Kabelen er byttet.", "", KARI),
        ("Godtatt", "Auto-Submitted: auto-replied\n", KARI),
        ("Godtatt", "", "annen@kunde.example"),
    ],
    ids=["other words", "a machine", "another address would get it"],
)
def test_given_a_reply_that_must_not_be_answered_when_it_comes_then_nothing_is_offered(
    proposed: Office, words: str, more: str, sender: str
) -> None:
    reply(proposed, words, more, sender)
    assert (proposed.status(), offers(proposed)) == ("proposed", [])


def test_given_a_case_that_asks_nothing_when_somebody_accepts_in_words_then_nothing_is_offered(site: SiteUnderTest) -> None:
    reply(site.office, "Godtatt")
    assert offers(site.office) == []


def test_given_two_replies_on_one_day_when_they_choose_in_words_then_one_offer_comes(proposed: Office) -> None:
    reply(proposed, "Godtatt")
    reply(proposed, "Vi godtar altså!")
    assert offers(proposed) == [KARI]
    proposed.clock.step(timedelta(days=2))
    reply(proposed, "Godtatt, som sagt")
    assert offers(proposed) == [KARI, KARI]
