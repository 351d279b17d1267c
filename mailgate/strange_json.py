"""JSON that somebody else wrote: a cursor in an address, an answer of a provider. In: text. Out: its value, or ValueError. Pure.

`json.loads` raises RecursionError for brackets in brackets, which no caller expects.
"""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """The value. Raises ValueError for whatever is no JSON, or is nested too deep to be read."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("this JSON is nested too deep") from None
