"""Composes mails into the bytes that every try sends ("frozen"). In: a group of notices. Out: an outbox row, not signed yet. No I/O.

Everything that connects a reply or a bounce with its case is added here: the reply address with a token, the Message-ID with the same
token, the marker line, the thread's root, the signed return path. Headers against loops follow RFC 3834:
- Auto-Submitted (section 5) is `auto-generated` on notices and `auto-replied` on answers;
- an answer goes to the reverse-path of the mail that it answers (section 4), with a null one of its own (section 3.3), and names that mail
  in In-Reply-To and References (section 3.1.6);
- Precedence is not set: section 3.1.8 recommends no value, it is not standard, and filters treat `bulk` as advertising.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailgate.cases import carriers
from mailgate.cases.ids import new_id
from mailgate.cases.link_tokens import without_links
from mailgate.cases.model import Case, Comment, Contact
from mailgate.cases.tokens import STAFF_NUMBER, TokenKeys, bounce_token, reply_token
from mailgate.cases.workflow import asks_to_choose
from mailgate.mail.compose import AttachedFile, ComposedMail, compose, is_message_id
from mailgate.mail.model import Mailbox
from mailgate.mail.smtp_address import AddressRefused, smtp_address
from mailgate.outbound import forwarding, news
from mailgate.outbound.mailed_links import LinkMaker, Links
from mailgate.outbound.render import ACCOUNT, ANSWERS, CASE_NOTICES, Renderer, RenderError, one_line
from mailgate.outbound.threading import put_in_thread
from mailgate.outbound.views import ActionLink, AnsweredView, CaseView, LegacyView, Rendered
from mailgate.outbound.words import MailWords, inner_quotes
from mailgate.rules.agreement_words import AgreementText, promised
from mailgate.rules.date_words import day_in_words, moment_in_words
from mailgate.rules.policy import Policy
from mailgate.store.repositories.outbox.lane import Lane
from mailgate.store.repositories.outbox.threads import Thread
from mailgate.store.rows import ClaimedNotice, OutboxRow
from mailgate.values import value_class

SUPPRESSED_ANSWERS = "DR, RN, NRN, OOF, AutoReply"
"""[MS-OXCMAIL] section 2.1.3.2: all but NDR: bounces are needed."""
REFERENCES_MAX = 20
SENDER_NAME_MAX_CHARS = 60
_LIKE_AN_ADDRESS = frozenset('@<>()"\\,;:')


@dataclass(frozen=True, slots=True)
class SenderIdentity:
    """The sender. `reply_mailbox` "" means bare reply addresses (`<token>@reply_domain`). `case_link`: case key -> web address.

    `portal`: what the web portal is called. `logo`: the picture that mails carry, None for none. `pages`: web address of our own pages, ""
    when none are served: then no mail carries a link that acts.
    """

    author: Mailbox
    domain: str
    reply_domain: str
    reply_mailbox: str
    bounce_mailbox: str
    case_link: Callable[[str], str]
    reply_valid: timedelta = timedelta(days=365)
    notice_life: timedelta = timedelta(days=5)
    answer_life: timedelta = timedelta(days=2)
    portal: str = "supportweb"
    logo: AttachedFile | None = None
    pages: str = ""


@value_class
class Group:
    """The notices of one mail, oldest first; the recipient's contact, and for a forward the original bytes.

    Of a case, as far as there is one: `case` as it is now, `comments` of the notices by id, `earlier` the last comment before them, `along`
    the files that ride along, by SHA-256, `thread` what the reader's mails of it have been so far.
    `digest`: the reader wants one mail a day.
    """

    notices: tuple[ClaimedNotice, ...]
    contact: Contact | None = None
    forwarded: bytes | None = None
    case: Case | None = None
    comments: Mapping[str, Comment] = field(default_factory=dict)
    earlier: Comment | None = None
    along: Mapping[str, AttachedFile] = field(default_factory=dict)
    thread: Thread = field(default_factory=Thread)
    digest: bool = False


@value_class
class _Carriers:
    """What connects replies to one mail, the one of this outbox row, with its case."""

    row_id: str
    message_id: str
    reply_to: Mailbox | None = None
    marker: str = ""


class Freezer:
    """Makes outbox rows. `policy` is called for each mail, so that a new version applies to the next one."""

    def __init__(self, identity: SenderIdentity, renderer: Renderer, keys: TokenKeys, policy: Callable[[], Policy]) -> None:
        self._identity, self._renderer, self._keys, self._policy = identity, renderer, keys, policy

    @property
    def policy(self) -> Policy:
        """The policy by which the next mail is made."""
        return self._policy()

    def freeze(self, group: Group, now: datetime) -> OutboxRow | None:
        """The mail of this group, ready to be signed; None when its changes were taken back, so that there is nothing to report.

        Raises RenderError, ComposeError or AddressRefused.
        """
        kind = group.notices[0].kind
        if kind in ANSWERS:
            return self._answer(group, now)
        if kind == "team_notice":
            return self._team_notice(group, now)
        if kind == "todo_list":
            return self._todo_list(group, now)
        if kind in ACCOUNT:
            return self._account_mail(group, now)
        return self._forward(group, now) if kind == "forward" else self._notice(group, now)

    def _notice(self, group: Group, now: datetime) -> OutboxRow | None:
        shown = news.net(group.notices, group.case)
        if not shown:
            return None
        newest = group.notices[-1]
        language = self._renderer.language(newest.language)
        carried = self._carriers(group, new_id(now), now)
        template = shown[0].kind if len(shown) == 1 else "digest"
        notified = group if shown == group.notices else replace(group, notices=shown)
        values = self.case_values(notified, language, now) | {"marker": carried.marker}
        links = LinkMaker(self._identity.pages, now).of_notices(shown, self._policy().workflow, language)
        values |= _link_values(links, self._renderer.words(language))
        draft = self._draft(self._renderer.render(template, language, values), group, now, carried, language)
        draft.author, draft.files = self._author(shown), self._files(shown, group)
        if newest.case_id:
            root = carriers.thread_root(newest.case_id, self._identity.domain)
            put_in_thread(draft, group.thread, root, newest.case_id, group.case.created_at if group.case else None)
        return self._frozen(group, template, draft, now, carried, links)

    def case_values(self, group: Group, language: str, now: datetime) -> dict[str, object]:
        """What the template of a case notice sees, except for the marker and the links. The group's notices are net (`news.net`)."""
        telling, newest = self._telling(group, language, now), group.notices[-1]
        case = self._case(newest.facts)
        agreement = self._promise(group, language, now)
        return {
            "case": case, "news": news.news(group.notices, telling, case.url), "greeting": self._greeting(group, telling.words),
            "action_links": (), "agreement": agreement, "marker": "",
            "agreement_rows": _rows(agreement, telling.words),
            "earlier": news.earlier(group.case, group.earlier, telling) if group.case and newest.kind != "case_created" else None,
            "case_facts": news.case_facts(group.case, telling) if group.case else [case.key, case.summary], "why": _why(group),
        }  # fmt: skip

    def _telling(self, group: Group, language: str, now: datetime) -> news.Telling:
        return news.Telling(
            self._policy(), self._renderer.words(language), language, now, self._identity.author.name, self._identity.portal,
            lambda text: carriers.without_tokens(self._keys, without_links(text), now.date()), group.comments, frozenset(group.along),
        )  # fmt: skip

    def _greeting(self, group: Group, words: MailWords) -> str:
        """`Hei Kari,`; "" when a person's words in the mail begin with a greeting of their own."""
        if news.greets(group.notices):
            return ""
        name = first_name(group.contact.name) if group.contact and "unverified" not in group.notices[0].facts else ""
        return words("greeting.named", name=name) if name else words("greeting.plain")

    def _author(self, shown: Sequence[ClaimedNotice]) -> Mailbox:
        """Who writes: `Kjersti (Firma AS)` where the mail is one person's comment, else the company."""
        names = {one_line(notice.facts.get("actor", "")) for notice in shown if notice.kind == "comment_added"}
        return self._spoken_by(next(iter(names)) if len(names) == 1 else "")

    def _spoken_by(self, name: str) -> Mailbox:
        """The sender of a person's words; the company where there is no name, where it is the company's own, or where it could pass for an
        address.
        """
        author = self._identity.author
        if name in ("", author.name) or len(name) > SENDER_NAME_MAX_CHARS or not _LIKE_AN_ADDRESS.isdisjoint(name):
            return author
        return Mailbox(author.address, f"{name} ({author.name})")

    def _files(self, shown: Sequence[ClaimedNotice], group: Group) -> tuple[AttachedFile, ...]:
        """The files that ride along, each once."""
        comments = (group.comments.get(notice.facts.get("comment_id", "")) for notice in shown)
        named = [file.sha256 for comment in comments if comment for file in comment.files if news.is_shown(file)]
        return tuple(group.along[sha256] for sha256 in dict.fromkeys(named) if sha256 in group.along)

    def _answer(self, group: Group, now: datetime) -> OutboxRow:
        notice, carried = group.notices[0], self._carriers(group, new_id(now), now)
        language = self._renderer.language(notice.language)
        text = self._policy().redirect.text(notice.facts.get("text", ""), language)
        words, agreement = self._renderer.words(language), self._agreement(notice, language, now)
        values: dict[str, object] = {"agreement": agreement, "text": text, "marker": carried.marker, "greeting": words("greeting.plain")}
        values |= {"agreement_rows": _rows(agreement, words), "legacy": _legacy(notice.facts, language)}
        values["answered"] = _answered(notice.facts, language, self._policy().local, now)
        if "case_key" in notice.facts:
            values["case"] = self._case(notice.facts)
        links = self._answer_links(notice, language, now)
        values |= {"claim_url": links.claim, "action_links": (), **_link_values(links, words)}
        draft = self._draft(self._renderer.render(notice.kind, language, values), group, now, carried, language)
        if "unverified" in notice.facts:  # nothing proves the sender: the answer may go to a bystander, so it is small
            draft.html, draft.inline = "", ()
        in_reply_to = notice.facts.get("in_reply_to", "")
        references = [text for text in notice.facts.get("references", "").split() if is_message_id(text)][-REFERENCES_MAX:]
        draft.in_reply_to, draft.references = in_reply_to if is_message_id(in_reply_to) else "", tuple(references)
        return self._frozen(group, notice.kind, draft, now, carried, links)

    def _answer_links(self, notice: ClaimedNotice, language: str, now: datetime) -> Links:
        maker = LinkMaker(self._identity.pages, now)
        if notice.kind == "choice":
            return maker.of_choice(notice, self._policy().workflow, language)
        return maker.of_redirect(notice) if notice.kind == "redirect" else Links()

    def _promise(self, group: Group, language: str, now: datetime) -> AgreementText | None:
        """The service agreement of a new case whose answer is due; None once the support has answered, or when it is not our turn."""
        new = next((notice for notice in group.notices if notice.kind == "case_created" and notice.facts.get("agreement")), None)
        ours = self._policy().workflow.status(group.notices[-1].facts.get("status", "")).turn == "ours"
        return self._agreement(new, language, now) if new and ours and not news.answered(group.notices) else None

    def _agreement(self, notice: ClaimedNotice, language: str, now: datetime) -> AgreementText:
        agreement = self._policy().agreement(notice.facts.get("agreement", ""))
        received_at = notice.facts.get("received_at", "")
        return promised(agreement, language, datetime.fromisoformat(received_at) if received_at else notice.created_at, now)

    def _forward(self, group: Group, now: datetime) -> OutboxRow:
        if group.forwarded is None:
            raise RenderError("the bytes of the mail to forward are not kept any more")
        facts = group.notices[0].facts
        values: dict[str, object] = {name: one_line(facts.get(name, "")) for name in ("rule", "author", "subject")}
        attached = forwarding.attached(group.forwarded, files=facts.get("attach") == "files")
        values |= {"attached": attached.what, "text": attached.text}
        return self._plain(group, values, now, attached.parts, _answer_to(facts))

    def _team_notice(self, group: Group, now: datetime) -> OutboxRow:
        notice = group.notices[0]
        values: dict[str, object] = {name: one_line(value) for name, value in notice.facts.items()}
        values["case"] = self._case(notice.facts) if "case_key" in notice.facts else None
        return self._plain(group, values, now, staff_case=notice.facts.get("case_key", ""))

    def _todo_list(self, group: Group, now: datetime) -> OutboxRow:
        """The daily mail to the desk: a row for each kind of thing that waits (`application.todo`)."""
        notice = group.notices[0]
        waiting, language = json.loads(notice.facts["waiting"]), self._renderer.language(notice.language)
        words, local = self._renderer.words(language), self._policy().local
        values: dict[str, object] = {
            "rows": [(words(f"todo.{one['kind']}"), _waiting(one, words, language, now.astimezone(local))) for one in waiting],
            "count": sum(one["count"] for one in waiting),
            "desk_url": f"{self._identity.pages}/desk" if self._identity.pages else "",
        }
        return self._plain(group, values, now)

    def _account_mail(self, group: Group, now: datetime) -> OutboxRow:
        """A mail about an account. It names no case and takes no answer: nothing in it ties it to one."""
        return self._plain(group, {name: one_line(value) for name, value in group.notices[0].facts.items()}, now)

    def _plain(
        self, group: Group, values: Mapping[str, object], now: datetime, files: tuple[AttachedFile, ...] = (),
        author: Mailbox | None = None, *, staff_case: str = "",
    ) -> OutboxRow:  # fmt: skip
        """A mail that belongs to no case's thread. Answers go to `author`, who is shown as the sender through us, when there is one.

        `staff_case`: key of the case to which our own people answer by this mail.
        """
        notice, row_id = group.notices[0], new_id(now)
        language = self._renderer.language(notice.language)
        carried = self._carried(staff_case, STAFF_NUMBER, row_id, now) if staff_case else self._no_carriers(row_id)
        values = {"greeting": self._renderer.words(language)("greeting.plain"), "marker": carried.marker, **values}
        draft = self._draft(self._renderer.render(notice.kind, language, values), group, now, carried, language)
        draft.files = files
        if author:
            draft.author, draft.reply_to = self._spoken_by(author.name), author
        return self._frozen(group, notice.kind, draft, now, carried)

    def _carriers(self, group: Group, row_id: str, now: datetime) -> _Carriers:
        """The recipient's token in its three places: a token needs a contact and a case."""
        key = group.notices[-1].facts.get("case_key", "")
        return self._carried(key, group.contact.number, row_id, now) if group.contact else self._no_carriers(row_id)

    def _carried(self, case_key: str, contact_number: int, row_id: str, now: datetime) -> _Carriers:
        number, who = case_key.rpartition("-")[2], self._identity
        if not (number.isascii() and number.isdigit()):
            return self._no_carriers(row_id)
        token = reply_token(self._keys, int(number), contact_number, (now + who.reply_valid).date())
        address = f"{carriers.reply_local_part(token, who.reply_mailbox)}@{who.reply_domain}"
        message_id, reply_to = carriers.message_id(token, row_id, who.domain), Mailbox(address, who.author.name)
        return _Carriers(row_id, message_id, reply_to, carriers.marker_line(token))

    def _no_carriers(self, row_id: str) -> _Carriers:
        return _Carriers(row_id, f"{row_id.replace('-', '')}@{self._identity.domain}")

    def _case(self, facts: Mapping[str, str]) -> CaseView:
        key = facts.get("case_key", "")
        final = self._policy().workflow.status(facts.get("status", "")).final
        return CaseView(key, one_line(facts.get("summary", "")), self._identity.case_link(key), not final)

    def _draft(self, words: Rendered, group: Group, now: datetime, carried: _Carriers, language: str) -> ComposedMail:
        first = group.notices[0]
        name = one_line(group.contact.name) if group.contact and "unverified" not in first.facts else ""
        fields = (
            ("Auto-Submitted", "auto-replied" if first.kind in ANSWERS else "auto-generated"),
            ("X-Auto-Response-Suppress", SUPPRESSED_ANSWERS), ("X-Mailgate-Loop", self._identity.domain),
            ("X-Mailgate-Key", carried.row_id),  # lets receivers detect duplicates
        )  # fmt: skip
        return ComposedMail(
            author=self._identity.author, to=Mailbox(first.address, name), subject=words.subject, text=words.text, html=words.html,
            date=now.astimezone(self._policy().local), message_id=carried.message_id, reply_to=carried.reply_to,
            language=language, fields=fields, inline=(self._identity.logo,) if self._identity.logo else (),
        )  # fmt: skip

    def _frozen(
        self, group: Group, template: str, draft: ComposedMail, now: datetime, carried: _Carriers, links: Links | None = None
    ) -> OutboxRow:
        answer, links = template in ANSWERS, links or Links()
        if links.notices.startswith("https:"):
            draft.unsubscribe = links.notices
        first, who, row_id = group.notices[0], self._identity, carried.row_id
        reverse_path = None if answer else f"{carriers.reply_local_part(bounce_token(self._keys, row_id), who.bounce_mailbox)}@{who.domain}"
        return OutboxRow(
            id=row_id, template=template, address=first.address, reverse_path=reverse_path, message_id=draft.message_id,
            raw=compose(draft), created_at=now, next_attempt_at=now,
            expires_at=now + (who.answer_life if answer else who.notice_life), case_id=first.case_id, contact_id=first.contact_id,
            journal_id=first.journal_id, at_most_once=answer, language=draft.language, subject=draft.subject, links=links.stored,
            lane=self._lane(group),
        )  # fmt: skip

    def _lane(self, group: Group) -> Lane:
        newest = group.notices[-1]
        if newest.kind in (*ANSWERS, *ACCOUNT):
            return Lane.SECURITY
        if newest.kind == "reminder":
            return Lane.DIGEST
        if newest.kind in CASE_NOTICES and asks_to_choose(self._policy().workflow, newest.facts.get("status", "")):
            return Lane.URGENT
        return Lane.DIGEST if group.digest and all(notice.kind != "case_created" for notice in group.notices) else Lane.NORMAL


