"""What the listener takes from aiosmtpd, and what it relies on there. `make canary` asks the newest release the same."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path

import aiosmtpd.smtp
from aiosmtpd.smtp import SMTP

from mailgate.inbound.smtp.connection import SmtpConnection

ROOT = Path(__file__).parents[2]


def test_a57_given_the_constraints_then_aiosmtpd_is_pinned_to_one_version() -> None:
    pinned = re.findall(r"(?im)^aiosmtpd==(\S+)", (ROOT / "constraints.txt").read_text())
    assert len(pinned) == 1, "parts of it are replaced: an upgrade is a decision"


def test_a57_given_aiosmtpd_then_the_parts_that_are_replaced_are_where_they_were() -> None:
    async def template() -> SMTP:
        return SMTP(object(), loop=asyncio.get_running_loop(), hostname="x")

    made = asyncio.run(template())
    for name in ("_tls_protocol", "_original_transport", "_handler_coroutine", "session", "transport", "event_handler"):
        assert name in vars(made), name
    for name in ("_handle_client", "_create_session", "_reset_timeout", "_cb_client_connected", "handle_exception", "connection_made"):
        assert callable(getattr(SMTP, name)), name
    assert issubclass(SmtpConnection, SMTP)


def test_a57_given_aiosmtpd_then_its_own_log_is_silenced() -> None:
    assert not logging.getLogger(aiosmtpd.smtp.log.name).isEnabledFor(logging.ERROR)


def test_given_the_package_then_aiosmtpd_is_imported_in_one_module() -> None:
    users = [
        path.name
        for path in (ROOT / "mailgate").rglob("*.py")
        if re.search(r"^\s*(?:from|import) aiosmtpd", path.read_text(), re.MULTILINE)
    ]
    assert users == ["connection.py"]
