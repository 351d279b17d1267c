"""How values are declared that are made by the dozen for each mail. In: a class with annotated fields. Out: a dataclass.

A frozen dataclass has each of its fields set through `object.__setattr__` when it is made, which takes five to ten times as long as plain
assignment and was a sixth of the CPU of intake. Here the type checker alone refuses assignment, in all of our code (`make check`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value_class(kind: type[Made]) -> type[Made]:
    """A dataclass with slots, compared and hashed by its fields, which mypy takes for frozen (PEP 681). `replace` makes a changed copy."""
    return dataclass(slots=True, unsafe_hash=True)(kind)
