"""The desk's own time. In: nothing. Out: the name of its time zone, as the active policy has it. Reads no YAML: every command asks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.use_case import Act, query
from mailgate.rules.agreements import DEFAULT_ZONE

_ZONE = re.compile(r"""^zone:[ \t]*["']?([A-Za-z0-9_+\-/]+)""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ShowDeskZone:
    """The time zone at the desk."""


@query(Action.POLICY_READ)
def desk_zone(act: Act, _command: ShowDeskZone) -> str:
    """The time zone of dates in mail (`zone` of the active policy), such as Europe/Oslo."""
    number = act.uow.policies.active()
    found = _ZONE.search(act.uow.policies.get(number).text) if number is not None else None
    return found.group(1) if found else DEFAULT_ZONE
