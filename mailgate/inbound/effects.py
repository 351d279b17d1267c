"""What a decided mail does, as values. Pure: the case as it is locked goes in, a `Change`, an answer to ask for and an outcome come out.

`apply` writes what stands here; `explain` shows it. A disposition of the policy becomes effects in this module and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from mailgate.cases import changes
from mailgate.cases.changes import Draft, NewCase, Stamp
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, Change, Notice, StoredFile
from mailgate.inbound import actions, reports
from mailgate.inbound.facts import carrier_of
from mailgate.inbound.letter import Letter
from mailgate.mail.model import Attachment
from mailgate.rules import release
from mailgate.rules.chain import Verdict
from mailgate.rules.facts import DEFAULT_AGREEMENT
from mailgate.rules.policy import Policy
from mailgate.rules.reachability import Failure, Suppression
from mailgate.store.rows import Delivery, FinalState, Outcome

STATES: Mapping[str, FinalState] = {
    "comment": "commented", "note": "noted", "redirect": "redirected", "create": "created", "forward": "forwarded", "hold": "held",
    "discard": "discarded",
}  # fmt: skip
SUMMARY_CHARS = 255
AnswerTemplate = Literal["redirect", "accepted", "case_closed"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An automatic answer that the policy wants; the gate has the last word. `text` names the words in the policy, see `redirect.texts`."""

    template: AnswerTemplate
    case: Case | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Effects:
    """All that one mail does. `answer` still has to pass the gate; `delivery` is what a report says of a mail of ours, `failure` what that
    means for its address.

    `notices` go to others than the case's people, whose notices are part of the change. `withheld` go to nobody until a person lets them.
    """

    outcome: Outcome
    change: Change | None = None
    answer: Answer | None = None
    notices: tuple[Notice, ...] = ()
    delivery: Delivery | None = None
    failure: Failure | None = None
    files: tuple[Attachment, ...] = ()
    withheld: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """What effects depend on beside the letter. Without `trails`, outcomes have an empty one: it is costly, and a backtest keeps none."""

    policy: Policy
    now: datetime
    case_prefix: str
    default_language: str = "nb"
    languages: Mapping[str, str] = field(default_factory=dict)
    trails: bool = True


def effects(letter: Letter, case: Case | None, setting: Setting, next_number: Callable[[], int]) -> Effects:
    """The effects of a decided letter on `case`, its matched case as locked. `next_number` is called for a new case only."""
    make = _MAKERS[_verdict(letter).disposition]
    found = make(letter, case, setting, next_number)
    about = found.change.case if found.change else case
    delivery = reports.delivery_of(letter)
    return replace(
        found, notices=found.notices + actions.team_notices(letter, about, _stamp(letter, setting)), delivery=delivery,
        failure=reports.failure_of(letter, delivery, setting.now),
    )  # fmt: skip


def _comment(letter: Letter, case: Case | None, setting: Setting, _next: Callable[[], int]) -> Effects:
    """The policy said `comment` of the case as it is locked (`apply` decides again when it has changed), so the workflow allows it."""
    if case is None:
        return _hold(letter, None, setting, _next)
    mute, stamp = _asked(letter, "mute"), _stamp(letter, setting)
    if mute:
        stamp = replace(stamp, told=frozenset())
    change = changes.add_comment(case, Draft(said(letter), _files(letter)), stamp, _asked(letter, "transition").get("to"))
    if "announce" in mute:
        change = replace(change, events=change.events + changes.report_mute(case, int(mute["announce"]), stamp).events)
    waits = _asked(letter, "participant")
    if waits and letter.match.author:
        joined = changes.add_participant(change.case, letter.match.author, stamp, approved=waits.get("approved") == "yes")
        change = changes.and_then(change, joined)
    change = actions.with_fields(change, letter, stamp)
    return Effects(_outcome(letter, "commented", case, setting), change, files=letter.mail.attachments)


def _asked(letter: Letter, action: str) -> Mapping[str, str]:
    """The arguments of the verdict's first effect of this name; empty when it has none."""
    return next((effect.args for effect in actions.asked(letter, action)), {})


def _verdict(letter: Letter) -> Verdict:
    assert letter.verdict is not None, "a letter is decided before it is applied"
    return letter.verdict


