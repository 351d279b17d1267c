"""Versions of the policy: activate, roll back, history, show. In: documents and numbers. Out: views. A version is never changed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.policies.documents import Checked, PolicyDocument, usable
from mailgate.application.policies.stranded import Stranded, stranded
from mailgate.application.policies.unknown_names import unknown_names
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, guarded, query, use_case
from mailgate.application.words import line_or_empty, one_line
from mailgate.errors import Conflict, NotAllowed, NotFound, PolicyError
from mailgate.rules.document.file import policy_of
from mailgate.rules.document.loader import load
from mailgate.rules.examples import left_out
from mailgate.rules.policy import Policy
from mailgate.store.rows import PolicyActivation, PolicyVersion


@dataclass(frozen=True, slots=True)
class Version:
    """A version without its text. `hash`: SHA-256 of the text's UTF-8, lower-case hex."""

    version: int
    hash: str
    author: str
    comment: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Activation:
    """When a version came into force. `what`: first, activated or rolled_back; `active`: it is in force now."""

    version: int
    what: str
    at: datetime
    author: str
    comment: str
    hash: str
    active: bool


@dataclass(frozen=True, slots=True)
class InForce:
    """A version that is in force now. `before`: the number of the one before it. `tests_left_out`: its tests that need a mail file.

    `unknown`: what its rules name and nobody has, in sentences.
    """

    version: Version
    changed: bool
    before: int | None
    tests_left_out: int = 0
    checked: Checked | None = None
    unknown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """What activating a document would change. `left`: what it would leave behind; `unknown`: as in `InForce`."""

    checked: Checked
    left: Sequence[Stranded]
    unknown: Sequence[str]


@dataclass(frozen=True, slots=True)
class ShownVersion:
    """A version with its text."""

    version: Version
    text: str
    active: bool
    tests_left_out: int


@dataclass(frozen=True, slots=True)
class Activate:
    """`comment` says why; it stays with the version. `strand`: also when cases or customers are left behind.

    `base`: the number of the version that the document was made from; None: it replaces whichever is in force.
    """

    document: PolicyDocument
    comment: str
    strand: bool = False
    base: int | None = None


@dataclass(frozen=True, slots=True)
class Rollback:
    """`number` None: the version before the active one. `comment`: "" for one that names the version left. `strand`: see `Activate`."""

    number: int | None = None
    comment: str = ""
    strand: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str
    comment: str
    policy: Policy
    strand: bool
    base: int | None = None


@dataclass(frozen=True, slots=True)
class _Back:
    number: int
    comment: str
    before: int
    policy: Policy
    strand: bool


@guarded(Action.POLICY_ACTIVATE, writes=True)
def activate(app: App, principal: Principal, command: Activate) -> InForce:
    """Keep a document as the next version and put it in force.

    Raises PolicyRefused when it has problems or fails its own tests, and Conflict when another version than its base is in force.
    """
    comment = one_line(command.comment, "comment", "the comment")
    policy, checked = usable(command.document, app.parts.own_mailboxes)
    kept = _Kept(command.document.raw.decode("utf-8"), comment, policy, command.strand, command.base)
    done = keep_and_activate(app, principal, kept)
    return replace(done, checked=checked)


@query(Action.POLICY_TEST)
def try_out(act: Act, document: PolicyDocument) -> Tried:
    """Check a document as `activate` does, and say what it would change. Raises PolicyRefused. Changes nothing."""
    policy, checked = usable(document, act.app.parts.own_mailboxes)
    return Tried(checked, stranded(act.uow, policy, _in_force(act)), unknown_names(act.uow, policy))


@use_case(Action.POLICY_ACTIVATE)
def keep_and_activate(act: Act, command: _Kept) -> InForce:
    """The part of `activate` that writes: nothing when the text is in force already."""
    policies = act.uow.policies
    active = policies.hold_active()
    before = policies.get(active) if active else None
    if command.base is not None and active != command.base:
        raise Conflict("the policy", active or 0)
    if before is not None and before.text == command.text:
        act.unchanged()
        return InForce(_version(before), False, active)
    _refuse_stranding(act, command.policy, command.strand)
    version = policies.add(command.text, act.principal.name, command.comment, act.now)
    act.record(("policy", str(version.number)), {"active": active}, {"active": version.number}, reason=command.comment)
    return InForce(_version(version), True, active, unknown=unknown_names(act.uow, command.policy))


