"""The event loop of a gateway: uvloop's where it is installed (`pip install mailgate[fast]`), else Python's. In: nothing. Out: a loop."""

from __future__ import annotations

import asyncio


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A new loop that is not running."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
