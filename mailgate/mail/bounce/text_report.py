"""Delivery reports in prose: which addresses failed, and why. In: the report's text. Out: `BouncedRecipient` values, or None: no report.

The returned mail is cut off first, so that no address is taken from what we once wrote. Then the ways in which reports name an address
(`bounce_words.STRONG`), then flufl.bounce, then any address left in the report, then the returned mail's own To. Linear and bounded.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from typing import Any, NamedTuple

from mailgate.mail.address import normal
from mailgate.mail.bounce import enhanced_status
from mailgate.mail.bounce import report_words as words
from mailgate.mail.mime.headers import HeaderSection, to_text
from mailgate.mail.model import BouncedRecipient
from mailgate.mail.words.automated_words import DAEMON

_MAX_CHARS = 131_072
_MAX_LINES = 2_000
_MAX_LINE_CHARS = 600
_MAX_RECIPIENTS = 100
_MAX_LOOSE = 5
_MAX_DIAGNOSTIC_LINES = 6
_MAX_PROSE_CHARS = 1_000
_TOLD_CHARS = 400
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45])\d\d[ -]")
_PERMANENT = re.compile(r"(?<![\d.])5\d\d[ -]#?5\.\d{1,3}\.\d{1,3}(?![\d.])")
_ANY_ADDRESS = re.compile(words.ADDRESS)
_LONE = re.compile(rf"\s*(?:[-*\u2022]\s*)?[<\"'(「]{{0,2}}(?:mailto:)?{words.ADDRESS}[>\"')」]{{0,2}}[\s.,;。]{{0,3}}")
_SENT_TO = re.compile(r"(?im)^[ \t>|]{0,10}(?:to|x-original-to|delivered-to|x-rcpt-to):[^\n]{0,1000}")
_LOCAL_PART = re.compile(r"([^\s<>\"]+)@")
_TAIL = re.compile(r"(?:=20|=)?\s*$")
_REPLY_PREFIX = re.compile(r"^\s*(?:re|sv|vs|aw|antw|fwd?|vb|vl|wg|tr|enc|vid(?:eresendt?)?)\s?:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReportText:
    """What the free-form reader looks at. `text` is all text of the report; `failed_header` and `original_recipients` are surer than it."""

    text: str
    failed_header: tuple[str, ...]
    original_recipients: tuple[str, ...]


class Suspicion(NamedTuple):
    """Why a mail may be a report; `daemon` when its author looks like a mail system, which needs less proof from the
    text; `certain` when no person would have both such an address and such a subject.
    """

    reason: str = ""
    daemon: bool = False
    certain: bool = False


def suspicion(section: HeaderSection, null_reverse_path: bool = False) -> Suspicion:
    """Look at From, Subject, Return-Path and the envelope only; `reason` is "" for almost all mail of people."""
    author = to_text(section.first("from") or b"", max_chars=500)
    subject = to_text(section.first("subject") or b"", max_chars=500)
    found = _LOCAL_PART.search(author) if "@" in author else None
    local = found.group(1) if found else author.strip()
    daemon = DAEMON.fullmatch(local) is not None or words.names_daemon(author)
    titled = words.SUBJECT.match(subject) is not None and not _REPLY_PREFIX.match(subject)
    if section.first("x-failed-recipients") is not None:
        return Suspicion("header:x-failed-recipients", True, True)
    if daemon or titled:
        certain = daemon and (titled or bool(words.DAEMON_LOCAL.fullmatch(local)))
        return Suspicion("author:daemon" if daemon else "subject:bounce", daemon, certain)
    path = to_text(section.first("return-path") or b"", max_chars=500).replace(" ", "").lower()
    if null_reverse_path or path == "<>" or "mailer-daemon" in path:
        return Suspicion("reverse_path:null")
    return Suspicion()


def is_passed_on(section: HeaderSection, suspected: Suspicion) -> bool:
    """Whether somebody answers or forwards, and nothing but what they send along is a mail system's."""
    subject = to_text(section.first("subject") or b"", max_chars=500)
    return not suspected.reason and _REPLY_PREFIX.match(subject) is not None


