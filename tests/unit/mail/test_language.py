"""The language of short texts, and the day an absent author returns."""

from datetime import UTC, datetime

import pytest

from mailgate.mail.automatic.return_date import returns_at
from mailgate.mail.language import guess

WRITTEN = datetime(2027, 3, 3, 9, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("nb", "Takk!"),
        ("nb", "Hei, det virker fortsatt ikke."),
        ("nb", "Ja, det går fint"),
        ("nb", "Vi har samme problem her på huset, kan dere ta en titt?"),
        ("nn", "Eg veit ikkje kva som skjer."),
        ("nn", "Takk for hjelpa, no verkar det"),
        ("da", "Det virker stadig ikke, hvad skal jeg gøre?"),
        ("da", "Tak for hjælpen"),
        ("sv", "Det fungerar inte"),
        ("sv", "Tack så mycket för hjälpen"),
        ("en", "Thanks a lot, it works now"),
        ("de", "Vielen Dank, es funktioniert jetzt"),
        ("fi", "Tulostin ei toimi"),
        ("nl", "Bedankt, het werkt nu"),
        ("fr", "Merci beaucoup, ça marche maintenant"),
        ("nb", "Hei, det gjelder alle tre brukerne.\n\nOla, Kunde IT"),
        ("nb", "brukerne som mangler tilgang er kari@kunde.no og ola@kunde.no"),
        ("nb", "MVH Kari"),
        ("nb", "TAKK FOR HJELPEN"),
        ("", "<help@isp.example>"),
        ("", "https://example.com/how-to/see-what-is-new www.not-this.example/page"),
        ("", "ok"),
        ("", "1234 5678"),
        ("", ""),
        ("", "プリンタが動きません"),
    ],
)
def test_given_a_text_when_guessed_then_its_language_is_named(code, text):
    assert guess(text) == code


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Jeg er tilbake 15. mars.", "2027-03-15"),
        ("Jeg er tilbake mandag 15. mars 2027.", "2027-03-15"),
        ("Tilbake på kontoret 15.03.2027", "2027-03-15"),
        ("Jeg er på ferie til og med 14. mars.", "2027-03-15"),
        ("På ferie t.o.m. 14.3.", "2027-03-15"),
        ("Eg kjem attende 2. april.", "2027-04-02"),
        ("Jeg er tilbage den 15/3-2027", "2027-03-15"),
        ("Jag är åter den 15 mars", "2027-03-15"),
        ("I will be back on March 15, 2027.", "2027-03-15"),
        ("I am out until 15th of March.", "2027-03-15"),
        ("I return 2027-03-15.", "2027-03-15"),
        ("Ich bin ab dem 15. März wieder erreichbar.", "2027-03-15"),
        ("Ich bin bis einschließlich 14. März nicht im Büro.", "2027-03-15"),
        ("Olen lomalla 14.3.2027 asti.", "2027-03-14"),
        ("Vanaf 15 maart ben ik weer aanwezig.", "2027-03-15"),
        ("De retour le 15 mars 2027.", "2027-03-15"),
        ("Jeg er tilbake 5. januar.", "2028-01-05"),
        ("Jeg er tilbake snart.", None),
        ("Jeg er tilbake 45. mars.", None),
        ("Sak 15.3 er lukket.", None),
    ],
)
def test_given_an_absence_when_read_then_the_day_of_return_is_found(text, day):
    found = returns_at(text, WRITTEN)
    assert (found.date().isoformat() if found else None) == day


def test_given_a_day_without_a_year_when_the_note_has_no_date_then_there_is_no_day():
    assert returns_at("Jeg er tilbake 15. mars.", None) is None
