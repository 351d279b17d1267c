"""`mailgate postfix-config`: the lines for a shell, the settings that they need, and what is said when they cannot be made."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

LISTENS = """\

[smtp]
listen = ["127.0.0.1:2525"]
lmtp_listen = ["127.0.0.1:2424"]
trusted_from = ["127.0.0.1/32"]
[service]
domain = "firma.example"
"""


@pytest.fixture
def listening(mailgate: Run, tmp_path: Path) -> Run:
    """An installation for which a Postfix can be set up."""
    with (tmp_path / "mailgate.toml").open("a", encoding="utf-8") as stream:
        stream.write(LISTENS)
    return mailgate


def _parameters(text: str) -> dict[str, str]:
    """What `postconf -e` would be given: parameter -> value."""
    typed = [shlex.split(line) for line in text.splitlines() if line.startswith("postconf")]
    return {name: value for _, _, one in typed for name, value in [one.split(" =", 1)]}


@pytest.mark.parametrize(
    ("shape", "transport"),
    [
        ("one", "inline:{ { firma.example = smtp:[127.0.0.1]:2525 } }"),
        ("two", "inline:{ { firma.example = smtp:[127.0.0.1]:2525 } }"),
        ("lmtp", "inline:{ { firma.example = lmtp:inet:[127.0.0.1]:2424 } }"),
    ],
)
def test_point_6_given_settings_when_postfix_is_asked_for_then_recipients_are_a_static_map_and_mail_is_handed_on(
    listening: Run, shape: str, transport: str
) -> None:
    answer = listening("postfix-config", shape)
    assert (answer.code, answer.err) == (0, "")
    found = _parameters(answer.out)
    assert found["transport_maps"].strip() == transport
    assert r"/^support(\+[a-z2-7]+)?@firma\.example$$/ OK" in found["relay_recipient_maps"]
    assert 'First set in mailgate.toml, then restart mailgate:\n#   smtp.trusted_from = ["127.0.0.1/32"]\n' in answer.out
    assert answer.out.count("postfix reload\n") == (2 if shape == "two" else 1)


def test_point_6_given_a_gateway_on_the_port_of_postfix_when_asked_then_it_says_what_to_set(mailgate: Run, tmp_path: Path) -> None:
    with (tmp_path / "mailgate.toml").open("a", encoding="utf-8") as stream:
        stream.write('\n[smtp]\nlisten = ["127.0.0.1:25"]\n')
    answer = mailgate("postfix-config", "one")
    assert answer.code == 1
    assert 'set smtp.listen = ["127.0.0.1:2525"]' in answer.err
