"""One's own data: a copy to take along (GDPR article 15 and 20), and the request to delete it (article 17), which staff decide on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailgate.application.access import Action
from mailgate.application.accounts.sessions import LoggedIn
from mailgate.application.app import App
from mailgate.application.cases.create import CreateCase, create_case
from mailgate.application.cases.views import ContactCaseRow
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, query
from mailgate.cases.model import Case
from mailgate.errors import Invalid
from mailgate.store.repositories.portal import UNCHOSEN

MOST_CASES = 10_000


@dataclass(frozen=True, slots=True)
class AskForDeletion:
    """`sure` was ticked; `summary` and `description` are the words of the case that staff get."""

    sure: bool
    summary: str
    description: str


@query(Action.ACCOUNT_OWN)
def export_my_data(act: Act, mine: LoggedIn) -> bytes:
    """Account, sessions, choices and every case of one's own with one's own words, as JSON in UTF-8."""
    account, me = mine.account, act.principal.id
    cases = act.uow.cases.list(MOST_CASES, contact_id=me, approved=True) if act.principal.kind == "contact" else ()
    chosen = act.uow.portal.choices([me]).get(me, UNCHOSEN)
    found = {
        "account": _account(mine),
        "sessions": [{"begun": one.created_at, "last_used": one.seen_at, "network_address": one.client, "browser": one.agent}
                     for one in act.uow.accounts.sessions_of(account.id, act.now)],
        "notices": {
            "wanted": chosen.wants, "digest_hour": chosen.hour, "muted_cases": [key for key, _ in act.uow.portal.mutes_of(me)],
        },
        "cases": [_case(act, one, me) for one in cases],
    }  # fmt: skip
    return json.dumps(found, ensure_ascii=False, indent=2, default=str).encode()


def ask_for_deletion(app: App, principal: Principal, command: AskForDeletion) -> ContactCaseRow:
    """Make a case in which staff decide. Raises Invalid when it was not ticked."""
    if not command.sure:
        raise Invalid("sure", "empty", "tick that you are sure")
    made = create_case(app, principal, CreateCase(command.summary, description=command.description))
    if not isinstance(made, ContactCaseRow):
        raise Invalid("reporter", "empty", "only contacts ask for deletion here")
    return made


def _account(mine: LoggedIn) -> Mapping[str, Any]:
    one = mine.account
    return {"user_name": one.username, "mail_address": one.address, "name": one.name, "language": one.language, "made": one.created_at}


def _case(act: Act, case: Case, me: str) -> Mapping[str, Any]:
    own = [one for one in act.uow.cases.comments(case.id) if one.kind == "comment" and one.author.contact_id == me]
    reported: Mapping[str, Any] = {"description": case.description, "environment": case.environment} if case.reporter_id == me else {}
    return {
        "key": case.key, "summary": case.summary, "made": case.created_at, "status": case.status, **reported,
        "my_comments": [{"at": one.created_at, "text": one.text, "files": _names(one.files)} for one in own],
    }  # fmt: skip


def _names(files: Sequence[Any]) -> list[str]:
    return [one.filename for one in files]
