"""The document of a file, as a policy that may run. In: a path. Out: the policy, or PolicyError with file and line of the first problem."""

from __future__ import annotations

from pathlib import Path

from mailgate.errors import PolicyError
from mailgate.rules.document import load
from mailgate.rules.document_yaml import MAX_DOCUMENT_BYTES
from mailgate.rules.examples import failures
from mailgate.rules.policy import Policy


def policy_from(file: Path, own: frozenset[str]) -> Policy:
    """The policy, which has passed its own tests. `own`: our addresses in lower case, which no rule may forward to."""
    see = f"mailgate policy check {file} shows all"
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise PolicyError(f"the policy cannot be read: {error.strerror}", file=str(file), hint="see policy.file") from None
    document = load(raw, own)
    if document.policy is None:
        raise PolicyError(f"{document.problems[0].at(str(file))}; {see}")
    if failed := next(failures(document.policy), None):
        raise PolicyError(f"the policy fails its own test {failed}", file=str(file), hint=f"mailgate policy test {file} shows all")
    return document.policy
