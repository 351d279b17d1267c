"""The links of our mails: answer a proposal, take up a redirected mail, choose which notices to get. Looking changes nothing."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mailgate.application.cases import comment, operate, people
from mailgate.application.principal import operator
from mailgate.application.reports.legacy import LegacyReport, legacy_report
from mailgate.rules.default import SUPPORTWEB_POLICY
from tests.support.desks.office import EVA, KARI, PER, Office
from tests.support.desks.site import PASSWORD, SiteUnderTest, Visitor
from tests.support.mails.plain_text import plain_text

NINA = "nina@gammel.example"
MAIL = """\
From: Nina Nes <nina@gammel.example>
To: support@example.test
Subject: =?utf-8?q?Rapporten_er_tom_=C3=A5?=
Message-ID: <gammel-1@gammel.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hei,

rapporten er tom siden i går.

--b
Content-Type: image/png; name="skjerm.png"
Content-Disposition: attachment; filename="skjerm.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--b--
""".replace("\n", "\r\n").encode()  # fmt: skip


def proposed(office: Office) -> str:
    """The path of the link in Kari's mail about a proposal."""
    operate.operate(office.app, EVA, operate.Operate("SUP-1", "propose", "Prøv med ny kabel"))
    office.work()
    return office.link(KARI, "answer")


def state(office: Office) -> list[str]:
    """Everything that a link could change, as text."""
    tables = ("cases", "comments", "events", "notices", "outbox", "sessions", "accounts", "contacts", "claims", "case_mutes", "audit")
    with office.app.store.reading() as uow:
        run = uow.notices._connection.exec_driver_sql
        return [str(run(f"SELECT * FROM {table} ORDER BY 1").all()) for table in (*tables, "notice_preferences", "account_links", "drafts")]


def test_given_a_proposal_when_its_link_is_opened_then_it_names_the_person_and_nothing_is_chosen(site: SiteUnderTest) -> None:
    link = proposed(site.office)
    before = state(site.office)
    page, head = site.visitor().get(link), site.visitor().get(link, method="HEAD")
    assert (page.status, head.status) == (200, 200)
    assert "Du svarer som Kari." in page.shown()
    assert "Skriveren står" in page.shown()
    assert "Den blinker" not in page.text
    assert "Prøv med ny kabel" not in page.text
    assert page.tree.css("input[type=radio][checked]") == []
    assert (page.headers["cache-control"], page.headers["referrer-policy"], page.headers["x-robots-tag"]) == (
        "no-store",
        "no-referrer",
        "noindex",
    )
    assert state(site.office) == before


def test_given_the_form_as_it_stands_when_sent_then_it_asks_and_changes_nothing(site: SiteUnderTest) -> None:
    link, who = proposed(site.office), site.visitor()
    before = state(site.office)
    refused = who.submit(who.get(link), link, {})
    assert (refused.status, refused.errors()) == (422, ["Velg et svar."])
    refused = who.submit(refused, link, {"operation": "refuse"})
    assert (refused.status, refused.errors()) == (422, ["Skriv hva som fortsatt er galt."])
    assert state(site.office) == before


def test_given_an_answer_when_given_then_the_case_moves_once_and_a_second_click_says_what_happened(site: SiteUnderTest) -> None:
    link, who = proposed(site.office), site.visitor()
    page = who.get(link)
    done = who.submit(page, link, {"operation": "verify"})
    assert (done.status, done.headers["location"]) == (303, link)
    assert "Takk. Svaret ditt kom inn i dag kl." in who.get(link).shown()
    assert "Løst" in who.get(link).shown()
    before = state(site.office)
    other = site.visitor()
    assert "Takk. Svaret ditt kom inn" in other.get(link).shown()
    again = other.post(link, {"form_token": other.get(link).tree.css_first("input[name=form_token]").attributes["value"] or "",
                              "operation": "refuse", "reason": "likevel ikke"})  # fmt: skip
    assert again.status == 409
    assert "Det du skrev, ble ikke sendt" in again.shown()
    assert "likevel ikke" in again.shown(), "what was typed is not lost"
    assert state(site.office) == before


