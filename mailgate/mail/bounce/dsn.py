"""Delivery reports and read receipts. In: the tree of parts. Out: what is reported, about whom, and on which mail of ours.

RFC 3464 (delivery status), RFC 3798/8098 (read receipts), RFC 6522 (multipart/report), RFC 5965 (complaints); then X-Failed-Recipients
(Exim, Gmail), then the free forms of `bounce_text`, then flufl.bounce. A report whose every recipient is only late is `delivery_status`.
Never raises on content. The texts of strangers are kept short, and no address is taken from where the original mail's body stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import NamedTuple

from mailgate.mail.address import normal
from mailgate.mail.bounce import enhanced_status
from mailgate.mail.bounce.text_report import ReportText, Suspicion, found_recipients, is_passed_on, suspicion
from mailgate.mail.limits import ReadLimits
from mailgate.mail.mime import html_text
from mailgate.mail.mime.charset import clean, decode, one_line
from mailgate.mail.mime.headers import HeaderSection, read_section, to_text
from mailgate.mail.mime.structure import Part, Tree, build_part
from mailgate.mail.model import Bounce, BouncedRecipient, Kind
from mailgate.mail.msgid import read_id

_FAILED = frozenset({"failed", "failure", "undeliverable", "expired", "error", "reject", "rejected"})
_HARMLESS = frozenset({"delayed", "delivered", "relayed", "expanded", "delay"})
_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:\\]{1,128}@[^\s<>()\[\]\",;:\\]{1,255}")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_BODY_ID = re.compile(r"(?im)^[ \t>|]{0,20}message-id\s{0,5}:\s{0,5}(<[^<>\s]{3,500}>)")
_BODY_PATH = re.compile(r"(?im)^[ \t>|]{0,20}return-path\s{0,5}:\s{0,5}<([^<>\s]{3,320})>")
_REJECTED = re.compile(r"automatically rejected|quota exceeded|mailbox (?:is )?full|could not be delivered", re.IGNORECASE)
_RETURNED = frozenset({"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"})
_RECEIPTS = ("message/disposition-notification", "message/global-disposition-notification")
_COMPLAINTS = ("message/feedback-report",)
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_PARTS_OF_REPORTS = frozenset({*_RETURNED, *_RECEIPTS, *_COMPLAINTS, *_STATUS_TYPES})
_TLS_REPORTS = frozenset({"application/tlsrpt+gzip", "application/tlsrpt+json"})
_PACKED = frozenset(
    {"application/gzip", "application/x-gzip", "application/zip", "application/x-zip-compressed", "text/xml", "application/xml"}
)
_DMARC_FILE = re.compile(
    r"[^!/]{3,255}!(?:[a-z0-9-]{1,63}\.){1,10}[a-z0-9-]{2,63}!\d{9,11}!\d{9,11}(?:!.{1,100})?\.(?:xml|zip|xml\.gz|gz)", re.IGNORECASE
)
_DMARC_SUBJECT = re.compile(r"\s*report domain\s?:", re.IGNORECASE)
_MAX_BLOCKS = 1_000
_MAX_PROSE_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A report as read: the kind it makes of the mail, why, and what it says of a mail of ours, None when it is about none."""

    kind: Kind
    reason: str
    bounce: Bounce | None


def read_report(tree: Tree, section: HeaderSection, limits: ReadLimits, null_reverse_path: bool = False) -> DeliveryReport | None:
    """The report that this mail is, None when it is none. `null_reverse_path` when the envelope says `<>` (RFC 5321 section 4.5.5)."""
    types = {part.content_type for part in tree.leaves}
    suspected = suspicion(section, null_reverse_path)
    if tree.top.content_type != "multipart/report" and is_passed_on(section, suspected):
        return None  # a person asks about a report that they got
    original, report = _Original(), None
    if tree.top.content_type == "multipart/report" or not types.isdisjoint(_PARTS_OF_REPORTS):
        original = _original(tree, limits)
        report = _receipt(tree, original, limits) or _complaint(tree, original) or _status_parts(tree, original, limits)
    report = report or _statistics(tree, section, types)
    if report is not None:
        return report
    return _free_form(tree, section, original, suspected, limits)


