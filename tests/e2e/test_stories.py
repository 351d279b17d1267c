"""The customers' whole story, on each database and broker: the same mails and commands lead to the same state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.story import Story
from tests.support.ledger_check import Tables, broken, leaks
from tests.support.processes.gateway import Gateway
from tests.support.processes.sink import Sink
from tests.support.processes.smtp_client import MailServer

CUSTOMER = Path(__file__).with_name("customer-story")


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param("sqlite-memory"),
        pytest.param("postgres-redis", marks=pytest.mark.services),
        pytest.param("postgres-rabbitmq", marks=pytest.mark.services),
    ],
)
def test_given_customers_with_mailboxes_when_they_and_an_operator_write_then_the_story_ends_as_written(
    shape: str, install: Callable[[str, Sink], Gateway]
) -> None:
    with Sink() as sink, install(shape, sink) as gateway:
        for part in ("run",) if shape == "sqlite-memory" else ("smtp", "worker"):
            gateway.start(part)
        story = Story(CUSTOMER, gateway, sink, MailServer(gateway.port))
        story.set_up()
        story.play()

        expected = json.loads((CUSTOMER / "expected.json").read_text("utf-8"))
        assert story.state() | {"ledger": gateway.ledger()} == expected
        assert broken(Tables(gateway.database_url), story.server.deliveries, sink.mails) == []
        for part in gateway.parts:
            assert part.stop() == 0, part.log()
            assert "Traceback" not in part.log()
            assert leaks(part.log(), _secrets(gateway, sink)) == []


def _secrets(gateway: Gateway, sink: Sink) -> set[str]:
    """What no log may tell: the keys, the tokens that open a case, and what people wrote."""
    keys = set(re.findall(r'= "(.{20,})"', (gateway.folder / "var" / "secrets.toml").read_text("utf-8")))
    tokens = {found for mail in sink.mails for found in re.findall(r"\+([a-z2-7]{36,})@", mail.raw.decode("latin-1"))}
    assert keys, "the secrets file has no key"
    assert tokens, "no mail has a reply token"
    return keys | tokens | {"versjon 4.2", "Det haster", "ugyldig", "sentralbordet"}
