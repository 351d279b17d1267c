"""The chain: one policy asked about one mail. In: a policy and facts. Out: a verdict with the answer of every rule that was asked, and why.

Pure and without a memory. Rules are asked in order; the first that holds decides, unless it continues. Of many rules only those are
asked that can hold (`index`); the others are counted for the trail, and asked when someone wants to see all of it. A floor stands under
every policy: what the guarantees forbid (a stranger's comment, an answer to a machine, a status that a machine moves) no rule can bring
about. A rule may be stricter than the floor, never looser.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from mailgate.rules.facts import Facts, Value, fact
from mailgate.rules.index import PassedOver
from mailgate.rules.policy import Action, Disposition, Policy, Rule

FLOOR = "guarantees"
"""The rule's name in trail and verdict when the floor overrules a policy."""
PEOPLES = frozenset({"comment", "redirect", "create", "forward"})
"""Dispositions that only a person's mail can have."""
HEARD_KINDS = frozenset({"system", "bulk"})
"""Kinds of mail in which a known machine has something to say of its own."""
BODIES = frozenset({"text", "reply.text"})
KEPT_CHARS, KEPT_ITEMS = 200, 50
MAY_COMMENT = frozenset({"confirmed", "participant", "colleague"})


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One rule that was asked: did it hold, and why (a plain sentence, no full stop)."""

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
        """The answers that deciding took, and the remarks of the guarantees."""
        return [*(entry for _, entry in self.asked), *self.remarks]

    def shadows(self) -> list[tuple[str, str]]:
        """The shadow rules that held, and what each would have done, in words."""
        hits = [self.policy.rules[at] for at, entry in self.asked if entry.hit]
        return [(rule.name, would(rule)) for rule in hits if rule.shadow]

    def facts_used(self) -> dict[str, Value]:
        """The facts that the asked rules look at, in the order in which they were asked for. Long values are cut, bodies only measured."""
        asked = self.policy.facts_by_rule
        names = dict.fromkeys(chain.from_iterable(asked[at] for at, _ in self.asked))
        return {name: _kept(name, fact(name).read(self.facts)) for name in names}

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


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that follows from the verdict. `do` is a disposition or an action's name; `args` are plain text values."""

    do: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a mail. `flavour` is the text of a redirect (`legacy`, `case_closed`), "" for anything else."""

    disposition: Disposition
    rule: str
    reason: str
    trail: Trail
    effects: tuple[Effect, ...]
    flavour: str = ""
    policy_version: str = ""


def run(policy: Policy, facts: Facts) -> Verdict:
    """Ask the policy. Same policy and facts, same verdict. Raises nothing for any mail."""
    if facts.workflow is not policy.workflow or facts.agreements is not policy.agreements or facts.legacy is not policy.legacy:
        facts = replace(facts, workflow=policy.workflow, agreements=policy.agreements, legacy=policy.legacy)
    facts = _heard(policy, facts)
    trail = Trail(policy, facts)
    actions: list[Action] = []
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


def _heard(policy: Policy, facts: Facts) -> Facts:
    """The facts, with mail of a known machine as a person's. An answer of a machine stays one, and so does mail that may be forged.

    The answer gate does not ask the policy: a known machine is never answered automatically.
    """
    mail = facts.mail
    if mail.kind not in HEARD_KINDS or mail.author is None or not policy.knows_machine(mail.author.address.lower()):
        return facts
    if facts.auth.verdict == "fail" or mail.identity_doubtful:
        return facts
    return replace(facts, mail=replace(mail, kind="human", kind_reasons=("policy:known_machines", *mail.kind_reasons)))


def restored(policy: Policy, entries: Sequence[TrailEntry], passed_over: Sequence[PassedOver]) -> list[TrailEntry]:
    """The whole trail as told from what is stored of it, given the policy that decided: each rule, in order, then the remarks.

    A rule that was passed over is given the reason of its kind. Without `passed_over`, the entries are all there is.
    """
    if not passed_over or policy.index is None:
        return list(entries)
    why, told = {group.facts: group.because for group in passed_over}, {entry.rule: entry for entry in entries}
    positions = [at for at, rule in enumerate(policy.rules) if rule.name in told]
    rules = policy.rules[: positions[-1] + 1] if positions else ()
    whole = [told.get(rule.name) or TrailEntry(rule.name, False, why.get(policy.index.label(at), "")) for at, rule in enumerate(rules)]
    names = {rule.name for rule in policy.rules}
    return whole + [entry for entry in entries if entry.rule == FLOOR or entry.rule not in names]


def _ask(rule: Rule, facts: Facts) -> tuple[bool, str]:
    hit, seen = rule.when.judge(facts)
    if not hit:
        return False, seen
    because = f"{rule.says} ({seen})" if rule.says and seen else rule.says or seen
    return True, f"shadow, nothing is done, it would {would(rule)}: {because or 'it holds always'}" if rule.shadow else because


def would(rule: Rule) -> str:
    """What a rule does when it holds, in words: `hold, tag vip`."""
    does = [f"{rule.then} {rule.forward_to or rule.flavour}".rstrip()] if rule.then else []
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


def _decide(policy: Policy, facts: Facts, rule: Rule, trail: Trail, actions: list[Action]) -> Verdict:
    disposition, name, reason, flavour = rule.then or "hold", rule.name, trail.asked[-1][1].because, rule.flavour
    if overruled := _floor(disposition, facts, rule.forward_to):
        disposition, why = overruled
        name, reason, flavour = FLOOR, f"rule {rule.name} says {rule.then}, but {why}", ""
        trail.remarks.append(TrailEntry(FLOOR, True, reason))
    if disposition == "redirect":
        flavour = flavour or "legacy"
    kept = _kept_actions(disposition, facts, actions, trail)
    effects = (_main_effect(disposition, facts, rule, flavour), *_moves(disposition, facts, kept), *_extras(kept))
    return Verdict(disposition, name, reason, trail, effects, flavour, policy.version)


def _sender(facts: Facts) -> set[str]:
    author = facts.mail.author.address if facts.mail.author else ""
    return {author.lower(), (facts.envelope.reverse_path or "").lower()}


def _floor(disposition: Disposition, facts: Facts, to: str) -> tuple[Disposition, str] | None:
    """What stands in place of a disposition that the guarantees forbid, and why; None when it is allowed."""
    if facts.mail.kind != "human" and disposition in PEOPLES:
        return "note", f"mail of kind {facts.mail.kind} gets no answer, moves nothing, makes no case and is not passed on"
    if disposition == "create" and (facts.mail.author is None or facts.mail.identity_doubtful):
        return "hold", "nobody can be taken for the author, whose case it would be"
    if disposition == "create" and facts.auth.verdict == "fail":
        return "hold", "the author's domain says that the mail is not from there, and the case would be the author's"
    if disposition == "forward" and to.lower() in _sender(facts):
        return "hold", f"{to} sent the mail and would get it back"
    if disposition != "comment":
        return None
    if facts.case is None or not facts.carrier:
        return "hold", "nothing proves that the mail belongs to a case"
    if facts.trust not in MAY_COMMENT:
        return "hold", f"trust {facts.trust} never joins a case"
    answer = facts.case_answer()
    return ("hold", answer.reason) if answer and answer.does == "refuse" else None


def _kept_actions(disposition: Disposition, facts: Facts, actions: list[Action], trail: Trail) -> list[Action]:
    """The actions that the guarantees allow; what falls is said in the trail."""
    kept = [action for action in actions if _is_allowed(action, disposition, facts)]
    for action in actions:
        if action not in kept:
            trail.remarks.append(
                TrailEntry(FLOOR, True, f"{action.do} is left out: mail with disposition {disposition} and trust {facts.trust} may not")
            )
    return kept


def _is_allowed(action: Action, disposition: Disposition, facts: Facts) -> bool:
    if action.do == "tag":
        return True
    if action.do == "notify":
        return facts.mail.kind == "human"  # a bounce of what we send would be told again, for ever
    if action.do == "transition":
        return disposition == "comment" and facts.trust in facts.workflow.moving_trust
    return disposition in ("comment", "create")


def _main_effect(disposition: Disposition, facts: Facts, rule: Rule, flavour: str) -> Effect:
    args: dict[str, str] = {}
    if facts.case and facts.carrier and (disposition in ("comment", "note", "hold") or flavour == "case_closed"):
        args["case"] = facts.case.key
    if flavour:
        args["flavour"] = flavour
    if rule.forward_to and disposition == "forward":
        args["to"] = rule.forward_to
    return Effect(disposition, args)


def _moves(disposition: Disposition, facts: Facts, actions: list[Action]) -> tuple[Effect, ...]:
    """The status that a comment leads to: the policy's own transition, else the workflow's."""
    answer = facts.case_answer() if disposition == "comment" else None
    if answer is None or any(action.do == "transition" for action in actions):
        return ()
    args = {"to": answer.move_to, "because": answer.reason} if answer.move_to else {"because": answer.reason}
    return (Effect("transition" if answer.move_to else "keep_status", args),)


def _extras(actions: list[Action]) -> tuple[Effect, ...]:
    return tuple(Effect(action.do, action.args) for action in actions)
