"""The customers' pages of cases: list, page, comment, files, operations, new, edit, clone."""

from __future__ import annotations

import pytest

from mailgate.application.cases import comment, operate, people
from mailgate.application.customers import contacts
from tests.support.desks.office import EVA, KARI, LIV, PER
from tests.support.desks.site import SiteUnderTest, Visitor

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
CANARY = "\"><x-mg onx=1>'{{7*7}}"


@pytest.fixture
def kari(site: SiteUnderTest) -> Visitor:
    return site.logged_in(KARI, "kari")


def moved(site: SiteUnderTest, *operations: str) -> None:
    for one in operations:
        operate.operate(site.office.app, EVA, operate.Operate("SUP-1", one))


def test_given_cases_when_listed_then_they_are_grouped_by_whose_turn_it_is(site: SiteUnderTest, kari: Visitor) -> None:
    assert "Hos oss 1 SUP-1 Skriveren står Åpen" in kari.get("/cases").shown()
    moved(site, "ask_customer")
    assert "Venter på deg 1 SUP-1 Skriveren står Venter på kunde" in kari.get("/cases").shown()
    assert "Ingen saker passer" in kari.get("/cases?status=closed").shown()


def test_given_a_strangers_case_when_asked_for_then_it_is_as_one_that_does_not_exist(site: SiteUnderTest) -> None:
    liv = site.logged_in(LIV, "liv")
    theirs, nobodys = liv.get("/browse/SUP-1"), liv.get("/browse/SUP-999")
    assert (theirs.status, theirs.shown()) == (404, nobodys.shown())
    page = liv.get("/new")
    for path in ("comments", "operations", "clone", "participants", "edit"):
        answer = liv.submit(page, "/new", {})  # a form token of hers
        token = {"form_token": page.tree.css_first("input[name=form_token]").attributes["value"] or ""}
        assert liv.post(f"/browse/SUP-1/{path}", {**token, "text": "hei", "operation": "freeze", "address": PER}).status == 404
        assert answer.status == 422


def test_given_a_comment_with_a_file_when_sent_then_both_stand_on_the_page_and_the_file_is_inert(
    site: SiteUnderTest, kari: Visitor
) -> None:
    page = kari.get("/browse/SUP-1")
    file = ("files", "skjerm æ.html", b"<script>alert(1)</script>", "text/html")
    sent = kari.submit(page, "/browse/SUP-1/comments", {"text": f"Se bildet {CANARY}"}, [file])
    assert (sent.status, sent.headers["location"]) == (303, "/browse/SUP-1")
    after = kari.get("/browse/SUP-1")
    assert "Kommentaren er lagt inn" in after.shown()
    assert CANARY in after.shown()
    assert "<x-mg" not in after.text
    got = kari.get(after.tree.css_first(".files a").attributes["href"] or "")
    assert got.body == b"<script>alert(1)</script>"
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert "sandbox" in got.headers["content-security-policy"]


def test_given_a_double_click_when_sent_then_there_is_one_comment_and_other_words_make_another(site: SiteUnderTest, kari: Visitor) -> None:
    page = kari.get("/browse/SUP-1")
    first = kari.submit(page, "/browse/SUP-1/comments", {"text": "En gang"})
    again = kari.submit(page, "/browse/SUP-1/comments", {"text": "En gang"})
    assert (first.status, again.status, again.headers["location"]) == (303, 303, "/browse/SUP-1")
    kari.submit(page, "/browse/SUP-1/comments", {"text": "Noe annet"})
    shown = kari.get("/browse/SUP-1").shown()
    assert (shown.count("En gang"), shown.count("Noe annet")) == (1, 1)


def test_given_nothing_written_when_sent_then_the_page_says_what_to_do(kari: Visitor) -> None:
    refused = kari.submit(kari.get("/browse/SUP-1"), "/browse/SUP-1/comments", {"text": "  "})
    assert (refused.status, refused.errors()) == (422, ["Skriv en kommentar, eller legg ved en fil."])


def test_given_a_proposed_solution_when_accepted_then_it_is_solved(site: SiteUnderTest, kari: Visitor) -> None:
    moved(site, "start", "propose")
    page = kari.get("/browse/SUP-1")
    assert page.tree.css_first("button.main").text() == "Godta"
    done = kari.submit(page, "/browse/SUP-1/operations", {"operation": "verify"})
    assert done.status == 303
    assert "Du har godtatt løsningen." in kari.get("/browse/SUP-1").shown()


def test_given_a_refusal_without_words_when_sent_then_it_asks_why_and_with_words_the_case_is_reopened(
    site: SiteUnderTest, kari: Visitor
) -> None:
    moved(site, "start", "propose")
    page = kari.get("/browse/SUP-1")
    refused = kari.submit(page, "/browse/SUP-1/operations", {"operation": "refuse"})
    assert (refused.status, refused.errors()) == (422, ["Skriv hva som fortsatt er galt."])
    kari.submit(refused, "/browse/SUP-1/operations", {"operation": "refuse", "reason": "Den blinker ennå"})
    shown = kari.get("/browse/SUP-1").shown()
    assert "Gjenåpnet" in shown
    assert "Den blinker ennå" in shown


def test_given_a_case_changed_meanwhile_when_operated_on_then_the_page_says_so_and_keeps_the_words(
    site: SiteUnderTest, kari: Visitor
) -> None:
    moved(site, "start", "propose")
    page = kari.get("/browse/SUP-1")
    comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", "Vent litt"))
    late = kari.submit(page, "/browse/SUP-1/operations", {"operation": "refuse", "reason": "Virker ikke"})
    assert late.status == 409
    assert "Saken er endret mens du så på den" in late.errors()[0]
    assert late.tree.css_first("#reason").text().strip() == "Virker ikke"


