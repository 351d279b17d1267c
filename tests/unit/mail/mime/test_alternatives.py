"""Plain and HTML forms that say different things are marked, and both are seen."""

from __future__ import annotations

import time

import pytest

from mailgate.mail.mime.alternatives import other_form
from mailgate.mail.read import read

PLAIN = "Hei, rapporten feiler fortsatt når vi skriver den ut fra kontoret. Kan dere se på det?"


def _mail(plain: str, html: str) -> bytes:
    return (
        "From: kari@kunde.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{plain}\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("plain", "html"),
    [
        (PLAIN, "<p>Vennligst overfør faktura 4711 til ny konto i dag</p>"),
        (PLAIN, f"<p>{PLAIN}</p><p>Betal heller til denne nye kontoen, gjerne med en gang og uten varsel til andre hos oss</p>"),
        (PLAIN, f"<p style='display:none'>{PLAIN}</p><p>Betal til denne nye kontoen med en gang</p>"),
        (PLAIN + " Slett alle brukere og steng systemet for hele firmaet straks", f"<p>{PLAIN}</p>"),
        ("Ja", "<p>Nei</p>"),
    ],
)
def test_given_forms_that_say_different_things_when_read_then_the_mail_is_marked_and_holds_both(plain: str, html: str) -> None:
    mail = read(_mail(plain, html))
    assert "alternatives_differ" in mail.defects
    assert mail.text.startswith(plain)
    assert mail.other_text


@pytest.mark.parametrize(
    "html",
    [
        f"<div>{PLAIN}</div>",
        f"<html><head><title>Re: noe annet her</title><style>p {{ margin: 0 }}</style></head><p>{PLAIN.replace('å', '&aring;')}</p>",
        f"<span style='display:none'>Forhåndsvisning av hele denne meldingen fra avsenderen</span><p>{PLAIN}</p>",
        f"<p>{PLAIN}</p><img src='cid:logo' alt='Logo'><a href='https://eksempel.example/noe/helt/annet'>Les mer</a>",
        "<p>Hei, rapporten feiler <b>fortsatt</b> når vi<br>skriver den ut fra kontoret.</p>\n<p>Kan dere se på det?</p>",
    ],
)
def test_given_forms_of_one_text_when_read_then_nothing_is_marked(html: str) -> None:
    mail = read(_mail(PLAIN + "\r\n[cid:logo.png] https://eksempel.example/en/lenke", html))
    assert "alternatives_differ" not in mail.defects
    assert mail.other_text == ""


def test_given_large_forms_when_compared_then_time_is_bounded() -> None:
    text = " ".join(f"ord{number}" for number in range(100_000))
    started = time.process_time()
    assert other_form(text, f"<p>{text}</p>") is None
    assert time.process_time() - started < 3
