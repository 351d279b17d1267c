"""Applies decided messages: their effects, in one transaction, exactly once.

In: messages with a verdict, under our lease. Out: rows. It first checks that each row is still ours (fencing), then locks the cases and
decides again what rested on a case that has changed since, and only then writes: with a constant number of statements for a batch of
any size (ADR 0001). It must never read mail, ask DNS or render text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mailgate.cases.ids import new_id
from mailgate.cases.model import Case, Change, Contact, Notice
from mailgate.inbound.guards import answer_gate
from mailgate.inbound.guards.answer_gate import AnswerCounters, AnswerLimits, AnswerRefusal, Question
from mailgate.inbound.guards.caps import CapLimits, Caps
from mailgate.inbound.guards.case_breaker import CaseBreaker, CaseLimits
from mailgate.inbound.intake import by_decision, relay_ids
from mailgate.inbound.intake.effects import AutomaticAnswer, EffectContext, Effects, agreement_of, effects, with_answer, with_delivery
from mailgate.inbound.intake.facts import facts_of
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.inbound.intake.split_delivery import EarlierDeliveries
from mailgate.killpoint import reached
from mailgate.mail.defang import defanged
from mailgate.mail.model import Mail
from mailgate.mail.reply.known_signature import remember_ending
from mailgate.mail.smtp_address import folded
from mailgate.rules import operator_decision
from mailgate.rules.reachability import BounceLimits
from mailgate.store.protocols import IntakeUnit
from mailgate.store.rows import Delivery, Outcome, RelayId
from mailgate.values import value_class

BREAKERS = frozenset({"domain_breaker", "global_breaker"})
"""Refusals of the answer gate that say nothing about the mail itself."""
UNVERIFIED_IDS, UNVERIFIED_ID_CHARS = 2, 120
"""How many References, and how long an id, of an unverified sender get into the header of our answer."""
ABSENCE_MAX = timedelta(days=92)
"""A later return was misread, or is no absence."""
_PLAUSIBLE_AGE = timedelta(days=7)


@value_class
class ApplyContext:
    """What applying needs beside the messages: how to decide again, and the limits of the gate, the caps and the cases' breaker.

    `match_again`: looks up case and people of messages anew, in the same transaction, and decides them.
    """

    decide: Callable[[IntakeMessage], IntakeMessage]
    effect: EffectContext
    limits: AnswerLimits
    own_addresses: frozenset[str]
    own_domains: frozenset[str]
    case_limits: CaseLimits = field(default_factory=CaseLimits)
    caps: CapLimits = field(default_factory=CapLimits)
    bounces: BounceLimits = field(default_factory=BounceLimits)
    match_again: Callable[[IntakeUnit, Sequence[IntakeMessage]], Sequence[IntakeMessage]] = lambda _uow, messages: messages


@dataclass(slots=True)
class _Writes:
    """The effects of a batch so far, the breaker of its cases, and what its mails have caused before: (journal id, kind, address)."""

    breaker: CaseBreaker
    caps: Caps
    earlier: EarlierDeliveries
    caused: Set[tuple[str, str, str]] = frozenset()
    blobs: dict[str, bytes] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    withheld: list[Notice] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    lessons: list[RelayId] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    endings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    absences: dict[str, datetime] = field(default_factory=dict)


def apply(uow: IntakeUnit, messages: Sequence[IntakeMessage], context: ApplyContext) -> list[Outcome]:
    """Write the effects of those messages whose rows are still ours. Returns the outcomes written, in order."""
    ours = uow.journal.lock_leased([message.entry for message in messages])
    cases = uow.cases.lock(_case_ids(messages))
    messages = _matched_again(uow, messages, cases, context)
    uow.suppressions.revive(sorted(filter(None, (_alive(message) for message in messages if message.entry.id in ours))))
    now = context.effect.now
    caused = uow.notices.caused([message.entry.id for message in messages if message.entry.operator_decision])
    writes = _Writes(
        CaseBreaker.of(uow, messages, context.case_limits, now),
        Caps(uow.answers, context.caps, now),
        EarlierDeliveries.of(uow, messages, now),
        caused,
    )
    for message in messages:
        if message.entry.id in ours:
            _settle(uow, message, cases, context, writes)
    _write(uow, writes)
    return writes.outcomes


def _case_ids(messages: Sequence[IntakeMessage]) -> list[str]:
    return sorted({message.match.case.id for message in messages if message.match.case})


def _matched_again(
    uow: IntakeUnit, messages: Sequence[IntakeMessage], cases: dict[str, Case], context: ApplyContext
) -> Sequence[IntakeMessage]:
    """The messages, those matched anew whose case was merged meanwhile or has other people: two contacts may have become one.

    Otherwise a reply would belong to the closed duplicate, or its author to nobody. The cases found are added to `cases`, locked.
    """
    moved = [message for message in messages if _has_moved(message.match.case, cases)]
    if not moved:
        return messages
    again = {message.entry.id: message for message in context.match_again(uow, moved)}
    cases |= uow.cases.lock([id_ for id_ in _case_ids([*again.values()]) if id_ not in cases])
    return [again.get(message.entry.id, message) for message in messages]


def _has_moved(seen: Case | None, cases: dict[str, Case]) -> bool:
    locked = cases.get(seen.id) if seen else None
    if seen is None or locked is None:
        return False
    return (locked.merged_into, locked.participants) != (seen.merged_into, seen.participants)


def _settle(uow: IntakeUnit, message: IntakeMessage, cases: dict[str, Case], context: ApplyContext, writes: _Writes) -> None:
    """Work out one message against the cases as they are now, with the effects of the messages before it."""
    message = writes.earlier.judge(_recheck(message, cases, context))
    message = writes.caps.judge(writes.breaker.judge(message))
    message = _introduced(uow, message, context.effect.now)
    case = cases.get(message.match.case.id) if message.match.case else None
    found = effects(message, case, context.effect, uow.cases.next_number)
    decision = message.entry.operator_decision
    if decision:
        found = by_decision.bounded(found, decision, {(kind, address) for id_, kind, address in writes.caused if id_ == message.entry.id})
    if found.answer:
        found = _ask_gate(uow.answers, message, found, found.answer, context, writes)
    if found.change:
        cases[found.change.case.id] = found.change.case
        writes.changes.append(found.change)
    found = _reported(uow, found, context, writes, known=decision is not None and decision.again)
    writes.blobs.update((file.sha256, file.content) for file in found.files)
    writes.notices.extend(found.notices)
    writes.withheld.extend(found.withheld)
    writes.lessons.extend(relay_ids.lessons(message, found.outcome, context.effect.now))
    writes.earlier.learn(message, found.outcome)
    writes.outcomes.append(found.outcome)
    _remember_ending(message, found, writes)
    _remember_absence(message, context.effect.now, writes)


def _remember_ending(message: IntakeMessage, found: Effects, writes: _Writes) -> None:
    """Keep how the mail of a contact ends, so that the same ending in their next mail is recognised as a signature."""
    author = message.match.author
    if author is None or found.change is None or message.mail.kind != "human":
        return
    before = writes.endings.get(author.id, author.recent_endings)
    after = remember_ending(before, message.mail.reply)
    if after != before:
        writes.endings[author.id] = after


def _remember_absence(message: IntakeMessage, now: datetime, writes: _Writes) -> None:
    """Keep until when a contact is away when their own out-of-office note says so: daily mails wait until then."""
    returns_at, author = message.mail.returns_at, message.match.author
    token_contact = message.match.token_contact
    theirs = (token_contact is not None and author is not None and token_contact.id == author.id) or _alive(message)
    if author is not None and returns_at is not None and now < returns_at <= now + ABSENCE_MAX and theirs:
        writes.absences[author.id] = returns_at


def _reported(uow: IntakeUnit, found: Effects, context: ApplyContext, writes: _Writes, *, known: bool) -> Effects:
    """The effects with what a report means. What is `known` from an earlier decision of the mail is not counted again."""
    if found.delivery is None:
        return found
    if known:
        return with_delivery(found, None)
    writes.deliveries.append(found.delivery)
    return with_delivery(found, uow.suppressions.learn(found.failure, context.bounces) if found.failure else None)


def _recheck(message: IntakeMessage, cases: dict[str, Case], context: ApplyContext) -> IntakeMessage:
    """Decide again when the case is not as it was when the message was decided. The lock makes this the last word."""
    seen = message.match.case
    locked = cases.get(seen.id) if seen else None
    if seen is None or locked is None or _rested_on(locked) == _rested_on(seen):
        return message
    return context.decide(replace(message, match=replace(message.match, case=locked)))


def _introduced(uow: IntakeUnit, message: IntakeMessage, now: datetime) -> IntakeMessage:
    """The message with its author as a contact, when the verdict makes someone a participant who is no contact yet.

    The contact has no name until an operator registers one: a display name is chosen by the sender, and would appear in our mail.
    """
    author = message.mail.author
    if not _joins(message) or author is None or message.match.author is not None:
        return message
    address = folded(author.address)
    contact = uow.contacts.by_addresses([address]).get(address)
    if contact is None:
        company = message.match.customer
        number = uow.contacts.next_numbers(1)[0]
        contact = Contact(new_id(now), number, address, customer_id=company.id if company else None)
        uow.contacts.add([contact])
    return replace(message, match=replace(message.match, author=contact))


def _joins(message: IntakeMessage) -> bool:
    """Whether the author becomes a case's reporter or participant."""
    verdict = message.verdict
    if verdict is None or verdict.disposition not in ("comment", "create"):
        return False
    return verdict.disposition == "create" or any(effect.do == "participant" for effect in verdict.effects)


