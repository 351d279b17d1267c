"""Debian's Chromium, driven by Playwright. Nothing is downloaded: the browser comes from tests/packages.txt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.desks.office import open_office
from tests.support.desks.site import SiteUnderTest, serve

CHROMIUM = [Path("/usr/lib/chromium") / name for name in ("chromium-headless-shell", "chromium")]
"""The first that is installed is used: the browser without windows takes half the processor time."""
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; each test has contexts of its own."""
    program = next((path for path in CHROMIUM if path.exists()), None)
    assert program, "Chromium is missing: run deploy/test-packages.sh"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteUnderTest]:
    """See `SiteUnderTest`."""
    with open_office(tmp_path) as office, serve(office.app) as port:
        yield SiteUnderTest(office, port)
