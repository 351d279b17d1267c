"""`mailgate demo` on a terminal; what it shows is in tests/e2e/test_demo.py."""

from __future__ import annotations

import sys

import pytest

from mailgate.cli import demo


@pytest.mark.parametrize(("on_terminal", "columns", "width"), [(True, 80, 80), (True, 200, 100), (False, 80, 100)])
def test_given_a_terminal_when_the_demo_is_shown_then_it_is_no_wider(
    monkeypatch: pytest.MonkeyPatch, on_terminal: bool, columns: int, width: int
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: on_terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    assert demo.screen().width == width
