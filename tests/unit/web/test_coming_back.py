"""Pages that people come back to: in another language, by reload, after the session ended, after a refusal. Nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailgate.application.cases import comment
from mailgate.web.shown_at import page_at
from tests.support.desks.office import EVA, KARI
from tests.support.desks.site import PASSWORD, Answer, SiteUnderTest, Visitor

REPLY = "/desk/cases/SUP-1/reply"
FILE = ("files", "logg.txt", b"07.30 stopp", "text/plain")


@pytest.fixture
def ola(site: SiteUnderTest) -> Visitor:
    return site.staff("ola", "admin", "agent", name="Ola Berg")


def in_nynorsk(visitor: Visitor, page: Answer) -> Answer:
    """The page to which the switch to nynorsk leads."""
    sent = visitor.submit(page, "/language", {"language": "nn"})
    assert sent.status == 303
    return visitor.get(sent.headers["location"])


@pytest.mark.parametrize("path", ["/register", "/password", "/login?next=/browse/SUP-1", "/patterns"])
def test_given_any_page_when_the_language_is_chosen_then_the_same_page_comes_in_it(site: SiteUnderTest, ola: Visitor, path: str) -> None:
    who = ola if path == "/patterns" else site.visitor()
    page = who.get(path)
    again = in_nynorsk(who, page)
    assert (again.status, again.tree.css_first("html").attributes["lang"]) == (200, "nn")
    assert [one.attributes.get("name") for one in again.tree.css("main input")] == [
        one.attributes.get("name") for one in page.tree.css("main input")
    ]
    if "next" in path:
        assert 'name="next" value="/browse/SUP-1"' in again.text


def test_given_a_filtered_queue_when_the_language_is_chosen_then_the_filter_stays(ola: Visitor) -> None:
    again = in_nynorsk(ola, ola.get("/desk?queue=all&q=skriveren"))
    assert again.tree.css_first("#q").attributes["value"] == "skriveren"


@pytest.mark.parametrize("elsewhere", ["//evil.example/", "https://evil.example", "/\\evil.example", "evil", "/\x01"])
def test_given_an_address_elsewhere_when_the_language_is_chosen_then_it_leads_home(site: SiteUnderTest, elsewhere: str) -> None:
    visitor = site.visitor()
    sent = visitor.submit(visitor.get("/login"), "/language", {"language": "nn", "next": elsewhere})
    assert sent.headers["location"] == "/"


def test_given_the_address_of_a_form_when_opened_then_the_page_of_the_form_comes(ola: Visitor) -> None:
    for path, page in ((REPLY, "/desk/cases/SUP-1"), ("/me/password", "/me"), ("/desk/texts/remove", "/desk/texts"), ("/logout", "/")):
        answer = ola.get(path)
        assert (answer.status, answer.headers["location"]) == (303, page)
        assert ola.get(path, "HEAD").status == 303
    assert ola.post("/desk/next", {}).status == 405
    assert page_at("/nothing/at/all") == "/"


def test_given_an_agent_whose_session_ended_while_they_wrote_when_sent_then_the_answer_is_there_after_the_login(
    site: SiteUnderTest, ola: Visitor
) -> None:
    page = ola.get("/desk/cases/SUP-1?queue=ours")
    site.office.clock.step(timedelta(days=40))
    late = ola.submit(page, REPLY, {"text": "Et langt svar", "kind": "note"})
    assert (late.status, "Du ble logget ut mens du skrev" in late.shown()) == (403, True)
    inside = ola.submit(late, "/login", {"name": "ola", "password": PASSWORD})
    assert inside.headers["location"] == "/desk/cases/SUP-1"
    back = ola.get("/desk/cases/SUP-1")
    assert back.tree.css_first("#text").text().strip() == "Et langt svar"
    assert "checked" in back.tree.css_first("#kind-note").attributes
    assert ola.submit(back, REPLY, {"kind": "note"}).status == 303
    after = ola.get("/desk/cases/SUP-1")
    assert (after.tree.css_first("#text").text().strip(), after.shown().count("Et langt svar")) == ("", 1)


def test_given_a_call_that_was_written_down_when_the_session_ended_then_it_is_there_or_can_be_thrown_away(
    site: SiteUnderTest, ola: Visitor
) -> None:
    old = ola.get("/desk/new")
    site.office.clock.step(timedelta(days=40))
    late = ola.submit(old, "/desk/new", {"reporter": KARI, "summary": "Alt står", "description": "Siden i dag"})
    ola.submit(late, "/login", {"name": "ola", "password": PASSWORD})
    back = ola.get("/desk/new")
    assert back.tree.css_first("#summary").attributes["value"] == "Alt står"
    ola.submit(back, "/desk/new", {"discard": "yes"})
    assert ola.get("/desk/new").tree.css_first("#summary").attributes.get("value") in ("", None)


def test_given_a_refused_form_with_files_when_shown_again_then_it_says_that_they_must_be_chosen_again(
    site: SiteUnderTest, ola: Visitor
) -> None:
    again = "Velg filene på nytt: de er ikke lagret."
    refused = ola.submit(ola.get("/desk/new"), "/desk/new", {"reporter": KARI, "summary": "", "take": ""}, [FILE])
    assert refused.errors() == ["Skriv et kort sammendrag.", again]
    assert "checked" not in refused.tree.css_first("input[name=take]").attributes
    page = ola.get("/desk/cases/SUP-1")
    comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", "Noe nytt"))
    assert ola.submit(page, REPLY, {"text": "Mitt svar"}, [FILE]).errors()[-1] == again


def test_given_the_last_case_of_a_queue_when_answered_then_both_is_told(site: SiteUnderTest, ola: Visitor) -> None:
    sent = ola.submit(ola.get("/desk/cases/SUP-1?queue=ours"), REPLY, {"text": "Vi ser på det", "then": "next"})
    queue = ola.get(ola.get(sent.headers["location"]).headers["location"])
    assert "Svaret er lagt inn. Det er ingen andre saker i køen." in queue.shown()
    assert "Svaret er lagt inn" not in ola.get("/desk?queue=ours").shown()


def test_given_a_case_that_changed_meanwhile_when_a_form_on_it_has_another_fault_then_both_are_told(
    site: SiteUnderTest, ola: Visitor
) -> None:
    page = ola.get("/desk/cases/SUP-1")
    comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", "Noe nytt"))
    refused = ola.submit(page, "/desk/cases/SUP-1/merge", {"into": "SUP-9"})
    assert (refused.status, len(refused.errors())) == (422, 2)
    assert refused.errors()[0].startswith("Saken er endret mens du skrev.")
    assert refused.errors()[1] == "Det er ingen slik sak."
    assert refused.tree.css_first(".summary a").attributes["href"] == "#main"
    kari = site.logged_in(KARI, "kari")
    ola.submit(ola.get("/desk/cases/SUP-1"), REPLY, {"text": "Nå?", "operation": "propose"})
    old = kari.get("/browse/SUP-1")
    comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", "Enda noe"))
    refused = kari.submit(old, "/browse/SUP-1/operations", {"operation": "refuse", "reason": ""})
    assert len(refused.errors()) == 2
