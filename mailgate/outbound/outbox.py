"""Freezes mails: what is to be told becomes the bytes that every try will send. In: a group of notices. Out: an outbox row. No I/O.

All that ties a reply, a bounce or an automatic answer to its case is put in here: the tokened reply address, the Message-ID with the same
token, the marker line, the thread's root, the signed return path. Headers against loops follow RFC 3834:
- Auto-Submitted (section 5) is `auto-generated` on notices and `auto-replied` on answers;
- an answer goes to the reverse-path of the mail that it answers (section 4), with a null one of its own (section 3.3), and names that mail
  in In-Reply-To and References (section 3.1.6);
- Precedence is left out: section 3.1.8 recommends no value, it is not standard, and filters take `bulk` for advertising.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from mailgate.cases import carriers
from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact
from mailgate.cases.tokens import TokenKeys, bounce_token, reply_token
from mailgate.mail.compose import Draft, Part, compose, is_message_id
from mailgate.mail.model import Mailbox
from mailgate.outbound.render import ANSWERS, CaseView, ChangeView, LegacyView, Rendered, Renderer, RenderError, clean, one_line
from mailgate.rules.agreement_words import AgreementText, promised
from mailgate.rules.date_words import day_in_words
from mailgate.rules.policy import Policy
from mailgate.store.rows import ClaimedNotice, OutboxRow

REFERENCES_MAX = 20
FINAL_STATUSES = frozenset({"closed"})
Sign = Callable[[bytes], bytes]
"""Signs composed bytes, once, before they are frozen."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who writes. `reply_mailbox` "" means bare reply addresses (`<token>@reply_domain`). `case_link` makes a case key a web address."""

    author: Mailbox
    domain: str
    reply_domain: str
    reply_mailbox: str
    bounce_mailbox: str
    case_link: Callable[[str], str]
    zone: str = "Europe/Oslo"
    reply_valid: timedelta = timedelta(days=365)
    notice_life: timedelta = timedelta(days=5)
    answer_life: timedelta = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Group:
    """The notices that become one mail, oldest first; who they are for, and the bytes to pass on for a forward."""

    notices: tuple[ClaimedNotice, ...]
    contact: Contact | None = None
    forwarded: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Carriers:
    """What one mail carries to be known again."""

    message_id: str
    reply_to: Mailbox | None = None
    marker: str = ""


