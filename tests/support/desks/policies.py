"""Policy documents for tests."""

from __future__ import annotations

from mailgate.runtime.active_policy import shipped


def unhurried() -> str:
    """The built-in policy, but every change is a notice of its own at once."""
    text = shipped().replace("window_s: 10 ", "window_s: 0 ")
    assert text != shipped()
    return text
