"""`mailgate outbox`: look at outgoing mail, and decide about mail in trouble. In: ids or the beginning of one. Out: lists, bytes, moves."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from mailgate.cli import output
from mailgate.cli.desk import open_desk
from mailgate.cli.interventions import Act, ReasonOption, briefly
from mailgate.cli.interventions import shown as listed
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, OperatorOption, settings, store
from mailgate.errors import NotAllowed
from mailgate.store.rows import Intervention, OutboxMail
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
        done = work.interventions.of_mail(mail.id)
    shown = {"attempts_made": [asdict(one) for one in mail.history], "interventions": (listed if as_json else briefly)(done)}
    output.show_one({**_fields(mail), **shown}, as_json)


@app.command()
def raw(id_: IdArgument, config: ConfigOption = None) -> None:
    """Write the frozen bytes of one mail to standard output."""
    with store(config).reading() as work:
        content = work.outbox.raw(work.outbox.find(id_))
    sys.stdout.buffer.write(content)


@app.command()
def retry(
    ids: IdsArgument,
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send deferred, failed, uncertain or cancelled mails again, the same bytes. Whoever got an uncertain one gets a double."""
    expires_after = timedelta(seconds=settings(config).outbound.expires_after_s)
    with open_desk(config, operator) as desk, desk.store.transaction() as work:
        now = desk.store.now()
        act = Act.of("retry", desk.operator, reason, now)
        before = work.outbox.lock(_resolve(work, ids))
        _refuse_second_answers(list(before.values()))
        done = _recorded(work, act, before, work.outbox.retry(list(before), now, now + expires_after), "pending")
    output.report(done, _left(before, done, "is neither deferred, failed, uncertain nor cancelled"), as_json)


@app.command()
def cancel(
    ids: IdsArgument,
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Never send mails that still wait."""
    with open_desk(config, operator) as desk, desk.store.transaction() as work:
        act = Act.of("cancel", desk.operator, reason, desk.store.now())
        before = work.outbox.lock(_resolve(work, ids))
        done = _recorded(work, act, before, work.outbox.cancel(list(before), act.reason or "cancelled by hand"), "cancelled")
    output.report(done, _left(before, done, "does not wait to be sent"), as_json)


def _recorded(work: UnitOfWork, act: Act, before: Mapping[str, OutboxMail], moved: Collection[str], to_state: str) -> list[Intervention]:
    done = act.on_mails({id_: before[id_].state for id_ in moved}, to_state)
    work.interventions.add(done)
    return done


def _left(before: Collection[str], done: Sequence[Intervention], why: str) -> dict[str, str]:
    moved = {one.outbox_id for one in done}
    return {id_: why for id_ in before if id_ not in moved}


def _refuse_second_answers(mails: Sequence[OutboxMail]) -> None:
    """Automatic answers go out at most once (guarantee 5): one that may have been sent is not sent by hand either."""
    for mail in mails:
        if mail.at_most_once and mail.state == "uncertain":
            raise NotAllowed(f"{mail.id} is an automatic answer that may have been sent; those go out at most once")


def _resolve(work: UnitOfWork, ids: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(work.outbox.find(id_) for id_ in ids))


def _fields(mail: OutboxMail) -> dict[str, Any]:
    return {name: value for name, value in asdict(mail).items() if name != "history"}
