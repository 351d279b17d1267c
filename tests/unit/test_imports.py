"""The shape of the code: no circle of imports, also none that only types or late imports make; the environment is read in one place.

And where errors may end: what catches everything, and who may raise errors of the command line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in sorted(ROOT.glob("mailgate/**/*.py"))
}
MODULE_LINES_MAX, FOLDER_MODULES_MAX = 400, 25


def _imported(module: str) -> Iterator[str]:
    """Modules of ours that this one names in an import, wherever the import stands."""
    for node in ast.walk(ast.parse(FILES[module].read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in FILES else node.module


def _circle(graph: Mapping[str, set[str]]) -> list[str]:
    """One circle of the graph, [] when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_given_all_modules_when_their_imports_are_followed_then_there_is_no_circle_not_even_for_types() -> None:
    graph = {module: {name for name in _imported(module) if name in FILES and name not in (module, "mailgate")} for module in FILES}
    assert _circle(graph) == []


def test_given_a_circle_when_it_is_looked_for_then_it_is_found() -> None:
    assert set(_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}})) == {"b", "c"}


def test_given_all_modules_when_searched_then_only_config_reads_the_environment() -> None:
    readers = set()
    for module, file in FILES.items():
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv"):
                readers.add(module)
    assert readers == {"mailgate.config"}


def test_given_all_modules_when_counted_then_none_is_too_long_and_no_folder_too_full() -> None:
    long = {module: len(file.read_text("utf-8").splitlines()) for module, file in FILES.items()}
    assert {module: lines for module, lines in long.items() if lines > MODULE_LINES_MAX} == {}
    folders: dict[Path, int] = {}
    for file in FILES.values():
        folders[file.parent] = folders.get(file.parent, 0) + 1
    assert {str(folder): count for folder, count in folders.items() if count > FOLDER_MODULES_MAX} == {}


CATCH_ALLS = {
    "mailgate.inbound.smtp.connection._handle_client": "a session: 451, and it ends",
    "mailgate.inbound.smtp.session._guarded": "what the event loop or the journal hands over: passed on to the session's task",
    "mailgate.inbound.smtp.session._submit": "a message: 451 for each recipient, and the session goes on",
    "mailgate.inbound.intake.intake._attempt": "a mail of the intake stage: set back, and shunted after the third time",
    "mailgate.outbound.send_stage._submit": "a mail of the send stage: uncertain",
    "mailgate.runtime.worker.__call__": "a run of any stage: its rows become due again",
}
"""The doors of SMTP, of the intake stage and of the send stage, and the loop that runs all stages: where an unexpected error ends."""


def _catches_all(node: ast.AST) -> bool:
    caught = node.type if isinstance(node, ast.ExceptHandler) else None
    every = isinstance(node, ast.ExceptHandler) and (caught is None or ast.unparse(caught) in ("Exception", "BaseException"))
    suppressed = isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress") and "Exception" in map(ast.unparse, node.args)
    return every or suppressed


def test_given_all_modules_when_searched_then_only_the_outermost_handlers_catch_everything() -> None:
    found = [
        f"{module}.{function.name}"
        for module, file in FILES.items()
        for function in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if _catches_all(node)
    ]
    assert sorted(found) == sorted(CATCH_ALLS)


def test_given_all_modules_when_searched_then_only_the_command_line_knows_errors_of_usage() -> None:
    names = {module for module, file in FILES.items() if "UsageError" in file.read_text("utf-8")}
    assert {module for module in names if not module.startswith("mailgate.cli")} == {"mailgate.errors"}
