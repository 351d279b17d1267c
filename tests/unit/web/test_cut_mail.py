"""What was cut off a mail stands on the customer's page, folded: signature, quoted history, forwards. Reply addresses in it are hidden.

Of a long text the page shows the beginning; the rest is one link away.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailgate.application.cases import comment
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Change, Comment
from mailgate.cases.tokens import TokenKeys, reply_token
from tests.support.desks.office import EVA, KARI, LIV, PER
from tests.support.desks.site import Answer, SiteUnderTest, Visitor


def mailed(site: SiteUnderTest, text: str, *, signature: str = "", quoted: str = "", forwarded: bool = False) -> None:
    app = site.office.app
    per = site.office.contact(PER)
    with app.store.transaction() as uow:
        case = uow.cases.get("SUP-1")
        author = Actor("contact", "Per", per.id)
        said = Comment(
            new_id(app.now()), case.id, "comment", text, author, app.now(), signature=signature, quoted=quoted, forwarded=forwarded
        )
        uow.cases.write([Change(case, comments=(said,))])


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


LOG = "\n".join(f"{number} feil i modul faktura, linje {number}" for number in range(300))


def lead(who: Visitor, page: Answer, where: str) -> Answer:
    """The page behind the link with which a text ends that is cut."""
    link = next(one for one in page.tree.css(f"{where} a") if "Vis resten" in one.text())
    return who.get((link.attributes["href"] or "").partition("#")[0])


@pytest.mark.parametrize("staff", [False, True])
def test_given_long_texts_when_the_case_is_shown_then_each_begins_and_a_link_shows_it_whole(site: SiteUnderTest, staff: bool) -> None:
    mailed(site, f"Her er loggen:\n{LOG}", signature="Mvh\nPer", quoted=LOG)
    who, path = (site.staff("ola"), "/desk/cases/SUP-1") if staff else (site.logged_in(KARI, "kari"), "/browse/SUP-1")
    page = who.get(path)
    said, quoted = page.tree.css_first("#newest .said").text(), page.tree.css_first("#newest details").text()
    assert ("linje 10" in said, "linje 299" in said, said.rstrip().endswith("…")) == (True, False, True)
    assert ("linje 10" in quoted, "linje 299" in quoted) == (True, False)
    whole = lead(who, page, "#newest")
    assert whole.tree.css_first("#newest .said").text().count("modul") == 300
    assert whole.tree.css_first("#newest details").text().count("modul") == 300
    assert "open" in whole.tree.css_first("#newest details").attributes


def test_given_a_long_description_when_shown_then_a_link_shows_it_whole(site: SiteUnderTest) -> None:
    kari = site.logged_in(KARI, "kari")
    made = kari.submit(kari.get("/new"), "/new", {"case_type": "problem", "summary": "Logg", "description": LOG})
    page = kari.get(made.headers["location"])
    assert "linje 299" not in page.text
    assert "linje 299" in lead(kari, page, "#c-description").text


def test_given_many_long_comments_when_shown_then_the_newest_are_and_one_link_shows_all_of_all(site: SiteUnderTest) -> None:
    for number in range(20):
        comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", f"Svar {number}.\n{LOG}"))
    kari = site.logged_in(KARI, "kari")
    page = kari.get("/browse/SUP-1")
    assert ("Svar 19." in page.text, "Svar 1." in page.text) == (True, False)
    whole = kari.get(page.tree.css_first(".timeline > .event a").attributes["href"] or "")
    assert [whole.text.count("linje 299"), whole.text.count("Vis resten")] == [20, 0]
