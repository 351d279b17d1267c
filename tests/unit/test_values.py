"""Values: what a dataclass that mypy takes for frozen is at run time."""

from dataclasses import field, replace

import pytest

from mailgate.values import value_class


@value_class
class _Point:
    x: int
    tags: tuple[str, ...] = field(default_factory=tuple)


def test_given_equal_fields_when_compared_and_hashed_then_two_values_are_one():
    assert {_Point(1, ("a",)), _Point(1, ("a",))} == {_Point(1, ("a",))}


def test_given_a_value_when_one_field_is_replaced_then_the_value_itself_stays():
    before = _Point(1)
    assert replace(before, x=2) == _Point(2)
    assert before == _Point(1)


def test_given_a_value_when_something_is_set_that_is_no_field_then_it_is_refused():
    with pytest.raises(AttributeError):
        _Point(1).y = 2


def test_given_the_decorator_when_a_type_checker_looks_then_its_classes_are_frozen():
    said = value_class.__dataclass_transform__
    assert {**said, **said["kwargs"]}["frozen_default"] is True  # Python 3.11 does not know the name yet