def test_given_a_refusal_with_words_when_sent_then_support_reads_them_as_a_comment_of_hers(site: SiteUnderTest) -> None:
    link, who = proposed(site.office), site.visitor()
    who.submit(who.get(link), link, {"operation": "refuse", "reason": "Den blinker ennå"})
    shown = site.logged_in(KARI, "kari").get("/browse/SUP-1").shown()
    assert "Gjenåpnet" in shown
    assert "Du i dag kl." in shown
    assert "Den blinker ennå" in shown


def test_given_a_second_proposal_when_the_first_ones_link_is_used_then_it_is_over(site: SiteUnderTest) -> None:
    first = proposed(site.office)
    operate.operate(site.office.app, EVA, operate.Operate("SUP-1", "start"))
    site.office.work()
    second = proposed(site.office)
    assert "Forslaget er ikke åpent lenger" in site.visitor().get(first).shown()
    assert "Du svarer som Kari." in site.visitor().get(second).shown()


def test_given_a_person_who_takes_part_no_more_when_the_link_is_opened_then_it_opens_nothing(site: SiteUnderTest) -> None:
    operate.operate(site.office.app, EVA, operate.Operate("SUP-1", "propose"))
    site.office.work()
    link = site.office.link(PER, "answer")
    people.remove_participant(site.office.app, EVA, people.RemoveParticipant("SUP-1", PER))
    assert (site.visitor().get(link).status, "SUP-1" in site.visitor().get(link).text) == (404, False)


def test_given_links_that_are_old_cut_or_of_another_kind_when_opened_then_each_says_so(site: SiteUnderTest) -> None:
    link = proposed(site.office)
    assert (site.visitor().get(link[:-3]).status, site.visitor().get(link.replace("/answer/", "/claim/")).status) == (404, 404)
    site.office.clock.step(timedelta(days=31))
    old = site.visitor().get(link)
    assert (old.status, "Lenken er for gammel" in old.shown()) == (410, True)


def test_given_a_resolved_case_when_its_link_is_used_then_it_is_reopened_with_the_reason(site: SiteUnderTest) -> None:
    operate.operate(site.office.app, EVA, operate.Operate("SUP-1", "resolve"))
    site.office.work()
    link, who = site.office.link(KARI, "answer"), site.visitor()
    who.submit(who.get(link), link, {"operation": "reopen", "reason": "Den står igjen"})
    assert "Gjenåpnet" in who.get(link).shown()


def test_given_a_mail_quoted_in_a_comment_when_others_read_it_then_no_link_of_hers_is_in_it(site: SiteUnderTest) -> None:
    link = proposed(site.office)
    comment.add_comment(site.office.app, site.office.contact(KARI), comment.AddComment("SUP-1", f"Se http://portal.test{link} her"))
    site.office.work()
    arrived = "".join(str(mail.get_body(("plain",))) for mail in site.office.mails(PER))
    assert "Se http://portal.test/answer/" in re.sub(r"=\n", "", arrived)
    assert link not in arrived
    assert link not in site.logged_in(PER, "per").get("/browse/SUP-1").text


# The claim link -------------------------------------------------------------------------------------------------------------------


def redirected(office: Office) -> str:
    """The path of the claim link in the answer to Nina's mail."""
    office.receive(MAIL, NINA)
    return office.link(NINA, "claim")


def code_for(office: Office, address: str) -> str:
    office.work()
    return re.findall(r"\d{4} \d{4}", plain_text(office.mails(address)[-1]))[0]


def claimed(site: SiteUnderTest, link: str, who: Visitor) -> str:
    """Say that it was me and type the code; where that leads."""
    assert who.submit(who.get(link), link, {"who": "me"}).headers["location"] == f"{link}/code"
    code = code_for(site.office, NINA)
    return who.submit(who.get(f"{link}/code"), f"{link}/code", {"code": code}).headers["location"]


