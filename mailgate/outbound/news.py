"""What a group of notices says, net, as values for templates. In: notices, the case's comments, the policy, words. Out: a `NewsView`. Pure.

Only the net change of a group counts: one that was taken back within it is left out. A comment stands as it was written; what it quotes
of our reply addresses does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime

from mailgate.cases.model import Case, Comment, StoredFile
from mailgate.cases.waiting import NO_ANSWER
from mailgate.cases.workflow import Status, possible
from mailgate.outbound.html_text import shortened
from mailgate.outbound.render import clean, one_line
from mailgate.outbound.views import LinkedFile, NewsView, SaidView, StatusView
from mailgate.outbound.words import MailWords
from mailgate.rules.agreement_words import working_days
from mailgate.rules.date_words import moment_in_words, weekday_in_words
from mailgate.rules.policy import Choice, Policy
from mailgate.store.rows import ClaimedNotice
from mailgate.values import value_class

SAID_MAX_CHARS = 16_000
"""Characters of people's words in one mail: its HTML stays below the 100 KB at which Gmail cuts."""
EARLIER_MAX_CHARS = 1_200
SIGNS: Mapping[str, str] = {
    "open": "○", "investigating": "⌕", "in_progress": "◐", "proposed": "◇", "waiting_customer": "↩", "on_hold": "‖", "frozen": "✱",
    "resolved": "✓", "closed": "▣", "reopened": "↻",
}  # fmt: skip
_GREETING = re.compile(
    r"\s*(?:hei(?:sann)?|hallo|hello|hi|hey|god (?:dag|morgen|kveld)|kjære|dear|good (?:morning|afternoon|day))\b", re.IGNORECASE
)
_NET_KINDS = ("status_changed", "assignee_changed")


@value_class
class Telling:
    """How news is put for one reader. `company` stands for an actor without a name, `portal` is the portal's name.

    `without_tokens` takes reply addresses out of people's words. `comments`: id -> the comment of a notice as it is
    now. `along`: SHA-256 of the files that ride along.
    """

    policy: Policy
    words: MailWords
    language: str
    now: datetime
    company: str
    portal: str = "supportweb"
    without_tokens: Callable[[str], str] = str
    comments: Mapping[str, Comment] = field(default_factory=dict)
    along: frozenset[str] = frozenset()

    def when(self, at: datetime) -> str:
        """A moment in words of the language, in the policy's zone."""
        zone = self.policy.local
        return moment_in_words(at.astimezone(zone), self.language, self.now.astimezone(zone).date())

    def who(self, name: str) -> str:
        """A person's name; the company's when there is none."""
        return one_line(name) or self.company


def net(notices: Sequence[ClaimedNotice], case: Case | None = None) -> tuple[ClaimedNotice, ...]:
    """The notices without what was taken back.

    All changes of status become one, from the status before the first to that after the last, or none when both are the same. Likewise
    all assignments. A reminder falls when the case, as it is now, has left the status in which it waited.
    """
    left = [notice for notice in notices if notice.kind != "reminder" or case is None or case.status == notice.facts.get("status")]
    for kind in _NET_KINDS:
        changes = [notice for notice in left if notice.kind == kind]
        if not changes:
            continue
        first, last = changes[0].facts, changes[-1].facts
        gone = first.get("from", "") == last.get("to", "")
        if gone or len(changes) > 1:
            left = [notice for notice in left if notice.kind != kind]
        if len(changes) > 1 and not gone:
            origin = {name: first[name] for name in ("from", "from_label") if name in first}
            left.append(replace(changes[-1], facts={**last, **origin}))
    return tuple(sorted(left, key=lambda notice: notice.id))


def news(notices: Sequence[ClaimedNotice], telling: Telling, case_url: str) -> NewsView:
    """The news of notices that are net and not empty, oldest first."""
    by_kind: dict[str, ClaimedNotice] = {notice.kind: notice for notice in notices}
    status, assigned = by_kind.get("status_changed"), by_kind.get("assignee_changed")
    spoken = [notice for notice in notices if notice.kind in ("comment_added", "case_created")]
    several = len(spoken) > 1
    headline = _headline(notices)
    assignee = one_line(assigned.facts.get("to", "")) if assigned else ""
    now_in = telling.policy.workflow.status(notices[-1].facts.get("status", ""))
    entered = telling.policy.workflow.status(status.facts.get("to", "")) if status else now_in
    return NewsView(
        headline=headline, who=telling.who(notices[0].facts.get("actor", "")),
        from_=_status_view(status.facts, "from", telling) if status else None,
        to=_status_view(status.facts, "to", telling) if status else None,
        assigned=assigned is not None and headline not in ("assigned", "unassigned"), assignee=assignee,
        said=_all_said(spoken, telling, case_url, named=headline == "updated" or several),
        hint=_hint(entered, telling) if status or headline in ("added", "reminded") else "", asks=now_in.turn == "yours",
        choices=_choices(now_in, telling), ended=status is not None and entered.final,
        reminded=headline == "updated" and "reminder" in by_kind, closes=_closes(by_kind.get("reminder"), telling),
        unanswered_days=_unanswered_days(status, telling),
    )  # fmt: skip


def _closes(reminder: ClaimedNotice | None, telling: Telling) -> str:
    """When the case will be closed, in words; "" for never."""
    day = reminder.facts.get("closes_on", "") if reminder else ""
    return weekday_in_words(date.fromisoformat(day), telling.language) if day else ""


