"""What tests of several rooms use."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from mailgate import log


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Where the log writes meanwhile, as JSON from `info` on."""
    stream = io.StringIO()
    log.configure("info", "json", stream)
    yield stream
    log.configure("warning", "console")
