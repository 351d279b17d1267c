"""What group commit gains where a flush costs 5 ms: fifty sessions against the same fifty with one commit per mail.

The slow disk is `slow_flush.c`, loaded into the listener: each fsync and fdatasync sleeps 5 ms, then flushes. "One commit per mail" is
this same program with groups of one.
"""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import servers
from bench.load import Plan
from bench.places import BUILD, folder
from bench.scale import Scale, main
from bench.table import Row, in_turn

FLUSH_MS = 5
SOURCE = Path(__file__).with_name("slow_flush.c")


def slow_disk(flush_ms: float = FLUSH_MS) -> dict[str, str]:
    """The environment in which a program's flushes take that much longer. Compiles the shim with the system's C compiler."""
    BUILD.mkdir(parents=True, exist_ok=True)
    library = BUILD / "slow_flush.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "BENCH_FLUSH_US": str(int(flush_ms * 1000))}


def rows(scale: Scale) -> list[Row]:
    """The ratio of both rates."""
    plan = Plan(sessions=50, per_connection=1000, kinds=("text",))
    slow = slow_disk()
    with ExitStack() as stack:
        many = stack.enter_context(servers.accepting(stack.enter_context(folder("flush")), slow))
        one = stack.enter_context(servers.accepting(stack.enter_context(folder("flush")), slow, program=servers.ONE_COMMIT_PER_MAIL))
        rates = in_turn(
            {"group": partial(_rate, many, plan, scale.of(6000)), "single": partial(_rate, one, plan, scale.of(400))}, min(3, scale.rounds)
        )
    detail = f"group {rates['group']:.0f}/s, one each {rates['single']:.0f}/s"
    return [
        Row(f"group commit ÷ commit per mail, flush of {FLUSH_MS} ms, 50 sessions", rates["group"] / rates["single"], 10.0, detail=detail)
    ]


def _rate(port: int, plan: Plan, messages: int) -> float:
    return servers.load(port, Plan(messages, plan.sessions, plan.per_connection, plan.kinds)).rate


if __name__ == "__main__":
    main(__doc__, "Group commit on a slow disk", rows)
