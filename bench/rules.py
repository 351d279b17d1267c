"""How long the policy takes to decide, with 10 rules and with 1,000. No rule but the last holds, so all of them are asked.

A third each: the author's domain is one, the recipients have one, the subject matches a pattern. The mail is a 12 KB reply. What is stored
of the trail belongs to deciding.
"""

from __future__ import annotations

import time

from bench.mails import Correspondent, templates
from bench.scale import Scale, main
from bench.table import Row
from mailgate.clock import utc_now
from mailgate.mail.model import Envelope
from mailgate.mail.read import read
from mailgate.rules import chain
from mailgate.rules.conditions import Always, Condition, Eq, In, Matches
from mailgate.rules.facts import Facts
from mailgate.rules.policy import Policy, Rule

PASSES = 7


def rows(scale: Scale) -> list[Row]:
    """The ratio, and the time with 1,000."""
    facts = _facts()
    few_ms, many_ms = deciding_ms(10, facts, scale.of(2000)), deciding_ms(1000, facts, scale.of(200))
    return [
        Row("1,000 rules ÷ 10 rules, time to decide", many_ms / few_ms, 10.0, at_most=True, detail=f"10 rules {few_ms * 1000:.0f} µs"),
        Row("1,000 rules, time to decide", many_ms, 1.0, at_most=True, unit="ms"),
    ]


def deciding_ms(count: int, facts: Facts, times: int) -> float:
    """CPU milliseconds per verdict, the best of a few passes."""
    policy = Policy((*(_rule(n) for n in range(count - 1)), Rule("default", Always(), "redirect", "nothing else holds")), version="bench")
    best_s = float("inf")
    for _ in range(PASSES):
        began_s = time.process_time()
        for _ in range(times):
            trail = chain.run(policy, facts).trail
            trail.entries(), trail.passed_over()
        best_s = min(best_s, time.process_time() - began_s)
    return best_s / times * 1e3


def _rule(n: int) -> Rule:
    conditions: tuple[Condition, ...] = (
        Eq("author.domain", f"kunde{n}.example"),
        In("recipients", (f"salg{n}@firma.test", f"faktura{n}@firma.test")),
        Matches("subject", rf"(?i)\bordre[- ]?{n}\b"),
    )
    return Rule(f"rule_{n}", conditions[n % 3], "hold", "an example")


def _facts() -> Facts:
    to = Correspondent("kari@andre.example", "support@firma.test")
    raw = templates(("alt",))[0].content(to, "1")
    return Facts(read(raw), Envelope(to.author, (to.address,)), utc_now())


if __name__ == "__main__":
    main(__doc__, "Rules", rows)
