"""The notify stage: due notices become frozen mails. In: rows of notices under lease. Out: rows of the outbox, committed before any try.

One mail per recipient and case, with all that changed within the window. A group that cannot be rendered fails alone: its try was counted
before the work, it is tried again twice, then it is set aside where people see it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from mailgate import log, metrics
from mailgate.clock import Clock
from mailgate.errors import UsageError
from mailgate.killpoint import reached
from mailgate.mail.compose import ComposeError
from mailgate.mail.wire import AddressRefused
from mailgate.outbound import suppression
from mailgate.outbound.outbox import Freezer, Group
from mailgate.outbound.render import RenderError
from mailgate.store.rows import ClaimedNotice, OutboxRow
from mailgate.store.unit_of_work import Store, UnitOfWork

MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(minutes=1)

_log = log.get("notices")


@dataclass(frozen=True, slots=True)
class NoticeOptions:
    """How much is taken at a time (groups), and for how long."""

    batch: int = 50
    lease: timedelta = timedelta(seconds=60)


@dataclass(slots=True)
class _Batch:
    """What a batch of groups comes to: mails with the notices in them, suppressed ones, and those that failed with the reason."""

    mails: list[tuple[Group, OutboxRow]] = field(default_factory=list)
    suppressed: list[tuple[Group, str]] = field(default_factory=list)
    failed: list[tuple[Group, str, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Work:
    """Claimed groups, and why some of their addresses get nothing."""

    groups: Sequence[Group]
    suppressed: Mapping[str, str]


class NoticeStage:
    """Safe to run in several processes at once: claims keep them apart."""

    def __init__(self, store: Store, freezer: Freezer, options: NoticeOptions, ring: Callable[[str], None]) -> None:
        self._store, self._freezer, self._options, self._ring = store, freezer, options, ring
        self._clock: Clock = store.clock

    def run(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Freeze all that is due; how many notices were taken. Raises TransientFailure when the store is away."""
        done = 0
        while not stopping():
            work = self._claim()
            if not work.groups:
                break
            done += sum(len(group.notices) for group in work.groups)
            batch = self._freeze(work)
            if self._commit(batch):
                self._ring("send")
        return done

    def close(self) -> None:
        """Nothing is kept open between runs."""

    def _claim(self) -> _Work:
        now = self._clock()
        with self._store.transaction() as uow:
            exhausted = uow.notices.fail_exhausted(now, MAX_ATTEMPTS)
            claims = uow.notices.claim(now, self._options.batch, self._options.lease)
            work = _Work(_grouped(uow, claims), suppression.refused(uow, {claim.address for claim in claims}) if claims else {})
        if claims:
            reached("notices_claimed")
        if exhausted:
            _log.error("notices_set_aside", count=exhausted)
        return work

    def _freeze(self, work: _Work) -> _Batch:
        batch, now = _Batch(), self._clock()
        for group in work.groups:
            reason = work.suppressed.get(group.notices[0].address.lower())
            if reason:
                batch.suppressed.append((group, reason))
                continue
            try:
                batch.mails.append((group, self._freezer.freeze(self._with_bytes(group), now)))
            except (ComposeError, AddressRefused) as error:  # the data is to blame, and it will be the same the next time
                batch.failed.append((group, str(error), True))
            except RenderError as error:
                batch.failed.append((group, str(error), group.notices[0].attempts >= MAX_ATTEMPTS))
        return batch

    def _with_bytes(self, group: Group) -> Group:
        """A forward gets the bytes that it passes on, one at a time, since they may be large."""
        if group.notices[0].kind != "forward":
            return group
        with self._store.reading() as uow:
            try:
                return replace(group, forwarded=uow.blobs.get(group.notices[0].facts.get("raw_sha256", "")))
            except UsageError:
                return group

    def _commit(self, batch: _Batch) -> bool:
        """Write the batch, as far as its rows are still ours. True when there is something to send."""
        claims = [n for group in _groups(batch) for n in group.notices]
        with self._store.transaction() as uow:
            ours = uow.notices.hold_ground(claims)
            kept = [(group, row) for group, row in batch.mails if _held(group, ours)]
            uow.outbox.add([row for _, row in kept])
            uow.notices.mark_all_rendered({notice.id: row.id for group, row in kept for notice in group.notices})
            for group, reason in batch.suppressed:
                uow.notices.suppress(_held(group, ours), reason)
            for group, error, final in batch.failed:
                self._fail(uow, group, ours, error, final)
            reached("before_freeze_commit")
        reached("after_freeze_commit")
        _tell(kept, batch)
        return bool(kept)

    def _fail(self, uow: UnitOfWork, group: Group, ours: set[str], error: str, final: bool) -> None:
        if final:
            uow.notices.fail(_held(group, ours), error)
        else:
            held = [notice for notice in group.notices if notice.id in ours]
            uow.notices.defer(held, error, self._clock() + RETRY_AFTER * group.notices[0].attempts)


def _grouped(uow: UnitOfWork, claims: Sequence[ClaimedNotice]) -> list[Group]:
    """The claims by group, with their contacts: one statement for a batch of any size."""
    found: dict[str, list[ClaimedNotice]] = {}
    for claim in claims:
        found.setdefault(claim.group, []).append(claim)
    contacts = uow.contacts.get({claim.contact_id for claim in claims if claim.contact_id})
    return [Group(tuple(notices), contacts.get(notices[-1].contact_id or "")) for notices in found.values()]


def _groups(batch: _Batch) -> Iterable[Group]:
    yield from (group for group, _ in batch.mails)
    yield from (group for group, _ in batch.suppressed)
    yield from (group for group, _, _ in batch.failed)


def _held(group: Group, ours: set[str]) -> list[str]:
    """The ids of the group when all of it is still ours, else none: a mail is about all of its changes or is not sent by us."""
    ids = [notice.id for notice in group.notices]
    return ids if ours.issuperset(ids) else []


def _tell(kept: Sequence[tuple[Group, OutboxRow]], batch: _Batch) -> None:
    for group, row in kept:
        key = group.notices[-1].facts.get("case_key", "")
        _log.info(
            "mail_frozen", outbox_id=row.id, template=row.template, message_id=row.message_id, case_key=key, notices=len(group.notices)
        )
    for group, reason in batch.suppressed:
        _log.info("notice_suppressed", notice_id=group.notices[0].id, reason=reason)
    for group, error, final in batch.failed:
        _log.error("notice_failed" if final else "notice_deferred", notice_id=group.notices[0].id, error=error)
        metrics.count("faults", "notices")
