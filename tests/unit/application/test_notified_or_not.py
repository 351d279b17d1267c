"""What people are told of what was taken back, withdrawn, moved or is not theirs any more, while a mail of it waits or is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from mailgate.application.cases import comment, correct, create, operate, people, read, undo
from mailgate.application.policies import versions
from mailgate.application.policies.documents import PolicyDocument
from mailgate.errors import Conflict, NotAllowed
from mailgate.outbound.compose_stage import NoticeStage
from mailgate.runtime import bootstrap
from mailgate.runtime.active_policy import shipped
from tests.support.desks.office import EVA, KARI, PER, Office, open_office
from tests.support.mails.plain_text import plain_text

SECRET = "Passordet er sommer"


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    """On each of the two databases."""
    with open_office(tmp_path, url=database_url) as opened:
        yield opened


def say(office: Office, key: str = "SUP-1") -> str:
    comment.add_comment(office.app, EVA, comment.AddComment(key, SECRET))
    with office.app.store.reading() as uow:
        return uow.cases.comments(uow.cases.get(key).id)[-1].id


def while_mails_are_made(patch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let `act` happen once, when the next mails are made and not yet written."""
    freeze, left = NoticeStage._freeze, [act]

    def frozen(self: NoticeStage, claims: Sequence[Any]) -> Any:
        batch = freeze(self, claims)
        while left:
            left.pop()()
        return batch

    patch.setattr(NoticeStage, "_freeze", frozen)


def notified(office: Office) -> list[str]:
    return [address for address in (KARI, PER) for mail in office.mails(address) if SECRET in plain_text(mail)]


def test_given_a_comment_that_is_withdrawn_while_mails_of_it_are_made_then_nobody_gets_one_and_other_news_come(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = say(office)
    while_mails_are_made(monkeypatch, lambda: undo.withdraw_comment(office.app, EVA, undo.WithdrawComment(id_)))
    office.work()
    office.work()
    office.work()
    assert notified(office) == []
    assert [len(office.mails(address)) for address in (KARI, PER)] == [1, 1]


def test_given_a_comment_that_is_taken_back_while_mails_of_it_are_made_then_nobody_gets_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.work()
    say(office)
    while_mails_are_made(monkeypatch, lambda: undo.take_back(office.app, EVA, undo.TakeBack("SUP-1")))
    office.work()
    office.work()
    assert notified(office) == []


def test_given_a_comment_whose_mail_was_made_when_taken_back_then_it_is_too_late(office: Office) -> None:
    office.work()
    say(office)
    office.work()
    with pytest.raises(NotAllowed, match="too late"):
        undo.take_back(office.app, EVA, undo.TakeBack("SUP-1"))
    assert notified(office) == [KARI, PER]


def test_given_somebody_who_is_taken_out_while_notices_wait_then_they_are_told_nothing_more(office: Office) -> None:
    office.work()
    say(office)
    people.remove_participant(office.app, EVA, people.RemoveParticipant("SUP-1", PER))
    office.work()
    assert notified(office) == [KARI]
    assert ("comment_added", PER, "suppressed") in office.notices()


@pytest.mark.parametrize("how", ["merged", "moved"])
def test_given_a_withdrawn_comment_when_it_goes_to_another_case_then_it_stays_withdrawn(office: Office, how: str) -> None:
    create.create_case(office.app, EVA, create.CreateCase("Skriveren igjen", KARI))
    id_ = say(office, "SUP-2")
    undo.withdraw_comment(office.app, EVA, undo.WithdrawComment(id_))
    if how == "merged":
        correct.merge_case(office.app, EVA, correct.MergeCase("SUP-2", "SUP-1"))
    else:
        correct.move_comment(office.app, EVA, correct.MoveComment(id_, "SUP-1"))
    office.work()
    for address in (KARI, PER):
        shown = read.show_case(office.app, office.contact(address), read.ShowCase("SUP-1"))
        assert SECRET not in str(shown)
        assert [one.withdrawn for one in shown.comments if one.id == id_] == [True]
    assert notified(office) == []


def test_given_a_version_that_is_activated_while_somebody_goes_back_then_it_stays_and_they_are_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = office.app

    def activate(number: int) -> None:
        document = PolicyDocument(f"{shipped()}\n# {number}\n".encode(), "policy.yaml")
        versions.activate(app, EVA, versions.Activate(document, f"nummer {number}"))

    activate(1)
    activate(2)
    switched = versions.switch_back

    def switch(*given: Any) -> None:
        activate(3)
        switched(*given)

    monkeypatch.setattr(versions, "switch_back", switch)
    with pytest.raises(Conflict):
        versions.rollback(app, EVA, versions.Rollback())
    assert versions.show_version(app, EVA, None).version.version == 3


def test_given_a_comment_whose_mail_waits_for_the_next_hop_when_withdrawn_then_only_the_rest_of_the_mail_is_sent(office: Office) -> None:
    office.work()
    id_ = say(office)
    operate.operate(office.app, EVA, operate.Operate("SUP-1", "start"))
    stages = bootstrap.make_stages(office.app.settings, office.app.store, office.app.policies, lambda _stage: None)
    with closing(stages["intake"]), closing(stages["notices"]), closing(stages["send"]):
        office.clock.step(timedelta(minutes=11))
        stages["notices"].run()
    with office.app.store.reading() as uow:
        frozen = [one.id for one in uow.outbox.list("pending")]
    assert len(frozen) == 2
    undo.withdraw_comment(office.app, EVA, undo.WithdrawComment(id_))
    office.work()
    with office.app.store.reading() as uow:
        assert {uow.outbox.get(one).state for one in frozen} == {"cancelled"}
        sent = [uow.outbox.raw(one.id) for one in uow.outbox.list("captured")]
    assert not any(SECRET in plain_text(message_from_bytes(raw, policy=policy.default)) for raw in sent)
    assert [one for one in office.notices() if one[0] == "status_changed"][-2:] == [
        ("status_changed", address, "rendered") for address in (KARI, PER)
    ]


def test_given_a_comment_that_was_withdrawn_when_more_is_said_then_the_mail_of_it_does_not_quote_it(office: Office) -> None:
    comment.add_comment(office.app, EVA, comment.AddComment("SUP-1", "Vi ser på det"))
    office.work()
    id_ = say(office)
    undo.withdraw_comment(office.app, EVA, undo.WithdrawComment(id_))
    comment.add_comment(office.app, EVA, comment.AddComment("SUP-1", "Nå virker den"))
    office.work()
    assert notified(office) == []
    assert all("Vi ser på det" in plain_text(office.mails(address)[-1]) for address in (KARI, PER))
