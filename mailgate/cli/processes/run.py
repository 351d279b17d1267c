"""`mailgate run`: all parts in one process, until SIGTERM or SIGINT. The defaults need nothing else installed."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from mailgate.cli.account import invitation
from mailgate.cli.opening import ConfigOption, acting
from mailgate.cli.processes.serving import prepare
from mailgate.config import Settings
from mailgate.runtime import bootstrap
from mailgate.runtime.gateway import Gateway
from mailgate.runtime.pages_child import pages_beside

TRY_IT = """\
mailgate listens on {listening}; outgoing mail is {outgoing}. Stop it with Ctrl-C.
Send it a mail:
  swaks --server {host}:{port} --from kari@kunde.example --to {support} --header "Subject: Rapporten kommer ikke ut"
or, without swaks:
  python3 - <<'END'
  import smtplib
  text = "From: kari@kunde.example\\nTo: {support}\\nSubject: Rapporten kommer ikke ut\\n\\nHei, kan dere se paa det?\\n"
  smtplib.SMTP("{host}", {port}).sendmail("kari@kunde.example", "{support}", text)
  END
Then look, in another terminal:
  {look} journal list{option}
  {look} outbox list{option}
  {look} ledger{option}"""


def run(config: ConfigOption = None) -> None:
    """Run the listener and all stages in one process, with the web pages in a second one, until SIGTERM or SIGINT.

    It stays in the foreground and logs to standard error. SIGHUP reloads certificates and the log level.
    """
    settings = prepare(config, split=False, listens=True, make_new=True)
    gateway = Gateway(settings, listen=True, work=True)
    with contextlib.ExitStack() as beside:
        pages: list[Callable[[], None]] = []

        def started() -> None:
            pages.append(beside.enter_context(pages_beside(settings, settings.file)))
            _say(f"{_how_to_try(settings, gateway.addresses)}{_first_admin(settings)}")

        def reloaded() -> None:
            for reload in pages:  # none before they are started
                reload()

        gateway.run(started=started, reloaded=reloaded)


def _say(text: str) -> None:
    """Print a text. When nothing takes standard output (no reader, a full disk), the gateway goes on, and what it prints goes nowhere."""
    try:
        print(text, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _first_admin(settings: Settings) -> str:
    if not settings.web.listen:
        return ""
    with bootstrap.application(settings) as opened:
        invited = invitation(opened, acting(None))
    return f"\n{invited}" if invited else ""


def _how_to_try(settings: Settings, addresses: list[str]) -> str:
    first = addresses[0] if addresses else ""
    host, _, port = first.rpartition(":")
    outgoing = "kept in the database" if settings.outbound.delivery == "capture" else f"handed to {settings.outbound.smarthost}"
    look, option = typed_again(settings, sys.argv[0])
    where = {"listening": ", ".join(addresses), "host": host, "port": port, "look": look, "option": option}
    return TRY_IT.format(**where, outgoing=outgoing, support=settings.support_addresses[0])


def typed_again(settings: Settings, program: str) -> tuple[str, str]:
    """The program and the option with which another command finds this installation, as they can be pasted into a shell."""
    on_path = shutil.which("mailgate")
    is_on_path = on_path is not None and Path(on_path).resolve() == Path(program).resolve()
    called = shlex.quote(program) if Path(program).name == "mailgate" and not is_on_path else "mailgate"
    if settings.file is None:
        return f"MAILGATE_DATABASE__URL={shlex.quote(settings.database.url)} {called}", ""
    return called, f" --config {shlex.quote(str(settings.file.absolute()))}"
