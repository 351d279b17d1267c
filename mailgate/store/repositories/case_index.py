"""The index of the words of cases: the only place that writes and asks it. FTS5 on SQLite, tsvector (Norwegian stems) on PostgreSQL.

In: changes as they are written, ids of cases whose texts moved, a query. Out: rows of `case_search`, and a condition on cases. One row per
case, so that words of a query may stand in different comments. `public` holds what contacts may see (key, summary, description, comments),
`internal` the notes and what was withdrawn; on PostgreSQL these are the weights A and D of one vector. What is a word is decided in
`search_words` alone: FTS5's tokenizer only parts at spaces, and PostgreSQL's configuration has no stop words: `ikke` is a word.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, column, func, literal_column, select, table, text

from mailgate.cases.model import Case, Change, Comment
from mailgate.store.repositories.bulk import CHUNK_ROWS, execute_many, run
from mailgate.store.repositories.statements import literal, pieces
from mailgate.store.schema import cases, comments, events
from mailgate.store.search_words import MAX_CASE_CHARS, MAX_TEXT_CHARS, Term, searchable

FILL_CASES = 500
VERY_FEW_CASES, FEW_CASES, COMMON_HITS = 500, 10_000, 2_000
HEAD_FIELDS = frozenset({"summary", "description"})
WITHDRAWN = "comment_withdrawn"

CONFIGURATION = "mailgate_norwegian"
"""PostgreSQL's own `norwegian` leaves out stop words: a search for `ikke` found nothing, and one for `skriveren ikke` also cases without
`ikke`.
"""
_MAKE_CONFIGURATION = (
    f"CREATE TEXT SEARCH DICTIONARY {CONFIGURATION}_stem (TEMPLATE = snowball, Language = norwegian)",
    f"CREATE TEXT SEARCH CONFIGURATION {CONFIGURATION} (COPY = pg_catalog.norwegian)",
    f"ALTER TEXT SEARCH CONFIGURATION {CONFIGURATION} ALTER MAPPING REPLACE norwegian_stem WITH {CONFIGURATION}_stem",
)
_HAS_CONFIGURATION = (
    f"SELECT 1 FROM pg_ts_config WHERE cfgname = '{CONFIGURATION}' "
    "AND cfgnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
)

_INDEX = table("case_search", column("rowid"), column("case_id"), column("words"))
_NUMBER = _INDEX.c.rowid

_SQLITE_DELETE = "DELETE FROM case_search WHERE rowid = ?"
_SQLITE_INSERT = "INSERT INTO case_search (rowid, public, internal) VALUES (?, ?, ?)"
_SQLITE_APPEND = (
    "UPDATE case_search SET public = public || ' ' || ?, internal = internal || ' ' || ? "
    f"WHERE rowid = ? AND length(public) + length(internal) < {MAX_CASE_CHARS}"
)
_POSTGRES_INSERT = "INSERT INTO case_search (case_id, words, chars) VALUES "
_POSTGRES_ROW = f"(?, setweight(to_tsvector('{CONFIGURATION}', ?), 'A') || setweight(to_tsvector('{CONFIGURATION}', ?), 'D'), ?)"
_POSTGRES_CONFLICT = " ON CONFLICT (case_id) DO UPDATE SET "
_POSTGRES_REPLACE = _POSTGRES_CONFLICT + "words = excluded.words, chars = excluded.chars"
_POSTGRES_APPEND = (
    _POSTGRES_CONFLICT + "words = case_search.words || excluded.words, chars = case_search.chars + excluded.chars "
    f"WHERE case_search.chars < {MAX_CASE_CHARS}"
)


@dataclass(slots=True)
class _Texts:
    """What is searched of one case, or what is added to it."""

    case_id: str
    number: int
    public: str = ""
    internal: str = ""

    def add(self, kind: str, text: str) -> None:
        """The words of one comment."""
        if len(self.public) + len(self.internal) >= MAX_CASE_CHARS:
            return
        if kind == "comment":
            self.public += f" {searchable(text)}"
        else:
            self.internal += f" {searchable(text)}"


def index_changes(connection: Connection, changes: Sequence[Change]) -> None:
    """Take in what these changes say, in a fixed number of statements. The changes are in the database already."""
    made = {change.case.id: _head(change.case) for change in changes if change.created}
    latest = {change.case.id: change.case for change in changes}
    for id_ in made:
        made[id_] = _head(latest[id_])
    moved = {change.case.id for change in changes if _is_edited(change)} - made.keys()
    added: dict[str, _Texts] = {}
    for change in changes:
        if change.case.id not in moved:
            texts = made.get(change.case.id) or added.setdefault(change.case.id, _Texts(change.case.id, change.case.number))
            _add(texts, change.comments)
    _replace(connection, made.values(), are_new=True)
    _append(connection, [texts for texts in added.values() if texts.public or texts.internal])
    index_again(connection, moved)


def index_again(connection: Connection, case_ids: Collection[str]) -> None:
    """Read these cases with their comments and index them again."""
    if case_ids:
        _replace(connection, _read(connection, select(cases.c.id).where(cases.c.id.in_(case_ids))))


def make_configuration(connection: Connection) -> bool:
    """Make the configuration that splits and stems words on PostgreSQL. False when it is there already, or on SQLite, which needs none."""
    if connection.dialect.name == "sqlite" or connection.exec_driver_sql(_HAS_CONFIGURATION).first():
        return False
    for statement in _MAKE_CONFIGURATION:
        connection.exec_driver_sql(statement)
    return True


def fill(connection: Connection) -> None:
    """Index every case: of a database whose index is empty, or again on PostgreSQL."""
    last = None
    while True:
        ids = select(cases.c.id).order_by(cases.c.id).limit(FILL_CASES)
        found = list(connection.execute(ids if last is None else ids.where(cases.c.id > last)).scalars())
        if not found:
            return
        _replace(connection, _read(connection, select(cases.c.id).where(cases.c.id.in_(found))), are_new=True)
        last = found[-1]


def having_words(
    connection: Connection,
    terms: Sequence[Term],
    conditions: Sequence[ColumnElement[bool]],
    *,
    before: Any = None,
    internal: bool,
) -> Select[Any]:
    """The cases that have all terms and meet the conditions, newest number first. `before`: only lower numbers; `internal`: notes, too."""
    if connection.dialect.name != "sqlite":
        matches, count = _vector_matches(terms, internal=internal), _count(connection, conditions)
        found = select(cases).join(_INDEX, _INDEX.c.case_id == cases.c.id).where(matches, *conditions)
        found = found if before is None else found.where(cases.c.number < before)
        walks = count > FEW_CASES and _hits(connection, matches) > COMMON_HITS
        return found.order_by((cases.c.number if walks else cases.c.number + literal(0)).desc())
    found = _matching(terms, conditions, _count(connection, conditions), internal=internal)
    found = found if before is None else found.where(before > _NUMBER)
    return found.order_by(_NUMBER.desc())


def _matching(terms: Sequence[Term], conditions: Sequence[ColumnElement[bool]], count: int, *, internal: bool) -> Select[Any]:
    """On SQLite, by how many cases meet the conditions at all.

    Of very few, the texts are read. Else FTS5 gives its rows in order without sorting them, if nothing but the order is asked of it: of a
    word that every case has, only as many rows are read as are shown. Each row is compared with a list of the few that meet the conditions,
    or, when they are many, with its case.
    """
    unindexed: ColumnElement[int] = literal_column("+case_search.rowid")
    theirs = select(cases.c.number).where(*conditions).correlate(None)
    found = select(cases).select_from(_INDEX).join(cases, cases.c.number == unindexed)
    if count <= VERY_FEW_CASES:
        return found.where(_NUMBER.in_(theirs), *_in_text(terms, internal=internal))
    found = found.where(text("case_search MATCH :query").bindparams(query=_sqlite_query(terms, internal=internal)))
    return found.where(unindexed.in_(theirs)) if count <= FEW_CASES else found.where(*conditions)


def _count(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> int:
    """How many cases meet the conditions, counted only as far as it matters."""
    if not conditions:
        return FEW_CASES + 1
    some = select(literal(1).label("one")).select_from(cases).where(*conditions).limit(FEW_CASES + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def _hits(connection: Connection, matches: ColumnElement[bool]) -> int:
    """How many cases have the words, counted by the index and only as far as it matters.

    PostgreSQL guesses that one case of 200 has any rare beginning of a word, and walks through all cases by number until it has a page of
    them. So it may walk only when the words are common, which is counted.
    """
    some = select(literal(1).label("one")).select_from(_INDEX).where(matches).limit(COMMON_HITS + 1).subquery()
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    found = int(connection.execute(select(func.count()).select_from(some)).scalar_one())
    connection.exec_driver_sql("SET LOCAL enable_seqscan = on")
    return found


def _in_text(terms: Sequence[Term], *, internal: bool) -> list[ColumnElement[bool]]:
    """The same question asked of the stored words, which have one space between them."""
    words: ColumnElement[str] = literal_column("' ' || public || ' ' || internal || ' '" if internal else "' ' || public || ' '")
    return [func.instr(words, f" {term.word}" if term.prefix else f" {term.word} ") > 0 for term in terms]


def _sqlite_query(terms: Sequence[Term], *, internal: bool) -> str:
    words = " ".join(f'"{term.word}"{"*" if term.prefix else ""}' for term in terms)
    return words if internal else f"public : ({words})"


def _vector_matches(terms: Sequence[Term], *, internal: bool) -> ColumnElement[bool]:
    """Stems as Norwegian has them, or the words as they stand: the beginning of a word may have no stem."""
    labels = "" if internal else "A"
    query = " & ".join(f"{term.word}:{'*' if term.prefix else ''}{labels}".rstrip(":") for term in terms)
    either = [func.to_tsquery(literal(kind), query) for kind in (CONFIGURATION, "simple")]
    return _INDEX.c.words.op("@@", is_comparison=True)(either[0].op("||")(either[1]))


def _head(case: Case) -> _Texts:
    return _Texts(case.id, case.number, " ".join(searchable(text) for text in (case.key, case.summary, case.description)))


def _add(texts: _Texts, added: Iterable[Comment]) -> None:
    for one in added:
        texts.add(one.kind, one.text)


def _is_edited(change: Change) -> bool:
    return any(
        event.kind == WITHDRAWN or (event.kind == "field_changed" and event.facts.get("field") in HEAD_FIELDS) for event in change.events
    )


def _read(connection: Connection, ids: Select[tuple[str]]) -> list[_Texts]:
    """The texts of these cases; of each only as much as is searched."""
    heads = select(cases.c.id, cases.c.number, cases.c.key, cases.c.summary, func.substr(cases.c.description, 1, MAX_TEXT_CHARS))
    found = {
        id_: _Texts(id_, number, " ".join(map(searchable, head)))
        for id_, number, *head in connection.execute(heads.where(cases.c.id.in_(ids)))
    }
    gone = _withdrawn(connection, ids)
    said = select(comments.c.id, comments.c.case_id, comments.c.kind, func.substr(comments.c.text, 1, MAX_TEXT_CHARS))
    for comment_id, id_, kind, words in connection.execute(said.where(comments.c.case_id.in_(ids)).order_by(comments.c.id)):
        found[id_].add(WITHDRAWN if comment_id in gone else kind, words)
    return list(found.values())


def _withdrawn(connection: Connection, ids: Select[tuple[str]]) -> set[str]:
    """The comments of these cases that nobody but staff sees any more."""
    facts = select(events.c.facts).where(events.c.case_id.in_(ids), events.c.kind == WITHDRAWN)
    return {json.loads(one)["comment_id"] for one in connection.execute(facts).scalars()}


def _replace(connection: Connection, whole: Iterable[_Texts], *, are_new: bool = False) -> None:
    listed = list(whole)
    if connection.dialect.name != "sqlite":
        _write_vectors(connection, listed, _POSTGRES_REPLACE)
        return
    if not are_new:
        execute_many(connection, _SQLITE_DELETE, [(one.number,) for one in listed])
    execute_many(connection, _SQLITE_INSERT, [(one.number, one.public, one.internal) for one in listed])


def _append(connection: Connection, added: Sequence[_Texts]) -> None:
    if connection.dialect.name == "sqlite":
        execute_many(connection, _SQLITE_APPEND, [(one.public, one.internal, one.number) for one in added])
    else:
        _write_vectors(connection, added, _POSTGRES_APPEND)


def _write_vectors(connection: Connection, texts: Sequence[_Texts], conflict: str) -> None:
    """One row for each case, all with one statement."""
    for some in pieces(texts, CHUNK_ROWS):
        values = [value for one in some for value in _vector(one)]
        run(connection, _POSTGRES_INSERT + ", ".join([_POSTGRES_ROW] * len(some)) + conflict, values)


def _vector(texts: _Texts) -> tuple[str, str, str, str]:
    return texts.case_id, texts.public, texts.internal, str(len(texts.public) + len(texts.internal))
