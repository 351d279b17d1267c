"""What a decided mail does, as values. Pure: the case as it is locked goes in, a `Change`, an answer to ask for and an outcome come out.

`apply` writes what stands here; `explain` shows it. A disposition of the policy becomes effects in this module and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from mailgate.cases import changes
from mailgate.cases.changes import Draft, NewCase, Stamp
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, Change, Notice, StoredFile
from mailgate.cases.workflow import Incoming, on_reply
from mailgate.inbound.letter import Letter
from mailgate.mail.model import Attachment
from mailgate.rules.policy import Policy
from mailgate.store.rows import Delivery, FinalState, Outcome

STATES: Mapping[str, FinalState] = {
    "comment": "commented", "note": "noted", "redirect": "redirected", "create": "created", "forward": "forwarded", "hold": "held",
    "discard": "discarded",
}  # fmt: skip
REPORT_ACTIONS: Mapping[str, str] = {"failed": "failed", "delayed": "delayed", "delivered": "delivered", "relayed": "delivered"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An automatic answer that the policy wants; the gate has the last word."""

    template: str
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """All that one mail does. `change` is on `case`; `answer` still has to pass the gate; `delivery` is what a report says of our own mail."""

    outcome: Outcome
    change: Change | None = None
    answer: Answer | None = None
    forwards: tuple[Notice, ...] = ()
    delivery: Delivery | None = None
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """What effects depend on beside the letter."""

    policy: Policy
    now: datetime
    case_prefix: str
    default_language: str = "nb"
    languages: Mapping[str, str] | None = None


def effects(letter: Letter, case: Case | None, setting: Setting, next_number: Callable[[], int]) -> Effects:
    """The effects of a decided letter on `case`, its matched case as locked. `next_number` is called for a new case only."""
    assert letter.verdict is not None, "a letter is decided before it is applied"
    make = _MAKERS[letter.verdict.disposition]
    return make(letter, case, setting, next_number)


def _comment(letter: Letter, case: Case | None, setting: Setting, _next: Callable[[], int]) -> Effects:
    if case is None:
        return _hold(letter, None, setting, _next)
    mail = letter.mail
    incoming = Incoming(case.status, mail.kind, setting.now, letter.trust, mail.reply.thanks_only, case.resolved_at)
    answer = on_reply(setting.policy.workflow, incoming)
    if answer.does == "refuse":
        return _refused(letter, case, answer.reason)
    stamp = _stamp(letter, setting)
    change = changes.add_comment(case, Draft(said(letter), _files(letter)), stamp, answer.move_to)
    return Effects(_outcome(letter, "commented", case, answer.reason), change, files=mail.attachments)


def _refused(letter: Letter, case: Case, reason: str) -> Effects:
    return Effects(_outcome(letter, "redirected", case, reason), answer=Answer("case_closed", case))


def _note(letter: Letter, case: Case | None, setting: Setting, _next: Callable[[], int]) -> Effects:
    delivery = _delivery(letter)
    if case is None:
        return Effects(_outcome(letter, "noted", None), delivery=delivery)
    change = changes.add_note(case, Draft(_note_text(letter), _files(letter)), _stamp(letter, setting))
    return Effects(_outcome(letter, "noted", case), change, delivery=delivery, files=letter.mail.attachments)


def _redirect(letter: Letter, case: Case | None, _setting: Setting, _next: Callable[[], int]) -> Effects:
    template = letter.verdict.template if letter.verdict else ""
    if template == "case_closed" and case is not None:
        return Effects(_outcome(letter, "redirected", case), answer=Answer(template, case))
    return Effects(_outcome(letter, "redirected", None), answer=Answer("redirect"))


def _create(letter: Letter, _case: Case | None, setting: Setting, next_number: Callable[[], int]) -> Effects:
    if letter.match.author is None:
        return _hold(letter, None, setting, next_number)
    number = next_number()
    new = NewCase(
        number, f"{setting.case_prefix}-{number}", letter.match.author, letter.mail.subject[:255] or "(uten emne)", said(letter), files=_files(letter)
    )
    change = changes.create_case(new, _stamp(letter, setting))
    return Effects(_outcome(letter, "created", change.case), change, files=letter.mail.attachments)


def _forward(letter: Letter, case: Case | None, setting: Setting, _next: Callable[[], int]) -> Effects:
    to = letter.verdict.forward_to if letter.verdict else ()
    notices = tuple(
        Notice(new_id(setting.now), "forward", address, setting.now, setting.now, journal_id=letter.entry.id, facts={"raw_sha256": letter.entry.raw_sha256})
        for address in to
    )
    return Effects(_outcome(letter, "forwarded", case), forwards=notices)


