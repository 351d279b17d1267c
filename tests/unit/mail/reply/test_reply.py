"""What is cut and what is kept: answers above, under and between quoted lines, forwards, footers, limits; nothing is ever lost."""

from __future__ import annotations

from collections import Counter

import pytest

from mailgate.mail.reply.extract import extract
from mailgate.mail.reply.parts import MAX_LINES

TEXT = "Hei,\n\ndette er svaret vårt: ja.\nVi kommer på mandag."
HEADER = "Den 3. mars 2024 kl. 10:12 skrev Ola Nordmann <ola@eksempel.no>:"
QUOTE = "> gammel\n>\n> tekst"
BLOCK = "Fra: Ola <ola@eksempel.no>\nSendt: søndag 3. mars 2024 10:12\nTil: Kari\nEmne: Befaring"


def assert_lossless(text: str) -> None:
    got = extract(text)
    want = Counter(line.strip() for line in text.split("\n") if line.strip())
    have = Counter(line.strip() for part in (got.text, got.signature, got.quoted) for line in part.split("\n") if line.strip())
    assert have == want


def kept(text: str) -> str:
    assert_lossless(text)
    return extract(text).text


def test_given_no_quote_when_cut_then_the_text_is_the_reply() -> None:
    assert kept(f"\n\n{TEXT}\n\n") == TEXT


def test_given_an_empty_text_when_cut_then_all_parts_are_empty() -> None:
    got = extract("")
    assert (got.text, got.signature, got.quoted, got.thanks_only) == ("", "", "", False)


def test_given_an_answer_above_and_one_under_the_quote_when_cut_then_all_is_kept_in_order() -> None:
    mail = f"{TEXT}\n\n{HEADER}\n{QUOTE}\n\nPS: Vi tar også med nøkkelen, som dere ba om i går."
    assert kept(mail) == mail


def test_given_answers_between_quoted_lines_when_more_quote_follows_then_only_that_goes() -> None:
    inline = f"Hei\n\n{HEADER}\n> Passer det?\n\nJa.\n\n> Hvor?\n\nVed porten."
    assert kept(f"{inline}\n\n> Hilsen Ola\n>\n>> eldre\n") == inline


def test_given_a_header_block_above_marked_lines_when_the_answer_is_under_it_then_the_answer_is_the_reply() -> None:
    assert kept(f"{BLOCK}\n\n{QUOTE}\n\nSvaret står her.") == "Svaret står her."


def test_given_only_a_phone_line_above_when_the_answer_is_under_the_quote_then_the_answer_is_the_reply() -> None:
    assert kept(f"Sendt fra min iPhone\n\n{HEADER}\n\n{QUOTE}\n\nJa, det går fint.\n") == "Ja, det går fint."


def test_given_nobody_wrote_anything_when_cut_then_the_reply_is_empty() -> None:
    assert kept(f"Sendt fra min iPhone\n\n{HEADER}\n\n{QUOTE}\n") == ""
    assert kept(f"{HEADER}\n\n{QUOTE}\n") == ""


def test_given_only_quoted_lines_without_a_header_when_cut_then_they_are_kept() -> None:
    assert kept(QUOTE) == QUOTE


def test_given_a_quote_first_and_text_after_when_no_header_stands_there_then_both_are_kept() -> None:
    assert kept(f"{QUOTE}\n\nEnig.") == f"{QUOTE}\n\nEnig."


def test_given_a_forward_without_a_word_when_cut_then_the_forwarded_text_is_kept_without_its_header() -> None:
    assert kept(f"---------- Forwarded message ---------\n{BLOCK}\n\nVannet er stengt.") == "Vannet er stengt."


def test_given_a_header_block_and_nothing_above_when_cut_then_all_is_kept() -> None:
    mail = f"{BLOCK}\n\nVannet er stengt."
    assert kept(mail) == mail


def test_given_two_generations_without_marks_when_cut_then_the_first_header_ends_the_reply() -> None:
    assert kept(f"{TEXT}\n\n{HEADER}\n\nhei\n\n{BLOCK}\n\nhallo") == TEXT


def test_given_an_attribution_above_unmarked_text_and_nothing_above_it_when_cut_then_the_text_is_kept() -> None:
    got = extract(f"{HEADER}\n\nSvaret står her.")
    assert (got.text, got.quoted) == ("Svaret står her.", HEADER)