def _rested_on(case: Case) -> tuple[object, ...]:
    return case.status, case.resolved_at, case.participants


def _ask_gate(
    counters: AnswerCounters, message: IntakeMessage, found: Effects, answer: AutomaticAnswer, context: ApplyContext, writes: _Writes
) -> Effects:
    question = Question(
        message.mail,
        message.entry.envelope,
        answer.template,
        context.own_addresses,
        context.own_domains,
        message.results.overall,
        message.results.reverse_path,
    )
    refused = answer_gate.refusal(question, counters, context.limits, context.effect.now)
    if not refused:
        writes.notices.append(_answer_notice(message, answer, context.effect))
    elif refused.code in BREAKERS and found.outcome.state == "redirected" and _is_known(message):
        found = _held_by_breaker(found, refused)
    return with_answer(found, refused)


def _is_known(message: IntakeMessage) -> bool:
    """The mail is most likely real: a contact or customer writes, or the domain vouches for it. False when an operator decided."""
    if operator_decision.instead_of_policy(message.entry.operator_decision):
        return False
    return (
        message.match.author is not None or message.match.customer is not None or _is_verified(message) or message.results.overall == "pass"
    )


def _held_by_breaker(found: Effects, refused: AnswerRefusal) -> Effects:
    """Forged mail can open a breaker. Real mail that comes meanwhile is held for a person, since its sender gets no answer."""
    reason = f"{found.outcome.reason}; but {refused.text}: a person decides"
    return replace(found, outcome=replace(found.outcome, state="held", reason=reason))


