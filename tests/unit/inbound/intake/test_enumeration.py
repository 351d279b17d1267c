"""Whether a case exists: a stranger who asks must not be able to tell, not by what comes back and not by how long it takes.

Time is noisy, so what time is made of is counted: statements to the database, instructions of its machine, calls in our own code. Then the
clock is asked as well, in pairs, where each pair has the same host and the same moment.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from mailgate.cases import changes
from mailgate.cases.changes import ChangeContext, NewCase
from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact
from tests.support.desks.desk import OPERATOR, START, Desk, mail_text
from tests.support.harness.machine_work import counted

EXISTING, MISSING = range(1000, 1100), range(5000, 5100)
Take = Callable[[int, int], str]


@pytest.fixture
def full(desk: Desk) -> Desk:
    """A desk with a hundred more cases, each with comments, and a contact who takes part in none of them."""
    with desk.store.transaction() as uow:
        uow.contacts.add([Contact(new_id(START), 900, "nysgjerrig@annet.example", "Nils")])
        for number in EXISTING:
            made = changes.create_case(
                NewCase(
                    number, f"SUP-{number}", desk.per, f"Sak {number}", participants=(desk.eva,), case_type="spørsmål", priority="normal"
                ),
                ChangeContext(OPERATOR, START),
            )
            uow.cases.write(
                [made, changes.add_comment(made.case, changes.NewComment("Svar " * 50), ChangeContext(OPERATOR, START), "resolved")]
            )
    while desk.settle_notices():
        pass
    return desk


def ask(desk: Desk, who: str, number: int, turn: int) -> str:
    """One mail with this number in its subject, and in what looks like our thread's root. The state that it comes to."""
    sender = who.format(turn=f"{turn:06d}")
    fields = f"In-Reply-To: <case.{number:032x}@firma.example>\n"
    text = mail_text(f"Nils <{sender}>", f"Re: [SUP-{number:04d}] status {turn:06d}", f"Hva skjer i saken? {turn:06d}", fields)
    return desk.state(desk.take(text, "support@firma.example", sender))


STRANGER, CONTACT = "nils{turn}@annet{turn}.example", "nysgjerrig@annet.example"


def calls(work: Callable[[], object]) -> int:
    """Calls of Python functions that `work` makes."""
    made = 0

    def see(_frame: FrameType, what: str, _argument: Any) -> None:
        nonlocal made
        made += what == "call"

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        work()
    finally:
        sys.setprofile(before)
    return made


@pytest.mark.parametrize("who", [STRANGER, CONTACT], ids=["stranger", "contact"])
def test_160_given_keys_of_cases_and_keys_of_none_when_asked_for_then_answers_and_statements_are_the_same(full: Desk, who: str) -> None:
    seen: dict[str, list[object]] = {"existing": [], "missing": []}
    steps = dict.fromkeys(seen, 0)
    for turn in range(24):  # in turns, and each kind first as often as the other: what was counted before makes the next mail dearer
        kinds = [("existing", EXISTING[turn]), ("missing", MISSING[turn])]
        for place, (kind, number) in enumerate(kinds if turn % 2 else kinds[::-1]):
            with counted(full.store.database, grain=1) as work:
                state = ask(full, who, number, 10 + 2 * turn + place)
            seen[kind].append((state, [what for what, _ in full.settle_notices()] if who == STRANGER else [], work.statements))
            steps[kind] += work.units
    assert seen["existing"][1:] == seen["missing"][1:]
    assert abs(steps["existing"] - steps["missing"]) < 0.02 * steps["missing"], steps


def test_160_given_keys_of_cases_and_keys_of_none_when_asked_for_then_our_code_makes_the_same_calls(full: Desk) -> None:
    ask(full, STRANGER, EXISTING[0], 0), ask(full, STRANGER, MISSING[0], 1)
    made = {"existing": 0, "missing": 0}
    for turn in range(10):
        for name, numbers in (("existing", EXISTING), ("missing", MISSING)):
            made[name] += calls(
                lambda numbers=numbers, turn=turn, name=name: ask(full, STRANGER, numbers[turn], 10 + turn + 20 * (name == "missing"))
            )
    assert abs(made["existing"] - made["missing"]) < 0.01 * made["missing"], made


@pytest.mark.slow
def test_160_given_five_hundred_pairs_of_questions_when_timed_then_neither_kind_is_slower_more_often(full: Desk) -> None:
    """A sign test: were one kind slower, it would be in most pairs. With 500 fair pairs, 190 or fewer come once in ten million runs."""
    slower = 0
    for turn in range(500):
        pair = [("existing", random.choice(EXISTING)), ("missing", random.choice(MISSING))]
        random.shuffle(pair)
        took = {}
        for place, (kind, number) in enumerate(pair):
            began = time.thread_time()
            ask(full, STRANGER, number, 1000 + 2 * turn + place)
            took[kind] = time.thread_time() - began
        slower += took["existing"] > took["missing"]
    assert 190 < slower < 310
