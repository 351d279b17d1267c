"""The chain: evaluates a policy for one mail. In: a policy and facts. Out: a verdict, with the result of every rule and the reason.

Pure and without state. Rules are evaluated in order; the first that matches decides, unless it continues. Of many rules only those are
evaluated that can match (`index`); the others are counted for the trail, and evaluated when someone wants to see all of it. Guard rails:
whatever the rules say, no stranger comments, no machine is answered, and no machine changes a status. A rule may be stricter, never looser.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple

from mailgate.cases.workflow import ReplyAnswer
from mailgate.rules.facts import Facts, Value, fact
from mailgate.rules.index import PassedOver
from mailgate.rules.legacy import OPEN
from mailgate.rules.policy import Disposition, Policy, Rule, RuleAction
from mailgate.values import value_class

GUARD_RAILS = "guarantees"
"""The rule's name in trail and verdict when a guard rail overrules a policy."""
HUMAN_ONLY = frozenset({"comment", "redirect", "create", "forward"})
"""Dispositions that only a person's mail can have."""
KNOWN_MACHINE_KINDS = frozenset({"system", "bulk"})
"""Kinds of mail that a known machine writes by itself, unlike answers and bounces."""
BODIES = frozenset({"text", "reply.text"})
KEPT_CHARS, KEPT_ITEMS = 200, 50
MAY_COMMENT = frozenset({"confirmed", "participant", "colleague", "staff"})


class TrailEntry(NamedTuple):
    """One evaluated rule: did it match, and why (one sentence, no full stop)."""

    rule: str
    hit: bool
    because: str


@dataclass(slots=True)
class Trail:
    """The answers of the rules up to the one that decided, then what the guarantees changed. Iterating gives each rule's, in order.

    `asked` is what was found on the way, and `passed_over()` counts the rest by reason: that much is stored. The answers of rules that the
    index passed over are worked out when someone looks.
    """

    policy: Policy = field(compare=False)
    facts: Facts = field(compare=False)
    asked: list[tuple[int, TrailEntry]] = field(default_factory=list)
    remarks: list[TrailEntry] = field(default_factory=list)

    def entries(self) -> list[TrailEntry]:
        """The answers of the rules that were evaluated, and the remarks of the guarantees."""
        return [*(entry for _, entry in self.asked), *self.remarks]

    def shadows(self) -> list[tuple[str, str]]:
        """The shadow rules that held, and what each would have done, in words."""
        hits = [self.policy.rules[at] for at, entry in self.asked if entry.hit]
        return [(rule.name, would(rule)) for rule in hits if rule.shadow]

    def facts_used(self) -> dict[str, Value]:
        """The facts that the asked rules look at, in the order in which they were asked for. Long values are cut, bodies only measured."""
        asked = self.policy.facts_by_rule
        names = dict.fromkeys(chain.from_iterable(asked[at] for at, _ in self.asked))
        return {name: _kept(name, self.facts.value(fact(name))) for name in names}

    def passed_over(self) -> list[PassedOver]:
        """The rules that could not hold, counted by what kept them out. Empty for a policy of few rules."""
        index = self.policy.index
        return index.passed_over(self.facts, [at for at, _ in self.asked], self._end()) if index and self.asked else []

    def __iter__(self) -> Iterator[TrailEntry]:
        asked = dict(self.asked)
        for position, rule in enumerate(self.policy.rules[: self._end()]):
            yield asked.get(position) or TrailEntry(rule.name, *_ask(rule, self.facts))
        yield from self.remarks

    def _end(self) -> int:
        return self.asked[-1][0] + 1 if self.asked else 0


@value_class
class Effect:
    """One thing that follows from the verdict. `do` is a disposition or an action's name; `args` are plain text values."""

    do: str
    args: Mapping[str, str] = field(default_factory=dict)


def effect_json(effect: Effect) -> dict[str, str]:
    """An effect as `--json` prints it and as the trail stores it.

    In earlier versions the key `answer` of a redirect was `flavour`. Both are written: programs and stored trails still have the old one.
    """
    old = {"flavour": effect.args["answer"]} if "answer" in effect.args else {}
    return {"do": effect.do, **effect.args, **old}


@value_class
class Verdict:
    """What is to be done with a mail. `answer` names the text of a redirect (`legacy`, `case_closed`), "" for anything else."""

    disposition: Disposition
    rule: str
    reason: str
    trail: Trail
    effects: tuple[Effect, ...]
    answer: str = ""
    policy_version: str = ""


