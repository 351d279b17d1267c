"""`mailgate demo` tells the whole story on a machine with nothing set up, and says by its exit code whether it came out right."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.processes.gateway import PROGRAM


def test_given_an_empty_folder_when_the_demo_is_run_then_it_exits_0_and_shows_mails_and_ledger(tmp_path: Path) -> None:
    done = subprocess.run([*PROGRAM, "demo"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("redirected", "commented", "noted", "550 5.1.1", "balanced   │ yes"):
        assert word in done.stdout, f"{word!r} is not shown:\n{done.stdout}"
    assert "Traceback" not in done.stdout + done.stderr
