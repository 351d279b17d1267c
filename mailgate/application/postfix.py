"""What a Postfix beside mailgate has to be told, worked out from the settings. In: settings, and where the servers are. Out: parameters.

Every recipient is in a static map: Postfix knows who exists without asking, so that it queues replies while mailgate is away and refuses
mail to others at RCPT. Parameters are named as in postconf(5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mailgate.application.access import Action
from mailgate.application.app import Installation
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.config import Settings
from mailgate.errors import NotAllowed

Shape = Literal["one", "two", "lmtp"]
LOOPBACK = "127.0.0.1"
_ANY = frozenset({"0.0.0.0", "::"})
_TOKEN = "[a-z2-7]+"  # base32 of RFC 4648 in lower case; maps compare without case


@dataclass(frozen=True, slots=True)
class PostfixServers:
    """The servers of a shape. `one`: a Postfix in front and behind; `two`: one each; `lmtp`: as `one`, but handing on by LMTP.

    Where they are, as Postfix and mailgate reach each other: addresses without brackets, "" for the same host.
    """

    shape: Shape
    mailgate: str = ""
    front: str = ""
    behind: str = ""


@dataclass(frozen=True, slots=True)
class PostfixServer:
    """One Postfix: its part, its parameters in order, and the settings of mailgate that belong to it (`section.key` -> TOML)."""

    part: Literal["front and behind", "front", "behind"]
    parameters: Mapping[str, str]
    settings: Mapping[str, str]


@guarded(Action.DOCTOR_READ)
def postfix_servers(installation: Installation, _principal: Principal, hosts: PostfixServers) -> Sequence[PostfixServer]:
    """Work out what each Postfix has to be told. Raises NotAllowed when the settings do not say where mailgate listens for it."""
    settings, shape = installation.settings, hosts.shape
    handed_on = _lmtp(settings, hosts) if shape == "lmtp" else _smtp(settings, hosts)
    believed = {"smtp.trusted_from": f'["{_network(hosts.front or LOOPBACK)}"]'}
    sent = {"outbound.delivery": '"smtp"', "outbound.smarthost": f'"smtp://{_host(hosts.behind or LOOPBACK)}:25"'}
    relayed = _network(hosts.mailgate or LOOPBACK)
    if shape == "two":
        front = PostfixServer("front", _front(settings, handed_on) | _final("reject_unauth_destination"), believed)
        return [front, PostfixServer("behind", _behind(relayed, "reject"), sent)]
    both = _front(settings, handed_on) | _behind(relayed, "reject_unauth_destination")
    return [PostfixServer("front and behind", both, believed | sent)]


def _front(settings: Settings, handed_on: str) -> dict[str, str]:
    domains = _domains(settings)
    return {
        "mydestination": "localhost",
        "relay_domains": ", ".join(domains),
        "transport_maps": "inline:{ " + ", ".join(f"{{ {domain} = {handed_on} }}" for domain in domains) + " }",
        "relay_recipient_maps": "regexp:{ " + ", ".join(f"{{ /{pattern}/ OK }}" for pattern in _recipients(settings)) + " }",
        "message_size_limit": str(settings.smtp.max_message_bytes),
    }


def _behind(relayed: str, otherwise: str) -> dict[str, str]:
    """Mail of mailgate alone is relayed, and nothing in it is rewritten: signatures and reply tokens would break."""
    return {"mynetworks": relayed, "local_header_rewrite_clients": ""} | _final(f"permit_mynetworks, {otherwise}")


def _final(restrictions: str) -> dict[str, str]:
    return {"smtpd_relay_restrictions": restrictions, "smtpd_recipient_restrictions": ""}


def _domains(settings: Settings) -> list[str]:
    named = {settings.service.domain, *(one.rpartition("@")[2] for one in settings.mailboxes)}
    return sorted({domain.lower() for domain in named | {settings.addresses.reply_domain} if domain})


def _recipients(settings: Settings) -> list[str]:
    """Regular expressions for every address that mailgate takes. `$$` is Postfix's way to write `$`."""
    book, domains = settings.addresses, "|".join(map(re.escape, _domains(settings)))
    mailboxes = [re.escape(one).replace("@", rf"(\+{_TOKEN})?@") for one in sorted(settings.mailboxes)]
    bounces = rf"{re.escape(book.bounce_mailbox)}\+{_TOKEN}@({domains})"
    tokens = [rf"{_TOKEN}@{re.escape(book.reply_domain)}"] if book.reply_domain else []
    return [f"^{one}$$" for one in (*mailboxes, bounces, *tokens, f"(postmaster|abuse)@({domains})")]


def _smtp(settings: Settings, hosts: PostfixServers) -> str:
    listen = settings.smtp.listen[0] if settings.smtp.listen else None
    if listen is None:
        raise NotAllowed('mailgate does not listen for SMTP; set smtp.listen = ["127.0.0.1:2525"]')
    if listen.port == 25 and not hosts.mailgate and listen.host in (*_ANY, LOOPBACK):
        raise NotAllowed(f'smtp.listen is {listen}, where Postfix listens itself; set smtp.listen = ["127.0.0.1:2525"]')
    return f"smtp:[{hosts.mailgate or _reached(listen.host)}]:{listen.port}"


def _lmtp(settings: Settings, hosts: PostfixServers) -> str:
    if settings.smtp.lmtp_socket:
        return f"lmtp:unix:{settings.smtp.lmtp_socket}"
    if not settings.smtp.lmtp_listen:
        raise NotAllowed('mailgate does not listen for LMTP; set smtp.lmtp_listen = ["127.0.0.1:2424"]')
    listen = settings.smtp.lmtp_listen[0]
    return f"lmtp:inet:[{hosts.mailgate or _reached(listen.host)}]:{listen.port}"


def _reached(host: str) -> str:
    return LOOPBACK if host in _ANY else host


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _network(address: str) -> str:
    return f"{address}/128" if ":" in address else f"{address}/32"