def _note(letter: Letter, case: Case | None, setting: Setting, _next: Callable[[], int]) -> Effects:
    if case is None or not (carrier_of(letter) or release.judged(letter.entry.release)):
        return Effects(_outcome(letter, "noted", None, setting))
    delivery = reports.delivery_of(letter)
    change = changes.add_note(case, Draft(_note_text(letter), _files(letter)), _stamp(letter, setting))
    if delivery and delivery.state == "failed" and letter.match.reported:
        change = _with_failure(change, letter.match.reported.address, delivery, _stamp(letter, setting))
    return Effects(_outcome(letter, "noted", case, setting), change, files=letter.mail.attachments)


def _with_failure(change: Change, address: str, delivery: Delivery, stamp: Stamp) -> Change:
    """Operators see on the case that this participant cannot be reached."""
    why = " ".join((delivery.status, delivery.diagnostic)).strip()
    failed = changes.report_failure(change.case, address, why, stamp)
    return replace(change, events=change.events + failed.events)


def _redirect(letter: Letter, case: Case | None, setting: Setting, _next: Callable[[], int]) -> Effects:
    """A case is named only to who may write on it; to all others the answer is the same whether the case exists or not."""
    text = _verdict(letter).flavour
    if text == "case_closed" and case is not None:
        return Effects(_outcome(letter, "redirected", case, setting), answer=Answer("case_closed", case, text))
    return Effects(_outcome(letter, "redirected", None, setting), answer=Answer("redirect", text=text))


def _create(letter: Letter, _case: Case | None, setting: Setting, next_number: Callable[[], int]) -> Effects:
    if letter.match.author is None:
        return _hold(letter, None, setting, next_number)
    number = next_number()
    new = NewCase(
        number,
        f"{setting.case_prefix}-{number}",
        letter.match.author,
        letter.mail.subject[:SUMMARY_CHARS] or "(uten emne)",
        said(letter),
        files=_files(letter),
        agreement=agreement_of(letter),
        received_at=letter.entry.accepted_at,
    )
    change = changes.create_case(actions.filled(new, letter), _stamp(letter, setting))
    answer = Answer("accepted", change.case, _verdict(letter).flavour or "accepted")
    return Effects(_outcome(letter, "created", change.case, setting), change, answer, files=letter.mail.attachments)


def agreement_of(letter: Letter) -> str:
    """Key of the agreement of the author's customer."""
    return letter.match.customer.agreement if letter.match.customer else DEFAULT_AGREEMENT


def _forward(letter: Letter, case: Case | None, setting: Setting, _next: Callable[[], int]) -> Effects:
    facts = {"raw_sha256": letter.entry.raw_sha256}
    address = _asked(letter, "forward").get("to", "")
    notice = Notice(new_id(setting.now), "forward", address, setting.now, setting.now, journal_id=letter.entry.id, facts=facts)
    return Effects(_outcome(letter, "forwarded", case, setting), notices=(notice,))


def _hold(letter: Letter, case: Case | None, setting: Setting, _next: Callable[[], int]) -> Effects:
    return Effects(_outcome(letter, "held", case, setting))


def _discard(letter: Letter, case: Case | None, setting: Setting, _next: Callable[[], int]) -> Effects:
    return Effects(_outcome(letter, "discarded", case, setting))


_MAKERS: Mapping[str, Callable[[Letter, Case | None, Setting, Callable[[], int]], Effects]] = {
    "comment": _comment, "note": _note, "redirect": _redirect, "create": _create, "forward": _forward, "hold": _hold, "discard": _discard,
}  # fmt: skip


def said(letter: Letter) -> str:
    """What the person wrote; "" when they sent files and no new words.

    When cutting left nothing and there is no file either, the whole text, since a comment must not hide what may be in it.
    """
    mail = letter.mail
    if mail.reply.text or any(file.disposition == "attachment" for file in mail.attachments):
        return mail.reply.text
    return mail.text.strip("\n") or mail.subject


def _note_text(letter: Letter) -> str:
    """What a machine said: its kind and subject, then its words, or the recipients that a report names."""
    mail = letter.mail
    head = f"{mail.kind}: {mail.subject}".rstrip(": ")
    if mail.bounce is None:
        return f"{head}\n\n{mail.reply.text or mail.text}".rstrip()
    return "\n".join((head, *(" ".join((r.address, r.action, r.status, r.diagnostic)).strip() for r in mail.bounce.recipients)))


