"""The workflow as data: statuses, operations, and what a reply by mail does. In: a status and who asks. Out: the next status, or why not.

`SUPPORTWEB` is the one that ships; a policy document can give another `Workflow` of the same form. Nothing here changes a case:
`changes` does, and the store writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

from mailgate.cases.model import ActorKind
from mailgate.errors import NotAllowed
from mailgate.values import value_class

LANGUAGES = ("nb", "nn", "en")
Answer = Literal["comment", "note", "refuse"]
Turn = Literal["ours", "yours", "paused", "done", "again"]
"""Whose turn it is with a case: the support's, the customer's, nobody's for now, nobody's any more, the support's again."""

ANSWERS = frozenset({"verify", "refuse", "reopen"})
"""The operations by which a customer answers a solution."""
OPERATOR: frozenset[ActorKind] = frozenset({"operator", "system"})
EVERYONE: frozenset[ActorKind] = frozenset({"operator", "system", "contact"})


@dataclass(frozen=True, slots=True)
class Status:
    """One status. `labels`: language -> what people read. `solved`: entering it sets `resolved_at`. `final`: contacts may not comment.

    `hints`: language -> what the status means for a customer, said in mail; `{portal}` stands for the portal's name.
    """

    key: str
    labels: Mapping[str, str]
    solved: bool = False
    final: bool = False
    turn: Turn = "ours"
    hints: Mapping[str, str] = field(default_factory=dict)

    def label(self, language: str) -> str:
        """The label in this language, else in the first one there is, else the key."""
        return self.labels.get(language) or next(iter(self.labels.values()), self.key)

    def hint(self, language: str) -> str:
        """The word of advice in this language, "" for none."""
        return self.hints.get(language, "")


@dataclass(frozen=True, slots=True)
class Step:
    """From any of `sources` to `target`, for these kinds of actors."""

    sources: frozenset[str]
    target: str
    actors: frozenset[ActorKind] = OPERATOR


@dataclass(frozen=True, slots=True)
class Operation:
    """What an operator or a contact can do to a case, by name. The first step that fits is taken."""

    name: str
    labels: Mapping[str, str]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ReplyMove:
    """What a human reply by someone who may does to a case in `status`.

    `target` "" leaves the status. `refuse` refuses the comment. `thanks_moves` False: a reply that only says thanks does not move it.
    `within_reopen_days`: after that time since `resolved_at` the status stays.
    """

    status: str
    target: str = ""
    refuse: bool = False
    thanks_moves: bool = True
    within_reopen_days: bool = False


@dataclass(frozen=True)
class Workflow:
    """Statuses, operations and reply moves, checked as a whole. Raises ValueError when one names a status that does not exist.

    `former`: statuses of earlier workflows that cases are still in. They keep their labels and meaning; nothing leads to them.
    """

    statuses: tuple[Status, ...]
    operations: tuple[Operation, ...]
    replies: tuple[ReplyMove, ...] = ()
    initial: str = "open"
    reopen_days: int = 30
    moving_trust: frozenset[str] = frozenset({"confirmed", "participant"})
    former: tuple[Status, ...] = ()

    def __post_init__(self) -> None:
        named = {self.initial, *(move.status for move in self.replies), *(move.target for move in self.replies if move.target)}
        for operation in self.operations:
            for step in operation.steps:
                named |= {step.target, *step.sources}
        if unknown := sorted(named - self._by_key.keys()):
            raise ValueError(f"the workflow names a status that it does not have: {', '.join(unknown)}")

    @cached_property
    def _by_key(self) -> dict[str, Status]:
        return {status.key: status for status in self.statuses}

    @cached_property
    def _operations(self) -> dict[str, Operation]:
        return {operation.name: operation for operation in self.operations}

    @cached_property
    def _replies(self) -> dict[str, ReplyMove]:
        return {move.status: move for move in self.replies}

    @cached_property
    def _possible(self) -> dict[tuple[str, ActorKind], tuple[str, ...]]:
        """What `possible` has found: every mail asks, for few different statuses."""
        return {}

    def status(self, key: str) -> Status:
        """The status of this key, of an earlier workflow too; one that is not known at all is shown by its key."""
        return self._by_key.get(key) or next((one for one in self.former if one.key == key), Status(key, {}))

    def has_status(self, key: str) -> bool:
        """True when the workflow has this status."""
        return key in self._by_key

    def turn(self, key: str) -> Turn:
        """Whose turn it is in a status; what is reopened is the support's, and what is solved or final nobody's."""
        status = self.status(key)
        if status.solved or status.final:
            return "done"
        return "ours" if status.turn == "again" else status.turn

    def operation(self, name: str) -> Operation | None:
        """The operation of this name, or None."""
        return self._operations.get(name)

    def reply_move(self, status: str) -> ReplyMove:
        """What a reply does here; a status without an entry keeps."""
        return self._replies.get(status) or ReplyMove(status)


