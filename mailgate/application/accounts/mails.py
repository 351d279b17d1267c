"""Mails about accounts, as notices: data, never text. They leave by the outbox like all mail, so that response times reveal nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mailgate.application.use_case import Act
from mailgate.cases.ids import new_id
from mailgate.cases.model import Notice, NoticeKind

AccountMail = Literal["account_verify", "account_exists", "account_reset", "account_password", "claim_code"]


def notify(act: Act, kind: AccountMail, address: str, language: str, facts: Mapping[str, str]) -> None:
    """Make a notice to this address due at once."""
    notice_kind: NoticeKind = kind
    act.uow.notices.add([Notice(new_id(act.now), notice_kind, address, act.now, act.now, language=language, facts=dict(facts))])


def link_to(act: Act, path: str) -> str:
    """The public web address of a path of ours."""
    return act.app.settings.service.portal_url.rstrip("/") + path
