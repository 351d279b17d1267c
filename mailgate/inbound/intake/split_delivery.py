"""One mail to several of our addresses, delivered once per recipient, has one effect. In: a batch, the store. Out: verdicts.

Senders such as qmail, some providers and filters that split by recipient deliver the same mail in several transactions: same author,
Message-ID and content, other recipients of ours. The first delivery acts; the later ones become notes without a case, so that no case
shows every word twice. It must never drop a mail whose content differs in one byte (guarantee 4), nor overrule a person's decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mailgate.inbound.intake.message import IntakeMessage
from mailgate.mail.submission_key import content_key
from mailgate.rules.chain import Effect
from mailgate.store.history_rows import EarlierDelivery
from mailgate.store.protocols import IntakeUnit
from mailgate.store.rows import Outcome

RULE = "split_delivery"
WINDOW = timedelta(days=7)
"""As long as the same submission is recognised (guarantee 4)."""
_ACTED = frozenset({"commented", "created"})
_FOLLOWS = frozenset({"comment", "create", "redirect", "note"})


@dataclass(slots=True)
class EarlierDeliveries:
    """The deliveries that had an effect, by Message-ID: those of the store, then those of the batch at hand.

    `repeated`: the Message-IDs that several messages of the batch carry. Only their contents must be remembered.
    """

    by_message_id: dict[str, list[EarlierDelivery]] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()

    @classmethod
    def of(cls, uow: IntakeUnit, messages: Sequence[IntakeMessage], now: datetime) -> EarlierDeliveries:
        """One statement for a batch; it finds rows only when a Message-ID has come before."""
        ids = Counter(message.mail.message_id for message in messages if message.mail.message_id)
        found: dict[str, list[EarlierDelivery]] = {}
        for one in uow.journal.acted_with(ids.keys(), now - WINDOW) if ids else ():
            found.setdefault(one.message_id, []).append(one)
        return cls(found, frozenset(id_ for id_, count in ids.items() if count > 1))

    def judge(self, message: IntakeMessage) -> IntakeMessage:
        """The message, as a note when the same mail has acted already on the same case or without one."""
        verdict, earlier = message.verdict, self._same(message)
        if verdict is None or earlier is None or verdict.disposition not in _FOLLOWS:
            return message
        reason = f"the same mail has come before for other recipients of ours (journal entry {earlier.journal_id}): it has one effect"
        note = replace(verdict, disposition="note", rule=RULE, reason=reason, answer="", effects=(Effect("note"),))
        return replace(message, verdict=note, match=replace(message.match, case=None))

    def _same(self, message: IntakeMessage) -> EarlierDelivery | None:
        known = self.by_message_id.get(message.mail.message_id or "", ())
        if not known or message.entry.operator_decision is not None:
            return None
        case, key = message.match.case, content_key(message.entry.raw)
        for one in known:
            same_case = case is None or one.case_id == case.id
            if one.journal_id != message.entry.id and same_case and one.content_key == key:
                return one
        return None

    def learn(self, message: IntakeMessage, outcome: Outcome) -> None:
        """Remember what this message did, for the ones behind it in the batch."""
        id_ = message.mail.message_id
        if id_ in self.repeated and outcome.state in _ACTED:
            one = EarlierDelivery(message.entry.id, id_, outcome.case_id, content_key(message.entry.raw))
            self.by_message_id.setdefault(id_, []).append(one)
