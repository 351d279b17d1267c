"""The desk: queues, the page of a case, acts on one and on several, two agents at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailgate.application.cases import comment, operate, people, read
from mailgate.application.customers import contacts
from tests.support.desks.office import EVA, KARI, LIV, PER
from tests.support.desks.site import Answer, SiteUnderTest, Visitor
from tests.support.harness.statements import statements

CANARY = "\"><x-mg onx=1>'{{7*7}}"


@pytest.fixture
def ola(site: SiteUnderTest) -> Visitor:
    return site.staff("ola", name="Ola Berg")


def rows(page: Answer) -> list[str]:
    return [one.attributes["data-row"] or "" for one in page.tree.css("tr[data-row]")]


def correcting(who: Visitor, path: str) -> Answer:
    """The page of a case on which its first comment can be moved or withdrawn."""
    return who.get((who.get(path).tree.css_first("a[href*='correct=']").attributes["href"] or "").partition("#")[0])


def test_given_a_new_case_when_the_queues_are_opened_then_it_is_where_it_belongs_and_counted(site: SiteUnderTest, ola: Visitor) -> None:
    found = {name: rows(ola.get(f"/desk?queue={name}")) for name in ("mine", "unassigned", "ours", "customer", "due", "all")}
    assert found == {"mine": [], "unassigned": ["SUP-1"], "ours": ["SUP-1"], "customer": [], "due": [], "all": ["SUP-1"]}
    ola.submit(ola.get("/desk/cases/SUP-1"), "/desk/cases/SUP-1/assign", {"take": "1"})
    assert rows(ola.get("/desk")) == ["SUP-1"]
    operate.operate(site.office.app, EVA, operate.Operate("SUP-1", "ask_customer"))
    assert rows(ola.get("/desk?queue=customer")) == ["SUP-1"]
    assert "Min kø 1" in ola.get("/desk").shown()


def test_given_the_clock_of_the_agreement_when_it_runs_out_then_the_case_is_due_until_somebody_answers(
    site: SiteUnderTest, ola: Visitor
) -> None:
    site.office.clock.step(timedelta(days=5))
    ola.log_in("ola")
    page = ola.get("/desk?queue=due")
    assert (rows(page), "Over fristen:" in page.shown()) == (["SUP-1"], True)
    comment.add_note(site.office.app, EVA, comment.AddComment("SUP-1", "ringt, ikke hjemme"))
    assert rows(ola.get("/desk?queue=due")) == ["SUP-1"]
    ola.submit(ola.get("/desk/cases/SUP-1"), "/desk/cases/SUP-1/reply", {"text": "Vi ser på det"})
    assert rows(ola.get("/desk?queue=due")) == []
    assert rows(ola.get("/desk?queue=ours")) == ["SUP-1"]


def test_given_a_reply_with_an_operation_and_a_file_when_sent_then_all_of_it_is_one_step(site: SiteUnderTest, ola: Visitor) -> None:
    page = ola.get("/desk/cases/SUP-1?queue=ours")
    file = ("files", "oppskrift.txt", b"1. slaa av", "text/plain")
    typed = {"text": f"Prøv dette {CANARY}", "operation": "propose", "kind": "reply", "then": "next"}
    sent = ola.submit(page, "/desk/cases/SUP-1/reply", typed, [file])
    assert (sent.status, sent.headers["location"]) == (303, "/desk/next?queue=ours&after=SUP-1")
    assert ola.get(sent.headers["location"]).headers["location"] == "/desk?queue=ours"
    after = ola.get("/desk/cases/SUP-1")
    assert "Løsning foreslått" in after.shown()
    assert CANARY in after.shown()
    assert "<x-mg" not in after.text
    assert "oppskrift.txt" in after.shown()
    assert "Varslet: 2" in after.shown()


def test_given_a_note_when_left_then_customers_see_nothing_of_it(site: SiteUnderTest, ola: Visitor) -> None:
    ola.submit(ola.get("/desk/cases/SUP-1"), "/desk/cases/SUP-1/reply", {"text": "vanskelig kunde", "kind": "note", "operation": "close"})
    shown = ola.get("/desk/cases/SUP-1").shown()
    assert "vanskelig kunde" in shown
    assert "internt notat" in shown
    assert "vanskelig" not in site.logged_in(KARI, "kari").get("/browse/SUP-1").text


def test_given_two_agents_when_the_second_answers_late_then_nothing_is_lost_and_the_next_try_counts(
    site: SiteUnderTest, ola: Visitor
) -> None:
    liv = site.staff("liv", name="Liv Sæther")
    first, second = ola.get("/desk/cases/SUP-1"), liv.get("/desk/cases/SUP-1")
    assert ola.submit(first, "/desk/cases/SUP-1/reply", {"text": "Jeg svarer"}).status == 303
    late = liv.submit(second, "/desk/cases/SUP-1/reply", {"text": "Jeg svarer også", "operation": "propose"})
    assert late.status == 409
    assert "Saken er endret mens du skrev" in late.errors()[0]
    assert late.tree.css_first("#text").text().strip() == "Jeg svarer også"
    assert "Jeg svarer" in late.tree.css_first(".timeline").text()
    assert late.tree.css_first("#operation option[selected]").attributes["value"] == "propose"
    assert liv.submit(late, "/desk/cases/SUP-1/reply", {"text": "Jeg svarer også"}).status == 303


def test_given_nothing_typed_when_sent_then_the_page_says_what_is_missing(ola: Visitor) -> None:
    refused = ola.submit(ola.get("/desk/cases/SUP-1"), "/desk/cases/SUP-1/reply", {"text": " "})
    assert (refused.status, refused.errors()) == (422, ["Skriv noe, legg ved en fil eller velg en status."])


def test_given_a_colleague_who_waits_when_decided_then_they_take_part_or_are_gone(site: SiteUnderTest, ola: Visitor) -> None:
    for who in ("nils@fremmed.example", "siv@fremmed.example"):
        people.add_participant(site.office.app, site.office.contact(KARI), people.AddParticipant("SUP-1", who))
    page = ola.get("/desk/cases/SUP-1")
    assert "nils@fremmed.example vil delta i saken" in page.shown()
    path = "/desk/cases/SUP-1/participants/decide"
    ola.submit(page, path, {"who": "nils@fremmed.example", "decision": "approve"})
    ola.submit(page, path, {"who": "siv@fremmed.example", "decision": "refuse"})
    case = read.show_case(site.office.app, EVA, read.ShowCase("SUP-1"))
    assert ("nils@fremmed.example" in case.participants, case.waiting) == (True, [])


def test_given_duplicates_and_a_comment_in_the_wrong_case_when_set_right_then_all_is_where_it_belongs(
    site: SiteUnderTest, ola: Visitor
) -> None:
    made = ola.submit(ola.get("/desk/new"), "/desk/new", {"reporter": KARI, "summary": "Skriveren igjen", "case_type": "problem"})
    assert made.headers["location"] == "/desk/cases/SUP-2"
    comment.add_comment(site.office.app, site.office.contact(KARI), comment.AddComment("SUP-2", "Fakturaen er feil"))
    other = ola.submit(ola.get("/desk/new"), "/desk/new", {"reporter": KARI, "summary": "Faktura", "case_type": "problem"})
    assert other.headers["location"] == "/desk/cases/SUP-3"
    page = correcting(ola, "/desk/cases/SUP-2")
    moving = page.tree.css_first("input[name=comment]").attributes["value"] or ""
    assert ola.submit(page, "/desk/cases/SUP-2/move", {"comment": moving, "to": "SUP-99"}).status == 422
    assert ola.submit(page, "/desk/cases/SUP-2/move", {"comment": moving, "to": "sup-3"}).status == 303
    assert "Fakturaen er feil" in ola.get("/desk/cases/SUP-3").shown()
    page = ola.get("/desk/cases/SUP-2")
    assert ola.submit(page, "/desk/cases/SUP-2/merge", {"into": "SUP-9"}).errors() == ["Det er ingen slik sak."]
    assert ola.submit(page, "/desk/cases/SUP-2/merge", {"into": "SUP-1"}).headers["location"] == "/desk/cases/SUP-1"
    assert "Saken er slått sammen med SUP-1" in ola.get("/desk/cases/SUP-2").shown()


def test_given_a_caller_nobody_knows_when_a_case_is_made_then_a_contact_is_too(site: SiteUnderTest, ola: Visitor) -> None:
    typed = {"reporter": "ny@kunde.example", "name": "Ny Person", "summary": "Ringte om faktura", "case_type": "spørsmål"}
    refused = ola.submit(ola.get("/desk/new"), "/desk/new", {**typed, "reporter": "ny"})
    assert refused.errors() == ["Skriv en e-postadresse, som kari@firma.no."]
    wrong = ola.submit(refused, "/desk/new", {**typed, "case_type": "nonsense"})
    assert wrong.status == 422
    typed["case_type"] = ola.get("/desk/new").tree.css_first("#case_type option").attributes["value"] or ""
    assert ola.submit(wrong, "/desk/new", typed).status == 303
    found = contacts.show_contact(site.office.app, EVA, contacts.ShowContact("ny@kunde.example"))
    assert (found.name, found.customer) == ("Ny Person", "Kunde AS")


SEVERAL = (
    ("/desk/new", "/desk/new", {"reporter": "kari", "summary": "", "case_type": "problem"}, ["reporter", "summary"]),
    ("/desk/customers", "/desk/customers", {"name": "", "domains": "no dot"}, ["name", "domains"]),
    ("/desk/texts", "/desk/texts", {"name": "", "language": "nb", "reply_text": ""}, ["name", "reply_text"]),
    (f"/desk/contacts/{KARI}", "/desk/contacts/kari%40kunde.example", {"name": "x" * 300, "address": "kari"}, ["name", "address"]),
    ("/desk?queue=all", "/desk?queue=all", {"act": ""}, ["chosen", "act"]),
)


@pytest.mark.parametrize(("page", "action", "typed", "wrong"), SEVERAL, ids=[one[1] for one in SEVERAL])
def test_given_several_faults_in_a_form_of_the_desk_when_sent_then_each_is_said_at_its_field(
    site: SiteUnderTest, page: str, action: str, typed: dict[str, str], wrong: list[str]
) -> None:
    eva = site.staff("eva2", "admin")
    answer = eva.submit(eva.get(page), action, typed)
    assert (answer.status, [one.attributes["href"] for one in answer.tree.css(".summary a")]) == (422, [f"#{one}" for one in wrong])
    for name in wrong:
        at = answer.tree.css_first(f"#{name}")
        assert at is not None, name
        if at.tag in ("input", "textarea", "select"):
            assert f"{name}-error" in (at.attributes.get("aria-describedby") or ""), name


def test_given_a_caller_nobody_knows_and_a_bad_case_when_sent_then_there_is_no_contact_either(site: SiteUnderTest, ola: Visitor) -> None:
    assert ola.submit(ola.get("/desk/new"), "/desk/new", {"reporter": "ny@kunde.example", "summary": ""}).status == 422
    assert ola.get("/desk/contacts/ny@kunde.example").status == 404


def test_given_several_cases_when_one_act_is_done_then_each_has_its_account(site: SiteUnderTest, ola: Visitor) -> None:
    for number in range(3):
        ola.submit(ola.get("/desk/new"), "/desk/new", {"reporter": LIV, "summary": f"Sak {number}", "case_type": "problem", "take": ""})
    operate.operate(site.office.app, EVA, operate.Operate("SUP-3", "close"))
    page = ola.get("/desk?queue=all")
    token = page.tree.css_first("input[name=form_token]").attributes["value"] or ""

    def bulk(**fields: str) -> Answer:
        pairs = [("form_token", token), *fields.items(), *(("key", f"SUP-{number}") for number in (2, 3, 4, 99))]
        return ola.post("/desk?queue=all", pairs)

    done = bulk(act="operate", value_operate="start")
    assert "2 av 4 utført" in done.shown()
    assert "SUP-2: utført SUP-3: det går ikke fra statusen som saken har SUP-4: utført SUP-99: det er ingen slik sak" in done.shown()
    assert "3 av 4 utført" in bulk(act="take").shown()
    assert bulk(act="nothing").status == 422
    assert rows(ola.get("/desk?queue=mine")) == ["SUP-2", "SUP-4"]


def test_given_words_a_customer_or_a_status_when_filtered_then_the_address_says_so(site: SiteUnderTest, ola: Visitor) -> None:
    assert rows(ola.get("/desk?queue=mine&q=blinker")) == ["SUP-1"]
    assert rows(ola.get("/desk?queue=mine&customer=Kunde+AS")) == ["SUP-1"]
    assert rows(ola.get("/desk?queue=all&status=closed")) == []
    assert ola.get("/desk?queue=mine&customer=Ingen").errors() == ["Ingen kunde har dette navnet."]
    assert rows(ola.get("/desk?queue=nonsense&status=nonsense")) == []


def test_given_one_row_or_many_when_a_queue_or_case_is_shown_then_the_statements_are_as_many(site: SiteUnderTest, ola: Visitor) -> None:
    few = {}
    for path in ("/desk?queue=all", "/desk/cases/SUP-1"):
        with statements(site.office.app.store.database) as seen:
            ola.get(path)
        few[path] = len(seen)
    for number in range(8):
        ola.submit(ola.get("/desk/new"), "/desk/new", {"reporter": PER, "summary": f"Sak {number}", "case_type": "problem"})
        comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", f"Svar {number}"))
    for path, count in few.items():
        with statements(site.office.app.store.database) as seen:
            ola.get(path)
        assert len(seen) <= count + 2, (path, seen)


@pytest.mark.parametrize("path", ["/desk/live", "/desk/cases/SUP-1/live"])
def test_given_live_news_when_asked_for_then_staff_alone_get_them_and_only_what_is_there(
    site: SiteUnderTest, ola: Visitor, path: str
) -> None:
    assert (site.visitor().get(path).status, site.logged_in(KARI, "kari").get(path).status) == (303, 404)
    assert ola.get("/desk/cases/SUP-99/live").status == 404
    first = ola.first_line(path)
    assert (first.status, first.headers["content-type"].partition(";")[0], first.text) == (200, "text/event-stream", "retry: 3000\n")


def test_given_a_reply_just_sent_when_taken_back_then_it_is_due_again_and_later_it_can_only_be_withdrawn(
    site: SiteUnderTest, ola: Visitor
) -> None:
    comment.add_comment(site.office.app, site.office.contact(KARI), comment.AddComment("SUP-1", "Hallo?"))
    due = read.show_case(site.office.app, EVA, read.ShowCase("SUP-1")).due_at
    site.office.clock.step(timedelta(seconds=5))
    ola.submit(ola.get("/desk/cases/SUP-1"), "/desk/cases/SUP-1/reply", {"text": "Feil sak", "operation": "propose"})
    page = ola.get("/desk/cases/SUP-1")
    assert ola.submit(page, "/desk/cases/SUP-1/take-back", {}).status == 303
    after = read.show_case(site.office.app, EVA, read.ShowCase("SUP-1"))
    assert (after.status, after.due_at) == ("open", due)
    ola.submit(ola.get("/desk/cases/SUP-1"), "/desk/cases/SUP-1/reply", {"text": "Feil sak igjen"})
    site.office.clock.step(timedelta(minutes=5))
    page = correcting(ola, "/desk/cases/SUP-1")
    assert "Ta tilbake" not in page.shown()
    mine = after.comments[0].id
    assert ola.submit(page, "/desk/cases/SUP-1/withdraw", {"comment": mine}).status == 303
    assert "Hallo?" not in site.logged_in(KARI, "kari").get("/browse/SUP-1").shown()


def test_given_a_long_conversation_when_shown_then_links_lead_past_it(site: SiteUnderTest, ola: Visitor) -> None:
    kari = site.logged_in(KARI, "kari")
    assert kari.get("/browse/SUP-1").tree.css_first("a[href='#newest']") is None
    for number in range(9):
        comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", f"Svar {number}"))
    for who, path in ((kari, "/browse/SUP-1"), (ola, "/desk/cases/SUP-1")):
        page = who.get(path)
        for link in page.tree.css(".past a"):
            assert page.tree.css_first(link.attributes["href"] or "") is not None
        assert len(page.tree.css(".past a")) == 2
        assert "Svar 8" in page.tree.css_first("#newest").text()


def test_given_comments_when_the_page_is_opened_then_only_the_one_to_be_corrected_has_the_forms_for_it(
    site: SiteUnderTest, ola: Visitor
) -> None:
    for number in range(40):
        comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", f"Svar {number}"))
    page = ola.get("/desk/cases/SUP-1?queue=all")
    assert page.tree.css("form[action$='/move'], form[action$='/withdraw']") == []
    earliest = read.show_case(site.office.app, EVA, read.ShowCase("SUP-1")).comments[0].id
    page = ola.get(f"/desk/cases/SUP-1?correct={earliest}")
    assert [one.attributes["value"] for one in page.tree.css("input[name=comment]")] == [earliest, earliest]
    assert page.tree.css_first(f"#c-{earliest} form[action$='/move']") is not None


def test_given_a_comment_moved_to_no_case_when_refused_then_the_field_of_that_comment_says_so(site: SiteUnderTest, ola: Visitor) -> None:
    comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", "Feil sak"))
    page = correcting(ola, "/desk/cases/SUP-1")
    answer = ola.submit(page, "/desk/cases/SUP-1/move", {"to": "SUP-99"})
    assert [one.attributes["href"] for one in answer.tree.css(".summary a")] == ["#to"]
    at = answer.tree.css_first("#to")
    assert (at.attributes["value"], at.attributes["aria-describedby"]) == ("SUP-99", "to-error")
    assert answer.tree.css_first("#to-error") is not None


def test_given_a_customer_without_cases_when_they_log_in_then_one_button_makes_the_first(site: SiteUnderTest) -> None:
    contacts.add_contact(site.office.app, EVA, contacts.AddContact("tom@tomt.example", "Tom"))
    tom, kari = site.logged_in("tom@tomt.example", "tom"), site.logged_in(KARI, "kari")
    assert [len(who.get("/cases").tree.css("a.button")) for who in (tom, kari)] == [1, 1]
    assert [len(who.get("/cases").tree.css("form[role=search]")) for who in (tom, kari)] == [0, 1]
    assert len(tom.get("/cases?text=x").tree.css("form[role=search]")) == 1


@pytest.mark.parametrize(
    ("language", "response", "hour"), [("nb", "innen to virkedager", "07.00"), ("en", "within two working days", "07:00")]
)
def test_given_a_reader_of_another_language_when_an_agreement_is_shown_then_it_is_in_the_readers(
    site: SiteUnderTest, ola: Visitor, language: str, response: str, hour: str
) -> None:
    kari = site.logged_in(KARI, "kari")
    for who in (ola, kari):
        who.cookies["language"] = language
    assert response in ola.get("/desk/customers").shown()
    assert response in ola.get("/desk/customers/kunde.example").shown()
    assert hour in kari.get("/me").shown()
