"""How fast the processor is just now, so that a bound in seconds means the same on a busy or a slow machine.

Seconds of processor time are no constant: a core that is shared with a neighbour, or throttled, takes two to five times as many for the
same work. A bound is therefore asked of seconds as a core at rest would take them: what was measured, divided by how much slower than at
rest a fixed piece of work ran in between. A faster machine gets no discount: the bounds are the design's.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

# The fixed work on the two-core machine that the bounds were set on, at rest.
AT_REST_S = 0.0014
RUNS = 7
_TEXT = "Den 3. mars 2024 kl. 10:12 skrev Ola Nordmann <ola@eksempel.no>:\n> en linje\n\n" * 400
_WORD = re.compile(r"^(?:[^\W\d_]+[ \t]+)+\d", re.MULTILINE)


def seconds_at_rest(call: Callable[[], object], runs: int = RUNS) -> float:
    """Processor seconds of the quickest of `runs` calls, as a core at rest would take them."""
    measured = [(_cpu_s(_fixed_work), _cpu_s(call)) for _ in range(runs)]
    return at_rest(min(took for _, took in measured), min(work for work, _ in measured))


def at_rest(took_s: float, fixed_work_s: float | None = None) -> float:
    """These seconds as a core at rest would take them; without `fixed_work_s` the pace is measured now."""
    work_s = min(_cpu_s(_fixed_work) for _ in range(RUNS)) if fixed_work_s is None else fixed_work_s
    return took_s / max(1.0, work_s / AT_REST_S)


def _cpu_s(call: Callable[[], object]) -> float:
    began_s = time.process_time()
    call()
    return time.process_time() - began_s


def _fixed_work() -> None:
    """What reading and cutting mail does: lines, patterns, small objects, bytes. One or two milliseconds."""
    found = {}
    for number, line in enumerate(_TEXT.splitlines()):
        found[number] = (line.strip(), len(line), line.partition(":")[0])
        if line.startswith(">"):
            found[number] = (line.lstrip("> "), 1, line.lower())
    for _ in range(3):
        _WORD.findall(_TEXT)
        _TEXT.encode().replace(b"\n", b"\r\n").decode("latin-1")
