"""What a decided mail does, as values. Pure: the case as it is locked goes in, a `Change`, an answer to ask for and an outcome come out.

`apply` writes what stands here; `explain` shows it. A disposition of the policy becomes effects in this module and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Literal

from mailgate.cases import changes
from mailgate.cases.changes import ChangeContext, NewCase, NewComment
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, Change, Notice, StoredFile
from mailgate.cases.names import shown_name
from mailgate.cases.workflow import asks_to_choose
from mailgate.inbound.guards.answer_gate import AnswerRefusal
from mailgate.inbound.intake import actions, reports
from mailgate.inbound.intake.facts import carrier_of
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.mail.defang import defanged
from mailgate.mail.limits import DEGRADED
from mailgate.mail.model import Attachment
from mailgate.mail.reply.choice import names_choice
from mailgate.mail.smtp_address import folded
from mailgate.rules import operator_decision
from mailgate.rules.agreements import respond_by
from mailgate.rules.chain import Verdict, effect_json
from mailgate.rules.facts import DEFAULT_AGREEMENT
from mailgate.rules.policy import Policy
from mailgate.rules.reachability import DeliveryFailure, Suppression
from mailgate.store.rows import Delivery, FinalState, Outcome
from mailgate.values import value_class

STATES: Mapping[str, FinalState] = {
    "comment": "commented", "note": "noted", "redirect": "redirected", "create": "created", "forward": "forwarded", "hold": "held",
    "discard": "discarded",
}  # fmt: skip
SUMMARY_CHARS = 255
QUOTED_CHARS = 100_000
AnswerTemplate = Literal["redirect", "accepted", "case_closed", "choice"]


@value_class
class AutomaticAnswer:
    """An automatic answer that the policy wants; the gate has the last word. `text` names the words in the policy, see `redirect.texts`.

    `event_id`: of the comment that an offer to choose answers.
    """

    template: AnswerTemplate
    case: Case | None = None
    text: str = ""
    event_id: str = ""


@value_class
class Effects:
    """All that one mail does. `answer` still has to pass the gate; `delivery` is what a report says of a mail of ours, `failure` what that
    means for its address.

    `notices` go to others than the case's people, whose notices are part of the change. `withheld` are sent when an operator releases them.
    """

    outcome: Outcome
    change: Change | None = None
    answer: AutomaticAnswer | None = None
    notices: tuple[Notice, ...] = ()
    delivery: Delivery | None = None
    failure: DeliveryFailure | None = None
    files: tuple[Attachment, ...] = ()
    withheld: tuple[Notice, ...] = ()


@value_class
class EffectContext:
    """What effects depend on beside the message. Without `trails`, outcomes have an empty one: it is costly, and a backtest keeps none.
    `reserved_names`: of the company and its agents, which no contact may bear in our mail. `hold_back`: how long customers get no notice of
    what staff say, so that it can be taken back.
    """

    policy: Policy
    now: datetime
    case_prefix: str
    default_language: str = "nb"
    languages: Mapping[str, str] = field(default_factory=dict)
    trails: bool = True
    reserved_names: Collection[str] = ()
    hold_back: timedelta = timedelta(0)


def effects(message: IntakeMessage, case: Case | None, context: EffectContext, next_number: Callable[[], int]) -> Effects:
    """The effects of a decided message on `case`, its matched case as locked. `next_number` is called for a new case only."""
    make = _MAKERS[_verdict(message).disposition]
    found = make(message, case, context, next_number)
    about = found.change.case if found.change else case
    for_teams = actions.team_notices(message, about, context.now, context.default_language)
    delivery = reports.delivery_of(message)
    if not for_teams and delivery is None:
        return found
    failure = reports.failure_of(message, delivery, context.now)
    return replace(found, notices=found.notices + for_teams, delivery=delivery, failure=failure)


def _comment(message: IntakeMessage, case: Case | None, context: EffectContext, _next: Callable[[], int]) -> Effects:
    """The policy said `comment` of the case as it is locked (`apply` decides again when it has changed), so the workflow allows it."""
    if case is None:
        return _hold(message, None, context, _next)
    mute, change_context = _asked(message, "mute"), _change_context(message, context, case.assignee)
    if mute:
        change_context = replace(change_context, notice_kinds=frozenset())
    change = changes.add_comment(case, _draft(message, context), change_context, _asked(message, "transition").get("to"))
    if "announce" in mute:
        change = replace(change, events=change.events + changes.report_mute(case, int(mute["announce"]), change_context).events)
    waits = _asked(message, "participant")
    if waits and message.match.author:
        joined = changes.add_participant(change.case, message.match.author, change_context, approved=waits.get("approved") == "yes")
        change = changes.and_then(change, joined)
    change = actions.with_fields(change, message, change_context)
    answer = None if mute else _offer(message, change, context)
    return Effects(_outcome(message, "commented", case, context), change, answer, files=message.mail.attachments)


def _offer(message: IntakeMessage, change: Change, context: EffectContext) -> AutomaticAnswer | None:
    """The way to the page of a choice, for somebody of the case who chooses in words: no reply does that, whatever it says.

    Only when it goes to their own address: it names the case.
    """
    author = message.match.author
    person = change.case.participant(author.address) if author else None
    if person is None or not person.approved or folded(message.entry.envelope.reverse_path or "") != folded(person.contact.address):
        return None
    if not asks_to_choose(context.policy.workflow, change.case.status):
        return None
    return AutomaticAnswer("choice", change.case, event_id=change.events[0].id) if names_choice(message.mail.reply.text) else None


def _asked(message: IntakeMessage, action: str) -> Mapping[str, str]:
    """The arguments of the verdict's first effect of this name; empty when it has none."""
    return next((effect.args for effect in actions.asked(message, action)), {})