def _stamp(letter: Letter, setting: Setting) -> Stamp:
    author, contact = letter.mail.author, letter.match.author
    name = (contact.name if contact else "") or (author.name if author else "") or (author.address if author else "")
    actor = Actor("contact", name, contact.id) if contact else Actor("system", name)
    notices = setting.policy.notices
    return Stamp(
        actor, setting.now, setting.policy.workflow, notice_window=notices.window, told=notices.told, languages=setting.languages,
        default_language=setting.default_language, journal_id=letter.entry.id,
    )  # fmt: skip


def _files(letter: Letter) -> tuple[StoredFile, ...]:
    return tuple(
        StoredFile(part.sha256, part.filename, part.content_type, part.size_bytes, part.disposition, part.content_id)
        for part in letter.mail.attachments
    )


def _outcome(letter: Letter, state: FinalState, case: Case | None, setting: Setting) -> Outcome:
    verdict, mail = _verdict(letter), letter.mail
    return Outcome(
        journal_id=letter.entry.id, state=state, rule=verdict.rule, reason=verdict.reason, kind=mail.kind, trust=letter.trust,
        case_id=case.id if case else None, policy_version=verdict.policy_version,
        trail=trail_json(letter) if setting.trails else "{}", message_id=mail.message_id,
        author=mail.author.address if mail.author else "", subject=mail.subject, defects=mail.defects, tags=actions.tags(letter),
    )  # fmt: skip


def trail_json(letter: Letter) -> str:
    """The trail as stored: how the case was found, the rung of trust, the rules that were asked with their reasons, the facts that they
    looked at, and what follows.

    Of a policy with many rules, those that could not hold are only counted; `rules.chain.restored` names them again.
    """
    hints, verdict, trail = letter.match.hints, _verdict(letter), _verdict(letter).trail
    found: dict[str, object] = {
        "kind": [letter.mail.kind, *letter.mail.kind_reasons],
        "trust": [letter.trust, letter.trust_reason],
        "matched_by": letter.match.matched_by,
        "carriers_refused": list(hints.refused),
        "auth": _said_of_origin(letter),
        "rules": [{"rule": one.rule, "hit": one.hit, "because": one.because} for one in trail.entries()],
    }
    if letter.match.disagree:
        found["cases_named"] = list(dict.fromkeys(f"case {number} by {where}" for where, number in letter.match.named))
    if mute := _asked(letter, "mute"):
        found["muted"] = "begins" if "announce" in mute else "goes on"
    found["effects"] = [{"do": effect.do, **effect.args} for effect in verdict.effects]
    found["facts"] = trail.facts_used()
    if shadows := trail.shadows():
        found["shadow"] = dict(shadows)
    if passed_over := trail.passed_over():
        found["passed_over"] = [{"facts": group.facts, "because": group.because, "rules": group.rules} for group in passed_over]
    return json.dumps(found, ensure_ascii=False)


def _said_of_origin(letter: Letter) -> dict[str, str]:
    """Who vouched for the mail, without what nobody said: a backtest decides by it and asks no DNS."""
    found = {name: getattr(letter.results, name) for name in ("spf", "dkim", "dmarc", "arc", "aligned")}
    return {name: value for name, value in found.items() if value != "none"}


def with_answer(found: Effects, refused: str) -> Effects:
    """The effects with what the gate said: `answered`, or why not."""
    return replace(found, outcome=replace(found.outcome, trail=_also(found.outcome.trail, "answer", refused or "answered")))


def with_delivery(found: Effects, suppression: Suppression | None) -> Effects:
    """The effects with what the report said and what followed for the address, for the trail."""
    if found.delivery is None:
        return found
    said = {"outbox_id": found.delivery.outbox_id, "state": found.delivery.state, "status": found.delivery.status}
    if found.failure is not None:
        said |= {"verdict": found.failure.verdict, "then": suppression.cause if suppression else ""}
    return replace(found, outcome=replace(found.outcome, trail=_also(found.outcome.trail, "delivery", said)))


def _also(trail: str, name: str, value: object) -> str:
    return json.dumps({**json.loads(trail), name: value}, ensure_ascii=False)
