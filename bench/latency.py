"""How long a client waits from MAIL to the 250 after its dot, at 100 mails a second, with the whole gateway at work in one process."""

from __future__ import annotations

from bench import servers
from bench.load import Plan
from bench.places import folder
from bench.scale import Scale, main
from bench.table import Row

PER_S = 100.0
MAILS = 1500


def rows(scale: Scale) -> list[Row]:
    """Median and 99th percentile."""
    with folder("latency") as home, servers.gateway(home, f"sqlite:///{home}/mailgate.db") as ours:
        port = ours.start("run").port
        servers.load(port, Plan(20))
        found = servers.load(port, Plan(scale.of(MAILS), rate_per_s=PER_S))
    detail = f"{found.rate:.0f}/s, mix, 10 sessions"
    return [
        Row("accept latency at 100/s, median", found.p50_ms, 5.0, at_most=True, unit="ms", detail=detail),
        Row("accept latency at 100/s, 99 of 100", found.p99_ms, 50.0, at_most=True, unit="ms"),
    ]


if __name__ == "__main__":
    main(__doc__, "Latency", rows)