def _answer_notice(message: IntakeMessage, answer: AutomaticAnswer, effect: EffectContext) -> Notice:
    """The answer as data. It goes to the reverse-path (RFC 3834 section 4) and says which mail it answers (section 3.1.5).

    When nobody vouches for the reverse-path, anyone may have written the mail to have ours sent there: then nothing of it is in the answer
    but its subject, cut and defanged.
    """
    mail, envelope, verified = message.mail, message.entry.envelope, _is_verified(message)
    facts = {
        **(_thread_facts(mail) if verified else {**_thread_facts(mail, UNVERIFIED_IDS, UNVERIFIED_ID_CHARS), "unverified": "yes"}),
        "agreement": agreement_of(message),
        "answered_subject": defanged(mail.subject) if verified or answer.template == "redirect" else "",
        "answered_at": (_written_at(message) or message.entry.accepted_at).isoformat(),
        "received_at": message.entry.accepted_at.isoformat(),
        **_legacy_facts(message, effect),
        "text": answer.text,
        **({"case_key": answer.case.key, "summary": answer.case.summary if verified else ""} if answer.case else {}),
        **_offer_facts(answer),
    }
    return Notice(
        new_id(effect.now), answer.template, envelope.reverse_path or "", effect.now, effect.now, journal_id=message.entry.id,
        contact_id=_reporter(message, answer), language=_language(message, effect), facts=facts,
    )  # fmt: skip


