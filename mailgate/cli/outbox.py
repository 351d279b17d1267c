"""`mailgate outbox`: look at outgoing mail, and decide about mail in trouble. In: ids or their beginnings. Out: lists, bytes, moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from mailgate.application import backup
from mailgate.application.app import App
from mailgate.application.outbox import decide, mails
from mailgate.application.outbox.decide import Decide
from mailgate.application.outbox.mails import ListMails
from mailgate.application.outbox.views import MailRow
from mailgate.cli import output
from mailgate.cli.groups import noun
from mailgate.cli.journal import briefly
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, OperatorOption, ReasonOption, acting, open_app
from mailgate.cli.system.restore import waiting
from mailgate.cli.terminal import write_raw
from mailgate.cli.times import moment
from mailgate.errors import NotAllowed, UsageError

app = noun("Outgoing mail: look at it, retry or cancel it.")
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the mail, or its beginning.")]
IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids of mails, or their beginnings; or a filter.")]
PREVIEW_ROWS = 10
COLUMNS = ("id", "created_at", "state", "address", "template", "subject", "error")


class MailState(StrEnum):
    """States of an outgoing mail, as `--state` takes them."""

    PENDING = "pending"
    SENDING = "sending"
    DEFERRED = "deferred"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CAPTURED = "captured"
    CANCELLED = "cancelled"


StateOption = Annotated[MailState | None, typer.Option("--state", help="Only mails in this state.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="WHO", help="Only mails to this address, or to this domain.")]
TemplateOption = Annotated[str | None, typer.Option("--template", metavar="NAME", help="Only mails of this kind, such as comment_added.")]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Only mails made since then: 12h, 30d or a day (UTC).")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Only mails made before then; written like --since.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Change all mails that the filter finds; without --yes they are only listed.")]


@app.command("list")
def list_mails(
    state: StateOption = None,
    to: ToOption = None,
    template: TemplateOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List outgoing mails, the newest first."""
    with open_app(config) as app:
        wanted = _filter(app, None, to, template, since, until)
        page = mails.list_mails(app, acting(None), ListMails(state.value if state else None, limit, filter=wanted))
        rows = output.with_short_ids(page.rows, partial(mails.short_ids, app, acting(None)), as_json)
    output.show(rows, COLUMNS, as_json, none="no mails")


@app.command()
def show(id_: IdArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one mail and each attempt to deliver it."""
    with open_app(config) as app:
        mail = mails.show_mail(app, acting(None), id_)
    done = [asdict(one) for one in mail.interventions] if as_json else briefly(mail.interventions)
    made = [asdict(one) for one in mail.attempts_made]
    output.show_one({**asdict(mail.row), "attempts_made": made, "interventions": done}, as_json)


@app.command()
def raw(id_: IdArgument, operator: OperatorOption = None, config: ConfigOption = None) -> None:
    """Write the bytes of one mail, as they are sent, to standard output. The audit says who did."""
    with open_app(config) as app:
        content = mails.raw_mail(app, acting(operator), id_)
    write_raw(content)


@app.command()
def retry(
    ids: IdsArgument = None,
    state: StateOption = None,
    to: ToOption = None,
    template: TemplateOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    yes: YesOption = False,
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send deferred, failed, uncertain or cancelled mails again, the same bytes. The recipient of an uncertain one may get it twice."""
    with open_app(config) as app:
        principal = acting(operator)
        command = Decide(tuple(ids or ()), output.given(reason, "the reason"), _filter(app, state, to, template, since, until))
        if not command.ids and not yes:
            _refuse(app, "retry", decide.preview_retry(app, principal, command), as_json)
        done = decide.retry(app, principal, command)
    output.report(done, "is neither deferred, failed, uncertain nor cancelled", as_json)


@app.command()
def cancel(
    ids: IdsArgument = None,
    state: StateOption = None,
    to: ToOption = None,
    template: TemplateOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    yes: YesOption = False,
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cancel mails that are not sent yet: they are never sent."""
    with open_app(config) as app:
        principal = acting(operator)
        command = Decide(tuple(ids or ()), output.given(reason, "the reason"), _filter(app, state, to, template, since, until))
        if not command.ids and not yes:
            _refuse(app, "cancel", decide.preview_cancel(app, principal, command), as_json)
        done = decide.cancel(app, principal, command)
    output.report(done, "does not wait to be sent", as_json)


def _filter(
    app: App, state: MailState | None, to: str | None, template: str | None, since: str | None, until: str | None
) -> mails.MailFilter:
    now = app.now()
    return mails.MailFilter(state.value if state else None, to, template, moment(since, now, "--since"), moment(until, now, "--until"))


def _refuse(app: App, verb: str, found: Sequence[MailRow], as_json: bool) -> None:
    """Show what a filter finds. Raises NotAllowed when that is anything."""
    if not found:
        output.note("no mails match")
        return
    rows = output.with_short_ids(found[:PREVIEW_ROWS], partial(mails.short_ids, app, acting(None)), as_json)
    output.show(rows, COLUMNS, as_json)
    raise NotAllowed(f"{verb} would touch {len(found)} {'mail' if len(found) == 1 else 'mails'}; nothing has changed: add --yes to do it")


@app.command()
def restored(
    send: Annotated[bool, typer.Option("--send", help="Let all of it go on; what was sent after the backup is sent again.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Send none of it, ever; accepted mail stays held.")] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what waits since a restore, and decide about it. Exit code 1 when something waits."""
    if send and drop:
        raise UsageError("--send and --drop exclude each other")
    with open_app(config) as app:
        if send or drop:
            counts = backup.decide_on_restored(app, acting(operator), backup.DecideOnRestored(send))
        else:
            counts = backup.show_restored(app, acting(operator), backup.ShowRestored())
    done = {True: "go on", False: "are dropped"}[send] if send or drop else "wait"
    print(output.json_line(counts) if as_json else f"{waiting(counts)} {done}")
    if any(counts.values()) and not (send or drop):
        raise typer.Exit(1)
