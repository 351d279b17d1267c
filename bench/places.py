"""Where benchmarks work: a folder on the disk of this tree, made again and taken away. Never a RAM disk: flushes must cost."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"


@contextlib.contextmanager
def folder(name: str) -> Iterator[Path]:
    """An empty folder for the block."""
    BUILD.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=BUILD))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