class _Original(NamedTuple):
    """What the report brings back of the mail that it is about."""

    message_id: str | None = None
    recipients: tuple[str, ...] = ()
    return_path: str = ""


def _original(tree: Tree, limits: ReadLimits) -> _Original:
    for part in tree.leaves:
        if part is not tree.top and part.content_type in _RETURNED:
            content = tree.content(part)[: limits.report_bytes]
            head = build_part(content, limits).top.section
            sent_to = _ADDRESS.findall(" ".join(to_text(raw) for name in ("to", "cc") for raw in head.all(name)))
            raw_id = head.first("message-id")
            message_id = read_id(to_text(raw_id)) if raw_id else None
            return _Original(message_id, tuple(normal(one) for one in sent_to[:100]), _path(to_text(head.first("return-path") or b"")))
    return _Original()


def _path(text: str) -> str:
    """The address of a Return-Path or Original-Mail-From field, "" for a null one."""
    found = _ADDRESS.search(text)
    return found.group() if found else ""


def _report_type(tree: Tree) -> str:
    return tree.top.params.get("report-type", "").lower() if tree.top.content_type == "multipart/report" else ""


def _receipt(tree: Tree, original: _Original, limits: ReadLimits) -> DeliveryReport | None:
    """RFC 8098: somebody opened or threw away our mail."""
    part = _part_of_type(tree, _RECEIPTS)
    if part is None and _report_type(tree) != "disposition-notification":
        return None
    fields = read_section(tree.content(part)[:65_536].strip()) if part is not None else HeaderSection(())
    recipient = _recipient_address(fields, ("original-recipient", "final-recipient"))
    action = one_line(to_text(fields.first("disposition") or b"")).rpartition(";")[2].strip().lower()[:80]
    raw_id = fields.first("original-message-id")
    found: tuple[BouncedRecipient, ...] = (BouncedRecipient(recipient, action),) if recipient else ()
    prose = " ".join(" ".join(text for _, text in _texts(tree, limits)).split())
    if action.startswith(("deleted", "denied", "failed")) and _REJECTED.search(prose):
        # Dovecot's delivery agent tells of a full mailbox by a read receipt
        found = tuple(BouncedRecipient(one.address, "failed", diagnostic=prose[:_MAX_PROSE_CHARS]) for one in found)
        bounce = Bounce(found, original.message_id, original.return_path)
        return DeliveryReport("bounce", "report:disposition-notification:rejected", bounce)
    return DeliveryReport(
        "delivery_status",
        "report:disposition-notification",
        Bounce(found, (read_id(to_text(raw_id)) if raw_id else None) or original.message_id, original.return_path),
    )


def _complaint(tree: Tree, original: _Original) -> DeliveryReport | None:
    """RFC 5965: a provider says that somebody called our mail spam."""
    part = _part_of_type(tree, _COMPLAINTS)
    if part is None and _report_type(tree) != "feedback-report":
        return None
    fields = read_section(tree.content(part)[:65_536].strip()) if part is not None else HeaderSection(())
    path = original.return_path or _path(to_text(fields.first("original-mail-from") or b""))
    kind = _word(fields, "feedback-type")
    reason = "report:feedback-report" + (f":{kind}" if kind else "")
    return DeliveryReport("system", reason, Bounce((), original.message_id, path, complaint=kind == "abuse"))


def _statistics(tree: Tree, section: HeaderSection, types: set[str]) -> DeliveryReport | None:
    """Reports of mail systems on a domain: TLS (RFC 8460 section 5) and DMARC (RFC 7489 section 7.2.1). Nobody wrote them."""
    if _report_type(tree) == "tlsrpt" or types & _TLS_REPORTS or section.first("tls-report-domain") is not None:
        return DeliveryReport("system", "report:tlsrpt", None)
    named = any(_DMARC_FILE.fullmatch(name) for part in tree.leaves for name in part.names)
    if named or (types & _PACKED and _DMARC_SUBJECT.match(to_text(section.first("subject") or b"", max_chars=1_000))):
        return DeliveryReport("system", "report:dmarc", None)
    return None


