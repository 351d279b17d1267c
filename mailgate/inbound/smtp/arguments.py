"""Accept stage: reads the arguments of MAIL and RCPT (RFC 5321 sections 4.1.1.2, 4.1.1.3 and 4.1.2). In: bytes. Out: values, or `Rejected`.

The plain form `<local@domain>` is one pattern; `local@domain` without brackets is taken as Postfix takes it, since copiers, alarms and
other devices send it and cannot be mended. Everything else the grammar has, source routes, quoted local parts, address literals, UTF-8
(RFC 6531), is read by a second, slower pattern. It must never repair an address: what neither pattern matches is refused.
"""

from __future__ import annotations

import re

from mailgate.errors import Rejected, SmtpReply
from mailgate.inbound.smtp import replies as replies
from mailgate.values import value_class

MAX_DOMAIN_OCTETS = 255  # RFC 5321 section 4.5.3.1.2

# Local parts may be slightly wider than Dot-string: real senders have `a..b@` and `a.@` (Japanese mobile carriers).
_ATEXT = rb"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"
_HOST_LABEL = rb"[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*"
_PLAIN = re.compile(rb"<([" + _ATEXT + rb".]+)@(" + _HOST_LABEL + rb"(?:\." + _HOST_LABEL + rb")*)>")
_BARE = re.compile(rb"([" + _ATEXT + rb".]+)@(" + _HOST_LABEL + rb"(?:\." + _HOST_LABEL + rb")*)(?= |$)")
# Sets that include non-ASCII are written as the ASCII that they exclude: `re` needs 0.1 s to compile them the other way.
_LETTER = r"[^\x00-/:-@\[-^`{-\x7f]"  # ALPHA / DIGIT / "_" / UTF8-non-ascii
_LABEL = rf"{_LETTER}(?:[^\x00-,./:-@\[-^`{{-\x7f]*{_LETTER})?"
_UTEXT = r"^\x00- \"(),:;<>@\[\\\]\x7f"  # atext / UTF8-non-ascii, RFC 6532 section 3.2
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_LITERAL = r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45}|[A-Za-z0-9-]+:[!-Z^-~]+)\]"
_FULL = re.compile(
    rf"<(?P<route>@{_DOMAIN}(?:,@{_DOMAIN})*:)?"
    rf"(?:(?P<local>[{_UTEXT}]+)|\"(?P<quoted>(?:[^\x00-\x1f\"\\\x7f]|\\[ -~])*)\")"
    rf"@(?P<domain>{_DOMAIN}|{_LITERAL})>"
)
_UNQUOTE = re.compile(r"\\(.)")
_ATOMIC = re.compile(rf"[{_UTEXT}.]+(?:\.[{_UTEXT}.]+)*")


@value_class
class Path:
    """One address of the envelope. `local` is without quotes, `domain` as sent but in lower case; "" for the bare `<postmaster>`.

    `routed` is true when a source route stood before it (RFC 5321 appendix C); the route itself is not kept.
    """

    local: str
    domain: str
    routed: bool = False

    @property
    def quoted(self) -> bool:
        """True when the local part can be written only as a Quoted-string."""
        return _ATOMIC.fullmatch(self.local) is None and not _dotted(self.local)

    def __str__(self) -> str:
        local = self.local if not self.quoted else '"' + re.sub(r'(["\\])', r"\\\1", self.local) + '"'
        return f"{local}@{self.domain}" if self.domain else local


def read_reverse_path(argument: bytes) -> tuple[Path | None, bytes]:
    """`<...> parameters` after `FROM:` -> the path (None is the null one, `<>`) and what follows it. Raises Rejected, 501 5.1.7."""
    if argument.startswith(b"<>"):
        return None, _after(argument[2:], replies.R501_SENDER_ADDRESS)
    path, rest = _read(argument, replies.R501_SENDER_ADDRESS)
    return path, rest


def read_forward_path(argument: bytes) -> tuple[Path, bytes]:
    """`<...> parameters` after `TO:` -> the path and what follows it. Raises Rejected.

    `<postmaster>` without a domain is one (section 4.1.1.3), and so is `postmaster` without brackets, as some programs send it.
    """
    if argument[:12].lower() == b"<postmaster>":
        return Path("postmaster", ""), _after(argument[12:], replies.R501_RECIPIENT_ADDRESS)
    if argument[:10].lower() == b"postmaster" and argument[10:11] in (b"", b" "):
        return Path("postmaster", ""), argument[10:]
    return _read(argument, replies.R501_RECIPIENT_ADDRESS)


def read_parameters(text: bytes) -> dict[str, str | None]:
    """`SP`-separated esmtp-params -> keyword in upper case and value (None without `=`). Raises Rejected: bad syntax, one twice."""
    found: dict[str, str | None] = {}
    for word in text.split():
        keyword, equals, value = word.decode("utf-8", "replace").partition("=")
        keyword = keyword.upper()
        if not _KEYWORD.fullmatch(keyword) or keyword in found or (equals and not value):
            raise Rejected(replies.R501_PARAMETER, "bad_parameter")
        found[keyword] = value if equals else None
    return found


_KEYWORD = re.compile(r"[A-Z0-9][A-Z0-9-]*")


def _read(argument: bytes, refusal: SmtpReply) -> tuple[Path, bytes]:
    plain = _PLAIN.match(argument) or _BARE.match(argument)
    if plain is not None and len(plain[2]) <= MAX_DOMAIN_OCTETS:
        return Path(plain[1].decode("ascii"), plain[2].decode("ascii").lower()), _after(argument[plain.end() :], refusal)
    return _read_full(argument, refusal)


def _read_full(argument: bytes, refusal: SmtpReply) -> tuple[Path, bytes]:
    try:
        text = argument.decode("utf-8")
    except UnicodeDecodeError:
        raise Rejected(refusal, "bad_address") from None
    found = _FULL.match(text)
    if found is None or len(found["domain"].encode()) > MAX_DOMAIN_OCTETS or any("\x80" <= c <= "\x9f" for c in found[0]):
        raise Rejected(refusal, "bad_address")
    local = found["local"] if found["local"] is not None else _UNQUOTE.sub(r"\1", found["quoted"])
    path = Path(local, found["domain"].lower(), found["route"] is not None)
    return path, _after(text[found.end() :].encode(), refusal)


def _after(rest: bytes, refusal: SmtpReply) -> bytes:
    """Check that a space separates the path from its parameters."""
    if rest and not rest.startswith(b" "):
        raise Rejected(refusal, "bad_address")
    return rest


def _dotted(local: str) -> bool:
    """Accepted unquoted although not a Dot-string: doubled dots, or a dot at an end."""
    return bool(local) and _ATOMIC.fullmatch(local.replace(".", "") or "x") is not None
