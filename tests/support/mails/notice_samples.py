"""A freezer with our own templates and a fixed sender, for the samples of `outbound.previews.samples`."""

from __future__ import annotations

from collections.abc import Mapping

from mailgate.cases.tokens import TokenKeys
from mailgate.mail.model import Mailbox
from mailgate.outbound.freeze import Freezer, SenderIdentity
from mailgate.outbound.previews.samples import PORTAL
from mailgate.outbound.render import Renderer, Wording
from mailgate.rules.default import SUPPORTWEB_POLICY

KEYS = TokenKeys({1: b"k" * 32})
SHARED: Mapping[str, object] = {
    "portal_url": PORTAL, "new_case_url": f"{PORTAL}/new", "company": "Firma AS", "portal": "supportweb", "settings_url": f"{PORTAL}/me",
    "logo": "",
}  # fmt: skip
IDENTITY = SenderIdentity(
    author=Mailbox("support@firma.example", "Firma AS"), domain="firma.example", reply_domain="firma.example", reply_mailbox="support",
    bounce_mailbox="bounce", case_link=lambda key: f"{PORTAL}/browse/{key}",
)  # fmt: skip


def freezer(language: str = "nb", wording: Wording | None = None, identity: SenderIdentity = IDENTITY) -> Freezer:
    """A freezer with our own templates."""
    return Freezer(identity, Renderer(wording or Wording(default_language=language, shared=SHARED)), KEYS, lambda: SUPPORTWEB_POLICY)
