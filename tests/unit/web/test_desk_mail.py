"""Mail on the desk: what is held and decided, the mail behind a comment, HTML that does nothing, contacts that get no mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailgate.application.cases import comment, operate, read
from mailgate.application.customers import contacts, suppressions
from mailgate.application.desk import held as desk_held
from mailgate.application.desk import mail as desk_mail
from mailgate.application.desk.mail import NEAR_BYTES
from mailgate.application.journal.discard import Discard, discard
from mailgate.application.journal.selection import Selection
from mailgate.application.policies.documents import PolicyDocument
from mailgate.application.policies.versions import Activate, activate
from mailgate.mail.html_view import inert
from mailgate.mail.limits import DEGRADED, ReadLimits
from mailgate.mail.mime import prescan
from tests.support.desks.office import EVA, KARI, LIV, PER
from tests.support.desks.site import SiteUnderTest, Visitor

STRANGER = "nils@fremmed.example"
HOSTILE = [
    '<script src="http://evil.example/x.js"></script>',
    '<img src="http://evil.example/x.png" srcset="http://evil.example/y.png 2x" onerror="alert(1)">',
    '<p style="background:url(http://evil.example/x)">a</p>',
    '<style>@import url(http://evil.example/x.css); body { background: url(http://evil.example/y) }</style>',
    '<link rel="dns-prefetch" href="//evil.example"><link rel="stylesheet" href="http://evil.example/x.css">',
    '<meta http-equiv="refresh" content="0;url=http://evil.example/">',
    '<iframe src="http://evil.example/"></iframe><object data="http://evil.example/"></object><embed src="http://evil.example/">',
    '<form action="http://evil.example/"><input autofocus onfocus="alert(1)"><button formaction="http://evil.example">x</button></form>',
    '<a href="javascript:alert(1)" target="_top" ping="http://evil.example/">x</a>',
    '<svg><script>alert(1)</script><image href="http://evil.example/x"/></svg><math><mtext><img src=x onerror=alert(1)></mtext></math>',
    '<video poster="http://evil.example/x"><source src="http://evil.example/y"></video><audio src="http://evil.example/z"></audio>',
    '<body background="http://evil.example/x" onload="alert(1)">',
    '<base href="http://evil.example/"><table background="http://evil.example/x"><td background="//evil.example/y">x</table>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    '<x-a onclick="alert(1)">x</x-a><template><img src=http://evil.example/></template>',
    '<p style="content:attr(x);behavior:url(x)">a</p><p style="background:\\75rl(http://evil.example/)">b</p>',
]  # fmt: skip

LEFT = (
    "<script",
    "<style",
    "<link",
    "<meta",
    "<iframe",
    "<form",
    "<svg",
    "href=",
    "src",
    "url(",
    "onerror",
    "onload",
    "background",
    "ping",
)


@pytest.fixture
def ola(site: SiteUnderTest) -> Visitor:
    return site.staff("ola", name="Ola Berg")


def held(site: SiteUnderTest, html: str = "") -> str:
    """A mail that a stranger sends to Kari's reply address."""
    kind = "text/html" if html else "text/plain"
    body = html or "Jeg har samme feil.\n\n-- \nNils Nes\nFremmed AS"
    text = f"From: Nils <{STRANGER}>\nTo: support\nSubject: Re: Skriveren\nMessage-ID: <n{len(html)}@fremmed.example>\n"
    id_ = site.office.take(f"{text}Content-Type: {kind}; charset=utf-8\n\n{body}\n", site.office.reply_address("SUP-1", KARI), STRANGER)
    with site.office.app.store.reading() as uow:
        assert uow.journal.get(id_).state == "held"
    return id_


def decided(site: SiteUnderTest) -> None:
    """What was decided is held back for a while, so that it can be taken back."""
    site.office.clock.step(timedelta(minutes=2))
    site.office.decide_mail()


@pytest.mark.parametrize("html", HOSTILE)
def test_given_hostile_html_when_made_inert_then_nothing_of_it_runs_loads_or_leads_away(html: str) -> None:
    shown = inert(f"<html><body>hei {html}</body></html>")
    assert "hei" in shown
    for word in (
        "<script",
        "<style",
        "<link",
        "<meta",
        "<iframe",
        "<form",
        "<svg",
        "href=",
        "src",
        "url(",
        "onerror",
        "onload",
        "background",
        "ping",
    ):
        assert word not in shown, (word, shown)


