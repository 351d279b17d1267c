"""A reply is nothing but thanks, or it says something. Doubt means that it says something: a case must not stay closed by a guess."""

from __future__ import annotations

import pytest

from mailgate.mail.reply.extract import extract

THANKS = [
    "takk!",
    "Takk",
    "Tusen takk for hjelpen",
    "Tusen takk for hjelpen!\n\nMvh Ola",
    "Hei Kari,\n\nTusen takk for rask hjelp!\n\nHilsen Ola",
    "thank you so much",
    "Thanks!",
    "Thanks a lot, Kari!",
    "Takk skal du ha :-)",
    "Mange takk for god hjelp. Ha en fin dag!",
    "Takk for svar",
    "Hjertelig takk!",
    "Tack så mycket!",
    "Mange tak for hjælpen",
    "Vielen Dank für Ihre Hilfe!",
    "Merci beaucoup",
    "Supert, takk!",
    "Perfekt, tusen takk",
    "Takk 👍",
    "Den er god, takk!",
    "Tusen takk!\n\nOla",
    "Takk, Ola",
    "Takk for det, god helg",
    "Perfekt, tusen takk for rask respons!",
    "Ok, takk.",
    "Great, thank you!",
    "Thank you for your help!\n\nBest regards,\nKari",
]

MORE = [
    "Tusen takk for svar! Da er alt i orden.",
    "Takk, men det virker ikke",
    "Takk. Når kommer dere?",
    "Takk, god morgen på serveren",
    "Takk for sist, vi har et nytt problem",
    "Hei",
    "Ok",
    "Takk, prøver igjen 10:30",
    "Nei takk",
    "Takk for i går, saken kan ikke lukkes",
    "No thanks, reopen",
    "",
    "Takk på forhånd",
    "Thanks in advance",
    "Det virker ikke. Takk",
    "takk for ingenting",
    "Takk Feil Igjen Nå",
    "Takk. Feil!",
    "Ja takk",
]


@pytest.mark.parametrize("text", THANKS)
def test_given_nothing_but_thanks_when_asked_then_yes(text: str) -> None:
    assert extract(text).thanks_only


@pytest.mark.parametrize("text", MORE)
def test_given_anything_beside_thanks_when_asked_then_no(text: str) -> None:
    assert not extract(text).thanks_only


def test_given_thanks_above_a_quote_when_asked_then_the_quote_does_not_count() -> None:
    got = extract("Tusen takk!\n\nMvh Ola\n\nDen 3. mars 2024 kl. 10:12 skrev Support <s@eksempel.no>:\n> Virker det nå?")
    assert got.thanks_only


@pytest.mark.parametrize(
    "below",
    [
        "-- \nOla Nordmann\nMen vi får fortsatt feil 49",
        "-- \nOla Nordmann\nKan dere ringe meg i morgen?",
        "-- \nKari\n\nThe printer still does not work",
        "-- \nDet virker ikke\nOla",
    ],
)
def test_given_thanks_and_words_that_were_cut_as_signature_when_asked_then_no(below: str) -> None:
    assert not extract("Takk!\n\n" + below).thanks_only


@pytest.mark.parametrize(
    "below",
    [
        "-- \nOla Nordmann\nDriftsleder\nEksempel AS\nTlf. 22 33 44 55\nwww.eksempel.no",
        "Mvh\nOla Nordmann\nEksempel AS\nMobil 915 12 345",
        "Sendt fra min iPhone",
        "Mvh\nOla\n\nThis e-mail is confidential and intended solely for the addressee. If you received it in error, please delete it.",
        "-- \nHa en fin dag\nOla",
    ],
)
def test_given_thanks_and_a_bare_signature_when_asked_then_yes(below: str) -> None:
    assert extract("Takk!\n\n" + below).thanks_only
