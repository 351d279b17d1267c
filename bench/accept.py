"""Durable accept: mails per second to the 250 that follows the final dot, against Postfix with a durable queue and bare aiosmtpd.

Ours commits each mail to SQLite before its 250. Nothing works on the mails meanwhile, in none of the three; Postfix's queue manager
throws away what it delivers. Ten sessions; "kept" is many mails per connection, "new" a connection for each.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from bench import servers
from bench.load import Plan
from bench.places import folder
from bench.scale import Scale, main
from bench.table import Row, in_turn

PLANS = {
    "mix kept": Plan(messages=4000),
    "text kept": Plan(messages=5000, kinds=("text",)),
    "new connection each": Plan(messages=3000, kinds=("text",), per_connection=1),
}
TARGETS = {"mix kept": (2.5, 2.0), "text kept": (3.5, 1.8), "new connection each": (2.0, 1.0)}


def rows(scale: Scale) -> list[Row]:
    """The six ratios."""
    with ExitStack() as stack:
        home = stack.enter_context(folder("accept"))
        ports = {
            "ours": stack.enter_context(servers.accepting(home)),
            "Postfix": stack.enter_context(servers.postfix()),
            "bare aiosmtpd": stack.enter_context(servers.bare()),
        }
        found = [_measured(name, replace(plan, messages=scale.of(plan.messages)), ports, scale) for name, plan in PLANS.items()]
    return [row for index in (0, 1) for row in (pair[index] for pair in found)]


def _measured(name: str, plan: Plan, ports: dict[str, int], scale: Scale) -> tuple[Row, Row]:
    rates = in_turn({who: partial(_rate, port, plan) for who, port in ports.items()}, scale.rounds)
    detail = "ours {ours:.0f}/s, {peer} {rate:.0f}/s"
    first, second = (
        Row(
            f"durable accept ÷ {peer}: {name}",
            rates["ours"] / rates[peer],
            target,
            detail=detail.format(ours=rates["ours"], peer=peer, rate=rates[peer]),
        )
        for peer, target in zip(("Postfix", "bare aiosmtpd"), TARGETS[name], strict=True)
    )
    return first, second


def _rate(port: int, plan: Plan) -> float:
    return servers.load(port, plan).rate


if __name__ == "__main__":
    main(__doc__, "Durable accept, 10 sessions", rows)