def found_recipients(
    report: ReportText, section: HeaderSection, suspected: Suspicion, parts: list[tuple[str, str]]
) -> list[BouncedRecipient] | None:
    """The recipients that failed or are late, in order; [] for a report that names none; None when it is no report after all.

    `parts` are (content type, text) of the leaves, for flufl.
    """
    lines = [_TAIL.sub("", line) for line in _bounded(report.text)]
    cut = _cut(lines)
    said, text = cut.said, "\n".join(cut.said)
    delayed = _is_delay(text, section)
    proven = delayed or bool(report.failed_header) or bool(cut.failure)
    if not suspected.certain and (not proven or _is_personal(text)):
        return None
    own = _own_addresses(section)
    sure = _sure(said, own, report.failed_header)
    by_flufl, late = _flufl(section, parts) if (suspected.daemon or not sure) else ([], False)
    never = _never_failed(lines) if by_flufl else frozenset()
    for one in by_flufl:
        if _usable(one, own) and one.lower() not in never:
            sure.setdefault(_same(one, sure), -1)
    sure = sure or _named(said, own, (words.WEAK,))
    if not sure and proven and suspected.daemon:
        sure = _receivers_own(said, section)
    if not sure and not (suspected.daemon and (proven or suspected.reason.startswith("report:"))):
        return None
    addresses = sure or _fallback(said, cut.returned, report, own)
    late = late and not words.FINAL.search(text) and not _PERMANENT.search(text)
    action = "delayed" if delayed or late else "failed"
    alone = " ".join("\n".join(cut.said).split())[:_MAX_PROSE_CHARS] if len(addresses) == 1 else ""
    return [_recipient(address, at, cut, action, alone) for address, at in list(addresses.items())[:_MAX_RECIPIENTS]]


def _bounded(text: str) -> list[str]:
    """The lines that are looked at. No report says its reasons further down or further out."""
    return [line[:_MAX_LINE_CHARS] for line in text[:_MAX_CHARS].replace("\u2019", "'").split("\n", _MAX_LINES)[:_MAX_LINES]]


def _never_failed(lines: list[str]) -> frozenset[str]:
    """What stands only where nobody fails: in Message-IDs, and where the report says whom to ask."""
    asked = _help_lines(lines)
    named: dict[str, bool] = {}
    for at, line in enumerate(lines):
        if "@" in line:
            harmless = at in asked or words.ID_LINE.match(line) is not None
            failing = _ANY_ADDRESS.findall(words.before_help(line))
            for one in _ANY_ADDRESS.findall(line):
                address = _trimmed(one).lower()
                named[address] = named.get(address, True) and (harmless or one not in failing)
    return frozenset(address for address, harmless in named.items() if harmless)


def _help_lines(lines: list[str]) -> frozenset[int]:
    """The lines that name a helper: those that say so, and a lone address right below one that names nobody."""
    found: set[int] = set()
    led = False
    for at, line in enumerate(lines):
        said = line.strip()
        if not said:
            led = led and lines[at - 1].rstrip().endswith((":", "\uff1a"))
            continue
        if words.is_help(line):
            found.add(at)
            led = "@" not in line and said[-1] not in ".!\u3002"
        else:
            led = led and _LONE.fullmatch(line) is not None
            if led:
                found.add(at)
    return frozenset(found)


def _receivers_own(said: list[str], section: HeaderSection) -> dict[str, int]:
    """When nobody else is named: what is named surely although the report went to it, or is a service's; never the reporter itself."""
    reporter = _addresses_of(section, ("from", "sender", "reply-to", "return-path"))
    return _named(said, reporter, words.STRONG, services=True)


def _is_personal(text: str) -> bool:
    """A person who tells of a bounce greets, asks or says what happens to them; a mail system does none of it."""
    return (
        "?" in text
        or words.PASSED_ON.match(text) is not None
        or words.TOLD.search(text[:_TOLD_CHARS]) is not None
        or re.match(
            r"\s*(?:hei|hallo|hello|hi|hej|dear|kjære|god dag|guten tag|bonjour|moi|hoi|beste)\b[^.\n]{0,40}[,!\n]", text, re.IGNORECASE
        )
        is not None
    )