def _hold(letter: Letter, case: Case | None, _setting: Setting, _next: Callable[[], int]) -> Effects:
    return Effects(_outcome(letter, "held", case), delivery=_delivery(letter))


def _discard(letter: Letter, case: Case | None, _setting: Setting, _next: Callable[[], int]) -> Effects:
    return Effects(_outcome(letter, "discarded", case))


_MAKERS: Mapping[str, Callable[[Letter, Case | None, Setting, Callable[[], int]], Effects]] = {
    "comment": _comment, "note": _note, "redirect": _redirect, "create": _create, "forward": _forward, "hold": _hold, "discard": _discard,
}  # fmt: skip


def said(letter: Letter) -> str:
    """What the person wrote; when cutting left nothing but there was text, the whole text, since a comment must not hide it."""
    mail = letter.mail
    return mail.reply.text or ("" if mail.attachments and not mail.text.strip() else mail.text) or mail.subject


def _note_text(letter: Letter) -> str:
    mail = letter.mail
    lines = [f"{mail.kind}: {mail.subject}".rstrip(": "), *(f"{r.address} {r.action} {r.status} {r.diagnostic}".strip() for r in _reported(letter))]
    return "\n".join(lines) + ("" if mail.bounce else "\n\n" + (mail.reply.text or mail.text)).rstrip()


def _stamp(letter: Letter, setting: Setting) -> Stamp:
    author, contact = letter.mail.author, letter.match.author
    name = (contact.name if contact else "") or (author.name if author else "") or (author.address if author else "")
    actor = Actor("contact", name, contact.id) if contact else Actor("system", name)
    notices = setting.policy.notices
    return Stamp(
        actor, setting.now, setting.policy.workflow, notice_window=notices.window, told=notices.told, languages=setting.languages or {},
        default_language=setting.default_language, journal_id=letter.entry.id,
    )  # fmt: skip


def _files(letter: Letter) -> tuple[StoredFile, ...]:
    return tuple(StoredFile(a.sha256, a.filename, a.content_type, a.size_bytes, a.disposition, a.content_id) for a in letter.mail.attachments)


def _reported(letter: Letter) -> tuple[object, ...]:
    return letter.mail.bounce.recipients if letter.mail.bounce else ()


def _delivery(letter: Letter) -> Delivery | None:
    """What a report says of the outbox row that its return path names. The signed return path alone ties a report to our mail."""
    outbox_id, bounce = letter.match.hints.outbox_id, letter.mail.bounce
    if outbox_id is None or bounce is None or not bounce.recipients:
        return None
    first = bounce.recipients[0]
    state = REPORT_ACTIONS.get(first.action.lower(), "failed" if letter.mail.kind == "bounce" else "delayed")
    return Delivery(outbox_id, state, first.status, first.diagnostic)  # type: ignore[arg-type]  # the values of REPORT_ACTIONS are its states


def _outcome(letter: Letter, state: FinalState, case: Case | None, reason: str = "") -> Outcome:
    verdict, mail = letter.verdict, letter.mail
    assert verdict is not None
    return Outcome(
        journal_id=letter.entry.id, state=state, rule=verdict.rule, reason=reason or verdict.reason, kind=mail.kind, trust=letter.trust,
        case_id=case.id if case else None, policy_version=str(verdict.policy_version), trail=trail_json(letter), message_id=mail.message_id,
        author=mail.author.address if mail.author else "", subject=mail.subject, defects=mail.defects,
    )  # fmt: skip


def trail_json(letter: Letter) -> str:
    """The trail as stored: how the case was found, the rung of trust, and every rule that was asked, with its reason."""
    hints, verdict = letter.match.hints, letter.verdict
    return json.dumps(
        {
            "kind": [letter.mail.kind, *letter.mail.kind_reasons],
            "trust": [letter.trust, letter.trust_reason],
            "matched_by": letter.match.matched_by,
            "carriers_refused": list(hints.refused),
            "rules": [{"rule": t.rule, "hit": t.hit, "because": t.because} for t in (verdict.trail if verdict else ())],
        },
        ensure_ascii=False,
    )


def with_answer(found: Effects, refused: str) -> Effects:
    """The effects with what the gate said: `answered`, or why not."""
    trail = json.loads(found.outcome.trail)
    trail["answer"] = refused or "answered"
    return replace(found, outcome=replace(found.outcome, trail=json.dumps(trail, ensure_ascii=False)))
