"""`mailgate parse`: read mail and show what was understood. In: paths. Out: NDJSON or a summary on standard output. No database."""

from __future__ import annotations

import json
import sys
from typing import Any

import typer

from mailgate.application.mail.parse import Parse
from mailgate.application.mail.parse import parse as parse_mail
from mailgate.cli.mail_files.reading import MboxOption, PathsArgument, counted, read_mails
from mailgate.cli.opening import JsonOption, acting
from mailgate.cli.terminal import shown
from mailgate.errors import UsageError

_TEXT_LINES = 12


def parse(
    paths: PathsArgument,
    as_json: JsonOption = False,
    mbox: MboxOption = False,
) -> None:
    """Read mail files and show what was understood. Needs no database, stores nothing."""
    failed = 0
    for path in paths:
        try:
            for label, raw in counted(read_mails(path, mbox)):
                _show(parse_mail(None, acting(None), Parse(raw, label)), as_json)
        except UsageError as error:
            failed += 1
            print(f"mailgate parse: {error}", file=sys.stderr)
    sys.stdout.flush()
    if failed:
        raise typer.Exit(2)


def _show(found: dict[str, Any], as_json: bool) -> None:
    text = json.dumps(found, ensure_ascii=False) if as_json else summary(found)
    safe = shown(text) if as_json else "\n".join(map(shown, text.split("\n")))
    sys.stdout.buffer.write(safe.encode("utf-8", "replace") + b"\n")


def summary(found: dict[str, Any]) -> str:
    """What a person wants to see first: who, what kind and why, the new text, the files."""
    author = found["author"] or {"address": "(none)", "name": ""}
    lines = [
        f"{found['path']}  {found['size_bytes']} bytes",
        f"  from     {author['name']} <{author['address']}>".replace("  <", " <"),
        f"  subject  {found['subject']}",
        f"  kind     {found['kind']}" + (f"  ({', '.join(found['kind_reasons'])})" if found["kind_reasons"] else ""),
    ]
    lines += [f"  defects  {', '.join(found['defects'])}"] if found["defects"] else []
    lines += [
        f"  file     {one['filename']}  {one['size_bytes']} bytes  {one['content_type']}  {one['disposition']}"
        for one in found["attachments"]
    ]
    lines += [
        f"  bounced  {one['address']}  {one['status']} {one['diagnostic']}".rstrip()
        for one in (found["bounce"] or {}).get("recipients", [])
    ]
    text = (found["reply"]["text"] or found["text"]).split("\n")
    lines += ["  | " + line for line in text[:_TEXT_LINES]]
    lines += [f"  | ... {len(text) - _TEXT_LINES} more lines"] if len(text) > _TEXT_LINES else []
    return "\n".join(lines)
