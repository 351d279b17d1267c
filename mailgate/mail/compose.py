"""Composes the mails that we send. In: a `ComposedMail` of values. Out: RFC 5322 bytes, CRLF line ends, 7bit safe.

Nothing given here can become a header, a line end or a boundary of its own: header values with control characters are refused, bodies are
encoded, or looked through where they go as they are. An own composer, because the library's costs 1 ms a mail, more than all the rest of
sending one.
"""

from __future__ import annotations

import binascii
import re
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import chain

from mailgate.errors import PermanentFailure
from mailgate.mail.encoded_words import WORD_MAX_CHARS, encoded_words
from mailgate.mail.model import Mailbox
from mailgate.mail.smtp_address import smtp_address

LINE_MAX_CHARS = 76  # RFC 2045 section 6.7 and RFC 2047 section 2; RFC 5322 section 2.1.1 wants 78 and demands 998
LINE_MAX_OCTETS = 998  # RFC 5322 section 2.1.1, without CRLF
TOKEN_MAX_CHARS = 60  # a longer one is encoded, so that its line can be folded
ID_MAX_CHARS = 900  # an id cannot be folded, and its line must stay under 998

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_FIELD_NAME = re.compile(r"[!-9;-~]+")
_MESSAGE_ID = re.compile(r"[!-;=?A-~]+@[!-;=?A-~]+")
_WEB_ADDRESS = re.compile(r"https://[!-;=?-~]{1,900}")
_UNPRINTABLE = re.compile(rb"[^\t\r\n -~]")
# What must not go as 7bit: a line that an mbox changes, that a bad relay takes for the end, or that looks like a boundary.
_UNSAFE_LINE = re.compile(rb"\n(?:From |\.|--=_)")
# References that HTML reads as something else: C1 controls (they stand for those of windows-1252) and halves of characters.
_UNSAFE_REFERENCE = re.compile(rb"&#(?:1[2-5]\d|5[5-7]\d{3});")
_BASE64_LINES = struct.Struct(f"{LINE_MAX_CHARS}s" * 64)
_EXTENDED_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_CONTENT_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")


class ComposeError(PermanentFailure):
    """A value that must never stand in a mail (a control character in a header, a malformed id). Names the field, not the value."""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """One file sent along. `content` is raw bytes; it goes out as base64 whatever its type.

    `content_id`, without brackets: what HTML names as `cid:` (RFC 2392).
    """

    filename: str
    content_type: str
    content: bytes
    content_id: str = ""


@dataclass(slots=True)
class ComposedMail:
    """What a mail is made of, filled in step by step.

    Text uses LF (CR and CRLF are taken as LF); ids are without angle brackets; `date` is aware.

    `fields` are further header fields in order, ASCII or text. An empty `html` gives a plain text mail. `inline`: pictures of the HTML.
    `unsubscribe`: an https address that takes a one-click POST (RFC 8058), "" for none.
    """

    author: Mailbox
    to: Mailbox
    subject: str
    text: str
    date: datetime
    message_id: str
    html: str = ""
    reply_to: Mailbox | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    language: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[AttachedFile, ...] = ()
    inline: tuple[AttachedFile, ...] = ()
    unsubscribe: str = ""


def compose(draft: ComposedMail) -> bytes:
    """The mail as bytes: every line ends with CRLF, header lines fold at 76 where they can, encoded body lines are at most 76 long.

    Deterministic: the same draft gives the same bytes. Raises ComposeError, or AddressRefused for an address that cannot be sent.
    RFC 5322 (form), RFC 2045 and 2046 (MIME), RFC 2047 (header words), RFC 6532 (only when a local part is not ASCII).
    """
    head = [
        _date_field(draft.date.replace(tzinfo=None), draft.date.utcoffset()),
        _mailbox_field("From", draft.author),
        _mailbox_field("To", draft.to),
    ]
    if draft.reply_to is not None:  # differs for each mail: not worth keeping
        head.append(_new_mailbox_field("Reply-To", draft.reply_to.address, draft.reply_to.name))
    head += [text_field("Subject", draft.subject), f"Message-ID: {_msg_id(draft.message_id)}"]
    if draft.in_reply_to:
        head.append(f"In-Reply-To: {_msg_id(draft.in_reply_to)}")
    if draft.references:
        head.append("References: " + "\r\n ".join(map(_msg_id, draft.references)))
    if draft.unsubscribe:
        head += _unsubscribe_fields(draft.unsubscribe)
    head += [text_field(name, value) for name, value in draft.fields]
    if draft.language:
        head.append(text_field("Content-Language", draft.language))  # RFC 3282
    head.append("MIME-Version: 1.0")
    return b"".join([("\r\n".join(head) + "\r\n").encode(), *_content(draft)])


