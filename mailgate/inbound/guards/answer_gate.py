"""The answer gate: may this mail be answered automatically? One function, with the reason of every refusal.

In: what was understood of a mail, and what the store has counted. Out: None, or an `AnswerRefusal`. It counts before anything is sent, in
the transaction of the mail's other effects, so that a crash can only mean fewer answers, never more (guarantee 5). RFC 3834 section 2
is the source.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from mailgate.mail.model import Envelope, Mail
from mailgate.mail.same_mailbox import counted_as

# RFC 3834 section 2: names of mailboxes that no person reads; an answer to them helps nobody.
NO_REPLY = re.compile(
    r"(mailer-?daemon|postmaster|no-?reply|do-?not-?reply|(ikke|ikkje)-?svar|svar-?(ikke|ikkje)|bounces?|listserv|majordomo|root|daemon|nobody)([-+=._].*)?"
    r"|owner-.*|.*-(owner|request|bounces?|relay)|.*[-+._](no-?reply|donotreply)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AnswerLimits:
    """How much is answered automatically. Windows are rolling; the breakers count all templates together. `window` is the policy's."""

    window: timedelta = timedelta(hours=24)
    per_address_per_day: int = 4
    per_domain_per_hour: int = 100
    global_per_hour: int = 1000
    same_content_window: timedelta = timedelta(hours=24)
    same_content_max: int = 20


@dataclass(frozen=True, slots=True)
class Question:
    """One mail that the policy wants answered with `template`. `authentication`: the verdict of the author's domain; `reverse_path`: that
    of the domain that the answer would go to.
    """

    mail: Mail
    envelope: Envelope
    template: str
    own_addresses: frozenset[str]
    own_domains: frozenset[str]
    authentication: str = "none"
    reverse_path: str = "none"


RefusalCode = Literal[
    "machine", "null_reverse_path", "no_author", "own_address", "no_reply_address", "address_literal", "not_addressed", "authentication",
    "suppressed", "same_content", "address_day", "domain_breaker", "global_breaker", "window", "answered_before", "withheld",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnswerRefusal:
    """Why no answer is given. Metrics and programs use `code`; `text` is one line for people, without a full stop."""

    code: RefusalCode
    text: str


class AnswerCounters(Protocol):
    """What the gate counts, in the store, in the transaction at hand."""

    def reserve(self, address: str, template: str, now: datetime, window: timedelta, domain: str = "") -> bool:
        """True when no answer of this template was counted for the address within the window; then it is counted, for `domain`."""
        ...

    def answered_since(self, since: datetime, domain: str | None = None, *, now: datetime | None = None) -> int:
        """Answers counted since then and not far ahead of now, to one domain or to all."""
        ...

    def answered_to(self, address: str, since: datetime) -> int:
        """Answers of any template to one address since then."""
        ...

    def content_seen(self, fingerprint: str, since: datetime, now: datetime) -> int:
        """How often this content has asked for an answer since then; counts this time."""
        ...

    def suppressed(self, address: str) -> str:
        """Why nothing may be sent to the address, "" when it may."""
        ...


def refusal_of_mail(question: Question) -> AnswerRefusal | None:
    """Why this mail must not be answered, from the mail alone; None when it may. Pure."""
    mail, envelope = question.mail, question.envelope
    checks: tuple[tuple[bool, RefusalCode, str], ...] = (
        (mail.kind != "human", "machine", f"the mail is of kind {mail.kind}, and only people are answered (RFC 3834 section 2)"),
        (envelope.reverse_path is None, "null_reverse_path", "the reverse-path is null (RFC 3834 section 2)"),
        (mail.identity_doubtful or mail.author is None, "no_author", "nobody can be taken for the author"),
        (_is_ours(envelope.reverse_path, question), "own_address", "the reverse-path is one of our own addresses"),
        (bool(NO_REPLY.fullmatch((envelope.reverse_path or "").partition("@")[0])), "no_reply_address", "no person reads the reverse-path"),
        ("@[" in (envelope.reverse_path or ""), "address_literal", "the reverse-path is an address literal, which names no domain"),
        (not _addressed_to_us(question), "not_addressed", "no address of ours stands in To or Cc (RFC 3834 section 2)"),
        (question.authentication == "fail", "authentication", "the author's domain says that the mail is not from there"),
        (question.reverse_path == "fail", "authentication", "the reverse-path's domain says that the mail is not from there"),
    )
    return next((AnswerRefusal(code, text) for refused, code, text in checks if refused), None)


def refusal(question: Question, counters: AnswerCounters, limits: AnswerLimits, now: datetime) -> AnswerRefusal | None:
    """Why no answer is given, None when one is: then it has been counted. Breakers first, so that a refused answer uses up no window."""
    if refused := refusal_of_mail(question):
        return refused
    address = (question.envelope.reverse_path or "").lower()
    if blocked := counters.suppressed(address):
        return AnswerRefusal("suppressed", f"the address is suppressed: {blocked}")
    hour_ago, (mailbox, domain) = now - timedelta(hours=1), counted_as(address)
    seen = counters.content_seen(fingerprint(question.mail), now - limits.same_content_window, now)
    if seen >= limits.same_content_max:
        return AnswerRefusal("same_content", f"the same content has come {seen} times within {_hours(limits.same_content_window)}")
    if counters.answered_to(mailbox, now - timedelta(days=1)) >= limits.per_address_per_day:
        return AnswerRefusal("address_day", f"the address has had {limits.per_address_per_day} answers within a day")
    if counters.answered_since(hour_ago, domain, now=now) >= limits.per_domain_per_hour:
        return AnswerRefusal("domain_breaker", f"the breaker for the domain is open: {limits.per_domain_per_hour} answers in an hour")
    if counters.answered_since(hour_ago, now=now) >= limits.global_per_hour:
        return AnswerRefusal("global_breaker", f"the global breaker is open: {limits.global_per_hour} answers in an hour")
    if not counters.reserve(mailbox, question.template, now, limits.window, domain):
        return AnswerRefusal("window", f"the address was answered within {_hours(limits.window)}")
    return None


def fingerprint(mail: Mail) -> str:
    """A hash of the words of a mail, independent of its sender (for the breaker against one text from many forged addresses)."""
    words = " ".join((mail.subject + " " + mail.reply.text).split()).lower()
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


def _is_ours(address: str | None, question: Question) -> bool:
    return (address or "").rpartition("@")[2].lower() in question.own_domains


def _addressed_to_us(question: Question) -> bool:
    """An envelope's recipients are ours (the listener takes no others), so a reply address counts, which `own_addresses` cannot list."""
    shown: Sequence[str] = [box.address.lower() for box in (*question.mail.to, *question.mail.cc)]
    ours = question.own_addresses.union(address.lower() for address in question.envelope.recipients)
    return any(address in ours for address in shown)


def _hours(window: timedelta) -> str:
    return f"{window.total_seconds() / 3600:g} h"
