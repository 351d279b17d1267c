"""The journal of a backtest: which mails acted on a case under one policy, so that a split delivery has one effect there, too.

In: the outcomes of the mails that are run, and the earlier deliveries from before the backtest. Out: what `JournalRepository` says to
intake. It must never keep the bytes of a mail that was run: their `content_key` is enough.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from mailgate.cases.ids import made_at
from mailgate.mail.submission_key import content_key
from mailgate.store.history_rows import EarlierDelivery
from mailgate.store.rows import ClaimedEntry, Outcome

_ACTED = frozenset({"commented", "created"})


class ReplayJournal:
    """See the module. `before`: Message-ID -> the deliveries from before; it may grow."""

    def __init__(self, before: Mapping[str, Sequence[EarlierDelivery]]) -> None:
        self._before = before
        self._acted: dict[str, list[EarlierDelivery]] = defaultdict(list)
        self._leased: dict[str, ClaimedEntry] = {}

    def lock_leased(self, claims: Iterable[ClaimedEntry]) -> set[str]:
        """All: nobody else is at work here."""
        self._leased = {claim.id: claim for claim in claims}
        return set(self._leased)

    def finish(self, outcomes: Sequence[Outcome]) -> None:
        """Remember who acted."""
        for outcome in outcomes:
            if outcome.message_id and outcome.state in _ACTED:
                key = content_key(self._leased[outcome.journal_id].raw)
                one = EarlierDelivery(outcome.journal_id, outcome.message_id, outcome.case_id, key)
                self._acted[outcome.message_id].append(one)

    def acted_with(self, message_ids: Collection[str], since: datetime) -> Sequence[EarlierDelivery]:
        """As in the store: the oldest first."""
        known = [one for id_ in message_ids for one in (*self._before.get(id_, ()), *self._acted.get(id_, ()))]
        return sorted((one for one in known if made_at(one.journal_id) >= since), key=lambda one: one.journal_id)
