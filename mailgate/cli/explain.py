"""`mailgate explain`: what would happen to a mail, and why. In: paths. Out: one object per mail, in order. Changes nothing."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from mailgate import bootstrap
from mailgate.cli import output
from mailgate.cli.mailpaths import read_mails
from mailgate.cli.opening import ConfigOption, JsonOption, settings
from mailgate.cli.parse import summary
from mailgate.cli.trail_view import trail_lines
from mailgate.clock import utc_now
from mailgate.config import Settings
from mailgate.errors import NotAllowed
from mailgate.inbound.explain import explain as explain_mail
from mailgate.inbound.explain import guess_envelope
from mailgate.mail.model import Envelope
from mailgate.rules.document_file import policy_from
from mailgate.store.opening import open_store
from mailgate.store.unit_of_work import Store


def explain(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="An .eml file, a folder of them, an mbox with --mbox, or -.")],
    reverse_path: Annotated[
        str | None, typer.Option("--reverse-path", metavar="A", help="Envelope sender; <> for none. Else Return-Path, else From.")
    ] = None,
    recipient: Annotated[
        list[str] | None, typer.Option("--recipient", metavar="A", help="Envelope recipient. Else those of To and Cc that are ours.")
    ] = None,
    mbox: Annotated[bool, typer.Option("--mbox", help="The paths are mbox files.")] = False,
    policy: Annotated[Path | None, typer.Option("--policy", metavar="FILE", help="Ask this document, not the policy that runs.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what would happen to mail, and the answer of each rule."""
    found = settings(config)
    own, main = bootstrap.own_addresses(found).mailboxes, found.support_addresses[0]
    with _store(found) as store:
        asked = policy_from(policy, own) if policy else bootstrap.policy_in_force(found, store).peek()
        intake = bootstrap.make_intake(found, store, lambda _stage: None, reads_aside=False, policy=lambda: asked)
        with contextlib.closing(intake):
            for path in paths:
                for label, raw in read_mails(path, mbox):
                    _bounded(raw, label, found.smtp.max_message_bytes)
                    guessed = guess_envelope(raw, own, main)
                    sender = guessed.reverse_path if reverse_path is None else reverse_path.strip().strip("<>") or None
                    envelope = Envelope(sender, tuple(recipient or guessed.recipients))
                    _show(explain_mail(intake, raw, envelope, utc_now(), label), as_json)


def _bounded(raw: bytes, label: str, most: int) -> None:
    """What the listener would refuse is not looked at here either."""
    if len(raw) > most:
        raise NotAllowed(f"{label} has {len(raw)} bytes, and the listener takes {most} (smtp.max_message_bytes): it would be refused")


@contextlib.contextmanager
def _store(found: Settings) -> Iterator[Store]:
    """The store of the settings; an empty one that goes away again when SQLite's file is not there yet."""
    with contextlib.ExitStack() as ending:
        url = found.database.url
        if url.startswith("sqlite:") and not Path(url.removeprefix("sqlite:///")).exists():
            url = f"sqlite:///{ending.enter_context(tempfile.TemporaryDirectory(prefix='mailgate-'))}/empty.db"
        store = open_store(url, pool_size=found.database.pool_size)
        ending.callback(store.database.close)
        yield store


def _show(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(output.json_line(found))
        return
    case = f"{found['case']['key']} by {found['case']['matched_by']}" if found["case"] else "none"
    print(summary(found))
    print(f"  trust    {found['trust']}  (spf {found['auth']['spf']}, dkim {found['auth']['dkim']}, dmarc {found['auth']['dmarc']})")
    print(f"  case     {case}")
    print(f"  does     {found['disposition']}, by rule {found['rule']} of {found['policy_version']}")
    print("\n".join(trail_lines(found)))
    sys.stdout.flush()
