"""The draft of a case from a redirected mail that a contact has claimed (`links.claim`): summary, text and files as the mail has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.cases.comment import NewFile
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, query
from mailgate.application.words import MAX_LINE_CHARS
from mailgate.errors import NotFound, Repeated
from mailgate.mail.model import Attachment, Mail


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file of the mail, which may be taken along."""

    sha256: str
    filename: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class MailDraft:
    """What the form begins with."""

    journal_id: str
    summary: str
    description: str
    files: Sequence[MailFile]


def mail_draft(app: App, principal: Principal, journal_id: str) -> MailDraft:
    """The draft. Raises NotFound when the mail is not the principal's, Repeated when it has become a case (`result` is its page)."""
    mail = _mail(app, _raw(app, principal, journal_id))
    if mail is None:
        return MailDraft(journal_id, "", "", ())
    files = [MailFile(one.sha256, one.filename, len(one.content)) for one in _attached(mail)]
    return MailDraft(journal_id, mail.subject[:MAX_LINE_CHARS], _words(mail), files)


def mail_files(app: App, principal: Principal, journal_id: str, chosen: Collection[str]) -> tuple[NewFile, ...]:
    """The files of these SHA-256 that the mail has. Raises what `mail_draft` raises."""
    mail = _mail(app, _raw(app, principal, journal_id)) if chosen else None
    found = _attached(mail) if mail else ()
    return tuple(NewFile(one.filename, one.content, one.content_type) for one in found if one.sha256 in chosen)


@query(Action.CASE_CREATE)
def _raw(act: Act, journal_id: str) -> bytes | None:
    """The bytes of a mail that the principal has claimed; None when they are not kept any more."""
    claim = act.uow.portal.claim(journal_id)
    if claim is None or act.principal.kind != "contact" or claim.contact_id != act.principal.id:
        raise NotFound("mail", journal_id)
    if claim.case_key:
        raise Repeated(f"/browse/{claim.case_key}")
    try:
        return act.uow.journal.raw(journal_id)
    except NotFound:
        return None


def _mail(app: App, raw: bytes | None) -> Mail | None:
    return app.parts.read(raw) if raw else None


def _attached(mail: Mail) -> Sequence[Attachment]:
    return [one for one in mail.attachments if one.disposition != "decoration"]


def _words(mail: Mail) -> str:
    """All of the mail when it quotes nothing, else what its author wrote."""
    return (mail.reply.text if mail.reply.quoted and mail.reply.text else mail.text).strip("\n")