def _unanswered_days(status: ClaimedNotice | None, telling: Telling) -> str:
    """For how many working days nobody had answered when the case was closed, in words; "" when that is not why."""
    facts = status.facts if status else {}
    return working_days(int(facts["days"]), telling.language) if facts.get("because") == NO_ANSWER else ""


def greets(notices: Sequence[ClaimedNotice]) -> bool:
    """True when a person's words in the group begin with a greeting of their own."""
    return any(notice.kind == "comment_added" and _GREETING.match(notice.facts.get("text", "")) for notice in notices)


def answered(notices: Sequence[ClaimedNotice]) -> bool:
    """True when the support has said something in the group: then no answer is due."""
    return any(notice.kind == "comment_added" and notice.facts.get("actor_kind", "operator") != "contact" for notice in notices)


def earlier(case: Case, comment: Comment | None, telling: Telling) -> SaidView | None:
    """The last thing said before the news: a comment, else the case's description; None when there is nothing."""
    whole = comment.text if comment else case.description
    text = telling.without_tokens(_clean(whole)) if whole else ""
    if not text:
        return None
    reporter = next((person.contact for person in case.participants if person.role == "reporter"), None)
    who = comment.author.name if comment else (reporter.name or reporter.address if reporter else "")
    return SaidView(telling.who(who), shortened(text, EARLIER_MAX_CHARS), telling.when(comment.created_at if comment else case.created_at))


def case_facts(case: Case, telling: Telling) -> list[str]:
    """What the case is, in pieces of one line: key, summary, type, priority, assignee."""
    priority = _label(telling.policy.priorities, case.priority, telling.language)
    pieces = [case.key, one_line(case.summary), _label(telling.policy.case_types, case.case_type, telling.language)]
    pieces += [telling.words("case.priority", value=priority)] if priority else []
    pieces += [telling.words("case.assignee", value=one_line(case.assignee))] if case.assignee else []
    return [piece for piece in pieces if piece]


def _label(choices: Sequence[Choice], key: str, language: str) -> str:
    """What a choice is called; the key itself when the policy has none of that key."""
    return next((choice.labels.get(language, key) for choice in choices if choice.key == key), key)


def _headline(notices: Sequence[ClaimedNotice]) -> str:
    kinds = {notice.kind for notice in notices}
    if "case_created" in kinds:
        return "created"
    if "participant_added" in kinds:
        return "added"
    if len(notices) > 1:
        return "updated"
    only = notices[0]
    if only.kind == "assignee_changed":
        return "assigned" if only.facts.get("to") else "unassigned"
    return {"comment_added": "commented", "status_changed": "moved", "reminder": "reminded"}.get(only.kind, "updated")


def _status_view(facts: Mapping[str, str], name: str, telling: Telling) -> StatusView:
    key = facts.get(name, "")
    status = telling.policy.workflow.status(key)
    return StatusView(one_line(facts.get(f"{name}_label", "")) or status.label(telling.language), status.turn, SIGNS.get(key, "•"))


def _hint(status: Status, telling: Telling) -> str:
    return status.hint(telling.language).replace("{portal}", telling.portal)


def _choices(status: Status, telling: Telling) -> str:
    """What a contact may choose here that no reply does, as words for a sentence; "" for nothing."""
    workflow = telling.policy.workflow
    if workflow.reply_move(status.key).target:
        return ""
    operations = (workflow.operation(name) for name in possible(workflow, status.key, "contact"))
    labels = [one.labels.get(telling.language, one.name).lower() for one in operations if one]
    return f" {telling.words('or')} ".join(labels)


def _all_said(spoken: Sequence[ClaimedNotice], telling: Telling, case_url: str, *, named: bool) -> tuple[SaidView, ...]:
    left, said = SAID_MAX_CHARS, []
    for notice in spoken:
        view = _said(notice, telling, case_url, left, named=named and notice.kind == "comment_added")
        left = max(left - len(view.text), 0)
        said.append(view)
    return tuple(view for view in said if view.text or view.along or view.in_case)


def _said(notice: ClaimedNotice, telling: Telling, case_url: str, max_chars: int, *, named: bool) -> SaidView:
    comment = telling.comments.get(notice.facts.get("comment_id", ""))
    whole = telling.without_tokens(_clean(notice.facts.get("text", "")))
    text = shortened(whole, max_chars)
    along, in_case = _files(comment, notice, telling, case_url)
    when = telling.when(notice.created_at) if named else ""
    more = case_url if comment is not None and (comment.signature or comment.quoted) else ""
    return SaidView(telling.who(notice.facts.get("actor", "")), text, when, text != whole, along, in_case, more)


def _files(
    comment: Comment | None, notice: ClaimedNotice, telling: Telling, case_url: str
) -> tuple[tuple[str, ...], tuple[LinkedFile, ...]]:
    """The names of files that ride along, and those that stay in the case."""
    if comment is None:
        return tuple(one_line(name) for name in notice.facts.get("files", "").split("\n") if name), ()
    shown = [file for file in comment.files if is_shown(file)]
    along = tuple(one_line(file.filename) for file in shown if file.sha256 in telling.along)
    return along, tuple(
        LinkedFile(one_line(file.filename), f"{case_url}/files/{comment.id}/{file.sha256}")
        for file in shown
        if file.sha256 not in telling.along
    )


def is_shown(file: StoredFile) -> bool:
    """True for a file that a person sent, not for what decorates a mail."""
    return file.disposition != "decoration"


def _clean(text: str) -> str:
    return clean(text).strip("\n").rstrip()
