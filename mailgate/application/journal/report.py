"""Make a case file of a mail that was read wrong. In: an entry. Out: its mail, anonymised, with how both are read. Leaves an audit row."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailgate.application.access import Action
from mailgate.application.use_case import Act, use_case

if TYPE_CHECKING:
    from mailgate.mail.anonymous.case_file import CaseFile

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """`id_`: of an entry, or the beginning of one."""

    id_: str


@use_case(Action.JOURNAL_REPORT)
def report(act: Act, command: ReportEntry) -> CaseFile:
    """Make an anonymised case file of a mail that was read wrong. Raises NotFound when retention has deleted its bytes."""
    from mailgate.mail.anonymous.case_file import anonymised  # the readers of mail: `mailgate journal list` does not wait for them

    id_ = act.uow.journal.find(command.id_)
    entry = act.uow.journal.get(id_)
    found = anonymised(act.uow.journal.raw(id_), secrets.token_bytes(_KEY_BYTES), act.app.parts.ours(), entry.envelope)
    act.record(("journal", id_), {"state": entry.state}, {"state": entry.state}, detail={"same_reading": found.is_faithful})
    return found
