"""The search in the list of cases: what stands in the address, and what a contact may find."""

from __future__ import annotations

from urllib.parse import quote

from mailgate.application.cases import comment, create, operate
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


def test_given_many_cases_when_listed_then_the_one_that_waits_for_the_customer_is_on_the_first_page(site: SiteUnderTest) -> None:
    operate.operate(site.office.app, EVA, operate.Operate("SUP-1", "ask_customer", "Hvilken skriver?"))
    for number in range(55):
        create.create_case(site.office.app, EVA, create.CreateCase(f"Feil på skriver {number}", KARI))
    page = site.logged_in(KARI, "kari").get("/cases")
    headings = [" ".join(one.text().split()) for one in page.tree.css("h2.group")]
    assert headings == ["Venter på deg 1", "Hos oss"]
    assert (listed(page.text)[0], len(listed(page.text))) == ("SUP-1", 51)


def test_given_a_search_of_all_cases_when_shown_then_the_title_says_what_was_looked_for(site: SiteUnderTest) -> None:
    page = site.staff("ola").get("/desk?q=skriveren+%3Cb%3E")
    assert page.tree.css_first("title").text() == f"Søk: skriveren <b> – {site.office.app.settings.service.company}"
    assert "Søk: skriveren <b>" in page.tree.css_first("h1").text()


def test_given_a_case_with_many_comments_when_shown_then_the_newest_stands_there_and_the_rest_is_a_link_away(site: SiteUnderTest) -> None:
    for number in range(70):
        comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", f"Kommentar nummer {number}."))
    kari, ola = site.logged_in(KARI, "kari"), site.staff("ola")
    for who, path in ((kari, "/browse/SUP-1"), (ola, "/desk/cases/SUP-1")):
        page = who.get(path)
        assert ("Kommentar nummer 19." in page.shown(), "Kommentar nummer 69." in page.shown()) == (False, True)
        link = next(one.attributes["href"] for one in page.tree.css(".timeline a") if "Vis hele samtalen" in one.text()) or ""
        whole = who.get(link)
        assert "Kommentar nummer 0." in whole.shown()
        assert "Vis hele samtalen" not in whole.shown()


def test_given_filters_beside_the_words_of_a_search_when_shown_then_all_of_them_hold_and_the_customer_is_named(site: SiteUnderTest) -> None:
    create.create_case(site.office.app, EVA, create.CreateCase("Skriveren brenner", KARI, priority="high", case_type="problem"))
    ola = site.staff("ola")
    page = ola.get("/desk?q=skriveren&priority=high&case_type=problem")
    assert [one.attributes["data-row"] for one in page.tree.css("tr[data-row]")] == ["SUP-2"]
    assert "Kunde AS" in page.tree.css_first("tr[data-row]").text()
    assert ola.get("/desk?q=skriveren&priority=low").tree.css("tr[data-row]") == []
