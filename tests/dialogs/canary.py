"""Runs the dialogues 1 to 20 against the newest release of aiosmtpd, in a virtual environment that is thrown away.

    python -m tests.dialogs.canary

The product pins aiosmtpd, because it replaces parts of it. This tells in time when a new release moves one of them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
WHICH = " or ".join(f"a{number:02d}" for number in (*range(1, 21), 41, 42, 43, 51, 52))


def main() -> int:
    """The exit code of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        pinned = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.lower().startswith("aiosmtpd")]
        loose = Path(folder) / "constraints.txt"
        loose.write_text("\n".join(pinned))
        install = [python, "-m", "pip", "install", "--quiet", "--constraint", str(loose), "--upgrade", "aiosmtpd", f"{ROOT}[dev]"]
        subprocess.run(install, check=True)
        return subprocess.run([python, "-m", "pytest", "tests/dialogs", "-q", "-k", WHICH], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
