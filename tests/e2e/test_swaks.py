"""swaks, the tool that mail administrators try a server with, sees the replies that the manual promises."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.ledger_check import Tables, broken
from tests.support.processes.gateway import DOMAIN, Gateway
from tests.support.processes.sink import certificate
from tests.support.waiting import free_port

pytestmark = [pytest.mark.packages, pytest.mark.xdist_group("swaks")]
DIALOGS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("swaks").joinpath("dialogs.toml").read_text("utf-8"))["dialog"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One gateway with SMTP, STARTTLS and LMTP for all sessions."""
    folder = tmp_path_factory.mktemp("swaks")
    cert, key = certificate(folder, [DOMAIN, "127.0.0.1"])
    key.chmod(0o600)
    lmtp = free_port()
    smtp = {
        "lmtp_listen": [f"127.0.0.1:{lmtp}"],
        "trusted_from": ["127.0.0.1/32"],
        "tls_cert": str(cert),
        "tls_key": str(key),
        "max_errors": 20,
        "max_message_bytes": 1_000_000,
    }
    with Gateway(folder, f"sqlite:///{folder}/mailgate.db", settings={"smtp": smtp}, preloaded=True) as gateway:
        gateway.lmtp_port = lmtp
        gateway.start()
        yield gateway
        gateway.settled()
        assert gateway.ledger()["balanced"]
        assert broken(Tables(gateway.database_url)) == []


@pytest.mark.parametrize("dialog", DIALOGS, ids=[dialog["name"] for dialog in DIALOGS])
def test_given_a_running_gateway_when_swaks_speaks_to_it_then_it_sees_what_the_manual_promises(
    gateway: Gateway, dialog: dict[str, Any]
) -> None:
    port = gateway.lmtp_port if dialog.get("listener") == "lmtp" else gateway.port
    large = gateway.folder / "large.txt"
    large.write_text(("x" * 76 + "\n") * 14_000)
    arguments = [word.replace("LARGE", str(large)) for word in dialog["arguments"]]
    body = [] if "--body" in arguments else ["--body", dialog["name"]]
    command = ["swaks", "--server", f"127.0.0.1:{port}", "--helo", "mx.legacy.test", *body, *arguments]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    transcript = done.stdout + done.stderr
    at = 0
    for pattern in dialog["says"]:
        found = re.compile(pattern).search(transcript, at)
        assert found, f"{pattern!r} did not come (after {at}):\n{transcript}"
        at = found.end()
    assert done.returncode == dialog["exit"], transcript
