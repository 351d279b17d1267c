"""The built-in policy as a table: every kind of mail, trust and carrier, and what becomes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.cases.model import Case, Contact, Participant
from mailgate.mail.model import MACHINE_KINDS, Envelope, Mail, Mailbox, Reply
from mailgate.rules.chain import MAY_COMMENT, run
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.rules.facts import Facts
from tests.support.harness.pace import seconds_at_rest

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KARI = Contact("k", 1, "kari@kunde.example", "Kari")
CASE = Case(
    "c", 123, "SUP-123", "Skriver", "waiting_customer", "problem", "normal", NOW, NOW, "k", participants=(Participant(KARI, "reporter"),)
)
MAIL = Mail(900, author=Mailbox(KARI.address, "Kari"), subject="Sv: SUP-123", text="Her er svaret", reply=Reply("Her er svaret"))
PLAIN = Facts(MAIL, Envelope(KARI.address, ("support@oss.example",)), NOW)
REPLY = replace(PLAIN, case=CASE, carrier="address", trust="participant", contact=KARI)
STRANGER = replace(MAIL, author=Mailbox("fremmed@annet.example"))


def facts(base=PLAIN, kind=None, status=None, thanks=False, days=0, **changed):
    made = replace(base, **changed)
    if kind:
        made = replace(made, mail=replace(made.mail, kind=kind))
    if thanks:
        made = replace(made, mail=replace(made.mail, reply=Reply("Takk!", thanks_only=True)))
    if status:
        made = replace(made, case=replace(made.case, status=status, resolved_at=NOW - timedelta(days=days)))
    return made


def to(*recipients):
    return Envelope(KARI.address, recipients)


CASES = [  # facts, disposition, rule
    (facts(), "redirect", "default"),
    (facts(mail=STRANGER), "redirect", "default"),
    (facts(mail=STRANGER, case=CASE), "redirect", "default"),  # a stranger with the key in the subject
    (facts(case=CASE), "hold", "key_in_subject"),
    (facts(case=CASE, trust="stranger", contact=KARI), "hold", "key_in_subject"),
    (facts(REPLY), "comment", "reply"),
    (facts(REPLY, trust="confirmed"), "comment", "reply"),
    (facts(REPLY, trust="confirmed", carrier="marker"), "comment", "reply"),
    (facts(REPLY, trust="colleague", mail=STRANGER), "comment", "colleague"),
    (facts(REPLY, trust="doubtful"), "hold", "doubtful"),
    (facts(REPLY, trust="stranger", mail=STRANGER), "hold", "passed_on"),
    (facts(REPLY, carriers_disagree=True), "hold", "several_cases"),
    (facts(REPLY, status="closed"), "redirect", "case_closed"),
    (facts(REPLY, status="closed", trust="doubtful"), "hold", "doubtful"),
    (facts(REPLY, status="closed", trust="stranger", mail=STRANGER), "hold", "passed_on"),
    (facts(carrier_refusals=("expired",), contact=KARI), "hold", "reply_address_over"),
    (facts(carrier_refusals=("retired_key",), contact=KARI), "hold", "reply_address_over"),
    (facts(carrier_refusals=("expired",), mail=STRANGER), "redirect", "default"),
    (facts(carrier_refusals=("forged",), contact=KARI), "redirect", "default"),
    (facts(envelope=to("postmaster@oss.example")), "hold", "service_mailbox"),
    (facts(envelope=to("Abuse+x@oss.example")), "hold", "service_mailbox"),
    (facts(envelope=to("support@oss.example", "abuse@oss.example")), "hold", "service_mailbox"),
    (facts(envelope=to("abuse@oss.example"), kind="system"), "hold", "service_mailbox"),
    (facts(envelope=to("postmaster@oss.example"), kind="bounce"), "note", "delivery_report"),
    (facts(mail=replace(MAIL, author=None)), "hold", "unreadable"),
    (facts(mail=replace(MAIL, defects=("degraded_timeout",))), "hold", "unreadable"),
    (facts(mail=replace(MAIL, identity_doubtful=True)), "hold", "unreadable"),
    (facts(mail=replace(MAIL, author=None), kind="bounce"), "note", "delivery_report"),
    (facts(kind="loop"), "note", "loop"),
    (facts(REPLY, kind="loop"), "note", "loop"),
    (facts(kind="bounce"), "note", "delivery_report"),
    (facts(REPLY, kind="delivery_status"), "note", "delivery_report"),
    (facts(kind="auto_reply"), "note", "machine"),
    (facts(kind="bulk"), "note", "machine"),
    (facts(kind="system"), "note", "machine"),
    (facts(REPLY, kind="auto_reply"), "note", "machine_on_case"),
    (facts(REPLY, kind="auto_reply", status="closed"), "note", "machine_on_case"),
    (facts(case=CASE, kind="auto_reply"), "note", "machine"),  # the subject alone ties no machine to a case
]


@pytest.mark.parametrize(("given_", "disposition", "rule"), CASES)
def test_given_a_mail_when_the_policy_is_asked_then_the_table_decides_and_every_step_is_explained(given_, disposition, rule):
    verdict = run(SUPPORTWEB_POLICY, given_)
    assert (verdict.disposition, verdict.rule) == (disposition, rule)
    assert [entry.hit for entry in verdict.trail] == [False] * (len(list(verdict.trail)) - 1) + [True]
    assert all(entry.because for entry in verdict.trail)
    assert verdict.reason == list(verdict.trail)[-1].because


MOVES = [  # status, thanks only, days since resolved, moves to
    ("waiting_customer", False, 0, "open"),
    ("resolved", False, 1, "reopened"),
    ("resolved", True, 1, None),
    ("resolved", False, 60, None),
    ("proposed", False, 0, None),
    ("frozen", False, 0, None),
]


@pytest.mark.parametrize(("status", "thanks", "days", "target"), MOVES)
def test_given_a_reply_when_it_is_a_comment_then_the_effects_say_where_the_case_goes_and_why(status, thanks, days, target):
    verdict = run(SUPPORTWEB_POLICY, facts(REPLY, status=status, thanks=thanks, days=days))
    assert verdict.effects[0].do == "comment"
    assert verdict.effects[0].args == {"case": "SUP-123"}
    assert verdict.effects[1].do == ("transition" if target else "keep_status")
    assert verdict.effects[1].args.get("to") == target
    assert verdict.effects[1].args["because"]


def test_given_a_colleague_when_it_is_a_comment_then_it_waits_for_approval_and_moves_nothing():
    verdict = run(SUPPORTWEB_POLICY, facts(REPLY, trust="colleague", mail=STRANGER))
    assert [effect.do for effect in verdict.effects] == ["comment", "keep_status", "participant"]
    assert verdict.effects[2].args == {"approved": "no"}


def test_given_a_redirect_when_it_is_given_then_its_answer_names_the_text():
    assert run(SUPPORTWEB_POLICY, facts()).answer == "legacy"
    assert run(SUPPORTWEB_POLICY, facts(REPLY, status="closed")).answer == "case_closed"


def test_given_a_stranger_when_redirected_then_key_or_no_key_in_the_subject_makes_no_difference_that_shows():
    with_key, without = run(SUPPORTWEB_POLICY, facts(mail=STRANGER, case=CASE)), run(SUPPORTWEB_POLICY, facts(mail=STRANGER))
    assert (with_key.effects, with_key.reason, with_key.answer) == (without.effects, without.reason, without.answer)


def test_given_a_participant_who_waits_for_approval_when_only_the_subject_ties_then_it_is_a_stranger():
    waiting = replace(CASE, participants=(Participant(KARI, approved=False),))
    assert run(SUPPORTWEB_POLICY, facts(case=waiting)).rule == "default"


ANY_FACTS = st.builds(
    facts,
    st.sampled_from([PLAIN, REPLY]),
    kind=st.sampled_from(["human", *sorted(MACHINE_KINDS)]),
    trust=st.sampled_from(["confirmed", "participant", "colleague", "doubtful", "stranger"]),
    carrier=st.sampled_from(["", "address", "message_id", "marker", "bounce"]),
    case=st.sampled_from([None, CASE, replace(CASE, status="closed"), replace(CASE, status="frozen"), replace(CASE, status="unknown")]),
    mail=st.sampled_from([MAIL, STRANGER, Mail(0), replace(MAIL, identity_doubtful=True)]),
    carriers_disagree=st.booleans(),
    envelope=st.sampled_from([PLAIN.envelope, Envelope(None, ()), to("postmaster@oss.example")]),
)


@given(ANY_FACTS)
def test_given_any_facts_when_the_policy_is_asked_then_the_guarantees_hold(given_):
    verdict = run(SUPPORTWEB_POLICY, given_)
    done = {effect.do for effect in verdict.effects}
    if given_.mail.kind != "human":
        assert verdict.disposition in ("note", "hold")
        assert "transition" not in done
    if verdict.disposition == "comment":
        assert given_.case is not None
        assert given_.carrier
        assert given_.trust in MAY_COMMENT
        assert given_.case.status != "closed"
    if verdict.disposition == "redirect":
        assert not given_.mail.identity_doubtful
        assert given_.mail.author is not None
    assert verdict == run(SUPPORTWEB_POLICY, given_)


@pytest.mark.timing
def test_given_the_default_policy_when_it_decides_then_it_costs_at_most_50_microseconds():
    rounds = 2000

    def decide():
        for _ in range(rounds):
            run(SUPPORTWEB_POLICY, REPLY)
            run(SUPPORTWEB_POLICY, PLAIN)

    assert seconds_at_rest(decide, runs=5) / rounds / 2 < 50e-6
