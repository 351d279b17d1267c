"""The send stage: claimed mails over a real socket to a scripted smarthost, each try recorded in the store."""

import threading
from datetime import timedelta

import pytest

from mailgate.outbound.queue import send_queue
from mailgate.outbound.queue.domains import DomainOptions, Domains
from mailgate.outbound.queue.schedule import RetrySchedule
from mailgate.outbound.queue.send_queue import SendQueue, SendQueueOptions
from mailgate.outbound.send_stage import SendOptions, SendStage
from mailgate.outbound.smarthost import Capture, Smarthost
from mailgate.outbound.smarthost_session import SmarthostOptions, SmarthostTimeouts, SubmitResult
from mailgate.rules.reachability import Suppression
from mailgate.store.failures import ConnectionLost
from mailgate.store.schema import outbox_mails
from tests.support.processes.sink import Close, Hang, Sink, ThenClose
from tests.support.waiting import until

SHORT = SmarthostTimeouts(connect_s=5, banner_s=5, command_s=0.7, data_s=5, block_s=5, dot_s=0.7, quit_s=1)
PATIENT = SmarthostTimeouts(*(20.0,) * 7)
OPTIONS = SendOptions(SendQueueOptions(batch=10, connections=2), RetrySchedule(timedelta(minutes=1), timedelta(hours=4)))


@pytest.fixture
def sink():
    with Sink() as running:
        yield running


@pytest.fixture
def make(scene, sink):
    made: list[SendStage] = []

    def stage(timeouts: SmarthostTimeouts = PATIENT, options: SendOptions = OPTIONS) -> SendStage:
        smarthost_client = Smarthost(SmarthostOptions("127.0.0.1", sink.port, tls="none", timeouts=timeouts))
        made.append(SendStage(scene.store, smarthost_client, options))
        return made[-1]

    yield stage
    for one in made:
        one.close()


@pytest.fixture
def stage(make):
    return make()


def rest(stage: SendStage) -> None:
    """The smarthost's rest is over."""
    stage._backoff._until_s = 0.0


