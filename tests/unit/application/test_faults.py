"""All that is wrong with one input: gathered in its order, the first of it raised."""

from __future__ import annotations

import pytest

from mailgate.application.faults import Faults, all_checked
from mailgate.application.words import mail_address, one_line
from mailgate.errors import Invalid


def test_given_good_values_when_checked_then_they_come_back_clean() -> None:
    assert all_checked(name=lambda: one_line(" Kari  Lunde ", "name", "the name")) == {"name": "Kari Lunde"}


def test_given_several_faults_when_checked_then_the_first_is_raised_and_carries_the_others() -> None:
    with pytest.raises(Invalid, match="the name is empty") as raised:
        all_checked(name=lambda: one_line("", "name", "the name"), address=lambda: mail_address("kari"), word=lambda: "godt")
    assert [(one.field, one.code) for one in raised.value.all] == [("name", "empty"), ("address", "no_address")]


def test_given_checks_within_checks_when_refused_then_each_fault_is_there_once() -> None:
    faults = Faults()
    faults.check(lambda: all_checked(a=lambda: one_line("", "a", "a"), b=lambda: one_line("", "b", "b")), {})
    assert faults.check(lambda: one_line("", "c", "c"), "else") == "else"
    with pytest.raises(Invalid) as raised:
        faults.refuse()
    assert [one.field for one in raised.value.all] == ["a", "b", "c"]
    assert [one.others for one in raised.value.others] == [(), ()]
