"""What is wrong in a form, all of it at once. In: checks that raise Invalid. Out: their values, or one Invalid that carries the others.

Commands and programs say the first fault, as usual; pages show each at its field (`Invalid.all`). Checks are in the order of the form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from mailgate.errors import Invalid

Value = TypeVar("Value")
Other = TypeVar("Other")


class Faults:
    """Gathers faults while a form is checked: `check` each field, then `refuse`."""

    def __init__(self) -> None:
        self._found: list[Invalid] = []

    def check(self, run: Callable[[], Value], otherwise: Other) -> Value | Other:
        """The value of a check, or `otherwise` when it finds something wrong."""
        try:
            return run()
        except Invalid as error:
            self._found += error.all
            error.others = ()
            return otherwise

    def refuse(self, order: Sequence[str] = ()) -> None:
        """Raises the first fault, with the others in it; nothing when there is none. `order`: fields as they are in the form."""
        if self._found:
            first, *others = sorted(self._found, key=lambda one: order.index(one.field) if one.field in order else len(order))
            raise first.along_with(others)


def all_checked(**checks: Callable[[], Value]) -> dict[str, Value]:
    """The values of the checks by name. Raises Invalid when one or more of them do."""
    faults, values = Faults(), dict[str, Value]()
    for name, run in checks.items():
        faults.check(lambda name=name, run=run: values.update({name: run()}), None)  # type: ignore[misc]
    faults.refuse()
    return values
