"""`mailgate postfix-config`: what to type on the host of a Postfix beside mailgate. In: settings. Out: `postconf -e` lines for a shell."""

from __future__ import annotations

import shlex
from enum import StrEnum
from typing import Annotated

import typer

from mailgate.application.postfix import PostfixServer, PostfixServers, postfix_servers
from mailgate.cli.opening import ConfigOption, acting, installation

PLACE = {"front": "in front of", "behind": "behind", "front and behind": "in front of and behind"}


class Shape(StrEnum):
    """Which servers there are."""

    ONE = "one"
    TWO = "two"
    LMTP = "lmtp"


class Side(StrEnum):
    """Which server of two."""

    FRONT = "front"
    BEHIND = "behind"


def postfix_config(
    shape: Annotated[
        Shape, typer.Argument(help="one: a Postfix in front and behind; two: one each; lmtp: one that hands mail on by LMTP.")
    ],
    part: Annotated[Side | None, typer.Option("--part", help="Of two servers, the lines of this one alone.")] = None,
    mailgate: Annotated[str, typer.Option("--mailgate", metavar="ADDRESS", help="Where Postfix finds mailgate. Default: this host.")] = "",
    front: Annotated[str, typer.Option("--front", metavar="ADDRESS", help="Address of the Postfix in front. Default: this host.")] = "",
    behind: Annotated[str, typer.Option("--behind", metavar="ADDRESS", help="Address of the Postfix behind. Default: this host.")] = "",
    config: ConfigOption = None,
) -> None:
    """Print the lines that set up Postfix in front of mailgate and behind it, for a shell on its host (as root).

    Nothing is changed by it; read them before you run them.
    """
    found = postfix_servers(installation(config), acting(None), PostfixServers(shape.value, mailgate, front, behind))
    for server in found:
        if part is None or server.part == part.value:
            _show(server)


def _show(server: PostfixServer) -> None:
    print(f"# The Postfix {PLACE[server.part]} mailgate. First set in mailgate.toml, then restart mailgate:")
    for name, value in server.settings.items():
        print(f"#   {name} = {value}")
    print("# What Postfix has now is replaced: postconf -n > postfix.before keeps it for later.")
    for name, value in server.parameters.items():
        print(f"postconf -e {shlex.quote(f'{name} = {value}'.rstrip())}")
    print("postfix reload")