def test_given_an_attribution_at_the_end_when_the_client_left_the_quote_out_then_it_goes() -> None:
    assert kept(f"Ja.\n\n{HEADER}") == "Ja."


def test_given_initials_as_quote_marks_when_they_end_the_mail_then_they_are_history() -> None:
    assert kept("Enig i alt.\n\nON> Passer torsdag?\nON> Hilsen Ola") == "Enig i alt."


def test_given_a_quoted_line_that_a_relay_broke_when_cut_then_its_tail_goes_with_it() -> None:
    long = "> " + "dette er en lang linje som en server på veien har brutt i to deler, uten"
    assert kept(f"Ja.\n\n{HEADER}\n{long}\nå merke den.\n> Hilsen Ola") == "Ja."


def test_given_code_in_fences_when_it_holds_quote_headers_then_it_is_kept() -> None:
    mail = f"Se her:\n\n```\n{HEADER}\n> hei\n--\n```\n\nDet er feilen."
    assert kept(mail) == mail


@pytest.mark.parametrize(
    "sentence",
    [
        "Kl. 10:12 den 3. mars 2026 skrev leverandøren:",
        "Den 3. mars 2026 klokken 10:12 skrev vår leverandør:",
        "Den 3. marts 2026 kl. 10.12 skrev leverandøren:",
        "3. mars 2026 kl. 10:12 skrev systemet:",
        "On 3 March 2026 at 10:12 the supplier wrote:",
        "Am 3. März 2026 um 10:12 schrieb der Lieferant:",
        "Le 3 mars 2026 à 10:12, le fournisseur a écrit :",
        "Sjefen min skrev 03.03.2026 10:12:",
        'teksten "Skriv svaret ditt over denne linjen" står nederst i malen.',
        "Linja «Svar over denne linja» kjem to gonger.",
        "The line 'Reply above this line' is printed twice.",
        "Das Wort „Antworten Sie oberhalb dieser Zeile“ fehlt.",
        "Hvorfor svarer ingen når jeg skriver over denne linjen?",
    ],
)
def test_given_a_sentence_about_what_somebody_wrote_or_a_marker_when_cut_then_nothing_is(sentence: str) -> None:
    mail = f"Hei,\n\n{sentence}\n\nHva gjør vi?"
    assert kept(mail) == mail


@pytest.mark.parametrize("marker", ["##- Skriv svaret ditt over denne linjen -##", "--- Please reply above this line ---"])
def test_given_a_reply_above_marker_when_cut_then_all_from_it_on_is_history(marker: str) -> None:
    assert kept(f"{TEXT}\n\n{marker}\n\nSaken er oppdatert.") == TEXT


@pytest.mark.parametrize(
    "footer",
    [
        "-- \nKari",
        "Mvh\nKari Nordmann",
        "Sendt fra min iPhone",
        "Kari Nordmann\nDaglig leder\nTlf. 22 33 44 55",
        "_______________\ndrift mailing list\ndrift@eksempel.no",
        "Denne e-posten er konfidensiell og kun tiltenkt mottaker. Slett den ved en feil.",
        "Virus-free. www.eksempel.no",
    ],
)
def test_given_a_footer_under_the_quote_when_cut_then_it_is_no_answer(footer: str) -> None:
    got = extract(f"{TEXT}\n\n{HEADER}\n\n{QUOTE}\n\n{footer}\n")
    assert (got.text, got.signature) == (TEXT, footer)
    assert got.quoted == f"{HEADER}\n\n{QUOTE}"


def test_given_more_lines_than_are_looked_at_when_all_are_quoted_then_they_are_history() -> None:
    got = extract(f"Ja.\n\n{HEADER}\n" + "> x\n" * (2 * MAX_LINES))
    assert got.text == "Ja."
    assert got.quoted.count("> x") == 2 * MAX_LINES


def test_given_more_lines_than_are_looked_at_when_an_answer_stands_among_them_then_all_is_kept() -> None:
    mail = f"Ja.\n\n{HEADER}\n" + "> x\n" * (2 * MAX_LINES) + "og nei"
    assert extract(mail).text == mail


