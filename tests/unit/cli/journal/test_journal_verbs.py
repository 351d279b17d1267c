"""Hold, release, discard, replay: by id and by filter, each recorded, through the commands; the ledger balances after each test.

What must not happen twice, and mail that must not leave, on both databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from mailgate import config
from mailgate.store.database import open_database
from tests.support.desks.desk_by_commands import STOP, CommandDesk
from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import Work, work  # noqa: F401  the fixture

HOLD = "  - {name: wait, when: {subject: {matches: vent}}, then: hold}\n"
NOBODY = "nils@annet.example"
Waiting = tuple[CommandDesk, dict[str, str]]


@pytest.fixture
def desk(mailgate: Run, work: Work, tmp_path: Path) -> Iterator[CommandDesk]:  # noqa: F811
    """On SQLite."""
    made = CommandDesk(mailgate, work, tmp_path)
    yield made
    made.balanced()


@pytest.fixture
def both(mailgate: Run, work: Work, tmp_path: Path, database_url: str) -> Iterator[CommandDesk]:  # noqa: F811
    """On SQLite and on PostgreSQL."""
    settings = tmp_path / "mailgate.toml"
    settings.write_text(settings.read_text().replace("sqlite:///var/mailgate.db", database_url))
    made = CommandDesk(mailgate, work, tmp_path)
    yield made
    made.balanced()


def execute(statement: str, **values: Any) -> None:
    """What no command does: make the database as a fault or the time would have left it."""
    database = open_database(config.load(Path("mailgate.toml"), {}).database.url)
    with database.writing.begin() as connection:
        connection.execute(text(statement), values)
    database.close()


def shunted(desk: CommandDesk, subject: str, **more: str) -> str:
    """A mail that intake gave up on before it was ever decided."""
    id_ = desk.take(subject, **more)
    execute("UPDATE journal SET state = 'shunted', due_at = NULL, error = 'ours'")
    return id_


# Replay ------------------------------------------------------------------------------------------------------------------------------


def test_given_a_redirected_reply_when_replayed_by_a_better_policy_then_it_is_one_comment_and_mail_leaves_only_with_send(both: CommandDesk):
    both.activate(STOP)
    id_ = both.decided("stopp", to=both.token_address())
    assert both.state(id_) == "redirected"
    both.activate()
    before = both.sent_to()

    assert both.ok("journal", "replay", id_).out == f"{id_}  pending\n"
    both.work()

    assert (both.state(id_), both.case()["status"], both.said()) == ("commented", "open", ["Her er svaret."])
    assert both.sent_to() == before, "Ola takes part, and was notified of nothing"
    both.ok("case", "do", "ask_customer", "SUP-1")
    both.work()
    before = both.sent_to()
    for _ in range(2):
        assert both.ok("journal", "replay", id_).out == f"{id_}  is commented already, and stays so\n"
        both.work()
        assert (both.case()["status"], both.said(), both.sent_to()) == ("waiting_customer", ["Her er svaret."], before)

    assert both.ok("journal", "replay", "--send", id_).out == f"{id_}  commented\n"
    both.work()
    notified = [one for one in both.sent_to() if one not in before or both.sent_to().count(one) > before.count(one)]
    assert {address for address, _ in notified} == {"ola@kunde.example"}
    sent = both.sent_to()
    both.ok("journal", "replay", "--send", id_)
    both.work()
    assert (both.sent_to(), both.case()["status"]) == (sent, "waiting_customer")
    verbs = [(one["verb"], one["from_state"], one["to_state"]) for one in both.entry(id_)["interventions"]]
    assert verbs == [("replay", "redirected", "pending"), ("replay", "commented", "commented")]


def test_given_an_answered_mail_when_replayed_with_send_long_after_then_it_is_answered_no_second_time(both: CommandDesk):
    id_ = both.decided("Hei", author=NOBODY)
    assert both.entry(id_)["answer"] == "answered"
    for table in ("answers", "answer_log", "seen_content"):
        execute(f"DELETE FROM {table}")  # as after the window
    before = both.sent_to()
    for _ in range(2):
        both.ok("journal", "replay", "--send", id_)
        both.work()
        assert both.state(id_) == "redirected"
        assert both.entry(id_)["answer"] == "this mail was answered already"
    assert both.sent_to() == before


def test_given_a_shunted_mail_when_replayed_then_it_is_answered_only_with_send_and_only_once(both: CommandDesk):
    id_ = shunted(both, "Hei", author=NOBODY)
    before = both.sent_to()
    both.ok("journal", "replay", id_)
    both.work()
    assert (both.state(id_), both.entry(id_)["answer"], both.sent_to()) == ("redirected", "replayed without --send", before)
    for _ in range(2):
        both.ok("journal", "replay", "--send", id_)
        both.work()
        assert both.sent_to() == sorted([*before, (NOBODY, "redirect")])


def test_given_a_shunted_reply_when_replayed_with_send_then_it_is_as_if_it_came_now(desk: CommandDesk):
    id_ = shunted(desk, "Svar", to=desk.token_address())
    before = len(desk.mails())
    desk.ok("journal", "replay", "--send", id_)
    desk.work()
    assert (desk.state(id_), desk.case()["status"]) == ("commented", "open")
    assert len(desk.mails()) > before


def test_given_a_discarded_and_a_held_mail_when_replayed_then_the_policy_in_force_decides(desk: CommandDesk):
    desk.activate(HOLD)
    address = desk.token_address()
    held, gone = desk.decided("vent", to=address, body="en"), desk.decided("vent litt", to=address, body="to")
    desk.ok("journal", "discard", gone)
    desk.ok("journal", "replay", held)
    desk.work()
    assert desk.state(held) == "held", "the same policy says the same"
    desk.activate()
    assert len(desk.ok("journal", "replay", held, gone).out.splitlines()) == 2
    desk.work()
    assert [desk.state(held), desk.state(gone)] == ["commented", "commented"]
    assert sorted(desk.said()) == ["en", "to"]


def test_given_a_mail_that_the_policy_forwards_when_replayed_in_silence_then_it_waits_and_send_forwards_it_once(
    desk: CommandDesk, tmp_path
):
    id_ = desk.decided("faktura 7", author=NOBODY)
    forward = "rules:\n  - {name: invoice, when: {subject: {matches: faktura}}, then: forward, to: faktura@regnskap.example}\n"
    default = "  - {name: default, when: always, then: redirect}\ndestinations: [regnskap.example]\n"
    (tmp_path / "forward.yaml").write_text(forward + default)
    desk.ok("policy", "activate", "forward.yaml", "--comment", "invoices go to the accountants")
    before = desk.sent_to()
    for _ in range(2):
        desk.ok("journal", "replay", id_)
        desk.work()
        assert (desk.state(id_), desk.sent_to()) == ("held", before)
        assert "replayed without --send" in desk.entry(id_)["reason"]
    for _ in range(2):
        desk.ok("journal", "replay", "--send", id_)
        desk.work()
        assert desk.state(id_) == "forwarded"
        assert desk.sent_to() == sorted([*before, ("faktura@regnskap.example", "forward")])


def test_given_bytes_that_retention_took_when_replayed_then_one_line_says_so_and_the_rest_is_run(both: CommandDesk):
    old = both.decided("Hei", author=NOBODY)
    execute("UPDATE journal SET raw_expired = true WHERE id = :id", id=old)
    execute("DELETE FROM blobs WHERE sha256 = (SELECT raw_sha256 FROM journal WHERE id = :id)", id=old)
    new = both.decided("Hei igjen", author=NOBODY)
    answer = both.mailgate("journal", "replay", old, new)
    assert (answer.code, answer.out) == (1, f"{new}  pending\n")
    assert answer.err.splitlines()[-1] == f"mailgate: 1 of 2 left alone: {old} cannot be run again: its bytes have been purged"
    assert both.mailgate("journal", "replay", new).err == f"mailgate: 1 of 1 left alone: {new} is pending: it is not decided yet\n"
    both.work()
    assert both.state(old) == "redirected"


def test_given_the_whole_journal_when_replayed_twice_then_cases_and_comments_are_the_same_and_no_mail_leaves(both: CommandDesk):
    both.activate(HOLD)
    address = both.token_address()
    both.decided("Svar", to=address, body="en")
    for subject, author in (("vent", NOBODY), ("Hei", "per@tredje.example"), ("Automatisk svar: Borte", "eva@fjerde.example")):
        both.decided(subject, author=author)
    assert both.mailgate("journal", "replay", "--all").code == 1

    def seen() -> object:
        states = [(one["id"], one["state"]) for one in both.ok("journal", "list", "--json").objects]
        case = both.case()
        return states, case["status"], case["comments"], both.sent_to(), len(both.ok("case", "list", "--json").objects)

    before = seen()
    for _ in range(2):
        both.ok("journal", "replay", "--all", "--yes")
        both.work()
        assert seen() == before


# Release and discard -----------------------------------------------------------------------------------------------------------------


def test_given_a_strangers_mail_with_anothers_token_when_released_then_it_speaks_for_its_author_alone(both: CommandDesk):
    id_ = both.decided("Svar", author=NOBODY, to=both.token_address(), body="Passordet er hunter2")
    assert (both.state(id_), both.said(), both.case()["status"]) == ("held", [], "waiting_customer")
    before = both.sent_to()
    both.ok("journal", "replay", "--send", id_)
    both.work()
    assert (both.state(id_), both.said(), both.sent_to()) == ("held", [], before), "no replay lets a stranger in"

    both.ok("journal", "release", "--as", "Kjersti", "--across-customers", "SUP-1", "--reason", "Nils er vikar for Kari", id_)
    both.work()
    assert both.state(id_) == "commented"
    case = both.case()
    assert [NOBODY in str(one["by"]) for one in case["comments"]] == [True]
    said = [{name: value for name, value in one.items() if name != "notified"} for one in case["comments"]]
    assert "kari" not in str(said).lower(), "the token was hers, the words are not"
    (done,) = [one for one in both.entry(id_)["interventions"] if one["verb"] == "release"]
    assert (done["operator"], done["reason"], done["detail"]) == ("Kjersti", "Nils er vikar for Kari", {"disposition": "comment"})


@pytest.mark.parametrize(("what", "state"), [("note", "noted"), ("redirect", "redirected"), ("create", "created"), ("policy", "commented")])
def test_given_a_held_reply_when_released_as_something_else_then_it_becomes_that(both: CommandDesk, what: str, state: str):
    both.activate(HOLD)
    id_ = both.decided("vent", to=both.token_address())
    both.activate()
    (done,) = both.ok("journal", "release", "--disposition", what, "--json", id_).objects
    assert (done["journal_id"], done["from_state"], done["to_state"], done["detail"]) == (id_, "held", "pending", {"disposition": what})
    both.work()
    assert both.state(id_) == state
    again = both.mailgate("journal", "release", id_)
    assert (again.code, again.err) == (1, f"mailgate: 1 of 1 left alone: {id_} is not held\n")


def test_given_a_discarded_mail_when_shown_then_text_and_json_say_who_when_and_why(desk: CommandDesk):
    desk.activate(HOLD)
    id_ = desk.decided("vent", author=NOBODY)
    (done,) = desk.ok("journal", "discard", "--as", "Kjersti", "--reason", "reklame", "--json", id_).objects
    (shown,) = desk.entry(id_)["interventions"]
    assert shown == done
    assert (shown["operator"], shown["verb"], shown["from_state"], shown["to_state"]) == ("Kjersti", "discard", "held", "discarded")
    line = next(line for line in desk.ok("journal", "show", id_).out.splitlines() if "operator=Kjersti" in line)
    assert "verb=discard" in line
    assert "reason=reklame" in line
    assert desk.ok("journal", "audit", "--json").objects == [done]
    (_, row) = desk.ok("journal", "audit", "--since", "1h").out.splitlines()
    assert any(id_.startswith(word) for word in row.split() if len(word) > len("2026-11-30")), "its beginning, as it can be typed"
    assert desk.ok("journal", "audit", "--until", "1h", "--json").objects == []


# Filters -----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(desk: CommandDesk) -> Waiting:
    """Three held mails of two domains, and one that was redirected; subject -> id."""
    desk.activate(HOLD)
    authors = {"vent en": NOBODY, "vent to": "Eva@Annet.example", "vent tre": "per@tredje.example", "Hei": NOBODY}
    return desk, {subject: desk.decided(subject, author=author) for subject, author in authors.items()}


FOUND = (
    (("--held",), {"vent en", "vent to", "vent tre"}),
    (("--state", "redirected"), {"Hei"}),
    (("--rule", "wait", "--author", "annet.example"), {"vent en", "vent to"}),
    (("--author", "@ANNET.example"), {"vent en", "vent to", "Hei"}),
    (("--author", "eva@annet.example"), {"vent to"}),
    (("--author", "net.example"), set()),
    (("--rule", "ingen"), set()),
    (("--since", "1h", "--held"), {"vent en", "vent to", "vent tre"}),
    (("--until", "1h"), set()),
    (("--held", "--limit", "1"), {"vent tre"}),
)


def test_given_entries_when_listed_by_a_filter_then_those_are_shown(waiting: Waiting):
    desk, ids = waiting
    for words, found in FOUND:
        shown = {one["id"] for one in desk.ok("journal", "list", "--json", *words).objects}
        assert shown == {ids[subject] for subject in found}, words


@pytest.mark.parametrize("verb", ["release", "discard", "replay"])
def test_given_a_filter_when_a_verb_is_called_then_it_shows_first_and_acts_only_with_yes(waiting: Waiting, verb: str):
    desk, ids = waiting
    before = desk.ok("journal", "list", "--json").objects
    words = ("journal", verb, "--held", "--author", "annet.example", "--reason", "samlet")
    answer = desk.mailgate(*words)
    assert answer.code == 1
    assert answer.err == f"mailgate: {verb} would touch 2 entries (these); nothing has changed: add --yes to do it\n"
    assert ids["vent en"][:13] in answer.out
    assert ids["vent tre"][:13] not in answer.out
    assert {one["id"] for one in desk.mailgate(*words, "--json").objects} == {ids["vent en"], ids["vent to"]}
    assert desk.ok("journal", "list", "--json").objects == before
    assert desk.ok("journal", "audit", "--json").objects == []

    done = desk.ok(*words, "--yes", "--json").objects
    assert {one["journal_id"] for one in done} == {ids["vent en"], ids["vent to"]}
    assert {(one["verb"], one["reason"]) for one in desk.ok("journal", "audit", "--json").objects} == {(verb, "samlet")}
    assert desk.state(ids["vent tre"]) == "held"
    desk.work()


def test_given_more_than_fit_on_a_screen_when_not_confirmed_then_the_first_rows_and_the_count_are_shown(desk: CommandDesk):
    desk.activate(HOLD)
    for number in range(12):
        desk.take(f"vent {number}", author=NOBODY)
    desk.work()
    answer = desk.mailgate("journal", "discard", "--all")
    assert len(answer.out.splitlines()) == 11
    assert "would touch 12 entries (the newest 10 of them are shown)" in answer.err
    assert len(desk.ok("journal", "discard", "--all", "--limit", "5", "--yes").out.splitlines()) == 5


@pytest.mark.parametrize(
    ("words", "wording"),
    [
        (("release",), "Name entries by id"),
        (("discard", "--held", "--all"), "one of the three"),
        (("replay", "--held", "01a2"), "one of the three"),
        (("release", "--state", "redirected"), "is for entries that are held, not redirected"),
        (("list", "--held", "--state", "noted"), "exclude each other"),
        (("list", "--author", "ikke noe"), "is no mail domain"),
        (("list", "--author", "kari@"), "is no mail address"),
        (("replay", "--since", "i går"), "--since 'i går'"),
        (("discard", "--until", "snart"), "--until 'snart'"),
        (("release", "--disposition", "forward", "01a2"), "comment, note, redirect, create, policy"),
        (("release", "--case", "SUP-99", "01a2"), "there is no case SUP-99"),
        (("discard", "--reason", "", "01a2"), "the reason is empty"),
        (("replay", "01a20446-5530-733a-bbfc-b42f94e8fed2"), "there is no journal entry"),
    ],
)
def test_given_words_that_cannot_be_meant_when_called_then_one_line_says_what(mailgate: Run, words: tuple[str, ...], wording: str):
    answer = mailgate("journal", *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), answer
    assert wording in answer.err


@pytest.mark.parametrize("words", [("--rule", "ingen"), ("--tag", "ingen"), ("--author", "ingen.example")])
def test_given_a_filter_that_finds_nothing_when_a_verb_is_called_then_one_line_says_so(mailgate: Run, words: tuple[str, ...]):
    answer = mailgate("journal", "release", *words, "--yes")
    assert (answer.code, answer.out, answer.err.partition(";")[0].strip(), answer.err.count("\n")) == (0, "", "no entries match", 1)


# Outgoing mail -----------------------------------------------------------------------------------------------------------------------


def test_given_outgoing_mail_when_cancelled_and_retried_then_both_are_recorded(both: CommandDesk):
    id_ = both.mails()[0]["id"]
    execute("UPDATE outbox SET state = 'deferred', due_at = created_at WHERE id = :id", id=id_)
    (first,) = both.ok("outbox", "cancel", "--as", "Kjersti", "--reason", "feil mottaker", "--json", id_).objects
    (second,) = both.ok("outbox", "retry", "--as", "Per", "--json", id_).objects
    assert [(one["verb"], one["outbox_id"], one["from_state"], one["to_state"]) for one in (first, second)] == [
        ("cancel", id_, "deferred", "cancelled"),
        ("retry", id_, "cancelled", "pending"),
    ]
    assert both.ok("outbox", "show", "--json", id_).objects[0]["interventions"] == [first, second]
    assert "reason=feil mottaker" in both.ok("outbox", "show", id_).out
    assert both.ok("journal", "audit", "--json").objects == [second, first]
    both.work()