def possible(workflow: Workflow, status: str, actor: ActorKind) -> tuple[str, ...]:
    """The operations that this kind of actor can do from this status, in the workflow's order."""
    if not workflow.has_status(status):  # any text may come here, so it is not kept
        return _possible(workflow, status, actor)
    found = workflow._possible.get((status, actor))
    if found is None:
        found = workflow._possible[status, actor] = _possible(workflow, status, actor)
    return found


def _possible(workflow: Workflow, status: str, actor: ActorKind) -> tuple[str, ...]:
    return tuple(operation.name for operation in workflow.operations if _step(workflow, operation, status, actor))


def asks_to_choose(workflow: Workflow, status: str) -> bool:
    """True when a contact can do something here that no reply does: accept or refuse a proposal."""
    return bool(possible(workflow, status, "contact")) and not workflow.reply_move(status).target


def target_of(workflow: Workflow, status: str, name: str, actor: ActorKind) -> str:
    """The status that the operation leads to. Raises NotAllowed, which names what is possible from here."""
    operation = workflow.operation(name)
    step = operation and _step(workflow, operation, status, actor)
    if step:
        return step.target
    why = f"there is no operation {name!r}" if operation is None else f"{name} is not possible from {status}"
    if operation and any(status in step.sources for step in operation.steps):
        why = f"{name} from {status} is not for a {actor}"
    names = ", ".join(possible(workflow, status, actor)) or "nothing"
    raise NotAllowed(f"{why}; possible from {status}: {names}")


def _step(workflow: Workflow, operation: Operation, status: str, actor: ActorKind) -> Step | None:
    """The first step that fits. From a status that the workflow no longer has, an operator may do everything: nothing else leads out."""
    stranded = not workflow.has_status(status) and actor in OPERATOR
    return next((step for step in operation.steps if (stranded or status in step.sources) and actor in step.actors), None)


@value_class
class Incoming:
    """What is asked of a case by a mail: the case's `status` and `resolved_at`, and the mail's `kind`, `trust` and `thanks_only`."""

    status: str
    kind: str
    now: datetime
    trust: str = "participant"
    thanks_only: bool = False
    resolved_at: datetime | None = None


@value_class
class ReplyAnswer:
    """What the mail does: `comment`, `note`, or `refuse` (answered with the link to make a new case). `move_to` None keeps the status."""

    does: Answer
    reason: str
    move_to: str | None = None


def on_reply(workflow: Workflow, incoming: Incoming) -> ReplyAnswer:
    """What a mail that is tied to a case does to it, and why. Machines never move a case (guarantee 10)."""
    if incoming.kind != "human":
        return ReplyAnswer("note", f"mail of kind {incoming.kind} is kept as a note and moves nothing")
    move = workflow.reply_move(incoming.status)
    if move.refuse:
        return ReplyAnswer("refuse", f"the case is {incoming.status}: a new matter needs a new case")
    if not move.target:
        return ReplyAnswer("comment", f"a reply leaves a case that is {incoming.status} as it is")
    if why := _why_it_stays(workflow, move, incoming):
        return ReplyAnswer("comment", why)
    return ReplyAnswer("comment", f"a reply moves a case from {incoming.status} to {move.target}", move.target)


def _why_it_stays(workflow: Workflow, move: ReplyMove, incoming: Incoming) -> str:
    if incoming.trust not in workflow.moving_trust:
        return f"trust {incoming.trust} may comment but not move the case"
    if incoming.thanks_only and not move.thanks_moves:
        return "the reply only says thanks: it does not move the case"
    if move.within_reopen_days and _is_late(workflow, incoming):
        return f"the case was resolved more than {workflow.reopen_days} days ago: the reply is kept, the status stays for a person to judge"
    return ""


def _is_late(workflow: Workflow, incoming: Incoming) -> bool:
    return incoming.resolved_at is not None and incoming.now - incoming.resolved_at > timedelta(days=workflow.reopen_days)


def _labels(nb: str, nn: str, en: str) -> dict[str, str]:
    return {"nb": nb, "nn": nn, "en": en}


_ACTIVE = frozenset({"open", "investigating", "in_progress", "proposed", "waiting_customer", "on_hold", "reopened"})


def _from_active(target: str) -> Step:
    return Step(_ACTIVE - {target}, target)


