"""`mailgate template`: templates and words of our mails. In: arguments. Out: problems, or one mail, on standard output."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mailgate.application.outbox import templates
from mailgate.cli.groups import noun
from mailgate.cli.opening import ConfigOption, JsonOption, acting, open_app
from mailgate.cli.output import note, show

app = noun("Templates and words of our mails.")


@app.command()
def check(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Render every mail in every language with the templates and words of outbound.templates_dir, and list what is wrong.

    Exit code 1 when something is. Mail is still sent, with the built-in template in place of a broken one.
    """
    with open_app(config) as opened:
        found = templates.check_templates(opened, acting(None), templates.CheckTemplates())
    show([asdict(one) for one in found], ("name", "error"), as_json, none="all templates are good")
    raise typer.Exit(1 if found else 0)


@app.command()
def preview(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Kind of mail, such as comment_added or digest.")],
    case: Annotated[str, typer.Option("--case", metavar="KEY", help="Show it about this case; else about a sample.")] = "",
    language: Annotated[str, typer.Option("--lang", help="nb, nn or en.")] = "nb",
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write the HTML to this file, as UTF-8 with its letters.")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Show one mail as its reader would get it. Nothing is sent; its reply address and links lead nowhere."""
    with open_app(config) as opened:
        shown = templates.preview_template(opened, acting(None), templates.PreviewTemplate(name, language, case))
    print(f"From: {shown.sender}\nSubject: {shown.subject}\n\n{shown.text}", end="")
    if html is not None:
        html.write_text(shown.html, encoding="utf-8")
        note(f"HTML is in {html}")
