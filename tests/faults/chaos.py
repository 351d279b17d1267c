"""Chaos: a listener and two workers are killed at random while mail comes in; at the end everything accepted must be there, once.

`python -m tests.faults.chaos --messages 2000 --kills 50` (PostgreSQL and Redis of its own; `--sqlite` for one file and no broker). The
traffic is held to the kills: message i goes out when i/n of the kills are done, so that every part of the run meets them. Prints the
figures; exit 1 when an invariant does not hold. The mix: replies with valid tokens, legacy senders (some twice), out-of-office notes,
strangers, unreadable bytes; each tenth mail is sent again although it was taken, as by a server that lost its 250.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.support.ledger_check import Tables, broken, message_id_of
from tests.support.mails import messages
from tests.support.processes.gateway import Gateway, Part
from tests.support.processes.sink import Sink
from tests.support.processes.smtp_client import MailServer, SampleMail
from tests.support.seed import Seed
from tests.support.waiting import until

SESSIONS = 6
SEND_S = 120.0
SETTLE_S = 120.0
STARTS_S = 20.0
SHORTEST_LIFE_S, LONGEST_LIFE_S = 0.5, 3.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard. `seed` makes the order of victims and mails repeatable, not the moments."""

    messages: int = 2000
    kills: int = 50
    seed: int = 1
    longest_life_s: float = LONGEST_LIFE_S


@dataclass(slots=True)
class Outcome:
    """What came of a run: the figures to print and the invariants that do not hold."""

    figures: dict[str, object] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)


class Victim:
    """One part of the gateway that is started again whenever it has been killed, as a service manager would."""

    def __init__(self, gateway: Gateway, name: str, processes: int = 0) -> None:
        self._gateway, self._name, self._processes = gateway, name, processes
        self._wanted = True
        self._part: Part = gateway.start(name, processes=processes)
        self._keeper = threading.Thread(target=self._keep, name=f"keeper-{name}", daemon=True)
        self._keeper.start()

    def kill(self, random_source: random.Random) -> bool:
        """SIGKILL: the whole part, or one of its processes when it has several. False when it was dead already."""
        if self._part.process.poll() is not None:
            return False
        children = _children(self._part.process.pid) if self._processes > 1 else []
        if children and random_source.random() < 0.5:
            with contextlib.suppress(psutil.NoSuchProcess):
                random_source.choice(children).kill()
        else:
            self._part.signal(signal.SIGKILL)
        return True

    def stop(self) -> int:
        """End it in good order; the exit code. One that was killed just now is started again first."""
        until(lambda: self._part.process.poll() is None, STARTS_S, f"{self._name} runs")
        self._wanted = False
        code = self._part.stop()
        self._keeper.join(10)
        return code

    def _keep(self) -> None:
        while self._wanted:
            self._part.process.wait()
            if self._wanted:
                self._part.kill()
                self._part = self._gateway.start(self._name, processes=self._processes, wait=False)