def test_given_a_claim_link_when_looked_at_and_sent_as_it_stands_then_nothing_of_the_mail_is_shown_or_done(site: SiteUnderTest) -> None:
    link, who = redirected(site.office), site.visitor()
    before = state(site.office)
    page = who.get(link)
    assert (page.status, "Rapporten" in page.text, NINA in page.text, "Nina" in page.text) == (200, False, False, False)
    assert who.submit(page, link, {}).errors() == ["Velg om det var deg."]
    assert who.submit(who.get(f"{link}/code"), f"{link}/code", {}).errors() == ["Koden er feil eller for gammel."]
    assert [now for now, then in zip(state(site.office), before, strict=True) if now != then] == []


def test_given_the_author_when_she_claims_her_mail_then_she_registers_and_the_draft_becomes_one_case(site: SiteUnderTest) -> None:
    link, nina = redirected(site.office), site.visitor()
    register = claimed(site, link, nina)
    page = nina.get(register)
    assert (register.startswith("/register/"), NINA in page.shown()) == (True, True)
    made = nina.submit(page, register, {"name": "Nina Nes", "username": "nina", "password": PASSWORD})
    form = nina.get(made.headers["location"])
    assert form.tree.css_first("#summary").attributes["value"] == "Rapporten er tom å"
    assert "rapporten er tom siden i går" in form.tree.css_first("#description").text()
    assert "skjerm.png" in form.shown()
    sent = nina.submit(form, "/new", {"case_type": "problem"})
    assert sent.headers["location"] == "/browse/SUP-2"
    shown = nina.get("/browse/SUP-2").shown()
    assert "Rapporten er tom å" in shown
    assert "skjerm.png" in shown
    again = nina.submit(form, "/new", {"case_type": "spørsmål"})
    assert again.headers["location"] == "/browse/SUP-2"
    assert site.visitor().get(link).status == 410
    total = legacy_report(site.office.app, operator("eva"), LegacyReport("4w")).total
    assert (total.redirected, total.opened, total.claimed, total.registered) == (1, 1, 1, 1)


def test_given_an_author_with_an_account_when_the_code_is_right_then_she_is_logged_in_and_elsewhere_needs_none(
    site: SiteUnderTest,
) -> None:
    site.office.receive(MAIL.replace(b"nina@gammel", b"kari@kunde").replace(b"Message-ID: <g", b"Message-ID: <k"), KARI)
    here = site.logged_in(KARI, "kari")
    link = site.office.link(KARI, "claim")
    to = here.submit(here.get(link), link, {"who": "me"}).headers["location"]
    assert to.startswith("/new?mail=")
    assert "Skjemaet er fylt ut fra e-posten din" in here.get(to).shown()
    assert site.visitor().get(link).status == 410


def test_given_a_wrong_code_when_guessed_then_after_five_there_is_a_wait_and_the_mail_is_nobodys(site: SiteUnderTest) -> None:
    link, thief = redirected(site.office), site.visitor()
    thief.submit(thief.get(link), link, {"who": "me"})
    page = thief.get(f"{link}/code")
    answers = [thief.submit(page, f"{link}/code", {"code": f"0000 000{n}"}).status for n in range(6)]
    assert answers == [422, 422, 422, 422, 422, 429]


def test_given_somebody_who_did_not_write_when_they_say_so_then_the_link_ends(site: SiteUnderTest) -> None:
    link, other = redirected(site.office), site.visitor()
    assert "Takk for beskjeden" in other.submit(other.get(link), link, {"who": "other"}).shown()
    assert site.visitor().get(link).status == 410


def test_given_another_customer_when_they_ask_for_the_draft_by_its_id_then_there_is_none(site: SiteUnderTest) -> None:
    journal_id = site.office.receive(MAIL, NINA)
    assert site.logged_in(PER, "per").get(f"/new?mail={journal_id}").status == 404


# Notices --------------------------------------------------------------------------------------------------------------------------


