"""`mailgate todo`: what waits for a person. In: nothing. Out: one line for each kind, what to type next. Exit code 1 when there is any."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mailgate.application.todo import MailTodo, ShowTodo, mail_todo, show_todo
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, OperatorOption, acting, open_app
from mailgate.errors import UsageError


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
        if as_json:
            print(output.json_line(asdict(one)))
            continue
        since = f", the oldest since {output.one_line(one.since)}" if one.since else ""
        print(f"{one.count} {one.what}{since}: {', '.join(one.first)}{', …' if one.count > len(one.first) else ''}".rstrip(": "))
        print(f"    -> {one.do}")
    if found:
        raise typer.Exit(1)
    if not as_json:
        output.note("nothing waits for you")
