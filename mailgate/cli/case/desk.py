"""`mailgate case queue` and the verbs of texts: the queues of the desk, and saved answers. In: arguments. Out: NDJSON or text."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mailgate.application.desk import queues, texts
from mailgate.cli.case.everyday import app
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, OperatorOption, acting, open_app
from mailgate.cli.output import show, show_one

COLUMNS = ("key", "due_at", "status", "priority", "assignee", "reporter", "summary")


@app.command()
def queue(
    name: Annotated[str, typer.Argument(metavar="QUEUE", help="mine, unassigned, ours, customer, due or all.")] = "ours",
    limit: LimitOption = 50,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the cases of a queue; the one whose answer is due first comes first."""
    with open_app(config) as opened:
        found = queues.show_queue(opened, acting(operator), queues.ShowQueue(name, limit=limit))
    show([asdict(one) for one in found.page.rows], COLUMNS, as_json, none="no cases")


@app.command("texts")
def list_texts(operator: OperatorOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the saved reply texts."""
    with open_app(config) as opened:
        found = texts.list_reply_texts(opened, acting(operator), None)
    show([asdict(one) for one in found], ("name", "language", "text"), as_json, none="no texts")


@app.command("text-set")
def set_text(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What agents choose it by.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The words.")],
    language: Annotated[str, typer.Option(help="nb, nn or en.")] = "nb",
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Save a reply text; one of the same name is replaced."""
    with open_app(config) as opened:
        made = texts.set_reply_text(opened, acting(operator), texts.ReplyText(name, language, text))
    show_one(asdict(made), as_json)


@app.command("text-remove")
def remove_text(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What agents choose it by.")],
    operator: OperatorOption = None,
    config: ConfigOption = None,
) -> None:
    """Delete a reply text, in all languages."""
    with open_app(config) as opened:
        texts.remove_reply_text(opened, acting(operator), texts.RemoveReplyText(name))
