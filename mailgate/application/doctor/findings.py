"""What a check of `mailgate doctor` says. One finding is one line: what was looked at, how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`do` is what an operator should do, "" when it is well."""

    check: str
    level: Level
    text: str
    do: str = ""


def ok(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", text)


def warn(check: str, text: str, do: str) -> Finding:
    """It works, but not as well as it should."""
    return Finding(check, "warn", text, do)


def fail(check: str, text: str, do: str) -> Finding:
    """A guarantee or the mail flow does not hold."""
    return Finding(check, "fail", text, do)
