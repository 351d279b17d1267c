"""`mailgate outbox`: look at outgoing mail, and decide about mail in trouble. In: ids or the beginning of one. Out: lists, bytes, moves."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, settings, store
from mailgate.errors import NotAllowed
from mailgate.store.rows import OutboxMail
from mailgate.store.unit_of_work import UnitOfWork

app = typer.Typer(help="Outgoing mail.", add_completion=False, rich_markup_mode=None)
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the mail, or its beginning.")]
IdsArgument = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of mails, or their beginnings.")]
COLUMNS = ("id", "created_at", "state", "address", "template", "subject", "error")


class State(StrEnum):
    """States of an outgoing mail, as `--state` takes them."""

    PENDING = "pending"
    SENDING = "sending"
    DEFERRED = "deferred"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CAPTURED = "captured"
    CANCELLED = "cancelled"


@app.command("list")
def list_mails(
    state: Annotated[State | None, typer.Option("--state", help="Only mails in this state.")] = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show outgoing mails, the newest first."""
    with store(config).reading() as work:
        found = work.outbox.list(state.value if state else None, limit)
    output.show([_fields(mail) for mail in found], COLUMNS, as_json, none="no mails")


@app.command()
def show(id_: IdArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one mail and each try to deliver it."""
    with store(config).reading() as work:
        mail = work.outbox.get(work.outbox.find(id_))
    output.show_one({**_fields(mail), "attempts_made": [asdict(attempt) for attempt in mail.history]}, as_json)


@app.command()
def raw(id_: IdArgument, config: ConfigOption = None) -> None:
    """Write the frozen bytes of one mail to standard output."""
    with store(config).reading() as work:
        content = work.outbox.raw(work.outbox.find(id_))
    sys.stdout.buffer.write(content)


@app.command()
def retry(ids: IdsArgument, config: ConfigOption = None) -> None:
    """Send deferred, failed, uncertain or cancelled mails again, the same bytes. Whoever got an uncertain one gets a double."""
    expires_after = timedelta(seconds=settings(config).outbound.expires_after_s)
    opened = store(config)
    now = opened.now()
    with opened.transaction() as work:
        wanted = _resolve(work, ids)
        _refuse_second_answers(list(work.outbox.by_ids(wanted).values()))
        done = work.outbox.retry(wanted, now, now + expires_after)
    output.report(wanted, done, "pending", "is neither deferred, failed, uncertain nor cancelled")


@app.command()
def cancel(
    ids: IdsArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; stays with the mail.")] = "cancelled by hand",
    config: ConfigOption = None,
) -> None:
    """Never send mails that still wait."""
    with store(config).transaction() as work:
        wanted = _resolve(work, ids)
        done = work.outbox.cancel(wanted, reason)
    output.report(wanted, done, "cancelled", "does not wait to be sent")


def _refuse_second_answers(mails: Sequence[OutboxMail]) -> None:
    """Automatic answers go out at most once (guarantee 5): one that may have been sent is not sent by hand either."""
    for mail in mails:
        if mail.at_most_once and mail.state == "uncertain":
            raise NotAllowed(f"{mail.id} is an automatic answer that may have been sent; those go out at most once")


def _resolve(work: UnitOfWork, ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(work.outbox.find(id_) for id_ in ids))


def _fields(mail: OutboxMail) -> dict[str, Any]:
    return {name: value for name, value in asdict(mail).items() if name != "history"}
