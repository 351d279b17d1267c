"""Makes the case file of a mail that was read wrong. In: the raw mail, a secret key. Out: a mail of the same structure, anonymised. Pure.

Kept: the MIME structure, field names, boundaries, transfer encodings, line breaks, quote marks, the words that the reading looks at.
Replaced: everything else, see `pseudonyms`. Attached files become zeros of the same length behind their first bytes, which tell their type.
It must never leave a byte of a file, or a word that is not on the reading's lists.
"""

from __future__ import annotations

import base64
import binascii
import json
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from urllib.parse import quote, unquote

from mailgate.mail.anonymous import markup
from mailgate.mail.anonymous.pseudonyms import Pseudonyms
from mailgate.mail.anonymous.vocabulary import ROLES
from mailgate.mail.limits import DEFAULT_LIMITS, Ours
from mailgate.mail.mime import prescan
from mailgate.mail.mime.charset import codec_name, decode
from mailgate.mail.mime.headers import read_section
from mailgate.mail.mime.structure import Part, Tree, build
from mailgate.mail.model import Envelope, Mail
from mailgate.mail.read import read

FIELD = "X-Mailgate-Report"
_FIELD = re.compile(rb"([!-9;-~]{1,100}[ \t]*:)((?:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*))")
_ENCODED = re.compile(r"=\?([\w.*:-]+)\?([bq])\?([^?\s]*)\?=", re.IGNORECASE)
_NAME = re.compile(r"""((?:file)?name(?:\*\d+)?\*?=)("[^"]*"|[^;\s]*)""", re.IGNORECASE)
_STRUCTURAL = (b"mime-version", b"content-transfer-encoding", b"content-type", b"content-disposition")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MAGIC_BYTES = 8
_BASE64_LINE = 76


@dataclass(frozen=True, slots=True)
class CaseFile:
    """`raw`: the anonymised mail, on top a field that says how the mail was read. `read`, `was_read`: `shape` of it and of the mail."""

    raw: bytes
    was_read: dict[str, object]
    read: dict[str, object]

    @property
    def is_faithful(self) -> bool:
        """Whether the anonymised mail is read in the same way, so that it shows the same fault."""
        return self.read == self.was_read


def anonymised(raw: bytes, key: bytes, ours: Ours, envelope: Envelope | None = None) -> CaseFile:
    """The case file of `raw`. `key`: random bytes, thrown away afterwards. Never raises on content."""
    mail = read(raw, ours=ours, envelope=envelope)
    names = Pseudonyms(key, _names(mail), mail.date.year if mail.date else None)
    other_ours = Ours(
        frozenset(map(names.address, ours.addresses)),
        frozenset(map(names.domain, ours.domains)),
        frozenset(map(names.domain, ours.message_id_domains)),
        frozenset(map(names.domain, ours.loop_values)),
    )
    path = envelope and Envelope(
        envelope.reverse_path and names.address(envelope.reverse_path), tuple(map(names.address, envelope.recipients))
    )
    found = b"".join([_note(mail, other_ours, path), *_pieces(raw, names)])
    return CaseFile(found, shape(mail), shape(read(found, ours=other_ours, envelope=path)))


def _note(mail: Mail, ours: Ours, envelope: Envelope | None) -> bytes:
    """The field on top: what a developer needs to read the mail as it was read here."""
    known: dict[str, object] = {"read": shape(mail), "our_addresses": sorted(ours.addresses), "our_domains": sorted(ours.domains)}
    if envelope:
        known |= {"mail_from": envelope.reverse_path, "rcpt_to": list(envelope.recipients)}
    return FIELD.encode() + b": " + json.dumps(known).replace(", ", ",\r\n ").encode() + b"\r\n"


def shape(mail: Mail) -> dict[str, object]:
    """How a mail is read, without a word of it: the lines of each part and what was found."""
    reply = mail.reply
    lines = {part: len(getattr(reply, part).splitlines()) for part in ("text", "signature", "quoted")}
    files = [one.disposition for one in mail.attachments]
    return {"kind": mail.kind, **lines, "thanks_only": reply.thanks_only, "forwarded": reply.forwarded, "files": files}


def _names(mail: Mail) -> frozenset[str]:
    """Words that name the people of the mail, in lower case."""
    people = [one for one in (mail.author, *mail.reply_to, *mail.to, *mail.cc) if one]
    found = {word.lower() for one in people for word in _WORD.findall(one.name + " " + one.address.rpartition("@")[0])}
    return frozenset(found - ROLES)


def _pieces(raw: bytes, names: Pseudonyms) -> Iterator[bytes]:
    """Headers, delimiters and bodies in order. A body that is not found again is treated as a header, where every word is replaced."""
    scan = prescan.scan(raw, DEFAULT_LIMITS)
    tree = build(scan, read_section(scan.header, DEFAULT_LIMITS), DEFAULT_LIMITS)
    at = 0
    for part in tree.leaves:
        start = _start(raw, part.body, at)
        if start < 0 or not part.body:
            continue
        yield _between(raw[at:start], names)
        yield _body(tree, part, names)
        at = start + len(part.body)
    yield _between(raw[at:], names)


