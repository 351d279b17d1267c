"""The pages on a real socket, over an office with two companies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.desks.office import open_office
from tests.support.desks.site import SiteUnderTest, serve


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SiteUnderTest]:
    """See `SiteUnderTest`."""
    with open_office(tmp_path) as office, serve(office.app) as port:
        yield SiteUnderTest(office, port)


@pytest.fixture
def required_site(tmp_path: Path) -> Iterator[SiteUnderTest]:
    """The same, where staff must have a second factor."""
    settings = '[web]\nstaff_second_factor = "required"\n'
    with open_office(tmp_path, settings) as office, serve(office.app) as port:
        yield SiteUnderTest(office, port)