def _children(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


class Killer(threading.Thread):
    """Kills one victim every `SHORTEST_LIFE_S` to `longest_life_s` seconds until the plan's number is reached."""

    def __init__(self, plan: Plan, victims: list[Victim]) -> None:
        super().__init__(name="killer", daemon=True)
        self._plan, self._victims = plan, victims
        self._random = random.Random(plan.seed)
        self._changed = threading.Condition()
        self.kills = 0

    def run(self) -> None:
        while self.kills < self._plan.kills:
            time.sleep(self._random.uniform(SHORTEST_LIFE_S, self._plan.longest_life_s))  # the interval is what is tested
            killed = self._random.choice(self._victims).kill(self._random)
            with self._changed:
                self.kills += killed
                self._changed.notify_all()

    def wait_for_share(self, share: float) -> None:
        """Block until this share (0 to 1) of the kills is done."""
        with self._changed:
            self._changed.wait_for(lambda: self.kills >= share * self._plan.kills)


def traffic(plan: Plan, seed: Seed) -> Iterator[SampleMail]:
    """The mails of a run, all different."""
    source = random.Random(plan.seed)
    for number in range(plan.messages):
        kind = source.choices(("reply", "legacy", "again", "ooo", "stranger", "noise"), (50, 25, 8, 10, 4, 3))[0]
        thread = source.choice(seed.threads)
        if kind == "reply":
            yield messages.reply(number, thread)
        elif kind == "ooo":
            yield messages.out_of_office(number, thread)
        elif kind == "stranger":
            yield messages.stranger(number, thread.key)
        elif kind == "noise":
            yield messages.unreadable(number)
        else:
            sender = f"ola{source.randrange(number + 1)}@gammelkunde.test" if kind == "again" else ""
            yield messages.legacy(number, sender=sender)


def run(plan: Plan, gateway: Gateway, sink: Sink, seed: Seed, *, embedded: bool) -> Outcome:
    """The whole run on an installation that is seeded and not started."""
    began = time.monotonic()
    apart = (("smtp", 0), ("worker", 0), ("worker", 2))
    victims = [Victim(gateway, name, processes) for name, processes in ((("run", 0),) if embedded else apart)]
    killer = Killer(plan, victims)
    server = MailServer(gateway.port)
    killer.start()
    _send(plan, list(traffic(plan, seed)), server, killer)
    killer.join()
    sent_s = time.monotonic() - began
    gateway.drained(SETTLE_S)
    codes = [victim.stop() for victim in victims]
    outcome = _judged(gateway, server, sink, plan)
    outcome.violations += [f"a part stopped with {code}" for code in codes if code != 0]
    outcome.figures |= {"kills": killer.kills, "seconds under kills": round(sent_s, 1), "seconds": round(time.monotonic() - began, 1)}
    return outcome


def _send(plan: Plan, mails: list[SampleMail], server: MailServer, killer: Killer) -> None:
    def one(numbered: tuple[int, SampleMail]) -> None:
        number, mail = numbered
        killer.wait_for_share((number - plan.messages // plan.kills) / plan.messages)
        delivery = server.send(mail, SEND_S)
        if number % 10 == 0 and delivery.accepted:
            server.resend(delivery)

    with ThreadPoolExecutor(SESSIONS) as pool:
        list(pool.map(one, enumerate(mails)))


def _judged(gateway: Gateway, server: MailServer, sink: Sink, plan: Plan) -> Outcome:
    tables = Tables(gateway.database_url)
    copies = Counter(message_id_of(mail.raw) for mail in sink.mails)
    answers = Counter((row.address.lower(), row.template) for row in tables.outbox if row.at_most_once)
    comments = Counter(row.journal_id for row in tables.comments if row.journal_id)
    accepted = [delivery for delivery in server.deliveries if delivery.accepted]
    kept = {row.id for row in tables.journal}
    figures: dict[str, object] = {
        "messages": plan.messages,
        "accepted": len(accepted),
        "tries": sum(delivery.tries for delivery in server.deliveries),
        "lost": sum(delivery.journal_id not in kept for delivery in accepted),
        "double comments": sum(count - 1 for count in comments.values() if count > 1),
        "double automatic answers": sum(count - 1 for count in answers.values() if count > 1)
        + sum(copies[row.message_id] - 1 for row in tables.outbox if row.at_most_once and copies[row.message_id] > 1),
        "notices sent twice": sum(1 for row in tables.outbox if not row.at_most_once and copies[row.message_id] > 1),
        "mails sent": len(copies),
        "journal": dict(sorted(tables.states().items())),
        "outbox": dict(sorted(tables.states("outbox").items())),
    }
    violations = broken(tables, server.deliveries, sink.mails, copies=plan.kills)
    if not gateway.ledger()["balanced"]:
        violations.append(f"the ledger does not balance: {gateway.ledger()}")
    return Outcome(figures, violations)


def printed(outcome: Outcome) -> str:
    """The figures, one per line, then what is broken."""
    lines = [f"{name:28} {value}" for name, value in outcome.figures.items()]
    return "\n".join([*lines, *(f"BROKEN {violation}" for violation in outcome.violations[:50])])


@contextlib.contextmanager
def _installed(sqlite: bool, smarthost_port: int) -> Iterator[Gateway]:
    from tests.support.harness.services import private_postgres, private_redis

    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        database = f"sqlite:///{folder}/mailgate.db" if sqlite else stack.enter_context(private_postgres())
        broker = "memory://" if sqlite else stack.enter_context(private_redis())
        yield stack.enter_context(Gateway(folder, database, broker, f"smtp://127.0.0.1:{smarthost_port}", preloaded=True))


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="tests.faults.chaos", description="Kill parts of the gateway at random and count what is lost.")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--sqlite", action="store_true", help="one SQLite file and no broker, instead of PostgreSQL and Redis")
    arguments = parser.parse_args()
    plan = Plan(arguments.messages, arguments.kills, arguments.seed)
    with Sink() as sink, _installed(arguments.sqlite, sink.port) as gateway:
        outcome = run(plan, gateway, sink, Seed.planted(gateway), embedded=arguments.sqlite)
    print(printed(outcome))
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
