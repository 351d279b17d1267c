"""`mailgate inject`: put mail into the journal exactly as SMTP would. In: paths. Out: one journal id per mail.

What SMTP would refuse is named on standard error; exit code 1 when a mail was refused.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mailgate.application.mail import inject as injecting
from mailgate.application.mail.inject import Inject, Injected
from mailgate.cli import output
from mailgate.cli.mail_files.reading import MboxOption, PathsArgument, RecipientOption, ReversePathOption, counted, read_mails
from mailgate.cli.opening import ConfigOption, JsonOption, acting, open_app
from mailgate.errors import NotAllowed


def inject(
    paths: PathsArgument,
    reverse_path: ReversePathOption = None,
    recipient: RecipientOption = None,
    mbox: MboxOption = False,
    take_refused: Annotated[
        bool, typer.Option("--take-refused", help="Accept mail of senders that the policy refuses (legacy phase refuse), too.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Accept mail files as SMTP would: each is stored when its id is printed, then processed by any worker."""
    refused = 0
    with open_app(config, make_secrets=True) as app:
        mails = counted(mail for path in paths for mail in read_mails(path, mbox))
        for one in injecting.inject(app, acting(None), Inject(mails, reverse_path, recipient or (), take_refused)):
            if isinstance(one, Injected):
                _show(one, as_json)
            else:
                refused += one.whole
                print(f"mailgate inject: {one.path}: {output.one_line(one.reply)}", file=sys.stderr)
    if refused:
        raise NotAllowed(f"{output.counted(refused, 'mail')} refused")


def _show(one: Injected, as_json: bool) -> None:
    if as_json:
        print(output.json_line({"path": one.path, "journal_id": one.journal_id, "duplicate": one.duplicate}))
    else:
        print(f"{one.journal_id}  {output.one_line(one.path)}" + ("  (was there already)" if one.duplicate else ""))
