"""What was cut off a mail stands on the customer's page, folded: signature, quoted history, forwards. Reply addresses in it are hidden."""

from __future__ import annotations

from datetime import timedelta

from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Change, Comment
from mailgate.cases.tokens import TokenKeys, reply_token
from tests.support.desks.office import KARI, LIV, PER
from tests.support.desks.site import SiteUnderTest


def mailed(site: SiteUnderTest, text: str, *, signature: str = "", quoted: str = "", forwarded: bool = False) -> None:
    app = site.office.app
    per = site.office.contact(PER)
    with app.store.transaction() as uow:
        case = uow.cases.get("SUP-1")
        author = Actor("contact", "Per", per.id)
        comment = Comment(
            new_id(app.now()), case.id, "comment", text, author, app.now(), signature=signature, quoted=quoted, forwarded=forwarded
        )
        uow.cases.write([Change(case, comments=(comment,))])


def token_of(site: SiteUnderTest) -> str:
    vault = site.office.app.settings.vault
    return reply_token(TokenKeys(vault.token_keys, vault.valid_until), 1, 2, site.office.app.now().date() + timedelta(days=30))


def test_given_a_mail_that_was_cut_when_its_case_is_shown_then_the_rest_is_one_click_away(site: SiteUnderTest) -> None:
    mailed(site, "Det virker nå.", signature="Mvh\nPer Nes\n<b>Kunde AS</b>", quoted="Fra: Support\nHar dere prøvd?", forwarded=True)
    page = site.logged_in(KARI, "kari").get("/browse/SUP-1")
    folded = page.tree.css_first(".entry details")
    assert "open" not in folded.attributes
    assert folded.css_first("summary").text() == "Vis mer av e-posten"
    assert ["Per Nes" in folded.text(), "Har dere prøvd?" in folded.text(), "<b>Kunde AS</b>" in folded.text()] == [True] * 3
    assert "<b>Kunde" not in page.text
    assert "Teksten inneholder en videresendt e-post" in page.shown()


def test_given_a_mail_that_was_not_cut_when_shown_then_nothing_is_folded(site: SiteUnderTest) -> None:
    mailed(site, "Det virker nå.")
    assert site.logged_in(KARI, "kari").get("/browse/SUP-1").tree.css_first(".entry details") is None


def test_given_a_reply_address_in_a_quoted_mail_when_others_look_then_it_is_hidden(site: SiteUnderTest) -> None:
    token = token_of(site)
    mailed(site, f"Svar til support+{token}@firma.example", quoted=f"Den 3. mars skrev Support <support+{token}@firma.example>:")
    page = site.logged_in(KARI, "kari").get("/browse/SUP-1")
    assert token not in page.text
    assert "support+…@firma.example" in page.shown()


def test_given_a_strangers_case_when_asked_for_then_nothing_of_its_mail_is_shown(site: SiteUnderTest) -> None:
    mailed(site, "Det virker nå.", signature="Mvh\nPer Nes")
    answer = site.logged_in(LIV, "liv").get("/browse/SUP-1")
    assert (answer.status, "Per Nes" in answer.text) == (404, False)
