"""Column types of our own: the one place that converts between Python values and those of the two databases.

In: values of `rows` and `cases`. Out: what the driver stores. Text that came from a mail is made storable here: PostgreSQL's text cannot
hold NUL, neither database takes lone surrogates; both are replaced in derived text. Raw bytes are never touched.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Dialect, Integer, LargeBinary, String, Text, TypeDecorator, Uuid
from sqlalchemy.types import TypeEngine

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
Converter = Callable[[Any], Any]


def storable(text: str) -> str:
    """`text` with NUL and lone surrogates replaced by U+FFFD; the same object when there is none."""
    if "\x00" in text:
        text = text.replace("\x00", REPLACEMENT)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def storable_or_none(text: str | None) -> str | None:
    """The same, for a column that may be empty."""
    return None if text is None else storable(text)


@lru_cache(maxsize=256)  # the rows of a batch share their times
def moment_text(moment: datetime) -> str:
    """The form in which SQLite stores a time: ISO 8601, UTC, always microseconds, so that text order is time order."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment_text_or_none(moment: datetime | None) -> str | None:
    """The same, for a column that may be empty."""
    return None if moment is None else moment_text(moment)


def aware_or_none(moment: datetime | None) -> datetime | None:
    """The time itself, which PostgreSQL's driver takes. Raises ValueError for one without a zone."""
    if moment is not None and moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return moment


def moment_of_text(text: str | None) -> datetime | None:
    """The time that SQLite has stored."""
    return None if text is None else datetime.fromisoformat(text)


def utc_or_none(stored: datetime | None) -> datetime | None:
    """The time that PostgreSQL has stored. The driver has it in UTC already, unless somebody has changed the zone of the session."""
    return stored if stored is None or stored.tzinfo is UTC else stored.astimezone(UTC)


def integer_text(value: int | None) -> str | None:
    """How PostgreSQL gets an integer: the driver has different types for small and large ones, and each would need a plan of its own."""
    return None if value is None else str(value)


class Moment(TypeDecorator[datetime]):
    """An instant: aware in, aware UTC out; a naive one is refused with ValueError. `timestamptz`, or text of fixed form on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite: its driver's own form would drop the zone."""
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a naive time."""
        return moment_text_or_none(value) if dialect.name == "sqlite" else aware_or_none(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Aware UTC."""
        return moment_of_text(value) if isinstance(value, str) else utc_or_none(value)


class PlainText(TypeDecorator[str]):
    """Text derived from mail or typed by people: whatever it holds can be stored, see `storable`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what no database takes."""
        return storable_or_none(value)


class Sha256(TypeDecorator[str]):
    """A SHA-256 hash: lower-case hex outside, 32 bytes inside."""

    impl = LargeBinary(32)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Hex to bytes. Raises ValueError when it is no hex."""
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Bytes to hex."""
        return None if value is None else value.hex()


def identifier() -> Uuid[str]:
    """A UUIDv7 in canonical text; `uuid` on PostgreSQL, the same 36 characters on SQLite, so that people can read and paste it."""
    return Uuid(as_uuid=False).with_variant(String(36), "sqlite")


def to_driver(kind: TypeEngine[Any], dialect: Dialect) -> Converter | None:
    """What makes the driver's value of one of this type; None when they are the same. SQLAlchemy's own wraps ours in two calls more."""
    on_sqlite = dialect.name == "sqlite"
    if isinstance(kind, Integer) and not on_sqlite:
        return integer_text
    if isinstance(kind, PlainText):
        return storable_or_none
    if isinstance(kind, Moment):
        return moment_text_or_none if on_sqlite else aware_or_none
    found: Converter | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return found


def from_driver(kind: TypeEngine[Any], dialect: Dialect) -> Converter | None:
    """What makes our value of the driver's; None when they are the same."""
    if isinstance(kind, Moment):
        return moment_of_text if dialect.name == "sqlite" else utc_or_none
    found: Converter | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return found