def test_given_a_notice_when_its_headers_are_read_then_one_click_unsubscribes_from_the_case(site: SiteUnderTest) -> None:
    comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", "Hei"))
    site.office.work()
    link = site.office.link(KARI, "notices")
    before = state(site.office)
    page = site.visitor().get(link)
    assert page.tree.css_first("input[name=wants][checked]").attributes["value"] == "all"
    who = site.visitor()
    who.submit(who.get(link), link, {})
    assert state(site.office) == before
    plain = site.visitor()._ask("POST", link, b"List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"})
    assert (plain.status, "location" in plain.headers) == (200, False)
    count = len(site.office.mails(KARI))
    comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", "Hører du?"))
    site.office.work()
    assert (len(site.office.mails(KARI)), len(site.office.mails(PER)) > 1) == (count, True)


def test_given_a_post_from_elsewhere_without_the_one_click_when_sent_then_it_is_refused(site: SiteUnderTest) -> None:
    comment.add_comment(site.office.app, EVA, comment.AddComment("SUP-1", "Hei"))
    site.office.work()
    link = site.office.link(KARI, "notices")
    sent = site.visitor()._ask("POST", link, b"wants=none", {"Content-Type": "application/x-www-form-urlencoded"})
    assert sent.status == 403


@pytest.mark.parametrize(("wants", "arrived"), [("all", 3), ("important", 2), ("none", 0), ("digest", 0)])
def test_given_a_wish_when_things_happen_then_so_many_mails_come(site: SiteUnderTest, wants: str, arrived: int) -> None:
    site.office.work()
    kari = site.logged_in(KARI, "kari")
    assert kari.submit(kari.get("/me"), "/me/notices", {"wants": wants}).headers["location"] == "/me"
    count = len(site.office.mails(KARI))
    for operation in ("start", "ask_customer", "resolve"):
        operate.operate(site.office.app, EVA, operate.Operate("SUP-1", operation))
        site.office.work()
    assert len(site.office.mails(KARI)) - count == arrived
    site.office.work(timedelta(days=1))
    assert len(site.office.mails(KARI)) - count == (1 if wants == "digest" else arrived)


def test_given_an_hour_when_chosen_then_the_daily_mail_comes_then_and_no_other_is_taken(site: SiteUnderTest) -> None:
    site.office.work()
    kari = site.logged_in(KARI, "kari")
    assert kari.submit(kari.get("/me"), "/me/notices", {"wants": "digest", "hour": "24"}).status == 422
    assert kari.submit(kari.get("/me"), "/me/notices", {"wants": "digest", "hour": "16"}).headers["location"] == "/me"
    assert kari.get("/me").tree.css_first("select[name=hour] option[selected]").text() == "16.00"
    operate.operate(site.office.app, EVA, operate.Operate("SUP-1", "start"))
    site.office.work()
    with site.office.app.store.reading() as uow:
        due = uow.notices._connection.exec_driver_sql("SELECT due_at FROM notices WHERE state = 'pending'").scalars().all()
    zone = ZoneInfo(SUPPORTWEB_POLICY.zone)
    assert {datetime.fromisoformat(at).astimezone(zone).hour for at in due} == {16}


def test_given_a_muted_case_when_the_password_is_forgotten_then_that_mail_comes_all_the_same(site: SiteUnderTest) -> None:
    kari = site.logged_in(KARI, "kari")
    kari.submit(kari.get("/me"), "/me/notices", {"wants": "none"})
    kari.submit(kari.get("/browse/SUP-1"), "/browse/SUP-1/mute", {"muted": "yes"})
    assert "Du får ikke e-post om denne saken." in kari.get("/browse/SUP-1").shown()
    who = site.visitor()
    who.submit(who.get("/password"), "/password", {"name": "kari"})
    site.office.work()
    assert site.office.link(KARI, "password")


def test_given_a_mail_with_a_secret_when_it_has_been_composed_then_the_notice_holds_it_no_more(site: SiteUnderTest) -> None:
    site.add_account(KARI, "kari")
    who = site.visitor()
    who.submit(who.get("/password"), "/password", {"name": "kari"})
    site.office.work()
    with site.office.app.store.reading() as uow:
        found = uow.notices._connection.exec_driver_sql("SELECT facts FROM notices WHERE kind = 'account_reset'").all()
    assert found == [("{}",)]