def _sure(said: list[str], own: frozenset[str], failed_header: tuple[str, ...]) -> dict[str, int]:
    """What the report says in a sure way, and the addresses of X-Failed-Recipients."""
    sure = _named(said, own, words.STRONG)
    for one in failed_header:
        sure.setdefault(_same(normal(one), sure), -1)
    return sure


def _same(address: str, known: Iterable[str]) -> str:
    return next((one for one in known if one.lower() == address.lower()), address)


@dataclass(frozen=True, slots=True)
class _Cut:
    """The report's own lines, those of the mail that it returns, and the first own line that names a failure."""

    said: list[str]
    returned: list[str]
    failure: str = ""


def _cut(lines: list[str]) -> _Cut:
    """Separate the report from the mail that it returns.

    Some reports begin with the copy and give the reasons below it: nothing is cut before an address and a failure or delay were named.
    Each line is looked at once: the patterns are long.
    """
    failure, late, addressed = "", False, False
    for at, line in enumerate(lines):
        if addressed and (failure or late):
            if words.COPY.match(line):
                return _Cut(lines[:at], lines[at + 1 :], failure)
            if words.HEADER_LINE.match(line):
                while at > 0 and words.ANY_HEADER.match(lines[at - 1]) and not _says_why(lines[at - 1]):
                    at -= 1
                return _Cut(lines[:at], lines[at:], failure)
        addressed = addressed or "@" in line
        if not failure and words.FAILURE.search(line):
            failure = line
        late = late or (not failure and words.DELAY.search(line) is not None)
    return _Cut(lines, [], failure)


def _says_why(line: str) -> bool:
    return bool(re.match(r"\s*(?:recipient|reason|error|failed|to|diagnostic)", line, re.IGNORECASE)) and "@" in line


def _is_delay(text: str, section: HeaderSection) -> bool:
    subject = to_text(section.first("subject") or b"", max_chars=500)
    if re.search(r"delay|not yet been|still being retried|forsink|forseink|verzöger|vertraag", subject, re.IGNORECASE):
        return True
    return words.DELAY.search(text) is not None and not (words.FINAL.search(text) or words.FINAL.search(subject))


def _own_addresses(section: HeaderSection) -> frozenset[str]:
    """The reporter's and the receiver's addresses: the receiver of a report is the sender of the mail that failed."""
    return _addresses_of(section, ("from", "to", "return-path", "reply-to", "delivered-to", "sender", "errors-to", "cc"))


def _addresses_of(section: HeaderSection, names: tuple[str, ...]) -> frozenset[str]:
    own: set[str] = set()
    for name in names:
        for raw in section.all(name):
            own.update(one.lower() for one in _ANY_ADDRESS.findall(to_text(raw, max_chars=2_000)))
    return frozenset(own)


def _usable(address: str, own: frozenset[str], services: bool = False) -> bool:
    if address.lower() in own or address.startswith(("=", "-", "//")):  # the last is in a URL
        return False
    return words.NOT_RECIPIENTS.search(address) is None or (services and words.SERVICE.match(address) is not None)


def _named(lines: list[str], own: frozenset[str], ways: tuple[re.Pattern[str], ...], *, services: bool = False) -> dict[str, int]:
    """Address -> line, for every address that is named in one of `ways`; those of services (postmaster) only when asked for."""
    found: dict[str, int] = {}
    asked = _help_lines(lines)
    for at, line in enumerate(map(words.failing_part, lines)):
        if "@" not in line or at in asked or words.NOT_HERE.search(line):
            continue
        found_here = (match for pattern in ways for match in pattern.finditer(line))
        named = [match.group("a") for match in found_here if not words.SENDER.search(line[: match.start("a")])]
        if words.SEVERAL.match(line):
            named = _ANY_ADDRESS.findall(line)
        for address in map(_trimmed, named):
            if _usable(address, own, services):
                found.setdefault(_same(address, found), at)
    return found


