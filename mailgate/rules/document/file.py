"""A document as a policy that may run. In: a path, or text. Out: the policy, or PolicyError with file and line of the first problem."""

from __future__ import annotations

from pathlib import Path

from mailgate.errors import PolicyError
from mailgate.rules.document.loader import load
from mailgate.rules.document.yaml_tree import MAX_DOCUMENT_BYTES
from mailgate.rules.examples import failures
from mailgate.rules.policy import Policy


def text_of(file: Path) -> str:
    """The document byte for byte, as text. Raises PolicyError when it cannot be read or is no UTF-8."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_DOCUMENT_BYTES + 1)
        # A document over the limit may be cut within a character here; the reader reports that it is too long.
        return raw.decode("utf-8", "strict" if len(raw) <= MAX_DOCUMENT_BYTES else "replace")
    except OSError as error:
        raise PolicyError(f"the policy cannot be read: {error.strerror}", file=str(file), hint="see policy.file") from None
    except UnicodeDecodeError as error:
        raise PolicyError("the policy is not UTF-8", file=str(file), line=error.object.count(b"\n", 0, error.start) + 1) from None


def policy_of(
    text: str, own: frozenset[str], where: str, *, tested: bool = False, folder: Path | None = None, stored: bool = False
) -> Policy:
    """The policy of a document. `own`: our addresses in lower case, which no rule may forward to. `tested`: it must pass its own tests;
    those that need a mail need the `folder` that it is in. `stored`: see `loader.load`.
    """
    document = load(text.encode(), own, folder, stored=stored)
    if document.policy is None:
        problems = [one for one in document.problems if one.stops]
        more = f"; {len(problems) - 1} more, see mailgate policy check" if len(problems) > 1 else ""
        raise PolicyError(problems[0].at(where) + more)
    failed = next(failures(document.policy), None) if tested else None
    if failed:
        raise PolicyError(f"the policy fails its own test {failed}", file=where, hint="mailgate policy test shows all")
    return document.policy


def policy_from(file: Path, own: frozenset[str]) -> Policy:
    """The policy of a file, which has passed its own tests."""
    return policy_of(text_of(file), own, str(file), tested=True, folder=file.parent)
