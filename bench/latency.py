"""How long a client waits from MAIL to the 250 after its dot, at 100 mails a second, with the whole gateway at work in `mailgate run`.

Half of the mails are replies to cases, of which one person is notified each; half are from strangers, who are answered: no limit of answers
or cases is reached.
"""

from __future__ import annotations

import statistics

from bench import servers
from bench.load import Plan
from bench.mails import Correspondent
from bench.places import folder
from bench.scale import Scale, main
from bench.seed import planted
from bench.table import Row
from bench.visitors import asking, session_of
from mailgate.clock import utc_now
from mailgate.store.database import open_database
from mailgate.store.unit_of_work import Store
from tests.support.processes.gateway import Gateway
from tests.support.waiting import answers, free_port, until

PER_S = 100.0
MAILS = 1500
PAGES_PER_S = 20.0
UNLIMITED = {
    **{f"answers_{per}": 1_000_000 for per in ("per_address_per_day", "per_domain_per_hour", "per_hour")},
    **{f"cases_{per}": 1_000_000 for per in ("per_address_per_day", "per_domain_per_hour", "per_hour")},
}


def rows(scale: Scale) -> list[Row]:
    """Median and 99th percentile, alone and while customers look at pages."""
    with folder("latency") as home, servers.gateway(home, f"sqlite:///{home}/mailgate.db") as ours:
        ours.write(intake=UNLIMITED)
        plan = Plan(scale.of(MAILS), rate_per_s=PER_S)
        first, second = (servers.write_people(home / name, _both(ours, plan.messages, name)) for name in ("first", "second"))
        pages = free_port()
        port = ours.start("run", MAILGATE_WEB__LISTEN=f"127.0.0.1:{pages}").port
        servers.load(port, Plan(20))
        alone = servers.load(port, plan, first)
        until(lambda: answers(pages), 60.0, "the pages are served", detail=ours.logs)
        with asking(pages, session_of(ours.database_url, _customer(ours)), "/cases", PAGES_PER_S) as asked:
            beside = servers.load(port, plan, second)
    detail = f"{alone.rate:.0f}/s, mix, 10 sessions, {PER_S / 2:.0f}/s from strangers"
    pages_detail = f"{beside.rate:.0f}/s; {len(asked)} pages, median {statistics.median(asked):.0f} ms"
    return [
        Row("accept latency at 100/s, median", alone.p50_ms, 5.0, at_most=True, unit="ms", detail=detail),
        Row("accept latency at 100/s, 99 of 100", alone.p99_ms, 50.0, at_most=True, unit="ms"),
        Row(f"the same beside {PAGES_PER_S:.0f} pages/s, median", beside.p50_ms, 5.0, at_most=True, unit="ms", detail=pages_detail),
        Row(f"the same beside {PAGES_PER_S:.0f} pages/s, 99 of 100", beside.p99_ms, 50.0, at_most=True, unit="ms"),
    ]


def _both(ours: Gateway, count: int, name: str) -> list[Correspondent]:
    """A stranger, then somebody with a case, by turns."""
    strangers = (Correspondent(f"{name}{number}@sted{number % 400}.example", "support@firma.test") for number in range(count))
    return [one for pair in zip(strangers, planted(ours, count // 2), strict=False) for one in pair]


def _customer(ours: Gateway) -> str:
    """A contact with cases; their id."""
    database = open_database(ours.database_url)
    with Store(database, utc_now).reading() as uow:
        found = uow.cases.list(1)[0].reporter_id
    database.close()
    return found


if __name__ == "__main__":
    main(__doc__, "Latency", rows)