def _verdict(message: IntakeMessage) -> Verdict:
    assert message.verdict is not None, "a message is decided before it is applied"
    return message.verdict


def _note(message: IntakeMessage, case: Case | None, context: EffectContext, _next: Callable[[], int]) -> Effects:
    if case is None or not (carrier_of(message) or operator_decision.instead_of_policy(message.entry.operator_decision)):
        return Effects(_outcome(message, "noted", None, context))
    change_context = _note_context(message, context)
    if mute := _asked(message, "mute"):
        begins = changes.report_mute(case, int(mute["announce"]), change_context) if "announce" in mute else None
        return Effects(_outcome(message, "noted", None, context), begins)
    delivery = reports.delivery_of(message)
    change = changes.add_note(case, NewComment(_note_text(message), _files(message)), change_context)
    if delivery and delivery.state == "failed" and message.match.reported:
        change = _with_failure(change, message.match.reported.address, delivery, change_context)
    return Effects(_outcome(message, "noted", case, context), change, files=message.mail.attachments)


def _note_context(message: IntakeMessage, context: EffectContext) -> ChangeContext:
    """A note names its author only when the author's domain vouches for the mail: anyone can write another's address into From."""
    found = _change_context(message, context)
    if message.results.overall == "pass" and not message.mail.identity_doubtful:
        return found
    return replace(found, actor=Actor("system", message.mail.kind))


def _with_failure(change: Change, address: str, delivery: Delivery, change_context: ChangeContext) -> Change:
    """Operators see on the case that this participant cannot be reached."""
    why = " ".join((delivery.status, delivery.diagnostic)).strip()
    failed = changes.report_failure(change.case, address, why, change_context)
    return replace(change, events=change.events + failed.events)


def _redirect(message: IntakeMessage, case: Case | None, context: EffectContext, _next: Callable[[], int]) -> Effects:
    """A case is named only to a person who may write on it; everyone else gets the same answer whether the case exists or not."""
    text = _verdict(message).answer
    if text == "case_closed" and case is not None:
        return Effects(_outcome(message, "redirected", case, context), answer=AutomaticAnswer("case_closed", case, text))
    return Effects(_outcome(message, "redirected", None, context), answer=AutomaticAnswer("redirect", text=text))


def _create(message: IntakeMessage, _case: Case | None, context: EffectContext, next_number: Callable[[], int]) -> Effects:
    if message.match.author is None:
        return _hold(message, None, context, next_number)
    number = next_number()
    new = NewCase(
        number,
        f"{context.case_prefix}-{number}",
        message.match.author,
        message.mail.subject[:SUMMARY_CHARS] or context.policy.text("no_subject", _language(message, context)),
        _description(message, context),
        files=_files(message),
        agreement=agreement_of(message),
        received_at=message.entry.accepted_at,
        case_type=context.policy.defaults.case_type,
        priority=context.policy.defaults.priority,
    )
    change = changes.create_case(actions.filled(new, message), _change_context(message, context))
    answer = AutomaticAnswer("accepted", change.case, _verdict(message).answer or "accepted")
    return Effects(_outcome(message, "created", change.case, context), change, answer, files=message.mail.attachments)


