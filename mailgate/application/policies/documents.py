"""Check a policy document. In: its bytes. Out: the policy, everything that is wrong with it, and its own tests that fail. No database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailgate.application.access import Action
from mailgate.application.app import Installation
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.errors import NotAllowed
from mailgate.rules.document.file import policy_from
from mailgate.rules.document.for_editors import MODELINE as MODELINE
from mailgate.rules.document.for_editors import SCHEMA_FILE as SCHEMA_FILE
from mailgate.rules.document.for_editors import has_modeline as has_modeline
from mailgate.rules.document.loader import load
from mailgate.rules.document.schema import SCHEMA as SCHEMA
from mailgate.rules.document.yaml_tree import MAX_DOCUMENT_BYTES as MAX_DOCUMENT_BYTES
from mailgate.rules.document.yaml_tree import Problem
from mailgate.rules.examples import FailedExample, failures
from mailgate.rules.policy import Policy


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy as it was written. `name` is for people; `folder`: where the mail files of its tests are, None when they cannot be read."""

    raw: bytes
    name: str
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """`policy` is None when there are problems that stop it; problems may be there beside a policy, as warnings. `failed`: its tests."""

    document: PolicyDocument
    policy: Policy | None
    problems: Sequence[Problem]
    failed: Sequence[FailedExample] = ()

    @property
    def refusal(self) -> str:
        """Why this document cannot be put in force; "" when it can."""
        if self.policy is None:
            count = sum(one.stops for one in self.problems)
            return f"{self.document.name} has {count} {'problem' if count == 1 else 'problems'}"
        return f"{len(self.failed)} of {len(self.policy.examples)} tests failed" if self.failed else ""


class PolicyRefused(NotAllowed):
    """A document that cannot be put in force; `checked` says why, in full."""

    def __init__(self, checked: Checked) -> None:
        super().__init__(checked.refusal)
        self.checked = checked


@guarded(Action.POLICY_TEST)
def check_document(installation: Installation, _principal: Principal, command: PolicyDocument) -> Checked:
    """Find everything that is wrong with a document, and run its own tests."""
    return checked(command, installation.parts.own_mailboxes)


def checked(document: PolicyDocument, own: frozenset[str], *, tests: bool = True) -> Checked:
    """Everything that is wrong with a document. `own`: our addresses, which no rule may forward to. `tests`: run its own tests, too."""
    loaded = load(document.raw, own, document.folder)
    failed = list(failures(loaded.policy)) if tests and loaded.policy else []
    return Checked(document, loaded.policy, loaded.problems, failed)


def usable(document: PolicyDocument, own: frozenset[str], *, tests: bool = True) -> tuple[Policy, Checked]:
    """The policy of a document without problems, which passes its own tests. Raises PolicyRefused."""
    found = checked(document, own, tests=tests)
    if found.policy is None or found.refusal:
        raise PolicyRefused(found)
    return found.policy, found


def policy_from_file(file: Path, own: frozenset[str]) -> Policy:
    """The policy of a file, which passes its own tests. Raises PolicyError with the first problem."""
    return policy_from(file, own)
