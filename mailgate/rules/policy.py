"""The policy: everything that operators own, as frozen values, built by `default` or by a loader. Nothing here evaluates them.

A policy is checked when it is made, as a whole: whoever holds one holds one that can be run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from mailgate.cases.changes import NOTICE_KINDS
from mailgate.cases.model import NoticeKind
from mailgate.cases.waiting import closing
from mailgate.cases.workflow import SUPPORTWEB, Workflow
from mailgate.mail.model import Mail
from mailgate.rules.agreements import DEFAULT_ZONE, SUPPORTWEB_AGREEMENTS, Agreement, time_zone
from mailgate.rules.conditions import Always, Condition, facts_in
from mailgate.rules.facts import DEFAULT_AGREEMENT
from mailgate.rules.index import Index
from mailgate.rules.legacy import SUPPORTWEB_LEGACY, Legacy

Disposition = Literal["comment", "redirect", "note", "create", "forward", "hold", "discard"]
Attach = Literal["", "files"]
Do = Literal["tag", "set", "transition", "notify", "participant"]

DISPOSITIONS: frozenset[str] = frozenset({"comment", "redirect", "note", "create", "forward", "hold", "discard"})
INDEXED_FROM_RULES = 64
TEXTS: Mapping[str, Mapping[str, str]] = {
    "no_subject": {"nb": "(uten emne)", "nn": "(utan emne)", "en": "(no subject)"},
    "encrypted": {
        "nb": "Denne e-posten er kryptert og kunne ikke leses her. Innholdet ligger ved.",
        "nn": "Denne e-posten er kryptert og kunne ikkje lesast her. Innhaldet ligg ved.",
        "en": "This mail is encrypted and could not be read here. Its content is attached.",
    },
}
"""Texts that a policy may replace: the summary of a case that was made of a mail without a subject, the comment of an encrypted mail."""
SETTABLE: frozenset[str] = frozenset({"priority", "type", "component", "assignee"})


@dataclass(frozen=True, slots=True)
class RuleAction:
    """Something a rule does beside its disposition. `args`: `tag` name; `set` one of SETTABLE; `transition` to; `notify` whom and
    by (the rule's name); `participant` approved (yes or no).
    """

    do: Do
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """`when` holds, `then` follows. `reason`: why, in a plain sentence without a full stop, for the trail.

    `continue_`: the actions are done, the next rule is asked, and `then` must be None. `shadow`: is asked and
    logged, does nothing. `answer` names the text of a redirect; `forward_to` the address of a forward, which has the mail as one
    attachment, or with `attach` "files" its files. `description`: for people alone.
    """

    name: str
    when: Condition
    then: Disposition | None
    reason: str = ""
    actions: tuple[RuleAction, ...] = ()
    continue_: bool = False
    shadow: bool = False
    answer: str = ""
    forward_to: str = ""
    attach: Attach = ""
    description: str = ""

    def __post_init__(self) -> None:
        if self.then is None and not (self.continue_ and self.actions):
            raise ValueError(f"rule {self.name}: it has neither a disposition nor actions to continue with")
        if self.then is not None and (self.continue_ or self.then not in DISPOSITIONS):
            raise ValueError(
                f"rule {self.name}: {'a rule that continues cannot decide' if self.continue_ else f'there is no {self.then!r}'}"
            )
        if (self.then == "forward") != bool(self.forward_to):
            raise ValueError(f"rule {self.name}: forward and an address to forward to belong together")
        if self.then != "forward" and self.attach:
            raise ValueError(f"rule {self.name}: only a forward attaches anything")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that a case's type, priority or component can have. `labels`: nb, nn, en. `asks`: fields that a case type needs."""

    key: str
    labels: Mapping[str, str]
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseDefaults:
    """Type and priority of a case that mail makes, unless a rule sets them. Keys of the policy's lists; "" for a policy without."""

    case_type: str = ""
    priority: str = ""


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """Which notices participants get, and how long changes are gathered into one mail: `window`, but for kinds in `windows`."""

    kinds: frozenset[NoticeKind] = NOTICE_KINDS
    window: timedelta = timedelta(seconds=10)
    windows: Mapping[NoticeKind, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitingSettings:
    """What becomes of a case in one of `statuses` whose people do not answer: they are reminded, then it is closed. 0: never.

    Days are working days of the customer's agreement, from the last word or move on the case.
    """

    remind_after_days: int = 0
    close_after_days: int = 0
    statuses: tuple[str, ...] = ("waiting_customer",)

    @property
    def is_on(self) -> bool:
        """Whether anything is to be done at all."""
        return bool(self.remind_after_days or self.close_after_days)


@dataclass(frozen=True, slots=True)
class RedirectSettings:
    """At most one automatic answer per address and template within `window`. `texts`: name -> language -> the words with which the
    answer begins, in place of the template's own; links, hours and response time follow them as ever.
    """

    window: timedelta = timedelta(hours=24)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def text(self, name: str, language: str) -> str:
        """The words of this name in this language; "" for the template's own."""
        return self.texts.get(name, {}).get(language, "").strip()


@dataclass(frozen=True, slots=True)
class Example:
    """A test that the policy carries: a mail, and the disposition (and rule and effects, when given) that must come out.

    `given`: facts by name, put in place of those of `mail`, or of a plain mail when it is None. `path`: where `mail` was read from, "" for
    a plain one. `at`: when it comes, as local time; None for a Monday morning. `effects`: in the words of `examples.said`, in any order;
    None when they do not matter. `line`: where the test stands.
    """

    name: str
    given: Mapping[str, str | int | bool | tuple[str, ...]]
    disposition: Disposition
    rule: str = ""
    path: str = ""
    mail: Mail | None = None
    at: datetime | None = None
    effects: tuple[str, ...] | None = None
    line: int = 0


@dataclass(frozen=True)
class Policy:
    """One version of everything that operators own. Raises ValueError when it could not be run or does not say its default.

    `zone`: time zone of dates in mail, and of all that names no zone of its own. `texts`: name -> language -> words.
    `destinations`: addresses and domains (lower case) that rules may send mail to. `known_machines`: those whose machine mail counts like
    that of people, though it is never answered.
    """

    rules: tuple[Rule, ...]
    version: str
    workflow: Workflow = SUPPORTWEB
    agreements: Mapping[str, Agreement] = field(default_factory=lambda: SUPPORTWEB_AGREEMENTS)
    case_types: tuple[Choice, ...] = ()
    priorities: tuple[Choice, ...] = ()
    components: tuple[Choice, ...] = ()
    defaults: CaseDefaults = field(default_factory=CaseDefaults)
    zone: str = DEFAULT_ZONE
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: TEXTS)
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    waiting: WaitingSettings = field(default_factory=WaitingSettings)
    redirect: RedirectSettings = field(default_factory=RedirectSettings)
    legacy: Legacy = SUPPORTWEB_LEGACY
    destinations: frozenset[str] = frozenset()
    known_machines: frozenset[str] = frozenset()
    examples: tuple[Example, ...] = ()

    def __post_init__(self) -> None:
        self._check_rules()
        if DEFAULT_AGREEMENT not in self.agreements:
            raise ValueError(f"the policy has no agreement {DEFAULT_AGREEMENT!r}, which everyone has who chose no other")
        _check_defaults(self)
        time_zone(self.zone)
        check_waiting(self.waiting, self.workflow)
        for rule in self.rules:
            for action in rule.actions:
                _check_action(self, rule, action)

    def _check_rules(self) -> None:
        names = [rule.name for rule in self.rules]
        if duplicate := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two rules have the name {duplicate[0]!r}")
        last = self.rules[-1] if self.rules else None
        if last is None or not isinstance(last.when, Always) or last.then is None or last.shadow:
            raise ValueError("the last rule must be the written default: it holds always, and it decides")

    @cached_property
    def local(self) -> ZoneInfo:
        """The time zone of `zone`."""
        return ZoneInfo(self.zone)

    @cached_property
    def index(self) -> Index | None:
        """Which rules can hold; None for the few rules that most policies have, which are asked each, so that each answer is stored."""
        return Index([rule.when for rule in self.rules]) if len(self.rules) >= INDEXED_FROM_RULES else None

    @cached_property
    def facts_by_rule(self) -> tuple[tuple[str, ...], ...]:
        """The facts that each rule asks for, in order, with duplicates."""
        return tuple(tuple(facts_in(rule.when)) for rule in self.rules)

    def description(self, rule: str) -> str:
        """What people say about the rule of this name, "" when they say nothing."""
        return next((one.description for one in self.rules if one.name == rule), "")

    def knows_machine(self, address: str) -> bool:
        """True for an author (lower case) whose machine mail counts as a person's."""
        return address in self.known_machines or address.rpartition("@")[2] in self.known_machines

    def text(self, name: str, language: str) -> str:
        """The words of this name in this language, in English when it has none. `name` is a key of `TEXTS`."""
        words = self.texts.get(name, TEXTS[name])
        return words.get(language) or words["en"]

    def agreement(self, key: str) -> Agreement:
        """The agreement of this key, else the default one."""
        return self.agreements.get(key) or self.agreements[DEFAULT_AGREEMENT]


def _check_defaults(policy: Policy) -> None:
    for key, choices, noun in (
        (policy.defaults.case_type, policy.case_types, "case type"),
        (policy.defaults.priority, policy.priorities, "priority"),
    ):
        if (key or choices) and key not in {choice.key for choice in choices}:
            raise ValueError(f"the policy has no {noun} {key!r}, which it names as the default" if key else f"it names no default {noun}")


def check_waiting(waiting: WaitingSettings, workflow: Workflow) -> WaitingSettings:
    """The same settings. Raises ValueError when this workflow cannot do what they say."""
    if not waiting.is_on:  # workflows without the status that is built in
        return waiting
    for status in waiting.statuses:
        if not workflow.has_status(status):
            raise ValueError(f"waiting names the status {status!r}, which the workflow does not have")
        if workflow.status(status).final:
            raise ValueError(f"waiting names the status {status!r}, in which a case is over")
        if waiting.close_after_days and not closing(workflow, status):
            raise ValueError(f"waiting closes cases in {status!r}, and no operation of ours leads from there to a final status")
    if 0 < waiting.close_after_days <= waiting.remind_after_days:
        raise ValueError("waiting closes a case before its people are reminded")
    return waiting


def _check_action(policy: Policy, rule: Rule, action: RuleAction) -> None:
    if action.do == "set" and not (action.args and action.args.keys() <= SETTABLE):
        raise ValueError(f"rule {rule.name}: only {', '.join(sorted(SETTABLE))} can be set")
    if action.do == "transition" and not policy.workflow.has_status(action.args.get("to", "")):
        raise ValueError(f"rule {rule.name}: the workflow has no status {action.args.get('to', '')!r}")
