"""`mailgate account`: who may log in on the web. In: arguments. Out: NDJSON or text on standard output. Links are shown once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mailgate.application.accounts import identities, manage, second_factor
from mailgate.application.accounts.first_admin import first_admin_link
from mailgate.application.app import App
from mailgate.application.principal import Principal
from mailgate.cli.groups import noun
from mailgate.cli.opening import ConfigOption, JsonOption, OperatorOption, ReasonOption, acting, open_app
from mailgate.cli.output import show, show_one

app = noun("Who may log in on the web.")

UserArgument = Annotated[str, typer.Argument(metavar="USER", help="The user name or mail address.")]


@app.command()
def add(
    username: Annotated[str, typer.Argument(metavar="USER", help="The user name.")],
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The mail address; without a role, that of a contact.")],
    name: Annotated[str, typer.Option("--name", help="The name that others see.")] = "",
    role: Annotated[list[str] | None, typer.Option("--role", help="agent, operator or admin; may be given again.")] = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account and print the link that sets its password. The link works once, for a day."""
    command = manage.AddAccount(username, address, name, tuple(role or ()))
    with open_app(config) as opened:
        made = manage.add_account(opened, acting(operator), command)
    show_one({**asdict(made.account), "link": made.link}, as_json)


@app.command("list")
def list_(operator: OperatorOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List accounts by user name."""
    with open_app(config) as opened:
        found = manage.list_accounts(opened, acting(operator), None)
    show([asdict(one) for one in found], ("username", "kind", "address", "roles", "logged_in_at", "disabled"), as_json, none="no accounts")


@app.command()
def disable(
    username: UserArgument,
    undo: Annotated[bool, typer.Option("--undo", help="Let the account log in again.")] = False,
    reason: ReasonOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Disable an account; its sessions end at once."""
    with open_app(config) as opened:
        after = manage.disable_account(opened, acting(operator), manage.DisableAccount(username, not undo, reason or ""))
    show_one(asdict(after), as_json)


@app.command("reset-link")
def reset_link(username: UserArgument, operator: OperatorOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Print a link that sets a new password. It works once, for a day."""
    with open_app(config) as opened:
        made = manage.reset_link(opened, acting(operator), username)
    show_one({**asdict(made.account), "link": made.link}, as_json)


@app.command("first-admin")
def first_admin(operator: OperatorOption = None, config: ConfigOption = None) -> None:
    """Print a link that makes the first administrator. It works once, for a day, and only while there is none."""
    with open_app(config) as opened:
        print(invitation(opened, acting(operator)) or "there is an administrator already: mailgate account list")


@app.command("second-factor-off")
def second_factor_off(username: UserArgument, operator: OperatorOption = None, config: ConfigOption = None) -> None:
    """Take the second factor off an account whose owner has lost app and recovery codes; its sessions end."""
    with open_app(config) as opened:
        second_factor.remove_second_factor(opened, acting(operator), username)
    print(f"{username} logs in with the password alone until a new second factor is set up")


@app.command()
def unlink(username: UserArgument, operator: OperatorOption = None, config: ConfigOption = None) -> None:
    """End an account's links to the OpenID provider; its sessions end. Without a password it then needs a reset-link."""
    with open_app(config) as opened:
        ended = identities.unlink_account(opened, acting(operator), username)
    print(f"{username} is linked to no provider any more" if ended else f"{username} was linked to no provider; its sessions have ended")


def invitation(app: App, operator: Principal) -> str:
    """Where to make the first administrator: on this host when it serves pages, else at the public address. "" when there is one."""
    path = first_admin_link(app, operator, None)
    if path is None:
        return ""
    listen, portal = app.settings.web.listen, app.settings.service.portal_url.rstrip("/")
    scheme = "https" if app.settings.web.tls_cert else "http"
    here = f"{scheme}://{listen[0]}" if listen else portal
    return f"make the first administrator (once, within a day): {here}{path}"
