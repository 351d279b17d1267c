"""The ending of an earlier mail proves a signature when it stands there again; a changed one, or one that says something, does not."""

from __future__ import annotations

from mailgate.mail.model import Reply
from mailgate.mail.reply.known_signature import MAX_BLOCKS, remember_ending, without_known_signature

ENDING = "Vaktsentralen\nNattskift, blokk C"


def reply(text: str) -> Reply:
    return Reply(text=text)


def test_given_the_same_ending_twice_when_cut_then_it_is_signature() -> None:
    known = remember_ending((), reply(f"Feilen er her igjen.\n\n{ENDING}"))
    found = without_known_signature(reply(f"Takk for hjelpen!\n\n{ENDING}"), known)
    assert (found.text, found.signature, found.thanks_only) == ("Takk for hjelpen!", ENDING, True)


def test_given_a_changed_ending_when_cut_then_all_is_text() -> None:
    known = remember_ending((), reply(f"Feilen er her igjen.\n\n{ENDING}"))
    changed = reply("Det er greit.\n\nVaktsentralen\nNattskift, blokk D")
    assert without_known_signature(changed, known) == changed


def test_given_a_sentence_that_is_sent_twice_when_cut_then_it_is_text() -> None:
    text = "Hei igjen.\n\nSkriveren er nede.\nKan dere ringe oss?"
    assert without_known_signature(reply(text), remember_ending((), reply(text))) == reply(text)


def test_given_nothing_above_the_known_ending_when_cut_then_it_is_text() -> None:
    known = remember_ending((), reply(f"Ja.\n\n{ENDING}"))
    assert without_known_signature(reply(ENDING), known) == reply(ENDING)


def test_given_many_endings_when_remembered_then_the_newest_few_are_kept() -> None:
    known: tuple[str, ...] = ()
    for number in range(10):
        known = remember_ending(known, reply(f"Ja.\n\nLinje en\nLinje {number}"))
    assert len(known) == MAX_BLOCKS
    assert known[0].endswith("Linje 9")


def test_given_a_signature_that_was_told_when_remembered_then_nothing_is_added() -> None:
    assert remember_ending((), Reply(text="Ja.\nNei.", signature="Mvh Kari")) == ()
