"""The element in which a client puts its user's signature proves it; a sentence in it is the person's all the same."""

from __future__ import annotations

import pytest

from mailgate.mail.mime.html_text import to_text
from mailgate.mail.reply.extract import extract

SIGNED = "<div>Ola Nes</div><div>Trygg og nær</div><div>Nordre Verk Ukens Kampanje</div>"
CONTAINERS = {
    "gmail": '<div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature">{}</div>',
    "outlook-web": '<div id="Signature"><div>{}</div></div>',
    "outlook-phone": '<div id="ms-outlook-mobile-signature">{}</div>',
    "apple": '<div id="AppleMailSignature" dir="ltr">{}</div>',
    "thunderbird": '<div class="moz-signature">{}</div>',
    "proton": '<div class="protonmail_signature_block">{}</div>',
    "spark": '<div name="messageSignatureSection">{}</div>',
}
QUOTE = (
    '<div class="gmail_quote"><div class="gmail_attr">Den 3. mars 2026 kl. 10:12 skrev Support &lt;s@firma.example&gt;:</div>'
    "<blockquote>Hei</blockquote></div>"
)
PLAIN = "Det virker nå.\n\nOla Nes\nTrygg og nær\nNordre Verk Ukens Kampanje"


@pytest.mark.parametrize("client", CONTAINERS)
@pytest.mark.parametrize("quote", ["", QUOTE], ids=["alone", "quoted"])
def test_given_the_container_of_a_client_when_read_then_what_it_holds_is_signature(client: str, quote: str) -> None:
    source = f"<div>Det virker nå.</div><br>{CONTAINERS[client].format(SIGNED)}{quote}"
    assert extract(to_text(source), source).text == "Det virker nå."


@pytest.mark.parametrize("client", CONTAINERS)
def test_given_a_text_beside_such_html_when_read_then_the_same_lines_are_signature(client: str) -> None:
    assert extract(PLAIN, f"<div>Det virker nå.</div>{CONTAINERS[client].format(SIGNED)}").text == "Det virker nå."


def test_given_the_same_lines_without_container_when_read_then_they_are_text() -> None:
    source = f"<div>Det virker nå.</div><br><div>{SIGNED}</div>"
    assert extract(to_text(source), source).text == PLAIN


@pytest.mark.parametrize("sentence", ["Men HP-4 er fortsatt nede.", "Kan dere ringe meg?", "Se logg: https://filer.kunde.example/logg.txt"])
def test_given_a_sentence_in_the_container_when_read_then_it_is_text(sentence: str) -> None:
    source = f"<div>Takk!</div><br>{CONTAINERS['outlook-web'].format(SIGNED + f'<div>{sentence}</div>')}"
    found = extract(to_text(source), source)
    assert sentence.split(": ")[0] in found.text
    assert not found.thanks_only


def test_given_a_signature_in_the_quoted_mail_when_read_then_it_says_nothing_of_this_one() -> None:
    quoted = f"<blockquote type='cite'>{CONTAINERS['apple'].format(SIGNED)}</blockquote>"
    source = f"<div>Det virker nå.</div><br><div>{SIGNED}</div>{quoted}"
    assert "Nordre Verk" in extract(to_text(source), source).text
