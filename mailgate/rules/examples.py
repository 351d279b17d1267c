"""The tests that a policy carries: made-up facts in, and whether the policy says what the operator expects. Pure; sends nothing.

An example starts as a plain mail from someone unknown to the support address. What it gives is changed in that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailgate.cases.model import Case, Contact, Customer, Participant
from mailgate.mail.model import Attachment, Envelope, Mail, Mailbox, Reply
from mailgate.rules.chain import run
from mailgate.rules.facts import FACTS, Facts
from mailgate.rules.policy import Policy

_OSLO = ZoneInfo("Europe/Oslo")
_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_SENDER = "kari@kunde.example"
_CONTACT = Contact("contact", 1, _SENDER, "Kari")
_CASE = Case("case", 1, "SUP-1", "An example", "open", "problem", "normal", _AT, _AT, "contact")
_PLAIN = Facts(
    Mail(1000, author=Mailbox(_SENDER, "Kari"), subject="A question", text="How?", reply=Reply("How?")),
    Envelope(_SENDER, ("support@firma.example",)),
    _AT,
)
_Change = Callable[[Facts, Any], Facts]


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that came out otherwise. `because`: why the rule that decided did."""

    name: str
    expected: str
    got: str
    because: str

    def __str__(self) -> str:
        return f"{self.name}: expected {self.expected}, got {self.got}: {self.because}"


def failures(policy: Policy) -> Iterator[Failure]:
    """The examples of the policy that fail, in order."""
    for example in policy.examples:
        wanted = f"{example.disposition} by rule {example.rule}" if example.rule else example.disposition
        try:
            verdict = run(policy, facts_of(example.given))
        except ValueError as error:
            yield Failure(example.name, wanted, "nothing", str(error))
            continue
        if verdict.disposition != example.disposition or (example.rule and verdict.rule != example.rule):
            yield Failure(example.name, wanted, f"{verdict.disposition} by rule {verdict.rule}", verdict.reason)


def facts_of(given: Mapping[str, Any]) -> Facts:
    """The plain mail with these facts. Raises ValueError for a fact that cannot be given, or a value of the wrong type."""
    facts = _PLAIN
    for name, value in given.items():
        known = FACTS.get(name)
        if known is None or name not in _CHANGES:
            raise ValueError(f"{name} cannot be given in a test; there are {', '.join(_CHANGES)}")
        kind = {"text": str, "texts": tuple, "number": int, "truth": bool}[known.type]
        if type(value) is not kind:
            raise ValueError(f"{name} is {known.type}; {value!r} cannot be its value")
        facts = _CHANGES[name](facts, value)
    if facts.carrier and facts.case is None:
        facts = replace(facts, case=_CASE)
    return facts


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
    day = date.fromisoformat(value)
    return replace(facts, at=facts.at.astimezone(_OSLO).replace(year=day.year, month=day.month, day=day.day).astimezone(UTC))


def _hour(facts: Facts, value: int) -> Facts:
    """The hour of Norway, where the agreements that ship are."""
    return replace(facts, at=facts.at.astimezone(_OSLO).replace(hour=value).astimezone(UTC))


def _reverse_path(facts: Facts, value: str) -> Facts:
    return replace(facts, envelope=replace(facts.envelope, reverse_path=value or None))


_CHANGES: Mapping[str, _Change] = {
    **{name: _mail(name) for name in ("kind", "subject", "language", "text", "size_bytes", "defects")},
    **{name: _own(name) for name in ("trust", "carrier")},
    **{f"auth.{name}": _auth(name) for name in ("verdict", "spf", "dkim", "dmarc", "arc")},
    **{f"case.{name}": _case(name) for name in ("key", "status", "priority", "component", "assignee")},
    "case.type": _case("case_type"),
    "case.found": lambda facts, value: replace(facts, case=_CASE if value else None),
    "carrier.refusals": _own("carrier_refusals"),
    "carrier.disagree": _own("carriers_disagree"),
    "author.address": _author,
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
    "time.date": _date,
    "time.hour": _hour,
}