def run(policy: Policy, facts: Facts) -> Verdict:
    """Evaluate the policy. Same policy and facts, same verdict. Raises nothing for any mail."""
    if facts.workflow is not policy.workflow or facts.agreements is not policy.agreements or facts.legacy is not policy.legacy:
        facts = replace(facts, workflow=policy.workflow, agreements=policy.agreements, legacy=policy.legacy)
    facts = _as_known_machine(policy, facts)
    trail = Trail(policy, facts)
    actions: list[RuleAction] = []
    for position in policy.index.candidates(facts) if policy.index else range(len(policy.rules)):
        rule = policy.rules[position]
        hit, because = _ask(rule, facts)
        trail.asked.append((position, TrailEntry(rule.name, hit, because)))
        if not hit or rule.shadow:
            continue
        actions += rule.actions
        if rule.then is not None:
            return _decide(policy, facts, rule, trail, actions)
    raise AssertionError("a policy without a written default cannot be made")


def _as_known_machine(policy: Policy, facts: Facts) -> Facts:
    """The facts, with mail of a known machine as a person's. An auto-reply stays one, and so does mail that may be forged.

    The answer gate does not use the policy: a known machine is never answered automatically.
    """
    mail = facts.mail
    if mail.kind not in KNOWN_MACHINE_KINDS or mail.author is None or not policy.knows_machine(mail.author.address.lower()):
        return facts
    if facts.auth.verdict == "fail" or mail.identity_doubtful:
        return facts
    return replace(facts, mail=replace(mail, kind="human", kind_reasons=("policy:known_machines", *mail.kind_reasons)))


def restored(policy: Policy, entries: Sequence[TrailEntry], passed_over: Sequence[PassedOver]) -> list[TrailEntry]:
    """The whole trail from what is stored of it, given the policy that decided: each rule, in order, then the remarks.

    A rule that was passed over is given the reason of its kind. Without `passed_over`, the entries are all there is.
    """
    if not passed_over or policy.index is None:
        return list(entries)
    why, stored = {group.facts: group.because for group in passed_over}, {entry.rule: entry for entry in entries}
    positions = [at for at, rule in enumerate(policy.rules) if rule.name in stored]
    rules = policy.rules[: positions[-1] + 1] if positions else ()
    whole = [stored.get(rule.name) or TrailEntry(rule.name, False, why.get(policy.index.label(at), "")) for at, rule in enumerate(rules)]
    names = {rule.name for rule in policy.rules}
    return whole + [entry for entry in entries if entry.rule == GUARD_RAILS or entry.rule not in names]


def _ask(rule: Rule, facts: Facts) -> tuple[bool, str]:
    hit, seen = rule.when.judge(facts)
    if not hit:
        return False, seen
    because = f"{rule.reason} ({seen})" if rule.reason and seen else rule.reason or seen
    return True, f"shadow, nothing is done, it would {would(rule)}: {because or 'it holds always'}" if rule.shadow else because


def would(rule: Rule) -> str:
    """What a rule does when it holds, in words: `hold, tag vip`."""
    does = [f"{rule.then} {rule.forward_to or rule.answer}".rstrip()] if rule.then else []
    for action in rule.actions:
        does += [f"{action.do} {' '.join(f'{name} {value}' if action.do == 'set' else value for name, value in action.args.items())}"]
    return ", ".join(does)


def _kept(name: str, value: Value) -> Value:
    """A value as the trail keeps it. What people wrote is not kept beyond its retention, only how long it was."""
    if name in BODIES:
        return f"{len(str(value))} characters"
    if isinstance(value, tuple):
        return tuple(_cut(item) for item in value[:KEPT_ITEMS])
    return _cut(value) if isinstance(value, str) else value


def _cut(text: str) -> str:
    return text if len(text) <= KEPT_CHARS else f"{text[:KEPT_CHARS]}…"


def _decide(policy: Policy, facts: Facts, rule: Rule, trail: Trail, actions: list[RuleAction]) -> Verdict:
    disposition, name, reason, answer = rule.then or "hold", rule.name, trail.asked[-1][1].because, rule.answer
    answered = facts.case_answer() if disposition == "comment" else None
    if overruled := _guarded(disposition, facts, rule.forward_to, answered):
        disposition, why = overruled
        name, reason, answer = GUARD_RAILS, f"rule {rule.name} says {rule.then}, but {why}", ""
        trail.remarks.append(TrailEntry(GUARD_RAILS, True, reason))
    if disposition == "redirect":
        answer = answer or "legacy"
    kept = _kept_actions(disposition, facts, actions, trail)
    moves = _moves(answered, kept) if disposition == "comment" else ()
    effects = (_main_effect(disposition, facts, rule, answer), *moves, *_extras(kept))
    return Verdict(disposition, name, reason, trail, effects, answer, policy.version)


