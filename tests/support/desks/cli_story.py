"""Every command with `--json`, run once in one installation: what section 9 of the design promises to scripts.

In: an empty folder. Out: one `Recorded` for each call, with ids, times and hashes replaced by names. The same story ran on the commit
before the command line was rebuilt; `tests/contract/cli_json.json` is what it printed there. To record it again, run this module with
that commit's tree first on PYTHONPATH and name the file to write.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from email import message_from_bytes, policy
from importlib import import_module
from pathlib import Path
from typing import Any

SUPPORT = "support@example.test"
CONFIG = """\
[database]
url = "sqlite:///var/mailgate.db"
[policy]
file = "policy.yaml"
[worker]
sweep_interval_s = 0.1
processes = 1
[outbound]
delivery = "capture"
hold_back_s = 0
[metrics]
listen = ""
"""
SETTLED_WITHIN_S = 180.0
RULES = "\nrules:\n"
STOP_RULE = "  - {name: stop, when: {subject: {matches: stopp}}, then: discard}\n"
HOLD_RULE = "  - {name: invoice, when: {subject: {matches: faktura}}, then: hold}\n"
BAD_RULE = "  - {name: bad, when: {subjekt: x}, then: hold}\n"
FAILING_TEST = """
  - name: fails
    mail: {from: a@b.example, to: support@example.test, subject: Hei, text: Hei}
    expect: {disposition: discard}
