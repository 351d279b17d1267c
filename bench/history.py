"""Years of history in minutes: cases, mails and decisions that are over, written by the database itself.

In: an open store's database. Out: rows with ids of years ago, in the order of their time as real ones are; message ids and submission keys
are spread as hashes are. What is written: cases with a participant, a comment and their words each, contacts (one for ten cases), journal
rows that are final with a decision each, and a week's submissions (one for ten journal rows). All mails share one blob.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from mailgate.store.database import Database

START_MS = 1_600_000_000_000  # September 2020
FIRST_NUMBER = 50_000_000
BITE = 50_000  # a statement stays within the limit that connections have


@dataclass(frozen=True, slots=True)
class History:
    """How much of it."""

    cases: int
    journal: int


@dataclass(frozen=True, slots=True)
class _Dialect:
    """The words in which the two databases differ. `{i}` is the row's number, `{k}` a small number that tells tables apart."""

    rows: str
    id: str
    moment: str
    hash: str
    true: str
    index: Mapping[str, str]


_SQLITE = _Dialect(
    "WITH RECURSIVE n(i) AS (SELECT :low UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :high) ",
    "substr(printf('%012x', {start} + {i} * 20), 1, 8) || '-' || substr(printf('%012x', {start} + {i} * 20), 9, 4)"
    " || printf('-7{k:03d}-8000-%012x', {i})",
    "'2021-03-01T09:00:00.000000+00:00'",
    "CAST(substr(printf('%016x%016x', {i} * 7919 % 1000003, {i}), 1, 32) AS BLOB)",
    "1",
    {"rowid": "{number}", "public": "{words}", "internal": "''"},
)  # fmt: skip
_POSTGRES = _Dialect(
    "WITH n(i) AS (SELECT generate_series(CAST(:low AS bigint), CAST(:high AS bigint) - 1)) ",
    "CAST(lpad(to_hex({start} + {i} * 20), 12, '0') || '7{k:03d}8000' || lpad(to_hex({i}), 12, '0') AS uuid)",
    "TIMESTAMPTZ '2021-03-01 09:00:00+00'",
    "sha256(CAST(CAST({i} AS text) AS bytea))",
    "true",
    {"case_id": "{about}", "words": "setweight(to_tsvector('mailgate_norwegian', {words}), 'A')", "chars": "length({words})"},
)
VOCABULARY = (
    "faktura", "skriver", "treg", "innlogging", "passord", "rapport", "mva", "eksport", "ordre", "kunde", "lager", "pris",
    "server", "nettverk", "oppdatering", "lisens", "melding", "vedlegg", "skjerm", "tastatur", "mus", "kabel", "backup",
    "database", "sertifikat", "konto", "tilgang", "rolle", "gruppe", "mappe", "fil", "utskrift",
)  # fmt: skip
WORD_CHARS = 16


def _words() -> str:
    """SQL for the words of a case: its key, `gammel sak`, and five words of the vocabulary that differ from case to case."""
    padded = "".join(word.ljust(WORD_CHARS) for word in VOCABULARY)
    places = [f"CAST(1 + (i / {part} % {len(VOCABULARY)}) * {WORD_CHARS} AS integer)" for part in (1, 3, 11, 40, 170)]
    picked = [f"trim(substr('{padded}', {place}, {WORD_CHARS}))" for place in places]
    return " || ' ' || ".join([f"'sup ' || ({FIRST_NUMBER} + i)", "'gammel sak'", *picked])


def write(database: Database, history: History) -> None:
    """Write it. Flushing is put off on SQLite meanwhile: nothing of this is anybody's mail."""
    dialect = _SQLITE if database.is_sqlite else _POSTGRES
    with database.writing.connect() as connection:
        if database.is_sqlite:
            driver = connection.connection.driver_connection
            for pragma in ("synchronous = OFF", "cache_size = -400000", "foreign_keys = OFF"):
                driver.execute(f"PRAGMA {pragma}")
        for statement, count in _statements(dialect, history):
            for low in range(0, count, BITE):
                _run(connection, statement, low, min(count, low + BITE))
        connection.invalidate()  # its settings go with it
    if not database.is_sqlite:
        with database.writing.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _run(connection: Connection, statement: str, low: int, high: int) -> None:
    with connection.begin():
        connection.execute(text(statement), {"low": low, "high": high})


def _statements(d: _Dialect, history: History) -> list[tuple[str, int]]:
    """One INSERT per table with the number of its rows, in an order that foreign keys allow."""
    contacts = max(1, history.cases // 10)

    def id_(kind: int, number: str = "i") -> str:
        return d.id.format(i=number, k=kind, start=START_MS)

    person, about, mail, number = id_(1, f"(i % {contacts})"), id_(2), id_(4), f"{FIRST_NUMBER} + i"
    address, some_hash = "'p' || i || '@gammel.example'", d.hash.format(i="i")
    hash_text = f"hex({some_hash})" if d is _SQLITE else f"encode({some_hash}, 'hex')"
    tables = (
        ("contacts", contacts, {"id": id_(1), "number": number, "address": address, "address_lower": address}),
        ("cases", history.cases, {
            "id": about, "number": number, "key": f"'SUP-' || ({number})", "summary": "'Gammel sak ' || i", "status": "'closed'",
            "created_at": d.moment, "updated_at": d.moment, "reporter_id": person,
        }),
        ("participants", history.cases, {"case_id": about, "contact_id": person, "role": "'reporter'", "approved": d.true}),
        ("comments", history.cases, {
            "id": id_(3), "case_id": about, "kind": "'comment'", "text": "'Dette er løst.'", "author_kind": "'contact'",
            "created_at": d.moment, "journal_id": mail,
        }),
        ("case_search", history.cases, {
            name: value.format(number=number, about=about, words=_words()) for name, value in d.index.items()
        }),
        ("journal", history.journal, {
            "id": mail, "accepted_at": d.moment, "recipients": "'[\"support@firma.test\"]'", "raw_sha256": d.hash.format(i="1"),
            "size_bytes": "2300", "state": "'commented'",
        }),
        ("decisions", history.journal, {
            "journal_id": mail, "decided_at": d.moment, "rule": "'reply'", "trail": "'{}'",
            "message_id": f"{hash_text} || '@gammel.example'",
        }),
        ("submissions", history.journal // 10, {"submission_key": some_hash, "journal_id": mail, "accepted_at": d.moment}),
    )  # fmt: skip
    return [(_insert(d, table, values), count) for table, count, values in tables]


def _insert(d: _Dialect, table: str, values: dict[str, str]) -> str:
    return f"INSERT INTO {table} ({', '.join(values)}) {d.rows}SELECT {', '.join(values.values())} FROM n"
