"""Forms: decoded, kept when they are wrong, and sent once. In: a request's fields. Out: text per field, files, and a token that is ours.

The token is `nonce.mac`, the MAC over session and nonce: it proves that the form came from a page of ours (CSRF) and, with what was typed,
names the submission, so that a double click makes one comment, and the same form with other words makes another.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailgate.errors import Invalid

TOKEN_FIELD = "form_token"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser sent it. `content_type` is what the sender says."""

    field: str
    filename: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in, as typed. Of a field that came twice the last value counts; `lists` has all of them."""

    fields: Mapping[str, str] = field(default_factory=dict)
    uploads: Sequence[Upload] = ()
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def chars(self) -> int:
        """How much text there is in all fields."""
        return sum(len(value) for value in self.fields.values())

    def text(self, name: str) -> str:
        """A field's text, "" when it was not sent."""
        return self.fields.get(name, "")

    def texts(self, name: str) -> Sequence[str]:
        """All values of a field, such as of boxes that were ticked."""
        return self.lists.get(name, ())

    def number(self, name: str) -> int | None:
        """A whole number, None when it is none."""
        value = self.fields.get(name, "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None

    def files(self, name: str) -> list[Upload]:
        """The files of a field; an empty file input sends one without a name."""
        return [one for one in self.uploads if one.field == name and one.filename]

    def submission(self) -> str:
        """A hash that names this submission of this form with these words and files."""
        digest = hashlib.sha256()
        several = [(name, value) for name, values in self.lists.items() for value in values if len(values) > 1]
        for name, value in sorted([*self.fields.items(), *several]):
            digest.update(f"{len(name)}:{name}{len(value.encode('utf-8', 'replace'))}:{value}".encode("utf-8", "replace"))
        for one in self.uploads:
            digest.update(hashlib.sha256(one.content).digest() + one.filename.encode("utf-8", "replace"))
        return digest.hexdigest()


def named(errors: Sequence[Invalid], fields: Mapping[str, str]) -> tuple[Invalid, ...]:
    """The same faults at the fields of this form, which may have other names for them."""
    return tuple(Invalid(fields.get(one.field, one.field), one.code, str(one), **one.values) for one in errors)


def is_one_click(form: Form) -> bool:
    """Whether a mail program sends what RFC 8058 (section 3.2) has it send."""
    return form.text("List-Unsubscribe") == "One-Click"


def form_token(secret: str) -> str:
    """A fresh token for a form shown to the holder of this secret (a session's or visitor's cookie)."""
    nonce = secrets.token_urlsafe(12)
    return f"{nonce}.{_mac(secret, nonce)}"


def is_own_token(secret: str, token: str) -> bool:
    """Whether a token was made for the holder of this secret. Checked in constant time."""
    nonce, _, mac = token.partition(".")
    return bool(secret) and hmac.compare_digest(_mac(secret, nonce).encode(), mac.encode("utf-8", "replace"))


def _mac(secret: str, nonce: str) -> str:
    return hmac.new(secret.encode(), f"form {nonce}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]
