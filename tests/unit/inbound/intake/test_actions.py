"""What rules do beside their disposition happens to the case, the entry and the team, not only in the trail."""

from __future__ import annotations

import textwrap

import pytest

from mailgate.rules.document.loader import load
from mailgate.store.rows import EntryFilter
from tests.support.desks.desk import Desk, mail_text

OURS = "support@firma.example"
DEFAULT = "  - {name: default, when: always, then: redirect}\ndestinations: [firma.example]\n"


def play(desk: Desk, rules: str, more: str = "") -> None:
    """Let the desk be run by these rules."""
    document = load(
        f"rules:\n{textwrap.indent(textwrap.dedent(rules), '  ')}{DEFAULT}{more}".encode(), frozenset({"support@firma.example"})
    )
    assert document.policy is not None, document.problems
    desk.policy = document.policy


REPLY = "{not: {carrier: ''}, trust: [confirmed, participant]}"


def test_given_a_rule_that_sets_when_a_reply_comes_then_the_case_has_it_and_the_events_say_from_what(desk):
    play(desk, f"- {{name: reply, when: {REPLY}, then: comment, do: [{{set: {{priority: high, type: problem, assignee: Ola}}}}]}}\n")
    desk.take(mail_text("Per Nes <per@kunde.example>"), desk.reply_address(desk.per))
    with desk.store.reading() as uow:
        events = [(event.kind, event.facts.get("from"), event.facts.get("to")) for event in uow.cases.events(desk.case_id)]
    assert (desk.case.priority, desk.case.case_type, desk.case.assignee, desk.case.status) == ("high", "problem", "Ola", "open")
    assert ("field_changed", "normal", "high") in events
    assert ("assignee_changed", "", "Ola") in events
    assert ("assignee_changed", "eva@kunde.example") in desk.settle_notices()


def test_given_a_rule_that_sets_what_is_so_already_when_a_reply_comes_then_nothing_is_written_about_it(desk):
    play(desk, f"- {{name: reply, when: {REPLY}, then: comment, do: [{{set: {{priority: normal}}}}]}}\n")
    desk.take(mail_text("Per Nes <per@kunde.example>"), desk.reply_address(desk.per))
    with desk.store.reading() as uow:
        assert "field_changed" not in [event.kind for event in uow.cases.events(desk.case_id)]


def test_given_a_rule_that_creates_when_a_stranger_writes_then_a_case_of_theirs_is_made_with_all_that_rules_set(desk):
    play(
        desk,
        """
        - {name: urgent, when: {subject: {matches: haster}}, continue: true, do: [{set: {priority: critical}}]}
        - {name: partner, when: {author.domain: partner.example}, then: create, do: [{set: {type: driftsproblem, assignee: Ola}}]}
        """,
    )
    entry = desk.take(
        mail_text("Nina <nina@partner.example>", "Haster: nede", "Alt er nede."), "support@firma.example", "nina@partner.example"
    )
    with desk.store.reading() as uow:
        case = uow.cases.get(uow.journal.get(entry).decision.case_id)
    assert desk.state(entry) == "created"
    assert (case.summary, case.description, case.status) == ("Haster: nede", "Alt er nede.", "open")
    assert (case.priority, case.case_type, case.assignee) == ("critical", "driftsproblem", "Ola")
    assert [(person.contact.address, person.role) for person in case.participants] == [("nina@partner.example", "reporter")]


def test_given_two_mails_of_one_new_author_in_one_batch_when_cases_are_made_then_there_is_one_contact(desk):
    play(desk, "- {name: partner, when: {author.domain: partner.example}, then: create}\n")
    for subject in ("Ein", "To"):
        desk.take(mail_text("Nina <nina@partner.example>", subject), OURS, "nina@partner.example")
    with desk.store.reading() as uow:
        nina = uow.contacts.by_addresses(["nina@partner.example"])["nina@partner.example"]
        assert sorted(case.summary for case in uow.cases.list(contact_id=nina.id)) == ["Ein", "To"]


