"""More than one process: two listeners and two worker pools on one database (115), graceful stops and restarts with work waiting."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable
from itertools import cycle

import pytest

from mailgate.store.opening import open_store
from tests.support.ledger_check import Tables, broken, journal_count
from tests.support.mails import messages
from tests.support.processes.gateway import Gateway
from tests.support.processes.sink import Sink
from tests.support.processes.smtp_client import MailServer
from tests.support.seed import Seed
from tests.support.waiting import free_port, until

Install = Callable[[str, Sink], Gateway]


@pytest.mark.services
def test_115_given_two_listeners_and_two_worker_pools_on_one_database_then_every_mail_has_one_effect(install: Install) -> None:
    with Sink() as sink, install("postgres-redis", sink) as gateway:
        seed = Seed.planted(gateway)
        ports = (gateway.port, free_port())
        parts = [gateway.start("smtp", port=port, wait=False) for port in ports]
        parts += [gateway.start("worker", processes=2, wait=False) for _ in range(2)]
        for part in parts:
            until(part.ready, 60, f"mailgate {part.name} is ready", detail=part.log)
        servers = [MailServer(port) for port in ports]
        mails = [messages.reply(n, seed.threads[n % len(seed.threads)]) for n in range(80)] + [messages.legacy(n) for n in range(20)]

        halves = [mails[::2], mails[1::2]]
        threads = [threading.Thread(target=server.send_all, args=(half,)) for server, half in zip(servers, halves, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for server, delivery in zip(cycle(reversed(servers)), servers[0].deliveries[:10], strict=False):
            assert server.resend(delivery), "the other listener knows the mail, too"
        gateway.settled()

        tables = Tables(gateway.database_url)
        assert tables.states() == {"commented": 80, "redirected": 20}
        assert broken(tables, [delivery for server in servers for delivery in server.deliveries], sink.mails) == []
        assert gateway.ledger()["balanced"]
        assert [part.stop() for part in parts] == [0, 0, 0, 0]


@pytest.mark.parametrize("shape", ["sqlite-memory", pytest.param("postgres-redis", marks=pytest.mark.services)])
def test_114_given_mail_is_coming_in_when_the_gateway_is_notified_to_stop_twice_then_it_finishes_and_the_next_one_goes_on(
    install: Install, shape: str
) -> None:
    with Sink() as sink, install(shape, sink) as gateway:
        seed = Seed.planted(gateway)
        part = gateway.start("run")
        server = MailServer(gateway.port)
        sending = threading.Thread(target=server.send_all, args=([messages.reply(n, seed.threads[n % 24]) for n in range(60)],))
        sending.start()
        until(lambda: journal_count(gateway.database_url) >= 10, 30, "mail flows", poll_s=0.01)
        part.process.send_signal(signal.SIGTERM)
        assert part.stop() == 0, part.log()
        assert "Traceback" not in part.log()

        gateway.start("run")
        sending.join()
        gateway.settled()

        tables = Tables(gateway.database_url)
        assert tables.states() == {"commented": 60}
        assert broken(tables, server.deliveries, sink.mails) == []
        assert gateway.ledger()["balanced"]


def test_given_work_is_waiting_when_the_gateway_starts_then_it_is_done_without_any_wakeup(install: Install) -> None:
    with Sink() as sink, install("sqlite-memory", sink) as gateway:
        seed = Seed.planted(gateway)
        for number in range(3):
            (gateway.folder / f"{number}.eml").write_bytes(messages.reply(number, seed.threads[number]).raw)
        envelope = [word for number in range(3) for word in ("--recipient", seed.threads[number].reply_to)]
        paths = [str(gateway.folder / f"{number}.eml") for number in range(3)]
        gateway.cli("inject", "--reverse-path", seed.threads[0].author, *envelope, *paths)
        assert journal_count(gateway.database_url, "pending") == 3

        gateway.start("run")
        gateway.settled()

        assert journal_count(gateway.database_url, "pending") == 0
        assert broken(Tables(gateway.database_url), taken=sink.mails) == []
        assert gateway.ledger()["balanced"]


@pytest.mark.services
def test_197_given_worker_processes_that_run_when_a_policy_is_activated_and_taken_back_then_all_follow_and_each_mail_names_its_version(
    install: Install,
) -> None:
    with Sink() as sink, install("postgres-redis", sink) as gateway:
        parts = [gateway.start("smtp", wait=False), *(gateway.start("worker", wait=False) for _ in range(2))]
        for part in parts:
            until(part.ready, 60, f"mailgate {part.name} is ready", detail=part.log)
        server = MailServer(gateway.port)
        held = gateway.folder / "hold.yaml"
        held.write_text("rules: [{name: hold_all, when: always, then: hold}]\n")

        labels = []
        for step in (["show"], ["activate", str(held), "--comment", "a test"], ["rollback", "--comment", "enough"]):
            gateway.cli("policy", *step)
            active = gateway.json("policy", "show")[0]
            labels.append(f"{active['version']}-{active['hash'][:8]}")
            began = len(server.deliveries)
            server.send_all(messages.legacy(n) for n in range(began, began + 12))
            gateway.settled()

        store = open_store(gateway.database_url)
        with store.reading() as uow:
            decisions = [entry.decision for entry in uow.journal.list()]
        store.database.close()
        assert [label.partition("-")[0] for label in labels] == ["1", "2", "1"]
        decided = Counter((one.rule, one.policy_version) for one in decisions if one)
        assert decided == {("default", labels[0]): 24, ("hold_all", labels[1]): 12}
        assert gateway.ledger()["balanced"]
        assert [part.stop() for part in parts] == [0, 0, 0]
