"""`mailgate explain`: what would happen to a mail, and why. In: paths. Out: one object per mail, in order. Changes nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mailgate.application.mail.explain import Explain, UnderPolicy, explaining
from mailgate.cli import output
from mailgate.cli.mail_files.parse import summary
from mailgate.cli.mail_files.reading import MboxOption, PathsArgument, RecipientOption, ReversePathOption, read_mails
from mailgate.cli.opening import ConfigOption, JsonOption, acting, open_app_for_reading
from mailgate.cli.trail import trail_lines


def explain(
    paths: PathsArgument,
    reverse_path: ReversePathOption = None,
    recipient: RecipientOption = None,
    mbox: MboxOption = False,
    policy: Annotated[
        Path | None, typer.Option("--policy", metavar="FILE", help="Use this policy document. Default: the policy in force.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what would happen to mail files, and the result of each rule. Nothing is stored or sent."""
    sender = None if reverse_path is None else reverse_path.strip().strip("<>")
    with open_app_for_reading(config) as app, explaining(app, acting(None), UnderPolicy(policy)) as explain_mail:
        for path in paths:
            for label, raw in read_mails(path, mbox):
                _show(explain_mail(Explain(raw, label, sender, recipient or ())), as_json)


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(output.json_line(found))
        return
    case = f"{found['case']['key']} by {found['case']['matched_by']}" if found["case"] else "none"
    print(summary(found))
    print(f"  trust    {found['trust']}  (spf {found['auth']['spf']}, dkim {found['auth']['dkim']}, dmarc {found['auth']['dmarc']})")
    print(f"  case     {case}")
    print(f"  does     {found['disposition']}, by rule {found['rule']} of {found['policy_version']}")
    if found["rule_description"]:
        print(f"           {output.one_line(found['rule_description'])}")
    print("\n".join(trail_lines(found)))
    sys.stdout.flush()
