"""Section 9 of the design is a contract: what `--json` printed before the command line was rebuilt, it prints today; additions are allowed.

`cli_json.json` holds what the story of `tests.support.desks.cli_story` printed on commit 08d0afd: words typed, exit code, objects.
Keys, types and values must be there today, in the same order; more keys and more rows may be.
Sentences for people are compared by type alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.desks.cli_story import installation, tell

RECORDED: list[dict[str, Any]] = json.loads(Path(__file__).with_name("cli_json.json").read_text("utf-8"))
PROSE = frozenset(
    {"because", "reason", "trust_reason", "kind_reasons", "error", "why", "stays", "lines", "problem", "muted", "answer", "text", "hours"}
)
"""Keys whose values are sentences or words for people, or texts of templates and policies.

`reply.text` and the texts of comments are what people wrote."""
WRITTEN = frozenset({"reply", "comments", "parse", "explain"})
OF_THE_HOST = frozenset({"doctor", "dkim"})
"""Commands whose values depend on the machine or on fresh keys: only keys and types are held."""
MEASURED = frozenset({"outbox.size_bytes", "policy.rules", "policy.line"})
"""Numbers that follow the templates and the built-in policy."""


def _missing(old: Any, new: Any, path: str, *, exact: bool) -> list[str]:
    """What of the old value is not in the new one, each with its path."""
    if isinstance(old, dict):
        if not isinstance(new, dict):
            return [f"{path}: an object has become {type(new).__name__}"]
        found = []
        for key, value in old.items():
            if key not in new:
                found.append(f"{path}.{key} is gone")
                continue
            written = key == "text" and WRITTEN & set(path.replace("[", ".").replace("/", ".").split("."))
            follows = (key in PROSE and not written) or f"{path.partition('/')[0]}.{key}" in MEASURED
            found += _missing(value, new[key], f"{path}.{key}", exact=exact and not follows)
        return found
    if isinstance(old, list):
        return _missing_rows(old, new, path, exact=exact) if isinstance(new, list) else [f"{path}: a list has become {type(new).__name__}"]
    if type(old) is not type(new):
        return [f"{path}: {old!r} has become {new!r}"]
    return [f"{path}: {old!r} has become {new!r}"] if exact and old != new else []


def _missing_rows(old: list[Any], new: list[Any], path: str, *, exact: bool) -> list[str]:
    """Rows of the old list that have no counterpart in the new one, in order."""
    found, at = [], 0
    for number, row in enumerate(old):
        counterpart = next((place for place in range(at, len(new)) if not _missing(row, new[place], path, exact=exact)), None)
        if counterpart is not None:
            at = counterpart + 1
        elif number < len(new):
            found += _missing(row, new[number], f"{path}[{number}]", exact=exact)
        else:
            found.append(f"{path}[{number}] is gone: {row!r}")
    return found


@pytest.mark.slow
def test_given_the_story_of_before_when_it_runs_today_then_exit_codes_and_json_are_the_same_but_for_additions(tmp_path: Path) -> None:
    with installation(tmp_path) as at:
        tell(at)
    assert len(at.recorded) == len(RECORDED)
    problems = []
    for before, now in zip(RECORDED, at.recorded, strict=True):
        typed = "mailgate " + " ".join(before["words"])
        if before["code"] != now.code:
            problems.append(f"{typed}: exit code {before['code']} has become {now.code}")
        exact = before["words"][0] not in OF_THE_HOST
        problems += [f"{typed}: {one}" for one in _missing_rows(before["objects"], now.objects, "/".join(before["words"][:2]), exact=exact)]
    assert not problems, "\n".join(problems)
