"""The compose stage: due notices become frozen mails. In: leased notices. Out: outbox rows, committed before any try.

One mail per recipient and case, with all changes within the window. A group that cannot be rendered fails alone: its try is counted before
the work, it is retried twice, then it is set aside as `failed`, which operators see. It must never send anything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mailgate import log, metrics
from mailgate.clock import Clock
from mailgate.errors import CorruptContent
from mailgate.killpoint import reached
from mailgate.mail.compose import ComposeError
from mailgate.mail.smtp_address import AddressRefused
from mailgate.outbound import suppression
from mailgate.outbound.freeze import Freezer, Group
from mailgate.outbound.groups import FilesAlong, gathered, with_files
from mailgate.outbound.render import ACCOUNT, RenderError
from mailgate.outbound.wishes import Wishes
from mailgate.store.rows import ClaimedNotice, OutboxRow
from mailgate.store.unit_of_work import Store, UnitOfWork

Sign = Callable[[bytes], bytes]
"""Signs composed bytes."""
MAX_ATTEMPTS = 3
TAKEN_BACK = "taken back before anyone was told"
RETRY_AFTER = timedelta(minutes=1)

_log = log.get("notices")


@dataclass(frozen=True, slots=True)
class NoticeOptions:
    """How many groups are claimed at a time, and for how long; which files ride along."""

    batch: int = 50
    lease: timedelta = timedelta(seconds=60)
    files: FilesAlong = field(default_factory=FilesAlong)


@dataclass(slots=True)
class _Batch:
    """The result of a batch: mails with their groups; groups whose address is suppressed, and groups that nobody wants any more, with the
    reason; failed ones with error and "is final".
    """

    mails: list[tuple[Group, OutboxRow]] = field(default_factory=list)
    suppressed: list[tuple[Group, str]] = field(default_factory=list)
    unwanted: list[tuple[Group, str]] = field(default_factory=list)
    failed: list[tuple[Group, str, bool]] = field(default_factory=list)
    later: list[tuple[Group, datetime]] = field(default_factory=list)


class NoticeStage:
    """Safe to run in several processes at once: leases keep them apart."""

    def __init__(self, store: Store, freezer: Freezer, options: NoticeOptions, notify: Callable[[str], None], sign: Sign = bytes) -> None:
        self._store, self._freezer, self._options, self._notify, self._sign = store, freezer, options, notify, sign
        self._clock: Clock = store.clock

    def run(self, stopping: Callable[[], bool] = lambda: False) -> int:
        """Freeze all that is due; returns how many notices were claimed. Raises TransientFailure when the store is away."""
        done = 0
        while not stopping() and (claims := self._claim()):
            done += len(claims)
            if self._commit(self._freeze(claims)):
                self._notify("send")
            if self._was_last(claims):
                break
        return done

    def close(self) -> None:
        """Nothing is kept open between runs."""

    def _claim(self) -> Sequence[ClaimedNotice]:
        now = self._clock()
        with self._store.transaction() as uow:
            exhausted = uow.notices.fail_exhausted(now, MAX_ATTEMPTS)
            claims = uow.notices.claim(now, self._options.batch, self._options.lease)
        if claims:
            reached("notices_claimed")
        if exhausted:
            _log.error("notices_set_aside", count=exhausted)
        return claims

    def _was_last(self, claims: Sequence[ClaimedNotice]) -> bool:
        """Whether nothing else was due: fewer notices than groups were requested, and none that was tried before, since those come alone.

        What became due since then has its own wakeup, or waits for the sweeper.
        """
        return len(claims) < self._options.batch and all(claim.attempts == 1 for claim in claims)

    def _freeze(self, claims: Sequence[ClaimedNotice]) -> _Batch:
        """Read what the mails are made from, and make them. After the claim is committed: other workers wait for its lock."""
        now, policy = self._clock(), self._freezer.policy
        with self._store.reading() as uow:
            groups = gathered(uow, claims)
            suppressed = suppression.refused(uow, {claim.address for claim in claims})
            found = Wishes.of(uow, groups).sort(groups, policy.workflow, policy.zone, now)
            batch = _Batch(unwanted=found.unwanted, later=found.later)
            reasons = [(group, suppressed.get(group.notices[0].address.lower())) for group in found.wanted]
            batch.suppressed += [(group, reason) for group, reason in reasons if reason]
            for group in with_files(uow, [group for group, reason in reasons if not reason], self._options.files):
                self._freeze_group(uow, group, now, batch)
        # After all are composed: signing between them would evict from the processor's caches what composing needs.
        batch.mails = [(group, replace(row, raw=self._sign(row.raw))) for group, row in batch.mails]
        return batch

    def _freeze_group(self, uow: UnitOfWork, group: Group, now: datetime, batch: _Batch) -> None:
        try:
            row = self._freezer.freeze(_with_forwarded(uow, group), now)
            if row is None:
                batch.unwanted.append((group, TAKEN_BACK))
            else:
                batch.mails.append((group, row))
        except (ComposeError, AddressRefused) as error:  # caused by the data: a retry would fail, too
            batch.failed.append((group, str(error), True))
        except RenderError as error:
            batch.failed.append((group, str(error), group.notices[0].attempts >= MAX_ATTEMPTS))

    def _commit(self, batch: _Batch) -> bool:
        """Write the batch, except rows whose lease was lost. True when there is something to send."""
        claims = [n for group in _groups(batch) for n in group.notices]
        with self._store.transaction() as uow:
            ours = uow.notices.lock_leased(claims)
            kept = [(group, row) for group, row in batch.mails if _held(group, ours)]
            uow.outbox.add([row for _, row in kept])
            uow.accounts.add_mailed([link for _, row in kept for link in row.links])
            uow.notices.mark_rendered({notice.id: row.id for group, row in kept for notice in group.notices})
            uow.notices.forget_facts([notice.id for group, _ in kept for notice in group.notices if notice.kind in ACCOUNT])
            for group, reason in batch.suppressed:
                uow.notices.suppress(_held(group, ours), reason, by_address=True)
            for group, reason in batch.unwanted:
                uow.notices.suppress(_held(group, ours), reason)
            for group, at in batch.later:
                uow.notices.release([notice for notice in group.notices if notice.id in ours], at)
            for group, error, final in batch.failed:
                self._fail(uow, group, ours, error, final)
            reached("before_freeze_commit")
        reached("after_freeze_commit")
        _log_batch(kept, batch)
        return bool(kept)

    def _fail(self, uow: UnitOfWork, group: Group, ours: set[str], error: str, final: bool) -> None:
        if final:
            uow.notices.fail(_held(group, ours), error)
        else:
            held = [notice for notice in group.notices if notice.id in ours]
            uow.notices.defer(held, error, self._clock() + RETRY_AFTER * group.notices[0].attempts)


def _with_forwarded(uow: UnitOfWork, group: Group) -> Group:
    """With the bytes of the mail that it forwards; without, when they were changed on the disk: then the notice fails."""
    if group.notices[0].kind == "forward":
        with contextlib.suppress(CorruptContent):
            return replace(group, forwarded=uow.blobs.find(group.notices[0].facts.get("raw_sha256", "")))
    return group


def _groups(batch: _Batch) -> Iterable[Group]:
    yield from (group for group, _ in batch.mails)
    yield from (group for group, _ in (*batch.suppressed, *batch.unwanted))
    yield from (group for group, _ in batch.later)
    yield from (group for group, _, _ in batch.failed)


def _held(group: Group, ours: set[str]) -> list[str]:
    """The group's ids when all of it is still leased to us, else none: another process composes the mail then."""
    ids = [notice.id for notice in group.notices]
    return ids if ours.issuperset(ids) else []


def _log_batch(kept: Sequence[tuple[Group, OutboxRow]], batch: _Batch) -> None:
    for group, row in kept:
        key = group.notices[-1].facts.get("case_key", "")
        _log.info(
            "mail_frozen", outbox_id=row.id, template=row.template, message_id=row.message_id, case_key=key, notices=len(group.notices)
        )
    for group, reason in (*batch.suppressed, *batch.unwanted):
        _log.info("notice_suppressed", notice_id=group.notices[0].id, reason=reason)
    for group, error, final in batch.failed:
        _log.error("notice_failed" if final else "notice_deferred", notice_id=group.notices[0].id, error=error)
        metrics.count("faults", "notices")
