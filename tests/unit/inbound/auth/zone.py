"""A DNS of a test's own, in memory. In: (name, type) -> values, or why there is no answer. Out: a `Dns` that counts what it is asked."""

from __future__ import annotations

from collections.abc import Mapping

from mailgate.inbound.auth.resolver import DnsTrouble, Kind, Values

Answers = Mapping[tuple[str, str], tuple[object, ...] | str]


class Zone:
    """Texts instead of values are the reason why nothing is answered."""

    def __init__(self, answers: Answers) -> None:
        self._answers = {(name.lower(), kind): values for (name, kind), values in answers.items()}
        self.asked: list[tuple[str, str]] = []

    def ask(self, name: str, kind: Kind, within_s: float) -> Values:
        """See Dns."""
        self.asked.append((name, kind))
        if within_s <= 0:
            raise DnsTrouble("no time is left")
        found = self._answers.get((name.lower().rstrip("."), kind), ())
        if isinstance(found, str):
            raise DnsTrouble(found)
        return found
