"""Every script of the folder `scripts` is a test of its own: `scripts/a01_x.txt` is `test_a01_x`. Numbers are of the list of attacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.dialogs.driver import Script
from tests.dialogs.server import LIMITS, Server

SCRIPTS = Path(__file__).parent / "scripts"


def _test_of(path: Path) -> Callable[[Callable[..., Server]], None]:
    def play(serve: Callable[..., Server]) -> None:
        script = Script(path)
        script.play(serve(limits=script.limits(LIMITS)))

    play.__doc__ = path.read_text().splitlines()[0].lstrip("# ")
    return play


for _path in sorted(SCRIPTS.glob("*.txt")):
    globals()[f"test_{_path.stem}"] = _test_of(_path)


def test_given_the_folder_of_scripts_then_none_is_left_out() -> None:
    assert len(list(SCRIPTS.glob("*.txt"))) >= 30
    assert all(f"test_{path.stem}" in globals() for path in SCRIPTS.iterdir()), "a file that is no script"