@lru_cache(maxsize=64)
def _date_field(local: datetime, offset: timedelta | None) -> str:
    """All mails of a batch have the same date."""
    return f"Date: {format_datetime(local.replace(tzinfo=None if offset is None else timezone(offset)))}"


def is_message_id(text: str) -> bool:
    """True when `text` (no angle brackets) may stand in Message-ID, In-Reply-To or References. RFC 5322 section 3.6.4, bounded."""
    return len(text) <= ID_MAX_CHARS and _MESSAGE_ID.fullmatch(text) is not None


def file_of(filename: str, content_type: str, content: bytes) -> AttachedFile:
    """A file of another mail, to be sent along: with the type that it had there, unless no mail of ours could carry it so."""
    good = _CONTENT_TYPE.fullmatch(content_type) and not content_type.startswith(("message/", "multipart/"))
    return AttachedFile(filename, content_type if good else "application/octet-stream", content)


def is_plain_message(raw: bytes) -> bool:
    """True for a message that can be attached as it is: ASCII, CRLF line ends, lines of at most 998 octets, no NUL.

    `message/rfc822` must not be encoded (RFC 2046 section 5.2.1), so any other one would need 8BITMIME on the whole way, or break.
    """
    lines = raw.split(b"\r\n")
    return (
        raw.isascii() and b"\0" not in raw and all(len(one) <= LINE_MAX_OCTETS and b"\r" not in one and b"\n" not in one for one in lines)
    )


def has_long_line(raw: bytes) -> bool:
    """Whether a line has over 998 octets. Goes on from the last line end within reach, so it looks at few lines. All line ends are CRLF."""
    begin = 0
    while len(raw) - begin > LINE_MAX_OCTETS:
        begin = raw.rfind(b"\n", begin, begin + LINE_MAX_OCTETS + len(b"\r\n")) + 1
        if not begin:
            return True
    return False


def text_field(name: str, value: str) -> str:
    """One unstructured field without its final CRLF, folded (RFC 5322 section 2.2.3), encoded where needed (RFC 2047).

    Decoding gives back exactly `value`. Raises ComposeError when it holds a control character or the name is no field name.
    """
    if not _FIELD_NAME.fullmatch(name):
        raise ComposeError("a header field has a name with characters that no field name may have")
    if value.isascii() and value.isprintable() and len(name) + len(value) + 2 <= LINE_MAX_CHARS and _is_plain(value):
        return f"{name}: {value}"
    if _CONTROLS.search(value):
        raise ComposeError(f"{name} holds a control character")
    plain, rest = _split_plain(value)
    lines = _folded_plain(f"{name}:", plain)
    if rest:
        lines = _with_words(lines, rest)
    return "\r\n".join(lines)


def _is_plain(value: str) -> bool:
    """True when ASCII text survives unencoded: nothing a reader would decode, no blanks that unfolding or trimming would change."""
    return "=?" not in value and "  " not in value and value == value.strip()


def _split_plain(value: str) -> tuple[str, str]:
    """The head of `value` that can stay readable, and the rest that must be encoded. The one blank between them belongs to neither."""
    if value.isascii() and _is_plain(value) and max(map(len, value.split(" "))) <= TOKEN_MAX_CHARS:
        return value, ""
    end = 0
    for token in value.split(" "):
        if not token or not token.isascii() or "=?" in token or len(token) > TOKEN_MAX_CHARS:
            break
        end += len(token) + 1
    # A rest that is only blanks would be trimmed by readers: then the whole value is encoded.
    return (value[: end - 1], value[end:]) if end and value[end:].strip(" ") else ("", value)


