"""Signs our mails (DKIM, RFC 6376 and 8463). In: composed bytes with CRLF, private keys. Out: the same below signature fields. Pure.

Both parts are canonicalised `relaxed`, so that a relay which folds anew or trims spaces breaks nothing. No `l=`: what is added below a mail
breaks the signature. Fields that would change what a reader sees are signed once more than they occur, so that none can be added.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

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
_PADDING, _HASHED = PKCS1v15(), Prehashed(SHA256())
_SIGNED = tuple((name, name.lower().encode(), name in OVERSIGNED) for name in (*OVERSIGNED, *SIGNED_IF_THERE))
"""Name, the same in lower case, and whether it is signed once more than it occurs."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the selector below which its public half is published. `algorithm`: the value of `a=`."""

    selector: str
    private: PrivateKey = field(repr=False)
    algorithm: Literal["rsa-sha256", "ed25519-sha256"] = field(init=False)
    sign: Callable[[bytes], bytes] = field(init=False, repr=False, compare=False)
    """The signature of a SHA-256 digest. RFC 8463 section 3: Ed25519 signs the digest, too."""

    def __post_init__(self) -> None:
        private = self.private
        if isinstance(private, RSAPrivateKey):
            object.__setattr__(self, "algorithm", "rsa-sha256")
            object.__setattr__(self, "sign", lambda digest: private.sign(digest, _PADDING, _HASHED))
        else:
            object.__setattr__(self, "algorithm", "ed25519-sha256")
            object.__setattr__(self, "sign", private.sign)


def signed(raw: bytes, domain: str, keys: Sequence[SigningKey], signed_at_s: int) -> bytes:
    """`raw` with one DKIM-Signature field for each key on top, in their order. `signed_at_s`: Unix time for `t=`."""
    head, _, body = raw.partition(b"\r\n\r\n")
    names, covered = _covered(head)
    body_hash = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest())
    end = b" t=%d; bh=%b;" % (signed_at_s, body_hash)
    on_top = b""
    for key in keys:
        begin, canonical = _begin(key.algorithm, domain, key.selector, names)
        digest = hashlib.sha256(b"%b\r\n%b%b b=" % (covered, canonical, end)).digest()
        on_top += b"%b\r\n%b\r\n b=%b\r\n" % (begin, end, _wrapped(base64.b64encode(key.sign(digest))))
    return on_top + raw


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376 section 3.4.4: no spaces at line ends, one space for many, no empty lines at the end."""
    spaced = max(body.rfind(b" "), body.rfind(b"\t")) + len(b" \r\n")  # what follows, such as a file in base64, is as it should be
    head = body[:spaced]
    if b"\t" in head or b"  " in head.replace(b"\r", b" "):  # else no line has anything to mend, which is usual
        body = _single_spaced(head).replace(b" \r\n", b"\r\n") + body[spaced:]
    end = len(body) - body.endswith(b" ")
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    if not end:
        return b""
    return body[: end + 2] if body.startswith(b"\r\n", end) else body[:end] + b"\r\n"


def relaxed_head(head: bytes) -> list[tuple[bytes, bytes]]:
    """RFC 6376 section 3.4.2: name in lower case and value of each field, the value unfolded and with one space for many, no CRLF."""
    return [(name.strip().lower(), value.strip(b" ")) for name, _, value in _fields(head)]


def _fields(head: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """Name, colon and unfolded value of each field, with one space for many."""
    unfolded = _single_spaced(head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" "))
    return [line.partition(b":") for line in unfolded.split(b"\r\n")]


def _single_spaced(text: bytes) -> bytes:
    """One space for any number of spaces and tabs.

    In time linear to the size, times the logarithm of the longest run of spaces. A pattern takes fifteen times as long.
    """
    tidy = text.replace(b"\t", b" ")
    while b"  " in tidy:
        tidy = tidy.replace(b"  ", b" ")
    return tidy


def _covered(head: bytes) -> tuple[Sequence[str], bytes]:
    """The lines of `h=`, and the canonical fields that its names stand for, in their order."""
    fields = _fields(head)
    lines, places = _chosen(tuple([name for name, _, _ in fields]))
    return lines, b"\r\n".join([begin + fields[place][2].strip(b" ") for begin, place in places])


@lru_cache(maxsize=256)
def _chosen(present: tuple[bytes, ...]) -> tuple[Sequence[str], Sequence[tuple[bytes, int]]]:
    """The lines of `h=` for fields of these names, and the places of those that are signed, each with the canonical beginning of its field;
    the last of a name first (section 5.4.2).

    Our mails have few different sets of fields.
    """
    of_name = [name.strip().lower() for name in present]
    found = {wanted: [place for place, name in enumerate(of_name) if name == wanted][::-1] for _, wanted, _ in _SIGNED}
    names = [name for name, wanted, more in _SIGNED for _ in range(len(found[wanted]) + more)]
    return _folded_names(names), [(wanted + b":", place) for _, wanted, _ in _SIGNED for place in found[wanted]]


@lru_cache(maxsize=256)
def _begin(algorithm: str, domain: str, selector: str, names: Sequence[str]) -> tuple[bytes, bytes]:
    """What the signature fields of many mails have in common, folded and canonical. `names`: the lines of `h=`."""
    folded = "\r\n".join([f"DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed; d={domain};", f" s={selector};", *names]).encode()
    return folded, b"%b:%b" % relaxed_head(folded)[0]


def _folded_names(names: Sequence[str]) -> Sequence[str]:
    lines, line = [], " h="
    for number, name in enumerate(names):
        word = name + (";" if number == len(names) - 1 else ":")
        if len(line) + len(word) > LINE_CHARS:
            lines.append(line)
            line = "  "
        line += word
    return (*lines, line)


def _wrapped(text: bytes) -> bytes:
    first = LINE_CHARS - len(" b=")
    return b"\r\n  ".join([text[:first], *(text[at : at + LINE_CHARS - 2] for at in range(first, len(text), LINE_CHARS - 2))])
