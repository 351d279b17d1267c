"""`mailgate run`: all parts in one process, until SIGTERM or SIGINT. The defaults need nothing else installed."""

from __future__ import annotations

from mailgate.cli.opening import ConfigOption
from mailgate.cli.serving import prepare
from mailgate.config import Settings
from mailgate.gateway import Gateway

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
Then look: mailgate journal list; mailgate outbox list; mailgate ledger"""


def run(config: ConfigOption = None) -> None:
    """Listen, decide and send, all in one process."""
    settings = prepare(config, split=False)
    gateway = Gateway(settings, listen=True, work=True)
    gateway.run(started=lambda: print(_how_to_try(settings, gateway.addresses), flush=True))


def _how_to_try(settings: Settings, addresses: list[str]) -> str:
    first = addresses[0] if addresses else ""
    host, _, port = first.rpartition(":")
    outgoing = "kept in the database" if settings.outbound.delivery == "capture" else f"handed to {settings.outbound.smarthost}"
    return TRY_IT.format(listening=", ".join(addresses), outgoing=outgoing, host=host, port=port, support=settings.support_addresses[0])
