"""The command line: one module per noun. Errors end here as one line on standard error and an exit code."""

from __future__ import annotations

import sys

import typer

from mailgate.errors import MailgateError

app = typer.Typer(name="mailgate", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def _root() -> None:
    """A mail gateway between customers' mailboxes and a company's case system."""


def _register() -> None:
    from mailgate.cli.parse import parse

    app.command()(parse)


def main() -> None:
    """Entry point of `mailgate`. Exit codes: 0 done, 1 the answer is no, 2 usage or configuration."""
    _register()
    try:
        app()
    except MailgateError as error:
        print(f"mailgate: {error}", file=sys.stderr)
        sys.exit(2)
