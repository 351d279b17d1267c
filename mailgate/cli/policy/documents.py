"""Policy documents on the command line: read from a file, and what is wrong with them shown. In: a path. Out: a `PolicyDocument`, lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from mailgate.application.policies.documents import MAX_DOCUMENT_BYTES, Checked, PolicyDocument, PolicyRefused
from mailgate.cli import output
from mailgate.errors import UsageError


def document_of(file: Path, *, mails: bool = True) -> PolicyDocument:
    """The document of a file; of one that is too long, enough to see that. `mails`: its tests may read mail files beside it.

    Raises UsageError.
    """
    try:
        with file.open("rb") as stream:
            return PolicyDocument(stream.read(MAX_DOCUMENT_BYTES + 1), str(file), file.parent if mails else None)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}; give the path of a policy document") from None


@contextmanager
def shown_when_refused(as_json: bool) -> Iterator[None]:
    """Show all that is wrong with a document that the block refuses, before the error ends the command."""
    try:
        yield
    except PolicyRefused as error:
        show_faults(error.checked, as_json)
        raise


def show_faults(checked: Checked, as_json: bool) -> None:
    """One line for each problem and for each test that fails."""
    name = checked.document.name
    for problem in checked.problems:
        line = {"file": name, "line": problem.line, "column": problem.column, "problem" if problem.stops else "warning": problem.what}
        print(output.json_line(line) if as_json else problem.at(name))
    for failure in checked.failed:
        if as_json:
            print(output.json_line({"file": name, **asdict(failure)}))
            continue
        print(f"{name}:{failure.line}: the test {failure.name!r} fails")
        for text in failure.lines:
            print(f"    {output.one_line(text)}")
