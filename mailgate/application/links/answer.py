"""Answer a proposal behind the link of its mail: accept, refuse, reopen. The link is for one person and one proposal.

Looking changes nothing. The workflow makes it single use: once the case has moved on, the link only says what happened. It shows no more
of the case than the mail did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailgate.application.access import Action, explain
from mailgate.application.accounts import links
from mailgate.application.cases import changing
from mailgate.application.cases.choices import ChoiceView
from mailgate.application.cases.operate import moved
from mailgate.application.principal import Principal, contact_principal
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import whole_text
from mailgate.cases.changes import NewComment
from mailgate.cases.model import Case, CaseEvent
from mailgate.cases.workflow import ANSWERS, possible
from mailgate.errors import Invalid, NotFound
from mailgate.store.repositories.accounts import AccountLink

NEED_WORDS = frozenset({"refuse", "reopen"})


@dataclass(frozen=True, slots=True)
class Happened:
    """What has become of the proposal: the status that the case got then, when, and whether it was the holder of the link."""

    status: str
    label: str
    at: datetime
    you: bool


@dataclass(frozen=True, slots=True)
class AskedAnswer:
    """What the page shows. `who`: name or address of the person whose link it is. `happened` None: the answer is still open.

    `late`: it had happened before the answer that was just given, which is not taken.
    """

    key: str
    summary: str
    status: str
    status_label: str
    who: str
    answers: Sequence[ChoiceView]
    happened: Happened | None
    late: bool = False


@dataclass(frozen=True, slots=True)
class GiveAnswer:
    """One of the answers, and the words that go with it."""

    token: str
    operation: str
    text: str = ""


@query(Action.LINK_ANSWER, policy=True)
def asked_answer(act: Act, token: str) -> AskedAnswer:
    """What the link asks, or what has happened since. Raises NotFound for a link that opens nothing."""
    link, person, case = _opened(act, token)
    return _asked(act, link, person, case)


@use_case(Action.LINK_ANSWER, policy=True)
def give_answer(act: Act, command: GiveAnswer) -> AskedAnswer:
    """Answer, once. An answer that comes too late changes nothing and says what happened.

    Raises NotFound for the link, Invalid for a missing choice or missing words.
    """
    link, person, case = _opened(act, command.token)
    acting = replace(act, principal=person, action=Action.CASE_OPERATE)
    case = changing.locked(acting, case.id)
    asked = _asked(act, link, person, case)
    if asked.happened is not None:
        act.unchanged()
        return replace(asked, late=True)
    if command.operation not in [one.key for one in asked.answers]:
        raise Invalid("operation", "empty", "choose an answer")
    if command.operation in NEED_WORDS and not command.text.strip():
        raise Invalid("reason", "empty", "say what is still wrong")
    draft = NewComment(whole_text(command.text, "reason", "the comment")) if command.text.strip() else None
    made = moved(case, changing.context_of(acting, case), operation=command.operation, draft=draft)
    after = changing.write(acting, case, made, operation=command.operation, by_link=True)
    return _asked(act, link, person, after)


def _opened(act: Act, token: str) -> tuple[AccountLink, Principal, Case]:
    """The link, its person and case; as if there were no link when the person may not act on the case any more."""
    link = links.open_link(act, "answer", token)
    contact = act.uow.contacts.get([link.facts["contact_id"]]).get(link.facts["contact_id"])
    case = act.uow.cases.by_ids([link.facts["case_id"]]).get(link.facts["case_id"])
    if contact is None or case is None:
        raise NotFound("mail_link", "unknown")
    person = contact_principal(contact)
    if not explain(person, Action.CASE_OPERATE, case).allowed:
        raise NotFound("mail_link", "unknown")
    return link, replace(person, name=contact.name or contact.address), case


def _asked(act: Act, link: AccountLink, person: Principal, case: Case) -> AskedAnswer:
    workflow, language, facts = act.policy.workflow, act.principal.language, link.facts
    event = _event_after(act.uow.cases.events(case.id), facts["event_id"])
    names = [name for name in possible(workflow, facts["status"], "contact") if name in ANSWERS]
    found = [(name, workflow.operation(name)) for name in names]
    happened = None
    if event is not None:
        to = event.facts.get("to", "")
        happened = Happened(to, workflow.status(to).label(language), event.at, event.actor.contact_id == person.id)
    return AskedAnswer(
        facts["case_key"], facts["summary"], facts["status"], workflow.status(facts["status"]).label(language), person.name,
        [ChoiceView(name, (one.labels.get(language) if one else "") or name) for name, one in found], happened,
    )  # fmt: skip


def _event_after(events: Sequence[CaseEvent], event_id: str) -> CaseEvent | None:
    """The next change of status after the one that the mail told of."""
    return next((one for one in events if one.kind == "status_changed" and one.id > event_id), None)
