"""Recognises a signature that the same person has used before. Stage: reply extraction. Pure; the store keeps the endings.

In: lines of a mail, endings of earlier mails. Out: a position. The same ending twice is proof, a changed one is not. It must never take
an ending that holds prose: a person may send the same sentence twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailgate.mail.model import Reply
from mailgate.mail.reply.correspondence import Correspondence
from mailgate.mail.reply.line_kinds import holds_prose
from mailgate.mail.reply.quote_lines import INVISIBLE, is_blank
from mailgate.mail.reply.thanks import is_thanks_in_all

MAX_BLOCK_LINES = 14
MAX_BLOCK_CHARS = 1_000
MAX_BLOCKS = 3
_MIN_LINES = 2


def known_start(lines: Sequence[str], end: int, who: Correspondence) -> int:
    """The line at which a signature that is known from earlier mails starts, when it ends right above `end`; else `end`."""
    best = end
    for block in who.known_signatures:
        wanted = [_folded(line) for line in block.split("\n") if not is_blank(line)]
        start = _match(lines, end, wanted)
        if start is not None and start < best and not any(holds_prose(line) for line in lines[start:end]):
            best = start
    return best


def _match(lines: Sequence[str], end: int, wanted: list[str]) -> int | None:
    """The line from which on both ends are equal, at a paragraph's start; None when too few lines are."""
    index, same, start = end - 1, 0, None
    while index >= 0 and same < min(len(wanted), MAX_BLOCK_LINES):
        if is_blank(lines[index]):
            index -= 1
            continue
        if _folded(lines[index]) != wanted[-1 - same]:
            break
        same += 1
        if index == 0 or is_blank(lines[index - 1]):
            start = index
        index -= 1
    return start if same >= _MIN_LINES else None


def without_known_signature(reply: Reply, blocks: Sequence[str]) -> Reply:
    """The reply with the signature cut off that stands at the end of its text and in `blocks`, the endings of earlier mails."""
    lines = reply.text.split("\n")
    start = known_start(lines, len(lines), Correspondence(known_signatures=tuple(blocks)))
    text = "\n".join(lines[:start]).rstrip()
    if start == len(lines) or not text:
        return reply
    signature = "\n".join(filter(None, ("\n".join(lines[start:]).strip(), reply.signature)))
    return replace(reply, text=text, signature=signature, thanks_only=is_thanks_in_all(text, signature))


def remember_ending(blocks: tuple[str, ...], reply: Reply) -> tuple[str, ...]:
    """`blocks` with the ending of this mail in front, at most `MAX_BLOCKS`. A mail whose signature was recognised adds none."""
    found = "" if reply.signature else _ending(reply.text)
    return blocks if not found or found in blocks else (found, *blocks)[:MAX_BLOCKS]


def _ending(text: str) -> str:
    """The last lines of a reply, to be compared with the author's next mail. "" when too few."""
    lines = [line.strip(INVISIBLE) for line in text[-4 * MAX_BLOCK_CHARS :].split("\n")]
    kept = [line for line in lines if line][-MAX_BLOCK_LINES:]
    while kept and sum(map(len, kept)) > MAX_BLOCK_CHARS:
        kept.pop(0)
    return "\n".join(kept) if len(kept) >= _MIN_LINES else ""


def _folded(line: str) -> str:
    return " ".join(line.strip(INVISIBLE).split())