def _language(message: IntakeMessage, context: EffectContext) -> str:
    """The language of those who read the case: the author's own or their customer's, else the default."""
    author = message.match.author
    return changes.language_of(author, context.languages, context.default_language) if author else context.default_language


def agreement_of(message: IntakeMessage) -> str:
    """Key of the agreement of the author's customer."""
    return message.match.customer.agreement if message.match.customer else DEFAULT_AGREEMENT


def _forward(message: IntakeMessage, case: Case | None, context: EffectContext, _next: Callable[[], int]) -> Effects:
    author = message.mail.author
    facts = {
        "raw_sha256": message.entry.raw_sha256,
        "rule": _verdict(message).rule,
        "author": author.address if author else "",
        "author_name": defanged(author.name) if author else "",
        "subject": message.mail.subject[: actions.SUBJECT_CHARS],
    }
    asked = _asked(message, "forward")
    if "attach" in asked and DEGRADED not in message.mail.defects:  # a mail that was too expensive for the reader is not read here either
        facts["attach"] = asked["attach"]
    notice = Notice(new_id(context.now), "forward", asked.get("to", ""), context.now, context.now, journal_id=message.entry.id, facts=facts)
    return Effects(_outcome(message, "forwarded", case, context), notices=(notice,))


def _hold(message: IntakeMessage, case: Case | None, context: EffectContext, _next: Callable[[], int]) -> Effects:
    return Effects(_outcome(message, "held", case, context))


def _discard(message: IntakeMessage, case: Case | None, context: EffectContext, _next: Callable[[], int]) -> Effects:
    return Effects(_outcome(message, "discarded", case, context))


_MAKERS: Mapping[str, Callable[[IntakeMessage, Case | None, EffectContext, Callable[[], int]], Effects]] = {
    "comment": _comment, "note": _note, "redirect": _redirect, "create": _create, "forward": _forward, "hold": _hold, "discard": _discard,
}  # fmt: skip


def _draft(message: IntakeMessage, context: EffectContext) -> NewComment:
    """The comment of a mail: what the person wrote, and beside it what was cut off, so that nothing is lost."""
    text, reply = said(message, context), message.mail.reply
    if message.by_staff and not message.mail.encrypted:  # what they quote may be an internal mail, and customers see what was cut off
        return NewComment(reply.text, _files(message))
    if text != reply.text and not message.mail.encrypted:  # all of the mail stands in the text
        return NewComment(text, _files(message))
    return NewComment(text, _files(message), reply.signature, reply.quoted[:QUOTED_CHARS], reply.forwarded)


def _description(message: IntakeMessage, context: EffectContext) -> str:
    """What a new case says. A mail without quoted history of ours is stored whole: there is nothing to cut."""
    mail = message.mail
    if mail.encrypted or mail.reply.quoted or not mail.reply.text:
        return said(message, context)
    return mail.text.strip("\n")


def said(message: IntakeMessage, context: EffectContext) -> str:
    """What the person wrote; "" when they sent files and no new words.

    When cutting left nothing and there is no file either, the whole text, since a comment must not hide what may be in it.
    """
    mail = message.mail
    if mail.encrypted:
        return f"[{context.policy.text('encrypted', _language(message, context))}]\n\n{mail.reply.text}".rstrip()
    if mail.reply.text or any(file.disposition == "attachment" for file in mail.attachments):
        return mail.reply.text
    return mail.text.strip("\n") or mail.subject


def _note_text(message: IntakeMessage) -> str:
    """What a machine said: its kind and subject, then its words, or the recipients that a report names."""
    mail = message.mail
    head = f"{mail.kind}: {mail.subject}".rstrip(": ")
    if mail.bounce is None:
        return f"{head}\n\n{mail.reply.text or mail.text}".rstrip()
    return "\n".join((head, *(" ".join((r.address, r.action, r.status, r.diagnostic)).strip() for r in mail.bounce.recipients)))


