"""flanker's address list parser behind a fence. In: short, bounded text. Out: addresses. Loaded on first use only.

Three things are fenced off: its log lines (they hold what strangers wrote), its exceptions, and its price at import (0.2 s), which plain
ASCII mail never pays. flanker's own `address.parse` is not used: of two addresses it takes the last.
"""

from __future__ import annotations

import logging
import threading
import warnings
from functools import lru_cache
from typing import Any

_SILENCED = {
    "flanker.addresslib._parser.parser": logging.ERROR,
    "flanker.addresslib._parser.lexer": logging.CRITICAL,
    "flanker.addresslib.address": logging.CRITICAL,
    "flanker.mime.message.headers.encodedword": logging.CRITICAL,
}
MAX_LIST_CHARS = 16_384
_ONE_AT_A_TIME = threading.Lock()
"""The generated parser keeps its stacks on itself: two threads in it would mix their addresses."""


@lru_cache(maxsize=1)
def _parser() -> Any:
    """The parser. The levels are set before the import and again after it, since the import logs and resets."""
    for name, level in _SILENCED.items():
        logging.getLogger(name).setLevel(level)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from flanker.addresslib import address
    for name, level in _SILENCED.items():
        logging.getLogger(name).setLevel(level)
    return address


def parse_list(text: str) -> list[tuple[str, str]]:
    """(display name, address) of each mailbox in an address list; empty when the list breaks the grammar or is too long."""
    if len(text) > MAX_LIST_CHARS:
        return []
    try:
        with _ONE_AT_A_TIME:
            found = _parser().parse_list(text)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError, AssertionError, SyntaxError):
        return []
    return [(str(one.display_name), str(one.address)) for one in found if hasattr(one, "display_name")]
