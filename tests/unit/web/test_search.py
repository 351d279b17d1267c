"""The search in the list of cases: what stands in the address, and what a contact may find."""

from __future__ import annotations

from urllib.parse import quote

from mailgate.application.cases import comment, create
from tests.support.desks.office import EVA, KARI, LIV
from tests.support.desks.site import SiteUnderTest


def listed(page_text: str) -> list[str]:
    return [part.partition("<")[0] for part in page_text.split('<span class="key">')[1:]]


def test_given_cases_when_searched_then_the_address_holds_the_words_and_only_own_ones_are_found(site: SiteUnderTest) -> None:
    create.create_case(site.office.app, EVA, create.CreateCase("Skriveren brenner", LIV))
    create.create_case(site.office.app, EVA, create.CreateCase("Blåbærsyltetøy på tastaturet", KARI))
    comment.add_note(site.office.app, EVA, comment.AddComment("SUP-1", "Kunden maser"))
    kari = site.logged_in(KARI, "kari")
    for words, found in (
        ("skriver", ["SUP-1"]),
        ("BLÅBÆR", ["SUP-3"]),
        ("sup-1", ["SUP-1"]),
        ("1", ["SUP-1"]),
        ("brenner", []),
        ("maser", []),
    ):
        page = kari.get(f"/cases?text={quote(words)}")
        assert (page.status, listed(page.text)) == (200, found), words
        assert page.tree.css_first("input[name=text]").attributes["value"] == words


def test_given_words_that_no_case_has_when_searched_then_the_page_says_so_and_leads_back(site: SiteUnderTest) -> None:
    kari = site.logged_in(KARI, "kari")
    page = kari.get("/cases?text=finnesikke&status=open")
    assert "Ingen saker passer" in page.shown()
    assert page.tree.css_first(".empty a").attributes["href"] == "/cases"
    assert kari.get("/cases?text=%22%20OR%20*%00%ff").status == 200


def test_given_more_cases_than_a_page_when_searched_then_the_next_page_keeps_the_words(site: SiteUnderTest) -> None:
    for number in range(55):
        create.create_case(site.office.app, EVA, create.CreateCase(f"Feil på skriver {number}", KARI))
    kari = site.logged_in(KARI, "kari")
    first = kari.get("/cases?text=skriver+p%C3%A5&status=open")
    older = first.tree.css("main p a")[-1].attributes["href"] or ""
    second = kari.get(older)
    assert (len(listed(first.text)), len(listed(second.text))) == (50, 5)
    assert not set(listed(first.text)) & set(listed(second.text))
