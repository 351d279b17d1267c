"""What is typed into a form and not sent, kept per account until it is sent or thrown away. In: a form's name and fields. Out: the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mailgate.application.access import Action
from mailgate.application.accounts.sessions import LoggedIn
from mailgate.application.use_case import Act, query, use_case
from mailgate.errors import Conflict, Invalid

MAX_CHARS = 200_000
MAX_NAME_CHARS = 60
MOST = 50
"""The most drafts of one account; the oldest is deleted first. Invented forms must not fill the database."""


@dataclass(frozen=True, slots=True)
class FormDraft:
    """The fields as typed, and when they were kept."""

    fields: Mapping[str, str] = field(default_factory=dict)
    kept_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NamedDraft:
    """One's own draft of this form, by the path of its page. `form`: the token of the form that was sent, "" when none was."""

    mine: LoggedIn
    name: str
    form: str = ""


@dataclass(frozen=True, slots=True)
class KeepDraft:
    """Keep these fields in place of what was kept. Empty ones are left out; nothing left forgets the draft. `form`: the form's token."""

    mine: LoggedIn
    name: str
    fields: Mapping[str, str]
    form: str = ""


@query(Action.ACCOUNT_OWN)
def read_draft(act: Act, command: NamedDraft) -> FormDraft:
    """One's own draft, empty when there is none."""
    found = act.uow.accounts.draft(command.mine.account.id, command.name.lower())
    return FormDraft(*found) if found else FormDraft()


@use_case(Action.ACCOUNT_OWN)
def keep_draft(act: Act, command: KeepDraft) -> None:
    """Keep a draft. Raises Invalid for one that is too long, Conflict when its form was sent: what scripts keep may come too late."""
    account, name = command.mine.account.id, command.name.lower()
    fields = {field: text for field, text in command.fields.items() if text.strip()}
    if sum(map(len, fields.values())) > MAX_CHARS or len(command.name) > MAX_NAME_CHARS:
        raise Invalid("draft", "too_long", f"a draft has {MAX_CHARS} characters at most", most=MAX_CHARS)
    if not fields:
        act.uow.accounts.drop_draft(account, name)
    elif not act.uow.accounts.keep_draft(account, name, fields, act.now, command.form):
        raise Conflict(command.name, 0)
    else:
        act.uow.accounts.drop_oldest_drafts(account, MOST)
    act.unchanged()


@use_case(Action.ACCOUNT_OWN)
def drop_draft(act: Act, command: NamedDraft) -> None:
    """Forget a draft; with `form`, what is kept of that form too late, as well."""
    account, name = command.mine.account.id, command.name.lower()
    if command.form:
        act.uow.accounts.send_draft(account, name, command.form, act.now)
    else:
        act.uow.accounts.drop_draft(account, name)
    act.unchanged()
