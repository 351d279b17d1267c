"""One accepted mail as the desk shows it: what was understood, what was cut away, headers, trail, its HTML made inert. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.journal.entries import show_entry
from mailgate.application.journal.views import EntryDetail
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, query
from mailgate.errors import NotFound
from mailgate.mail.html_view import html_of
from mailgate.mail.limits import DEGRADED
from mailgate.mail.model import Mail
from mailgate.mail.read import read

LOOKED_AT_BYTES = 25 * 1024 * 1024
NEAR_BYTES = 64 * 1024
"""Larger mail, and what was too much for intake, is read in a process that can be killed: no stranger may hold up the pages."""


@dataclass(frozen=True, slots=True)
class FileOfMail:
    """A file of a mail: name, declared type, size."""

    filename: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class MailView:
    """`text` is what counts as said; `signature` and `quoted` were cut off. `kept` False: retention has deleted the bytes, all is empty.

    `rule_description`: what the policy says about the rule that decided, as long as that version is in force.
    `case_key`: the case that it was taken for, "" for none. `auth`: method -> result, as far as somebody verified.
    """

    entry: EntryDetail
    kept: bool
    case_key: str
    auth: Mapping[str, str]
    author: str = ""
    author_name: str = ""
    to: Sequence[str] = ()
    subject: str = ""
    text: str = ""
    signature: str = ""
    quoted: str = ""
    headers: Sequence[tuple[str, str]] = ()
    files: Sequence[FileOfMail] = ()
    has_html: bool = False
    rule_description: str = ""


def show_mail_view(app: App, principal: Principal, id_: str) -> MailView:
    """Show one mail. Raises NotFound."""
    entry = show_entry(app, principal, id_)
    key, raw = _raw(app, principal, entry.row.id)
    auth = _auth(entry.decided.get("auth"))
    view = MailView(entry, False, key, auth, rule_description=_description(app, entry))
    if not raw:
        return view
    return _with_mail(view, read(raw) if _is_cheap(entry, raw) else app.parts.read(raw))


def mail_html(app: App, principal: Principal, id_: str) -> str:
    """The HTML of one mail, inert. Raises NotFound when it has none or its bytes are gone."""
    entry = show_entry(app, principal, id_)
    _, raw = _raw(app, principal, entry.row.id)
    found = html_of(raw) if _is_cheap(entry, raw) else app.parts.html(raw)
    if not found:
        raise NotFound("content", id_, "this mail has no HTML")
    return found


def _is_cheap(entry: EntryDetail, raw: bytes) -> bool:
    """Whether a mail may be read among the pages: a small one that intake has read within its bounds."""
    return len(raw) <= NEAR_BYTES and bool(entry.decided) and DEGRADED not in entry.decided.get("defects", ())


@query(Action.JOURNAL_RAW)
def _raw(act: Act, id_: str) -> tuple[str, bytes]:
    """The key of the mail's case, and its bytes; none when they are gone."""
    entry = act.uow.journal.get(id_)
    case_id = entry.decision.case_id if entry.decision else None
    case = act.uow.cases.by_ids([case_id]).get(case_id) if case_id else None
    raw = act.uow.journal.raw(id_) if entry.raw_kept and entry.size_bytes <= LOOKED_AT_BYTES else b""
    return (case.key if case else ""), raw


def _with_mail(view: MailView, mail: Mail) -> MailView:
    return replace(
        view, kept=True,
        author=mail.author.address if mail.author else "", author_name=mail.author.name if mail.author else "",
        to=[one.address for one in (*mail.to, *mail.cc)], subject=mail.subject, text=mail.reply.text, signature=mail.reply.signature,
        quoted=mail.reply.quoted, headers=mail.headers, has_html=mail.has_html,
        files=[FileOfMail(one.filename, one.detected_type or one.content_type, one.size_bytes) for one in mail.attachments],
    )  # fmt: skip


def _description(app: App, entry: EntryDetail) -> str:
    """By the policy that this process has read: older versions are not compiled for it."""
    policy = app.policies.last_read
    return policy.description(entry.row.rule) if policy and policy.version == entry.decided.get("policy_version") else ""


def _auth(found: Any) -> dict[str, str]:
    """Method -> result of the authentication that is in the trail."""
    return {name: str(value) for name, value in found.items() if isinstance(value, str)} if isinstance(found, Mapping) else {}
