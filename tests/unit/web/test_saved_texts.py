"""Saved texts for answers: the pages where they are kept, and the reply box where they are used."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from mailgate.application.audit_trail import ListAudit, list_audit
from mailgate.application.customers import customers
from mailgate.application.desk import texts
from tests.support.desks.office import EVA, KARI
from tests.support.desks.site import Answer, SiteUnderTest, Visitor

CANARY = "\"><x-mg onx=1>'{{7*7}}"
NEW = {"name": "Takk / hilsen", "language": "nb", "reply_text": "Takk for meldingen.\r\nVi ser på det."}
EDIT = "/desk/texts/edit?language=nb&name=Takk+%2F+hilsen"


@pytest.fixture
def ola(site: SiteUnderTest) -> Visitor:
    return site.staff("ola", name="Ola Berg")


@pytest.fixture
def added(ola: Visitor) -> Visitor:
    """Ola, who has saved a text."""
    assert ola.submit(ola.get("/desk/texts"), "/desk/texts", NEW).status == 303
    return ola


def kept(site: SiteUnderTest) -> list[tuple[str, str, str]]:
    found = texts.list_reply_texts(site.office.app, EVA, None)
    return [(one.name, one.language, one.text) for one in found]


def saved(who: Visitor, typed: Mapping[str, str], page: Answer | None = None) -> Answer:
    return who.submit(page or who.get(EDIT), "/desk/texts/edit", typed)


def test_given_a_text_when_added_changed_and_removed_then_the_list_shows_it_and_each_step_is_in_the_audit(
    site: SiteUnderTest, added: Visitor
) -> None:
    assert kept(site) == [("Takk / hilsen", "nb", "Takk for meldingen.\nVi ser på det.")]
    assert "Takk / hilsen Bokmål Takk for meldingen." in added.get("/desk/texts").shown()
    assert saved(added, {**NEW, "name": "Takk", "reply_text": "Takk!"}).status == 303
    assert kept(site) == [("Takk", "nb", "Takk!")]
    page = added.get("/desk/texts/edit?language=nb&name=Takk")
    assert added.submit(page, "/desk/texts/remove", {}).status == 303
    assert kept(site) == []
    assert "Ingen tekster ennå" in added.get("/desk/texts").shown()
    rows = list_audit(site.office.app, EVA, ListAudit(kind="text")).rows
    assert [(one.principal, one.subject_id) for one in rows] == [
        ("Ola Berg", "Takk"),
        ("Ola Berg", "Takk (nb)"),
        ("Ola Berg", "Takk / hilsen (nb)"),
    ]


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({**NEW, "name": "  "}, "name", "Skriv inn navn."),
        ({**NEW, "name": "x" * 300}, "name", "Navn: Dette er for langt."),
        ({**NEW, "language": "de"}, "language", "Språket er nb, nn eller en."),
        ({**NEW, "reply_text": " \n"}, "reply_text", "Skriv teksten."),
        ({**NEW, "reply_text": "å" * 20_001}, "reply_text", "Tekst: Dette er for langt."),
        (NEW, "name", "Det finnes en tekst med dette navnet på dette språket."),
    ],
    ids=["no name", "long name", "language", "no text", "long text", "exists"],
)
def test_given_a_text_that_is_wrong_when_added_then_the_field_says_so_and_nothing_is_changed(
    site: SiteUnderTest, added: Visitor, typed: Mapping[str, str], field: str, sentence: str
) -> None:
    before = kept(site)
    answer = added.submit(added.get("/desk/texts"), "/desk/texts", typed)
    assert (answer.status, answer.errors(), kept(site)) == (422, [sentence], before)
    assert answer.tree.css_first(f"#{field}").attributes["aria-invalid"] == "true"
    if field != "reply_text":
        assert "Vi ser på det." in answer.tree.css_first("#reply_text").text()


def test_given_two_who_change_one_text_when_both_save_then_the_second_sees_the_first_and_loses_nothing(
    site: SiteUnderTest, added: Visitor
) -> None:
    seen = added.get(EDIT)
    liv = site.staff("liv", name="Liv")
    assert saved(liv, {**NEW, "reply_text": "Livs ord"}).status == 303
    again = saved(added, {**NEW, "reply_text": "Olas ord"}, seen)
    assert (again.status, kept(site)[0][2]) == (409, "Livs ord")
    assert "Livs ord" in again.shown()
    assert again.tree.css_first("#reply_text").text().strip() == "Olas ord"
    assert saved(added, {**NEW, "reply_text": "Olas ord"}, again).status == 303
    assert kept(site)[0][2] == "Olas ord"


def test_given_a_text_that_takes_anothers_name_when_saved_then_both_stay(site: SiteUnderTest, added: Visitor) -> None:
    added.submit(added.get("/desk/texts"), "/desk/texts", {**NEW, "name": "Hei"})
    before = kept(site)
    answer = saved(added, {**NEW, "name": "Hei"})
    assert (answer.status, kept(site)) == (422, before)


def test_given_a_text_that_is_gone_when_opened_changed_or_asked_for_then_it_is_not_found(site: SiteUnderTest, added: Visitor) -> None:
    page = added.get(EDIT)
    texts.remove_reply_text(site.office.app, EVA, texts.RemoveReplyText("Takk / hilsen"))
    assert added.get(EDIT).status == 404
    assert saved(added, NEW, page).status == 404
    assert added.submit(page, "/desk/texts/remove", {}).status == 404
    assert added.get(EDIT.replace("/edit", "/words")).status == 404


def test_given_more_texts_than_a_page_when_listed_then_the_rest_follows(site: SiteUnderTest, ola: Visitor) -> None:
    for number in range(53):
        texts.set_reply_text(site.office.app, EVA, texts.ReplyText(f"Tekst {number:02}", "nb", "Hei"))
    first = ola.get("/desk/texts")
    rest = ola.get(f"/desk/texts{first.tree.css_first('main p a[href*=after]').attributes['href'].removeprefix('/desk/texts')}")
    shown = [one.text() for page in (first, rest) for one in page.tree.css("tr .what a")]
    assert shown == [f"Tekst {number:02}" for number in range(53)]


def test_given_a_customer_when_they_ask_for_texts_then_there_are_none(site: SiteUnderTest, added: Visitor) -> None:
    kari = site.logged_in(KARI, "kari")
    assert [kari.get(path).status for path in ("/desk/texts", EDIT, EDIT.replace("/edit", "/words"))] == [404, 404, 404]


def test_given_a_saved_text_when_put_in_without_a_script_then_it_stands_behind_what_was_typed(site: SiteUnderTest, added: Visitor) -> None:
    page = added.get("/desk/cases/SUP-1")
    answer = added.submit(
        page, "/desk/cases/SUP-1/reply", {"text": "Hei Kari,", "insert": "1", "saved_text": "nb Takk / hilsen", "kind": "note"}
    )
    assert answer.status == 200
    assert answer.tree.css_first("#text").text().strip() == "Hei Kari,\n\nTakk for meldingen.\nVi ser på det."
    assert "checked" in answer.tree.css_first("#kind-note").attributes
    wrong = added.submit(page, "/desk/cases/SUP-1/reply", {"text": "Hei", "insert": "1", "saved_text": ""})
    assert (wrong.status, wrong.errors()) == (422, ["Velg en tekst."])
    sent = added.submit(answer, "/desk/cases/SUP-1/reply", {"kind": "reply"})
    assert sent.status == 303


def test_given_a_saved_text_when_a_script_asks_for_its_words_then_it_gets_them(added: Visitor) -> None:
    answer = added.get(EDIT.replace("/edit", "/words"))
    assert json.loads(answer.text) == {"text": "Takk for meldingen.\nVi ser på det."}
    assert answer.headers["cache-control"] == "no-store"


def test_given_a_customer_who_reads_english_when_answered_then_english_texts_come_first(site: SiteUnderTest, added: Visitor) -> None:
    texts.set_reply_text(site.office.app, EVA, texts.ReplyText("Thanks", "en", "Thank you."))

    def offered() -> list[str]:
        return [one.attributes["value"] or "" for one in added.get("/desk/cases/SUP-1").tree.css("#saved_text option")]

    assert offered() == ["", "nb Takk / hilsen", "en Thanks"]
    customers.set_customer(site.office.app, EVA, customers.SetCustomer("Kunde AS", language="en"))
    assert offered() == ["", "en Thanks", "nb Takk / hilsen"]


def test_given_markup_in_a_text_when_shown_anywhere_then_it_is_only_text(site: SiteUnderTest, ola: Visitor) -> None:
    texts.set_reply_text(site.office.app, EVA, texts.ReplyText(f"T{CANARY}", "nb", CANARY))
    link = ola.get("/desk/texts").tree.css_first("tr .what a").attributes["href"] or ""
    for path in ("/desk/texts", link, "/desk/cases/SUP-1"):
        answer = ola.get(path)
        assert answer.status == 200
        assert "x-mg" in answer.text
        assert answer.tree.css("x-mg") == []
