"""Facts: the closed set of names that conditions may ask for, with type, meaning and how each is read. In: `Facts`. Out: a value.

A fact is computed when a rule asks for it, never before. Text facts that are compared as keys or addresses are in lower case.
`header.<name>` is one more family: the values of that header field, decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from typing import Literal
from zoneinfo import ZoneInfo

from mailgate.cases.model import Case, Contact, Customer
from mailgate.cases.workflow import SUPPORTWEB, Incoming, ReplyAnswer, Workflow, on_reply
from mailgate.mail.auth.org_domain import aligned
from mailgate.mail.model import Attachment, Envelope, Mail
from mailgate.mail.reply.quote_lines import is_quoted
from mailgate.rules.agreements import SUPPORTWEB_AGREEMENTS, Agreement, is_holiday, respond_by, within_hours
from mailgate.rules.legacy import SUPPORTWEB_LEGACY, Legacy, Phase, SenderPhase, domain_of
from mailgate.rules.trust import Authentication, Trust
from mailgate.values import value_class

Value = str | int | bool | tuple[str, ...]
FactType = Literal["text", "texts", "number", "truth"]
Carrier = Literal["", "address", "message_id", "marker", "relay_id", "bounce"]

SERVICE_MAILBOXES = frozenset({"postmaster", "abuse", "hostmaster", "webmaster", "security"})
"""RFC 2142: names of mailboxes that a person must read; RFC 5321 section 4.5.1 demands the first."""

UNREADABLE = ("degraded", "unreadable")
"""Prefix of the defects of mail that could not be read, only stored."""

MAIL_TYPES, MAIL_ENDINGS = frozenset({"message/rfc822", "message/global", "application/vnd.ms-outlook"}), (".eml", ".msg", ".mbox")
"""How whole mails are attached (RFC 2046 section 5.2.1, RFC 6532)."""

DEFAULT_AGREEMENT = "enkel"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@value_class
class Authentications:
    """What was verified or believed of the mail's origin: `pass`, `fail`, `none` and the other words of RFC 8601 section 2.7.

    `verdict`: of the author's domain. `reverse_path`: of the reverse-path's domain, by SPF and DMARC.
    """

    spf: str = "none"
    dkim: str = "none"
    dmarc: str = "none"
    arc: str = "none"
    verdict: Authentication = "none"
    reverse_path: Authentication = "none"


@value_class
class Facts:
    """All that is known of one mail when the policy is evaluated. Made by the intake; the chain puts in what the policy has of its own.

    `case` is the case that was found by `carrier`, or, when `carrier` is "", the one that the subject hints at (a hint, never authority).
    `carrier_refusals`: why token-like texts of the mail were no good (`expired`, `forged`, ...). `carriers_disagree`: good tokens name
    several cases. `reply_addresses`: those of the mail that hold a good token, in lower case. `contact`, `customer`: the author's.
    `by_staff`: one of ours speaks, be it that a person has judged so. `repeats_us`: what counts as the author's words holds a mail of ours.
    `at`: when the mail was accepted, aware UTC.
    """

    mail: Mail
    envelope: Envelope
    at: datetime
    trust: Trust = "stranger"
    trust_reason: str = ""
    auth: Authentications = field(default_factory=Authentications)
    case: Case | None = None
    carrier: Carrier = ""
    carrier_refusals: tuple[str, ...] = ()
    carriers_disagree: bool = False
    contact: Contact | None = None
    customer: Customer | None = None
    by_staff: bool = False
    reply_addresses: tuple[str, ...] = ()
    repeats_us: bool = False
    workflow: Workflow = SUPPORTWEB
    agreements: Mapping[str, Agreement] = field(default_factory=lambda: SUPPORTWEB_AGREEMENTS)
    legacy: Legacy = SUPPORTWEB_LEGACY
    _values: dict[str, Value] = field(default_factory=dict, init=False, repr=False, compare=False)

    def value(self, one: Fact) -> Value:
        """What this fact says of the mail. Worked out once: several rules ask for it, and then the trail."""
        found = self._values.get(one.name)
        if found is None:
            found = self._values[one.name] = one.read(self)
        return found

    @property
    def standing(self) -> SenderPhase:
        """The legacy phase of the sender (`phase_address`) on the day when the mail was accepted."""
        return self.legacy.standing(self.phase_address, self.at)

    @property
    def phase_address(self) -> str | None:
        """The address whose phase counts: the reverse-path, or the author when only the author's domain vouches for it; None: `<>`."""
        author, reverse_path = self.mail.author, self.envelope.reverse_path
        by_author = self.auth.verdict == "pass" and self.auth.reverse_path != "pass" and not self.mail.identity_doubtful
        return author.address if reverse_path is not None and author is not None and by_author else reverse_path

    @property
    def envelope_forged(self) -> bool:
        """The reverse-path's domain disowns the mail, and does not vouch for it as the author's domain either."""
        if self.auth.reverse_path != "fail":
            return False
        author, reverse_path = self.mail.author, self.envelope.reverse_path or ""
        return self.auth.verdict != "pass" or author is None or not aligned(_domain_of(author.address), _domain_of(reverse_path))

    @property
    def phase_claimed(self) -> Phase:
        """The legacy phase that the reverse-path would have, forged or not."""
        return self.legacy.standing(self.envelope.reverse_path, self.at).phase

    @property
    def agreement(self) -> Agreement:
        """The agreement of the author's customer, else the default."""
        wanted = self.customer.agreement if self.customer else DEFAULT_AGREEMENT
        return self.agreements.get(wanted) or self.agreements.get(DEFAULT_AGREEMENT) or next(iter(self.agreements.values()))

    @property
    def takes_part(self) -> bool:
        """True when the author is an approved participant of the case, however the case was found."""
        who = self.contact or self.mail.author
        person = self.case.participant(who.address) if self.case and who else None
        return person is not None and person.approved

    @property
    def to_customer(self) -> bool:
        """Whether the mail is plainly an answer for the case's people, so that words of our staff may be shown to them.

        Sent to the reply address as a recipient of its own (in To), or with it in Cc and one of the case's people beside it: a signed mail
        that names it nowhere was written for something else, and whoever has it can send it once more. With words or files of its
        own, no quoted lines and no passed on mail among them, and with nothing else in its HTML than in its text.
        """
        mail = self.mail
        if self.carrier != "address" or mail.other_text or mail.encrypted or self._repeats_others() or not self.says_something:
            return False
        to = {box.address.lower() for box in mail.to}
        shown = to | {box.address.lower() for box in mail.cc}
        people = {person.contact.address.lower() for person in self.case.participants if person.approved} if self.case else set()
        ours = set(self.reply_addresses)
        return bool(to & ours) or bool(shown & ours and shown & people)

    def _repeats_others(self) -> bool:
        """Whether words of others stand among the author's, or a whole mail is attached."""
        reply = self.mail.reply
        return (
            reply.forwarded
            or self.repeats_us
            or (">" in reply.text and any(map(is_quoted, reply.text.split("\n"))))
            or any(map(_is_a_mail, self.mail.attachments))
        )

    @property
    def says_something(self) -> bool:
        """Whether the mail has words or files of its author's own."""
        return bool(self.mail.reply.text.strip()) or any(file.disposition == "attachment" for file in self.mail.attachments)

    def case_answer(self) -> ReplyAnswer | None:
        """What the workflow says to this mail on this case; None without a case."""
        if self.case is None:
            return None
        case, mail = self.case, self.mail
        if self.trust == "staff" and mail.kind == "human":
            return ReplyAnswer("comment", "what our staff say by mail leaves the status as it is, as on the desk")
        return on_reply(self.workflow, Incoming(case.status, mail.kind, self.at, self.trust, mail.reply.thanks_only, case.resolved_at))