def _start(raw: bytes, body: bytes, at: int) -> int:
    for blank_line in (b"\r\n\r\n", b"\n\n"):
        found = raw.find(blank_line + body, max(0, at - 1))
        if found >= 0:
            return found + len(blank_line)
    return raw.find(body, at)


def _between(section: bytes, names: Pseudonyms) -> bytes:
    """Header sections, delimiters, preambles: lines that open with `--` stay, fields keep their names, all else is text."""
    found, at = [], 0
    while at < len(section):
        field = _FIELD.match(section, at)
        end = field.end() if field else section.find(b"\n", at) + 1 or len(section)
        line = section[at:end]
        if field:
            found.append(field[1] + _field(field[1][:-1].strip().lower(), field[2], names))
        else:
            found.append(line if line.startswith(b"--") else _plain(line, names))
        at = end
    return b"".join(found)


def _field(name: bytes, value: bytes, names: Pseudonyms) -> bytes:
    text = value.decode("utf-8", "surrogateescape")
    if name in _STRUCTURAL:
        text = _NAME.sub(lambda found: found[1] + _file_name(found[2], names), text)
    else:
        text = "".join(piece if index % 2 else names.text(piece) for index, piece in enumerate(_split_encoded(text, names)))
    return text.encode("utf-8", "surrogateescape")


def _split_encoded(text: str, names: Pseudonyms) -> Iterator[str]:
    """Alternately the text between encoded words, and an encoded word (RFC 2047) that is already anonymised."""
    at = 0
    for found in _ENCODED.finditer(text):
        yield text[at : found.start()]
        yield _encoded_word(found, names)
        at = found.end()
    yield text[at:]


def _encoded_word(found: re.Match[str], names: Pseudonyms) -> str:
    codec = codec_name(found[1].partition("*")[0]) or "latin-1"
    try:
        ((content, _),) = decode_header(found.group())
    except (HeaderParseError, binascii.Error, ValueError):
        return "=?utf-8?q?x?="
    data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    other = names.text(data.decode(codec, "replace")).encode(codec, "replace")
    if found[2].lower() == "b":
        return f"=?{found[1]}?{found[2]}?{base64.b64encode(other).decode()}?="
    coded = "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else "_" if byte == 32 else f"={byte:02X}" for byte in other)
    return f"=?{found[1]}?{found[2]}?{coded}?="


def _file_name(value: str, names: Pseudonyms) -> str:
    quoted = value.startswith('"')
    inner = value.strip('"')
    if _ENCODED.search(inner):
        other = "".join(piece if index % 2 else names.text(piece) for index, piece in enumerate(_split_encoded(inner, names)))
    elif "%" in inner:
        charset, mark, coded = inner.rpartition("'")
        other = charset + mark + quote(names.text(unquote(coded)))
    else:
        stem, dot, ending = inner.rpartition(".")
        other = names.text(stem) + dot + ending if dot and len(ending) <= len("xhtml") else names.text(inner)
    return f'"{other}"' if quoted else other


def _plain(data: bytes, names: Pseudonyms) -> bytes:
    return names.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _body(tree: Tree, part: Part, names: Pseudonyms) -> bytes:
    content = tree.content(part)
    if part.content_type.startswith(("text/", "message/")):
        other = _text(part, content, names)
    else:
        other = content[:_MAGIC_BYTES] + bytes(max(0, len(content) - _MAGIC_BYTES))
    return _transferred(part, other)


def _text(part: Part, content: bytes, names: Pseudonyms) -> bytes:
    if part.content_type.startswith("message/"):
        return _between(content, names)
    declared = part.params.get("charset", "")
    text, defect = decode(content, declared)
    is_html = part.content_type == "text/html"
    other = markup.anonymised(text, names) if is_html else names.text(text)
    codec = codec_name(declared) if declared and not defect else _codec_of(content)
    return other.encode(codec or "utf-8", "xmlcharrefreplace" if is_html else "replace")


def _codec_of(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _transferred(part: Part, content: bytes) -> bytes:
    """In the part's own transfer encoding, with its own line ends."""
    end = b"\r\n" if b"\r\n" in part.body else b"\n"
    tail = part.body[len(part.body.rstrip(b"\r\n")) :]
    if part.encoding == "base64":
        coded = base64.b64encode(content)
        return end.join(coded[at : at + _BASE64_LINE] for at in range(0, len(coded), _BASE64_LINE)) + tail
    if part.encoding == "quoted-printable":
        coded = quopri.encodestring(content.replace(b"\r\n", b"\n")).replace(b"\n", end)
        return coded.rstrip(b"\r\n") + tail
    return content
