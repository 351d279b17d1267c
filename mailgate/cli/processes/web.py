"""`mailgate web`: the pages alone. Any number may run, on any number of hosts. `mailgate run` brings one along."""

from __future__ import annotations

import os
import signal
import threading
from typing import Annotated

import typer

from mailgate.cli.opening import ConfigOption
from mailgate.cli.processes.serving import prepare

STDIN = 0
WithParent = Annotated[bool, typer.Option("--with-parent", hidden=True, help="End when standard input is closed.")]


def web(config: ConfigOption = None, with_parent: WithParent = False) -> None:
    """Serve the web pages until SIGTERM or SIGINT."""
    settings = prepare(config, split=False)
    from mailgate.runtime.pages import serve_pages

    if with_parent:
        threading.Thread(target=_stop_at_end_of_input, name="parent", daemon=True).start()
    serve_pages(settings)


def _stop_at_end_of_input() -> None:
    """The pipe from `mailgate run` closes however that process ends, also when it is killed."""
    while os.read(STDIN, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
