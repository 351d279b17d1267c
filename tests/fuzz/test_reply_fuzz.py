"""Any text and any markup is taken apart without an exception and without a lost line; mails built of quote headers stay lossless too."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgate.mail.mime.html_text import to_text
from mailgate.mail.reply.extract import extract
from tests.fuzz.properties import assert_lossless
from tests.support.harness.pace import seconds_at_rest

# Pieces that the grammar knows, to reach its branches; any text between them.
PIECES = st.sampled_from(
    [
        "Den 3. mars 2024 kl. 10:12 skrev Ola Nordmann <ola@eksempel.no>:",
        "On Sun, Mar 3, 2024 at 10:12 AM Ola <ola@eksempel.no> wrote:",
        "Ola <ola@eksempel.no",
        ">:",
        "> wrote:",
        "skrev Ola:",
        "Fra: Ola <ola@eksempel.no>",
        "Sendt: søndag 3. mars 2024 10:12",
        "Til: Kari",
        "Emne: x",
        "-----Opprinnelig melding-----",
        "---------- Forwarded message ---------",
        "________________________________",
        "> sitat",
        ">> eldre",
        "| sitat",
        "ON> sitat",
        "Ja.",
        "",
        " ",
        "\u200b",
        "Mvh",
        "Med vennlig hilsen",
        "-- ",
        "--",
        "---",
        "Sendt fra min iPhone",
        "Hent Outlook for iOS",
        "Denne e-posten er konfidensiell og kun tiltenkt mottakeren.",
        "```",
        "2016-03-03 17:21 GMT+01:00 Some One",
        "##- Svar over denne linjen -##",
        "Takk!",
    ]
)
TAGS = st.sampled_from(
    [
        "<div class=gmail_quote>",
        "</div>",
        "<blockquote type=cite>",
        "</blockquote>",
        "<hr id=stopSpelling>",
        "<table><tr><td>",
        "</table>",
        "<br>",
        "<p>",
        "<pre>",
        "</pre>",
        "<ul><li>",
        "</ul>",
        "<a href='https://x.example'>",
        "</a>",
        "<div style='display:none'>",
        "<script>",
        "<!--",
        "<span id=OLK_SRC_BODY_SECTION>",
        "<svg><math>",
        "&nbsp;",
        "\x00",
    ]
)
MAILS = st.lists(PIECES | st.text(max_size=40), max_size=30).map("\n".join)
MARKUP = st.lists(TAGS | st.text(max_size=20) | PIECES, max_size=30).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_given_any_text_when_cut_then_no_line_is_lost(text: str) -> None:
    assert_lossless(text)


@settings(max_examples=500, deadline=None)
@given(MAILS)
def test_given_any_order_of_headers_and_text_when_cut_then_no_line_is_lost(text: str) -> None:
    assert_lossless(text)


@settings(max_examples=200, deadline=None)
@given(MAILS, MARKUP)
def test_given_any_twin_when_cut_then_no_line_is_lost(text: str, html: str) -> None:
    assert_lossless(text, html)


@settings(max_examples=300, deadline=None)
@given(MARKUP)
def test_given_any_markup_when_made_text_and_cut_then_nothing_is_raised_or_lost(html: str) -> None:
    text = to_text(html)
    assert "\r" not in text
    assert_lossless(text, html)


@pytest.mark.timing
@settings(max_examples=40, deadline=None)
@given(MAILS.filter(bool))
def test_given_a_mail_repeated_to_a_quarter_mebibyte_when_cut_then_it_ends_in_time(text: str) -> None:
    long = (text + "\n") * (1 + (1 << 18) // (len(text) + 1))
    assert seconds_at_rest(lambda: extract(long), runs=1) < 0.25


@pytest.mark.parametrize("found", ["Option B.span---- {}\n\n>!A or B?\n", "Option B.\n\no---- {}\n\n> A or B?\n", "Ja– {}\n\n> A?\n"])
def test_given_dashes_that_hang_on_a_word_before_a_header_when_parted_then_the_word_stays_whole(found: str) -> None:
    """Found by the guided fuzzer."""
    assert_lossless(found.format("On Jun 12, 2025, at 2:03 PM, Support support@firma.no wrote:"))
