"""Kinds of values that settings have. In: text as an operator wrote it. Out: checked values. Reads nothing but the text.

Every function raises ValueError with what is wrong and what to write instead; the caller adds the key and the place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, Field, ValidationInfo

from mailgate.masking import without_password

Network = IPv4Network | IPv6Network
SMTP_PORT = 25
DATABASE_SCHEMES = ("sqlite", "postgresql+psycopg")
BROKER_SCHEMES = ("memory", "redis", "rediss", "amqp", "amqps")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_LOCAL_WORD = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """A TCP address. `host` is a name or an IP address without brackets; port 0 is any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def endpoint(text: str) -> Endpoint:
    """`host:port` or `[ipv6]:port`."""
    host, colon, port = text.strip().rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not bare or (":" in bare and bare == host):
        raise ValueError(f"{text!r} is no address; write host:port, such as 127.0.0.1:2525 or [::1]:2525")
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ValueError(f"{text!r} has the bad port {port!r}; a port is 0 to 65535")
    return Endpoint(bare, int(port))


def network(text: str) -> Network:
    """An address block in CIDR form; a bare address is a block of one."""
    try:
        return ip_network(text.strip())
    except ValueError as error:
        raise ValueError(f"{text!r} is no network ({error}); write {_network_meant(text)}") from None


def _network_meant(text: str) -> str:
    """The network with the host bits taken off; for other texts, what CIDR looks like."""
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        return "CIDR, such as 10.0.0.0/24 or 2001:db8::/32"


def domain(text: str) -> str:
    """A domain name in lower case, A-label form. RFC 1123 section 2.1."""
    name = text.strip().rstrip(".").lower()
    try:
        name = name.encode("idna").decode("ascii") if not name.isascii() else name
    except UnicodeError:
        raise ValueError(f"{text!r} is no domain name; write one such as example.com") from None
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError(f"{text!r} is no domain name; write {_domain_meant(name)}")
    return name


def _domain_meant(name: str) -> str:
    """The domain of a mail address; for other texts, what a domain looks like."""
    host = name.rpartition("@")[2]
    return host if "@" in name and all(_LABEL.fullmatch(label) for label in host.split(".")) else "one such as example.com"


def domain_or_empty(text: str) -> str:
    """A domain name, or "" for not set."""
    return domain(text) if text.strip() else ""


def mail_address(text: str) -> str:
    """`local@domain`, both in lower case. No wildcard, no display name, no `+`."""
    local, at, host = text.strip().rpartition("@")
    if "*" in text:
        raise ValueError(f"{text!r} would accept mail for any address; list each address that people write to")
    if not at or not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", local) or ".." in local or local[0] == "." or local[-1] == ".":
        raise ValueError(f"{text!r} is no mailbox of ours; write local@domain, such as support@example.com")
    return f"{local.lower()}@{domain(host)}"


def local_word(text: str) -> str:
    """The fixed part of a tokened local part, in lower case."""
    word = text.strip().lower()
    if not _LOCAL_WORD.fullmatch(word):
        raise ValueError(f"{text!r} is no mailbox name; use letters, digits, - and _")
    return word


def word(text: str) -> str:
    """One word: no blanks, and none of the signs that end an authserv-id (RFC 8601 section 2.2)."""
    if not re.fullmatch(r"[^\s;,\"()]+", text.strip()):
        raise ValueError(f"{text!r} is not one word; write the name that stands first in Authentication-Results, such as mx.example.com")
    return text.strip()


def claim(text: str) -> str:
    """The name of a claim of an OpenID provider, in its own letters: `memberOf`, `https://firma.example/groups`."""
    name = text.strip()
    if not name or not name.isprintable() or " " in name:
        raise ValueError(f"{text!r} is no name of a claim; write it as the provider does, such as groups")
    return name


def accent(value: str) -> str:
    """A colour as `#rrggbb` in lower case that white text stands out on (WCAG 2.2, 1.4.3)."""
    value = value.strip().lower()
    if not re.fullmatch(r"#[0-9a-f]{6}", value):
        raise ValueError(f"{value!r} is no colour; write it as #00608a")
    found = 1.05 / (luminance(value) + 0.05)
    if found < 4.5:
        raise ValueError(f"{value} has a contrast of {found:.1f} to white, which is too little to read; take a darker colour (4.5)")
    return value


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, from 0 to 1 (WCAG 2.2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def one_line(text: str) -> str:
    """A text that can be in a header field: one line, no control characters."""
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in text.strip()):
        raise ValueError(f"{text!r} has line ends or control characters in it")
    return text.strip()


def http_url(text: str) -> str:
    """An http or https URL without query, fragment or final slash."""
    parts = _split(text, "https://support.example.com")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        bare = text.strip().lower()
        meant = (
            f"https://{bare}" if "." in bare and all(map(_LABEL.fullmatch, bare.split("."))) else "one such as https://support.example.com"
        )
        raise ValueError(f"{without_password(text)!r} is no web address; write {meant}")
    return text.strip().rstrip("/")


def issuer_url(text: str) -> str:
    """The address of an OpenID provider, https unless it is on this host; "" for none."""
    if not text.strip():
        return ""
    url = http_url(text)
    if url.startswith("http:") and urlsplit(url).hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError(f"{url!r} must begin with https://: logins there are believed here")
    return url


