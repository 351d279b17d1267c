r"""What reaches a terminal. In: text that may come from a mail or a path. Out: text that cannot steer the terminal or turn its lines.

Control characters, escapes and marks that turn the reading direction are shown as `\u202e`: in JSON that is the same string, for a person
it is visible. Bytes of mails (`journal raw`) go out as they are, but to a terminal.
"""

from __future__ import annotations

import re
import sys
from typing import Any, TextIO

_STEERING = r"\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb"
_ALL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f{_STEERING}]")


def shown(text: str) -> str:
    """`text` without anything that a terminal acts on but line ends and tabs."""
    return text if text.isascii() and text.isprintable() else _ALL.sub(_escaped, text)


def write_raw(content: bytes) -> None:
    """Bytes of a mail to standard output: exactly, or what can be shown of them when a person looks at them."""
    sys.stdout.flush()
    if sys.stdout.isatty():
        sys.stdout.write(shown(content.decode("utf-8", "backslashreplace").replace("\r\n", "\n")))
    else:
        sys.stdout.buffer.write(content)


class GuardedStream:
    """A text stream that escapes what steers a terminal. What draws on the screen itself takes `bare`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def bare(self) -> TextIO:
        """The stream beneath, for progress bars: nothing of a mail or a path may be written to it."""
        return self._stream

    def write(self, text: str) -> int:
        """Write `text`, escaped."""
        return self._stream.write(_ALL.sub(_escaped, text))

    def writelines(self, lines: Any) -> None:
        """Write each of `lines`, escaped."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def bare(stream: TextIO) -> TextIO:
    """The stream beneath a guarded one."""
    return stream.bare if isinstance(stream, GuardedStream) else stream


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"
