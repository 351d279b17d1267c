"""Finds the web addresses in what people wrote, for pages and mails that make links of them. In: text. Out: its runs, in order. Pure.

Only http and https count. A full stop or bracket at the end belongs to the sentence, not to the address. Linear in the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

_ADDRESS = re.compile(r"https?://[^\s<>\"'`\\^{|}\x00-\x20\x7f]{1,1500}")
_TRAILING = ".,;:!?)]»"


def web_addresses(text: str) -> Iterator[tuple[int, str]]:
    """Where each address begins, and the address."""
    return ((match.start(), match.group().rstrip(_TRAILING)) for match in _ADDRESS.finditer(text))


def runs(text: str, most: int | None = None) -> Iterator[tuple[str, str]]:
    """The text in parts (words, the address behind them); the last part has no address. At most `most` addresses are parted off."""
    end = 0
    for start, address in islice(web_addresses(text), most):
        yield text[end:start], address
        end = start + len(address)
    yield text[end:], ""