@pytest.mark.parametrize("then", ["hold", "redirect", "discard", "note"])
def test_given_tags_when_the_mail_is_done_then_the_entry_has_them_once_whatever_became_of_it(desk, then):
    play(
        desk,
        f"""
        - {{name: a, when: {{subject: {{matches: faktura}}}}, continue: true, do: [{{tag: faktura}}, {{tag: økonomi}}]}}
        - {{name: b, when: {{subject: {{matches: faktura}}}}, then: {then}, do: [{{tag: faktura}}]}}
        """,
    )
    entry = desk.take(mail_text("Kari <kari@fjord.example>", "Faktura 12"), OURS, "kari@fjord.example")
    other = desk.take(mail_text("Kari <kari@fjord.example>", "Hjelp"), OURS, "kari@fjord.example")
    with desk.store.reading() as uow:
        assert uow.journal.get(entry).decision.tags == ("faktura", "økonomi")
        assert uow.journal.get(other).decision.tags == ()
        assert [found.id for found in uow.journal.list(where=EntryFilter(tag="økonomi"))] == [entry]
        assert [found.decision.tags for found in uow.journal.list()] == [(), ("faktura", "økonomi")]


def test_given_a_rule_that_notifies_when_a_case_is_made_then_the_team_is_notified_of_mail_and_case_once(desk):
    play(
        desk,
        """
        - {name: drift, when: {subject: {matches: nede}}, continue: true, do: [{notify: vakt@firma.example}]}
        - {name: partner, when: {kind: human}, then: create, do: [{notify: vakt@firma.example}, {notify: b@firma.example}]}
        """,
    )
    entry = desk.take(mail_text("Nina <nina@partner.example>", "Alt er nede"), OURS, "nina@partner.example")
    with desk.store.transaction() as uow:
        claims = [one for one in uow.notices.claim(desk.clock(), 10, desk.clock() - desk.clock()) if one.kind == "team_notice"]
    assert [one.address for one in claims] == ["vakt@firma.example", "b@firma.example"]
    assert claims[0].facts["subject"] == "Alt er nede"
    assert claims[0].facts["author"] == "nina@partner.example"
    assert claims[0].facts["case_key"].startswith("SUP-")
    assert (claims[0].facts["entry"], claims[0].facts["disposition"], claims[1].facts["rule"]) == (entry, "create", "partner")


def test_given_words_for_an_answer_when_the_mail_is_redirected_then_the_notice_names_them(desk):
    texts = "redirect:\n  texts:\n    stengt: {nb: Vi har stengt., nn: Vi har stengt., en: We are closed.}\n"
    play(desk, "- {name: night, when: {subject: {matches: hjelp}}, then: redirect, answer: stengt}\n", texts)
    desk.take(mail_text("Kari <kari@fjord.example>", "Hjelp"), OURS, "kari@fjord.example")
    with desk.store.transaction() as uow:
        (claim,) = uow.notices.claim(desk.clock(), 10, desk.clock() - desk.clock())
    assert (claim.kind, claim.address, claim.facts["text"]) == ("redirect", "kari@fjord.example", "stengt")


OWN_LISTS = """
case_types: [{key: incident, labels: {nb: Hendelse, nn: Hending, en: Incident}}]
priorities: [{key: p1, labels: {nb: P1, nn: P1, en: P1}}]
defaults: {case_type: incident, priority: p1}
texts: {no_subject: {nb: Uten tittel, nn: Utan tittel, en: Untitled}}
rules: [{name: default, when: always, then: create}]
"""


def test_given_a_policy_with_lists_of_its_own_when_mail_makes_a_case_then_it_has_the_defaults_that_the_policy_names(desk: Desk) -> None:
    policy = load(OWN_LISTS.encode()).policy
    assert policy is not None
    desk.policy = policy
    entry = desk.take(mail_text("Per <per@kunde.example>", subject=""), "support@firma.example")
    assert desk.state(entry) == "created"
    with desk.store.reading() as uow:
        made = uow.cases.get(uow.journal.get(entry).decision.case_id)
    assert (made.case_type, made.priority, made.summary) == ("incident", "p1", "Uten tittel")
