"""How serving commands start: settings, log, file mode mask, and a log line for threads that die. In: `--config`. Out: `Settings`."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path

from mailgate import config as reader
from mailgate import killpoint, library_log, log
from mailgate.cli.opening import settings_file
from mailgate.config import Settings
from mailgate.config.checks import certificate_dates
from mailgate.errors import TransientFailure
from mailgate.runtime.broker import wakeup
from mailgate.runtime.reloading import wait_to_reload

_log = log.get("process")


def prepare(config: Path | None, *, processes: int = 0, split: bool, listens: bool = False, make_new: bool = False) -> Settings:
    """Read the settings and set the process up for serving; SIGHUP waits until its server takes it. Raises ConfigError.

    `split`: only a part of the gateway runs here. `listens`: the SMTP listener does.
    `make_new`: without settings a file with the defaults is written.
    """
    wait_to_reload()
    os.umask(0o077)
    more = {"MAILGATE_WORKER__PROCESSES": str(processes)} if processes else {}
    environment = {**reader.process_environment(), **more}
    settings = reader.load(settings_file(config, environment, make_new=make_new), environment)
    log.configure(settings.log.level, settings.log.format, colours=not environment.get("NO_COLOR"))
    library_log.take_in()
    threading.excepthook = _thread_died
    killpoint.arm(settings.kill_spec)
    for warning in _doubts(settings, split, listens):
        _log.warning("doubtful_setting", hint=warning)
    return settings


def _doubts(settings: Settings, split: bool, listens: bool) -> list[str]:
    found = []
    if split and settings.database.url.startswith("sqlite:"):
        found.append("SQLite serves the processes of one host only; use PostgreSQL for several hosts")
    if split and settings.embedded:
        found.append(
            "memory:// carries wakeups in one process only: other processes find work by sweeping; set broker.url to redis:// or amqp://"
        )
    if policy := _evicts(settings.broker.url):
        found.append(
            f"Redis evicts keys when it is full ({policy}): wakeups get lost, work waits for the sweeper; set maxmemory-policy noeviction"
        )
    if listens and (file := settings.smtp.tls_cert):
        since, until = certificate_dates(file)
        if not since <= datetime.now(UTC) < until:
            found.append(f"smtp.tls_cert {file} is valid from {since:%Y-%m-%d} to {until:%Y-%m-%d} only; renew it, then send SIGHUP")
    if settings.kill_spec:
        found.append("MAILGATE_KILL is set: this process will kill itself")
    return found


def _evicts(url: str) -> str:
    try:
        return wakeup.eviction_policy(url)
    except TransientFailure:
        return ""  # a broker that is down is no reason not to start


def stop_at_end_of(pipe: int) -> None:
    """Stop this process as SIGTERM does when the pipe closes: its other end is the parent's, which closes it however it ends."""

    def wait() -> None:
        while os.read(pipe, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _thread_died(arguments: threading.ExceptHookArgs) -> None:
    trace = "".join(traceback.format_exception(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)[-6:])
    name = arguments.thread.name if arguments.thread else "?"
    _log.error("thread_died", thread=name, error=arguments.exc_type.__name__, trace=trace)