def test_given_a_held_mail_of_an_agent_when_taken_as_a_comment_then_it_is_the_agents_and_moves_nothing(
    site: SiteUnderTest, ola: Visitor
) -> None:
    operate.operate(site.office.app, EVA, operate.Operate("SUP-1", "ask_customer"))
    to, body = (
        site.office.reply_address("SUP-1", KARI),
        "Prøv versjon 4.2.\n\n24. nov. 2026 kl. 10:00 skrev Liv <liv@firma.example>:\n> Hemmelig",
    )
    text = f"From: Ola <ola@firma.example>\nTo: {to}\nSubject: Re: Skriveren\nMessage-ID: <o1@firma.example>\n\n{body}\n"
    id_ = site.office.take(text, to, "ola@firma.example")
    plan = ola.submit(ola.get(f"/desk/mail/{id_}"), "/desk/held", {"id": id_, "decision": "comment", "case": "SUP-1"})
    assert f"varsles: {KARI}, per@kunde.example" in plan.shown()
    assert "hører ikke til kunden" not in plan.shown()
    assert ola.submit(plan, "/desk/held", {}).status == 303
    decided(site)
    case = read.show_case(site.office.app, EVA, read.ShowCase("SUP-1"))
    assert [(one.by, one.text, one.quoted) for one in case.comments] == [("Ola Berg", "Prøv versjon 4.2.", "")]
    assert (case.status, "ola@firma.example" in case.participants) == ("waiting_customer", False)
    kari = site.logged_in(KARI, "kari").get("/browse/SUP-1").shown()
    assert ("Prøv versjon 4.2." in kari, "Hemmelig" in kari) == (True, False)


def test_given_a_mail_that_belongs_to_a_case_when_held_then_it_is_on_the_case_and_in_the_queue(site: SiteUnderTest, ola: Visitor) -> None:
    operate.operate(site.office.app, EVA, operate.Operate("SUP-1", "ask_customer"))
    id_ = held(site)
    assert STRANGER in ola.get("/desk/cases/SUP-1").shown()
    queue = ola.get("/desk/held")
    assert "SUP-1 Skriveren står" in queue.shown()
    plan = ola.submit(queue, "/desk/held", {"id": id_, "decision": "comment"})
    assert "1 av 1: Kommentar i en sak. Ingenting er gjort ennå." in plan.shown()
    assert f"→ SUP-1 (Åpen); varsles: {KARI}, per@kunde.example" in plan.shown()
    assert "Avsenderen hører ikke til kunden i SUP-1" in plan.shown()
    ola.submit(plan, "/desk/held", {})
    assert STRANGER in ola.get("/desk/held").shown()
    assert ola.submit(plan, "/desk/held", {"across": "sup-1"}).status == 303
    decided(site)
    case = read.show_case(site.office.app, EVA, read.ShowCase("SUP-1"))
    assert [(one.text, one.signature) for one in case.comments] == [("Jeg har samme feil.", "-- \nNils Nes\nFremmed AS")]
    page = ola.get("/desk/cases/SUP-1")
    assert "Det som ble skåret bort" in page.shown()
    mail = ola.get(f"/desk/mail/{id_}")
    assert "Nils Nes" in mail.shown()
    assert "Nils <nils@fremmed.example>" in mail.shown()
    assert "release" in ola.get(f"/desk/mail/{id_}?show=trail").shown()
    assert "fremmed.example" in ola.get(f"/desk/mail/{id_}?show=headers").shown()
    raw = ola.get(f"/desk/mail/{id_}/raw")
    assert (raw.headers["content-type"], b"Nils Nes" in raw.body) == ("application/octet-stream", True)
    with site.office.app.store.reading() as uow:
        row = next(row for row in uow.audit.list() if row.subject_id == id_)
    assert (row.verb, row.principal_kind, row.principal) == ("raw", "agent", "Ola Berg")


