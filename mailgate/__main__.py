"""`python -m mailgate` is the command `mailgate`."""

from __future__ import annotations

from mailgate.cli import main

raise SystemExit(main())
