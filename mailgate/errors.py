"""The one tree of errors. Text for the public is generic; what the log needs stands in private fields; causes are chained.

Content that cannot be read is never an error: it is a value (a defect of the `Mail`). An error nobody foresaw is transient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

UNDERLYING_MAX_CHARS = 300


class MailgateError(Exception):
    """Root of all errors of mailgate. `str(error)` is one line that may be shown to an operator."""


class UsageError(MailgateError):
    """A command was called wrongly or names something that does not exist. Exit code 2."""


class NotFound(MailgateError):
    """Nothing has this name, or the caller may not know that something has. `kind` is the sort of thing (`case`, `contact`, …)."""

    def __init__(self, kind: str, name: object, text: str = "") -> None:
        super().__init__(text or f"there is no {kind} {name}")
        self.kind, self.name = kind, str(name)


class CorruptContent(MailgateError):
    """Stored bytes do not match the SHA-256 that they are stored under: a disk fault, a restore or somebody has changed them."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"the stored bytes do not match their SHA-256 {sha256[:12]}…: they were changed after they were stored")
        self.sha256 = sha256


class Ambiguous(MailgateError):
    """More than one thing has this name. `candidates` are ids that name one each, as far as they are known."""

    def __init__(self, kind: str, name: object, candidates: Sequence[str] = (), text: str = "") -> None:
        super().__init__(text or f"there is more than one {kind} {name}")
        self.kind, self.name, self.candidates = kind, str(name), tuple(candidates)


class Invalid(MailgateError):
    """A value that a caller gave cannot be used: which field, a code with values for programs and pages, a sentence for operators.

    `others`: what else is wrong with the same input, in its order.
    """

    def __init__(self, field: str, code: str, text: str, **values: object) -> None:
        super().__init__(text)
        self.field, self.code, self.values = field, code, values
        self.others: tuple[Invalid, ...] = ()

    @property
    def all(self) -> tuple[Invalid, ...]:
        """The fault and its others."""
        return (self, *self.others)

    def along_with(self, others: Sequence[Invalid]) -> Invalid:
        """The same fault, carrying the others."""
        self.others = tuple(others)
        return self


class Conflict(MailgateError):
    """The caller changed what they saw, and it has changed since. `current` is the version that it has now."""

    def __init__(self, what: str, current: int) -> None:
        super().__init__(f"{what} has changed since it was read; it is at version {current} now")
        self.what, self.current = what, current


class Forbidden(MailgateError):
    """The caller may know that the thing exists, but not do this with it. `action` is a key of the access table."""

    def __init__(self, action: str, text: str) -> None:
        super().__init__(text)
        self.action = action


class Repeated(MailgateError):
    """The same submission came again: nothing is done twice. `result`: where the first one led, "" when that is not known."""

    def __init__(self, result: str) -> None:
        super().__init__("this has been sent already")
        self.result = result


class TooMany(MailgateError):
    """The caller has tried too often. `after_s`: seconds until the next try is taken."""

    def __init__(self, after_s: int) -> None:
        super().__init__(f"too many tries; the next one is taken in {after_s} s")
        self.after_s = after_s


class ConfigError(MailgateError):
    """A setting is missing, wrong or unsafe: what, where (`file:line` or the variable's name) and what to do. Exit code 2."""

    def __init__(self, what: str, *, file: str = "", line: int = 0, hint: str = "") -> None:
        self.what, self.file, self.line, self.hint = what, file, line, hint
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{where}{what}" + (f"; {hint}" if hint else ""))


class PolicyError(ConfigError):
    """The operators' policy says something that cannot be done. Same form as `ConfigError`."""


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """One SMTP reply: code (RFC 5321 section 4.2), enhanced code (RFC 3463, "" for none) and generic text in ASCII."""

    code: int
    enhanced: str
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced} {self.text}" if self.enhanced else f"{self.code} {self.text}"


class Rejected(MailgateError):
    """The client's command is refused by rule. `reason` is the short name that metrics count; `close` ends the session."""

    def __init__(self, reply: SmtpReply, reason: str, *, close: bool = False) -> None:
        super().__init__(str(reply))
        self.reply, self.reason, self.close = reply, reason, close


class TransientFailure(MailgateError):
    """Something of ours or of the next hop fails now and may work later."""


class PermanentFailure(MailgateError):
    """The next hop refuses for good, or what was asked can never work."""


class StoreUnavailable(TransientFailure):
    """The database cannot be reached or refuses to commit. `full` is true when the disk or the quota is exhausted.

    `place`: the URL of the database without its password, "" when it is not known.
    """

    def __init__(self, text: str, *, full: bool = False) -> None:
        super().__init__(text)
        self.full = full
        self.place = ""


class LeaseLost(TransientFailure):
    """Another worker took the row over after our lease ran out: our work on it is void (fencing)."""


class SchemaMismatch(MailgateError):
    """The database's schema is older or newer than this program's. Exit code 2; `mailgate db upgrade` helps with older.

    `place`: as in `StoreUnavailable`.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.place = ""


class NotAllowed(MailgateError):
    """The workflow does not have this operation from this status, or not for this actor. Exit code 1."""


def underlying(error: BaseException) -> str:
    """What a library said underneath, on one line, "" when nothing did. For the log and the operator, never for a peer."""
    cause = error.__cause__
    said = getattr(cause, "orig", None) or cause  # SQLAlchemy's own text repeats the statement with its values
    return " ".join(str(said).split())[:UNDERLYING_MAX_CHARS] if said else ""
