"""What customers have of their own: drafts, the company's cases by grant, the promise of the agreement, their data."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from mailgate.application.cases import comment, create, operate
from mailgate.application.customers import contacts, customers
from mailgate.errors import Invalid
from mailgate.runtime.gateway import purge
from tests.support.desks.office import EVA, KARI, LIV, PER
from tests.support.desks.site import PASSWORD, SiteUnderTest, Visitor


@pytest.fixture
def kari(site: SiteUnderTest) -> Visitor:
    return site.logged_in(KARI, "kari")


def test_given_a_session_that_ended_while_she_wrote_when_sent_then_the_words_go_through_the_login_and_are_there_again(
    site: SiteUnderTest, kari: Visitor
) -> None:
    page = kari.get("/browse/SUP-1")
    site.office.clock.step(timedelta(days=8))
    late = kari.submit(page, "/browse/SUP-1/comments", {"text": "Lang tekst, skrevet lenge"})
    assert (late.status, "Du ble logget ut mens du skrev" in late.shown()) == (403, True)
    wrong = kari.submit(late, "/login", {"name": "kari", "password": "feil passord her"})
    inside = kari.submit(wrong, "/login", {"name": "kari", "password": PASSWORD})
    assert inside.headers["location"] == "/browse/SUP-1"
    back = kari.get("/browse/SUP-1")
    assert back.tree.css_first("#text").text().strip() == "Lang tekst, skrevet lenge"
    assert "Det du skrev, er her igjen" in back.shown()
    kari.submit(back, "/browse/SUP-1/comments", {})
    after = kari.get("/browse/SUP-1")
    assert after.tree.css_first("#text").text().strip() == ""
    assert after.shown().count("Lang tekst, skrevet lenge") == 1


def test_given_a_form_of_an_earlier_session_when_sent_then_it_is_refused_and_kept(site: SiteUnderTest, kari: Visitor) -> None:
    old = kari.get("/new")
    del kari.cookies["session"]
    kari.log_in("kari")
    refused = kari.submit(old, "/new", {"summary": "Alt står", "description": "Fra i dag"})
    assert (refused.status, "det du skrev, er tatt vare på" in refused.shown()) == (403, True)
    again = kari.get("/new")
    assert again.tree.css_first("#summary").attributes["value"] == "Alt står"


def test_given_a_draft_when_kept_and_thrown_away_then_it_is_there_and_gone(site: SiteUnderTest, kari: Visitor) -> None:
    page = kari.get("/new")
    kari.submit(page, "/new", {"case_type": "problem", "summary": "Halvferdig", "draft": "yes"})
    kept = kari.get("/new")
    assert "Her er utkastet ditt fra i dag kl." in kept.shown()
    assert kept.tree.css_first("input[value=problem][checked]") is not None
    assert site.logged_in(PER, "per").get("/new").tree.css_first("#summary").attributes.get("value") in ("", None)
    kari.submit(kept, "/new", {"discard": "yes"})
    assert "Her er utkastet" not in kari.get("/new").shown()


def test_given_the_pages_script_when_it_keeps_a_draft_then_it_stays_for_this_page_alone(kari: Visitor) -> None:
    page = kari.get("/browse/SUP-1")
    token = page.tree.css_first("input[name=form_token]").attributes["value"] or ""
    kept = kari.post("/drafts", {"form_token": token, "page": "/browse/SUP-1", "text": "Under arbeid"})
    assert (kept.status, kept.body) == (204, b"")
    assert kari.get("/browse/SUP-1").tree.css_first("#text").text().strip() == "Under arbeid"
    assert kari.get("/new").tree.css_first("#description").text().strip() == ""
    assert kari.post("/drafts", {"page": "/browse/SUP-1", "text": "uten token"}).status == 403


def test_given_an_open_case_about_the_same_when_a_new_one_is_sent_then_it_is_shown_first_and_may_be_sent_anyway(kari: Visitor) -> None:
    page = kari.get("/new")
    asked = kari.submit(page, "/new", {"case_type": "problem", "summary": "Skriveren står stille"})
    assert (asked.status, "Du har alt en sak som ligner" in asked.shown(), "SUP-1" in asked.shown()) == (200, True, True)
    made = kari.submit(asked, "/new", {"case_type": "problem"})
    assert made.headers["location"] == "/browse/SUP-2"
    part = kari.get("/new/similar?summary=Skriveren%20st%C3%A5r")
    assert "SUP-1" in part.text
    assert "<html" not in part.text


def test_given_a_grant_when_staff_give_it_then_she_sees_the_companys_cases_and_comments_only_if_it_says_so(
    site: SiteUnderTest,
) -> None:
    app = site.office.app
    create.create_case(app, EVA, create.CreateCase("Bare Pers sak", PER))
    kari = site.logged_in(KARI, "kari")
    assert (kari.get("/browse/SUP-2").status, "Firmaets saker" in kari.get("/cases").shown()) == (404, False)
    contacts.set_contact(app, EVA, contacts.SetContact(KARI, company_access="view"))
    page = kari.get("/browse/SUP-2")
    assert (page.status, "Du ser saken fordi den gjelder firmaet ditt" in page.shown()) == (200, True)
    assert page.tree.css("main textarea") == []
    assert "SUP-2" in kari.get("/cases?whose=company").shown()
    token = kari.get("/new").tree.css_first("input[name=form_token]").attributes["value"] or ""
    assert kari.post("/browse/SUP-2/comments", {"form_token": token, "text": "hei"}).status == 403
    assert kari.post("/browse/SUP-2/operations", {"form_token": token, "operation": "freeze"}).status == 403
    contacts.set_contact(app, EVA, contacts.SetContact(KARI, company_access="comment"))
    commented = kari.submit(kari.get("/browse/SUP-2"), "/browse/SUP-2/comments", {"text": "Jeg også"})
    assert commented.status == 303
    contacts.set_contact(app, EVA, contacts.SetContact(KARI, customer="Annen AS"))
    assert kari.get("/browse/SUP-2").status == 404


def test_given_a_contact_of_no_company_when_a_grant_is_given_then_it_is_refused(site: SiteUnderTest) -> None:
    app = site.office.app
    contacts.add_contact(app, EVA, contacts.AddContact("fri@ingen.example"))
    with pytest.raises(Invalid, match="belongs to no customer"):
        contacts.set_contact(app, EVA, contacts.SetContact("fri@ingen.example", company_access="view"))


def test_given_an_agreement_when_a_case_waits_for_support_then_the_page_says_by_when_and_not_when_it_waits_for_her(
    site: SiteUnderTest, kari: Visitor
) -> None:
    app = site.office.app
    assert "Svar innen onsdag 25. november 2026 kl. 16.00 (Enkel support)" in kari.get("/browse/SUP-1").shown()
    customers.set_customer(app, EVA, customers.SetCustomer("Kunde AS", agreement="standard"))
    assert "Svar innen onsdag 25. november 2026 kl. 16.00" in kari.get("/browse/SUP-1").shown(), "what was promised stays, as on the desk"
    comment.add_comment(app, EVA, comment.AddComment("SUP-1", "Vi ser på det"))
    assert "Svar innen" not in kari.get("/browse/SUP-1").shown()
    comment.add_comment(app, site.office.contact(KARI), comment.AddComment("SUP-1", "Den blinker ennå"))
    assert "Svar innen mandag 23. november 2026 kl. 14.00 (Standard support)" in kari.get("/browse/SUP-1").shown()
    operate.operate(app, EVA, operate.Operate("SUP-1", "ask_customer"))
    assert "Svar innen" not in kari.get("/browse/SUP-1").shown()


def test_given_participants_when_the_reporter_removes_one_and_another_leaves_then_they_are_out(site: SiteUnderTest, kari: Visitor) -> None:
    page = kari.get("/browse/SUP-1")
    form = next(one for one in page.tree.css("form") if (one.attributes.get("action") or "").endswith("/remove"))
    who = form.css_first("input[name=who]").attributes["value"] or ""
    kari.submit(page, "/browse/SUP-1/participants/remove", {"who": who})
    assert "Per" not in kari.get("/browse/SUP-1").tree.css_first("aside ul").text()
    assert site.logged_in(PER, "per").get("/browse/SUP-1").status == 404


def test_given_a_customer_when_she_fetches_her_data_then_her_words_are_in_it_and_nobody_elses(site: SiteUnderTest, kari: Visitor) -> None:
    app = site.office.app
    comment.add_comment(app, site.office.contact(KARI), comment.AddComment("SUP-1", "Mine ord æøå"))
    comment.add_comment(app, site.office.contact(PER), comment.AddComment("SUP-1", "Pers ord"))
    comment.add_note(app, EVA, comment.AddComment("SUP-1", "internt"))
    got = kari.get("/me/data")
    assert got.headers["content-disposition"].startswith("attachment; ")
    found = json.loads(got.body)
    assert (found["accounts"][0]["mail_address"], found["cases"][0]["my_comments"][0]["text"]) == (KARI, "Mine ord æøå")
    assert not {"Pers ord", "internt", PER, LIV} & set(got.text.split('"'))


def test_given_the_wish_to_be_deleted_when_sent_then_it_must_be_meant_and_becomes_a_case(site: SiteUnderTest, kari: Visitor) -> None:
    page = kari.get("/me")
    assert kari.submit(page, "/me/deletion", {}).errors() == ["Kryss av for at du er sikker."]
    made = kari.submit(page, "/me/deletion", {"sure": "yes"})
    assert "Ønske om sletting av mine data" in kari.get(made.headers["location"]).shown()


def test_given_ended_sessions_and_old_links_when_the_hour_comes_then_they_are_taken_away(site: SiteUnderTest, kari: Visitor) -> None:
    app = site.office.app
    who = site.visitor()
    who.submit(who.get("/password"), "/password", {"name": "kari"})
    kari.submit(kari.get("/browse/SUP-1"), "/browse/SUP-1/comments", {"text": "hei"})
    tables = ("sessions", "account_links", "rate_buckets", "once_keys")

    def counts() -> list[int]:
        with app.store.reading() as uow:
            run = uow.accounts._connection.exec_driver_sql
            return [run(f"SELECT count(*) FROM {table}").scalar_one() for table in tables]

    assert 0 not in counts()
    site.office.clock.step(timedelta(days=31))
    purge(app.settings, app.store)
    assert counts() == [0, 0, 0, 0]


def test_given_a_comment_that_was_sent_when_the_script_keeps_its_words_too_late_then_no_draft_comes_back(
    site: SiteUnderTest, kari: Visitor
) -> None:
    page = kari.get("/browse/SUP-1")
    late = {"form_token": page.tree.css_first("form[data-draft] input[name=form_token]").attributes["value"] or "", "page": "/browse/SUP-1"}
    assert kari.submit(page, "/browse/SUP-1/comments", {"text": "Ferdig skrevet"}).status == 303
    assert kari.post("/drafts", {**late, "text": "Ferdig skrev"}).status == 409
    after = kari.get("/browse/SUP-1")
    assert (after.tree.css_first("#text").text().strip(), "Her er utkastet" in after.shown()) == ("", False)
    fresh = after.tree.css_first("form[data-draft] input[name=form_token]").attributes["value"] or ""
    assert kari.post("/drafts", {**late, "form_token": fresh, "text": "Noe nytt"}).status == 204
    assert kari.get("/browse/SUP-1").tree.css_first("#text").text().strip() == "Noe nytt"


def test_given_a_comment_that_was_sent_when_she_goes_back_and_writes_on_then_it_is_kept(site: SiteUnderTest, kari: Visitor) -> None:
    page = kari.get("/browse/SUP-1")
    token = page.tree.css_first("form[data-draft] input[name=form_token]").attributes["value"] or ""
    kari.submit(page, "/browse/SUP-1/comments", {"text": "Ferdig skrevet"})
    assert kari.get("/me/data").text.count("form_token") == 0
    site.office.clock.step(timedelta(minutes=3))
    assert kari.post("/drafts", {"form_token": token, "page": "/browse/SUP-1", "text": "Og en ting til"}).status == 204


def test_given_words_that_are_too_many_for_a_draft_when_kept_then_nobody_is_told_that_they_are(kari: Visitor) -> None:
    token = kari.get("/browse/SUP-1").tree.css_first("input[name=form_token]").attributes["value"] or ""
    assert kari.post("/drafts", {"form_token": token, "page": "/browse/SUP-1", "text": "x" * 200_001}).status == 409
