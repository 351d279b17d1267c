"""Tells systemd how this process is: ready, alive, stopping (sd_notify(3)). In: NOTIFY_SOCKET and WATCHDOG_USEC. Out: datagrams.

Without these variables nothing is done. It must never stop a process: a socket that is away is passed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping

from mailgate.config import process_environment

MICROSECONDS = 1_000_000


def tell(state: str, environment: Mapping[str, str] | None = None) -> None:
    """Send one state, such as READY=1."""
    address = (process_environment() if environment is None else environment).get("NOTIFY_SOCKET", "")
    if not address:
        return
    name = "\0" + address[1:] if address.startswith("@") else address  # an abstract socket
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(name)
        sender.sendall(state.encode())


async def keep_alive(environment: Mapping[str, str] | None = None) -> None:
    """Send WATCHDOG=1 twice in each watchdog interval, as long as the event loop turns; returns at once when nobody watches."""
    variables = process_environment() if environment is None else environment
    try:
        interval_s = int(variables.get("WATCHDOG_USEC", "0")) / MICROSECONDS / 2
    except ValueError:
        return
    while interval_s > 0:
        tell("WATCHDOG=1", variables)
        await asyncio.sleep(interval_s)
