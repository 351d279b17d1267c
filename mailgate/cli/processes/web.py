"""`mailgate web`: the pages alone. Any number may run, on any number of hosts. `mailgate run` brings one along."""

from __future__ import annotations

from typing import Annotated

import typer

from mailgate.cli.opening import ConfigOption
from mailgate.cli.processes.serving import prepare, stop_at_end_of

STDIN = 0
WithParent = Annotated[bool, typer.Option("--with-parent", hidden=True, help="End when standard input is closed.")]


def web(config: ConfigOption = None, with_parent: WithParent = False) -> None:
    """Serve the web pages until SIGTERM or SIGINT."""
    settings = prepare(config, split=False)
    from mailgate.runtime.pages import serve_pages

    if with_parent:
        stop_at_end_of(STDIN)
    serve_pages(settings)
