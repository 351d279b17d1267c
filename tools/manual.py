"""Writes the man pages (deploy/share/man) from the program. In: the commands. Out: mailgate.1, and one page for each command.

`make docs` runs it; a test fails when a page differs from what it would write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mailgate.cli import GROUPS
from tools.command_tree import Argument, Command, Option, tree

HEAD = '.\\" Written by `make docs` from the program; change the descriptions there.\n.TH {title} 1 "" mailgate "User Commands"\n'
NOTHING = "\\&"
EXIT_CODES = (
    ("0", "done"),
    ("1", "refused, or a check failed"),
    ("2", "wrong usage or settings"),
    ("130", "interrupted"),
)
FILES = (
    ("./mailgate.toml", "the settings, unless --config or MAILGATE_CONFIG names a file"),
    ("/etc/mailgate/mailgate.toml", "the settings when there is none of these"),
)
ENVIRONMENT = (
    ("MAILGATE_CONFIG", "the settings file"),
    ("MAILGATE_OPERATOR", "who acts; else SUDO_USER, the login name"),
    ("MAILGATE_SECTION__KEY", "overrides a key of the settings file"),
    ("NO_COLOR", "the log has no colours on a terminal; nothing else has any"),
)


def pages() -> Mapping[str, str]:
    """Text by file name."""
    commands = tree()
    return {"mailgate.1": _overview(commands), **{f"mailgate-{one.path[0]}.1": _page(one) for one in commands}}


def _overview(commands: Sequence[Command]) -> str:
    lines = [
        HEAD.format(title="MAILGATE"),
        ".SH NAME\n",
        "mailgate \\- a mail gateway between customers' mailboxes and a company's case system\n",
        ".SH SYNOPSIS\n.B mailgate\n.I COMMAND\n[\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...\n",
        ".SH DESCRIPTION\n",
        "Each command has a page of its own, such as\n.BR mailgate\\-case (1),\nand\n.BR \\-\\-help .\n",
    ]
    for heading, names in GROUPS.items():
        lines += [f".SS {_text(heading)}\n", *_definitions((f"mailgate-{name}(1)", does) for name, does in names.items())]
    lines += [".SH EXIT STATUS\n", *_definitions(EXIT_CODES), ".SH ENVIRONMENT\n", *_definitions(ENVIRONMENT)]
    return "".join([*lines, ".SH FILES\n", *_definitions(FILES)])


def _page(command: Command) -> str:
    name = "mailgate-" + "-".join(command.path)
    first, _, rest = command.text.partition("\n\n")
    lines = [HEAD.format(title=name.upper()), ".SH NAME\n", f"{_text(name)} \\- {_text(first.rstrip('.'))}\n", ".SH SYNOPSIS\n"]
    lines += [_synopsis(one) for one in command.verbs or [command]]
    lines += [".SH DESCRIPTION\n", _text(command.text or first) + "\n"] if rest or command.verbs else []
    for verb in command.verbs:
        lines += [f".SS {_text(' '.join(('mailgate', *verb.path)))}\n", _paragraphs(verb.text), *_parts(verb)]
    if not command.verbs:
        lines += [".SH OPTIONS\n", *_parts(command)]
    return "".join([*lines, ".SH SEE ALSO\n.BR mailgate (1)\n"])


def _synopsis(command: Command) -> str:
    arguments = " ".join(f"\\fI{_text(one.name)}\\fR" for one in command.arguments)
    return f".B {_text(' '.join(('mailgate', *command.path)))}\n[\\fIOPTION\\fR]... {arguments}\n.br\n"


def _parts(command: Command) -> Iterator[str]:
    yield from _definitions((_argument(one), one.text) for one in command.arguments)
    yield from _definitions((_option(one), one.text) for one in command.options)


def _argument(one: Argument) -> str:
    return one.name


def _option(one: Option) -> str:
    return ", ".join(one.names) + (f" {one.value}" if one.value else "")


def _definitions(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, text in rows:
        yield f".TP\n.B {_text(name)}\n{_text(text) or NOTHING}\n"


def _paragraphs(text: str) -> str:
    return ".PP\n".join(f"{_text(one)}\n" for one in text.split("\n\n"))


def _text(text: str) -> str:
    """Text as troff takes it: no line is a request, hyphens of options can be copied."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in safe.split("\n"))
