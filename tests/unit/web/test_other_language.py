"""A form that is refused is shown in another language with what was typed and what was wrong; nothing is done, and no secret repeated."""

from __future__ import annotations

from mailgate.application.cases import read
from tests.support.desks.office import EVA, KARI
from tests.support.desks.site import PASSWORD, Answer, SiteUnderTest, Visitor


def in_language(who: Visitor, page: Answer, language: str) -> Answer:
    """What the button of a language on this page shows."""
    form = page.tree.css_first("form.languages")
    button = form.css_first(f"button[value={language}]").attributes["name"] or ""
    hidden = [(one.attributes["name"] or "", one.attributes.get("value") or "") for one in form.css("input")]
    return who.post(form.attributes["action"] or "", [*hidden, (button, language)])


def value(page: Answer, field: str) -> str:
    at = page.tree.css_first(f"main #{field}")
    return (at.text().strip() if at.tag == "textarea" else at.attributes.get("value")) or ""


def test_given_a_refused_registration_when_read_in_another_language_then_words_and_faults_are_there(site: SiteUnderTest) -> None:
    who = site.visitor()
    refused = who.submit(who.get("/register"), "/register", {"name": 'Kåre "<b>', "address": "kaare", "username": "k"})
    english = in_language(who, refused, "en")
    assert english.tree.css_first("html").attributes["lang"] == "en"
    assert (value(english, "name"), value(english, "address")) == ('Kåre "<b>', "kaare")
    assert len(english.errors()) == len(refused.errors()) > 1
    assert set(english.errors()).isdisjoint(refused.errors())
    nynorsk = in_language(who, english, "nn")
    assert (value(nynorsk, "name"), len(nynorsk.errors())) == ('Kåre "<b>', len(refused.errors()))
    assert who.get("/login").tree.css_first("html").attributes["lang"] == "nn"


def test_given_a_refused_password_when_the_language_is_chosen_then_it_is_not_on_the_page(site: SiteUnderTest) -> None:
    who = site.visitor()
    refused = who.submit(who.get("/login"), "/login", {"name": "kari", "password": "hemmelig ord"})
    english = in_language(who, refused, "en")
    assert (value(english, "name"), english.errors()) == ("kari", ["Wrong user name or password."])
    assert "hemmelig" not in refused.text + english.text


def test_given_a_refused_case_when_read_in_another_language_then_all_of_it_stays_and_none_is_made(site: SiteUnderTest) -> None:
    kari = site.logged_in(KARI, "kari")
    typed = {"case_type": "driftsproblem", "summary": "Serveren står", "description": "Første linje\nandre linje"}
    english = in_language(kari, kari.submit(kari.get("/new"), "/new", typed), "en")
    assert english.errors() == ["Write where the error happens."]
    assert (value(english, "summary"), value(english, "description")) == ("Serveren står", "Første linje\nandre linje")
    assert english.tree.css_first("input[name=case_type][checked]").attributes["value"] == "driftsproblem"
    made = kari.submit(english, "/new", {"environment": "Windows"})
    assert made.headers["location"] == "/browse/SUP-2"


def test_given_a_form_that_would_be_taken_when_the_language_is_chosen_then_it_is_not_carried_out(site: SiteUnderTest) -> None:
    ola = site.staff("ola", name="Ola Berg")
    page = ola.get("/desk/cases/SUP-1")
    token = page.tree.css_first("input[name=form_token]").attributes["value"] or ""
    shown = ola.post("/desk/cases/SUP-1/reply", {"form_token": token, "text": "Ikke send dette", "kind": "reply", "_shown_in": "nn"})
    assert (shown.status, value(shown, "text")) == (200, "Ikke send dette")
    assert read.show_case(site.office.app, EVA, read.ShowCase("SUP-1")).comments == []
    assert ola.post("/desk/cases/SUP-1/reply", {"form_token": "x", "text": "Nei", "_shown_in": "nn"}).status == 403


def test_given_a_session_that_ended_when_the_language_is_chosen_at_the_login_then_the_words_come_along(site: SiteUnderTest) -> None:
    kari = site.logged_in(KARI, "kari")
    page = kari.get("/browse/SUP-1")
    del kari.cookies["session"]
    login = kari.submit(page, "/browse/SUP-1/comments", {"text": "Lang tekst"})
    english = in_language(kari, login, "en")
    assert "You were logged out while you were writing" in english.shown() or "You were logged out while you wrote" in english.shown()
    back = kari.submit(english, "/login", {"name": "kari", "password": PASSWORD})
    assert value(kari.get(back.headers["location"]), "text") == "Lang tekst"


def test_given_forms_of_a_case_when_refused_and_read_in_nynorsk_then_the_case_is_there_with_the_words(site: SiteUnderTest) -> None:
    kari, ola = site.logged_in(KARI, "kari"), site.staff("ola", name="Ola Berg")
    refused = kari.submit(kari.get("/browse/SUP-1"), "/browse/SUP-1/comments", {"text": ""})
    again = in_language(kari, refused, "nn")
    assert (refused.status, again.status, len(again.errors())) == (422, 200, 1)
    refused = ola.submit(ola.get("/desk/cases/SUP-1?queue=all"), "/desk/cases/SUP-1/merge", {"into": "SUP-9"})
    again = in_language(ola, refused, "nn")
    assert (refused.status, again.status, value(again, "into"), len(again.errors())) == (422, 200, "SUP-9", 1)
    assert "queue=all" in again.text