def test_given_a_twin_with_a_container_when_the_text_shows_no_quote_then_the_container_ends_the_reply() -> None:
    text = "Det passer.\n\nQwe Ola Nordmann zxc\n\nHei Kari, passer det på torsdag?\n\nOla"
    twin = (
        "<div>Det passer.</div><div class='gmail_quote'><div>Qwe Ola Nordmann zxc</div>"
        "<div>Hei Kari, passer det på torsdag?</div><div>Ola</div></div>"
    )
    got = extract(text, twin)
    assert got.text == "Det passer."
    assert got.quoted == text.removeprefix("Det passer.\n\n")


def test_given_a_twin_that_says_something_else_when_cut_then_the_text_is_kept() -> None:
    twin = "<div>Noe helt annet</div><div class='gmail_quote'>som ikke står i teksten</div>"
    assert extract(TEXT, twin).text == TEXT


def test_given_a_rule_above_an_answer_under_the_quote_when_cut_then_the_answer_is_kept() -> None:
    assert kept(f"{HEADER}\n{QUOTE}\n\n-----\nSvaret mitt er ja.") == "-----\nSvaret mitt er ja."


def test_given_lines_that_the_person_quotes_himself_when_they_end_the_mail_then_they_are_kept() -> None:
    mail = "Feilmeldingen var:\n\n> Error 17: paper jam"
    assert kept(mail) == mail


@pytest.mark.parametrize(
    "marked",
    [
        "> Hei Kari,\n>\n> vi har byttet den.",
        "> Vi har byttet den.\n>\n> Mvh\n> Ola",
        "> Virker den nå?",
        f"> {HEADER}\n>\n> Vi har byttet den.",
    ],
)
def test_given_marked_lines_at_the_end_when_they_show_that_they_are_a_mail_then_they_are_history(marked: str) -> None:
    assert kept(f"Ja, den virker.\n\n{marked}") == "Ja, den virker."


@pytest.mark.parametrize(
    "above",
    [
        "Displayet viser nå",
        "Vi får denne feilmeldingen",
        "Dere skrev dette i går, som ikke stemmer:",
        "Fristen er ute.",
        "The log says",
        "Es steht",
    ],
)
def test_given_marked_lines_at_the_end_when_nothing_shows_that_they_are_a_mail_then_they_are_kept(above: str) -> None:
    mail = f"{above}\n\n" + "\n".join(f"> linje {number} av feilmeldingen" for number in range(12))
    assert kept(mail) == mail
    assert kept(f"{mail}\n\nMvh\nKari") == mail


def test_given_a_header_block_on_one_line_when_cut_then_it_ends_the_reply() -> None:
    flat = "Fra: Ola <ola@eksempel.no> Sendt: søndag 3. mars 2024 10:12 Til: Kari Emne: Befaring"
    assert kept(f"{TEXT}\n\n{flat}\n\nHei Kari") == TEXT


def test_given_a_journey_on_one_line_when_cut_then_it_is_kept() -> None:
    mail = "Fra: Oslo Til: Bergen Dato: 3. mars 2024 Pris: 500\n\nKan dere bestille?"
    assert kept(mail) == mail


def test_given_the_way_of_a_parcel_when_cut_then_it_is_kept() -> None:
    mail = "Pakken er borte:\n\nFra: Oslo\nSendt: 3. mars 2024\nTil: Bergen\n\nKan dere spore den?"
    assert kept(mail) == mail


def test_given_gmails_old_header_with_its_address_on_the_next_line_when_cut_then_it_ends_the_reply() -> None:
    assert kept("Ja.\n\n2016-10-24 15:36 GMT+02:00 Ola Nordmann <\nola@eksempel.no>:\n\nVirker det?") == "Ja."


@pytest.mark.parametrize("label", ["Melding:", "Melding", "Message:", "Viesti:", "Beskjed:", "Beskrivelse:"])
def test_given_a_label_above_the_authors_words_when_cut_then_they_stay(label: str) -> None:
    mail = f"Navn: Kari\nTelefon: 90000000\n{label}\nSkriveren er død i dag"
    assert kept(mail) == mail


@pytest.mark.parametrize("label", ["Start på vidaresend melding:", "---------- Message transféré ---------"])
def test_given_the_heading_of_a_forward_when_cut_then_what_it_announces_is_told_from_the_authors_words(label: str) -> None:
    assert extract(f"Sjå under.\n\n{label}\n\nFrå: Per <per@tredje.example>\nEmne: Feil\n\nFeil 49").quoted