def test_given_notes_and_other_peoples_addresses_when_a_contact_looks_then_none_is_on_the_page(site: SiteUnderTest, kari: Visitor) -> None:
    comment.add_note(site.office.app, EVA, comment.AddComment("SUP-1", "internt: vanskelig kunde"))
    people.add_participant(site.office.app, EVA, people.AddParticipant("SUP-1", LIV))
    page = kari.get("/browse/SUP-1")
    assert "internt" not in page.text
    assert LIV not in page.text
    assert PER not in page.text


def test_given_a_new_case_without_its_fields_when_sent_then_each_is_named_and_nothing_is_lost(kari: Visitor) -> None:
    page = kari.get("/new")
    refused = kari.submit(page, "/new", {"summary": "Alt står", "description": "Fra i dag"})
    assert (refused.status, refused.errors()) == (422, ["Velg hva saken gjelder."])
    again = kari.submit(refused, "/new", {"case_type": "driftsproblem"})
    assert again.errors() == ["Skriv hvor feilen oppstår."]
    made = kari.submit(
        again, "/new", {"case_type": "driftsproblem", "environment": "server 4"}, [("files", "logg.txt", b"feil 49", "text/plain")]
    )
    assert (made.status, made.headers["location"]) == (303, "/browse/SUP-2")
    shown = kari.get("/browse/SUP-2").shown()
    assert "Fra i dag" in shown
    assert "logg.txt" in shown


def test_given_a_case_of_ones_own_when_edited_and_cloned_then_both_are_there(kari: Visitor) -> None:
    page = kari.get("/browse/SUP-1/edit")
    kari.submit(page, "/browse/SUP-1/edit", {"summary": "Skriveren blinker"})
    cloned = kari.submit(kari.get("/browse/SUP-1"), "/browse/SUP-1/clone", {})
    assert cloned.headers["location"] == "/browse/SUP-2"
    assert "Skriveren blinker" in kari.get("/browse/SUP-2").shown()


def test_given_a_case_that_is_closed_while_it_is_edited_then_the_page_says_so_and_keeps_what_was_typed(
    site: SiteUnderTest, kari: Visitor
) -> None:
    page = kari.get("/browse/SUP-1/edit")
    operate.operate(site.office.app, EVA, operate.Operate("SUP-1", "close"))
    for _ in range(2):
        page = kari.submit(page, "/browse/SUP-1/edit", {"description": "Den blinker rødt, og piper"})
        assert (page.status, len(page.errors())) == (409, 1)
        assert "Den blinker rødt, og piper" in page.text


def test_given_a_participant_who_is_not_the_reporter_when_editing_then_it_is_forbidden(site: SiteUnderTest) -> None:
    per = site.logged_in(PER, "per")
    page = per.get("/browse/SUP-1")
    token = page.tree.css_first("input[name=form_token]").attributes["value"] or ""
    refused = per.post("/browse/SUP-1/edit", {"form_token": token, "summary": "Min nå", "description": "", "environment": ""})
    assert refused.status == 403


def test_given_things_of_one_moment_when_the_case_is_shown_then_cause_comes_before_effect_on_every_page(site: SiteUnderTest) -> None:
    app = site.office.app
    moved(site, "start")
    comment.add_comment(app, EVA, comment.AddComment("SUP-1", "Prøv på nytt"))
    moved(site, "propose", "investigate")
    comment.add_comment(app, EVA, comment.AddComment("SUP-1", "Det var ikke nok"))
    order = ["Under arbeid", "Prøv på nytt", "Løsning foreslått", "Undersøkes", "Det var ikke nok"]
    for page in (site.logged_in(KARI, "kari").get("/browse/SUP-1"), site.staff("ola").get("/desk/cases/SUP-1")):
        shown = page.tree.css_first(".timeline").text()
        assert sorted(order, key=shown.index) == order


def test_given_a_case_that_waits_for_an_answer_when_shown_then_it_says_so_and_leads_to_the_form(site: SiteUnderTest, kari: Visitor) -> None:
    assert "Det er din tur" not in kari.get("/browse/SUP-1").shown()
    moved(site, "ask_customer")
    page = kari.get("/browse/SUP-1")
    assert "Det er din tur: vi venter på svar fra deg Skriv en kommentar" in page.shown()
    assert page.tree.css_first(".turn a").attributes["href"] == "#write"
    assert page.tree.css_first("#write")


def test_given_the_companys_cases_when_listed_then_the_heading_says_whose_they_are(site: SiteUnderTest, kari: Visitor) -> None:
    contacts.set_contact(site.office.app, EVA, contacts.SetContact(KARI, company_access="view"))
    assert kari.get("/cases?whose=company").tree.css_first("h1").text() == "Firmaets saker"
    assert kari.get("/cases").tree.css_first("h1").text() == "Mine saker"


@pytest.mark.parametrize("address", ["support@example.test", "SUPPORT+x@Example.test"])
def test_given_our_own_address_when_a_customer_adds_it_then_it_takes_no_part(site: SiteUnderTest, address: str) -> None:
    """Notices to it would come back to us."""
    kari = site.logged_in(KARI, "kari")
    refused = kari.submit(kari.get("/browse/SUP-1"), "/browse/SUP-1/participants", {"address": address})
    assert refused.status == 422
    assert "er vår egen adresse" in refused.errors()[0]
    with site.office.app.store.reading() as uow:
        people = {one.contact.address for one in uow.cases.get("SUP-1").participants}
        assert (people, uow.contacts.by_addresses([address.lower()])) == ({KARI, PER}, {})