def _trimmed(address: str) -> str:
    address = re.sub(r"^(?:smtp|mailto|rfc822)[:;=]", "", address.strip(".'\"*"), flags=re.IGNORECASE)
    return normal(re.sub(r"=[0-9A-F]{2}$", "", address))


def _fallback(said: list[str], returned: list[str], report: ReportText, own: frozenset[str]) -> dict[str, int]:
    """No sure way: any address of the report if there are only a few, else whom the returned mail was sent to."""
    loose: dict[str, int] = {}
    asked = _help_lines(said)
    for at, line in enumerate(map(words.failing_part, said)):
        if at not in asked and not words.NOT_HERE.search(line):
            for address in _ANY_ADDRESS.findall(line):
                if _usable(_trimmed(address), own):
                    loose.setdefault(_trimmed(address), at)
    if loose and len(loose) <= _MAX_LOOSE:
        return loose
    if report.original_recipients:
        return {one: -1 for one in report.original_recipients if one.lower() not in own or len(report.original_recipients) == 1}
    sent_to = [normal(one) for line in _SENT_TO.findall("\n".join(returned)) for one in _ANY_ADDRESS.findall(line)]
    return {one: -1 for one in dict.fromkeys(sent_to) if one.lower() not in own}


def _recipient(address: str, at: int, cut: _Cut, action: str, alone: str) -> BouncedRecipient:
    """With the lines round the address as its diagnostic, and a status from them (RFC 3463).

    When these say no reason, all of the report does, `alone`: "" when it is about several addresses.
    """
    near = _near(cut.said, at) if at >= 0 else _reason(cut)
    if alone and enhanced_status.verdict("", near) == "unknown" != enhanced_status.verdict("", alone):
        near = f"{near} {alone}".strip()
    status = _STATUS.search(near)
    code = _CODE.search(near)
    shown = status.group(1) if status else f"{code.group(1)}.0.0" if code else ""
    return BouncedRecipient(address, action, shown, near[:_MAX_PROSE_CHARS])


def _near(lines: list[str], at: int) -> str:
    out: list[str] = []
    for line in lines[at : at + _MAX_DIAGNOSTIC_LINES + 2]:
        if out and not line.strip() and len(out) > 1:
            break
        if line.strip():
            out.append(line.strip())
    return " ".join(out[:_MAX_DIAGNOSTIC_LINES])


def _reason(cut: _Cut) -> str:
    """The first line that says what went wrong, a line with a code before any other."""
    coded = next((line.strip() for line in cut.said if _STATUS.search(line) or _CODE.search(line)), "")
    return coded or cut.failure.strip()


@lru_cache(maxsize=1)
def _scanner() -> Any:
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs what strangers wrote
    from flufl.bounce import all_failures

    return all_failures


def _flufl(section: HeaderSection, parts: list[tuple[str, str]]) -> tuple[list[str], bool]:
    """What flufl.bounce finds, and whether it calls all of it temporary. It gets a mail rebuilt from what we read, never the raw bytes."""
    try:
        temporary, permanent = _scanner()(_rebuilt(section, parts))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError):
        return [], False
    found = [one.decode("utf-8", "replace").strip("<>'\" ") for one in (*sorted(permanent), *sorted(temporary))]
    return [normal(one) for one in found if _ANY_ADDRESS.fullmatch(one)], bool(temporary) and not permanent


def _rebuilt(section: HeaderSection, parts: list[tuple[str, str]]) -> Message:
    top = Message()
    for name in ("From", "To", "Subject"):
        top[name] = to_text(section.first(name.lower()) or b"", max_chars=500)
    if len(parts) <= 1:
        top["Content-Type"] = "text/plain"
        top.set_payload("\n".join(_bounded(parts[0][1])) if parts else "")
        return top
    top["Content-Type"] = "multipart/mixed"
    for kind, text in parts[:20]:
        child = Message()
        child["Content-Type"] = kind if kind.startswith("text/") else "text/plain"
        child.set_payload("\n".join(_bounded(text)))
        top.attach(child)
    return top
