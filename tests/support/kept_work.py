"""Work that every test would do again with the same result, done once in a process and what is forked from it.

An empty SQLite database is copied, where a test asks for one with all tables. A template is compiled, and a policy document parsed, once
for each text: another text is another template or document, and what cannot be read is tried again each time.
"""

from __future__ import annotations

import atexit
import functools
import pickle
import shutil
import tempfile
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

import jinja2

from mailgate.rules.document import yaml_tree
from mailgate.store import migrate
from mailgate.store.database import open_database


@functools.cache
def _migrated() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mailgate-schema-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "mailgate.db"
    database = open_database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


def put_empty_database(path: Path) -> str:
    """Put a SQLite database with all tables and no rows there, unless there is a file; its URL. A migration takes 20 times as long."""
    if not path.exists():
        shutil.copy(_migrated(), path)
    return f"sqlite:///{path}"


def keep_read_texts() -> None:
    """From now on Jinja compiles the same text with the same options once, and a long policy document becomes a tree once."""
    if not hasattr(jinja2.Environment.compile, "kept"):
        jinja2.Environment.compile = _keeping(jinja2.Environment.compile)  # type: ignore[method-assign]
        yaml_tree._Reader = _KeptReader  # type: ignore[misc,assignment]


class _KeptReader(yaml_tree._Reader):
    """Reads the YAML of a whole policy, a quarter of a second, once; each caller gets a tree of its own."""

    KEPT: ClassVar[dict[str, bytes]] = {}
    LONG_CHARS = 4_000

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._text = text

    def document(self) -> tuple[yaml_tree.Node, list[yaml_tree.Problem]]:
        if len(self._text) < self.LONG_CHARS:
            return super().document()
        if self._text not in self.KEPT:
            self.KEPT[self._text] = pickle.dumps(super().document())
        found: tuple[yaml_tree.Node, list[yaml_tree.Problem]] = pickle.loads(self.KEPT[self._text])
        return found


def _keeping(compile_: Any) -> Any:
    kept: dict[tuple[object, ...], CodeType] = {}

    @functools.wraps(compile_)
    def compile_once(self: jinja2.Environment, source: Any, name: Any = None, filename: Any = None, *more: Any, **options: Any) -> Any:
        if not isinstance(source, str) or more or options:
            return compile_(self, source, name, filename, *more, **options)
        key = (type(self), *_syntax(self, name), source, name, filename)
        if key not in kept:
            kept[key] = compile_(self, source, name, filename)
        return kept[key]

    compile_once.kept = kept  # type: ignore[attr-defined]
    return compile_once


def _syntax(environment: jinja2.Environment, name: Any) -> tuple[object, ...]:
    """What else the code of a template depends on."""
    escapes = environment.autoescape(name) if callable(environment.autoescape) else environment.autoescape
    blocks = environment.trim_blocks, environment.lstrip_blocks, frozenset(environment.extensions)
    functions = {**environment.filters, **environment.tests}.items()
    return escapes, blocks, frozenset((known, getattr(function, "__qualname__", "")) for known, function in functions)
