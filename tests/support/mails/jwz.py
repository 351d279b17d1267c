"""The threading algorithm of Jamie Zawinski (https://www.jwz.org/doc/threading.html), steps 1 to 4: how most mail readers find threads.

In: mails as bytes, in the order in which they are found. Out: the sets of Message-IDs that belong together. Without step 5, which joins by
subject what the references did not: mail of ours must not need it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy

_ID = re.compile(r"<([^<>\s]+)>")
_PREFIX = re.compile(r"^(?:\s*(?:re|sv|vs|fwd?|vb)\s*(?:\[\d+\])?:)+\s*", re.IGNORECASE)


@dataclass
class _Container:
    name: str
    has_message: bool = False
    parent: _Container | None = None
    children: list[_Container] = field(default_factory=list)

    def under(self, other: _Container | None) -> bool:
        """Whether `other` is this one or above it."""
        at: _Container | None = self
        while at is not None and at is not other:
            at = at.parent
        return at is not None


def _link(parent: _Container, child: _Container) -> None:
    if child.parent is not None:
        child.parent.children.remove(child)
    child.parent = parent
    parent.children.append(child)


def threads(mails: Sequence[bytes]) -> list[set[str]]:
    """Each thread as the Message-IDs of its mails."""
    table: dict[str, _Container] = {}

    def container(name: str) -> _Container:
        return table.setdefault(name, _Container(name))

    for raw in mails:
        head = message_from_bytes(raw, policy=policy.compat32)
        (name,) = _ID.findall(head["Message-ID"])
        own = container(name)
        own.has_message = True
        references = _ID.findall(head["References"] or "") or _ID.findall(head["In-Reply-To"] or "")[:1]
        above: _Container | None = None
        for reference in references:
            one = container(reference)
            if above is not None and one.parent is None and not above.under(one):
                _link(above, one)
            above = one
        if own.parent is not None:  # step 1 C: what was presumed from other mails gives way to what the mail itself says
            own.parent.children.remove(own)
            own.parent = None
        if above is not None and not above.under(own):
            _link(above, own)
    tops = [one for one in table.values() if one.parent is None]
    found = [_mails(top) for top in tops]
    return [one for one in found if one]


def _mails(top: _Container) -> set[str]:
    below = [_mails(child) for child in top.children]
    return ({top.name} if top.has_message else set()).union(*below)


def base_subject(raw: bytes) -> str:
    """The subject without the words of replies, which Gmail and Outlook compare."""
    return _PREFIX.sub("", str(message_from_bytes(raw, policy=policy.default)["Subject"]))
