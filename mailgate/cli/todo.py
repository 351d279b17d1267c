"""`mailgate todo`: what waits for a person. In: nothing. Out: one line for each kind, what to type next. Exit code 1 when there is any."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from mailgate.application.app import App
from mailgate.application.journal import entries
from mailgate.application.outbox import mails
from mailgate.application.principal import Principal
from mailgate.application.todo import MailTodo, ShowTodo, Todo, mail_todo, show_todo
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, OperatorOption, acting, open_app
from mailgate.errors import UsageError

IDS: Mapping[str, Callable[[App, Principal, Sequence[str]], Mapping[str, str]]] = {
    "held": entries.short_ids,
    "shunted": entries.short_ids,
    "uncertain": mails.short_ids,
    "failed": mails.short_ids,
}
"""Kinds of things that are named by ids."""


def todo(
    mail: Annotated[bool, typer.Option("--mail", help="Also mail it to desk.report_to now; workers do so once a day.")] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what waits for a person: overdue answers, held mail, colleagues to approve, mail in doubt. Exit code 1 when there is any."""
    with open_app(config) as app:
        if mail and not app.settings.desk.report_to:
            raise UsageError("desk.report_to names no address; set it in mailgate.toml")
        found = show_todo(app, acting(None), ShowTodo())
        if mail:
            mailed = mail_todo(app, acting(operator), MailTodo())
            output.note(f"mailed to {', '.join(mailed)}" if mailed else "nothing is mailed")
        for one in found:
            print(output.json_line(asdict(one)) if as_json else _lines(one, _first(app, one)))
    if found:
        raise typer.Exit(1)
    if not as_json:
        output.note("nothing waits for you")


def _first(app: App, one: Todo) -> Sequence[str]:
    """The names of the first, ids as long as they must be."""
    if one.kind not in IDS:
        return one.first
    short = IDS[one.kind](app, acting(None), one.first)
    return [short.get(id_, id_) for id_ in one.first]


def _lines(one: Todo, first: Sequence[str]) -> str:
    since = f", the oldest since {output.one_line(one.since)}" if one.since else ""
    which = f": {', '.join(first)}{', …' if one.count > len(first) else ''}" if first else ""
    return f"{one.count} {one.what}{since}{which}\n    -> {one.do}"
