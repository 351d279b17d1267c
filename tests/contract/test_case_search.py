"""The search of cases: what is written is found at once, by whom it may be found. On both databases, with the same answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from mailgate.cases.ids import new_id
from mailgate.cases.model import Case, CaseEvent, Change, Participant
from mailgate.clock import SteppedClock
from mailgate.store import migrate
from mailgate.store.database import open_database
from mailgate.store.repositories import case_index
from mailgate.store.search_words import MAX_CASE_CHARS, terms
from mailgate.store.unit_of_work import Store
from tests.support.harness.old_schema import upgrade_to
from tests.support.mails.entries import SYSTEM, case, comment, contact, stored_case

_ID = "018f0000-0000-7000-8000-00000000000"
_AT = "2026-11-01T09:00:00.000000+00:00"
_OLD_CONTACT = f"INSERT INTO contacts (id, number, address, address_lower) VALUES ('{_ID}0', 1, 'kari@kunde.example', 'kari@kunde.example')"
_OLD_CASE = (
    "INSERT INTO cases (id, number, key, summary, status, created_at, updated_at, reporter_id) "
    f"VALUES ('{_ID}{{n}}', {{n}}, 'SUP-{{n}}', 'Skriver {{n}}', 'open', '{_AT}', '{_AT}', '{_ID}0')"
)
_OLD_COMMENT = (
    "INSERT INTO comments (id, case_id, kind, text, author_kind, created_at) "
    f"VALUES ('{_ID}{{n}}', '{_ID}{{n}}', 'comment', 'Merke{{n}} står', 'system', '{_AT}')"
)


def found(store: Store, words: str, *, internal: bool = False, limit: int = 50, **more: object) -> list[int]:
    with store.reading() as uow:
        return [one.number for one in uow.cases.search(terms(words), limit, internal=internal, **more)]  # type: ignore[arg-type]


def said(store: Store, of: Case, *texts: str, kind: str = "comment") -> None:
    now = store.now()
    with store.transaction() as uow:
        uow.cases.write([Change(of, tuple(comment(of, now, text=text, kind=kind) for text in texts))])


def changed(store: Store, of: Case, field: str, value: str) -> Case:
    after = replace(of, **{field: value})  # type: ignore[arg-type]
    facts = {"field": field, "from": "", "to": value}
    with store.transaction() as uow:
        uow.cases.write([Change(after, events=(CaseEvent(new_id(store.now()), of.id, "field_changed", SYSTEM, store.now(), facts),))])
    return after


def reported(store: Store, number: int, summary: str, description: str = "", status: str = "open", customer: str | None = None) -> Case:
    now = store.now()
    with store.transaction() as uow:
        reporter = contact(uow.contacts.next_numbers(1)[0], now)
        uow.contacts.add([reporter])
        made = case(number, reporter, now, summary=summary, description=description, status=status)
        uow.cases.write([Change(made, created=True, participants_added=made.participants)])
    return made


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("skriveren", True),
        ("SKRIV", True),
        ("skr", True),
        ("blåbærøl", True),
        ("BLÅBÆR", True),
        ("blabær", False),
        ("skriveren blinker", True),
        ("skriveren finnes ikke her nå", False),
        ("sup-7", True),
        ("0x80070005", True),
        ("0x8007", True),
        ("kunde.example", True),
        ("for", True),  # the beginning of a word that looks like a stop word
        ("iveren", False),
        ('"; DROP TABLE cases; -- * : ( & | !', False),
    ],
)
def test_given_a_case_when_looked_for_then_all_words_must_be_in_it(store: Store, words: str, is_found: bool) -> None:
    made = reported(store, 7, "Skriveren står", "Feil 0x80070005 fra kari@kunde.example, ønsker forbedring")
    said(store, made, "Den blinker", "Blåbærøl på tastaturet")
    assert found(store, words) == ([7] if is_found else [])


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("ikke", [1]),
        ("IKKE", [1]),
        ("over", [3, 1]),  # and its beginning of a longer word
        ("ikke over", [1]),
        ("skjermen ikke", [1]),
        ("skriveren ikke", []),
        ("er", [1]),
        ("og", [2]),
        ("den har", [2]),
        ("vi", []),
        ("the", []),
    ],
)
def test_given_words_that_most_texts_have_when_looked_for_then_they_are_words_like_any_other(
    store: Store, words: str, numbers: list[int]
) -> None:
    reported(store, 1, "Kommer ikke inn", "Skjermen er over i svart")
    reported(store, 2, "Skriveren står", "Den har gått av og på")
    reported(store, 3, "Overføring")
    assert found(store, words) == numbers


def test_given_notes_when_a_contact_looks_then_no_word_of_them_is_found(store: Store) -> None:
    made = reported(store, 1, "Skriveren står")
    said(store, made, "Kunden er vrang", kind="note")
    said(store, made, "Kan du starte den?")
    assert (found(store, "vrang"), found(store, "skriveren vrang"), found(store, "starte")) == ([], [], [1])
    assert (found(store, "vrang", internal=True), found(store, "skriveren vrang starte", internal=True)) == ([1], [1])


def test_given_a_comment_that_was_withdrawn_when_looked_for_then_only_staff_find_its_words(store: Store) -> None:
    made = reported(store, 1, "Skriveren står")
    said(store, made, "Passordet er Sommerfugl", "Kan du starte den?")
    with store.transaction() as uow:
        gone = next(one for one in uow.cases.comments(made.id) if "Sommerfugl" in one.text)
        event = CaseEvent(new_id(store.now()), made.id, "comment_withdrawn", SYSTEM, store.now(), {"comment_id": gone.id})
        uow.cases.write([Change(made, events=(event,))])
    assert (found(store, "sommerfugl"), found(store, "sommerfugl", internal=True), found(store, "starte")) == ([], [1], [1])


def test_given_many_cases_when_looked_for_then_they_come_newest_first_and_in_pages(store: Store, clock: SteppedClock) -> None:
    made = []
    for number in range(1, 8):
        made.append(reported(store, number, f"Skriver {number}", status="open" if number % 2 else "closed"))
        clock.step(timedelta(minutes=1))
    assert found(store, "skriver", limit=3) == [7, 6, 5]
    assert found(store, "skriver", limit=3, before_id=made[4].id) == [4, 3, 2]
    assert found(store, "skriver", status="closed") == [6, 4, 2]


def test_given_a_word_that_many_cases_have_when_looked_for_then_the_order_is_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (3, 1, 2):
        reported(store, number, "Skriver")
    assert found(store, "skriver") == [3, 2, 1]
    monkeypatch.setattr(case_index, "COMMON_HITS", 1)  # PostgreSQL walks
    assert found(store, "skriver", limit=2) == [3, 2]


@pytest.mark.parametrize(("very_few", "few"), [(500, 10_000), (0, 10_000), (0, 0)])  # the three ways of SQLite
def test_given_a_contact_when_looking_then_only_cases_they_take_part_in_are_found(
    store: Store, very_few: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_index, "VERY_FEW_CASES", very_few)
    monkeypatch.setattr(case_index, "FEW_CASES", few)
    mine, other = reported(store, 1, "Skriveren står"), reported(store, 2, "Skriveren går")
    me = mine.participants[0].contact
    with store.transaction() as uow:
        waiting = Participant(me, approved=False)
        uow.cases.write([Change(other, participants_added=(waiting,))])
    assert found(store, "skriveren", contact_id=me.id, approved=True) == [1]
    assert found(store, "skriveren", contact_id=me.id) == [2, 1]
    said(store, mine, "Den blinker på")
    said(store, mine, "vrang", kind="note")
    for words, numbers in (("skriv blink", [1]), ("blink går", []), ("vrang", []), ("riveren", []), ("e", [])):
        assert found(store, words, contact_id=me.id, approved=True) == numbers, words
    assert found(store, "vrang", internal=True, contact_id=me.id) == [1]
    assert found(store, "skriveren", contact_id=new_id(store.now())) == []


def test_given_a_case_that_is_edited_when_looked_for_then_old_words_are_gone_and_comments_stay(store: Store) -> None:
    made = reported(store, 1, "Skriveren står", "Den blinker")
    said(store, made, "Prøv igjen")
    made = changed(store, made, "summary", "Faksen står")
    changed(store, made, "description", "Den piper")
    assert [found(store, words) for words in ("skriveren", "blinker", "faksen piper", "igjen")] == [[], [], [1], [1]]


def test_given_comments_that_move_when_looked_for_then_each_case_has_its_own(store: Store) -> None:
    one, other = reported(store, 1, "Skriveren"), reported(store, 2, "Faksen")
    said(store, one, "Toneren lekker")
    with store.transaction() as uow:
        moved = uow.cases.comments(one.id)[0]
        uow.cases.move_comment(moved.id, other.id)
    assert found(store, "toneren") == [2]
    with store.transaction() as uow:
        uow.cases.merge_into(other.id, one.id)
    assert (found(store, "toneren"), found(store, "faksen")) == ([1], [2])


def test_given_one_batch_that_makes_edits_and_comments_when_written_then_all_of_it_is_found(store: Store) -> None:
    old, now = stored_case(store, 5), store.now()
    with store.transaction() as uow:
        reporter = contact(uow.contacts.next_numbers(1)[0], now)
        uow.contacts.add([reporter])
        new = case(6, reporter, now, summary="Første")
        renamed = replace(new, summary="Andre")
        facts = {"field": "summary", "from": "Første", "to": "Andre"}
        uow.cases.write(
            [
                Change(new, (comment(new, now, text="begynnelsen"),), created=True, participants_added=new.participants),
                Change(renamed, events=(CaseEvent(new_id(now), new.id, "field_changed", SYSTEM, now, facts),)),
                Change(old, (comment(old, now, text="mellom"),)),
                Change(old, (comment(old, now, text="notatet", kind="note"),)),
            ]
        )
    assert [found(store, words, internal=True) for words in ("første", "andre begynnelsen", "mellom notatet")] == [[], [6], [5]]


def test_given_a_case_with_more_text_than_is_searched_when_commented_then_nothing_fails_and_the_rest_is_found(store: Store) -> None:
    made = reported(store, 1, "Skriveren", "\N{GRINNING FACE}\x00" + "漢" * 20_000)
    words = " ".join(f"ord{n}" for n in range(4_000))
    for _ in range(MAX_CASE_CHARS // 16_000 + 3):
        said(store, made, words, words, kind="comment")
    said(store, made, "sist")
    assert (found(store, "skriveren ord17"), found(store, "sist")) == ([1], [])


def test_given_an_older_database_with_cases_when_upgraded_then_all_of_it_is_found(
    empty_database_url: str, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(empty_database_url)
    upgrade_to(database, "0011")
    monkeypatch.setattr(case_index, "FILL_CASES", 2)
    with database.writing.begin() as connection:
        connection.exec_driver_sql(_OLD_CONTACT)
        for number in range(1, 6):
            connection.exec_driver_sql(_OLD_CASE.format(n=number))
            connection.exec_driver_sql(_OLD_COMMENT.format(n=number))
    migrate.upgrade(database)
    store = Store(database, clock)
    assert found(store, "skriver står") == [5, 4, 3, 2, 1]
    assert found(store, "merke3") == [3]
    with database.reading.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM case_search")).scalar_one() == 5
    database.close()


def test_given_an_index_without_stop_words_when_upgraded_then_they_are_found(empty_database_url: str, clock: SteppedClock) -> None:
    database = open_database(empty_database_url)
    upgrade_to(database, "0011")
    with database.writing.begin() as connection:
        connection.exec_driver_sql(_OLD_CONTACT)
        connection.exec_driver_sql(_OLD_CASE.format(n=1).replace("Skriver 1", "Kommer ikke inn"))
    upgrade_to(database, "0020")
    if database.writing.dialect.name == "postgresql":  # as releases before 0021 had made it
        with database.writing.begin() as connection:
            connection.exec_driver_sql("DROP TEXT SEARCH CONFIGURATION mailgate_norwegian")
            connection.exec_driver_sql("DROP TEXT SEARCH DICTIONARY mailgate_norwegian_stem")
            connection.exec_driver_sql("UPDATE case_search SET words = setweight(to_tsvector('norwegian', 'Kommer ikke inn'), 'A')")
    migrate.upgrade(database)
    assert found(Store(database, clock), "ikke") == [1]
    database.close()
