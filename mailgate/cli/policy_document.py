"""What commands do with a policy document: read it, say what is wrong with it, run its tests. In: a file. Out: lines, or a policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from mailgate.cli import output
from mailgate.errors import NotAllowed, UsageError
from mailgate.rules.document import load
from mailgate.rules.document_yaml import MAX_DOCUMENT_BYTES, Problem
from mailgate.rules.examples import Failure, failures
from mailgate.rules.policy import Policy


def document_bytes(file: Path) -> bytes:
    """What stands in the file; of one that is too long, so much that this is seen. Raises UsageError."""
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}; give the path of a policy document") from None


def checked(raw: bytes, file: Path | str, own: frozenset[str] = frozenset(), *, as_json: bool = False) -> Policy:
    """The policy of a document. `own`: our addresses, which no rule may forward to. The mails of its tests are beside `file`, if that is a
    path. Shows every problem, then raises NotAllowed.
    """
    document = load(raw, own, file.parent if isinstance(file, Path) else None)
    _show_problems(document.problems, str(file), as_json)
    if document.policy is None:
        count = len(document.problems)
        raise NotAllowed(f"{file} has {count} {'problem' if count == 1 else 'problems'}")
    return document.policy


def passing(policy: Policy, file: Path | str, *, as_json: bool = False) -> Policy:
    """The policy, when it passes its own tests. Shows every test that fails, then raises NotAllowed."""
    failed = list(failures(policy))
    _show_failures(failed, str(file), as_json)
    if failed:
        raise NotAllowed(f"{len(failed)} of {len(policy.examples)} tests failed")
    return policy


def _show_problems(problems: Iterable[Problem], file: str, as_json: bool) -> None:
    for problem in problems:
        line = {"file": file, "line": problem.line, "column": problem.column, "problem": problem.what}
        print(output.json_line(line) if as_json else problem.at(file))


def _show_failures(failed: Iterable[Failure], file: str, as_json: bool) -> None:
    for failure in failed:
        if as_json:
            print(output.json_line({"file": file, **asdict(failure)}))
            continue
        print(f"{file}:{failure.line}: the test {failure.name!r} fails")
        for line in failure.lines:
            print(f"    {output.one_line(line)}")
