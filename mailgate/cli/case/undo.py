"""`mailgate case take-back|withdraw-comment`: undo what one of us did or said. In: arguments. Out: NDJSON or text."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mailgate.application.cases import undo
from mailgate.cli.case.everyday import KeyArgument, app
from mailgate.cli.opening import ConfigOption, JsonOption, OperatorOption, ReasonOption, acting, open_app
from mailgate.cli.output import given, json_line
from mailgate.cli.output import note as say


@app.command("take-back")
def take_back(
    key: KeyArgument,
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take back the last comment, operation or assignment by staff, while no mail about it has left (outbound.hold_back_s)."""
    command = undo.TakeBack(key, given(reason, "the reason"))
    with open_app(config) as opened:
        _answer(undo.take_back(opened, acting(operator), command), "taken back", as_json)


@app.command("withdraw-comment")
def withdraw_comment(
    comment_id: Annotated[str, typer.Argument(metavar="COMMENT", help="Id of the comment, as case show gives it, or its beginning.")],
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hide a comment and its files from customers; staff still see it, and who withdrew it. Mail that has left stays where it is."""
    command = undo.WithdrawComment(comment_id, given(reason, "the reason"))
    with open_app(config) as opened:
        _answer(undo.withdraw_comment(opened, acting(operator), command), "withdrawn", as_json)


def _answer(done: undo.Undone, what: str, as_json: bool) -> None:
    if as_json:
        print(json_line({**asdict(done.case), "undone": list(done.undone), "notices_dropped": done.notices_dropped}))
        return
    print(f"{done.case.key}  {done.case.status}  {done.case.summary}")
    say(f"{what}: {', '.join(done.undone)}; mails that will not be sent because of it: {done.notices_dropped}")
