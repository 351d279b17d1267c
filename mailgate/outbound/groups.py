"""What a mail is made from: the claimed notices of one reader, with the case, its comments and small files. In: claims. Out: groups.

A batch costs a constant number of statements, and one for every few MB of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mailgate.cases.changes import CASE_KINDS
from mailgate.cases.model import StoredFile
from mailgate.mail.compose import AttachedFile
from mailgate.outbound.freeze import Group
from mailgate.outbound.news import is_shown
from mailgate.store.repositories.outbox.threads import Thread
from mailgate.store.rows import ClaimedNotice
from mailgate.store.unit_of_work import UnitOfWork

HARMLESS = ("image/png", "image/jpeg", "image/gif", "text/plain", "text/csv", "application/pdf")
"""Types of files that ride along: all others are handed out by the portal alone, inert, after log-in."""
LOADED_BYTES = 4 * 1024 * 1024
"""Of files that are in memory at a time."""

_Loaded = tuple[Group, Sequence[StoredFile]]


@dataclass(frozen=True, slots=True)
class FilesAlong:
    """Which files ride along with the notice of a comment: up to `each_bytes` each, `all_bytes` in one mail."""

    each_bytes: int = 200 * 1024
    all_bytes: int = 1024 * 1024


def gathered(uow: UnitOfWork, claims: Sequence[ClaimedNotice]) -> list[Group]:
    """The claims by group, with their contacts, cases and comments."""
    found: dict[str, list[ClaimedNotice]] = {}
    for claim in claims:
        found.setdefault(claim.group, []).append(claim)
    contacts = uow.contacts.get({claim.contact_id for claim in claims if claim.contact_id})
    cases = uow.cases.by_ids({claim.case_id for claim in claims if claim.case_id})
    before = _earlier(uow, found.values())
    comments = uow.cases.comments_by_ids({id_ for claim in claims if (id_ := claim.facts.get("comment_id"))} | {*before.values()})
    threads = uow.threads.of([notices[0].id for notices in found.values() if notices[0].kind in CASE_KINDS])
    return [
        Group(
            tuple(notices), contacts.get(notices[-1].contact_id or ""), case=cases.get(notices[-1].case_id or ""),
            comments={id_: comments[id_] for notice in notices if (id_ := notice.facts.get("comment_id", "")) in comments},
            earlier=comments.get(before.get(group, "")), thread=threads.get(notices[0].id, Thread()),
        )
        for group, notices in found.items()
    ]  # fmt: skip


def _earlier(uow: UnitOfWork, groups: Iterable[Sequence[ClaimedNotice]]) -> Mapping[str, str]:
    """Group -> id of the last comment before its notices."""
    before: dict[str, tuple[str, str]] = {}
    for notices in groups:
        first = notices[0]
        if first.case_id and first.kind != "case_created":
            before[first.group] = first.case_id, min(first.id, *(notice.facts.get("comment_id", first.id) for notice in notices))
    last = uow.cases.last_comment_ids_before({*before.values()})
    return {group: last[point] for group, point in before.items() if point in last}


def with_files(uow: UnitOfWork, groups: Iterable[Group], limits: FilesAlong) -> Iterator[Group]:
    """The groups in their order, with the bytes of the files that ride along. Bytes that were changed on the disk stay behind."""
    for some in _portions([(group, _chosen(group, limits)) for group in groups]):
        kept = uow.blobs.intact({file.sha256 for _, files in some for file in files})
        for group, files in some:
            along = {
                file.sha256: AttachedFile(file.filename, file.content_type, kept[file.sha256]) for file in files if file.sha256 in kept
            }
            yield replace(group, along=along) if along else group


def _portions(groups: Iterable[_Loaded]) -> Iterator[Sequence[_Loaded]]:
    """As many groups at a time as have at most LOADED_BYTES of files, or one."""
    portion: list[_Loaded] = []
    left = LOADED_BYTES
    for group, files in groups:
        size_bytes = sum(file.size_bytes for file in files)
        if portion and size_bytes > left:
            yield portion
            portion, left = [], LOADED_BYTES
        portion.append((group, files))
        left -= size_bytes
    if portion:
        yield portion


def _chosen(group: Group, limits: FilesAlong) -> list[StoredFile]:
    files = [file for comment in group.comments.values() for file in comment.files]
    left, chosen = limits.all_bytes, []
    for file in {file.sha256: file for file in files if is_shown(file)}.values():
        if file.content_type in HARMLESS and file.size_bytes <= min(limits.each_bytes, left):
            chosen.append(file)
            left -= file.size_bytes
    return chosen
