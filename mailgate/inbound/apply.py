"""Applies decided letters: their effects, in one transaction, exactly once.

In: letters with a verdict, under our lease. Out: rows. It first checks that each row is still ours (fencing), then locks the cases and
decides again what rested on a case that has changed since, and only then writes: with a constant number of statements for a batch of
any size (ADR 0001). It must never read mail, ask DNS or render text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime

from mailgate.cases.ids import new_id
from mailgate.cases.model import Case, Change, Contact, Notice
from mailgate.inbound import ordered, redirect, relay_ids
from mailgate.inbound.breaker import CaseBreaker, CaseLimits
from mailgate.inbound.caps import CapLimits, Caps
from mailgate.inbound.effects import Answer, Effects, Setting, agreement_of, effects, with_answer, with_delivery
from mailgate.inbound.letter import Letter
from mailgate.inbound.redirect import AnswerLimits, Counters, Question
from mailgate.killpoint import reached
from mailgate.mail.wire import folded
from mailgate.rules import release
from mailgate.rules.reachability import BounceLimits
from mailgate.store.rows import Delivery, Outcome, RelayId
from mailgate.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Rules:
    """What applying needs beside the letters: how to decide again, and what the gate, the caps and the cases' breaker go by."""

    decide: Callable[[Letter], Letter]
    setting: Setting
    limits: AnswerLimits
    own_addresses: frozenset[str]
    own_domains: frozenset[str]
    case_limits: CaseLimits = field(default_factory=CaseLimits)
    caps: CapLimits = field(default_factory=CapLimits)
    bounces: BounceLimits = field(default_factory=BounceLimits)


@dataclass(slots=True)
class _Writes:
    """What a batch adds up to, what its cases can bear, and what its mails have caused before: (journal id, kind, address)."""

    breaker: CaseBreaker
    caps: Caps
    caused: Set[tuple[str, str, str]] = frozenset()
    blobs: dict[str, bytes] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    withheld: list[Notice] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    lessons: list[RelayId] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


def apply(uow: UnitOfWork, letters: Sequence[Letter], rules: Rules) -> list[Outcome]:
    """Write the effects of those letters whose rows are still ours. Returns the outcomes written, in order."""
    ours = uow.journal.hold_ground([letter.entry for letter in letters])
    cases = uow.cases.lock(sorted({letter.match.case.id for letter in letters if letter.match.case}))
    uow.suppressions.revive(sorted(filter(None, (_alive(letter) for letter in letters if letter.entry.id in ours))))
    now = rules.setting.now
    caused = uow.notices.caused([letter.entry.id for letter in letters if letter.entry.release])
    writes = _Writes(CaseBreaker.of(uow, letters, rules.case_limits, now), Caps(uow.answers, rules.caps, now), caused)
    for letter in letters:
        if letter.entry.id in ours:
            _settle(uow, letter, cases, rules, writes)
    _write(uow, writes)
    return writes.outcomes


def _settle(uow: UnitOfWork, letter: Letter, cases: dict[str, Case], rules: Rules, writes: _Writes) -> None:
    """Work out one letter against the cases as they are now, with the effects of the letters before it."""
    letter = writes.caps.judge(writes.breaker.judge(_recheck(letter, cases, rules)))
    letter = _introduced(uow, letter, rules.setting.now)
    case = cases.get(letter.match.case.id) if letter.match.case else None
    found = effects(letter, case, rules.setting, uow.cases.next_number)
    order = release.loads(letter.entry.release)
    if order:
        found = ordered.bounded(found, order, {(kind, address) for id_, kind, address in writes.caused if id_ == letter.entry.id})
    if found.answer:
        found = _ask_gate(uow.answers, letter, found, found.answer, rules, writes)
    if found.change:
        cases[found.change.case.id] = found.change.case
        writes.changes.append(found.change)
    found = _reported(uow, found, rules, writes, known=order is not None and order.again)
    writes.blobs.update((file.sha256, file.content) for file in found.files)
    writes.notices.extend(found.notices)
    writes.withheld.extend(found.withheld)
    writes.lessons.extend(relay_ids.lessons(letter, found.outcome, rules.setting.now))
    writes.outcomes.append(found.outcome)


def _reported(uow: UnitOfWork, found: Effects, rules: Rules, writes: _Writes, *, known: bool) -> Effects:
    """The effects with what a report means. What is `known` from an earlier decision of the mail teaches nothing anew."""
    if found.delivery is None:
        return found
    if known:
        return with_delivery(found, None)
    writes.deliveries.append(found.delivery)
    return with_delivery(found, uow.suppressions.learn(found.failure, rules.bounces) if found.failure else None)


def _recheck(letter: Letter, cases: dict[str, Case], rules: Rules) -> Letter:
    """Decide again when the case is not as it was when the letter was decided. The lock makes this the last word."""
    seen = letter.match.case
    locked = cases.get(seen.id) if seen else None
    if seen is None or locked is None or _rested_on(locked) == _rested_on(seen):
        return letter
    return rules.decide(replace(letter, match=replace(letter.match, case=locked)))


