"""The files of the repository, for tests that look at sources: what git tracks, as it is in the working tree."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]


def tracked(*paths: str) -> list[Path]:
    """What git tracks below these paths (all, when none is given), relative to the root; links count as what they are."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--", *paths]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(name) for name in listed.stdout.split("\0") if name and os.path.lexists(ROOT / name)]
