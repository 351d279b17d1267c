"""The pages with everybody who may come to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.desks.crawl import Scene, make_scene
from tests.support.desks.office import open_office
from tests.support.desks.site import Visitor, serve


@dataclass(frozen=True)
class Crawl:
    """A scene and the port where its pages are."""

    scene: Scene
    port: int

    def visitor(self, kind: str) -> Visitor:
        """Somebody of this kind, with a fresh session."""
        return self.scene.visitor(kind, self.port)


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawl]:
    """For all tests of a module, which therefore rely on nothing that another one changes."""
    with open_office(Path(tmp_path_factory.mktemp("crawl"))) as office, serve(office.app) as port:
        yield Crawl(make_scene(office), port)
