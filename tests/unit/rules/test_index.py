"""The index over many rules: it changes what is asked, never what is decided or what the trail says."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from mailgate.mail.model import Envelope, Mail, Mailbox
from mailgate.rules import conditions
from mailgate.rules.chain import restored, run
from mailgate.rules.conditions import All, Always, AnyOf, CompareNumber, Eq, In, Matches, Not, Patterns
from mailgate.rules.facts import Facts
from mailgate.rules.index import Index
from mailgate.rules.policy import INDEXED_FROM_RULES, Policy, Rule, RuleAction

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MAIL = Mail(900, author=Mailbox("kari@a.example"), subject="Ordre 7 haster", headers=(("X-Tag", "red"), ("X-Tag", "blue")))
FACTS = Facts(MAIL, Envelope("kari@a.example", ("support@oss.example", "salg@oss.example")), NOW)
TAG = (RuleAction("tag", {"name": "x"}),)

DOMAINS, WORDS, TAGS = (
    ["a.example", "b.example", "c.example", ""],
    ["ordre", "haster", "7$", "^faktura", "o.*r", "(?i)RED"],
    ["red", "blue"],
)
leaves = st.one_of(
    st.builds(Eq, st.just("author.domain"), st.sampled_from(DOMAINS)),
    st.builds(Eq, st.just("header.x-tag"), st.sampled_from(TAGS)),
    st.builds(Eq, st.just("author.known"), st.booleans()),
    st.builds(In, st.just("recipients"), st.lists(st.sampled_from(["support@oss.example", "x@oss.example"]), min_size=1).map(tuple)),
    st.builds(In, st.just("kind"), st.lists(st.sampled_from(["human", "bulk"]), min_size=1).map(tuple)),
    st.builds(Matches, st.sampled_from(["subject", "header.x-tag", "text"]), st.sampled_from(WORDS)),
    st.builds(CompareNumber, st.just("size_bytes"), st.sampled_from(["lt", "ge"]), st.sampled_from([1, 900])),
    st.just(Always()),
)
nested = st.recursive(
    leaves,
    lambda inner: st.one_of(st.builds(Not, inner), *(st.builds(kind, st.lists(inner, max_size=3).map(tuple)) for kind in (All, AnyOf))),
    max_leaves=5,
)
shapes = st.sampled_from([("note", False), ("hold", True), ("discard", True), ("hold", False), (None, False)])
rules = st.lists(st.tuples(nested, shapes), max_size=25)
mails = st.builds(
    lambda domain, subject, tags, kind, size: replace(
        FACTS,
        mail=replace(
            MAIL, author=Mailbox(f"kari@{domain}") if domain else None, subject=subject, kind=kind, size_bytes=size,
            headers=tuple(("X-Tag", tag) for tag in tags),
        ),
    ),
    st.sampled_from(DOMAINS), st.sampled_from(["Ordre 7", "HASTER", "", "faktura"]), st.lists(st.sampled_from(TAGS)),
    st.sampled_from(["human", "bulk"]), st.sampled_from([0, 900]),
)  # fmt: skip


def with_index(policy, index):
    """The policy with this index, or none, whatever the number of its rules."""
    made = replace(policy)
    vars(made)["index"] = index
    return made


def policy_of(found):
    made = [
        Rule(f"r{n}", when, then, "so it is" if n % 2 else "", () if then else TAG, continue_=then is None, shadow=shadow)
        for n, (when, (then, shadow)) in enumerate(found)
    ]
    return Policy((*made, Rule("default", Always(), "redirect", "nothing else holds")), version="7")


@settings(max_examples=300)
@given(rules, mails)
def test_given_any_rules_and_mail_when_asked_with_and_without_index_then_verdict_and_trail_are_the_same(found, facts):
    policy = policy_of(found)
    plain, indexed = (run(with_index(policy, index), facts) for index in (None, Index([rule.when for rule in policy.rules])))
    assert replace(indexed, trail=plain.trail) == plain
    assert list(indexed.trail) == list(plain.trail) == plain.trail.entries()


@settings(max_examples=300)
@given(rules, mails)
def test_given_any_rules_and_mail_when_the_stored_trail_is_restored_then_each_rule_has_its_answer(found, facts):
    policy = policy_of(found)
    policy = with_index(policy, Index([rule.when for rule in policy.rules]))
    trail = run(policy, facts).trail
    stored, passed_over, whole = trail.entries(), trail.passed_over(), list(trail)
    assert len(stored) + sum(group.rules for group in passed_over) == len(whole)
    assert [entry for entry in whole if entry.hit] == [entry for entry in stored if entry.hit]
    read = restored(policy, stored, passed_over)
    assert [(entry.rule, entry.hit) for entry in read] == [(entry.rule, entry.hit) for entry in whole]
    single = {rule.name for rule in policy.rules if isinstance(rule.when, Eq | In | Matches)}
    assert [entry for entry in read if entry.rule in single] == [entry for entry in whole if entry.rule in single]


def test_given_parts_that_many_rules_share_when_indexed_then_the_rare_part_is_the_gate():
    shared = Eq("kind", "human")
    index = Index([All((shared, Eq("author.domain", domain))) for domain in ("a.example", "b.example", "c.example")])
    assert index.candidates(FACTS) == [0]
    (group,) = index.passed_over(FACTS, [0], 3)
    assert (group.facts, group.because, group.rules) == ("author.domain", "author.domain is a.example", 2)


def test_given_few_rules_when_asked_then_there_is_no_index_and_every_answer_is_stored():
    few = policy_of([(Eq("author.domain", "b.example"), ("note", False))] * (INDEXED_FROM_RULES - 2))
    trail = run(few, FACTS).trail
    assert few.index is None
    assert (len(trail.entries()), trail.passed_over()) == (INDEXED_FROM_RULES - 1, [])


def test_given_a_thousand_rules_when_a_mail_is_decided_then_what_is_stored_is_short():
    many = policy_of([(Matches("subject", rf"\bordre {n}\b"), ("hold", False)) for n in range(100, 1099)])
    trail = run(many, FACTS).trail
    assert [entry.rule for entry in trail.entries()] == ["default"]
    assert [(group.because, group.rules) for group in trail.passed_over()] == [("subject does not match", 999)]


def test_given_patterns_that_are_too_large_to_search_together_when_searched_then_none_is_ruled_out(monkeypatch):
    monkeypatch.setattr(conditions, "_SET_MEMORY_BYTES", 20_000)
    starved = Patterns("subject", tuple(f"a.*{n}[^a]{{5}}b" for n in range(100)))
    assert list(starved.found(FACTS)) == list(range(100))


def test_given_re2_that_gives_up_and_says_nothing_is_found_when_searched_then_none_is_ruled_out(monkeypatch):
    monkeypatch.setattr(conditions.re2.Set, "Match", lambda _set, _text: None)
    assert list(Patterns("subject", ("faktura", "ordre")).found(FACTS)) == [0, 1]


def test_given_a_pattern_that_is_found_only_beyond_the_searched_part_when_indexed_then_it_misses_like_alone():
    facts = replace(FACTS, mail=replace(MAIL, text="x" * conditions.MAX_SEARCHED_CHARS + "ordre"))
    assert not Matches("text", "ordre").judge(facts)[0]
    assert list(Patterns("text", ("ordre",)).found(facts)) == []
