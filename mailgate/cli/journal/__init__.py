"""`mailgate journal`: look at accepted mail, and decide about it (`verbs`). In: ids, or a filter. Out: lists, bytes, moves.

No verb here deletes anything: raw bytes stay until retention deletes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Annotated, Any, NoReturn

import typer

from mailgate.application.app import App
from mailgate.application.audit_trail import short_subjects
from mailgate.application.journal import entries, record
from mailgate.application.journal import report as reporting
from mailgate.application.journal.entries import ListEntries
from mailgate.application.journal.follow import FollowEntries, follow_entries
from mailgate.application.journal.record import ListMoves
from mailgate.application.journal.report import ReportEntry
from mailgate.application.journal.views import EntryDetail, Move
from mailgate.cli import following, output
from mailgate.cli.following import FollowOption
from mailgate.cli.groups import noun
from mailgate.cli.journal import verbs
from mailgate.cli.journal.selecting import COLUMNS, Chosen, doubt_about, filtering
from mailgate.cli.opening import ConfigOption, JsonOption, LimitOption, OperatorOption, acting, open_app
from mailgate.cli.terminal import write_raw
from mailgate.cli.times import moment
from mailgate.cli.trail import trail_lines, without_trail
from mailgate.errors import UsageError

app = noun("Accepted mail: look at it, release, discard or replay it.")
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the entry, or its beginning.")]
MOVE_COLUMNS = ("at", "operator", "verb", "about", "from_state", "to_state", "reason")


@app.command("list")
@filtering
def list_entries(
    chosen: Chosen,
    before: Annotated[str | None, typer.Option("--before", metavar="ID", help="Only entries older than this one.")] = None,
    follow: FollowOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List entries, the newest first; at most 50 without --limit."""
    with open_app(config) as app:
        if follow:
            if before is not None:
                raise UsageError("--follow shows what comes, and --before what was; give one of them")
            _follow(app, FollowEntries(chosen.filter(app.now()), chosen.limit or 50), as_json)
        page = entries.list_entries(app, acting(None), ListEntries(chosen.filter(app.now()), chosen.limit or 50, before))
        rows = output.with_short_ids(page.rows, partial(entries.short_ids, app, acting(None)), as_json)
        doubt = doubt_about(app, chosen) if not rows else ""
    output.show(rows, COLUMNS, as_json, none="; ".join(filter(None, ("no entries", doubt))))


def _follow(app: App, command: FollowEntries, as_json: bool) -> NoReturn:
    """The entries that are there, then those that come or change."""

    def look() -> Sequence[dict[str, Any]]:
        nonlocal command
        found = follow_entries(app, acting(None), command)
        command = replace(command, seen=found.seen)
        return output.with_short_ids(found.rows, partial(entries.short_ids, app, acting(None)), as_json)

    following.follow(look, lambda row: print(output.json_line(row) if as_json else "  ".join(_columns(row))))


def _columns(row: Mapping[str, Any]) -> list[str]:
    return [output.one_line(row[name]) for name in COLUMNS]


@app.command()
def show(id_: IdArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Show one entry: the mail, the decision, the result of each rule, and what operators did."""
    with open_app(config) as app:
        entry = entries.show_entry(app, acting(None), id_)
        meaning = entries.rule_description(app, acting(None), entry.row.id)
    found = _fields(entry, meaning)
    if as_json:
        output.show_one({**found, "interventions": [asdict(one) for one in entry.interventions]}, True)
        return
    output.show_one({**_brief(found), "interventions": briefly(entry.interventions)}, False)
    if lines := trail_lines(found):
        print("\n".join(lines))
    _note_next(found)


def _brief(found: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without the trail; what the policy says about the rule stands below it, when it says something."""
    fields = without_trail(found)
    meaning = fields.pop("rule_description", "")
    below = {"rule": {"rule_description": meaning}} if meaning else {}
    return {key: one for name, value in fields.items() for key, one in ({name: value} | below.get(name, {})).items()}


def _note_next(entry: Mapping[str, Any]) -> None:
    """What to type about an entry that waits for a person, or for a worker."""
    id_, state = entry["id"], entry["state"]
    if state == "held":
        key = "" if entry.get("case_id") else " --case KEY"
        output.note(
            f"next: mailgate journal release {id_}{key} makes it a comment on its case; mailgate journal discard {id_} puts it away"
        )
    elif state == "shunted":
        output.note(f"next: mailgate journal replay {id_} reads it again; mailgate journal discard {id_} puts it away")
    elif state == "pending":
        output.note("next: nothing, if a worker runs: it reads it soon; else start mailgate run or mailgate worker")


@app.command()
def raw(id_: IdArgument, operator: OperatorOption = None, config: ConfigOption = None) -> None:
    """Write the accepted bytes of one entry to standard output. The audit says who did."""
    with open_app(config) as app:
        content = entries.raw_entry(app, acting(operator), id_)
    write_raw(content)


@app.command()
def report(id_: IdArgument, operator: OperatorOption = None, config: ConfigOption = None) -> None:
    """Write an anonymised copy of a mail that was read wrong, for a report to the developers. Look it through before you send it."""
    with open_app(config) as app:
        found = reporting.report(app, acting(operator), ReportEntry(id_))
    write_raw(found.raw)
    same = "is read as the mail was" if found.is_faithful else f"is read differently from the mail: {found.read}, not {found.was_read}"
    output.note(f"the case file {same}; look it through before you send it")


for name, verb in verbs.VERBS.items():
    app.command(name)(verb)


@app.command()
def audit(
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Only what was done since then: 12h, 30d or a day.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Only what was done before then.")] = None,
    limit: LimitOption = 50,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what operators did to accepted and outgoing mail: who, when and why; the newest first."""
    with open_app(config) as app:
        command = ListMoves(limit, moment(since, app.now(), "--since"), moment(until, app.now(), "--until"))
        found = record.list_moves(app, acting(None), command)
        about = [("journal", one.journal_id) if one.journal_id else ("outbox", one.outbox_id or "") for one in found]
        short = {} if as_json else short_subjects(app, acting(None), about)
    rows = [asdict(one) if as_json else {**asdict(one), "about": short.get(id_, id_)} for one, (_, id_) in zip(found, about, strict=True)]
    output.show(rows, MOVE_COLUMNS, as_json)


def briefly(moves: Sequence[Move]) -> list[dict[str, Any]]:
    """What operators did, as it is shown below an entry or a mail."""
    return [
        {"at": one.at, "operator": one.operator, "verb": one.verb, "from": one.from_state, "to": one.to_state, "reason": one.reason}
        | dict(one.detail)
        for one in moves
    ]


def _fields(entry: EntryDetail, rule_description: str) -> dict[str, Any]:
    origin = ("client_address", "helo", "protocol", "tls", "smtp_utf8", "raw_sha256", "raw_kept", "notes", "due_at", "error")
    decided = {**entry.decided, "rule_description": rule_description} if entry.decided else {}
    return {**asdict(entry.row), **{name: getattr(entry, name) for name in origin}, **decided}
