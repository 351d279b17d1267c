"""Names of rules as people type them into a filter. In: a name. Out: what is odd about it, in a sentence. Changes nothing."""

from __future__ import annotations

from mailgate.application.access import Action
from mailgate.application.use_case import Act, query
from mailgate.rules.document.names import RESERVED
from mailgate.rules.document.schema import meant


@query(Action.JOURNAL_READ, policy=True)
def doubt_about_rule(act: Act, name: str) -> str:
    """Say that the active policy has no such rule, and what was perhaps meant; "" when it has. Mail of earlier versions may name it."""
    known = [*(rule.name for rule in act.policy.rules), *RESERVED]
    return "" if name in known else f"the policy in force has no rule {name!r}{meant(name, known)}"
