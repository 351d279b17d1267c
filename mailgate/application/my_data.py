"""One's own data: a copy to take along (GDPR article 15 and 20), and the request to delete it (article 17), which staff decide on."""

from __future__ import annotations

import json
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.accounts.sessions import LoggedIn
from mailgate.application.app import App
from mailgate.application.cases.create import CreateCase, create_case
from mailgate.application.cases.views import ContactCaseRow
from mailgate.application.persons.own_data import own_data
from mailgate.application.principal import Principal
from mailgate.application.use_case import Act, query
from mailgate.errors import Invalid


@dataclass(frozen=True, slots=True)
class AskForDeletion:
    """`sure` was ticked; `summary` and `description` are the words of the case that staff get."""

    sure: bool
    summary: str
    description: str


@query(Action.ACCOUNT_OWN)
def export_my_data(act: Act, mine: LoggedIn) -> bytes:
    """The principal's addresses, account, sessions, drafts, choices, and cases with what they wrote, as JSON in UTF-8."""
    found = own_data(act.uow, act.uow.persons.own(mine.account.id), act.now)
    return json.dumps(found, ensure_ascii=False, indent=2, default=str).encode()


def ask_for_deletion(app: App, principal: Principal, command: AskForDeletion) -> ContactCaseRow:
    """Make a case in which staff decide. Raises Invalid when it was not ticked."""
    if not command.sure:
        raise Invalid("sure", "empty", "tick that you are sure")
    made = create_case(app, principal, CreateCase(command.summary, description=command.description))
    if not isinstance(made, ContactCaseRow):
        raise Invalid("reporter", "empty", "only contacts ask for deletion here")
    return made