def test_given_a_fault_of_our_own_after_a_try_then_the_domain_and_the_lease_of_the_mail_are_free(scene, stage, monkeypatch):
    scene.queued(1)
    domains = Domains(DomainOptions(), 2)
    queue = SendQueue(scene.store, OPTIONS.queue, stage._refuse, domains)
    mail = queue.take()

    def fail(*_: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(stage._recorder, "put", fail)
    with pytest.raises(RuntimeError):
        stage._try(mail, queue)
    assert domains.ask("kunde.example", 0.0) == "go"
    assert not queue.confirm(mail)


def test_given_due_mails_when_run_then_each_is_sent_once_unchanged_and_recorded(scene, sink, stage):
    ids = scene.queued(25)
    assert stage.run() == 25
    assert set(sink.keys.values()) == {1}
    assert {mail.key: mail.raw for mail in sink.mails} == {id_: scene.raw(id_) for id_ in ids}
    assert set(scene.states().values()) == {"sent"}
    (attempt,) = scene.mails()[0].history
    assert (attempt.state, attempt.code, attempt.enhanced, attempt.number) == ("sent", 250, "2.0.0", 1)
    assert stage.run() == 0


@pytest.mark.parametrize("change", ["changed", "missing"])
def test_point_17_given_frozen_bytes_that_have_changed_when_sent_then_that_mail_fails_with_an_error_of_its_own(scene, sink, stage, change):
    ids = scene.queued(3)
    where = outbox_mails.c.outbox_id == ids[1]
    with scene.store.database.writing.begin() as connection:
        connection.execute(
            outbox_mails.delete().where(where) if change == "missing" else outbox_mails.update().where(where).values(raw=b"x")
        )
    stage.run()
    assert [scene.states()[id_] for id_ in ids] == ["sent", "failed", "sent"]
    assert scene.mails()[1].error == send_queue.CORRUPT
    assert set(sink.keys) == {ids[0], ids[2]}
    assert "delivery_failed" in scene.events()


def test_given_capture_when_run_then_mails_stay_here(scene, sink):
    scene.queued(3)
    scene.queued(1, address="a b@kunde.example")
    stage = SendStage(scene.store, Capture(), OPTIONS)
    assert stage.run() == 4
    assert sorted(scene.states().values()) == ["captured"] * 3 + ["failed"]
    assert sink.sessions == 0


def test_given_one_recipient_put_off_when_run_then_the_others_are_not_and_it_comes_later(scene, sink, stage):
    ids = scene.queued(5)
    sink.on("RCPT", "450 4.2.0 greylisted", match="u2@")
    stage.run()
    assert [scene.states()[id_] for id_ in ids] == ["sent", "sent", "deferred", "sent", "sent"]
    put_off = scene.mails()[2]
    assert timedelta(seconds=48) <= put_off.due_at - scene.clock() <= timedelta(seconds=72)
    assert "greylisted" in put_off.error
    assert stage.run() == 0
    scene.clock.step(timedelta(seconds=73))
    assert stage.run() == 1
    assert set(sink.keys.values()) == {1}


@pytest.mark.parametrize("step", ["banner", "EHLO", "MAIL", "RCPT", "DATA", "DOT"])
def test_102_given_a_permanent_refusal_at_a_step_then_one_mail_fails_and_its_case_is_notified_without_a_mail(scene, sink, stage, step):
    ids = scene.queued(2)
    sink.on(step, "550 5.1.1 no such user")
    stage.run()
    rest(stage)
    stage.run()
    assert [scene.states()[id_] for id_ in ids] == ["failed", "sent"]
    assert "delivery_failed" in scene.events()
    with scene.store.reading() as uow:
        assert uow.notices.queue().waiting == 0
    assert len(scene.mails()) == 2


def test_101_given_a_smarthost_that_closes_with_421_then_what_was_not_tried_is_not_counted_and_goes_when_it_is_back(scene, sink, stage):
    ids = scene.queued(6)
    sink.on("MAIL", "250 ok", "250 ok", ThenClose("421 4.3.2 enough"))
    sink.always("MAIL", ThenClose("421 4.3.2 enough"))
    stage.run()
    states = scene.states()
    assert [states[id_] for id_ in ids] == ["sent", "sent", "deferred", "pending", "pending", "pending"]
    assert stage.run() == 0
    sink.well()
    rest(stage)
    stage.run()
    assert [mail.attempts for mail in scene.mails()][3:] == [1, 1, 1]
    scene.clock.step(timedelta(minutes=2))
    rest(stage)
    stage.run()
    assert set(scene.states().values()) == {"sent"}
    assert set(sink.keys.values()) == {1}


def test_given_a_smarthost_that_is_down_when_run_then_one_mail_is_tried_and_the_rest_waits(scene, sink, stage):
    scene.queued(30)
    sink.stop()
    stage.run()
    assert sorted(set(scene.states().values())) == ["deferred", "pending"]
    assert list(scene.states().values()).count("deferred") == 1
    assert stage.run() == 0


@pytest.mark.parametrize("action", [Close(), Hang()], ids=lambda a: type(a).__name__)
def test_104_given_a_notice_whose_answer_is_lost_then_it_is_tried_once_more_with_the_same_id_and_the_doubt_is_shown(
    scene, sink, make, action
):
    stage = make(SHORT)
    (id_,) = scene.queued(1)
    sink.always("DOT", action)
    stage.run()
    (mail,) = scene.mails()
    assert (mail.state, mail.maybe_sent, mail.history[0].state) == ("deferred", True, "uncertain")
    scene.clock.step(timedelta(minutes=2))
    stage.run()
    assert scene.states() == {id_: "uncertain"}
    scene.clock.step(timedelta(days=1))
    assert stage.run() == 0
    assert len(sink.mails) == 2
    assert {mail.raw for mail in sink.mails} == {scene.raw(id_)}


def test_104_given_an_automatic_answer_whose_fate_is_lost_then_it_is_never_sent_again(scene, sink, make):
    stage = make(SHORT)
    (id_,) = scene.queued(1, at_most_once=True)
    sink.on("DOT", Close())
    stage.run()
    assert scene.states() == {id_: "uncertain"}
    scene.clock.step(timedelta(days=1))
    assert stage.run() == 0
    assert len(sink.mails) == 1
    assert sink.mails[0].reverse_path == ""


def test_given_an_automatic_answer_that_was_put_off_then_it_is_tried_again_and_dropped_when_it_is_late(scene, sink, stage):
    scene.queued(2, at_most_once=True, life=timedelta(hours=1))
    sink.on("RCPT", "450 4.2.0 later", "450 4.2.0 later")
    stage.run()
    assert set(scene.states().values()) == {"deferred"}
    scene.clock.step(timedelta(hours=2))
    stage.run()
    assert set(scene.states().values()) == {"failed"}
    assert sink.mails == []


def test_given_five_days_of_refusals_then_the_mail_is_given_up_and_the_case_is_notified(scene, sink, stage):
    scene.queued(1)
    sink.always("RCPT", "450 4.2.0 later")
    tries = 0
    while set(scene.states().values()) == {"deferred"} or not tries:
        tries += stage.run()
        scene.clock.step(timedelta(hours=4))
        assert tries < 60
    (mail,) = scene.mails()
    assert mail.state == "failed"
    assert "expired" in mail.error
    assert "delivery_failed" in scene.events()
    assert 20 <= len(mail.history) <= 45


def test_given_a_mail_that_waited_for_us_longer_than_its_life_then_it_still_gets_one_try(scene, sink, stage):
    scene.queued(1)
    scene.clock.step(timedelta(days=6))
    stage.run()
    assert set(scene.states().values()) == {"sent"}


def test_109_given_a_smarthost_that_is_away_for_six_days_then_all_that_waited_is_given_up_visibly(scene, sink, stage):
    scene.queued(20)
    sink.stop()
    stage.run()
    scene.clock.step(timedelta(days=6))
    for _ in range(3):
        rest(stage)
        stage.run()
    assert set(scene.states().values()) == {"failed"}
    assert scene.events().count("delivery_failed") == 20


def test_given_an_address_suppressed_while_its_mail_waits_then_it_is_sent_only_when_that_is_lifted(scene, sink, stage):
    scene.queued(1, address="Kari@kunde.example")
    with scene.store.transaction() as uow:
        uow.suppressions.add([Suppression("kari@kunde.example", "hard bounce", scene.clock())])
    stage.run()
    assert set(scene.states().values()) == {"failed"}
    assert sink.sessions == 0
    now = scene.clock()
    with scene.store.transaction() as uow:
        uow.suppressions.remove(["kari@kunde.example"])
        assert uow.outbox.send_stopped("kari@kunde.example", now - timedelta(days=1), now, now + timedelta(days=1)) == 1
    stage.run()
    assert set(scene.states().values()) == {"sent"}


@pytest.mark.parametrize(
    ("step", "reply", "cause"),
    [
        ("RCPT", "550 5.1.1 <kari@kunde.example>: user unknown", "bounce"),
        ("RCPT", "550 No such user", "bounce"),
        ("RCPT", "554 5.7.1 relay access denied", ""),
        ("RCPT", "552 5.2.2 mailbox full", ""),
        ("DOT", "550 5.1.1 user unknown", ""),
        ("MAIL", "550 5.1.1 user unknown", ""),
    ],
)
def test_given_a_next_hop_that_refuses_when_it_speaks_of_the_address_then_that_gets_no_more(scene, sink, stage, step, reply, cause):
    scene.queued(1, address="Kari@kunde.example")
    sink.on(step, reply)
    stage.run()
    with scene.store.reading() as uow:
        assert [one.cause for one in uow.suppressions.of(["kari@kunde.example"])] == ([cause] if cause else [])


def test_given_a_full_mailbox_at_the_next_hop_when_five_mails_are_refused_then_the_address_pauses(scene, sink, stage):
    scene.queued(5, address="kari@kunde.example")
    sink.always("RCPT", "552 5.2.2 mailbox full")
    stage.run()
    with scene.store.reading() as uow:
        assert [one.cause for one in uow.suppressions.of(["kari@kunde.example"])] == ["soft_bounces"]


def test_110_given_a_domain_that_swallows_mail_then_other_domains_are_not_held_up(scene, sink, make):
    stage = make(SHORT, SendOptions(SendQueueOptions(batch=50, connections=2), OPTIONS.schedule))
    scene.queued(6, address="u{n}@hole.example")
    good = scene.queued(20)
    sink.always("RCPT", Hang(), match="@hole.example")
    stage.run()
    assert {scene.states()[id_] for id_ in good} == {"sent"}
    assert all(scene.states()[mail.id] == "deferred" for mail in scene.mails() if "hole" in mail.address)
    assert set(sink.keys.values()) == {1}


def test_given_a_slow_smarthost_then_more_connections_are_opened_up_to_the_limit(scene, sink, make):
    stage = make(options=SendOptions(SendQueueOptions(batch=40, connections=4), OPTIONS.schedule))
    scene.queued(30, address="u{n}@d{n}.example")
    inner, gate, first = stage._transport.submit, threading.Barrier(4, timeout=20), iter(range(4))

    def slowly(message, confirm):
        if next(first, None) is not None:
            gate.wait()
        return inner(message, confirm)

    stage._transport.submit = slowly
    stage.run()
    assert not gate.broken
    assert sink.sessions == 4
    assert set(sink.keys.values()) == {1}


def test_given_a_lease_that_another_worker_took_then_no_final_dot_is_sent(scene, sink, stage, monkeypatch):
    monkeypatch.setattr(send_queue, "FENCE_FRESH_S", -1.0)
    (id_,) = scene.queued(1, at_most_once=True)
    inner = stage._transport.submit

    def overtaken(message, confirm):
        scene.clock.step(timedelta(seconds=61))
        with scene.store.transaction() as uow:
            uow.outbox.claim(scene.clock(), 10, timedelta(seconds=60))
        return inner(message, confirm)

    stage._transport.submit = overtaken
    stage.run()
    assert sink.mails == []
    assert scene.states() == {id_: "uncertain"}


def test_given_a_try_that_lasts_then_its_lease_is_prolonged(scene):
    scene.queued(2)
    queue = SendQueue(scene.store, SendQueueOptions(), lambda *_: None)
    first = queue.take()
    scene.clock.step(timedelta(seconds=50))
    queue._renewed_at_s = -1e9
    queue.renew()
    scene.clock.step(timedelta(seconds=50))
    with scene.store.transaction() as uow:
        assert uow.outbox.claim(scene.clock(), 10, timedelta(seconds=60)) == []
    assert queue.confirm(first)


def test_given_an_error_of_our_own_then_the_mail_is_kept_and_the_stage_goes_on(scene, sink, stage):
    scene.queued(3)
    inner = stage._transport.submit

    def broken(message, confirm):
        if message.address == "u1@kunde.example":
            raise RuntimeError("nobody foresaw this")
        return inner(message, confirm)

    stage._transport.submit = broken
    stage.run()
    assert [scene.states()[mail.id] for mail in scene.mails()] == ["sent", "deferred", "sent"]


def test_given_a_store_that_goes_away_after_the_mail_was_taken_then_the_result_is_kept_and_written_later(scene, sink, stage, monkeypatch):
    (id_,) = scene.queued(1)
    inner, away = scene.store.transaction, threading.Event()

    def transaction():
        if away.is_set():
            raise ConnectionLost("the database is away")
        return inner()

    monkeypatch.setattr(scene.store, "transaction", transaction)
    submit = stage._transport.submit

    def then_away(message, confirm):
        answer = submit(message, confirm)
        away.set()
        return answer

    stage._transport.submit = then_away
    with pytest.raises(ConnectionLost):
        stage.run()
    assert scene.states() == {id_: "sending"}
    away.clear()
    until(lambda: scene.states() == {id_: "sent"}, 10, "the result is written")
    assert set(sink.keys.values()) == {1}


def test_given_two_stages_on_one_store_when_both_run_then_nothing_is_sent_twice(scene, sink, make):
    scene.queued(60)
    stages = [make(), make()]
    threads = [threading.Thread(target=stage.run) for stage in stages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for stage in stages:
        stage.run()
    assert set(scene.states().values()) == {"sent"}
    assert len(sink.keys) == 60
    assert set(sink.keys.values()) == {1}


def test_given_a_stop_in_the_middle_then_the_mail_leased_is_finished_and_the_rest_is_given_back(scene, sink, stage):
    scene.queued(10)
    inner = stage._transport.submit
    stopping = threading.Event()

    def stop_after_two(message, confirm):
        answer = inner(message, confirm)
        if sink.count >= 2:
            stopping.set()
            until(lambda: seen, 10, "the stage has seen the stop")
        return answer

    seen: list[bool] = []

    def asked() -> bool:
        if stopping.is_set():
            seen.append(True)
        return stopping.is_set()

    stage._transport.submit = stop_after_two
    stage.run(asked)
    states = list(scene.states().values())
    assert states.count("pending") >= 7
    assert states.count("sending") == 0
    assert states.count("sent") == sink.count


def test_given_silence_about_several_domains_when_learned_then_the_smarthost_gets_a_rest(scene, stage):
    scene.queued(4, address="u{n}@d{n}.example")
    queue = SendQueue(scene.store, SendQueueOptions(connections=9), lambda *_: None)
    for _ in range(3):
        stage._learn(queue.take(), SubmitResult("deferred", "RCPT", text="silence", lost=True), queue)
    assert queue.take() is None
    assert stage.run() == 0