def _answer_to(facts: Mapping[str, str]) -> Mailbox | None:
    """The author of a forwarded mail, when it can be written to."""
    try:
        return Mailbox(smtp_address(facts.get("author", "")).text, one_line(facts.get("author_name", "")))
    except AddressRefused:
        return None


def _waiting(one: Mapping[str, Any], words: MailWords, language: str, now: datetime) -> str:
    """How many of one kind wait, since when, and the names of the first. `now` in the desk's zone."""
    since = one.get("since")
    when = moment_in_words(datetime.fromisoformat(since).astimezone(now.tzinfo), language, now.date()) if since else ""
    first = f": {one_line(', '.join(one['first']))}" if one["first"] else ""
    return f"{words('todo.since', count=one['count'], when=when) if when else one['count']}{first}"


def _link_values(links: Links, words: MailWords) -> dict[str, object]:
    """What the template sees of the links: one button for the answers, since the page asks which, and where notices are chosen."""
    answer = links.answer
    label = f" {words('or')} ".join((answer.labels[0], *(one.lower() for one in answer.labels[1:]))) if answer else ""
    found: dict[str, object] = {"action_links": (ActionLink(label, answer.url),)} if answer else {}
    return found | ({"settings_url": links.notices} if links.notices else {})


def first_name(name: str) -> str:
    """The first name of a person for a greeting; "" for a name that is none, such as a company's or one in the form `Last, First`."""
    parts = one_line(name).split()
    person = 2 <= len(parts) <= 4 and all(part.replace("-", "").replace(".", "").isalpha() and not part.isupper() for part in parts)
    return parts[0] if person and len(parts[0].rstrip(".")) > 1 else ""