def _offer_facts(answer: AutomaticAnswer) -> dict[str, str]:
    """What the link to a choice needs: the case, and the event after which a change of status makes it late."""
    case = answer.case if answer.template == "choice" else None
    return {"case_id": case.id, "status": case.status, "event_id": answer.event_id} if case else {}


def _thread_facts(mail: Mail, most: int = 10, max_chars: int = 998) -> dict[str, str]:
    """The fields that put the answer into the sender's thread, with a bounded number of References, none longer than `max_chars`."""
    ids = [id_ for id_ in (*mail.references[-most:], mail.message_id or "") if id_ and len(id_) <= max_chars]
    return {"in_reply_to": mail.message_id if mail.message_id in ids and mail.message_id else "", "references": " ".join(ids)}


def _is_verified(message: IntakeMessage) -> bool:
    """The owner of the reverse-path sent the mail: its domain vouches, or the author is the reverse-path and theirs does."""
    results, author = message.results, message.mail.author
    if results.reverse_path != "none":
        return results.reverse_path == "pass"
    return results.overall == "pass" and author is not None and folded(author.address) == folded(message.entry.envelope.reverse_path or "")


def _written_at(message: IntakeMessage) -> datetime | None:
    """The mail's own date, unless it is far from when the mail came: then it says nothing."""
    written, accepted = message.mail.date, message.entry.accepted_at
    return written if written and abs(written - accepted) <= _PLAUSIBLE_AGE else None


def _legacy_facts(message: IntakeMessage, effect: EffectContext) -> dict[str, str]:
    """The phase of the sender and its days, for the words of the answer."""
    standing = facts_of(message, effect.policy).standing
    days = {"closed_since": standing.closed_since, "closes_on": standing.closes_on, "refuses_on": standing.refuses_on}
    return {"legacy_phase": standing.phase, **{name: day.isoformat() for name, day in days.items() if day}}


def _reporter(message: IntakeMessage, answer: AutomaticAnswer) -> str | None:
    """Whose reply address and links the answer carries: the author's, when it goes to nobody else. They are for one person."""
    author = message.match.author
    if answer.template not in ("accepted", "choice") or author is None:
        return None
    return author.id if folded(message.entry.envelope.reverse_path or "") == folded(author.address) else None


def _language(message: IntakeMessage, effect: EffectContext) -> str:
    """The sender's own language as registered, else as written; Danes and Swedes read bokmål more easily than English."""
    author, customer = message.match.author, message.match.customer
    stated = (author.language if author else "") or (customer.language if customer else "")
    written = {"nb": "nb", "nn": "nn", "da": "nb", "sv": "nb", "": effect.default_language}.get(message.mail.language, "en")
    return stated or written


def _alive(message: IntakeMessage) -> str:
    """The author's address when it is sure that they are there, else "": what only reports had suppressed gets mail again.

    Sure is a comment on a case, and a mail of a person or of their answering machine that the author's domain vouches for. A mail that is
    decided again says nothing of today.
    """
    mail, verdict = message.mail, message.verdict
    decision = message.entry.operator_decision
    if decision is not None and decision.as_ is None:
        return ""
    if mail.author is None or mail.identity_doubtful or mail.kind not in ("human", "auto_reply"):
        return ""
    sure = message.results.overall == "pass" or (verdict is not None and verdict.disposition == "comment")
    return mail.author.address.lower() if sure else ""


def _write(uow: IntakeUnit, writes: _Writes) -> None:
    if writes.blobs:
        uow.blobs.put(list(writes.blobs.items()))
    reached("case_insert")
    if writes.changes:
        uow.cases.write(writes.changes)
    reached("outbox_insert")
    if writes.notices:
        uow.notices.add(writes.notices)
    if writes.withheld:
        uow.notices.withhold(writes.withheld, by_decision.WITHHELD)
    if writes.deliveries:
        uow.outbox.record_deliveries(writes.deliveries)
    if writes.lessons:
        uow.relay_ids.learn(writes.lessons, relay_ids.LEARNED_PER_CONTACT)
    uow.contacts.remember_endings(writes.endings)
    if writes.absences:
        uow.contacts.remember_absences(writes.absences)
    uow.journal.finish(writes.outcomes)
