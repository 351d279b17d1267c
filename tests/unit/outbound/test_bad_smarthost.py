"""A smarthost that misbehaves, as the real send stage meets it: real sockets, a scripted sink, each try recorded in the store.

Numbers in names: 101 not now, 102 never, 104 silence, 106 no TLS to be trusted, 107 trouble after the 250, 109 away for days, 112 a clock
that jumps. More of them, and 108, 110 and 111, are in test_queue.py, test_send_stage.py and test_smarthost.py.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from mailgate import metrics
from mailgate.cases.ids import new_id
from mailgate.outbound.queue import send_queue
from mailgate.outbound.queue.schedule import RetrySchedule
from mailgate.outbound.queue.send_queue import SendQueueOptions
from mailgate.outbound.send_stage import SendOptions, SendStage
from mailgate.outbound.smarthost import Smarthost
from mailgate.outbound.smarthost_session import SmarthostOptions, SmarthostTimeouts
from mailgate.runtime.gateway import gauges
from tests.support.processes.sink import Action, Close, Hang, Reset, Sink, ThenClose, certificate, server_context
from tests.unit.outbound.conftest import Scene

PATIENT = SmarthostTimeouts(*(20.0,) * 7)
SHORT = SmarthostTimeouts(connect_s=0.4, banner_s=0.4, command_s=20, data_s=20, block_s=20, dot_s=0.4, quit_s=0.2)
OPTIONS = SendOptions(SendQueueOptions(batch=10, connections=1), RetrySchedule(timedelta(minutes=1), timedelta(hours=4)))
FIRST_PAUSE = timedelta(seconds=48), timedelta(seconds=72)
"""A minute, 20 % sooner or later."""

StageTo = Callable[..., SendStage]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture
def stage_to(scene: Scene) -> Iterator[StageTo]:
    """Makes a send stage for a port, with these options of the smarthost."""
    with ExitStack() as made:

        def make(port: int, **changed: object) -> SendStage:
            given: dict[str, object] = {"host": "127.0.0.1", "port": port, "tls": "none", "timeouts": PATIENT, "helo_name": "gw.example"}
            stage = SendStage(scene.store, Smarthost(SmarthostOptions(**{**given, **changed})), OPTIONS)  # type: ignore[arg-type]
            made.callback(stage.close)
            return stage

        yield make


def rest_is_over(stage: SendStage) -> None:
    stage._backoff._until_s = 0.0


@pytest.mark.parametrize(
    ("step", "action"),
    [
        ("banner", ThenClose("421 4.3.2 busy")), ("EHLO", "450 4.7.0 later"), ("MAIL", "451 4.3.0 later"), ("RCPT", "450 4.2.0 later"),
        ("DATA", "451 4.3.0 later"), ("DOT", "452 4.3.1 later"),
    ],
)  # fmt: skip
def test_101_given_not_now_at_a_step_then_the_mail_waits_longer_each_time_and_comes_once(
    scene: Scene, sink: Sink, stage_to: StageTo, step: str, action: Action
) -> None:
    (id_,) = scene.queued(1)
    sink.always(step, action)
    stage = stage_to(sink.port)
    for number in (1, 2, 3):
        stage.run()
        (mail,) = scene.mails()
        pause = mail.due_at - scene.clock()
        assert (mail.state, mail.attempts, mail.maybe_sent) == ("deferred", number, False)
        assert FIRST_PAUSE[0] * 2 ** (number - 1) <= pause <= FIRST_PAUSE[1] * 2 ** (number - 1)
        rest_is_over(stage)
        assert stage.run() == 0, "not before its time"
        scene.clock.step(pause)
    sink.well()
    stage.run()
    assert scene.states() == {id_: "sent"}
    assert [mail.raw for mail in sink.mails] == [scene.raw(id_)]
    assert [attempt.state for attempt in scene.mails()[0].history] == ["deferred"] * 3 + ["sent"]


def test_102_given_never_for_an_automatic_answer_then_it_fails_and_nothing_is_sent_about_it(
    scene: Scene, sink: Sink, stage_to: StageTo
) -> None:
    (id_,) = scene.queued(1, at_most_once=True)
    sink.always("RCPT", "550 5.1.1 no such user")
    stage = stage_to(sink.port)
    for _ in range(3):
        stage.run()
        scene.clock.step(timedelta(days=1))
    assert (scene.states(), sink.mails) == ({id_: "failed"}, [])
    assert len([command for command in sink.commands if command.startswith("RCPT")]) == 1
    with scene.store.reading() as uow:
        assert uow.notices.queue().waiting == 0


def test_104_given_silence_instead_of_a_banner_then_one_mail_is_deferred_and_all_come_once_later(
    scene: Scene, sink: Sink, stage_to: StageTo
) -> None:
    scene.queued(3)
    sink.always("banner", Hang())
    stage = stage_to(sink.port, timeouts=SHORT)
    stage.run()
    assert sorted(scene.states().values()) == ["deferred", "pending", "pending"]
    assert scene.mails()[0].error.startswith("banner: ")
    sink.well()
    rest_is_over(stage)
    scene.clock.step(timedelta(minutes=2))
    stage.run()
    assert (set(scene.states().values()), set(sink.keys.values())) == ({"sent"}, {1})


def test_104_given_a_host_that_answers_no_connection_then_one_mail_is_deferred_and_the_rest_is_not_counted(
    scene: Scene, stage_to: StageTo
) -> None:
    scene.queued(3)
    with _unanswered() as port:
        stage_to(port, timeouts=SHORT).run()
    mails = scene.mails()
    assert [(mail.state, mail.attempts) for mail in mails] == [("deferred", 1), ("pending", 0), ("pending", 0)]
    assert mails[0].error.startswith("connect: ")


def test_104_given_the_time_that_a_next_hop_may_take_after_the_dot_then_we_wait_as_long_as_the_standard_says() -> None:
    """RFC 5321 section 4.5.3.2.6: ten minutes. A 601st second is one too many: then nobody knows (the next test)."""
    assert SmarthostTimeouts().dot_s == 600


def test_104_given_silence_after_the_dot_then_the_notice_is_repeated_once_and_is_then_uncertain_for_a_person(
    scene: Scene, sink: Sink, stage_to: StageTo
) -> None:
    notice, answer = *scene.queued(1), *scene.queued(1, at_most_once=True, address="ny@annen.example", life=timedelta(days=1))
    sink.always("DOT", Hang())
    stage = stage_to(sink.port, timeouts=SHORT)
    for _ in range(4):
        stage.run()
        rest_is_over(stage)
        scene.clock.step(timedelta(hours=5))
    assert scene.states() == {notice: "uncertain", answer: "uncertain"}
    assert sink.keys == {notice: 2, answer: 1}


@pytest.mark.parametrize("case", ["stripped", "refused", "self-signed", "other name", "expired"])
def test_106_given_no_tls_to_be_trusted_where_it_is_demanded_then_neither_mail_nor_password_leaves(
    scene: Scene, stage_to: StageTo, tmp_path: Path, case: str
) -> None:
    files = certificate(tmp_path, ["other.example"] if case == "other name" else ["127.0.0.1"], days=0 if case == "expired" else 2)
    trusted = None if case == "self-signed" else str(files[0])
    scene.queued(2)
    with Sink(tls=None if case == "stripped" else server_context(*files), login=("mailgate", "secret")) as sink:
        if case == "refused":
            sink.always("STARTTLS", "454 4.7.0 not now")
        stage = stage_to(sink.port, tls="starttls", ca_file=trusted, user="mailgate", password="secret")
        for _ in range(3):
            stage.run()
            rest_is_over(stage)
            scene.clock.step(timedelta(minutes=30))
        assert {command.partition(" ")[0] for command in sink.commands} <= {"EHLO", "STARTTLS", "QUIT"}
    assert set(scene.states().values()) <= {"deferred", "pending"}
    assert "TLS" in "".join(mail.error for mail in scene.mails())


@pytest.mark.parametrize("action", ["500 5.5.1 what", ThenClose("421 4.0.0 bye"), Close(), Reset(), Hang()], ids=str)
def test_107_given_quit_that_fails_after_the_250_then_the_mail_is_sent_and_not_tried_again(
    scene: Scene, sink: Sink, stage_to: StageTo, action: Action
) -> None:
    scene.queued(2)
    sink.always("QUIT", action)
    stage = stage_to(sink.port, timeouts=SHORT, mails_per_connection=1)
    stage.run()
    assert set(scene.states().values()) == {"sent"}
    scene.clock.step(timedelta(days=1))
    rest_is_over(stage)
    assert stage.run() == 0
    assert (set(sink.keys.values()), sink.sessions) == ({1}, 2)
    assert [len(mail.history) for mail in scene.mails()] == [1, 1]


def test_109_given_a_smarthost_that_is_away_for_six_days_then_each_mail_is_given_up_on_its_day_and_listed(
    scene: Scene, sink: Sink, stage_to: StageTo
) -> None:
    ids = scene.queued(20)
    port, began = sink.port, scene.clock()
    sink.stop()
    stage, given_up_after = stage_to(port), timedelta(0)
    while scene.clock() < began + timedelta(days=6):
        stage.run()
        rest_is_over(stage)
        if "failed" in scene.states().values():
            given_up_after = given_up_after or scene.clock() - began
        scene.clock.step(timedelta(minutes=10))
    assert timedelta(days=5) <= given_up_after < timedelta(days=5, hours=1)
    with scene.store.reading() as uow:
        listed = uow.outbox.list("failed", limit=None)
    assert {mail.id for mail in listed} == set(ids), "nothing is silently gone"
    assert all("expired" in mail.error for mail in listed)
    assert scene.events().count("delivery_failed") == 20


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1), timedelta(hours=1), timedelta(seconds=1)], ids=str)
@pytest.mark.parametrize("fresh", [True, False], ids=["fence is fresh", "fence is asked"])
def test_112_given_a_clock_that_jumps_while_a_mail_is_under_way_then_it_comes_once_and_is_in_no_doubt_or_shown_to_be(
    scene: Scene, sink: Sink, stage_to: StageTo, monkeypatch: pytest.MonkeyPatch, jump: timedelta, fresh: bool
) -> None:
    if not fresh:
        monkeypatch.setattr(send_queue, "FENCE_FRESH_S", -1.0)
    (id_,) = scene.queued(1)
    stage, jumps = stage_to(sink.port), [jump]
    inner = stage._transport.submit

    def jumping(message, confirm):  # type: ignore[no-untyped-def]
        if jumps:
            scene.clock.step(jumps.pop())
        return inner(message, confirm)

    monkeypatch.setattr(stage._transport, "submit", jumping)
    for _ in range(3):
        stage.run()
        scene.clock.step(timedelta(days=2))
    assert scene.states() == {id_: "sent"}
    assert sink.keys == {id_: 1}


def test_112_given_a_clock_that_goes_back_a_day_then_ids_still_grow(scene: Scene) -> None:
    made = [new_id(scene.clock())]
    for jump in (timedelta(days=-1), timedelta(hours=-1), timedelta(0), timedelta(days=1)):
        scene.clock.step(jump)
        made += [new_id(scene.clock()) for _ in range(3)]
    assert made == sorted(set(made))


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the stage tells the metrics about the smarthost."""
    beats: list[str] = []
    monkeypatch.setattr(metrics, "beat", lambda name, label: beats.append(f"{name} {label}"))
    return beats