def _folded_plain(start: str, plain: str) -> list[str]:
    lines = [start]
    for token in plain.split(" ") if plain else ():
        if len(lines[-1]) + 1 + len(token) > LINE_MAX_CHARS and lines[-1] != start:
            lines.append("")
        lines[-1] += f" {token}"
    return lines


def _with_words(lines: list[str], rest: str) -> list[str]:
    """Append `rest` as encoded words. White space between two encoded words is not shown (RFC 2047 section 6.2)."""
    room = LINE_MAX_CHARS - len(lines[-1]) - 1
    if room < 24:  # too little for a word worth its frame
        lines.append("")
        room = LINE_MAX_CHARS - 1
    for word in encoded_words(rest, room):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > LINE_MAX_CHARS:
            lines.append("")
        lines[-1] += f" {word}"
    return lines


def _mailbox_field(name: str, mailbox: Mailbox) -> str:
    return _kept_mailbox_field(name, mailbox.address, mailbox.name)


def _new_mailbox_field(name: str, address: str, display_name: str) -> str:
    """`Name: "display" <local@domain>` (RFC 5322 section 3.4), folded before the address when the line would grow too long."""
    if _CONTROLS.search(display_name):
        raise ComposeError(f"{name} holds a control character")
    spec = smtp_address(address).text
    shown = display_name.strip()
    if not shown:
        return f"{name}: {spec}"
    if not shown.isascii() or not _is_plain(shown) or len(shown) > WORD_MAX_CHARS - len(name) - 4:
        lines = _with_words([f"{name}:"], shown)
    elif _ATOMS.fullmatch(shown):
        lines = [f"{name}: {shown}"]
    else:
        escaped = shown.replace("\\", "\\\\").replace('"', '\\"')
        lines = [f'{name}: "{escaped}"']
    if len(lines[-1]) + len(spec) + 3 > LINE_MAX_CHARS:
        lines.append("")
    lines[-1] += f" <{spec}>"
    return "\r\n".join(lines)


_kept_mailbox_field = lru_cache(maxsize=1024)(_new_mailbox_field)


def _msg_id(text: str) -> str:
    if not is_message_id(text):
        raise ComposeError("a message id is malformed")
    return f"<{text}>"


