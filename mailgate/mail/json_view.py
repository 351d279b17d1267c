"""`Mail` as the JSON of `mailgate parse`. In: a `Mail` and the path it came from. Out: a dict in the contract's field order. No I/O."""

from __future__ import annotations

from typing import Any

from mailgate.mail.model import Attachment, Bounce, Mail, Mailbox


def as_json(mail: Mail, path: str) -> dict[str, Any]:
    """The object that `parse --json` prints for one message; other programs rely on its fields and their order."""
    return {
        "path": path,
        "size_bytes": mail.size_bytes,
        "defects": list(mail.defects),
        "message_id": mail.message_id,
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "date": mail.date.isoformat() if mail.date else None,
        "author": _mailbox(mail.author) if mail.author else None,
        "reply_to": [_mailbox(one) for one in mail.reply_to],
        "to": [_mailbox(one) for one in mail.to],
        "cc": [_mailbox(one) for one in mail.cc],
        "subject": mail.subject,
        "kind": mail.kind,
        "kind_reasons": list(mail.kind_reasons),
        "language": mail.language,
        "text": mail.text,
        "reply": {
            "text": mail.reply.text,
            "signature": mail.reply.signature,
            "quoted": mail.reply.quoted,
            "thanks_only": mail.reply.thanks_only,
            "forwarded": mail.reply.forwarded,
        },
        "attachments": [_attachment(one) for one in mail.attachments],
        "bounce": _bounce(mail.bounce) if mail.bounce else None,
    }


def _mailbox(one: Mailbox) -> dict[str, str]:
    return {"address": one.address, "name": one.name}


def _attachment(one: Attachment) -> dict[str, Any]:
    return {
        "filename": one.filename,
        "content_type": one.content_type,
        "size_bytes": one.size_bytes,
        "sha256": one.sha256,
        "disposition": one.disposition,
        "content_id": one.content_id,
    }


def _bounce(one: Bounce) -> dict[str, Any]:
    recipients = [{"address": r.address, "action": r.action, "status": r.status, "diagnostic": r.diagnostic} for r in one.recipients]
    return {"recipients": recipients, "original_message_id": one.original_message_id}
