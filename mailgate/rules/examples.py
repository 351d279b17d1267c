"""The tests that a policy carries: made-up facts in, and whether the policy says what the operator expects. Pure; sends nothing.

An example starts as a plain mail from someone unknown to the support address. What it gives is changed in that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailgate.cases.model import Case, Contact, Customer, Participant
from mailgate.mail.guess_envelope import as_it_came
from mailgate.mail.model import Attachment, Envelope, Mail, Mailbox, Reply
from mailgate.rules.chain import Effect, Verdict, run
from mailgate.rules.facts import Facts, fact
from mailgate.rules.policy import Example, Policy

_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_SENDER = "kari@kunde.example"
_CONTACT = Contact("contact", 1, _SENDER, "Kari")
_CASE = Case("case", 1, "SUP-1", "An example", "open", "problem", "normal", _AT, _AT, "contact")
_PLAIN = Facts(
    Mail(1000, author=Mailbox(_SENDER, "Kari"), subject="A question", text="How?", reply=Reply("How?")),
    Envelope(_SENDER, ("support@firma.example",)),
    _AT,
)
_OURS = frozenset(_PLAIN.envelope.recipients)
_SUPPORT = _PLAIN.envelope.recipients[0]
_MAIN_ARGUMENT = {"tag": "name", "transition": "to", "notify": "whom", "forward": "to"}
_INSTEAD = {
    **dict.fromkeys(("agreement.open", "within_hours", "agreement.phone_open", "time.weekday", "time.holiday"), "; give the test an 'at:'"),
    **dict.fromkeys(("agreement.phone", "agreement.response"), "; give agreement"),
    "case.answer": "; give case.status",
    "customer.known": "; give customer.name",
    "recipients.service": "; give recipients",
    "reply.to_customer": "; give carrier, and to or cc",
    "recipients.local_parts": "; give recipients",
    "envelope.null_reverse_path": "; give envelope.reverse_path, empty for none",
    "unreadable": "; give defects",
}
_Change = Callable[[Facts, Any], Facts]


@dataclass(frozen=True, slots=True)
class FailedExample:
    """An example that came out otherwise. `lines`: expected, actual and why, as in a diff."""

    name: str
    line: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: {'; '.join(self.lines)}"


def failures(policy: Policy) -> Iterator[FailedExample]:
    """The examples of the policy that fail, in order. Those without their mail file are skipped: they were run where it is."""
    for example in policy.examples:
        if example.path and example.mail is None:
            continue
        try:
            verdict = run(policy, facts_of(example.given, example.mail, example.at))
        except ValueError as error:
            yield FailedExample(example.name, example.line, (str(error),))
            continue
        if lines := tuple(_differences(example, verdict)):
            yield FailedExample(example.name, example.line, (*lines, *_why(example, verdict)))


def left_out(policy: Policy) -> int:
    """How many examples `failures` skips."""
    return sum(1 for example in policy.examples if example.path and example.mail is None)


def said(effects: Iterable[Effect]) -> list[str]:
    """What follows beside the disposition, in words such as `tag: x`, sorted. The default answer of a redirect is left out."""
    return sorted(line for effect in effects for line in _said(effect))


def _said(effect: Effect) -> Iterator[str]:
    args = effect.args
    if effect.do == "set":
        yield from (f"set: {name} {value}" for name, value in args.items())
    elif effect.do == "participant":
        yield f"participant: {'approved' if args.get('approved') == 'yes' else 'waiting'}"
    elif effect.do == "redirect" and args.get("answer", "legacy") != "legacy":
        yield f"answer: {args['answer']}"
    elif effect.do in _MAIN_ARGUMENT:
        yield f"{effect.do}: {args.get(_MAIN_ARGUMENT[effect.do], '')}"


def _differences(example: Example, verdict: Verdict) -> Iterator[str]:
    if verdict.disposition != example.disposition or (example.rule and verdict.rule != example.rule):
        wanted = f"{example.disposition} by rule {example.rule}" if example.rule else example.disposition
        yield f"expected {wanted}, got {verdict.disposition} by rule {verdict.rule}"
    if example.effects is None:
        return
    wanted_, got = sorted(example.effects), said(verdict.effects)
    yield from (f"expected effect {line}, which is missing" for line in wanted_ if line not in got)
    yield from (f"got effect {line}, which is not expected" for line in got if line not in wanted_)


def _why(example: Example, verdict: Verdict) -> Iterator[str]:
    trail = list(verdict.trail)
    if example.rule and example.rule != verdict.rule:
        asked = next((entry for entry in trail if entry.rule == example.rule), None)
        if asked is None:
            yield f"rule {example.rule} was not asked, since rule {verdict.rule} decided before it"
        else:
            yield f"rule {example.rule} {'held, but did not decide' if asked.hit else 'did not hold'}: {asked.because}"
    yield f"rule {verdict.rule} decided: {verdict.reason or 'it holds always'}"


def facts_of(given: Mapping[str, Any], mail: Mail | None = None, at: datetime | None = None) -> Facts:
    """The mail, a plain one without it, with these facts. Raises ValueError for a fact that cannot be given, or a value of a wrong type."""
    facts = replace(_PLAIN, at=at) if at else _PLAIN
    if mail is not None:
        facts = replace(facts, mail=mail, envelope=as_it_came(mail, _OURS, _SUPPORT))
    for name, value in given.items():
        check(name, value)
        facts = _header(facts, name, value) if name.startswith("header.") else _CHANGES[name](facts, value)
    if facts.carrier and facts.case is None:
        facts = replace(facts, case=_CASE)
    if facts.carrier == "address":
        facts = replace(facts, reply_addresses=tuple(address.lower() for address in facts.envelope.recipients))
    return facts


def check(name: str, value: Any) -> None:
    """Raises ValueError for a fact that cannot be given in a test, or a value that is not of its type."""
    found = fact(name)
    if name not in _CHANGES and not name.startswith("header."):
        raise ValueError(f"{name} cannot be given, it follows from others{_INSTEAD.get(name, '')}")
    wanted = {"text": str, "texts": tuple, "number": int, "truth": bool}[found.type]
    if type(value) is not wanted:
        words = {"text": "a text", "texts": "a list of texts", "number": "a number", "truth": "true or false"}
        raise ValueError(f"{name} is {words[found.type]}, which {value!r} is not")


def _header(facts: Facts, name: str, values: tuple[str, ...]) -> Facts:
    field = name.removeprefix("header.")
    others = tuple(pair for pair in facts.mail.headers if pair[0].lower() != field.lower())
    return replace(facts, mail=replace(facts.mail, headers=(*others, *((field, value) for value in values))))


def _mail(name: str) -> _Change:
    return lambda facts, value: replace(facts, mail=replace(facts.mail, **{name: value}))


def _own(name: str) -> _Change:
    return lambda facts, value: replace(facts, **{name: value})


def _auth(name: str) -> _Change:
    return lambda facts, value: replace(facts, auth=replace(facts.auth, **{name: value}))


def _case(name: str) -> _Change:
    return lambda facts, value: replace(facts, case=replace(facts.case or _CASE, **{name: value}))


def _boxes(name: str) -> _Change:
    return lambda facts, value: _mail(name)(facts, tuple(Mailbox(address) for address in value))


def _reply(name: str) -> _Change:
    return lambda facts, value: _mail("reply")(facts, replace(facts.mail.reply, **{name: value}))


def _customer(name: str) -> _Change:
    return lambda facts, value: replace(facts, customer=replace(facts.customer or Customer("customer", "Kunde"), **{name: value}))


def _author(facts: Facts, address: str) -> Facts:
    envelope = replace(facts.envelope, reverse_path=address)
    return replace(facts, mail=replace(facts.mail, author=Mailbox(address)), envelope=envelope)


def _known(facts: Facts, value: bool) -> Facts:
    return replace(facts, contact=_CONTACT if value else None)


def _takes_part(facts: Facts, value: bool) -> Facts:
    people = (Participant(_CONTACT),) if value else ()
    return replace(facts, contact=_CONTACT if value else facts.contact, case=replace(facts.case or _CASE, participants=people))


def _files(facts: Facts, names: tuple[str, ...]) -> Facts:
    return _mail("attachments")(facts, tuple(Attachment(name, "application/octet-stream", b"", "") for name in names))


def _date(facts: Facts, value: str) -> Facts:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"time.date is a day such as 2026-03-02, which {value!r} is not") from None
    return replace(
        facts, at=facts.at.astimezone(ZoneInfo(facts.agreement.zone)).replace(year=day.year, month=day.month, day=day.day).astimezone(UTC)
    )


def _hour(facts: Facts, value: int) -> Facts:
    """The hour in the zone of the agreement, where `time.hour` is read."""
    return replace(facts, at=facts.at.astimezone(ZoneInfo(facts.agreement.zone)).replace(hour=value).astimezone(UTC))


def _name(facts: Facts, value: str) -> Facts:
    return _mail("author")(facts, Mailbox(facts.mail.author.address if facts.mail.author else _SENDER, value))


def _domain(facts: Facts, value: str) -> Facts:
    return _author(facts, f"{facts.mail.author.address.rpartition('@')[0] if facts.mail.author else 'kari'}@{value}")


def _types(facts: Facts, types: tuple[str, ...]) -> Facts:
    return _mail("attachments")(facts, tuple(Attachment(f"file{number}", one, b"", "") for number, one in enumerate(types, 1)))


def _count(facts: Facts, count: int) -> Facts:
    return _files(facts, tuple(f"file{number}" for number in range(1, count + 1)))


def _reverse_path(facts: Facts, value: str) -> Facts:
    return replace(facts, envelope=replace(facts.envelope, reverse_path=value or None))


_CHANGES: Mapping[str, _Change] = {
    **{name: _mail(name) for name in ("kind", "kind_reasons", "subject", "language", "text", "size_bytes", "defects")},
    **{name: _own(name) for name in ("trust", "carrier")},
    **{f"auth.{name}": _auth(name) for name in ("verdict", "spf", "dkim", "dmarc", "arc", "reverse_path")},
    **{f"case.{name}": _case(name) for name in ("key", "status", "priority", "component", "assignee")},
    "case.type": _case("case_type"),
    "case.found": lambda facts, value: replace(facts, case=_CASE if value else None),
    "carrier.refusals": _own("carrier_refusals"),
    "carrier.disagree": _own("carriers_disagree"),
    "kind.unsure": lambda facts, value: replace(facts, mail=replace(facts.mail, kind_reasons=("unsure:example",) if value else ())),
    "encrypted": lambda facts, value: replace(facts, mail=replace(facts.mail, defects=("encrypted",) if value else ())),
    "author.address": _author,
    "author.domain": _domain,
    "author.name": _name,
    "author.doubtful": _mail("identity_doubtful"),
    "author.known": _known,
    "author.takes_part": _takes_part,
    "customer.name": _customer("name"),
    "agreement": _customer("agreement"),
    "recipients": lambda facts, value: replace(facts, envelope=replace(facts.envelope, recipients=value)),
    "envelope.reverse_path": _reverse_path,
    "to": _boxes("to"),
    "cc": _boxes("cc"),
    "reply.text": _reply("text"),
    "reply.thanks_only": _reply("thanks_only"),
    "attachments.names": _files,
    "attachments.types": _types,
    "attachments.count": _count,
    "time.date": _date,
    "time.hour": _hour,
}