def _why(group: Group) -> str:
    """Why the reader gets a notice: as reporter or as participant of the case; "" when they are neither any more."""
    people = group.case.participants if group.case else ()
    return next((person.role for person in people if group.contact and person.contact.id == group.contact.id), "")


def _rows(agreement: AgreementText | None, words: MailWords) -> list[tuple[str, str]]:
    """What an agreement gives, as rows of name and value."""
    if agreement is None:
        return []
    hours = f"{agreement.hours}, {agreement.holidays}" if agreement.holidays else agreement.hours
    values = {"opening": hours, "exceptions": agreement.exceptions, "response": agreement.response, "phone": agreement.phone}
    return [(words(f"agreement.{name}"), value) for name, value in values.items() if value]


def _answered(facts: Mapping[str, str], language: str, local: ZoneInfo, now: datetime) -> AnsweredView:
    at = facts.get("answered_at", "")
    when = moment_in_words(datetime.fromisoformat(at).astimezone(local), language, now.astimezone(local).date()) if at else ""
    return AnsweredView(inner_quotes(one_line(facts.get("answered_subject", ""))), when)


def _legacy(facts: Mapping[str, str], language: str) -> LegacyView:
    names = ("closes_on", "closed_since", "refuses_on")
    days = {name: day_in_words(date.fromisoformat(facts[name]), language) for name in names if facts.get(name)}
    return LegacyView(tell=facts.get("legacy_phase") == "accept_and_tell", **days)
