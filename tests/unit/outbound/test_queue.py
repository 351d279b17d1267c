"""The queue on a bad day: lane and age, limits per domain, several smarthosts.

Numbers in names: 108 a next hop that takes little at a time, 110 a domain that swallows mail, 111 a large queue, 112 a clock that jumps.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from mailgate.cases import changes
from mailgate.outbound.queue.domains import MINUTE_S, DomainOptions, Domains
from mailgate.outbound.queue.failover import Failover
from mailgate.outbound.queue.schedule import Backoff, RetrySchedule
from mailgate.outbound.queue.send_queue import SendQueueOptions
from mailgate.outbound.render import ACCOUNT
from mailgate.outbound.send_stage import SendOptions, SendStage
from mailgate.outbound.smarthost import Smarthost
from mailgate.outbound.smarthost_session import SmarthostOptions, SmarthostTimeouts, SubmitResult
from mailgate.store.repositories.outbox.lane import HEAD_START, Lane, first
from tests.support.processes.sink import Close, Hang, Sink, ThenClose, Trickle
from tests.support.waiting import until
from tests.unit.outbound.conftest import START, Scene
from tests.unit.outbound.test_smarthost import MESSAGE

QUICK = SmarthostTimeouts(connect_s=5, banner_s=5, command_s=0.4, data_s=5, block_s=5, dot_s=0.4, quit_s=0.4)


PATIENT = replace(QUICK, command_s=20)
BATCH = 10


def smarthost(sink: Sink, timeouts: SmarthostTimeouts = QUICK) -> Smarthost:
    return Smarthost(SmarthostOptions("127.0.0.1", sink.port, tls="none", timeouts=timeouts))


@pytest.fixture
def stage_to(scene: Scene):
    """Makes a send stage that hands mail to these sinks."""
    made: list[SendStage] = []

    def make(*sinks: Sink, connections: int = 2, domains: DomainOptions | None = None, timeouts: SmarthostTimeouts = QUICK) -> SendStage:
        hosts = [smarthost(sink, timeouts) for sink in sinks]
        options = SendOptions(SendQueueOptions(batch=BATCH, connections=connections), domains=domains or DomainOptions())
        made.append(SendStage(scene.store, hosts[0] if len(hosts) == 1 else Failover(hosts), options))
        return made[-1]

    yield make
    for stage in made:
        stage.close()


def rest_is_over(stage: SendStage) -> None:
    stage._backoff._until_s = 0.0


@pytest.fixture
def sink():
    with Sink() as running:
        yield running


@pytest.fixture
def second():
    with Sink() as running:
        yield running


# Lanes -----------------------------------------------------------------------------------------------------------------------------


def test_given_mail_of_all_lanes_when_claimed_then_the_urgent_goes_first_and_age_beats_the_lane_in_the_end():
    heads = [("digest", Lane.DIGEST, START), ("normal", Lane.NORMAL, START), ("code", Lane.SECURITY, START), ("asked", Lane.URGENT, START)]
    assert first(heads, 9) == ["code", "asked", "normal", "digest"]
    old = START - HEAD_START[Lane.SECURITY] - timedelta(seconds=1)
    assert first([*heads, ("old digest", Lane.DIGEST, old)], 2) == ["old digest", "code"]
    assert first(heads, 1) == ["code"]


def test_given_a_flood_of_notices_when_a_log_in_link_comes_then_it_is_in_the_next_batch(scene, sink):
    scene.queued(60)
    code = scene.queued(1, at_most_once=True, address="ny@kunde.example", life=timedelta(days=1))
    with scene.store.transaction() as uow:
        uow.outbox._connection.exec_driver_sql("UPDATE outbox SET lane = 0 WHERE at_most_once")
        claimed = uow.outbox.claim(scene.clock(), 10, timedelta(minutes=1))
    assert claimed[0].id == code[0]
    assert len(claimed) == 10


def test_given_a_proposal_when_composed_then_it_is_urgent_and_a_comment_is_not(scene, stage):
    scene.comment("Prøv igjen")
    scene.clock.step(timedelta(seconds=11))
    stage.run()
    for operation in ("investigate", "propose"):
        scene.write(changes.operate(scene.case, operation, scene.context()))
    scene.clock.step(timedelta(seconds=11))
    stage.run()
    with scene.store.reading() as uow:
        rows = uow.outbox._connection.exec_driver_sql("SELECT lane, template FROM outbox ORDER BY id").fetchall()
    assert [lane for lane, _ in rows] == [Lane.NORMAL, Lane.NORMAL, Lane.URGENT, Lane.URGENT], rows


@pytest.mark.parametrize("kind", ACCOUNT)
def test_given_a_mail_about_an_account_when_composed_then_it_is_in_the_first_lane(scene, stage, kind):
    scene.notices((kind, {"link": "https://supportweb.example/register/x", "username": "kari", "code": "493 027", "forgotten": ""}))
    stage.run()
    with scene.store.reading() as uow:
        rows = uow.outbox._connection.exec_driver_sql("SELECT lane, template FROM outbox").fetchall()
    assert [tuple(row) for row in rows] == [(Lane.SECURITY, kind)]


# Domains ---------------------------------------------------------------------------------------------------------------------------


def test_given_a_rate_when_a_domain_had_its_share_then_the_next_waits_for_its_turn_and_others_do_not():
    domains = Domains(DomainOptions(per_minute=2), connections=4)
    for _ in range(2):
        assert domains.ask("a.example", 10.0) == "go"
        domains.begin("a.example", 10.0)
        domains.end("a.example")
    assert (domains.ask("a.example", 11.0), domains.ask("b.example", 11.0)) == ("enough", "go")
    assert [domains.wait_s("a.example", place, 11.0) for place in range(3)] == [59.0, 89.0, 119.0]
    assert domains.ask("a.example", 10.0 + MINUTE_S) == "go"


def test_given_more_connections_for_one_domain_than_allowed_then_the_next_is_busy_and_a_silent_one_gets_one():
    domains = Domains(DomainOptions(connections=2), connections=10)
    for _ in range(2):
        domains.begin("a.example", 0.0)
    assert domains.ask("a.example", 0.0) == "busy"
    domains.end("a.example")
    domains.slow("a.example", 0.0)
    assert (domains.ask("a.example", 1.0), domains.ask("a.example", 301.0)) == ("silent", "go")


def test_given_a_domain_with_a_rate_when_sent_then_the_rest_is_put_off_uncounted_and_spread(scene, sink, stage_to):
    slow, others = scene.queued(6, address="u{n}@treg.example"), scene.queued(6)
    stage = stage_to(sink, domains=DomainOptions(per_minute=2))
    stage.run()
    states = scene.states()
    assert [states[id_] for id_ in slow] == ["sent"] * 2 + ["pending"] * 4
    assert [states[id_] for id_ in others] == ["sent"] * 2 + ["pending"] * 4
    waiting = [mail for mail in scene.mails() if mail.state == "pending" and mail.id in slow]
    assert {mail.attempts for mail in waiting} == {0}
    dues = [(mail.due_at - scene.clock()).total_seconds() for mail in waiting]
    assert dues == sorted(dues)
    assert 50 < dues[0] <= 60
    assert 140 < dues[-1] <= 151


# Several smarthosts ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [("banner", ThenClose("421 4.3.2 busy")), ("banner", Close()), ("MAIL", ThenClose("421 4.3.0 bye"))])
def test_given_a_first_smarthost_that_takes_nothing_then_the_second_carries_the_mail_at_once(scene, sink, second, trouble, stage_to):
    sink.always(*trouble)
    ids = scene.queued(8)
    stage = stage_to(sink, second)
    assert stage.run() == 8
    assert set(scene.states().values()) == {"sent"}
    assert set(second.keys.values()) == {1}
    assert not sink.mails
    assert sink.sessions <= 3, "it rests, and is not asked for each mail"
    assert {attempt.host for mail in scene.mails() for attempt in mail.history} == {f"127.0.0.1:{second.port}"}
    assert len(ids) == 8


def test_given_a_smarthost_that_rested_when_its_rest_is_over_then_it_is_tried_again_with_one_mail(sink, second):
    now = [0.0]
    hosts = Failover([smarthost(sink), smarthost(second)], lambda: now[0])
    sink.on("banner", ThenClose("421 4.3.2 busy"))

    assert hosts.submit(MESSAGE, lambda: True).host.endswith(str(second.port))
    assert hosts.submit(MESSAGE, lambda: True).host.endswith(str(second.port))
    now[0] += 2.0
    assert hosts.submit(MESSAGE, lambda: True).host.endswith(str(sink.port))
    hosts.close()


def test_given_a_smarthost_that_rested_when_one_mail_tries_it_then_no_other_does_until_it_has_an_answer(sink, second):
    now = [0.0]
    hosts = Failover([smarthost(sink), smarthost(second)], lambda: now[0])
    sink.on("banner", ThenClose("421 4.3.2 busy"))
    hosts.submit(MESSAGE, lambda: True)
    now[0] += 2.0
    on_trial, may_go_on = threading.Event(), threading.Event()

    def confirm() -> bool:
        on_trial.set()
        return may_go_on.wait(10)

    answers: list[SubmitResult] = []
    trial = threading.Thread(target=lambda: answers.append(hosts.submit(MESSAGE, confirm)))
    trial.start()
    assert on_trial.wait(10)
    assert hosts.submit(MESSAGE, lambda: True).host.endswith(str(second.port))
    may_go_on.set()
    trial.join(10)
    assert answers[0].host.endswith(str(sink.port))
    assert hosts.submit(MESSAGE, lambda: True).host.endswith(str(sink.port))
    hosts.close()


def test_given_a_smarthost_that_rested_when_its_trial_gets_no_answer_then_it_rests_again_and_longer(sink, second):
    now = [0.0]
    hosts = Failover([smarthost(sink), smarthost(second)], lambda: now[0])
    sink.on("banner", ThenClose("421 4.3.2 busy"))
    hosts.submit(MESSAGE, lambda: True)
    now[0] += 1.01
    sink.on("DOT", Close())
    assert hosts.submit(MESSAGE, lambda: True).fate == "uncertain"
    assert hosts.submit(MESSAGE, lambda: True).host.endswith(str(second.port))
    now[0] += 1.01
    assert hosts.submit(MESSAGE, lambda: True).host.endswith(str(second.port))
    now[0] += 1.0
    assert hosts.submit(MESSAGE, lambda: True).host.endswith(str(sink.port))
    hosts.close()


def test_given_one_smarthost_when_it_is_on_trial_then_other_mail_waits_and_is_not_given_to_it(sink):
    now = [0.0]
    hosts = Failover([smarthost(sink)], lambda: now[0])
    sink.on("banner", ThenClose("421 4.3.2 busy"))
    hosts.submit(MESSAGE, lambda: True)
    now[0] += 2.0
    others: list[SubmitResult] = []

    def confirm() -> bool:
        others.append(hosts.submit(MESSAGE, lambda: True))
        return True

    assert hosts.submit(MESSAGE, confirm).fate == "sent"
    assert [(other.fate, other.session) for other in others] == [("deferred", True)]
    hosts.close()


def test_given_a_pause_when_a_mail_is_accepted_then_it_is_over():
    backoff = Backoff()
    backoff.failed(10.0)
    assert (backoff.pausing(10.1), backoff.failing) == (True, True)
    backoff.succeeded()
    assert (backoff.pausing(10.1), backoff.failing) == (False, False)


def test_given_both_smarthosts_away_then_the_mail_waits_and_nothing_is_lost(scene, sink, second, stage_to):
    for one in (sink, second):
        one.always("banner", ThenClose("421 4.3.2 busy"))
    scene.queued(3)
    stage = stage_to(sink, second)
    stage.run()
    assert "failed" not in scene.states().values()
    for one in (sink, second):
        one.well()
    rest_is_over(stage)
    for breaker in stage._transport._breakers:
        breaker.backoff._until_s = 0.0
    scene.clock.step(timedelta(minutes=2))
    stage.run()
    assert set(scene.states().values()) == {"sent"}


def test_given_an_answer_that_was_lost_at_the_first_smarthost_then_the_second_is_not_asked(sink, second):

    sink.on("DOT", Close())
    hosts = Failover([smarthost(sink), smarthost(second)])
    assert hosts.submit(MESSAGE, lambda: True).fate == "uncertain"
    assert not second.mails
    hosts.close()


def test_given_a_first_smarthost_that_is_silent_about_several_domains_then_the_second_takes_over(scene, sink, second, stage_to):
    sink.always("RCPT", Hang())
    for number in range(3):
        scene.queued(1, address=f"u{{n}}@stum{number}.example")
    later = scene.queued(3)
    stage = stage_to(sink, second)
    stage.run()
    scene.clock.step(timedelta(minutes=2))
    stage.run()
    states = scene.states()
    assert [states[id_] for id_ in later] == ["sent"] * 3
    assert second.count >= 3


# By number -------------------------------------------------------------------------------------------------------------------------


def test_108_given_a_smarthost_that_takes_one_mail_and_then_says_421_then_all_arrive_once_the_oldest_first(scene, sink, stage_to):
    ids = scene.queued(5)
    stage = stage_to(sink, connections=1)
    for _ in range(12):
        sink.well()
        sink.on("MAIL", "250 2.1.0 ok", ThenClose("421 4.7.0 one a second"))
        stage.run()
        rest_is_over(stage)
        scene.clock.step(timedelta(minutes=10))
    assert set(scene.states().values()) == {"sent"}
    assert set(sink.keys.values()) == {1}
    assert sink.mails[0].key == ids[0]


def test_108_given_greylisting_when_put_off_then_the_mail_comes_after_the_pause_and_once(scene, sink, stage_to):
    scene.queued(3)
    sink.on("RCPT", *["450 4.2.0 greylisted"] * 3)
    stage = stage_to(sink)
    stage.run()
    assert set(scene.states().values()) == {"deferred"}
    scene.clock.step(timedelta(minutes=5))
    stage.run()
    assert (set(scene.states().values()), set(sink.keys.values())) == ({"sent"}, {1})


def test_110_given_a_domain_that_swallows_mail_then_no_other_waits_for_it(scene, sink, stage_to):
    sink.always("RCPT", Hang(), match="svelg.example")
    swallowed = scene.queued(4, address="u{n}@svelg.example")
    good = scene.queued(30)
    stage = stage_to(sink, timeouts=PATIENT)
    worker = threading.Thread(target=stage.run)
    worker.start()
    sink.wait_for(len(good), PATIENT.command_s)
    assert not any(mail.history for mail in scene.mails() if mail.id in swallowed), "all others went while the first try was waiting"
    assert {mail.key for mail in sink.mails} == set(good)
    sink.stop()
    worker.join(30)
    assert not worker.is_alive()


@pytest.mark.slow
def test_111_given_50_000_due_mails_when_the_stage_starts_then_the_first_is_out_in_seconds_and_few_are_in_memory(scene, sink, stage_to):
    scene.queued(1)
    with scene.store.transaction() as uow:
        run = uow.outbox._connection.exec_driver_sql
        columns = [row[1] for row in run("PRAGMA table_info(outbox)") if row[1] not in ("id", "message_id")]
        run(
            "INSERT INTO outbox (id, message_id, "
            + ", ".join(columns)
            + ") WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
            "WHERE i < 50000) SELECT substr(id, 1, 24) || printf('%012x', i), i || message_id, " + ", ".join(columns) + " FROM n, outbox"
        )
        missing = "id NOT IN (SELECT outbox_id FROM outbox_mails)"
        run(f"INSERT INTO outbox_mails SELECT id, (SELECT raw FROM outbox_mails LIMIT 1) FROM outbox WHERE {missing}")
    sink.on("DATA", Trickle("354 go ahead", 0.05))  # none is done while the leases are counted
    stage, stopping = stage_to(sink), threading.Event()
    worker = threading.Thread(target=stage.run, args=(stopping.is_set,))
    began = time.monotonic()
    worker.start()
    until(lambda: "DATA" in sink.commands, 10, "the first is on its way")
    with scene.store.reading() as uow:
        leased = uow.outbox._connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE state = 'sending'").scalar_one()
    sink.wait_for(1, 10)
    took_s = time.monotonic() - began
    sink.wait_for(200, 30)
    stopping.set()
    worker.join(30)
    assert took_s < 10
    assert 1 <= leased <= 2 * BATCH, "only mails under lease are in memory"


def test_111_given_a_queue_that_all_failed_at_once_when_rescheduled_then_the_retries_are_spread():
    due = [RetrySchedule().next_attempt_at(START, 5, START + timedelta(days=5)) for _ in range(1000)]
    by_minute = Counter(int((at - START).total_seconds() // 60) for at in due)
    assert set(by_minute) == set(range(12, 20)), "16 minutes, 20 % sooner or later"
    assert max(by_minute.values()) < 250


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1), timedelta(hours=-1), timedelta(seconds=1)])
def test_112_given_a_clock_that_jumps_then_each_mail_goes_once_and_no_pause_is_negative(scene, sink, jump, stage_to):
    scene.queued(4)
    sink.on("RCPT", *["450 4.2.0 later"] * 4)
    stage = stage_to(sink)
    stage.run()
    assert {mail.attempts for mail in scene.mails()} == {1}
    scene.clock.step(jump)
    stage.run()
    tried = {mail.attempts for mail in scene.mails()}
    assert tried == ({2} if jump > timedelta(minutes=2) else {1})
    scene.clock.step(timedelta(days=2))
    stage.run()
    assert (set(scene.states().values()), set(sink.keys.values())) == ({"sent"}, {1})
    random.seed(1)
    assert all(RetrySchedule().next_attempt_at(START, n, START + timedelta(days=1)) >= START for n in range(60))