def _introduced(uow: UnitOfWork, letter: Letter, now: datetime) -> Letter:
    """The letter with its author as a contact, when the verdict makes someone a participant whom nobody has written down yet."""
    author = letter.mail.author
    if not _joins(letter) or author is None or letter.match.author is not None:
        return letter
    address = folded(author.address)
    contact = uow.contacts.by_addresses([address]).get(address)
    if contact is None:
        company = letter.match.customer
        number = uow.contacts.next_numbers(1)[0]
        contact = Contact(new_id(now), number, address, author.name, customer_id=company.id if company else None)
        uow.contacts.add([contact])
    return replace(letter, match=replace(letter.match, author=contact))


def _joins(letter: Letter) -> bool:
    """Whether the author becomes a case's reporter or participant."""
    verdict = letter.verdict
    if verdict is None or verdict.disposition not in ("comment", "create"):
        return False
    return verdict.disposition == "create" or any(effect.do == "participant" for effect in verdict.effects)


def _rested_on(case: Case) -> tuple[object, ...]:
    return case.status, case.resolved_at, case.participants


def _ask_gate(counters: Counters, letter: Letter, found: Effects, answer: Answer, rules: Rules, writes: _Writes) -> Effects:
    question = Question(letter.mail, letter.entry.envelope, answer.template, rules.own_addresses, rules.own_domains, letter.results.overall)
    refused = redirect.refusal(question, counters, rules.limits, rules.setting.now)
    if not refused:
        writes.notices.append(_answer_notice(letter, answer, rules.setting))
    return with_answer(found, refused)


def _answer_notice(letter: Letter, answer: Answer, setting: Setting) -> Notice:
    """The answer as data. It goes to the reverse-path (RFC 3834 section 4) and names the mail it answers, never its words."""
    mail, envelope = letter.mail, letter.entry.envelope
    facts = {
        "in_reply_to": mail.message_id or "",
        "references": " ".join((*mail.references[-10:], *([mail.message_id] if mail.message_id else []))),
        "agreement": agreement_of(letter),
        "received_at": letter.entry.accepted_at.isoformat(),
        **_legacy_facts(letter, setting),
        "text": answer.text,
        **({"case_key": answer.case.key, "summary": answer.case.summary} if answer.case else {}),
    }
    return Notice(
        new_id(setting.now), answer.template, envelope.reverse_path or "", setting.now, setting.now, journal_id=letter.entry.id,
        contact_id=_reporter(letter, answer), language=_language(letter, setting), facts=facts,
    )  # fmt: skip


def _legacy_facts(letter: Letter, setting: Setting) -> dict[str, str]:
    """The phase of the sender and its days, for the words of the answer."""
    standing = setting.policy.legacy.standing(letter.entry.envelope.reverse_path, letter.entry.accepted_at)
    days = {"closed_since": standing.closed_since, "closes_on": standing.closes_on, "refuses_on": standing.refuses_on}
    return {"legacy_phase": standing.phase, **{name: day.isoformat() for name, day in days.items() if day}}


def _reporter(letter: Letter, answer: Answer) -> str | None:
    """Whose reply address the answer carries: the reporter's of a new case, when it goes to nobody else. A token is for one person."""
    author = letter.match.author
    if answer.template != "accepted" or author is None or folded(letter.entry.envelope.reverse_path or "") != folded(author.address):
        return None
    return author.id


def _language(letter: Letter, setting: Setting) -> str:
    """The sender's own language as registered, else as written; Danes and Swedes read bokmål more easily than English."""
    author, customer = letter.match.author, letter.match.customer
    stated = (author.language if author else "") or (customer.language if customer else "")
    written = {"nb": "nb", "nn": "nn", "da": "nb", "sv": "nb", "": setting.default_language}.get(letter.mail.language, "en")
    return stated or written


def _alive(letter: Letter) -> str:
    """The author's address when it is sure that they are there, else "": what only reports had suppressed gets mail again.

    Sure is a comment on a case, and a mail of a person or of their answering machine that the author's domain vouches for. A mail that is
    decided again says nothing of today.
    """
    mail, verdict = letter.mail, letter.verdict
    order = release.loads(letter.entry.release)
    if order is not None and order.as_ is None:
        return ""
    if mail.author is None or mail.identity_doubtful or mail.kind not in ("human", "auto_reply"):
        return ""
    sure = letter.results.overall == "pass" or (verdict is not None and verdict.disposition == "comment")
    return mail.author.address.lower() if sure else ""


def _write(uow: UnitOfWork, writes: _Writes) -> None:
    if writes.blobs:
        uow.blobs.put(list(writes.blobs.items()))
    reached("case_insert")
    if writes.changes:
        uow.cases.write(writes.changes)
    reached("outbox_insert")
    if writes.notices:
        uow.notices.add(writes.notices)
    if writes.withheld:
        uow.notices.withhold(writes.withheld, ordered.WITHHELD)
    if writes.deliveries:
        uow.outbox.record_deliveries(writes.deliveries)
    if writes.lessons:
        uow.relay_ids.learn(writes.lessons, relay_ids.LEARNED_PER_CONTACT)
    uow.journal.finish(writes.outcomes)
