"""A new operator plays README and docs/howto/install.md word for word, from nothing to the first answered reply. The pages are the source.

What a test machine has not (root, ports below 1024, a relay, systemd) has a stand-in of `_Journey`; a stand-in that no page asks for any
more fails the test, as a page does that lies.
"""

from __future__ import annotations

import json
import os
import re
import smtplib
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.harness.repository import ROOT
from tests.support.processes.postfix import Postfix
from tests.support.processes.sink import Sink
from tests.support.waiting import answers, free_port, until

KARI = "kari@kunde.example"
WAIT_S = 90.0
SHIMS = {
    "adduser": "exit 0",
    "createuser": "exit 0",
    "createdb": "exit 0",
    "systemctl": "exit 0",
    "sudo": '[ "$1" = -u ] && shift 2; exec env "$@"',
    "install": 'for word; do shift; case $word in root|mailgate|-o|-g) ;; *) set -- "$@" "$word" ;; esac; done; exec /usr/bin/install "$@"',
}
"""Programs that would need root, as this user can run them."""


def blocks(page: str, heading: str) -> list[str]:
    """The code blocks below a heading of a page, each as one text."""
    text = (ROOT / page).read_text(encoding="utf-8")
    part = re.split(r"^## ", text.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    found = re.findall(r"(?:^    .*\n(?:\n(?=    ))?)+", part, re.MULTILINE)
    assert found, f"{page} has no commands below {heading!r}"
    return [re.sub(r"^    ", "", one, flags=re.MULTILINE) for one in found]


class _Journey:
    """A fresh folder, a shell in it, and what stands in for what is not there. `stand_ins`: text of a page -> what is done instead."""

    def __init__(self, folder: Path, stand_ins: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self.folder, self._stand_ins, self._used = folder, stand_ins, set[str]()
        self.shims = folder / "shims"
        self.shims.mkdir(parents=True)
        for name, body in {**SHIMS, "mailgate": f'exec {sys.executable} -m mailgate "$@"'}.items():
            self.write(self.shims / name, f"#!/bin/sh\n{body}\n", 0o755)
        nothing_set = {name: value for name, value in os.environ.items() if not name.startswith("MAILGATE_")}
        self._environment = {**nothing_set, "MAILGATE_WEB__LISTEN": "", **environment}
        self._environment["PATH"] = f"{self.shims}:{os.environ['PATH']}"
        self.here = folder
        self._running: list[subprocess.Popen[bytes]] = []

    @staticmethod
    def write(path: Path, text: str, mode: int = 0o600) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def standing_in(self, text: str) -> str:
        """The text with its stand-ins."""
        for words, instead in self._stand_ins.items():
            if words in text:
                self._used.add(words)
                text = text.replace(words, instead)
        return text

    def shell(self, lines: str, code: int | None = 0) -> str:
        """Run lines of a page; where they end is where the next ones begin."""
        script = f"set -eu\ncd {self.here}\n{self.standing_in(lines)}\npwd > {self.folder}/pwd\n"
        done = subprocess.run(["sh"], input=script, capture_output=True, text=True, env=self._environment, timeout=300, check=False)
        assert code is None or done.returncode == code, f"{lines}\n{done.stdout}{done.stderr}"
        if done.returncode == 0:
            self.here = Path((self.folder / "pwd").read_text().strip())
        return done.stdout

    def start(self, command: str, more: Mapping[str, str] | None = None) -> None:
        """Run a command of a page until the end."""
        with (self.folder / f"{len(self._running)}.log").open("wb") as log:
            words = ["sh", "-c", f"exec {self.standing_in(command)}"]
            environment = {**self._environment, "MAILGATE_METRICS__LISTEN": f"127.0.0.1:{free_port()}", **(more or {})}
            self._running.append(subprocess.Popen(words, cwd=self.here, env=environment, stdout=log, stderr=log))

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(60)

    def log(self) -> str:
        return "\n".join(path.read_text("utf-8", "replace")[-3000:] for path in sorted(self.folder.glob("*.log")))

    def unused(self) -> list[str]:
        return sorted(set(self._stand_ins) - self._used)


def edited(settings: Path, block: str) -> None:
    """Do in a settings file what a page says to change: each key in its section."""
    text = settings.read_text(encoding="utf-8")
    for section, body in re.findall(r"^\[(\w+)\]\n((?:\w.*\n)+)", block, re.MULTILINE):
        for key, line in re.findall(r"^((\w+) = .*)$", body, re.MULTILINE):
            line, key = key, line
            pattern = re.compile(rf"(^\[{section}\]\n(?:(?!\[).*\n)*?)(?:# )?{key} = .*$", re.MULTILINE)
            text, count = pattern.subn(lambda found, line=line: found.group(1) + line, text, count=1)  # type: ignore[misc]
            assert count == 1, f"{settings} has no {key} in [{section}]"
    settings.write_text(text, encoding="utf-8")


def _to_kari(sink: Sink, after: int) -> EmailMessage:
    """The next mail that arrives at Kari's, behind the first `after`."""
    until(lambda: len(_mails(sink)) > after, WAIT_S, f"mail {after + 1} to {KARI} arrives")
    return _mails(sink)[after]


def _mails(sink: Sink) -> list[EmailMessage]:
    return [message_from_bytes(one.raw, policy=policy.default) for one in list(sink.mails) if KARI in one.recipients]


def _first_answered_reply(journey: _Journey, sink: Sink, port: int) -> None:
    """A case is made, Kari answers the notice by mail, and is answered."""
    journey.shell(f'mailgate case new --reporter {KARI} --summary "Skriveren står"')
    notice = _to_kari(sink, 0)
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = f"Kari Lunde <{KARI}>", str(notice["Reply-To"]), f"Re: {notice['Subject']}"
    reply["Message-ID"], reply["In-Reply-To"], reply["Date"] = "<svar@kunde.example>", str(notice["Message-ID"]), str(notice["Date"])
    reply.set_content("Det hjalp ikke.\n")
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.send_message(reply, from_addr=KARI)
    until(lambda: "Det hjalp ikke" in journey.shell("mailgate case show SUP-1"), WAIT_S, "the reply is a comment", 1.0, detail=journey.log)
    seen = len(_mails(sink))
    journey.shell('mailgate case comment SUP-1 "Vi ser på det"')
    assert "Vi ser på det" in _to_kari(sink, seen).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert json.loads(journey.shell("mailgate ledger --json"))["balanced"]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What ends with the test."""
    with ExitStack() as made:
        yield made


HURRIED = {"MAILGATE_OUTBOUND__HOLD_BACK_S": "0", "MAILGATE_WORKER__SWEEP_INTERVAL_S": "0.5", "MAILGATE_INTAKE__DNS_TIMEOUT_S": "0.2"}


def _hurried_policy(file: Path) -> None:
    """Notices are gathered for no time: two minutes that a test need not wait for."""
    text, count = re.subn(r"window_s: \d+", "window_s: 0", file.read_text(encoding="utf-8"))
    assert count
    file.write_text(text, encoding="utf-8")


def test_given_the_readme_when_played_word_for_word_then_a_reply_is_answered(tmp_path: Path, stack: ExitStack) -> None:
    sink, port = stack.enter_context(Sink()), free_port()
    stand_ins = {
        "deploy/install.sh /opt/mailgate": "true",  # tests/project/test_wheel.py runs it
        "export PATH=/opt/mailgate/bin:$PATH": "true",
        "0.0.0.0:25": f"127.0.0.1:{port}",
        "smtp://relay.firma.example:587": f"smtp://127.0.0.1:{sink.port}",
    }
    journey = _Journey(tmp_path, stand_ins, HURRIED)
    stack.callback(journey.stop)
    install, settings, begin = blocks("README.md", "First real configuration")
    journey.shell(install)
    edited(journey.here / "mailgate.toml", journey.standing_in(settings))
    _hurried_policy(journey.here / "policy.yaml")
    doctor, *people, run = begin.splitlines()
    assert (doctor, run) == ("mailgate doctor", "mailgate run")
    journey.shell(doctor, code=None)  # it says what the DNS of an example lacks
    journey.shell("\n".join(people))
    journey.start(run)
    until(lambda: answers(port), WAIT_S, "it listens", detail=journey.log)
    _first_answered_reply(journey, sink, port)
    assert journey.unused() == []


@pytest.mark.packages
@pytest.mark.services
def test_given_the_page_on_systemd_and_postfix_when_played_word_for_word_then_a_reply_is_answered(
    tmp_path: Path, stack: ExitStack, empty_postgres_url: str, redis_url: str
) -> None:
    sink, port, front_port, behind_port = stack.enter_context(Sink()), free_port(), free_port(), free_port()
    stand_ins = {
        "deploy/install.sh /opt/mailgate": "true",
        "/opt/mailgate/bin/mailgate": str(tmp_path / "shims" / "mailgate"),
        "/usr/local/bin": str(tmp_path / "bin"),
        "/etc/mailgate": str(tmp_path / "settings"),
        "/etc/systemd/system": str(tmp_path / "units"),
        "/var/lib/mailgate": str(tmp_path / "lib"),
        "postgresql+psycopg:///mailgate?host=/run/postgresql": empty_postgres_url,
        "redis://127.0.0.1:6379/0": redis_url,
        '"0.0.0.0:25", "[::]:25"': f'"127.0.0.1:{port}"',
        "trusted_from = []": 'trusted_from = ["127.0.0.1"]',
        "smtp://relay.firma.example:587": f"smtp://127.0.0.1:{behind_port}",
        'tls = "starttls"': 'tls = "opportunistic"',  # as the page says for Debian's certificate
    }
    journey = _Journey(tmp_path, stand_ins, HURRIED)
    stack.callback(journey.stop)
    for name in ("bin", "units", "lib"):
        (tmp_path / name).mkdir()
    checkout = tmp_path / "checkout"
    for file in (ROOT / "deploy" / "systemd").iterdir():
        journey.write(checkout / "deploy" / "systemd" / file.name, journey.standing_in(file.read_text()), 0o755)
    journey.here = checkout
    install, start = blocks("docs/howto/install.md", "systemd")[:2]
    journey.shell(install)
    _hurried_policy(tmp_path / "settings" / "policy.yaml")
    upgrade, doctor, units, enable = start.splitlines()
    in_place = f"export PATH={tmp_path}/bin:$PATH MAILGATE_CONFIG={tmp_path}/settings/mailgate.toml\n"
    journey.shell(in_place + upgrade)
    journey.shell(in_place + doctor, code=None)
    journey.shell(f"{units}\n{enable}")
    for name in ("smtp", "worker"):
        _start_unit(journey, (tmp_path / "units" / f"mailgate-{name}.service").read_text())
    until(lambda: answers(port), WAIT_S, "it listens", detail=journey.log)

    lines: Callable[[str], str] = lambda part: journey.shell(f"{in_place}mailgate postfix-config two --part {part}")  # noqa: E731
    front = stack.enter_context(Postfix(front_port, {}))
    front.configure(lines("front"))
    behind = stack.enter_context(Postfix(behind_port, {"relayhost": f"[127.0.0.1]:{sink.port}", "smtp_tls_security_level": "none"}))
    behind.configure(lines("behind"))
    journey._environment["MAILGATE_CONFIG"] = str(tmp_path / "settings" / "mailgate.toml")
    journey.shell('mailgate customer add "Kunde AS" --domain kunde.example')
    journey.shell(f'mailgate contact add {KARI} --name "Kari Lunde"')
    _first_answered_reply(journey, sink, front_port)
    assert journey.unused() == []


def _start_unit(journey: _Journey, unit: str) -> None:
    """What systemd would start: the command and the environment of a unit."""
    (command,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    variables: Sequence[tuple[str, str]] = re.findall(r"^Environment=(\w+)=(.*)$", unit, re.MULTILINE)
    journey.start(command, {name: value for name, value in variables if name != "MAILGATE_METRICS__LISTEN"})
