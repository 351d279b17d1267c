"""mailgate with groups of one: each mail has a commit of its own. Only for the comparison in `flush`; takes mailgate's own arguments."""

from __future__ import annotations

import sys

from mailgate.cli import main
from mailgate.inbound.smtp import journal

journal.GROUP_MAX = 1

if __name__ == "__main__":
    sys.argv[0] = "mailgate"
    sys.exit(main())
