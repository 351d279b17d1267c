"""Corrections: merge a duplicate, move a comment, delete a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailgate.application.access import Action, require
from mailgate.application.cases import changing, showing
from mailgate.application.cases.views import CaseRow, ContactCaseRow
from mailgate.application.use_case import Act, query, use_case
from mailgate.application.words import line_or_empty
from mailgate.cases import corrections, undoing
from mailgate.cases.model import Case, Comment, StoredFile
from mailgate.errors import Ambiguous, Conflict, NotFound

SHA256_DIGITS = 8


@dataclass(frozen=True, slots=True)
class MergeCase:
    """`duplicate`, the duplicate, becomes part of `into`."""

    duplicate: str
    into: str
    reason: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class MoveComment:
    """The comment with this id goes to the case `to`."""

    comment_id: str
    to: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeleteFile:
    """One file of a comment of the case, by its name or the beginning of its SHA-256 (at least 8 digits)."""

    key: str
    file: str
    comment_id: str = ""
    reason: str = ""


@use_case(Action.CASE_MERGE, policy=True)
def merge_case(act: Act, command: MergeCase) -> CaseRow | ContactCaseRow:
    """Merge a duplicate into another case: its comments and participants move there, it is closed, and replies to it arrive there.

    The participants of the duplicate are notified of its new status; nobody else is.
    """
    duplicate, target = _both(act, command.duplicate, command.into)
    if command.version is not None and command.version != duplicate.version:
        raise Conflict(duplicate.key, duplicate.version)
    reporter = next((one.contact.name for one in duplicate.participants if one.contact.id == duplicate.reporter_id), "")
    merged = corrections.merge(duplicate, target, reporter, changing.context_of(act, duplicate, target))
    reason = line_or_empty(command.reason, "reason", "the reason")
    act.uow.cases.merge_into(duplicate.id, target.id)
    changing.write(act, duplicate, merged.duplicate, reason=reason, into=target.key)
    after = changing.write(act, target, merged.target, reason=reason, duplicate=duplicate.key)
    return showing.case_row(act, after)


@use_case(Action.CASE_MOVE_COMMENT, policy=True)
def move_comment(act: Act, command: MoveComment) -> CaseRow | ContactCaseRow:
    """Move a comment with its files to another case. Participants of the wrong case get no notice of it any more.

    The participants of the right case are notified of a comment, not of a note. Statuses stay as they are.
    """
    comment = changing.comment_of(act, command.comment_id)
    source, target = _both(act, comment.case_id, command.to)
    comment = changing.refuse_moved(act, comment, source)
    events = act.uow.cases.events(source.id)
    withdrawn = comment.id in undoing.withdrawn(events)
    gone, come = corrections.move_comment(comment, source, target, changing.context_of(act, source, target), withdrawn=withdrawn)
    reason = line_or_empty(command.reason, "reason", "the reason")
    act.uow.notices.withdraw(corrections.notified_by(events, comment.id), f"the comment was moved to {target.key}")
    act.uow.cases.move_comment(comment.id, target.id)
    changing.write(act, source, gone, reason=reason, comment_id=comment.id, to=target.key)
    after = changing.write(act, target, come, reason=reason, comment_id=comment.id, source=source.key)
    return showing.case_row(act, after)


@query(Action.CASE_MOVE_COMMENT)
def short_comment_ids(act: Act, ids: Sequence[str]) -> dict[str, str]:
    """The beginnings by which comments are told from all others: what a person may type in place of their ids."""
    return act.uow.cases.short_comment_ids(ids)


@use_case(Action.CASE_DELETE_FILE, policy=True)
def delete_file(act: Act, command: DeleteFile) -> CaseRow | ContactCaseRow:
    """Delete one file of a comment, with its bytes when nothing else has them.

    The mail that it came with keeps its own bytes until they expire.
    """
    case = changing.locked(act, command.key)
    comment, file = _one_file(act.uow.cases.comments(case.id), command)
    change = corrections.remove_file(case, comment, file, changing.context_of(act, case))
    act.uow.cases.remove_file(comment.id, file.sha256, file.filename)
    reason = line_or_empty(command.reason, "reason", "the reason")
    after = changing.write(act, case, change, reason=reason, filename=file.filename, sha256=file.sha256, comment_id=comment.id)
    return showing.case_row(act, after)


def _both(act: Act, first_key: str, second_key: str) -> tuple[Case, Case]:
    """Two cases, locked together in the order of their ids. Raises NotFound, Forbidden."""
    first, second = act.uow.cases.get(first_key), act.uow.cases.get(second_key)
    locked = act.uow.cases.lock([first.id, second.id])
    for key, case in ((first_key, first), (second_key, second)):
        require(act.principal, act.action, locked[case.id], named=key)
    return locked[first.id], locked[second.id]


def _one_file(comments: Sequence[Comment], command: DeleteFile) -> tuple[Comment, StoredFile]:
    wanted = command.file
    found = [
        (comment, file)
        for comment in comments
        if comment.id.startswith(command.comment_id.lower())
        for file in comment.files
        if wanted == file.filename or (len(wanted) >= SHA256_DIGITS and file.sha256.startswith(wanted.lower()))
    ]
    if not found:
        raise NotFound("file", wanted, f"no comment of {command.key} has a file {wanted}")
    if len(found) > 1:
        ids = [comment.id for comment, _ in found]
        raise Ambiguous("file", wanted, ids, f"{len(found)} files of {command.key} are {wanted}; name the comment: {', '.join(ids)}")
    return found[0]
