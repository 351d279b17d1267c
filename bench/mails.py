"""The mails of every benchmark: text of 2.3 KB, multipart/alternative of 12 KB, an attachment of 80 KB, in the proportion 60 : 30 : 10.

In: a seed. Out: `Template` values, dot-stuffed and ended by the dot, with slots that each mail fills again: author, address, case, id.
Replies in Norwegian with their quoted history, because that is what a support mailbox gets.
"""

from __future__ import annotations

import base64
import quopri
import random
from dataclasses import dataclass
from typing import NamedTuple

KINDS = ("text", "alt", "attach")
OUT_OF_TEN = (6, 3, 1)
SEED = 4711

_TEXT = """
vi har sett på dette igjen i dag og det er fortsatt slik at rapporten stopper når den skal skrives ut fra kontoret i Bergen men ikke fra
hovedkontoret etter siste oppdatering av klienten kan dere se i loggen om noe er endret på serveren vår jeg legger ved et skjermbilde
"""
_WORDS = _TEXT.split()
_SLOTS = (b"{{author}}", b"{{address}}", b"{{key}}", b"{{id}}")


class Correspondent(NamedTuple):
    """Who writes, to which address, about which case."""

    author: str
    address: str
    key: str = "SUP-1"


@dataclass(frozen=True, slots=True)
class Template:
    """One mail as it goes over the wire. Only `head` has slots."""

    kind: str
    head: bytes
    rest: bytes

    def filled(self, to: Correspondent, message_id: str) -> bytes:
        """DATA content with the final dot."""
        head = self.head
        for slot, text in zip(_SLOTS, (*to, message_id), strict=True):
            head = head.replace(slot, text.encode())
        return head + self.rest

    def content(self, to: Correspondent, message_id: str) -> bytes:
        """The mail itself: not dot-stuffed, no final dot."""
        return self.filled(to, message_id)[:-3].replace(b"\r\n..", b"\r\n.")


def templates(kinds: tuple[str, ...] = KINDS, count: int = 200, seed: int = SEED) -> list[Template]:
    """`count` different mails, mixed as in the module's first line; then those of other kinds are left out."""
    random_ = random.Random(seed)
    drawn = [kind for kind, share in zip(KINDS, OUT_OF_TEN, strict=True) for _ in range(share)]
    made = [_MAKERS[kind](random_) for kind in (drawn[n % len(drawn)] for n in _shuffled(random_, count))]
    return [template for template in made if template.kind in kinds]


def _shuffled(random_: random.Random, count: int) -> list[int]:
    order = list(range(count))
    random_.shuffle(order)
    return order


def _sentences(random_: random.Random, size_bytes: int) -> list[str]:
    lines: list[str] = []
    while size_bytes > 0:
        line = " ".join(random_.choices(_WORDS, k=random_.randint(8, 13))).capitalize() + "."
        lines.append(line)
        size_bytes -= len(line.encode()) + 2
    return lines


def _words(random_: random.Random, said_bytes: int, quoted_bytes: int) -> list[str]:
    quoted = ["> " + line for line in _sentences(random_, quoted_bytes)]
    return [
        "Hei,", "", *_sentences(random_, said_bytes), "", "Med vennlig hilsen", "Kari Nordmann", "Firma AS", "",
        "Den man. 16. nov. 2026 kl. 08:41 skrev Support <support@firma.test>:", "", *quoted,
    ]  # fmt: skip


def _template(kind: str, random_: random.Random, fields: list[str], body: str) -> Template:
    hops = [
        f"Received: from out{n}.kunde.example (out{n}.kunde.example [192.0.2.{n}])\r\n\tby mx{n}.relay.example with ESMTPS"
        f" id {random_.getrandbits(48):012x};"
        f"\r\n\tMon, 16 Nov 2026 09:0{n}:11 +0100"
        for n in (3, 2, 1)
    ]
    subject = "Re: [{{key}}] " + " ".join(random_.choices(_WORDS, k=5)).encode("ascii", "ignore").decode()
    head = [
        *hops, "From: Kari Nordmann <{{author}}>", "To: Support <{{address}}>", f"Subject: {subject}", "Message-ID: <{{id}}@kunde.example>",
        "Date: Mon, 16 Nov 2026 09:00:00 +0100", "MIME-Version: 1.0", *fields, "", "",
    ]  # fmt: skip
    rest = body.encode() + b"\r\n"
    return Template(kind, "\r\n".join(head).encode(), rest.replace(b"\r\n.", b"\r\n..") + b".\r\n")


def _text(random_: random.Random) -> Template:
    fields = ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return _template("text", random_, fields, "\r\n".join(_words(random_, 600, 740)))


def _alternative(random_: random.Random) -> Template:
    mark = f"=_alt{random_.getrandbits(48):012x}"
    lines = _words(random_, 700, 3600)
    html = ["<html><body>", *(f"<div>{line.replace('>', '&gt;') or '<br>'}</div>" for line in lines), "</body></html>"]
    body = "".join(_part(mark, f"text/{kind}", text) for kind, text in (("plain", lines), ("html", html))) + f"--{mark}--"
    return _template("alt", random_, [f'Content-Type: multipart/alternative; boundary="{mark}"'], body)


def _attachment(random_: random.Random) -> Template:
    mark = f"=_mix{random_.getrandbits(48):012x}"
    file = base64.encodebytes(random_.randbytes(56_500)).decode().replace("\n", "\r\n")
    name = f"skjermbilde-{random_.randrange(1000)}.png"
    body = (
        _part(mark, "text/plain", _words(random_, 600, 700))
        + f'--{mark}\r\nContent-Type: image/png; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        + f"Content-Transfer-Encoding: base64\r\n\r\n{file}--{mark}--"
    )
    return _template("attach", random_, [f'Content-Type: multipart/mixed; boundary="{mark}"'], body)


def _part(mark: str, kind: str, lines: list[str]) -> str:
    encoded = quopri.encodestring("\n".join(lines).encode()).decode().replace("\n", "\r\n")
    return f"--{mark}\r\nContent-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{encoded}\r\n"


_MAKERS = {"text": _text, "alt": _alternative, "attach": _attachment}
