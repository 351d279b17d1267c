"""Saves typed text when a session has ended or a form is too old. In: a form, the page it stands on. Out: a draft."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mailgate.application import drafts
from mailgate.application.accounts.sessions import LoggedIn
from mailgate.application.app import App
from mailgate.errors import Conflict, Invalid
from mailgate.strange_json import read_json
from mailgate.web.pages.forms import TOKEN_FIELD, Form

NOT_KEPT = frozenset({TOKEN_FIELD, "version", "draft", "discard", "similar_seen", "page"})
MOST_FIELDS = 50


def typed(form: Form) -> dict[str, str]:
    """What a person typed and chose, without what belongs to the form."""
    return {name: text for name, text in list(form.fields.items())[:MOST_FIELDS] if name not in NOT_KEPT and text}


def carried(form: Form) -> str:
    """The same as text, to go through the login."""
    return json.dumps(typed(form), ensure_ascii=False)


def restored(text: str) -> Mapping[str, str]:
    """What `carried` made; nothing for anything else."""
    try:
        found = read_json(text) if text else {}
    except ValueError:
        return {}
    return {str(name): value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}


def keep(app: App, mine: LoggedIn, page: str, form: Form) -> bool:
    """Save it as the draft of this page, unless it is too long, or the form has been sent meanwhile; whether it was saved."""
    return keep_fields(app, mine, page, typed(form), form.text(TOKEN_FIELD))


def keep_fields(app: App, mine: LoggedIn, page: str, fields: Mapping[str, str], token: str = "") -> bool:
    """The same for fields."""
    try:
        drafts.keep_draft(app, mine.principal, drafts.KeepDraft(mine, page, fields, token))
    except (Invalid, Conflict):
        return False
    return True


def sent(app: App, mine: LoggedIn, page: str, form: Form) -> None:
    """Forget the draft: its form was sent, or it is thrown away."""
    drafts.drop_draft(app, mine.principal, drafts.NamedDraft(mine, page, form.text(TOKEN_FIELD)))
