"""Work that every test would do again with the same result, done once in a process and what is forked from it.

An empty SQLite database is copied, where a test asks for one with all tables. A template is compiled, and a long policy document read,
once for each text: another text is another template or document, and what cannot be read is tried again each time. A statement is compiled
once for each kind of database instead of once for each that is opened.
"""

from __future__ import annotations

import atexit
import functools
import pickle
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

import jinja2
from sqlalchemy import Engine
from sqlalchemy.util import LRUCache

from mailgate.rules.document import file, yaml_tree
from mailgate.rules.document.loader import LoadedPolicy, load
from mailgate.rules.examples import FailedExample, failures
from mailgate.rules.policy import Policy
from mailgate.store import migrate
from mailgate.store.database import open_database

LONG_CHARS = 4_000
"""A document of so many is kept: that of a whole policy, not those that a test makes of a rule or two."""


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
    """From now on Jinja compiles the same text with the same options once, a long policy document becomes a tree and a policy once, and
    SQLAlchemy compiles the same statement once.
    """
    if not hasattr(jinja2.Environment.compile, "kept"):
        jinja2.Environment.compile = _keeping(jinja2.Environment.compile)  # type: ignore[method-assign]
        yaml_tree._Reader = _KeptReader  # type: ignore[misc,assignment]
        file.load, file.failures = _KEPT_POLICIES.load, _KEPT_POLICIES.failures  # type: ignore[attr-defined]
        Engine.__init__ = _sharing_statements(Engine.__init__)  # type: ignore[method-assign]


class _KeptPolicies:
    """Policies of long documents, which are frozen values, and which of them pass their own tests. None whose tests read mails."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[bytes, frozenset[str], bool, bool], LoadedPolicy] = {}
        self._passed: dict[int, Policy] = {}

    def load(self, raw: bytes, own: frozenset[str] = frozenset(), folder: Path | None = None, *, stored: bool = False) -> LoadedPolicy:
        """See `loader.load`."""
        key = (raw, own, folder is None, stored)
        if key in self._loaded:
            return self._loaded[key]
        found = load(raw, own, folder, stored=stored)
        if found.policy is not None and len(raw) >= LONG_CHARS and not any(example.path for example in found.policy.examples):
            self._loaded[key] = found
        return found

    def failures(self, policy: Policy) -> Iterator[FailedExample]:
        """See `examples.failures`."""
        if id(policy) in self._passed:
            return
        found = list(failures(policy))
        if not found and any(policy is one.policy for one in self._loaded.values()):
            self._passed[id(policy)] = policy
        yield from found


_KEPT_POLICIES = _KeptPolicies()


class _SharedStatements(LRUCache[Any, Any]):
    """What SQLAlchemy compiled, for all engines of a kind: its own key names the dialect of one engine, which each engine has to itself."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_by_kind(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_by_kind(key), value)


_STATEMENTS = _SharedStatements(5_000)


def _by_kind(key: Any) -> Any:
    dialect, *more = key
    return type(dialect), dialect.server_version_info, *more


def _sharing_statements(make: Any) -> Any:
    @functools.wraps(make)
    def make_sharing(self: Engine, *arguments: Any, **options: Any) -> None:
        make(self, *arguments, **options)
        if self._compiled_cache is not None:
            self._compiled_cache = _STATEMENTS

    return make_sharing


class _KeptReader(yaml_tree._Reader):
    """Reads the YAML of a whole policy, a quarter of a second, once; each caller gets a tree of its own."""

    KEPT: ClassVar[dict[str, bytes]] = {}

    def __init__(self, text: str, most_values: int) -> None:
        super().__init__(text, most_values)
        self._text = text

    def document(self) -> tuple[yaml_tree.Node, list[yaml_tree.Problem]]:
        if len(self._text) < LONG_CHARS:
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
    parts = environment.parts_source(name) if hasattr(environment, "parts_source") else ""
    return escapes, blocks, parts, frozenset((known, getattr(function, "__qualname__", "")) for known, function in functions)
