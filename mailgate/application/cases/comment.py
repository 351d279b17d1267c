"""Write on a case: a comment, a note for staff, files without words. Participants are notified of comments and files, not of notes."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.cases import changing, showing
from mailgate.application.cases.views import CaseRow, ContactCaseRow
from mailgate.application.faults import Faults
from mailgate.application.use_case import Act, use_case
from mailgate.application.words import one_line, whole_text
from mailgate.cases import changes
from mailgate.cases.changes import NewComment
from mailgate.cases.model import StoredFile
from mailgate.errors import Invalid
from mailgate.mail.mime.attachments import safe_name
from mailgate.mail.mime.filetype import detect


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file as it comes in. `content_type` is what the sender says that it is."""

    filename: str
    content: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class AddComment:
    """Words, and files with them. `version`: that of the case the caller has seen, None to add whatever happened meanwhile."""

    key: str
    text: str
    files: tuple[NewFile, ...] = ()
    version: int | None = None


@dataclass(frozen=True, slots=True)
class AttachFiles:
    """Files without words."""

    key: str
    files: tuple[NewFile, ...]
    version: int | None = None


@use_case(Action.CASE_COMMENT, policy=True)
def add_comment(act: Act, command: AddComment) -> CaseRow | ContactCaseRow:
    """Comment on a case; its participants are notified."""
    draft = _draft(act, command)
    case = changing.change(act, command.key, command.version, lambda case, context: changes.add_comment(case, draft, context))
    return showing.case_row(act, case)


@use_case(Action.CASE_NOTE, policy=True)
def add_note(act: Act, command: AddComment) -> CaseRow | ContactCaseRow:
    """Leave a note that only staff see: nobody is notified."""
    draft = _draft(act, command)
    case = changing.change(act, command.key, command.version, lambda case, context: changes.add_note(case, draft, context))
    return showing.case_row(act, case)


@use_case(Action.CASE_ATTACH, policy=True)
def attach_files(act: Act, command: AttachFiles) -> CaseRow | ContactCaseRow:
    """Attach files without words; participants are notified which."""
    if not command.files:
        raise Invalid("files", "empty", "no file is given")
    draft = NewComment("", stored(act, command.files))
    case = changing.change(act, command.key, command.version, lambda case, context: changes.add_comment(case, draft, context))
    return showing.case_row(act, case)


def _draft(act: Act, command: AddComment) -> NewComment:
    faults = Faults()
    text = faults.check(lambda: whole_text(command.text, "text", "the comment"), "")
    faults.check(lambda: refuse_bad(act, command.files), None)
    faults.refuse()
    return NewComment(text, stored(act, command.files))


UNNAMED = "file"
PROGRAMS = frozenset(
    {"bat", "cmd", "com", "cpl", "exe", "hta", "jar", "js", "jse", "lnk", "msc", "msi", "pif", "ps1", "reg", "scr", "vbe", "vbs", "wsf"}
)
"""Endings of files that run when they are opened. Customers cannot attach them; the gateway decides by itself what mail may bring."""
PROGRAM_TYPES = frozenset({"application/vnd.microsoft.portable-executable", "application/x-elf"})


def refuse_bad(act: Act, files: Sequence[NewFile]) -> None:
    """Raises Invalid for a file that is too large, a customer's program, or whose name is empty."""
    most = act.app.settings.smtp.max_message_bytes
    for file in files:
        if not act.principal.is_staff and _is_program(file):
            raise Invalid("files", "refused_type", f"{file.filename}: programs cannot be attached", filename=file.filename)
        if len(file.content) > most:
            text = f"{file.filename}: {len(file.content)} bytes are too many; {most} are the most"
            raise Invalid("files", "too_large", text, filename=file.filename, most=most)
        one_line(file.filename, "files", "the file's name")


def stored(act: Act, files: Sequence[NewFile]) -> tuple[StoredFile, ...]:
    """The files, kept in the transaction. Raises Invalid like `refuse_bad`."""
    refuse_bad(act, files)
    found = [(hashlib.sha256(file.content).hexdigest(), safe_name(file.filename) or UNNAMED, file) for file in files]
    if found:
        act.uow.blobs.put([(sha256, file.content) for sha256, _, file in found])
    return tuple(StoredFile(sha256, name, file.content_type, len(file.content)) for sha256, name, file in found)


def _is_program(file: NewFile) -> bool:
    """Whether it is a program, by the ending that it has once saved, or by its first bytes."""
    ending = safe_name(unicodedata.normalize("NFKC", file.filename)).lower().rpartition(".")[2]
    return ending in PROGRAMS or detect(file.content) in PROGRAM_TYPES