def test_given_two_who_decide_on_one_held_mail_at_once_then_the_second_is_told_that_it_was_not_done(
    site: SiteUnderTest, ola: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_, rehearse = held(site), desk_held.rehearse
    plan = ola.submit(ola.get("/desk/held"), "/desk/held", {"id": id_, "decision": "create"})

    def other_first(*given: Any) -> Any:
        planned = rehearse(*given)
        discard(site.office.app, EVA, Discard(Selection(ids=[id_]), "ingenting å gjøre"))
        return planned

    monkeypatch.setattr(desk_held, "rehearse", other_first)
    assert ola.submit(plan, "/desk/held", {}).cookies[0].startswith("flash=flash.held_partly")
    with site.office.app.store.reading() as uow:
        assert uow.journal.get(id_).state == "discarded"


def test_given_held_mail_when_discarded_or_made_a_case_then_the_plan_says_it_first(site: SiteUnderTest, ola: Visitor) -> None:
    id_ = held(site)
    nothing = ola.submit(ola.get("/desk/held"), "/desk/held", {"id": "", "decision": "comment"})
    assert nothing.status == 422
    wrong = ola.submit(ola.get("/desk/held"), "/desk/held", {"id": id_, "decision": "comment", "case": "SUP-99"})
    assert wrong.errors() == ["Det er ingen slik sak, eller den er en dublett."]
    plan = ola.submit(ola.get("/desk/held"), "/desk/held", {"id": id_, "decision": "create"})
    assert f"varsles: {STRANGER}" in plan.shown()
    ola.submit(plan, "/desk/held", {})
    decided(site)
    assert "Skriveren" in ola.get("/desk/cases/SUP-2").shown()
    again = ola.submit(plan, "/desk/held", {"decision": "discard", "reason": "to ganger"})
    assert again.status == 303
    assert "Ingen holdt e-post" in ola.get("/desk/held").shown()


def test_given_the_html_of_a_mail_when_framed_then_it_has_a_policy_of_its_own(site: SiteUnderTest, ola: Visitor) -> None:
    id_ = held(site, "<p>Hei <b>der</b></p>" + HOSTILE[0])
    page = ola.get(f"/desk/mail/{id_}?show=html")
    frame = page.tree.css_first("iframe")
    assert (frame.attributes["sandbox"] or "", frame.attributes["src"]) == ("", f"/desk/mail/{id_}/html")
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    html = ola.get(f"/desk/mail/{id_}/html")
    assert "<b>der</b>" in html.text
    assert "script" not in html.text
    assert html.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert html.headers["content-security-policy"].endswith("sandbox")
    assert html.headers["x-frame-options"] == "SAMEORIGIN"
    assert site.logged_in(KARI, "kari").get(f"/desk/mail/{id_}/html").status == 404


def test_point_15_given_a_rule_with_a_description_when_its_mail_is_shown_then_it_stands_below_the_rule(
    site: SiteUnderTest, ola: Visitor
) -> None:
    text = "rules: [{name: people, reason: alt leses, description: Ønsket av Kari i mars, when: always, then: hold}]\n"
    activate(site.office.app, EVA, Activate(PolicyDocument(text.encode(), "people.yaml"), "prøve"))
    id_ = held(site)
    page = ola.get(f"/desk/mail/{id_}").shown()
    assert "people: alt leses Ønsket av Kari i mars" in page


def test_given_a_large_mail_when_it_and_its_html_are_shown_then_the_process_of_the_pages_reads_none_of_it(
    site: SiteUnderTest, ola: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = held(site, "<p>Hei <b>der</b></p>" + "<p>mye</p>\n" * (NEAR_BYTES // 8))
    scan = prescan.scan

    def small(raw: bytes, limits: ReadLimits) -> prescan.Scan:
        assert len(raw) <= NEAR_BYTES
        return scan(raw, limits)

    monkeypatch.setattr(prescan, "scan", small)
    page = ola.get(f"/desk/mail/{id_}?show=html")
    assert (page.status, page.tree.css_first("iframe") is not None) == (200, True)
    html = ola.get(f"/desk/mail/{id_}/html")
    assert (html.status, "<b>der</b>" in html.text) == (200, True)


@pytest.mark.parametrize("known", [{"defects": [DEGRADED]}, {}], ids=["too_much_for_intake", "not_decided_yet"])
def test_given_a_small_mail_that_may_cost_much_when_shown_then_the_process_of_the_pages_reads_none_of_it(
    site: SiteUnderTest, ola: Visitor, monkeypatch: pytest.MonkeyPatch, known: dict[str, list[str]]
) -> None:
    id_, show = held(site, "<p>Hei <b>der</b></p>"), desk_mail.show_entry
    monkeypatch.setattr(desk_mail, "show_entry", lambda *asked: replace(show(*asked), decided=known))

    def never(raw: bytes, limits: ReadLimits) -> prescan.Scan:
        raise AssertionError(raw, limits)

    monkeypatch.setattr(prescan, "scan", never)
    assert "Hei der" in ola.get(f"/desk/mail/{id_}").shown()
    assert "<b>der</b>" in ola.get(f"/desk/mail/{id_}/html").text


def test_given_a_contact_who_gets_no_mail_when_mended_then_what_was_stopped_is_sent(site: SiteUnderTest, ola: Visitor) -> None:
    app = site.office.app
    suppressions.add_suppressions(app, EVA, suppressions.AddSuppressions([KARI], "postkassen er full"))
    comment.add_comment(app, EVA, comment.AddComment("SUP-1", "Er det bedre nå?"))
    with app.store.transaction() as uow:
        claims = uow.notices.claim(app.now() + timedelta(hours=1), 100, timedelta(seconds=1))
        stopped = [one.id for one in claims if one.address == KARI]
        uow.notices.suppress(stopped, "the address is suppressed: postkassen er full", by_address=True)
    page = ola.get("/desk/cases/SUP-1")
    assert "Når ikke kari@kunde.example: «postkassen er full»" in page.shown()
    assert "stoppet: adressen får ikke e-post" in page.shown()
    contact = ola.get(f"/desk/contacts/{KARI}")
    assert "Adressen får ikke e-post" in contact.shown()
    assert ola.submit(contact, "/desk/contacts/kari%40kunde.example/lift", {"why": "ryddet"}).status == 303
    assert ("comment_added", KARI, "pending") in site.office.notices()
    assert "Når ikke" not in ola.get("/desk/cases/SUP-1").shown()


def test_given_customers_and_contacts_when_changed_then_agents_may_what_the_table_says(site: SiteUnderTest, ola: Visitor) -> None:
    assert "Kunde AS" in ola.get("/desk/customers").shown()
    assert "Endre" not in ola.get("/desk/customers/Kunde%20AS").shown()
    assert "Avtale Enkel support: innen to virkedager" in ola.get("/desk/customers/Kunde%20AS").shown()
    eva = site.staff("eva", "operator")
    page = eva.get("/desk/customers/Kunde%20AS")
    path = page.tree.css_first("form[action^='/desk/customers/']:not([action$=contacts])").attributes["action"] or ""
    assert eva.submit(page, path, {"name": "Kunde ASA", "domains": "kunde.example", "agreement": "feil"}).status == 422
    done = eva.submit(page, path, {"name": "Kunde A/S", "domains": "kunde.example", "agreement": "standard", "language": "nb"})
    assert done.headers["location"] == path
    assert ola.submit(ola.get(path), f"{path}/contacts", {"address": "ny@kunde.example"}).status == 303
    contact = ola.get("/desk/contacts/ny@kunde.example")
    ola.submit(contact, "/desk/contacts/ny%40kunde.example", {"name": "Ny Person", "address": "ny@kunde.example", "customer": "Kunde A/S"})
    assert "Ny Person" in ola.get("/desk/contacts/ny@kunde.example").shown()


def test_given_a_contact_when_it_is_joined_or_sees_the_company_then_the_page_says_so(site: SiteUnderTest, ola: Visitor) -> None:
    page, path = ola.get(f"/desk/contacts/{KARI}"), "/desk/contacts/kari%40kunde.example"
    for other, said in (("ukjent@kunde.example", "ingen kontakt"), (LIV, "hver sin kunde"), (KARI, "én kontakt fra før")):
        refused = ola.submit(page, f"{path}/join", {"other": other})
        assert refused.status == 422
        assert said in refused.shown()
    plan = ola.submit(page, f"{path}/join", {"other": PER})
    assert (plan.status, f"E-post fra {PER} hører fra nå av til Kari" in plan.shown()) == (200, True)
    assert f"Også {PER}" not in ola.get(f"/desk/contacts/{KARI}").shown(), "nothing has been done yet"
    assert ola.submit(plan, f"{path}/join", {}).status == 303
    assert f"Også {PER}" in ola.get(f"/desk/contacts/{PER}").shown()
    seen = {"name": "Kari", "address": KARI, "customer": "Kunde AS"}
    assert ola.submit(page, path, {**seen, "company_access": "comment"}).status == 303
    chosen = ola.get(f"/desk/contacts/{KARI}").tree.css_first("#company_access option[selected]")
    assert chosen.attributes["value"] == "comment"
    assert ola.submit(page, path, {**seen, "company_access": "alt"}).status == 422


def test_given_access_to_a_company_when_the_form_moves_the_contact_then_the_access_does_not_follow(
    site: SiteUnderTest, ola: Visitor
) -> None:
    path = "/desk/contacts/kari%40kunde.example"
    ola.submit(ola.get(f"/desk/contacts/{KARI}"), path, {"company_access": "view"})
    page = ola.get(f"/desk/contacts/{KARI}")
    assert page.tree.css_first("#company_access option[selected]").attributes["value"] == "view"
    assert ola.submit(page, path, {"customer": "Annen AS", "company_access": "view"}).status == 303
    moved = contacts.show_contact(site.office.app, EVA, contacts.ShowContact(KARI))
    assert (moved.customer, moved.company_access) == ("Annen AS", "")


def test_given_a_contact_of_a_customer_when_shown_then_the_page_leads_to_the_customer(site: SiteUnderTest, ola: Visitor) -> None:
    page = ola.get(f"/desk/contacts/{KARI}")
    (link,) = [one for one in page.tree.css("main a") if one.text() == "Kunde AS"]
    assert "Kunde AS" in ola.get(link.attributes["href"] or "").shown()
    contacts.add_contact(site.office.app, EVA, contacts.AddContact("alene@ingen.example"))
    assert ola.get("/desk/contacts/alene@ingen.example").status == 200
