"""Agreements in words: the pieces that an automatic answer quotes, in three languages."""

from dataclasses import replace

import pytest

from mailgate.rules.agreement_words import AgreementText, in_words
from mailgate.rules.agreements import SUPPORTWEB_AGREEMENTS, ResponseTime, hours

ENKEL, STANDARD, UTVIDET = (SUPPORTWEB_AGREEMENTS[key] for key in ("enkel", "standard", "utvidet"))

PIECES = [
    (ENKEL, "nb", AgreementText("Enkel support", "mandag–fredag 08.00–16.00", "innen to virkedager", "", "stengt på helligdager")),
    (ENKEL, "nn", AgreementText("Enkel support", "måndag–fredag 08.00–16.00", "innan to verkedagar", "", "stengt på heilagdagar")),
    (
        ENKEL,
        "en",
        AgreementText("Basic support", "Monday–Friday 08:00–16:00", "within two working days", "", "closed on Norwegian public holidays"),
    ),
    (
        UTVIDET,
        "nb",
        AgreementText(
            "Utvidet support",
            "mandag–fredag 08.00–16.00",
            "innen fire timer i åpningstiden",
            "mandag–fredag 08.00–23.00, lørdag 08.00–16.00, søndag 14.00–22.00",
            "stengt på helligdager",
        ),
    ),
    (
        STANDARD,
        "en",
        AgreementText(
            "Standard support",
            "Monday–Friday 08:00–16:00",
            "within four working hours",
            "Monday–Friday 08:00–16:00",
            "closed on Norwegian public holidays",
        ),
    ),
]


@pytest.mark.parametrize(("agreement", "language", "pieces"), PIECES)
def test_given_an_agreement_when_put_into_words_then_the_pieces_are_the_guides(agreement, language, pieces):
    assert in_words(agreement, language) == pieces


WEEKS = [
    ((hours("08-16"),) * 4 + ((),) * 3, "mandag–torsdag 08.00–16.00"),
    ((hours("00-24"),) * 7, "alle dager hele døgnet"),
    (((),) * 5 + (hours("10-12"),) * 2, "lørdag og søndag 10.00–12.00"),
    ((hours("08-12, 13-16"),) + ((),) * 6, "mandag 08.00–12.00 · 13.00–16.00"),
]


@pytest.mark.parametrize(("week", "text"), WEEKS)
def test_given_other_weeks_when_put_into_words_then_equal_days_go_together(week, text):
    assert in_words(replace(ENKEL, hours=week), "nb").hours == text


@pytest.mark.parametrize(
    ("response", "text"),
    [
        (ResponseTime(1, "working_days"), "innen én virkedag"),
        (ResponseTime(1, "working_hours"), "innen én time i åpningstiden"),
        (ResponseTime(30, "working_days"), "innen 30 virkedager"),
    ],
)
def test_given_other_response_times_when_put_into_words_then_the_number_fits(response, text):
    assert in_words(replace(ENKEL, response=response), "nb").response == text


def test_given_an_unknown_language_or_agreement_when_put_into_words_then_bokmål_and_the_key_stand_in():
    assert in_words(replace(ENKEL, key="gull", closed_on_holidays=False), "fi") == AgreementText(
        "gull", "mandag–fredag 08.00–16.00", "innen to virkedager", "", ""
    )
