"""A contact's open cases whose summaries share most words with a new one. In: a summary. Out: rows, best first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailgate.application.access import Action
from mailgate.application.cases import showing
from mailgate.application.cases.views import ContactCaseRow
from mailgate.application.use_case import Act, query

LOOKED_AT, SHOWN = 100, 3
SHARED, LEAST_WORDS = 0.5, 2
_WORD = re.compile(r"\w{3,}")


@query(Action.CASE_LIST, policy=True)
def similar_cases(act: Act, summary: str) -> Sequence[ContactCaseRow]:
    """Open cases in which the contact takes part, of the newest ones, that share half of the shorter summary's words, and at least two."""
    wanted = _words(summary)
    if act.principal.kind != "contact" or not wanted:
        return []
    found = act.uow.cases.list(LOOKED_AT, contact_id=act.principal.id, approved=True)
    workflow = act.policy.workflow
    still_open = [one for one in found if not (workflow.status(one.status).solved or workflow.status(one.status).final)]
    rated = sorted(((_likeness(wanted, _words(one.summary)), one) for one in still_open), key=lambda pair: -pair[0])
    return showing.contact_rows(act, [one for likeness, one in rated[:SHOWN] if likeness >= SHARED])


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    shared = len(one & other)
    return shared / min(len(one), len(other)) if shared >= LEAST_WORDS else 0.0
