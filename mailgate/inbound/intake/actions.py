"""What a rule does beside its disposition, as values: fields of the case, tags of the entry, notices to a team. Pure.

In: a decided message, and the change that its disposition makes. Out: the change with what the actions add, and what stands beside it. The
chain has left out what the guarantees forbid (`rules.chain`); nothing here asks again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mailgate.cases import changes
from mailgate.cases.changes import ChangeContext, FieldName, NewCase
from mailgate.cases.ids import new_id
from mailgate.cases.model import Case, Change, Notice
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.rules.chain import Effect

SUBJECT_CHARS = 200
_FIELDS: Mapping[str, FieldName] = {"priority": "priority", "type": "case_type", "component": "component"}


def asked(message: IntakeMessage, action: str) -> Iterator[Effect]:
    """The verdict's effects of this name, in order."""
    return (effect for effect in (message.verdict.effects if message.verdict else ()) if effect.do == action)


def _wanted(message: IntakeMessage) -> dict[str, str]:
    """What the rules set. Of two rules that set the same, the later one counts."""
    return {name: value for effect in asked(message, "set") for name, value in effect.args.items()}


def _fields(wanted: Mapping[str, str]) -> dict[FieldName, str]:
    return {field: wanted[name] for name, field in _FIELDS.items() if name in wanted}


def with_fields(change: Change, message: IntakeMessage, context: ChangeContext) -> Change:
    """The change, and after it what the rules set on the case. The case's people are notified of a new assignee."""
    wanted = _wanted(message)
    if not wanted:
        return change
    assignee = wanted.get("assignee")
    change = changes.and_then(change, changes.set_fields(change.case, _fields(wanted), context))
    return changes.and_then(change, changes.assign(change.case, assignee, context)) if assignee is not None else change


def filled(new: NewCase, message: IntakeMessage) -> NewCase:
    """The new case as the rules want it."""
    wanted = _wanted(message)
    fields: dict[str, Any] = {str(name): value for name, value in _fields(wanted).items()}
    return replace(new, **fields, assignee=wanted.get("assignee", new.assignee))


def tags(message: IntakeMessage) -> tuple[str, ...]:
    """The tags of the entry, each once, in order."""
    return tuple(dict.fromkeys(effect.args.get("name", "") for effect in asked(message, "tag")))


def team_notices(message: IntakeMessage, case: Case | None, now: datetime, language: str) -> tuple[Notice, ...]:
    """One notice per address that the rules name: who wrote about what, and what became of it. Never the mail's own words."""
    by_rule = {effect.args.get("whom", ""): effect.args.get("by", "") for effect in asked(message, "notify")}
    return tuple(_team_notice(address, rule, message, case, now, language) for address, rule in by_rule.items())


def _team_notice(address: str, rule: str, message: IntakeMessage, case: Case | None, now: datetime, language: str) -> Notice:
    mail, verdict = message.mail, message.verdict
    assert verdict is not None, "a message is decided before it is applied"
    facts = {
        "rule": rule or verdict.rule,
        "disposition": verdict.disposition,
        "author": mail.author.address if mail.author else "",
        "subject": mail.subject[:SUBJECT_CHARS],
        "entry": message.entry.id,
        **({"case_key": case.key, "summary": case.summary, "status": case.status} if case else {}),
    }
    return Notice(new_id(now), "team_notice", address, now, now, journal_id=message.entry.id, language=language, facts=facts)
