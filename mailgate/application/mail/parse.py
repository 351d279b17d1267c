"""Read mail and show what was understood. In: raw bytes. Out: the object of section 9 of the design. No database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailgate.application.access import Action
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.mail.json_view import as_json
from mailgate.mail.read import read


@dataclass(frozen=True, slots=True)
class Parse:
    """One mail. `path` says where it is from."""

    raw: bytes
    path: str


@guarded(Action.MAIL_PARSE)
def parse(_app: None, _principal: Principal, command: Parse) -> dict[str, Any]:
    """Read one mail and show what was understood of it."""
    return as_json(read(command.raw), command.path)
