"""`mailgate policy backtest`: a draft on stored mail. In: a document. Out: what would change. Writes nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from mailgate.application.policies.backtest import BacktestDraft, BacktestReport, Reclassified, ReplaySpan, verdict_json
from mailgate.application.policies.backtest import backtest as run_backtest
from mailgate.cli import output
from mailgate.cli.opening import ConfigOption, JsonOption, acting, open_app
from mailgate.cli.policy.documents import document_of, shown_when_refused
from mailgate.cli.terminal import bare
from mailgate.cli.times import moment

SHOWN_MAILS, SHOWN_PEOPLE = 50, 20
NOTICE_WORDS = {
    "redirect": "automatic answers: use supportweb",
    "accepted": "automatic answers: a case was made",
    "case_closed": "automatic answers: the case is closed",
    "choice": "automatic answers: the way to accept or refuse",
    "case_created": "notices of a new case",
    "comment_added": "notices of a comment",
    "status_changed": "notices of a status",
    "assignee_changed": "notices of an assignee",
    "forward": "mails passed on",
    "team_notice": "notices to a team",
}


SUBJECT_MAX_CHARS = 40


def backtest(
    draft: Annotated[Path, typer.Argument(metavar="DRAFT", help="A policy document.")],
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="Only mail accepted since then: 90m, 12h, 30d, 4w or a day (UTC).")
    ] = "30d",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="How many mails at most, the newest.")] = 100_000,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run stored mail under a draft and under the active policy, and show what would change. Changes nothing."""
    shown: list[Reclassified] = []
    with open_app(config) as app, shown_when_refused(as_json):
        command = BacktestDraft(document_of(draft), moment(since, app.now(), "--since"), limit)
        with run_backtest(app, acting(None), command) as running:
            span, report = running.span, running.report
            for one in _progress(running.differences, len(span.entries)):
                if one.changed or one.otherwise:
                    if as_json:
                        print(output.json_line(_mail(one)))
                    elif len(shown) < SHOWN_MAILS:
                        shown.append(one)
    if as_json:
        print(output.json_line(_summary(report, span)))
    else:
        _show(report, span, shown)


def _progress(differences: Iterator[Reclassified], total: int) -> Iterator[Reclassified]:
    """The same, with a bar when standard error is a terminal."""
    if not sys.stderr.isatty():
        yield from differences
        return
    from rich.console import Console  # a tenth of a second that scripts need not wait for
    from rich.progress import Progress

    with Progress(console=Console(file=bare(sys.stderr)), transient=True, redirect_stdout=False, redirect_stderr=False) as progress:
        yield from progress.track(differences, total=total, description="backtest")


def _mail(one: Reclassified) -> dict[str, Any]:
    return {
        "journal_id": one.entry.id,
        "accepted_at": one.entry.accepted_at,
        "author": one.author,
        "subject": one.subject,
        "case": one.case_key or None,
        "changed": one.changed,
        "old": verdict_json(one.old),
        "new": verdict_json(one.new),
    }


def _summary(report: BacktestReport, span: ReplaySpan) -> dict[str, Any]:
    return {
        "old": report.old.version,
        "new": report.new.version,
        "from": span.begins_at,
        "ran": report.ran,
        "not_run": {"older_than_limit": span.beyond_limit, "without_bytes": span.without_bytes, "undecided": span.undecided},
        "auth_unknown": span.auth_unknown,
        "changed": report.changed,
        "other_effects": report.otherwise,
        "matrix": [{"old": old, "new": new, "mails": count} for (old, new), count in sorted(report.matrix.items())],
        "rules": {rule.name: report.hits[rule.name] for rule in report.new.rules},
        "never_fired": report.never_fired(),
        "told": {kind: {"old": old, "new": new} for kind, (old, new) in report.notices().items()},
        "noticed": [{"address": address, **kinds} for address, kinds in report.noticed()],
        "as_recorded": report.as_recorded,
        "not_as_recorded": report.not_as_recorded,
        "decided_by_others": report.decided_otherwise,
    }