def test_given_one_address_that_its_domain_defers_when_watched_then_no_age_grows_and_the_smarthost_has_answered(
    scene: Scene, sink: Sink, stage_to: StageTo, found: list[str]
) -> None:
    scene.queued(1)
    sink.always("RCPT", "450 4.2.0 later")
    stage = stage_to(sink.port)
    for _ in range(4):
        stage.run()
        assert gauges(scene.store)["oldest_outbox_age_s"] == 0
        scene.clock.step(scene.mails()[0].due_at - scene.clock())
    assert found == ["smarthost_at_s answered"] * 4
    scene.clock.step(timedelta(minutes=20))
    assert gauges(scene.store)["oldest_outbox_age_s"] == 1200, "nobody tries it any more"


def test_given_a_smarthost_that_is_away_when_watched_then_it_is_said_until_it_answers(
    scene: Scene, sink: Sink, stage_to: StageTo, found: list[str]
) -> None:
    scene.queued(3)
    sink.always("banner", ThenClose("421 4.3.2 busy"))
    stage = stage_to(sink.port)
    for _ in range(2):
        stage.run()
        rest_is_over(stage)
        scene.clock.step(timedelta(minutes=20))
    assert found == ["smarthost_at_s failing"] * 2
    assert gauges(scene.store)["oldest_outbox_age_s"] == 2400
    sink.well()
    stage.run()
    assert found[2:] == ["smarthost_at_s answered"] * 3


@contextmanager
def _unanswered() -> Iterator[int]:
    """A port whose queue of connections is full: the kernel answers no further SYN."""
    with ExitStack() as held:
        listening = held.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = [held.enter_context(socket.socket()) for _ in range(2)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]
