"""How people are named to other customers. In: a contact, and the names that are ours. Out: a name. Pure.

A name that is registered is shown, never one like the company's or an agent's: a participant could be taken for us.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from mailgate.alike import ALIKE_IN_NAMES
from mailgate.cases.model import Contact

_TURNED = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Controls of direction: a name with them reads otherwise than it is written."""
HELD_MIN_CHARS = 4
"""Shorter names of ours (`Eva`) stand in many others; those are only compared as a whole."""


def registered_name(contact: Contact, reserved: Collection[str]) -> str:
    """The contact's registered name; "" when there is none, or one that is or, unless that is short, holds one of the `reserved` names."""
    name = _compared(contact.name)
    return "" if not name or _TURNED.search(contact.name) or any(_is_like(name, own) for own in map(_compared, reserved)) else contact.name


def shown_name(contact: Contact, reserved: Collection[str]) -> str:
    """How mail to others names a contact: by the registered name, else by the address."""
    return registered_name(contact, reserved) or contact.address


def _is_like(name: str, own: str) -> bool:
    return own == name or (len(own) >= HELD_MIN_CHARS and own in name)


@lru_cache(1024)
def _compared(name: str) -> str:
    """A name without case, accents, spaces and signs, each letter as what it looks like."""
    plain = unicodedata.normalize("NFKD", name).casefold().translate(ALIKE_IN_NAMES).translate(ALIKE_IN_NAMES)
    return "".join(sign for sign in plain if sign.isalnum())