def _part_of_type(tree: Tree, types: tuple[str, ...]) -> Part | None:
    return next((part for part in tree.leaves if part.content_type in types and part is not tree.top), None)


def _status_parts(tree: Tree, original: _Original, limits: ReadLimits) -> DeliveryReport | None:
    """RFC 3464 section 2: one block about the message, then one per recipient. A report may hold several such parts."""
    parts = [part for part in tree.leaves if part.content_type in _STATUS_TYPES]
    if not parts and _report_type(tree) == "delivery-status":
        parts = [part for part in tree.leaves if b"Final-Recipient:" in part.body or b"Original-Recipient:" in part.body][:1]
    found: list[BouncedRecipient] = []
    message_id = original.message_id
    for part in parts:
        for block in islice(_blocks(tree.content(part)[: limits.report_bytes].strip()), _MAX_BLOCKS):
            fields = read_section(block)
            for one in _status_of(fields):
                _add(found, one)
            message_id = message_id or _envelope_id(fields)
    if not found:
        return None
    found = _explained(found, tree, limits)
    failed = [one for one in found if one.action not in _HARMLESS]
    kind: Kind = "bounce" if failed else "delivery_status"
    action = failed[0].action if failed else found[0].action
    shown = message_id or _id_in_text(tree, limits), original.return_path or _path_in_text(tree, limits)
    return DeliveryReport(kind, f"report:delivery-status:{action or 'failed'}", Bounce(tuple(failed or found), *shown))


def _blocks(data: bytes) -> Iterator[bytes]:
    """What stands between blank lines, without trailing blanks. By lines: a pattern would begin anew at each of many blanks."""
    for is_blank, lines in groupby(data.split(b"\n"), lambda line: not line.strip(b" \t\r")):
        if not is_blank:
            yield b"\n".join(lines).rstrip(b" \t\r")


def _explained(found: list[BouncedRecipient], tree: Tree, limits: ReadLimits) -> list[BouncedRecipient]:
    """When the machine-readable part says nothing of the reason, the prose before it does; it must be about one address alone."""
    if len({one.address.partition("@")[0].lower() for one in found}) > 1 or any(one.diagnostic for one in found):
        return found
    if found[0].action != "failed" or not enhanced_status.is_vague(found[0].status):
        return found
    prose = next((text for kind, text in _texts(tree, limits) if kind == "text/plain"), "")
    return [replace(one, diagnostic=" ".join(prose.split())[:_MAX_PROSE_CHARS]) for one in found]


def _envelope_id(fields: HeaderSection) -> str | None:
    raw = fields.first("x-original-message-id") or fields.first("original-message-id")
    return read_id(to_text(raw)) if raw else None


def _status_of(fields: HeaderSection) -> list[BouncedRecipient]:
    """One per-recipient block: the original recipient, which is the one that we wrote to, and the final one when it was forwarded there."""
    originals = [_address_in(raw) for raw in fields.all("original-recipient")]
    finals = [_address_in(raw) for raw in (*fields.all("final-recipient"), *fields.all("x-actual-recipient"))]
    if any(originals):
        finals = [one for one in finals if "." in one.rpartition("@")[2]]  # not a mailbox inside the reporter's own store
    addresses = [one for one in dict.fromkeys((*originals, *finals)) if one]
    if not addresses:
        return []
    action = _word(fields, "action")
    status = _STATUS.search(to_text(fields.first("status") or b""))
    code = status.group(1) if status else ""
    diagnostic = to_text(fields.first("diagnostic-code") or b"")
    kind, semicolon, text = diagnostic.partition(";")
    diagnostic = text.strip() if semicolon and re.fullmatch(r"\s*[\w-]{1,30}\s*", kind) else diagnostic
    if not action:
        action = "delayed" if code.startswith("4") else "delivered" if code.startswith("2") else "failed"
    elif action in _FAILED:
        action = "failed"
    elif action not in _HARMLESS:
        action = "delayed" if code.startswith("4") else "failed"
    return [BouncedRecipient(one, action, code, " ".join(diagnostic.split())[:1_000]) for one in addresses]