def _unsubscribe_fields(url: str) -> list[str]:
    """RFC 2369 section 3.2 and RFC 8058 section 2. The address is on a separate line, since it must not be folded."""
    if not _WEB_ADDRESS.fullmatch(url):
        raise ComposeError("List-Unsubscribe holds something else than an https address")
    return [f"List-Unsubscribe:\r\n <{url}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]


def _content(draft: ComposedMail) -> list[bytes]:
    """The content fields, the blank line and the body, in pieces. RFC 2046 section 5.1.4: the richest form stands last."""
    if not draft.html and not draft.files:
        return _lone_text(draft.text)
    # No line of quoted-printable, base64 or HTML as it goes out begins with "--=_", so none ends a part (RFC 2046 section 5.1.1).
    # A message that is attached as it is may hold such a line, but not this one: nobody knows the id before it is drawn.
    seed = blake2b(draft.message_id.encode(), digest_size=9).hexdigest()
    content = _encoded_part("plain", draft.text)
    if draft.html:
        html = _html_part(draft.html)
        if draft.inline:
            html = _multipart("related", f"=_r_{seed}", [html, *map(_file_part, draft.inline)])  # RFC 2387
        content = _multipart("alternative", f"=_a_{seed}", [content, html])
    if draft.files:
        content = _multipart("mixed", f"=_m_{seed}", [content, *map(_file_part, draft.files)])
    return content


def _multipart(subtype: str, boundary: str, parts: list[list[bytes]]) -> list[bytes]:
    edge = f"--{boundary}\r\n".encode()
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    return [head, *(piece for part in parts for piece in (edge, *part)), f"--{boundary}--\r\n".encode()]


def _lone_text(text: str) -> list[bytes]:
    """Text that is the whole body: as it is where it needs no encoding."""
    if text.isascii() and _is_7bit(data := _with_crlf(text.encode())):
        return _part("plain", "7bit", data)
    return _encoded_part("plain", text)


def _is_7bit(data: bytes) -> bool:
    """Short lines, no trailing blanks, no controls; no `From ` that an mbox changes, no dot that a bad relay takes as the end."""
    return not _UNPRINTABLE.search(data) and all(
        len(line) <= LINE_MAX_CHARS and line == line.rstrip() and not line.startswith((b"From ", b".")) for line in data.split(b"\r\n")
    )


def _html_part(html: str) -> list[bytes]:
    """In ASCII, with references for other characters (a source that people can read), unless that would not be safe.

    Quoted-printable also where many characters are not ASCII: filters take rows of references for disguised spam.
    """
    ascii_ = html.encode("ascii", "xmlcharrefreplace")
    data = _with_crlf(ascii_)
    few = len(ascii_) - len(html) <= len(html) // 5
    if few and data.startswith(b"<") and not (_is_unsafe_html(data) or has_long_line(data)):
        return _part("html", "7bit", data)
    return _encoded_part("html", html)


def _is_unsafe_html(data: bytes) -> bool:
    """Whether a line must not go as it is, or a reference would be read as something else. In a style sheet it always would."""
    styles = data[data.find(b"<style") : data.rfind(b"</style")]
    return bool(_UNSAFE_LINE.search(data) or _UNSAFE_REFERENCE.search(data) or b"&#" in styles)


def _encoded_part(subtype: str, text: str) -> list[bytes]:
    """As the smaller of quoted-printable and base64 (RFC 2045 section 6). No line of either begins with `--=_`."""
    try:
        octets = text.encode()
    except UnicodeEncodeError as error:
        raise ComposeError("the body holds half a character") from error
    data = _with_crlf(octets)
    if len(octets) - len(text) > len(data) // 4:  # mostly outside ASCII: three characters an octet would cost more than base64
        return _part(subtype, "base64", _base64_lines(data))
    return _part(subtype, "quoted-printable", binascii.b2a_qp(data, quotetabs=False, istext=True))


def _with_crlf(data: bytes) -> bytes:
    """`data` with CRLF for every line end, also behind the last line. Raises ComposeError for a NUL."""
    if b"\0" in data:
        raise ComposeError("the body holds a NUL")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    data = data.replace(b"\n", b"\r\n")
    return data if data.endswith(b"\r\n") else data + b"\r\n"


def _part(subtype: str, encoding: str, data: bytes) -> list[bytes]:
    return [f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode(), data]


def _base64_lines(data: bytes) -> bytes:
    flat = binascii.b2a_base64(data, newline=False)
    end = len(flat) - len(flat) % _BASE64_LINES.size
    lines = [*chain.from_iterable(_BASE64_LINES.iter_unpack(flat[:end]))]  # half the time of slices
    lines += [flat[at : at + LINE_MAX_CHARS] for at in range(end, len(flat), LINE_MAX_CHARS)]
    return b"\r\n".join([*lines, b""])


def _file_part(part: AttachedFile) -> list[bytes]:
    """An attachment; as base64, but for a message. Its name goes as RFC 2231 extended value, which needs no quoting and no folding rules.


    A colon becomes `_`: Windows takes `C:a.png` for a path on a drive, or for a stream of a file `C`.
    """
    if not _CONTENT_TYPE.fullmatch(part.content_type):
        raise ComposeError("an attachment has a malformed content type")
    name = "".join(chr(octet) if octet in _EXTENDED_PLAIN else f"%{octet:02X}" for octet in part.filename.replace(":", "_").encode())
    if part.content_type == "message/rfc822":
        return _message_part(part)
    named = f"Content-ID: {_msg_id(part.content_id)}\r\n" if part.content_id else ""
    head = (
        f"Content-Type: {part.content_type}\r\nContent-Transfer-Encoding: base64\r\n{named}"
        f"Content-Disposition: {'inline' if named else 'attachment'};\r\n filename*=utf-8''{name}\r\n\r\n"
    )
    return [head.encode(), _base64_lines(part.content)]


def _message_part(part: AttachedFile) -> list[bytes]:
    """A message as it came in (RFC 2046 section 5.2.1). Raises ComposeError for one that would need encoding."""
    if not is_plain_message(part.content):
        raise ComposeError("an attached message is not plain ASCII")
    fields = ("Content-Type: message/rfc822", "Content-Transfer-Encoding: 7bit", "Content-Disposition: attachment; filename=original.eml")
    return ["".join(f"{field}\r\n" for field in (*fields, "")).encode(), part.content, b"\r\n"]