def _sender(facts: Facts) -> set[str]:
    author = facts.mail.author.address if facts.mail.author else ""
    return {author.lower(), (facts.envelope.reverse_path or "").lower()}


def _guarded(disposition: Disposition, facts: Facts, to: str, answered: ReplyAnswer | None) -> tuple[Disposition, str] | None:
    """What stands in place of a disposition that the guarantees forbid, and why; None when it is allowed.

    `answered`: what the workflow says to a comment.
    """
    if facts.auth.verdict == "fail" and facts.case and facts.carrier and _stays_on_case(disposition, facts):
        return "hold", "the author's domain says that the mail is not from there, and it would stand on a case"
    if facts.mail.kind != "human" and disposition in HUMAN_ONLY:
        return "note", f"mail of kind {facts.mail.kind} gets no answer, moves nothing, makes no case and is not passed on"
    if disposition == "create" and (facts.mail.author is None or facts.mail.identity_doubtful):
        return "hold", "nobody can be taken for the author, whose case it would be"
    if disposition == "create" and facts.auth.verdict == "fail":
        return "hold", "the author's domain says that the mail is not from there, and the case would be the author's"
    if disposition in ("create", "redirect") and facts.envelope_forged and (disposition == "create" or facts.phase_claimed in OPEN):
        return "hold", "the reverse-path's domain says that the mail is not from there, and cases would be made for that domain"
    if disposition == "forward" and to.lower() in _sender(facts):
        return "hold", f"{to} sent the mail and would get it back"
    if disposition != "comment":
        return None
    if facts.case is None or not facts.carrier:
        return "hold", "nothing proves that the mail belongs to a case"
    if facts.trust not in MAY_COMMENT:
        return "hold", f"trust {facts.trust} never joins a case"
    if facts.trust == "staff" and not facts.to_customer:
        return "hold", "one of our staff wrote it, perhaps not for the customer"
    return ("hold", answered.reason) if answered and answered.does == "refuse" else None


def _stays_on_case(disposition: Disposition, facts: Facts) -> bool:
    """The mail would become a note of its case, by its rule or because it is a machine's."""
    return disposition == "note" or (facts.mail.kind != "human" and disposition in HUMAN_ONLY)


def _kept_actions(disposition: Disposition, facts: Facts, actions: list[RuleAction], trail: Trail) -> list[RuleAction]:
    """The actions that the guarantees allow; those that are dropped are named in the trail."""
    kept = [action for action in actions if _is_allowed(action, disposition, facts)]
    for action in actions:
        if action not in kept:
            trail.remarks.append(
                TrailEntry(
                    GUARD_RAILS, True, f"{action.do} is left out: mail with disposition {disposition} and trust {facts.trust} may not"
                )
            )
    return kept


def _is_allowed(action: RuleAction, disposition: Disposition, facts: Facts) -> bool:
    if action.do == "tag":
        return True
    if action.do == "notify":
        # A bounce of the notice, or a recipient's automatic answer to it, would cause the next one.
        return facts.mail.kind == "human" and action.args.get("whom", "").lower() not in _sender(facts)
    if facts.trust == "staff" and action.do in ("transition", "participant"):
        return False  # staff answer for themselves, and move cases on the desk
    if action.do == "transition":
        return disposition == "comment" and facts.trust in facts.workflow.moving_trust
    return disposition in ("comment", "create")


def _main_effect(disposition: Disposition, facts: Facts, rule: Rule, answer: str) -> Effect:
    args: dict[str, str] = {}
    if facts.case and facts.carrier and (disposition in ("comment", "note", "hold") or answer == "case_closed"):
        args["case"] = facts.case.key
    if answer:
        args["answer"] = answer
    if rule.forward_to and disposition == "forward":
        args["to"] = rule.forward_to
        args |= {"attach": rule.attach} if rule.attach else {}
    return Effect(disposition, args)


def _moves(answer: ReplyAnswer | None, actions: list[RuleAction]) -> tuple[Effect, ...]:
    """The status that a comment leads to: the policy's own transition, else the workflow's."""
    if answer is None or any(action.do == "transition" for action in actions):
        return ()
    args = {"to": answer.move_to, "because": answer.reason} if answer.move_to else {"because": answer.reason}
    return (Effect("transition" if answer.move_to else "keep_status", args),)


def _extras(actions: list[RuleAction]) -> tuple[Effect, ...]:
    return tuple(Effect(action.do, action.args) for action in actions)