@dataclass(frozen=True, slots=True)
class Fact:
    """One name of the closed set: its type, what it means in one line, and how it is read."""

    name: str
    type: FactType
    means: str
    read: Callable[[Facts], Value]


def fact(name: str) -> Fact:
    """The fact of this name. Raises ValueError, which names the nearest one there is."""
    if name in FACTS:
        return FACTS[name]
    if name.startswith("header.") and len(name) > len("header."):
        return _header_fact(name)
    near = get_close_matches(name, FACTS, n=1)
    raise ValueError(f"there is no fact {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def _header_fact(name: str) -> Fact:
    wanted = name.removeprefix("header.").lower()
    return Fact(
        name,
        "texts",
        f"values of the header field {wanted}",
        lambda f: tuple(value for key, value in f.mail.headers if key.lower() == wanted),
    )


def _author(f: Facts) -> str:
    return f.mail.author.address.lower() if f.mail.author else ""


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def _domain(f: Facts) -> str:
    return _author(f).rpartition("@")[2]


def _local_parts(f: Facts) -> tuple[str, ...]:
    return tuple(address.rpartition("@")[0].lower() for address in f.envelope.recipients)


def _to_service(f: Facts) -> bool:
    return any(part.partition("+")[0] in SERVICE_MAILBOXES for part in _local_parts(f))


def _unreadable(f: Facts) -> bool:
    return f.mail.author is None or any(defect.startswith(UNREADABLE) for defect in f.mail.defects)


def _local(f: Facts) -> datetime:
    return f.at.astimezone(ZoneInfo(f.agreement.zone))


def _response(f: Facts) -> str:
    return f"{f.agreement.response.amount} {f.agreement.response.unit}"


def _respond_by(f: Facts) -> str:
    return respond_by(f.agreement, f.at).astimezone(ZoneInfo(f.agreement.zone)).strftime("%Y-%m-%dT%H:%M")


def _hours_left(f: Facts) -> int:
    return int((respond_by(f.agreement, f.at) - f.at).total_seconds() // 3600)


def _case_text(attribute: str) -> Callable[[Facts], Value]:
    return lambda f: str(getattr(f.case, attribute)) if f.case else ""


def _case_answer(f: Facts) -> str:
    answer = f.case_answer()
    return answer.does if answer else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _listed(f: Facts) -> bool:
    return f.phase_address is not None and f.legacy.entry(domain_of(f.phase_address)) is not None


def _days_left(f: Facts) -> int:
    next_on = f.standing.next_on
    return (next_on - f.legacy.day(f.at)).days if next_on else -1


def _names(f: Facts) -> tuple[str, ...]:
    """Some readers show one name, some another (two parameters, two fields, two spellings): a rule sees them all."""
    return tuple(
        dict.fromkeys(name for part in f.mail.attachments for name in (part.filename, part.filename_sent, *part.other_names) if name)
    )


def _types(f: Facts) -> tuple[str, ...]:
    kinds = (kind for part in f.mail.attachments for kind in (part.content_type, part.detected_type))
    return tuple(dict.fromkeys(kind.lower() for kind in kinds if kind))


def _is_a_mail(file: Attachment) -> bool:
    return file.content_type.lower() in MAIL_TYPES or file.filename.lower().endswith(MAIL_ENDINGS)


def _text(f: Facts) -> str:
    return f"{f.mail.text}\n\n{f.mail.other_text}" if f.mail.other_text else f.mail.text


def _new_text(f: Facts) -> str:
    new, other = f.mail.reply.text, f.mail.other_text
    return f"{new}\n\n{other}" if other else new


def _kept_files(f: Facts) -> int:
    return sum(1 for part in f.mail.attachments if part.disposition != "decoration")


_ALL = (
    Fact("kind", "text", "human, auto_reply, bounce, delivery_status, bulk, loop or system", lambda f: f.mail.kind),
    Fact("kind_reasons", "texts", "why the mail was taken for its kind", lambda f: f.mail.kind_reasons),
    Fact("kind.unsure", "truth", "a person may have written what looks like a machine's mail, or ours", lambda f: f.mail.kind_unsure),
    Fact("encrypted", "truth", "the words are encrypted and cannot be read here", lambda f: f.mail.encrypted),
    Fact("trust", "text", "confirmed, participant, colleague, staff, doubtful or stranger", lambda f: f.trust),
    Fact("auth.verdict", "text", "pass, fail or none: the result of authentication", lambda f: f.auth.verdict),
    Fact("auth.spf", "text", "SPF result (RFC 7208)", lambda f: f.auth.spf),
    Fact("auth.dkim", "text", "DKIM result (RFC 6376)", lambda f: f.auth.dkim),
    Fact("auth.dmarc", "text", "DMARC result (RFC 7489)", lambda f: f.auth.dmarc),
    Fact("auth.arc", "text", "ARC result (RFC 8617)", lambda f: f.auth.arc),
    Fact("auth.reverse_path", "text", "pass, fail or none: SPF, DMARC of the reverse-path's domain", lambda f: f.auth.reverse_path),
    Fact(
        "envelope.reverse_path",
        "text",
        "MAIL FROM address in lower case, empty when null",
        lambda f: (f.envelope.reverse_path or "").lower(),
    ),
    Fact("envelope.null_reverse_path", "truth", "the reverse-path is <>", lambda f: f.envelope.reverse_path is None),
    Fact("recipients", "texts", "RCPT TO addresses in lower case", lambda f: tuple(map(str.lower, f.envelope.recipients))),
    Fact("recipients.local_parts", "texts", "what stands before the @ of the recipients", _local_parts),
    Fact("recipients.service", "truth", "one recipient is postmaster, abuse or kin (RFC 2142)", _to_service),
    Fact("to", "texts", "addresses of the To field in lower case", lambda f: tuple(box.address.lower() for box in f.mail.to)),
    Fact("cc", "texts", "addresses of the Cc field in lower case", lambda f: tuple(box.address.lower() for box in f.mail.cc)),
    Fact("author.address", "text", "author's address in lower case, empty when none can be read", _author),
    Fact("author.domain", "text", "domain of the author's address", _domain),
    Fact("author.name", "text", "author's display name", lambda f: f.mail.author.name if f.mail.author else ""),
    Fact("author.doubtful", "truth", "the mail names several authors, or none that can be read", lambda f: f.mail.identity_doubtful),
    Fact("author.known", "truth", "the author is one of our contacts", lambda f: f.contact is not None),
    Fact("author.takes_part", "truth", "the author is an approved participant of the case", lambda f: f.takes_part),
    Fact("subject", "text", "subject, decoded", lambda f: f.mail.subject),
    Fact("language", "text", "language of the text, empty when unknown", lambda f: f.mail.language),
    Fact("text", "text", "the whole text; that of the HTML too when it says something else", _text),
    Fact("size_bytes", "number", "size of the raw mail", lambda f: f.mail.size_bytes),
    Fact("defects", "texts", "what was odd about the mail's form", lambda f: f.mail.defects),
    Fact("unreadable", "truth", "no author, or the mail was kept without being understood", _unreadable),
    Fact("reply.text", "text", "the new text, without history and signature; all of the HTML's when that says something else", _new_text),
    Fact(
        "reply.thanks_only",
        "truth",
        "the new text only says thanks, and no other form of it says something else",
        lambda f: f.mail.reply.thanks_only and not f.mail.other_text,
    ),
    Fact(
        "reply.to_customer",
        "truth",
        "plainly an answer for the case's people: to the reply address, in words or files of its own, nothing passed on",
        lambda f: f.to_customer,
    ),
    Fact("attachments.count", "number", "attachments, logos of signatures not counted", _kept_files),
    Fact("attachments.names", "texts", "every name that the attachments give themselves", _names),
    Fact("attachments.types", "texts", "content types of the attachments, as declared and as their first bytes say", _types),
    Fact("carrier", "text", "what tied the mail to its case: address, message_id, marker, relay_id, bounce; or empty", lambda f: f.carrier),
    Fact("carrier.refusals", "texts", "why reply addresses of the mail were no good: expired, forged, ...", lambda f: f.carrier_refusals),
    Fact("carrier.disagree", "truth", "the mail carries good tokens of several cases", lambda f: f.carriers_disagree),
    Fact(
        "case.found", "truth", "a case was found, even if only by its key in the subject of one of its people", lambda f: f.case is not None
    ),
    Fact("case.key", "text", "key of the case", _case_text("key")),
    Fact("case.status", "text", "status key of the case", _case_text("status")),
    Fact("case.type", "text", "type of the case", _case_text("case_type")),
    Fact("case.priority", "text", "priority of the case", _case_text("priority")),
    Fact("case.component", "text", "component of the case", _case_text("component")),
    Fact("case.assignee", "text", "who is responsible for the case", _case_text("assignee")),
    Fact("case.answer", "text", "what the workflow says to this mail: comment, note or refuse; empty without a case", _case_answer),
    Fact("customer.known", "truth", "the author's domain or contact belongs to a customer", lambda f: f.customer is not None),
    Fact("customer.name", "text", "name of the author's customer", lambda f: f.customer.name if f.customer else ""),
    Fact("agreement", "text", "key of the author's agreement", lambda f: f.agreement.key),
    Fact("agreement.open", "truth", "the mail came within the agreement's opening hours", lambda f: within_hours(f.agreement, f.at)),
    Fact("agreement.response", "text", "its response time, such as 2 working_days or 4 working_hours", _response),
    Fact("within_hours", "truth", "the same as agreement.open", lambda f: within_hours(f.agreement, f.at)),
    Fact("respond_by", "text", "when an answer is due, local time, such as 2026-03-04T16:00", _respond_by),
    Fact("respond_by.hours", "number", "whole hours between the mail's arrival and the time when an answer is due", _hours_left),
    Fact("agreement.phone_open", "truth", "its telephone is open", lambda f: within_hours(f.agreement, f.at, "phone")),
    Fact("agreement.phone", "truth", "the agreement has telephone support", lambda f: f.agreement.phone is not None),
    Fact(
        "legacy.phase",
        "text",
        "phase of the reverse-path's domain, or of the author's when only that vouches: accept, accept_and_tell, redirect or refuse",
        lambda f: f.standing.phase,
    ),
    Fact("legacy.listed", "truth", "the policy names the sender's domain, or takes it in with the one above it", _listed),
    Fact(
        "legacy.since",
        "text",
        "day on which the phase began, such as 2009-04-01; empty: from the beginning",
        lambda f: _day(f.standing.since),
    ),
    Fact("legacy.next", "text", "phase that comes next; empty without one", lambda f: f.standing.next),
    Fact("legacy.next_on", "text", "day on which the next phase begins; empty without one", lambda f: _day(f.standing.next_on)),
    Fact("legacy.days_left", "number", "days until the next phase begins; -1 without one", _days_left),
    Fact("time.date", "text", "local day, such as 2009-04-01", lambda f: _local(f).date().isoformat()),
    Fact("time.holiday", "truth", "a public holiday in Norway", lambda f: is_holiday(_local(f).date())),
    Fact("time.weekday", "text", "monday to sunday, local time", lambda f: _WEEKDAYS[_local(f).weekday()]),
    Fact("time.hour", "number", "0 to 23, local time", lambda f: _local(f).hour),
)
FACTS: Mapping[str, Fact] = {item.name: item for item in _ALL}
"""Every fact by name, but for the family `header.<name>`."""