def _change_context(message: IntakeMessage, context: EffectContext, *agents: str) -> ChangeContext:
    """`agents`: whose names no contact may bear either."""
    author, contact = message.mail.author, message.match.author
    name = shown_name(contact, (*context.reserved_names, *agents)) if contact else (author.name or author.address if author else "")
    actor = Actor("contact", name, contact.id) if contact else Actor("system", name)
    notices, held_back = context.policy.notices, timedelta(0)
    if staff := message.by_staff:
        actor, held_back = Actor("operator", staff.name), context.hold_back
    windows = {kind: max(window, held_back) for kind, window in notices.windows.items()} if held_back else notices.windows
    return ChangeContext(
        actor, context.now, context.policy.workflow, notice_window=max(notices.window, held_back), urgent_window=held_back,
        notice_kinds=notices.kinds, languages=context.languages, notice_windows=windows, default_language=context.default_language,
        journal_id=message.entry.id,
        answer_by=respond_by(context.policy.agreement(agreement_of(message)), message.entry.accepted_at),
    )  # fmt: skip


def _files(message: IntakeMessage) -> tuple[StoredFile, ...]:
    return tuple(
        StoredFile(part.sha256, part.filename, part.content_type, part.size_bytes, part.disposition, part.content_id)
        for part in message.mail.attachments
    )


def _outcome(message: IntakeMessage, state: FinalState, case: Case | None, context: EffectContext) -> Outcome:
    verdict, mail = _verdict(message), message.mail
    return Outcome(
        journal_id=message.entry.id, state=state, rule=verdict.rule, reason=verdict.reason, kind=mail.kind, trust=message.trust,
        case_id=case.id if case else None, policy_version=verdict.policy_version,
        trail=trail_record(message) if context.trails else {}, message_id=mail.message_id,
        author=mail.author.address if mail.author else "", subject=mail.subject, defects=mail.defects, tags=actions.tags(message),
    )  # fmt: skip


def trail_record(message: IntakeMessage) -> dict[str, object]:
    """The trail as a value, which the store writes as JSON: how the case was found, the trust level, the rules that were evaluated with
    their reasons, the facts that they looked at, and the effects.

    Of a policy with many rules, those that could not hold are only counted; `rules.chain.restored` names them again.
    """
    hints, verdict, trail = message.match.hints, _verdict(message), _verdict(message).trail
    found: dict[str, object] = {
        "kind": [message.mail.kind, *message.mail.kind_reasons],
        "trust": [message.trust, message.trust_reason],
        "matched_by": message.match.matched_by,
        "carriers_refused": list(hints.refused),
        "auth": _said_of_origin(message),
        "rules": [{"rule": rule, "hit": hit, "because": because} for rule, hit, because in trail.entries()],
    }
    if message.match.disagree:
        found["cases_named"] = list(dict.fromkeys(f"case {number} by {where}" for where, number in message.match.named))
    if mute := _asked(message, "mute"):
        found["muted"] = "begins" if "announce" in mute else "goes on"
    found["effects"] = [effect_json(effect) for effect in verdict.effects]
    found["facts"] = trail.facts_used()
    if shadows := trail.shadows():
        found["shadow"] = dict(shadows)
    if passed_over := trail.passed_over():
        found["passed_over"] = [{"facts": group.facts, "because": group.because, "rules": group.rules} for group in passed_over]
    return found


def _said_of_origin(message: IntakeMessage) -> dict[str, str]:
    """The authentication results that are known: a backtest decides by them and asks no DNS."""
    found = {name: getattr(message.results, name) for name in ("spf", "dkim", "dmarc", "arc", "aligned", "reverse_path")}
    return {name: value for name, value in found.items() if value != "none"}


def with_answer(found: Effects, refused: AnswerRefusal | None) -> Effects:
    """The effects with the gate's decision in the trail: `answer` is `answered` or the reason why not, `answer_refused` its code."""
    more = {"answer": refused.text, "answer_refused": refused.code} if refused else {"answer": "answered"}
    return _also(found, more)


def with_delivery(found: Effects, suppression: Suppression | None) -> Effects:
    """The effects with what the report said and what followed for the address, for the trail."""
    if found.delivery is None:
        return found
    said = {"outbox_id": found.delivery.outbox_id, "state": found.delivery.state, "status": found.delivery.status}
    if found.failure is not None:
        said |= {"verdict": found.failure.verdict, "then": suppression.cause if suppression else ""}
    return _also(found, {"delivery": said})


def _also(found: Effects, more: Mapping[str, object]) -> Effects:
    return replace(found, outcome=replace(found.outcome, trail={**found.outcome.trail, **more}))
