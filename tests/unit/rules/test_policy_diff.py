"""What differs between two policies: meaning, not wording. A policy never differs from itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.rules.conditions import Always, Eq
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.rules.document.loader import load
from mailgate.rules.policy import Policy, Rule
from mailgate.rules.policy_diff import differences
from mailgate.runtime.active_policy import shipped

LAST = Rule("default", Always(), "redirect")


def _policy(text: str) -> Policy:
    document = load(text.encode())
    assert document.policy is not None, document.problems
    return document.policy


def _when(condition: str) -> Policy:
    return _policy(f"rules:\n  - {{name: a, when: {condition}, then: note}}\n  - {{name: default, when: always, then: redirect}}\n")


def test_given_the_shipped_document_when_compared_with_the_built_in_policy_then_only_its_tests_are_more() -> None:
    found = differences(SUPPORTWEB_POLICY, _policy(shipped()))
    assert {(one.part, one.change) for one in found} == {("tests", "added")}
    assert differences(_policy(shipped()), _policy("# a comment\n" + shipped())) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{kind: bulk}", "{kind: [bulk]}"),
        ("{kind: [bulk, system]}", "{kind: [system, bulk]}"),
        ("{kind: [bulk, system]}", "{any: [{kind: system}, {kind: bulk}]}"),
        ("{kind: bulk, trust: stranger}", "{all: [{trust: stranger}, {kind: {is: bulk}}]}"),
        ("{not: {not: {kind: bulk}}}", "{kind: bulk}"),
        ("{any: [{any: [{subject: a}, {subject: {matches: b}}]}, {subject: a}]}", "{any: [{subject: {matches: b}}, {subject: a}]}"),
    ],
)
def test_given_two_ways_to_write_a_condition_when_compared_then_they_are_the_same(one: str, other: str) -> None:
    assert differences(_when(one), _when(other)) == []


@pytest.mark.parametrize(
    ("one", "other", "before", "after"),
    [
        ("{kind: bulk}", "{kind: system}", "kind is bulk", "kind is system"),
        ("{kind: bulk, trust: stranger}", "{kind: bulk}", "trust is stranger", ""),
        ("{kind: bulk}", "{kind: bulk, size_bytes: {at_least: 5}}", "", "size_bytes is at least 5"),
        ("{subject: {matches: a}}", "{subject: a}", "subject matches 'a'", "subject is a"),
        ("{not: {carrier: ''}}", "{carrier: ''}", "not (carrier is '')", "carrier is ''"),
        ("{subject: 'a, b'}", "{subject: [a, b]}", "subject is 'a, b'", "subject is one of a, b"),
    ],
)
def test_given_another_condition_when_compared_then_only_what_differs_is_said(one: str, other: str, before: str, after: str) -> None:
    (found,) = differences(_when(one), _when(other))
    assert (found.part, found.name, found.change, found.before, found.after) == ("rules", "a.when", "changed", before, after)


def test_given_rules_added_removed_and_changed_when_compared_then_each_is_named_with_its_place() -> None:
    rules = [Rule(name, Eq("subject", name), "note") for name in "abc"]
    before = Policy((*rules, LAST), "1")
    after = Policy((rules[0], replace(rules[2], then="hold", reason="for a person"), Rule("d", Eq("kind", "bulk"), "discard"), LAST), "2")
    assert [(one.name, one.change, one.before, one.after) for one in differences(before, after)] == [
        ("b", "removed", "place 2: when subject is b; then note", ""),
        ("c.then", "changed", "note", "hold"),
        ("c.reason", "changed", "", "for a person"),
        ("d", "added", "", "place 3: when kind is bulk; then discard"),
    ]


@given(st.permutations("abcdef"))
def test_given_any_new_order_of_rules_when_compared_then_the_fewest_that_make_it_are_said_to_move(order: list[str]) -> None:
    rules = {name: Rule(name, Eq("subject", name), "note") for name in "abcdef"}
    before, after = Policy((*rules.values(), LAST), "1"), Policy((*(rules[name] for name in order), LAST), "2")
    moved = [one.name for one in differences(before, after)]
    assert all(one.change == "moved" for one in differences(before, after))
    rest = [name for name in order if name not in moved]
    assert rest == sorted(rest)
    assert len(moved) == 6 - max(
        sum(1 << at & mask > 0 for at in range(6))
        for mask in range(64)
        if (chosen := [name for at, name in enumerate(order) if 1 << at & mask]) == sorted(chosen)
    )


@pytest.mark.parametrize(
    ("old", "new", "part", "name", "before", "after"),
    [
        ("window_s: 86400", "window_s: 60", "redirect", "window_s", "86400", "60"),
        ("reopen_days: 30", "reopen_days: 14", "workflow", "reopen_days", "30", "14"),
        ("{amount: 2, unit: working_days}", "{amount: 3, unit: working_days}", "agreements", "enkel.response.amount", "2", "3"),
        ('saturday: "08.00-16.00", ', "", "agreements", "utvidet.phone.saturday", "08.00–16.00", "closed"),
        ("{status: waiting_customer, to: open}", "{status: waiting_customer, to: reopened}",
         "workflow", "replies.waiting_customer.to", "open", "reopened"),
        ("solved: true", "solved: false", "workflow", "statuses.resolved.solved", "yes", "no"),
        ('nb: "Lav"', 'nb: "Lågest"', "priorities", "low.labels.nb", "Lav", "Lågest"),
        ("told: [assignee_changed, case_created, ", "told: [case_created, ", "notices", "told",
         "assignee_changed, case_created, comment_added, participant_added, status_changed",
         "case_created, comment_added, participant_added, status_changed"),
        ("- {from: [frozen], to: open}", "- {from: [frozen], to: open, who: [contact]}", "workflow", "operations.unfreeze.steps",
         "from frozen, to open, who operator, system", "from frozen, to open, who contact"),
        ("zone: Europe/Oslo", "zone: Europe/Stockholm", None, None, "Europe/Oslo", "Europe/Stockholm"),
    ],
)  # fmt: skip
def test_given_one_value_of_another_section_when_changed_then_it_is_named_by_its_path(
    old: str, new: str, part: str | None, name: str | None, before: str, after: str
) -> None:
    text = shipped()
    assert old in text
    found = differences(_policy(text), _policy(text.replace(old, new, 1)))
    assert [(one.change, one.before, one.after) for one in found] == [("changed", before, after)]
    assert part is None or (found[0].part, found[0].name) == (part, name)