SUPPORTWEB = Workflow(
    statuses=(
        Status("open", _labels("Åpen", "Open", "Open")),
        Status("investigating", _labels("Undersøkes", "Blir undersøkt", "Investigating")),
        Status("in_progress", _labels("Under arbeid", "Under arbeid", "In progress")),
        Status(
            "proposed",
            _labels("Løsning foreslått", "Løysing foreslått", "Solution proposed"),
            turn="yours",
            hints=_labels(
                "Vi har foreslått en løsning og venter på svaret ditt. Godtar du den, er saken løst. Avslår du den, ser vi på saken igjen.",
                "Vi har foreslått ei løysing og ventar på svaret ditt. Godtek du ho, er saka løyst. Avslår du ho, ser vi på saka att.",
                "We have proposed a solution and wait for your answer. If you accept it, the case is resolved; otherwise we look again.",
            ),
        ),
        Status(
            "waiting_customer",
            _labels("Venter på kunde", "Ventar på kunde", "Waiting for customer"),
            turn="yours",
            hints=_labels(
                "Vi trenger mer informasjon fra deg for å komme videre.",
                "Vi treng meir informasjon frå deg for å kome vidare.",
                "We need more information from you before we can continue.",
            ),
        ),
        Status(
            "on_hold",
            _labels("På vent", "På vent", "On hold"),
            turn="paused",
            hints=_labels(
                "Saken venter på en produktoppdatering eller videreutvikling.",
                "Saka ventar på ei produktoppdatering eller vidareutvikling.",
                "The case is waiting for a product update or further development.",
            ),
        ),
        Status("frozen", _labels("Fryst", "Frosen", "Frozen"), turn="paused"),
        Status(
            "resolved",
            _labels("Løst", "Løyst", "Resolved"),
            solved=True,
            turn="done",
            hints=_labels(
                "Er problemet ikke løst, kan du svare på denne e-posten, så åpner vi saken igjen.",
                "Er problemet ikkje løyst, kan du svare på denne e-posten, så opnar vi saka att.",
                "If the problem is not solved, reply to this e-mail and we will reopen the case.",
            ),
        ),
        Status(
            "closed",
            _labels("Lukket", "Lukka", "Closed"),
            final=True,
            turn="done",
            hints=_labels(
                "Saken er avsluttet. Trenger du mer hjelp, kan du registrere en ny sak.",
                "Saka er avslutta. Treng du meir hjelp, kan du registrere ei ny sak.",
                "The case is closed. If you need more help, please register a new case.",
            ),
        ),
        Status("reopened", _labels("Gjenåpnet", "Gjenopna", "Reopened"), turn="again"),
    ),
    operations=(
        Operation("open", _labels("Åpne", "Opne", "Open"), (_from_active("open"), Step(frozenset({"waiting_customer"}), "open", EVERYONE))),
        Operation("investigate", _labels("Undersøk", "Undersøk", "Investigate"), (_from_active("investigating"),)),
        Operation("start", _labels("Start arbeid", "Start arbeid", "Start work"), (_from_active("in_progress"),)),
        Operation("propose", _labels("Foreslå løsning", "Foreslå løysing", "Propose a solution"), (_from_active("proposed"),)),
        Operation("verify", _labels("Godta", "Godta", "Accept"), (Step(frozenset({"proposed"}), "resolved", EVERYONE),)),
        Operation("refuse", _labels("Avslå", "Avslå", "Refuse"), (Step(frozenset({"proposed"}), "reopened", EVERYONE),)),
        Operation("ask_customer", _labels("Spør kunden", "Spør kunden", "Ask the customer"), (_from_active("waiting_customer"),)),
        Operation("hold", _labels("Sett på vent", "Set på vent", "Put on hold"), (_from_active("on_hold"),)),
        Operation("freeze", _labels("Frys", "Frys", "Freeze"), (Step(_ACTIVE, "frozen"),)),
        Operation("unfreeze", _labels("Gjenoppta", "Ta opp att", "Unfreeze"), (Step(frozenset({"frozen"}), "open"),)),
        Operation("resolve", _labels("Løs", "Løys", "Resolve"), (Step(_ACTIVE, "resolved"),)),
        Operation("close", _labels("Lukk", "Lukk", "Close"), (Step(_ACTIVE | {"frozen", "resolved"}, "closed"),)),
        Operation(
            "reopen",
            _labels("Gjenåpne", "Gjenopne", "Reopen"),
            (Step(frozenset({"resolved"}), "reopened", EVERYONE), Step(frozenset({"closed"}), "reopened")),
        ),
    ),
    replies=(
        ReplyMove("waiting_customer", "open"),
        ReplyMove("resolved", "reopened", thanks_moves=False, within_reopen_days=True),
        ReplyMove("closed", refuse=True),
    ),
)
"""The supportweb workflow. A contact may open what waits for it, accept or refuse a proposal, and reopen what is resolved.
An accepted proposal becomes resolved, not closed: a reply can still reopen it."""