@guarded(Action.POLICY_ROLLBACK, writes=True)
def rollback(app: App, principal: Principal, command: Rollback) -> InForce:
    """Put an earlier version in force again.

    Raises NotAllowed, NotFound, PolicyError when this program cannot run it any more, and Conflict when somebody was faster.
    """
    with app.store.reading() as uow:
        record = uow.policies.history()
        version = uow.policies.get(command.number if command.number is not None else _before(record))
    if record and record[0].number == version.number:
        raise NotAllowed(f"version {version.number} is in force already")
    policy = policy_of(version.text, app.parts.own_mailboxes, f"version {version.number}", tested=True)
    comment = line_or_empty(command.comment, "comment", "the comment") or f"back from version {record[0].number}"
    switch_back(app, principal, _Back(version.number, comment, record[0].number, policy, command.strand))
    return InForce(_version(version), True, record[0].number, left_out(policy))


@use_case(Action.POLICY_ROLLBACK)
def switch_back(act: Act, command: _Back) -> None:
    """The part of `rollback` that writes. Raises Conflict when another version is in force than the one that was left."""
    active = act.uow.policies.hold_active()
    if active != command.before:
        raise Conflict("the policy", active or 0)
    _refuse_stranding(act, command.policy, command.strand)
    act.uow.policies.roll_back(command.number, act.principal.name, command.comment, act.now)
    act.record(("policy", str(command.number)), {"active": command.before}, {"active": command.number}, reason=command.comment)


@query(Action.POLICY_READ)
def history(act: Act, limit: int) -> Sequence[Activation]:
    """Show which version was in force since when, by whom and why, the newest first."""
    found = act.uow.policies.history(limit)
    return [Activation(one.number, one.what, one.at, one.author, one.comment, one.sha256, active=at == 0) for at, one in enumerate(found)]


@query(Action.POLICY_READ)
def show_version(act: Act, number: int | None) -> ShownVersion:
    """Show the text of a version, None for the active one, and who made it."""
    active = act.uow.policies.active()
    wanted = number if number is not None else active
    if wanted is None:
        raise NotFound("policy", "", "no version of the policy yet: the first start makes one, or mailgate policy activate")
    version = act.uow.policies.get(wanted)
    document = load(version.text.encode(), act.app.parts.own_mailboxes)
    untested = left_out(document.policy) if document.policy else 0  # None: another release's document, which is shown anyway
    return ShownVersion(_version(version), version.text, wanted == active, untested)


def _refuse_stranding(act: Act, policy: Policy, strand: bool) -> None:
    """Raises NotAllowed when cases or customers would be left behind, unless that is meant. In the transaction of the change."""
    left = [] if strand else stranded(act.uow, policy, _in_force(act))
    if left:
        raise NotAllowed(f"the policy does not know {'; nor '.join(map(str, left))}; nothing has changed: add --yes to do it all the same")


def _in_force(act: Act) -> Policy | None:
    """The policy that is left; None before there is one, or when this program cannot read it."""
    number = act.uow.policies.active()
    with contextlib.suppress(PolicyError):
        return act.app.parts.compiled(act.uow.policies.get(number)) if number is not None else None
    return None


def _before(record: Sequence[PolicyActivation]) -> int:
    """The version that was in force before the present one was activated: each rollback goes one step further back, never forth.

    Raises NotAllowed when there is none.
    """
    made = next((at for at, one in enumerate(record) if one.number == record[0].number and one.what != "rolled_back"), None)
    if made is None or made + 1 == len(record):
        raise NotAllowed("there is no version before the one in force" if record else "no version of the policy is in force yet")
    return record[made + 1].number


def _version(version: PolicyVersion) -> Version:
    return Version(version.number, version.sha256, version.author, version.comment, version.created_at)