class Freezer:
    """Makes outbox rows. `policy` is asked for each mail, so that a new version holds for the next one; `sign` sees the composed bytes."""

    def __init__(self, identity: Identity, renderer: Renderer, keys: TokenKeys, policy: Callable[[], Policy], sign: Sign = bytes) -> None:
        self._identity, self._renderer, self._keys, self._policy, self._sign = identity, renderer, keys, policy, sign
        self._zone = ZoneInfo(identity.zone)

    def freeze(self, group: Group, now: datetime) -> OutboxRow:
        """The mail of this group, ready to be sent as it is. Raises RenderError, ComposeError or AddressRefused: then it can never be."""
        kind = group.notices[0].kind
        if kind in ANSWERS:
            return self._answer(group, now)
        if kind == "team_notice":
            return self._team_notice(group, now)
        return self._forward(group, now) if kind == "forward" else self._notice(group, now)

    def _notice(self, group: Group, now: datetime) -> OutboxRow:
        newest, row_id = group.notices[-1], new_id(now)
        language = self._renderer.language(newest.language)
        carried = self._carriers(group, row_id, now)
        template = group.notices[0].kind if len(group.notices) == 1 else "digest"
        changes = [self._change(notice, now) for notice in group.notices]
        values = {"case": self._case(newest.facts), "changes": changes, "change": changes[0], "marker": carried.marker}
        values["agreement"] = self._promise(group, language, now)
        root = carriers.thread_root(newest.case_id, self._identity.domain) if newest.case_id else ""
        draft = self._draft(self._renderer.render(template, language, values), group, now, carried, language)
        return self._frozen(group, template, _threaded(draft, root, (root,) if root else (), "auto-generated", row_id), now, row_id)

    def _answer(self, group: Group, now: datetime) -> OutboxRow:
        notice, row_id = group.notices[0], new_id(now)
        language = self._renderer.language(notice.language)
        carried, text = self._carriers(group, row_id, now), self._policy().redirect.text(notice.facts.get("text", ""), language)
        values: dict[str, object] = {"agreement": self._agreement(notice, language, now), "text": text, "marker": carried.marker}
        values["legacy"] = _legacy(notice.facts, language)
        if "case_key" in notice.facts:
            values["case"] = self._case(notice.facts)
        draft = self._draft(self._renderer.render(notice.kind, language, values), group, now, carried, language)
        answered = notice.facts.get("in_reply_to", "")
        references = [text for text in notice.facts.get("references", "").split() if is_message_id(text)][-REFERENCES_MAX:]
        draft = _threaded(draft, answered if is_message_id(answered) else "", tuple(references), "auto-replied", row_id)
        return self._frozen(group, notice.kind, draft, now, row_id)

    def _promise(self, group: Group, language: str, now: datetime) -> AgreementText | None:
        """The agreement under which a new case is answered; None for news of a case that is known."""
        new = next((notice for notice in group.notices if notice.kind == "case_created" and notice.facts.get("agreement")), None)
        return self._agreement(new, language, now) if new else None

    def _agreement(self, notice: ClaimedNotice, language: str, now: datetime) -> AgreementText:
        agreement = self._policy().agreement(notice.facts.get("agreement", ""))
        received_at = notice.facts.get("received_at", "")
        return promised(agreement, language, datetime.fromisoformat(received_at) if received_at else notice.created_at, now)

    def _forward(self, group: Group, now: datetime) -> OutboxRow:
        notice, row_id = group.notices[0], new_id(now)
        if group.forwarded is None:
            raise RenderError("the bytes that were to be forwarded are not kept any more")
        language = self._renderer.language(notice.language)
        draft = self._draft(self._renderer.render("forward", language, {}), group, now, _Carriers(self._plain_id(row_id)), language)
        # Not message/rfc822: that may not be encoded (RFC 2046 section 5.2.1), and bytes as they came may hold anything.
        original = Part("original.eml", "application/octet-stream", group.forwarded)
        draft = _threaded(draft, "", (), "auto-generated", row_id, files=(original,))
        return self._frozen(group, "forward", draft, now, row_id)

    def _team_notice(self, group: Group, now: datetime) -> OutboxRow:
        notice, row_id = group.notices[0], new_id(now)
        language = self._renderer.language(notice.language)
        values: dict[str, object] = {name: one_line(value) for name, value in notice.facts.items()}
        values["case"] = self._case(notice.facts) if "case_key" in notice.facts else None
        draft = self._draft(self._renderer.render("team_notice", language, values), group, now, _Carriers(self._plain_id(row_id)), language)
        return self._frozen(group, "team_notice", _threaded(draft, "", (), "auto-generated", row_id), now, row_id)

    def _change(self, notice: ClaimedNotice, now: datetime) -> ChangeView:
        """One change in view form. What a person wrote may quote our mail to them, with their reply address: that is nobody else's."""
        facts = notice.facts
        return ChangeView(
            kind=notice.kind, who=one_line(facts.get("actor", "")) or self._identity.author.name, at=notice.created_at,
            text=carriers.without_tokens(self._keys, clean(facts.get("text", "")).strip(), now.date()),
            from_=facts.get("from", ""), to=one_line(facts.get("to", "")), from_label=facts.get("from_label", ""),
            to_label=facts.get("to_label", ""), hint=facts.get("to", "") if notice.kind == "status_changed" else "",
            files=tuple(one_line(name) for name in facts.get("files", "").split("\n") if name),
        )  # fmt: skip

    def _carriers(self, group: Group, row_id: str, now: datetime) -> _Carriers:
        """The recipient's own token in its three places. Without a contact there is nobody it could be made for."""
        contact, key = group.contact, group.notices[-1].facts.get("case_key", "")
        number = key.rpartition("-")[2]
        if contact is None or not (number.isascii() and number.isdigit()):
            return _Carriers(self._plain_id(row_id))
        who = self._identity
        token = reply_token(self._keys, int(number), contact.number, (now + who.reply_valid).date())
        address = f"{carriers.reply_local_part(token, who.reply_mailbox)}@{who.reply_domain}"
        return _Carriers(carriers.message_id(token, row_id, who.domain), Mailbox(address, who.author.name), carriers.marker_line(token))

    def _plain_id(self, row_id: str) -> str:
        return f"{row_id.replace('-', '')}@{self._identity.domain}"

    def _case(self, facts: Mapping[str, str]) -> CaseView:
        key = facts.get("case_key", "")
        return CaseView(
            key, one_line(facts.get("summary", "")), self._identity.case_link(key), facts.get("status", "") not in FINAL_STATUSES
        )

    def _draft(self, words: Rendered, group: Group, now: datetime, carried: _Carriers, language: str) -> Draft:
        name = one_line(group.contact.name) if group.contact else ""
        return Draft(
            author=self._identity.author, to=Mailbox(group.notices[0].address, name), subject=words.subject,
            text=words.text, html=words.html, date=now.astimezone(self._zone), message_id=carried.message_id,
            reply_to=carried.reply_to, language=language, fields=(("X-Mailgate-Loop", self._identity.domain),),
        )  # fmt: skip

    def _frozen(self, group: Group, template: str, draft: Draft, now: datetime, row_id: str) -> OutboxRow:
        answer = template in ANSWERS
        first, who = group.notices[0], self._identity
        reverse_path = None if answer else f"{carriers.reply_local_part(bounce_token(self._keys, row_id), who.bounce_mailbox)}@{who.domain}"
        return OutboxRow(
            id=row_id, template=template, address=first.address, reverse_path=reverse_path, message_id=draft.message_id,
            raw=self._sign(compose(draft)), created_at=now, next_attempt_at=now,
            expires_at=now + (who.answer_life if answer else who.notice_life), case_id=first.case_id, contact_id=first.contact_id,
            journal_id=first.journal_id, at_most_once=answer, language=draft.language, subject=draft.subject,
        )  # fmt: skip


def _legacy(facts: Mapping[str, str], language: str) -> LegacyView:
    names = ("closes_on", "closed_since", "refuses_on")
    days = {name: day_in_words(date.fromisoformat(facts[name]), language) for name in names if facts.get(name)}
    return LegacyView(tell=facts.get("legacy_phase") == "accept_and_tell", **days)


def _threaded(draft: Draft, in_reply_to: str, references: tuple[str, ...], auto: str, key: str, files: tuple[Part, ...] = ()) -> Draft:
    """The draft with its place in a thread and what tells machines to keep quiet. `key` is what a receiver may tell doubles by."""
    fields = (("Auto-Submitted", auto), ("X-Auto-Response-Suppress", "All"), *draft.fields, ("X-Mailgate-Key", key))
    return Draft(
        author=draft.author, to=draft.to, subject=draft.subject, text=draft.text, html=draft.html, date=draft.date,
        message_id=draft.message_id, reply_to=draft.reply_to, in_reply_to=in_reply_to, references=references, language=draft.language,
        fields=fields, files=files,
    )  # fmt: skip
