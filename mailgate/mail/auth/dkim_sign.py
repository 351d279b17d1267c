"""Signs our mails (DKIM, RFC 6376 and 8463). In: composed bytes with CRLF, private keys. Out: the same below signature fields. Pure.

Both parts are canonicalised `relaxed`, so that a relay which folds anew or trims spaces breaks nothing. No `l=`: what is added below a mail
breaks the signature. Fields that would change what a reader sees are signed once more than they occur, so that none can be added.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

OVERSIGNED = (
    "From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
)  # fmt: skip
SIGNED_IF_THERE = (
    "Content-Language", "Content-Disposition", "List-Unsubscribe", "List-Unsubscribe-Post", "X-Auto-Response-Suppress", "X-Mailgate-Loop",
)  # fmt: skip
LINE_CHARS = 74
PrivateKey = RSAPrivateKey | Ed25519PrivateKey
_WSP = re.compile(rb"[ \t]+")
_SIGNED = tuple((name, name.lower().encode(), name in OVERSIGNED) for name in (*OVERSIGNED, *SIGNED_IF_THERE))
"""Name, the same in lower case, and whether it is signed once more than it occurs."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the selector below which its public half is published."""

    selector: str
    private: PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        """The value of `a=`."""
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, digest: bytes) -> bytes:
        """The signature of a SHA-256 digest. RFC 8463 section 3: Ed25519 signs the digest, too."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, PKCS1v15(), Prehashed(SHA256()))
        return self.private.sign(digest)


def signed(raw: bytes, domain: str, keys: Sequence[SigningKey], signed_at_s: int) -> bytes:
    """`raw` with one DKIM-Signature field for each key on top, in their order. `signed_at_s`: Unix time for `t=`."""
    head, blank, body = raw.partition(b"\r\n\r\n")
    names, covered = _covered(_fields(head))
    body_hash = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
    on_top = b""
    for key in keys:
        unsigned = _field(key, domain, signed_at_s, names, body_hash)
        digest = hashlib.sha256(covered + relaxed_field(*_split(unsigned.encode())).removesuffix(b"\r\n")).digest()
        on_top += f"{unsigned}{_wrapped(base64.b64encode(key.sign(digest)).decode())}\r\n".encode()
    return on_top + head + blank + body


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 section 3.4.4: no spaces at line ends, one space for many, no empty lines at the end.

    In time linear to the size, times the logarithm of the longest run of spaces. A pattern takes fifteen times as long.
    """
    tidy = body.replace(b"\t", b" ")
    while b"  " in tidy:
        tidy = tidy.replace(b"  ", b" ")
    tidy = tidy.replace(b" \r\n", b"\r\n")
    end = len(tidy) - tidy.endswith(b" ")
    while tidy.endswith(b"\r\n", 0, end):
        end -= 2
    return tidy[:end] + b"\r\n" if end else b""


def relaxed_field(name: bytes, value: bytes) -> bytes:
    """RFC 6376 section 3.4.2: lower-case name, unfolded value with one space for many, CRLF."""
    return name.strip().lower() + b":" + _WSP.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ") + b"\r\n"


def _fields(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and value of each field, still folded."""
    for text in re.split(rb"\r\n(?![ \t])", head):
        yield _split(text)


def _split(text: bytes) -> tuple[bytes, bytes]:
    name, _, value = text.partition(b":")
    return name, value


def _covered(fields: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, ...], bytes]:
    """The names for `h=`, and the canonical bytes of the fields that they stand for, the last of a name first (section 5.4.2)."""
    found: dict[bytes, list[bytes]] = {wanted: [] for _, wanted, _ in _SIGNED}
    for name, value in fields:
        of_name = found.get(name.strip().lower())
        if of_name is not None:
            of_name.append(relaxed_field(name, value))
    names = tuple(name for name, wanted, more in _SIGNED for _ in range(len(found[wanted]) + more))
    return names, b"".join(one for _, wanted, _ in _SIGNED for one in reversed(found[wanted]))


def _field(key: SigningKey, domain: str, signed_at_s: int, names: tuple[str, ...], body_hash: str) -> str:
    """The signature field up to and with `b=`, folded, without its final CRLF."""
    lines = [f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed; d={domain};", f" s={key.selector}; t={signed_at_s};"]
    return "\r\n".join([*lines, *_folded_names(names), f" bh={body_hash};", " b="])


@lru_cache(maxsize=256)
def _folded_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The lines of `h=`. Our mails have few different sets of fields."""
    lines, line = [], " h="
    for number, name in enumerate(names):
        word = name + (";" if number == len(names) - 1 else ":")
        if len(line) + len(word) > LINE_CHARS:
            lines.append(line)
            line = "  "
        line += word
    return (*lines, line)


def _wrapped(text: str) -> str:
    first = LINE_CHARS - len(" b=")
    parts = [text[:first], *(text[at : at + LINE_CHARS - 2] for at in range(first, len(text), LINE_CHARS - 2))]
    return "\r\n  ".join(parts)
