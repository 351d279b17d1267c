"""What one policy means that another does not. In: versions or documents. Out: the differences. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.policies.documents import PolicyDocument, usable
from mailgate.application.use_case import Act, query
from mailgate.rules.document.file import policy_of
from mailgate.rules.policy import Policy
from mailgate.rules.policy_diff import PolicyDifference as PolicyDifference
from mailgate.rules.policy_diff import differences

Source = int | PolicyDocument | None
"""The number of a version, a document, or None for the active version (or the one that a new database begins with)."""


@dataclass(frozen=True, slots=True)
class ComparePolicies:
    """From `before` to `after`."""

    before: Source
    after: Source


@dataclass(frozen=True, slots=True)
class ComparedPolicies:
    """`same_text`: there is nothing to compare."""

    differences: Sequence[PolicyDifference]
    same_text: bool


@query(Action.POLICY_READ)
def compare(act: Act, command: ComparePolicies) -> ComparedPolicies:
    """Show what changes in meaning. Raises PolicyRefused for a document with problems, PolicyError for a version that cannot be read."""
    (old, old_text), (new, new_text) = _policy(act, command.before), _policy(act, command.after)
    return ComparedPolicies(differences(old, new), old_text == new_text)


def _policy(act: Act, source: Source) -> tuple[Policy, str]:
    own = act.app.parts.own_mailboxes
    if isinstance(source, PolicyDocument):
        policy, _ = usable(source, own, tests=False)
        return policy, source.raw.decode("utf-8")
    number = source if source is not None else act.uow.policies.active()
    text = act.uow.policies.get(number).text if number is not None else act.app.parts.first_policy().text()
    return policy_of(text, own, f"version {number or 'that a new database begins with'}"), text