def _show(report: BacktestReport, span: ReplaySpan, shown: list[Reclassified]) -> None:
    _show_span(report, span)
    if report.ran:
        _show_matrix(report)
        _show_mails(report, shown)
        _show_rules(report)
        _show_customers(report)


def _show_span(report: BacktestReport, span: ReplaySpan) -> None:
    begins = f" accepted since {span.begins_at:%Y-%m-%d %H:%M} UTC" if span.begins_at else ""
    print(f"{output.counted(report.ran, 'mail')}{begins}, decided by {report.old.version} (in force) and {report.new.version} (the draft)")
    reasons = (
        (span.beyond_limit, "are older than --limit allows"),
        (span.without_bytes, "could not be run: retention has taken their bytes"),
        (span.undecided, "are not decided yet, or set aside"),
    )
    for count, why in reasons:
        if count:
            print(f"  {count} more {why}")
    if span.auth_unknown:
        print(f"  for {span.auth_unknown} no authentication results are recorded: those of their header were used")
    if report.not_as_recorded:
        print(f"  {report.not_as_recorded} were decided differently when they came: people's records or settings have changed since")


def _show_matrix(report: BacktestReport) -> None:
    names = report.dispositions()
    go = ["goes" if count == 1 else "go" for count in (report.changed, report.otherwise)]
    changed = output.counted(report.changed, "mail")
    print(f"\n{changed} {go[0]} another way, {report.otherwise} {go[1]} the same way with other effects")
    rows = [{"in force \\ draft": old, **{new: report.matrix[(old, new)] or "." for new in names}} for old in names]
    output.show(rows, ("in force \\ draft", *names), as_json=False)


def _show_mails(report: BacktestReport, shown: list[Reclassified]) -> None:
    if not shown:
        return
    print("\nmails that change")
    output.show([_row(one) for one in shown], ("id", "accepted_at", "author", "subject", "in_force", "draft"), as_json=False)
    left = report.changed + report.otherwise - len(shown)
    if left:
        print(f"  and {left} more; --json shows all")


def _row(one: Reclassified) -> dict[str, Any]:
    old, new = (f"{verdict.disposition} ({verdict.rule})" for verdict in (one.old, one.new))
    return {
        "id": one.entry.id,
        "accepted_at": one.entry.accepted_at,
        "author": one.author,
        "subject": output.shortened(one.subject, SUBJECT_MAX_CHARS),
        "in_force": old,
        "draft": new if one.changed or new != old else f"{new}, {_what_else(one)}",
    }


def _what_else(one: Reclassified) -> str:
    """What differs when the way and the rule are the same."""
    old, new = verdict_json(one.old)["effects"], verdict_json(one.new)["effects"]
    more = [" ".join(map(str, effect.values())) for effect in new if effect not in old]
    less = ["no " + " ".join(map(str, effect.values())) for effect in old if effect not in new]
    return ", ".join(more + less) or "other people are notified"


def _show_rules(report: BacktestReport) -> None:
    never = report.never_fired()
    print(f"\n{len(never)} of {len(report.new.rules)} rules of the draft never fired" + (": " + ", ".join(never) if never else ""))


def _show_customers(report: BacktestReport) -> None:
    print("\nwhat customers would notice")
    lines = [(kind, old, new) for kind, (old, new) in report.notices().items() if old != new]
    for kind, old, new in lines:
        print(f"  {NOTICE_WORDS.get(kind, kind)}: {old} -> {new} ({new - old:+d})")
    people = report.noticed()
    for address, kinds in people[:SHOWN_PEOPLE]:
        said = ", ".join(f"{count:+d} {kind}" for kind, count in kinds.items())
        print(f"  {output.one_line(address)}: {said}")
    if len(people) > SHOWN_PEOPLE:
        print(f"  and {len(people) - SHOWN_PEOPLE} more people; --json shows all")
    if not lines and not people:
        print("  nothing")