def smarthost_url(text: str) -> str:
    """`smtp://host[:port]`. The kind of TLS and the user name are separate settings."""
    parts = _split(text, "smtp://relay.example.com:587")
    if parts.scheme in ("smtps", "submissions"):
        raise ValueError(f'{parts.scheme}:// is not used; write smtp://host:465 and outbound.tls = "implicit"')
    if parts.scheme != "smtp" or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise ValueError(f"{without_password(text)!r} is no smarthost; write smtp://host:port, such as smtp://relay.example.com:587")
    if parts.username or parts.password:
        raise ValueError("a smarthost's user belongs in outbound.username and its password in the secrets file")
    return text.strip().rstrip("/")


def smarthost_endpoint(url: str) -> Endpoint:
    """Host and port of a checked smarthost URL."""
    parts = urlsplit(url)
    return Endpoint(parts.hostname or "", parts.port or SMTP_PORT)


def broker_url(text: str) -> str:
    """`memory://`, `redis://`, `rediss://`, `amqp://` or `amqps://`."""
    parts = _split(text, "redis://127.0.0.1:6379/0")
    if parts.scheme not in BROKER_SCHEMES or (parts.scheme != "memory" and not parts.hostname):
        raise ValueError(f"{without_password(text)!r} is no broker; write memory://, redis://host:6379/0 or amqp://user:password@host:5672")
    if parts.scheme in ("redis", "rediss") and not re.fullmatch(r"/?[0-9]*", parts.path):
        raise ValueError(f"{without_password(text)!r} has a database that is no number; write redis://host:6379/0")
    return text.strip()


def database_url(text: Any, info: ValidationInfo) -> Any:
    """`sqlite:///path` (made absolute) or `postgresql+psycopg://user@host/name`. What is no text is left to the type."""
    if not isinstance(text, str):
        return text
    parts = _split(text, "postgresql+psycopg://user@host/mailgate")
    if parts.scheme in ("postgres", "postgresql"):
        raise ValueError("the driver must be named; write postgresql+psycopg:// instead of " + parts.scheme + "://")
    if parts.scheme not in DATABASE_SCHEMES:
        raise ValueError(
            f"{without_password(text)!r} is no database; write sqlite:///var/mailgate.db or postgresql+psycopg://user@host/mailgate"
        )
    if parts.scheme != "sqlite":
        if not parts.path.strip("/"):
            raise ValueError(f"{without_password(text)!r} names no database; write postgresql+psycopg://user@host/mailgate")
        return text.strip()
    where = text.strip().removeprefix("sqlite:///")
    if where == text.strip() or where in ("", ":memory:") or where.startswith("file:"):
        raise ValueError(f"{without_password(text)!r} keeps nothing on disk; write sqlite:///var/mailgate.db")
    return f"sqlite:///{_base(info) / where}"


def path(text: Any, info: ValidationInfo) -> Any:
    """A path, relative to the folder of the settings file; "" is None. What is no text is left to the type."""
    if not isinstance(text, str | Path):
        return text
    if text == "":
        return None
    if "\0" in str(text):
        raise ValueError(f"{str(text)!r} is no path")
    try:
        return _base(info) / Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"{str(text)!r} begins with the home folder of nobody; write the whole path") from None


def texts(value: Any) -> Any:
    """A list of texts; one text stands for a list of one, commas separate (for environment variables)."""
    if not isinstance(value, str):
        return value
    return () if value.strip() == "[]" else tuple(part.strip() for part in value.split(",") if part.strip())


def _split(text: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(text.strip())
        _ = parts.port
    except ValueError:
        raise ValueError(f"{without_password(text)!r} has a bad host or port; write one such as {example}") from None
    if any(c.isspace() or not c.isprintable() for c in text.strip()):
        raise ValueError(f"{without_password(text)!r} has blanks in it; write one such as {example}")
    return parts


def _base(info: ValidationInfo) -> Path:
    return Path((info.context or {}).get("base") or Path.cwd())


def _text(check: Callable[[str], Any]) -> BeforeValidator:
    def run(value: Any) -> Any:
        return check(value) if isinstance(value, str) else value

    return BeforeValidator(run)


EndpointField = Annotated[Endpoint, _text(endpoint)]
NetworkField = Annotated[Network, _text(network)]
Endpoints = Annotated[tuple[EndpointField, ...], BeforeValidator(texts), Field(strict=False)]
Networks = Annotated[tuple[NetworkField, ...], BeforeValidator(texts), Field(strict=False)]
Addresses = Annotated[tuple[Annotated[str, _text(mail_address)], ...], BeforeValidator(texts), Field(strict=False)]
Words = Annotated[tuple[Annotated[str, _text(word)], ...], BeforeValidator(texts), Field(strict=False)]
OneLine = Annotated[str, _text(one_line)]
Accent = Annotated[str, _text(accent)]
Domain = Annotated[str, _text(domain)]
OptionalDomain = Annotated[str, _text(domain_or_empty)]
Claim = Annotated[str, _text(claim)]
LocalWord = Annotated[str, _text(local_word)]
HttpUrl = Annotated[str, _text(http_url)]
IssuerUrl = Annotated[str, _text(issuer_url)]
SmarthostUrl = Annotated[str, _text(smarthost_url)]
SmarthostUrls = Annotated[tuple[SmarthostUrl, ...], BeforeValidator(texts), Field(strict=False)]
BrokerUrl = Annotated[str, _text(broker_url)]
DatabaseUrl = Annotated[str, BeforeValidator(database_url)]
OptionalPath = Annotated[Path | None, BeforeValidator(path)]
