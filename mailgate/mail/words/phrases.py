"""Many phrases sought in one pass. In: phrases and a text. Out: the first phrase that stands in it. Pure; linear in the text (RE2)."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import re2

_MAX_AUTOMATON_BYTES = 32 * 1024 * 1024
"""A bound, not a size: the automaton grows with what is read. With less, RE2 falls back to a slower way for thousands of phrases."""


class Phrases(tuple[str, ...]):
    """Phrases in lower case with single blanks. A loop over hundreds of them would cost more than all the rest of reading a mail."""

    @cached_property
    def _pattern(self) -> Any:
        options = re2.Options()
        options.max_mem = _MAX_AUTOMATON_BYTES
        return re2.compile("|".join(re2.escape(one) for one in sorted(self, key=len, reverse=True)), options)

    def first(self, text: str) -> str:
        """The leftmost phrase in `text` (lower case, blanks single), "" when none stands in it."""
        found = self._pattern.search(text)
        return str(found.group()) if found else ""
