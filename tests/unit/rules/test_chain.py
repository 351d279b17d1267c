"""The chain: order, continue, shadow, actions, and the floor that no policy can go below."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailgate.cases.model import Case, Contact, Customer, Participant
from mailgate.cases.workflow import SUPPORTWEB, ReplyMove, Status, Workflow
from mailgate.mail.model import MACHINE_KINDS, Envelope, Mail, Mailbox
from mailgate.rules.agreements import SUPPORTWEB_AGREEMENTS
from mailgate.rules.chain import Effect, run
from mailgate.rules.conditions import Always, Eq, Matches
from mailgate.rules.facts import Authentications, Facts
from mailgate.rules.policy import Policy, Rule, RuleAction

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KARI = Contact("k", 1, "kari@kunde.example")
CASE = Case("c", 123, "SUP-123", "Skriver", "waiting_customer", "problem", "normal", NOW, NOW, "k", participants=(Participant(KARI),))
MAIL = Mail(900, author=Mailbox(KARI.address), subject="Haster")
PLAIN = Facts(MAIL, Envelope(KARI.address, ("support@oss.example",)), NOW)
REPLY = replace(PLAIN, case=CASE, carrier="address", trust="participant")
LAST = Rule("default", Always(), "hold", "nothing else fits")


def policy(*rules, **given):
    return Policy(rules=(*rules, LAST), version="7", **given)


def comment(name="all", *actions):
    return Rule(name, Always(), "comment", "everything is a comment", actions=actions)


def test_given_two_rules_that_hold_when_asked_then_the_first_decides_and_the_second_is_not_asked():
    verdict = run(policy(Rule("a", Eq("kind", "human"), "note"), Rule("b", Always(), "discard")), PLAIN)
    assert (verdict.rule, verdict.disposition, verdict.policy_version) == ("a", "note", "7")
    assert [(entry.rule, entry.hit, entry.because) for entry in verdict.trail] == [("a", True, "kind is human")]


def test_given_a_rule_that_continues_when_asked_then_its_actions_are_kept_and_the_next_decides():
    urgent = Rule("urgent", Matches("subject", "haster"), None, "it is urgent", (RuleAction("tag", {"name": "urgent"}),), continue_=True)
    verdict = run(policy(urgent), PLAIN)
    assert [entry.hit for entry in verdict.trail] == [True, True]
    assert next(iter(verdict.trail)).because == "it is urgent (subject has Haster)"
    assert verdict.effects == (Effect("hold"), Effect("tag", {"name": "urgent"}))


def test_given_a_shadow_rule_when_it_holds_then_it_is_notified_and_does_nothing():
    shadow = Rule("trial", Always(), "discard", "would throw away", (RuleAction("tag", {"name": "x"}),), shadow=True)
    verdict = run(policy(shadow), PLAIN)
    assert (verdict.rule, verdict.effects) == ("default", (Effect("hold"),))
    assert next(iter(verdict.trail)).because == "shadow, nothing is done, it would discard, tag x: would throw away"


FORBIDDEN = [  # facts, what the rule wants, what is done
    (replace(PLAIN, mail=replace(MAIL, kind="auto_reply")), "redirect", "note"),
    (replace(REPLY, mail=replace(MAIL, kind="auto_reply")), "comment", "note"),
    (replace(PLAIN, mail=replace(MAIL, kind="bulk")), "create", "note"),
    (PLAIN, "comment", "hold"),
    (replace(PLAIN, case=CASE, trust="participant"), "comment", "hold"),  # only the subject ties it
    (replace(REPLY, trust="stranger"), "comment", "hold"),
    (replace(REPLY, trust="doubtful"), "comment", "hold"),
    (replace(REPLY, case=replace(CASE, status="closed")), "comment", "hold"),
]


@pytest.mark.parametrize(("facts", "wanted", "done"), FORBIDDEN)
def test_given_a_rule_against_the_guarantees_when_it_holds_then_the_floor_overrules_and_says_so(facts, wanted, done):
    verdict = run(policy(Rule("careless", Always(), wanted)), facts)
    assert (verdict.disposition, verdict.rule) == (done, "guarantees")
    assert verdict.reason.startswith(f"rule careless says {wanted}, but ")
    assert list(verdict.trail)[-1].rule == "guarantees"


def test_given_a_transition_for_mail_that_may_not_move_when_asked_then_it_is_left_out_and_the_trail_says_so():
    rule = Rule("close", Always(), "note", "", (RuleAction("transition", {"to": "closed"}), RuleAction("tag", {"name": "t"})))
    verdict = run(policy(rule), replace(REPLY, mail=replace(MAIL, kind="auto_reply")))
    assert verdict.effects == (Effect("note", {"case": "SUP-123"}), Effect("tag", {"name": "t"}))
    assert "transition is left out" in list(verdict.trail)[-1].because


@pytest.mark.parametrize(("whom", "notified"), [("ola@firma.example", True), ("KARI@kunde.example", False)])
def test_given_a_notify_when_its_receiver_sent_the_mail_then_it_is_left_out_since_an_answer_to_it_would_cause_the_next(whom, notified):
    mail = replace(MAIL, kind="human", author=Mailbox("kari@kunde.example"))
    verdict = run(policy(Rule("tell", Always(), "hold", actions=(RuleAction("notify", {"whom": whom}),))), replace(REPLY, mail=mail))
    assert [effect.do for effect in verdict.effects] == ["hold", *(["notify"] if notified else [])]


def test_given_a_transition_of_the_policy_when_the_author_may_move_then_it_stands_in_place_of_the_workflows():
    verdict = run(policy(comment("c", RuleAction("transition", {"to": "investigating"}))), REPLY)
    assert [(effect.do, effect.args.get("to")) for effect in verdict.effects] == [("comment", None), ("transition", "investigating")]
    assert not [
        e
        for e in run(policy(comment("c", RuleAction("transition", {"to": "open"}))), replace(REPLY, trust="colleague")).effects
        if e.do == "transition"
    ]


def test_given_another_workflow_when_asked_then_it_decides_where_a_reply_leads():
    short = Workflow((Status("open", {}), Status("waiting_customer", {}), Status("done", {})), (), (ReplyMove("waiting_customer", "done"),))
    verdict = run(policy(comment(), workflow=short), REPLY)
    assert verdict.effects[1].args["to"] == "done"


def test_given_a_forward_when_it_holds_then_the_effect_names_the_address():
    verdict = run(policy(Rule("sales", Always(), "forward", forward_to="salg@oss.example")), PLAIN)
    assert verdict.effects == (Effect("forward", {"to": "salg@oss.example"}),)
    verdict = run(policy(Rule("sales", Always(), "forward", forward_to="salg@oss.example", attach="files")), PLAIN)
    assert verdict.effects == (Effect("forward", {"to": "salg@oss.example", "attach": "files"}),)


def test_given_a_customer_when_the_agreement_is_asked_then_it_is_theirs_and_an_unknown_one_is_the_default():
    rules = policy(Rule("phone", Eq("agreement", "standard"), "create"))
    of = {key: replace(PLAIN, customer=Customer("c1", "Kunde", key)) for key in ("standard", "enkel", "platina")}
    assert [run(rules, of[key]).rule for key in of] == ["phone", "default", "default"]


BAD = [
    (lambda: Policy((), "1"), "written default"),
    (lambda: Policy((Rule("a", Eq("kind", "human"), "hold"),), "1"), "written default"),
    (lambda: Policy((replace(LAST, shadow=True),), "1"), "written default"),
    (lambda: policy(LAST), "two rules have the name 'default'"),
    (lambda: policy(Rule("a", Always(), None)), "neither"),
    (lambda: policy(Rule("a", Always(), "note", continue_=True)), "cannot decide"),
    (lambda: policy(Rule("a", Always(), "explode")), "no 'explode'"),
    (lambda: policy(Rule("a", Always(), "forward")), "belong together"),
    (lambda: policy(Rule("a", Always(), "note", forward_to="x@y.example")), "belong together"),
    (lambda: policy(Rule("a", Always(), "note", attach="files")), "only a forward"),
    (lambda: policy(comment("a", RuleAction("set", {"colour": "red"}))), "can be set"),
    (lambda: policy(comment("a", RuleAction("set"))), "can be set"),
    (lambda: policy(comment("a", RuleAction("transition", {"to": "nowhere"}))), "no status 'nowhere'"),
    (lambda: policy(agreements={"standard": SUPPORTWEB_AGREEMENTS["standard"]}), "no agreement 'enkel'"),
]


@pytest.mark.parametrize(("build", "said"), BAD)
def test_given_a_policy_that_could_not_be_run_when_made_then_the_error_says_why(build, said):
    with pytest.raises(ValueError, match=said):
        build()


def test_given_a_policy_when_an_agreement_is_asked_by_an_unknown_key_then_it_is_the_default():
    assert policy().agreement("platina").key == "enkel"
    assert policy().workflow is SUPPORTWEB


MACHINE = Mailbox("alarm@vakt.example", "Alarm")


@pytest.mark.parametrize("machine", ["alarm@vakt.example", "vakt.example"])
@pytest.mark.parametrize("kind", ["system", "bulk"])
def test_given_a_known_machine_when_it_writes_then_rules_take_it_for_a_person(kind, machine):
    known = replace(policy(Rule("person", Eq("kind", "human"), "create")), known_machines=frozenset({machine}))
    facts = replace(PLAIN, mail=replace(MAIL, kind=kind, author=MACHINE))
    assert run(known, facts).disposition == "create"
    assert run(replace(known, known_machines=frozenset({"annen.example"})), facts).rule == "default"


@pytest.mark.parametrize("change", [{"kind": "auto_reply"}, {"kind": "bounce"}, {"kind": "loop"}, {"identity_doubtful": True}])
def test_given_a_known_machine_when_it_answers_or_may_be_forged_then_it_stays_a_machine(change):
    known = replace(policy(Rule("person", Eq("kind", "human"), "create")), known_machines=frozenset({"vakt.example"}))
    facts = replace(PLAIN, mail=replace(MAIL, **{"kind": "system", "author": MACHINE, **change}))
    assert run(known, facts).rule == "default"
    forged = replace(facts, mail=replace(MAIL, kind="system", author=MACHINE), auth=Authentications(verdict="fail"))
    assert run(known, forged).rule == "default"


@pytest.mark.parametrize("kind", sorted(MACHINE_KINDS))
def test_given_mail_of_a_machine_when_a_rule_would_forward_or_tell_then_neither_happens(kind):
    rule = Rule("on", Always(), "forward", actions=(RuleAction("notify", {"whom": "a@b.example"}),), forward_to="x@y.example")
    verdict = run(policy(rule), replace(PLAIN, mail=replace(MAIL, kind=kind)))
    assert verdict.disposition == "note"
    assert [effect.do for effect in verdict.effects] == ["note"]


def test_given_mail_of_the_address_that_it_would_be_forwarded_to_when_asked_then_it_is_held():
    address = MAIL.author.address
    for facts in (PLAIN, replace(PLAIN, mail=replace(MAIL, author=MACHINE), envelope=Envelope(address, ("support@firma.example",)))):
        verdict = run(policy(Rule("on", Always(), "forward", forward_to=address.upper())), facts)
        assert (verdict.disposition, verdict.rule) == ("hold", "guarantees")
        assert "would get it back" in verdict.reason