def _word(fields: HeaderSection, name: str) -> str:
    words = re.split(r"[\s(;]+", to_text(fields.first(name) or b"").lower(), maxsplit=1)
    return words[0][:30]


def _recipient_address(fields: HeaderSection, names: tuple[str, ...]) -> str:
    return next((address for name in names for raw in fields.all(name) if (address := _address_in(raw))), "")


def _address_in(raw: bytes) -> str:
    """The address behind `rfc822;` (RFC 3464 section 2.3.1), with or without the type, "" when there is none."""
    value = to_text(raw)
    kind, semicolon, rest = value.partition(";")
    text = rest if semicolon else kind
    text = _XTEXT.sub(lambda match: chr(int(match.group(1), 16)), text) if "+" in text and "xtext" in kind.lower() else text
    found = _ADDRESS.search(text)
    return normal(found.group().strip(".'")) if found else ""


def _add(found: list[BouncedRecipient], one: BouncedRecipient) -> None:
    if all(one.address.lower() != other.address.lower() for other in found):
        found.append(one)


def _free_form(tree: Tree, section: HeaderSection, original: _Original, suspected: Suspicion, limits: ReadLimits) -> DeliveryReport | None:
    """Reports in prose. Read only when the sender, the subject or the path says that it may be one: prose about mail is not a report."""
    if _report_type(tree) == "delivery-status":
        suspected = Suspicion("report:delivery-status", True, True)  # its machine-readable part named nobody
    if not suspected.reason:
        return None
    if suspected.daemon and (nested := _nested_report(tree, limits)):
        return nested
    parts = _texts(tree, limits)
    failed = " ".join(to_text(raw) for raw in section.all("x-failed-recipients"))
    text = ReportText("\n".join(text for _, text in parts), tuple(_ADDRESS.findall(failed)), original.recipients)
    found = found_recipients(text, section, suspected, parts)
    if found is None:
        return None
    late = bool(found) and all(one.action == "delayed" for one in found)
    shown = original.message_id or _id_in_text(tree, limits), original.return_path or _path_in_text(tree, limits)
    return DeliveryReport("delivery_status" if late else "bounce", suspected.reason, Bounce(tuple(found), *shown))


def _nested_report(tree: Tree, limits: ReadLimits) -> DeliveryReport | None:
    """A report that a mail system forwarded inside another mail, as InterScan does."""
    for part in tree.leaves:
        if part.content_type == "message/rfc822":
            inner = build_part(tree.content(part)[: limits.report_bytes], limits)
            if report := _status_parts(inner, _original(inner, limits), limits):
                return report
    return None


def _texts(tree: Tree, limits: ReadLimits) -> list[tuple[str, str]]:
    """(content type, text) of every text part, HTML turned to text when it stands alone; gateways label their prose in many ways."""
    leaves = [part for part in tree.leaves if part.content_type.startswith(("text/", "message/"))]
    plain = any(part.content_type == "text/plain" for part in leaves)
    out: list[tuple[str, str]] = []
    room = limits.report_bytes
    for part in leaves:
        if room <= 0 or (plain and part.content_type == "text/html"):
            continue
        content = tree.content(part)[:room]
        room -= len(content)
        text = clean(decode(content, part.params.get("charset", ""))[0])
        out.append((part.content_type, html_text.to_text(text) if part.content_type == "text/html" else text))
    return out


def _id_in_text(tree: Tree, limits: ReadLimits) -> str | None:
    """The Message-ID that stands in a returned header, quoted or not."""
    found = _BODY_ID.search("\n".join(text for _, text in _texts(tree, limits)))
    return read_id(found.group(1)) if found else None


def _path_in_text(tree: Tree, limits: ReadLimits) -> str:
    """The reverse-path that stands in a returned header, quoted or not, "" when none does."""
    found = _BODY_PATH.search("\n".join(text for _, text in _texts(tree, limits)))
    return found.group(1) if found else ""
