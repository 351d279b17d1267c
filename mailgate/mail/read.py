"""The reading of a mail: bytes in, `Mail` out. The stage between journal and matching. Never raises on content: it records defects.

Pure: no clock, no network, no files, no state. `read` is the path, step by step; each step is a module of its own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from mailgate.mail import language
from mailgate.mail.automatic import automated, calendar_answer, reaction, return_date
from mailgate.mail.bounce import dsn
from mailgate.mail.head import DOUBTFUL, Head, charset_hint, read_head
from mailgate.mail.limits import DEFAULT_LIMITS, Ours, ReadLimits
from mailgate.mail.mime import content, html_text, prescan
from mailgate.mail.mime.attachments import finish
from mailgate.mail.mime.content import Content, calendar_reply
from mailgate.mail.mime.headers import pairs, read_section
from mailgate.mail.mime.structure import Tree, build
from mailgate.mail.model import Envelope, Kind, Mail, Reply
from mailgate.mail.reply import correspondence, extract
from mailgate.mail.reply.placeholder import is_placeholder
from mailgate.mail.reply.signature import is_own_signature


class Judgement(NamedTuple):
    """What kind of mail it is, why, and when an absent author returns."""

    kind: Kind
    reasons: tuple[str, ...]
    returns_at: datetime | None = None


class _Understood(NamedTuple):
    """Everything known before the mail is judged."""

    head: Head
    headers: tuple[tuple[str, str], ...]
    content: Content
    reply: Reply
    report: dsn.DeliveryReport | None
    calendar_reply: bool = False


def read(raw: bytes, limits: ReadLimits = DEFAULT_LIMITS, *, ours: Ours | None = None, envelope: Envelope | None = None) -> Mail:
    """Understand the mail in `raw` (a whole message, RFC 5322, any line ends).

    `envelope` is what SMTP said, when known; `ours` is how our own mail is recognised.
    What is over `limits` is left out and named in `defects`.
    """
    scan = prescan.scan(raw, limits)
    section = read_section(scan.header, limits)
    tree = content.open_signed(build(scan, section, limits), limits)
    hint = charset_hint(tree)
    head = read_head(section, hint, limits)
    found = content.gather(tree, limits)
    who = _correspondence(head, ours)
    parts = _split(found, who)
    report = dsn.read_report(tree, section, limits, envelope is not None and envelope.reverse_path is None)
    if reaction.is_reaction(parts.text, tuple([part.content_type for part in tree.leaves])):
        parts = replace(parts, thanks_only=True)
    known = _Understood(head, pairs(section.fields, hint), found, parts, report, _is_bare_calendar_reply(tree, found, parts, who))
    judged = _judge(known, ours or Ours(), envelope)
    defects = tuple(dict.fromkeys((*scan.defects, *section.defects, *head.defects, *tree.defects)))
    return _mail(len(raw), defects, known, judged)


def _split(found: Content, who: correspondence.Correspondence) -> Reply:
    """The parts of the text. When it is history alone and the HTML form has a reply, that form is the text: some clients write so."""
    parts = extract.extract(found.text, found.html, found.marked, who)
    if parts.text or not parts.quoted or not found.html or found.summarised:
        return parts
    marked = found.marked or html_text.to_marked(found.html)
    other = extract.extract(marked.text, found.html, marked, who)
    if marked.text == found.text or is_placeholder(other.text):
        return parts
    found.text, found.marked, found.other_text = marked.text, marked, found.text if found.other_text else ""
    return other


def _is_bare_calendar_reply(tree: Tree, found: Content, parts: Reply, who: correspondence.Correspondence) -> bool:
    """Whether the mail is an answer to an invitation without a word of its author's own."""
    event = calendar_reply(tree)
    if event is None:
        return False
    return calendar_answer.is_bare("" if found.summarised or is_own_signature(parts.text, who) else parts.text, event)


def _correspondence(head: Head, ours: Ours | None) -> correspondence.Correspondence:
    return correspondence.of(head.author, (*head.to, *head.cc), head.subject, bool(head.in_reply_to or head.references), ours)


def _judge(known: _Understood, ours: Ours, envelope: Envelope | None) -> Judgement:
    headers: dict[str, list[str]] = {}
    for name, value in known.headers:
        headers.setdefault(name.lower(), []).append(value)
    text = known.reply.text or known.content.text
    facts = automated.AutomationFacts(
        headers=headers,
        author=known.head.author,
        subject=known.head.subject,
        text=text,
        message_id=known.head.message_id,
        report=(known.report.kind, known.report.reason) if known.report else None,
        envelope=envelope,
        ours=ours,
        calendar_reply=known.calendar_reply,
        passed_on=known.reply.forwarded,
    )
    kind, reasons = automated.classify(facts)
    returns_at = return_date.returns_at(text, known.head.date) if kind == "auto_reply" else None
    return Judgement(kind, reasons, returns_at)


def _mail(size_bytes: int, defects: tuple[str, ...], known: _Understood, judged: Judgement) -> Mail:
    head = known.head
    return Mail(
        size_bytes=size_bytes,
        defects=defects,
        message_id=head.message_id,
        in_reply_to=head.in_reply_to,
        references=head.references,
        date=head.date,
        author=head.author,
        reply_to=head.reply_to,
        to=head.to,
        cc=head.cc,
        subject=head.subject,
        kind=judged.kind,
        kind_reasons=judged.reasons,
        language=language.guess(known.reply.text or known.content.text),
        text=known.content.text,
        other_text=known.content.other_text,
        reply=known.reply,
        attachments=finish(known.content.raws),
        bounce=known.report.bounce if known.report else None,
        headers=known.headers,
        identity_doubtful=any(defect in DOUBTFUL for defect in defects),
        returns_at=judged.returns_at,
        has_html=bool((known.content.html or "").strip()),
    )