"""
PROGRAM = (sys.executable, "-c", "from mailgate.cli import main; raise SystemExit(main())")
_NAMES = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)?"), "<time>"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "<day>"),
    (re.compile(r"\b20\d\d-W\d\d\b"), "<week>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<hash>"),
    (re.compile(r"\b(\d+|draft|file)-[0-9a-f]{8}\b"), "<version>"),
    (re.compile(r"\b([a-z0-9]+\.)?[0-9a-f]{32}@"), "<message-id>@"),
    (re.compile(r"\bbounce\+[a-z0-9]+@"), "bounce+<token>@"),
    (re.compile(r"\bsupport\+[a-z0-9]+@"), "support+<token>@"),
)


@dataclass(frozen=True)
class Recorded:
    """One call: what was typed, the exit code, and the objects on standard output (`[]` without `--json`)."""

    words: list[str]
    code: int
    objects: list[dict[str, Any]] = field(default_factory=list)


class Installation:
    """A folder with settings and a policy, in which commands run in this process and the worker in one of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.recorded = folder, list[Recorded]()
        (folder / "mailgate.toml").write_text(CONFIG)
        built_in = next(Path(sys.modules["mailgate.rules"].__path__[0]).glob("supportweb.yaml")).read_text("utf-8")
        self.built_in = built_in.replace("window_s: 10 ", "window_s: 0 ")
        self.policy("policy.yaml", self.built_in)
        self.call("db", "upgrade")

    def policy(self, name: str, text: str) -> None:
        """Write a policy document."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def call(self, *words: str, stdin: str = "") -> tuple[int, bytes]:
        """Run a command in this process; exit code and standard output."""
        main = import_module("mailgate.cli").main
        os.environ.setdefault("MAILGATE_OPERATOR", "eva")
        out, hook, kept = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), sys.excepthook, sys.stdin
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.replace("\n", "\r\n").encode()))
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                code = main(list(words))
        finally:
            sys.excepthook, sys.stdin = hook, kept
        out.flush()
        return code, out.buffer.getvalue()  # type: ignore[attr-defined]

    def run(self, *words: str, stdin: str = "") -> list[dict[str, Any]]:
        """The same, recorded; the objects as they were printed."""
        code, out = self.call(*words, stdin=stdin)
        objects = [json.loads(line) for line in out.decode().splitlines()] if "--json" in words else []
        self.recorded.append(Recorded([self._named(word) for word in words], code, [self._named(one) for one in objects]))
        return objects

    def _named(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {self._named(key): self._named(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._named(inner) for inner in value]
        if not isinstance(value, str):
            return value
        text = value.replace(str(self.folder), "<folder>")
        for pattern, name in _NAMES:
            text = pattern.sub(name, text)
        return text

    def settle(self, mails: int, *, delivery: str = "capture", until: frozenset[str] = frozenset({"captured"})) -> None:
        """Let a worker run until nothing is pending and `mails` outgoing mails are in a state of `until`. Raises TimeoutError."""
        environment = {**os.environ, "MAILGATE_OUTBOUND__DELIVERY": delivery, "MAILGATE_OUTBOUND__SMARTHOST": "smtp://127.0.0.1:1"}
        if delivery != "capture":
            environment["MAILGATE_SERVICE__DOMAIN"] = "firma.test"  # no mail leaves from the example domain
        worker = subprocess.Popen([*PROGRAM, "worker"], env=environment, cwd=self.folder, stderr=subprocess.DEVNULL)
        try:
            give_up_at = time.monotonic() + SETTLED_WITHIN_S
            while worker.poll() is None and time.monotonic() < give_up_at:
                ledger = json.loads(self.call("ledger", "--json")[1])
                sent = [json.loads(line)["state"] for line in self.call("outbox", "list", "--json")[1].splitlines()]
                if not ledger["pending"] and sum(state in until for state in sent) >= mails:
                    return
                time.sleep(0.1)
            raise TimeoutError(f"pending {ledger['pending']}, outgoing {sent}")
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(30)

    def reply_address(self, outbox_id: str) -> str:
        """Where a reply to an outgoing mail goes."""
        found = message_from_bytes(self.call("outbox", "raw", outbox_id)[1], policy=policy.default)["Reply-To"]
        return str(found.addresses[0].addr_spec)

    def take(self, author: str, subject: str, to: str = SUPPORT) -> str:
        """Accept one mail; its journal id."""
        text = _mail(author, subject, len(self.recorded), to)
        return str(self.run("inject", "--json", "--reverse-path", author, "--recipient", to, "-", stdin=text)[0]["journal_id"])


def _mail(author: str, subject: str, number: int, to: str = SUPPORT) -> str:
    head = f"From: {author}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{number}@kunde.example>\nDate: Thu, 02 Apr 2009 10:00:00 +0200\n"
    return f"{head}\nHei, rapporten kommer ikke ut.\n\nHilsen Kari\n\nDen 1. april skrev Support:\n> Hva ser dere?\n"


def tell(at: Installation) -> None:
    """The whole story."""
    _read_mail(at)
    _people(at)
    _cases(at)
    at.settle(2)
    ids = _mail_comes(at)
    at.settle(4)
    _journal(at, ids)
    _outbox(at)
    _suppressions(at)
    _policies(at)
    _figures(at)


def _read_mail(at: Installation) -> None:
    (at.folder / "mails").mkdir()
    (at.folder / "mails" / "0.eml").write_text(_mail("kari@kunde.example", "Rapporten", 0).replace("\n", "\r\n"), newline="")
    at.run("parse", "--json", "mails")
    at.run("parse", "mails/0.eml")
    at.run("parse", "--json", "absent.eml")
    at.run("explain", "--json", "mails")
    at.run("explain", "mails/0.eml")
    at.run("doctor", "--json")
    at.run("db", "upgrade")
    at.run("db", "check")
    at.run("inject", "absent.eml")


def _people(at: Installation) -> None:
    at.run("customer", "add", "--json", "Kunde AS", "--domain", "kunde.example")
    at.run("customer", "set", "--json", "Kunde AS", "--language", "nn")
    at.run("customer", "list", "--json")
    at.run("customer", "show", "--json", "Kunde AS")
    at.run("customer", "show", "Ingen AS")
    at.run("contact", "add", "--json", "kari@kunde.example", "--name", "Kari Lunde")
    at.run("contact", "add", "--json", "ola@kunde.example", "--name", "Ola")
    at.run("contact", "set", "--json", "ola@kunde.example", "--language", "nb")
    at.run("contact", "list", "--json", "--customer", "Kunde AS")
    at.run("contact", "show", "--json", "kari@kunde.example")
    at.run("contact", "show", "ingen@kunde.example")
    at.run("contact", "add", "kari@kunde.example")


def _cases(at: Installation) -> None:
    new = ("case", "new", "--json", "--as", "kjersti", "--reporter", "kari@kunde.example", "--summary", "Rapporten kommer ikke ut")
    at.run(*new, "--type", "problem", "--description", "Hver mandag.", "--participant", "ola@kunde.example")
    at.run("case", "do", "--json", "--as", "kjersti", "start", "SUP-1")
    at.run("case", "do", "frobnicate", "SUP-1")
    at.run("case", "do", "unfreeze", "SUP-1")
    at.run("case", "assign", "--json", "--as", "kjersti", "SUP-1", "kjersti")
    at.run("case", "comment", "--json", "--as", "kjersti", "SUP-1", "Bare for oss.", "--note")
    at.run("case", "comment", "--json", "--as", "kjersti", "SUP-1", "Hva ser dere?", "--file", "mails/0.eml")
    at.run("case", "participant", "--json", "--as", "kjersti", "SUP-1", "ola@kunde.example", "--remove")
    at.run("case", "participant", "--json", "--as", "kjersti", "SUP-1", "ola@kunde.example")
    at.run("case", "do", "--json", "--as", "kjersti", "ask_customer", "SUP-1")
    at.run("case", "list", "--json")
    at.run("case", "show", "SUP-99")


def _mail_comes(at: Installation) -> dict[str, str]:
    found = [json.loads(line) for line in at.call("outbox", "list", "--json")[1].splitlines()]
    mine = next(one["id"] for one in found if one["address"] == "kari@kunde.example")
    at.policy("hold.yaml", at.built_in.replace(RULES, RULES + HOLD_RULE))
    at.run("policy", "activate", "--json", "hold.yaml", "--author", "kjersti", "--comment", "Fakturaer ses av et menneske")
    ids = {"reply": at.take("kari@kunde.example", "Sv: Rapporten", at.reply_address(mine))}
    ids["legacy"] = at.take("per@annet.example", "Hjelp")
    for number in (1, 2, 3):
        ids[f"held{number}"] = at.take("kari@kunde.example", f"En faktura {number}")
    at.run("inject", "--recipient", "noen@annetsted.example", "mails/0.eml")
    return ids


def _journal(at: Installation, ids: dict[str, str]) -> None:
    at.run("journal", "list", "--json")
    at.run("journal", "list", "--json", "--held", "--limit", "1")
    at.run("journal", "list", "--json", "--author", "annet.example")
    at.run("journal", "list", "--json", "--before", ids["legacy"])
    for name in ("reply", "legacy", "held1"):
        at.run("journal", "show", "--json", ids[name])
    at.run("journal", "show", ids["reply"])
    at.run("journal", "show", "ffffffff")
    at.run("journal", "raw", ids["reply"])
    at.run("journal", "release", "--held")
    at.run("journal", "release", "--json", "--as", "kjersti", "--disposition", "redirect", "--reason", "Til supportweb", ids["held1"])
    at.run("journal", "discard", "--json", "--as", "kjersti", "--reason", "Dobbelt", ids["held2"])
    at.run("journal", "discard", ids["reply"])
    at.run("journal", "discard", "--json", "--as", "kjersti", "--held", "--yes")
    at.run("journal", "replay", "--json", "--as", "kjersti", ids["legacy"], ids["reply"])
    at.run("journal", "replay")
    at.settle(5)
    at.run("journal", "replay", "--json", "--as", "kjersti", "--send", ids["held3"])
    at.settle(5)
    at.run("journal", "show", "--json", ids["held1"])
    at.run("journal", "show", "--json", ids["held3"])
    at.run("journal", "audit", "--json")
    at.run("journal", "audit")
    at.run("case", "show", "--json", "SUP-1")
    at.run("case", "show", "SUP-1")
    at.run("ledger", "--json")


def _outbox(at: Installation) -> None:
    listed = at.run("outbox", "list", "--json")
    at.run("outbox", "show", "--json", listed[0]["id"])
    at.run("outbox", "show", listed[0]["id"])
    at.run("outbox", "raw", listed[0]["id"])
    at.run("outbox", "show", "ffffffff")
    at.run("outbox", "cancel", listed[0]["id"])
    at.run("case", "comment", "--json", "--as", "kjersti", "SUP-1", "Er det i orden?")
    at.settle(1, delivery="smtp", until=frozenset({"deferred"}))
    waiting = json.loads(at.call("outbox", "list", "--json", "--state", "deferred")[1].splitlines()[0])["id"]
    at.run("outbox", "cancel", "--json", "--as", "kjersti", "--reason", "Feil mottaker", waiting)
    at.run("outbox", "retry", "--json", "--as", "kjersti", waiting)
    at.run("outbox", "show", "--json", waiting)


def _suppressions(at: Installation) -> None:
    at.run("suppression", "add", "--json", "--reason", "Sluttet", "--days", "30", "ola@kunde.example", "borte@kunde.example")
    at.run("suppression", "list", "--json")
    at.run("suppression", "list", "--json", "--cause", "operator", "ola@kunde.example")
    at.run("suppression", "remove", "--json", "borte@kunde.example")
    at.run("suppression", "remove", "borte@kunde.example")
    at.run("suppression", "list")


def _policies(at: Installation) -> None:
    at.policy("draft.yaml", at.built_in.replace(RULES, RULES + STOP_RULE + STOP_RULE.replace("stop", "help", 1).replace("stopp", "Hjelp")))
    at.policy("bad.yaml", at.built_in.replace(RULES, RULES + BAD_RULE))
    at.policy("fails.yaml", at.built_in.rstrip() + FAILING_TEST)
    for verb in ("check", "test"):
        for name in ("draft.yaml", "bad.yaml", "fails.yaml", "absent.yaml"):
            at.run("policy", verb, "--json", name)
            at.run("policy", verb, name)
    at.run("policy", "schema")
    at.run("policy", "diff", "--json", "draft.yaml")
    at.run("policy", "diff", "1", "draft.yaml")
    at.run("policy", "backtest", "--json", "draft.yaml")
    at.run("policy", "backtest", "draft.yaml")
    at.run("policy", "backtest", "bad.yaml")
    at.run("policy", "activate", "--json", "draft.yaml", "--author", "kjersti", "--comment", "Stopp")
    at.run("policy", "activate", "bad.yaml", "--comment", "Nei")
    at.run("policy", "history", "--json")
    at.run("policy", "show", "--json", "1")
    at.run("policy", "show", "99")
    at.run("policy", "rollback", "--json", "--author", "kjersti")
    at.run("policy", "rollback", "99")
    at.run("policy", "history")


def _figures(at: Installation) -> None:
    at.run("ledger")
    at.run("report", "legacy", "--json", "--since", "2w")
    at.run("report", "legacy", "--since", "2w")
    at.run("report", "legacy", "--csv", "--since", "2w")
    at.run("report", "legacy", "--csv", "--json")
    at.run("dkim", "--json", "--folder", "keys")
    at.run("doctor", "--json")
    at.run("doctor")
    at.run("nonsense")
    at.run("journal", "list", "--nonsense")


@contextlib.contextmanager
def installation(folder: Path) -> Iterator[Installation]:
    """One in this folder, which is the current one meanwhile; settings of the environment are out of the way."""
    import_module("mailgate.rules")
    kept, environment = Path.cwd(), dict(os.environ)
    for name in list(os.environ):
        if name.startswith("MAILGATE_"):
            del os.environ[name]
    os.chdir(folder)
    try:
        yield Installation(folder)
    finally:
        os.chdir(kept)
        os.environ.clear()
        os.environ.update(environment)


def main() -> None:
    """Record the story of whatever `mailgate` is imported."""
    with tempfile.TemporaryDirectory() as folder, installation(Path(folder)) as at:
        tell(at)
    lines = [json.dumps(asdict(one), ensure_ascii=False, sort_keys=True) for one in at.recorded]
    Path(sys.argv[1]).write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
