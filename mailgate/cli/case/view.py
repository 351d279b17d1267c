"""A case as text on standard output. In: the view of the case as plain mappings. Out: lines for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

from mailgate.cli import following
from mailgate.cli.output import json_line, one_line, shortened, show_one

MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}\+00:00")
WHY_MAX_CHARS = 100
SAID_MAX_CHARS = 160
"""Of a smarthost's or a bounce's words in one line."""
_BELOW = ("description", "comments", "events", "id", "deliveries", "unreachable", "held")


def print_whole(view: dict[str, Any], whole: bool = False) -> None:
    """For people: the fields, the comments with their line ends, then the events; with `whole` also what was cut off mails."""
    show_one({name: value for name, value in view.items() if name not in _BELOW}, as_json=False)
    if view["description"]:
        _print_text(view["description"])
    _print_comments(view["comments"], whole)
    print()
    _print_mail(view)
    for event in view["events"]:
        facts = "  ".join(f"{name}={_fact(value)}" for name, value in event["facts"].items() if name != "comment_id")
        print(f"{one_line(event['at'])}  {event['kind']}  {one_line(event['by'])}  {facts}".rstrip())
        _print_notified(event["notified"])


def _fact(value: Any) -> str:
    """A fact of an event; a moment, which events keep in UTC, as all other times are shown."""
    is_moment = isinstance(value, str) and MOMENT.fullmatch(value)
    return one_line(datetime.fromisoformat(value) if is_moment else value)


def _print_comments(comments: list[dict[str, Any]], whole: bool) -> None:
    """Each comment with its files, which are numbered through the case as `mailgate case file` takes them."""
    number = 0
    for comment in comments:
        gone = f"  withdrawn by {one_line(comment['withdrawn_by'])}" if comment["withdrawn_by"] else ""
        print(f"\n{one_line(comment['at'])}  {comment['kind']}  {one_line(comment['by'])}  {comment['id']}{gone}")
        _print_text(comment["text"])
        _print_cut(comment, whole)
        for file in comment["files"]:
            number += 1
            print(f"  [{number}: {one_line(file['filename'])}  {file['content_type']}  {file['size_bytes']} bytes]")
        _print_notified(comment["notified"])


def _print_mail(view: dict[str, Any]) -> None:
    """Held mail of the case, participants who get no mail and why, and the deliveries."""
    for one in view["held"]:
        mail = f"{one_line(one['author'])}  {one_line(one['subject'])}"
        print(f"{one_line(one['at'])}  held mail  {mail}  mailgate journal show {one['journal_id']}")
    for one in view["unreachable"]:
        until = f" until {one_line(one['until'])}" if one["until"] else ""
        print(f"{one_line(one['address'])} gets no mail{until}: {one_line(one['reason'])}")
    for mail in view["deliveries"]:
        why = shortened(one_line(mail["why"]), WHY_MAX_CHARS)
        line = f"{one_line(mail['at'])}  mail {mail['state']}  {one_line(mail['address'])}  {mail['template']}  {why}"
        print(line.rstrip())


def _print_notified(notified: list[dict[str, Any]]) -> None:
    """Who got notice of it, and what became of that: a line for each person."""
    for one in notified:
        at = f"  {one_line(one['at'])}" if one["at"] else ""
        print(f"  notified {one_line(one['address'])}: {one['state']}{at}  {shortened(one_line(one['why']), SAID_MAX_CHARS)}".rstrip())


def _print_cut(comment: dict[str, Any], whole: bool) -> None:
    """What was cut off the mail: all of it, or how many lines, so that nobody misses it."""
    if comment["forwarded"]:
        print("  [with a forwarded mail]")
    for name in ("signature", "quoted"):
        lines = [line for line in comment[name].split("\n") if line.strip()]
        if lines and whole:
            print(f"  [{name}]")
            _print_text(comment[name])
        elif lines:
            print(f"  [{name}: {len(lines)} lines, --whole shows them]")


def _print_text(text: str) -> None:
    for line in text.split("\n"):
        print(f"  {one_line(line)}".rstrip())


def follow(read: Callable[[], dict[str, Any]], as_json: bool) -> NoReturn:
    """The comments and events of a case in order, then those that come. Ends with KeyboardInterrupt alone."""

    def happened() -> list[dict[str, Any]]:
        found = read()
        return sorted([*found["comments"], *found["events"]], key=lambda one: (one["at"], one["id"]))

    look = following.unseen(happened, lambda one: json_line({**one, "notified": None}))
    following.follow(look, lambda one: _print_followed(one, as_json))


def _print_followed(one: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json_line(one))
        return
    print(f"{one_line(one['at'])}  {one['kind']}  {one_line(one['by'])}")
    if "text" in one:
        _print_text(one["text"])
