"""Who our mail is from and how it looks, from the settings: sender, links, company, logo, colour."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mailgate.mail.compose import AttachedFile
from mailgate.mail.model import Mailbox
from mailgate.outbound.freeze import SenderIdentity
from mailgate.outbound.render import Wording

if TYPE_CHECKING:
    from mailgate.config import Settings


def identity(settings: Settings) -> SenderIdentity:
    """The sender of the settings."""
    book, service = settings.addresses, settings.service
    return SenderIdentity(
        author=Mailbox(settings.support_addresses[0], settings.from_name), domain=service.domain,
        reply_domain=book.reply_domain or service.domain, reply_mailbox="" if book.reply_domain else book.reply_mailbox,
        bounce_mailbox=book.bounce_mailbox, case_link=service.link, notice_life=timedelta(seconds=settings.outbound.expires_after_s),
        portal=service.portal_name, logo=_logo(settings), pages=service.portal_url if settings.web.listen else "",
    )  # fmt: skip


def wording(settings: Settings) -> Wording:
    """What every mail of these settings says and looks like."""
    service, folder = settings.service, settings.outbound.templates_dir
    shared = {
        "portal_url": service.portal_url, "new_case_url": service.portal_url, "company": settings.from_name, "portal": service.portal_name,
        "settings_url": f"{service.portal_url.rstrip('/')}/me" if settings.has_own_portal else "", "logo": _cid(settings),
    }  # fmt: skip
    return Wording(Path(folder) if folder else None, service.default_language, shared=shared, accent=service.accent)


def _cid(settings: Settings) -> str:
    return f"cid:{_logo_id(settings)}" if settings.service.logo_file else ""


def _logo_id(settings: Settings) -> str:
    return f"logo@{settings.service.domain}"


def _logo(settings: Settings) -> AttachedFile | None:
    file = settings.service.logo_file
    return AttachedFile("logo.png", "image/png", Path(file).read_bytes(), _logo_id(settings)) if file else None
