"""The peer that stores nothing: aiosmtpd as it comes, with a handler that says 250. As a program: `python -m bench.bare PORT`."""

from __future__ import annotations

import asyncio
import sys

from aiosmtpd.smtp import SMTP

MESSAGE_BYTES = 25 * 1024 * 1024


class _Nothing:
    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802 - aiosmtpd's name
        return "250 2.0.0 ok"


async def serve(port: int) -> None:
    """Until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(_Nothing(), data_size_limit=MESSAGE_BYTES, hostname="bare.example"), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
