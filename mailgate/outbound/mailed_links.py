"""Links in our mails that act for one person: answer a proposal, take up a redirected mail, choose which notices to get.

In: the notices of one mail. Out: web addresses for the template, and what is stored of them. The token itself is in the mail alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from mailgate.cases.link_tokens import digest, fresh_token
from mailgate.cases.workflow import ANSWERS, Workflow, possible
from mailgate.store.rows import ClaimedNotice, LinkPurpose, MailedLink
from mailgate.values import value_class

VALID_FOR: Mapping[LinkPurpose, timedelta] = {
    "answer": timedelta(days=30), "claim": timedelta(days=14), "notices": timedelta(days=60),
}  # fmt: skip
PATHS: Mapping[LinkPurpose, str] = {"answer": "answer", "claim": "claim", "notices": "notices"}


@value_class
class AnswerLink:
    """The link by which a proposal is answered without logging in, and the names of the answers."""

    url: str
    labels: tuple[str, ...]


@value_class
class Links:
    """The links of one mail: None or "" for those that it does not carry."""

    answer: AnswerLink | None = None
    claim: str = ""
    notices: str = ""
    stored: tuple[MailedLink, ...] = ()


class LinkMaker:
    """Makes the links of one mail. `pages`: web address of our own pages, "" when none are served: then no mail carries a link."""

    def __init__(self, pages: str, now: datetime) -> None:
        self._pages, self._now = pages.rstrip("/"), now
        self._stored: list[MailedLink] = []

    def of_notices(self, notices: tuple[ClaimedNotice, ...], workflow: Workflow, language: str) -> Links:
        """Of a mail about one case to one of its people."""
        newest = notices[-1]
        if not self._pages or newest.contact_id is None or newest.case_id is None:
            return Links()
        about = {"contact_id": newest.contact_id, "case_id": newest.case_id, "case_key": newest.facts.get("case_key", "")}
        answer = self._answer(notices, workflow, language, about)
        choose = self._link("notices", newest.address, about)
        return Links(answer, notices=choose, stored=tuple(self._stored))

    def of_choice(self, notice: ClaimedNotice, workflow: Workflow, language: str) -> Links:
        """Of the answer to somebody who chose in words: to the page of the choice that the case asks for."""
        facts = notice.facts
        if not self._pages or notice.contact_id is None:
            return Links()
        about = {"contact_id": notice.contact_id, "case_id": facts.get("case_id", ""), "case_key": facts.get("case_key", "")}
        shown = {"event_id": facts.get("event_id", ""), "status": facts.get("status", ""), "summary": facts.get("summary", "")}
        return Links(self._choosing(workflow, notice.address, language, {**about, **shown}), stored=tuple(self._stored))

    def of_redirect(self, notice: ClaimedNotice) -> Links:
        """Of the answer to a mail that made no case."""
        if not self._pages or notice.journal_id is None:
            return Links()
        claim = self._link("claim", notice.address, {"journal_id": notice.journal_id})
        return Links(claim=claim, stored=tuple(self._stored))

    def _answer(self, notices: tuple[ClaimedNotice, ...], workflow: Workflow, language: str, about: Mapping[str, str]) -> AnswerLink | None:
        """The link for the newest status of the case, when it asks for an answer. `event_id` ties it to this one proposal."""
        moved = next((one for one in reversed(notices) if one.kind == "status_changed"), None)
        if moved is None or moved.event_id is None:
            return None
        shown = {"event_id": moved.event_id, "status": moved.facts.get("to", ""), "summary": moved.facts.get("summary", "")}
        return self._choosing(workflow, moved.address, language, {**about, **shown})

    def _choosing(self, workflow: Workflow, address: str, language: str, facts: Mapping[str, str]) -> AnswerLink | None:
        names = [name for name in possible(workflow, facts["status"], "contact") if name in ANSWERS]
        found = [workflow.operation(name) for name in names]
        labels = tuple(one.labels.get(language) or one.name for one in found if one)
        return AnswerLink(self._link("answer", address, facts), labels) if labels else None

    def _link(self, purpose: LinkPurpose, address: str, facts: Mapping[str, str]) -> str:
        token = fresh_token()
        self._stored.append(MailedLink(digest(token), purpose, address, self._now, self._now + VALID_FOR[purpose], facts))
        return f"{self._pages}/{PATHS[purpose]}/{token}"
