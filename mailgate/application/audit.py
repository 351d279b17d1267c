"""The record of who changed what: one row per changed thing, written in the transaction of the change.

In: values before and after. Out: rows of the table `audit`. Rows are only added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from typing import Any

from mailgate.application.principal import Principal
from mailgate.cases.ids import new_id
from mailgate.store.rows import AuditRow, SubjectKind


def audit_row(
    principal: Principal,
    verb: str,
    subject: tuple[SubjectKind, str],
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> AuditRow:
    """One row. `before` and `after`: what changed, of one thing; None for what did not exist. `detail`: what was asked beside the verb."""
    kind, id_ = subject
    return AuditRow(
        new_id(now), now, principal.kind, principal.id, principal.name, verb, kind, id_, reason, before or {}, after or {}, detail or {}
    )


def difference(before: Any, after: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of two values of one dataclass that differ, before and after. None stands for a thing that is not there."""
    there = after if before is None else before
    names = [one.name for one in fields(there)] if is_dataclass(there) else []
    changed = [name for name in names if getattr(before, name, None) != getattr(after, name, None)]
    old = {name: _plain(getattr(before, name)) for name in changed if before is not None}
    return old, {name: _plain(getattr(after, name)) for name in changed if after is not None}


def _plain(value: Any) -> Any:
    """The value with mappings in place of dataclasses. Only what is written is converted: most fields of most things stay as they are."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value
