"""An anonymised mail names nobody and is read as the mail was."""

from __future__ import annotations

import base64
import quopri
import time
from pathlib import Path

import pytest

from mailgate.mail.anonymous import markup
from mailgate.mail.anonymous.case_file import anonymised, shape
from mailgate.mail.anonymous.pseudonyms import Pseudonyms
from mailgate.mail.limits import Ours
from mailgate.mail.read import read

KEY = b"a key of the test"
OURS = Ours(frozenset({"support@firma.example"}), frozenset({"firma.example"}), frozenset({"firma.example"}))
PLAIN = """Hei!

Rapporten 4711223 for Bjørkelangen Bakeri feiler, kan dere ringe Hjørdis på 915 12 345?
Se https://intern.bakeri.no/rapporter/4711223?bruker=hjordis og lars.holm@bakeri.no

Med vennlig hilsen
Dag Fjellstad
Bjørkelangen Bakeri AS
Tlf. +47 22 33 44 55

Den søn. 29. nov. 2026 kl. 09:15 skrev Firma Support <support@firma.example>:
> Hei Dag, hvilken rapport gjelder det?
> Hilsen Turid Kvernmo
"""
HTML = (
    '<html><body><div class="gmail_default" title="Dag Fjellstad">Rapporten for Bj&oslash;rkelangen feiler</div>'
    '<!-- Dag --><img src="https://spor.bakeri.no/dag.png" alt="Fjellstad">'
    '<div class="gmail_quote">Den 29. nov. skrev Turid Kvernmo</div></body></html>'
)
NAMES = (
    "dag",
    "fjellstad",
    "bjørkelangen",
    "bjorkelangen",
    "rkelangen",
    "bakeri",
    "hjørdis",
    "hjordis",
    "lars",
    "holm",
    "turid",
    "kvernmo",
)
NUMBERS = ("4711223", "915 12 345", "22 33 44 55", "10.20.30.40")


def _mail() -> bytes:
    html = quopri.encodestring(HTML.encode()).replace(b"\n", b"\r\n")
    head = (
        "From: =?utf-8?q?Dag_Fjellstad_Bj=C3=B8rkelangen?= <dag.fjellstad@bakeri.no>\nTo: Firma <support@firma.example>\n"
        "Subject: Re: Rapporten til Hjordis [SUP-4711]\nMessage-ID: <abc123def@mail.bakeri.no>\nDate: Sun, 29 Nov 2026 10:20:06 +0100\n"
        "Received: from dagpc (dagpc.bakeri.no [10.20.30.40])\n by mx.firma.example; Sun, 29 Nov 2026 10:20:07 +0100\n"
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n"
    )
    body = "--m\nContent-Type: multipart/alternative; boundary=a\n\n--a\n"
    body += "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    after = "--a\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    file = '\n--a--\n--m\nContent-Type: application/pdf; name="Fjellstad 2026.pdf"\nContent-Transfer-Encoding: base64\n\n'
    content = base64.encodebytes(b"%PDF-1.7 Dag Fjellstad bor i Bjorkelangen " * 20).decode()
    text = (head + body + PLAIN + after).replace("\n", "\r\n").encode() + html
    return text + (file + content + "--m--\n").replace("\n", "\r\n").encode()


def _all_text(raw: bytes) -> str:
    mail = read(raw, ours=OURS)
    parts = [one.content.decode("latin-1") + one.filename for one in mail.attachments]
    return "\n".join([raw.decode("utf-8", "replace"), quopri.decodestring(raw).decode("utf-8", "replace"), mail.text, *parts]).lower()


def test_given_a_real_mail_when_anonymised_then_nobody_is_named() -> None:
    found = anonymised(_mail(), KEY, OURS)
    text = _all_text(found.raw)
    assert [name for name in NAMES + NUMBERS if name in text] == []
    assert "firma.example" not in text


def test_given_a_real_mail_when_anonymised_then_it_is_read_in_the_same_way() -> None:
    raw = _mail()
    found = anonymised(raw, KEY, OURS)
    assert found.is_faithful
    assert found.read["quoted"] == 3
    assert found.read["signature"] == 4
    other = read(found.raw)
    assert [len(line) for line in read(raw).reply.text.split("\n")[:3]] == [len(line) for line in other.reply.text.split("\n")[:3]]
    assert [one.size_bytes for one in other.attachments] == [one.size_bytes for one in read(raw).attachments]
    assert other.attachments[0].detected_type == "application/pdf"
    assert "gmail_quote" in found.raw.decode("utf-8")


def test_given_the_same_words_when_anonymised_then_they_become_the_same_ones_under_one_key_only() -> None:
    names = Pseudonyms(KEY)
    first, second = names.text("Fjellstad møter FJELLSTAD").split(" møter ") if "møter" in names.text("møter") else ("", "")
    assert first.lower() == second.lower()
    assert names.text("Fjellstad") != Pseudonyms(b"another").text("Fjellstad")
    assert names.address("lars@bakeri.no").endswith("@" + names.domain("bakeri.no"))
    assert names.text("lars@bakeri.no") == names.address("lars@bakeri.no")


@pytest.mark.parametrize(
    "kept",
    ["29.11.2026", "2026-11-29", "kl. 09:15", "29. nov. 2026 10:30", "550 5.1.1", "Med vennlig hilsen", "> > Hei", "Sent from my iPhone"],
)
def test_given_what_the_reading_looks_at_when_anonymised_then_it_stays(kept: str) -> None:
    assert Pseudonyms(KEY, year=2026).text(kept) == kept


@pytest.mark.parametrize(
    "secret",
    [
        "915 12 345",
        "+47 22 33 44 55",
        "12.04.1985",
        "1985-04-12",
        "født 1985",
        "12345678901",
        "a1b2c3",
        "10.20.30.40",
        "www.bakeri.no/x",
        "Ångström",
    ],
)
def test_given_what_names_somebody_when_anonymised_then_it_is_another(secret: str) -> None:
    found = Pseudonyms(KEY, year=2026).text(secret)
    assert found != secret
    assert not {word for word in secret.split() if len(word) > 2 and word != "født"} & set(found.split())


def test_given_html_when_anonymised_then_classes_stay_and_words_go() -> None:
    found = markup.anonymised(
        '<p class="x" title="Kvernmo">Bj&oslash;rn &amp; Turid&nbsp;Kvernmo</p><script>Kvernmo</script>', Pseudonyms(KEY)
    )
    assert found.startswith('<p class="x" title="')
    assert "&amp;" in found
    assert "&nbsp;" in found
    assert not any(word in found for word in ("Kvernmo", "Turid", "rn "))


def test_given_broken_mail_when_anonymised_then_no_error_comes_and_no_name_is_left() -> None:
    head = b"From: Fjellstad\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    raw = head + b"Fjellstad\r\n--x\r\nFjellstad \xff\xfe\r\n--y\r\n\r\nFjellstad"
    assert b"Fjellstad" not in anonymised(raw, KEY, OURS).raw
    for odd in (b"", b"\r\n", b"\x00\xff" * 50, b"From: =?utf-8?b?!!!?=\r\n\r\nx", b"Content-Transfer-Encoding: base64\r\n\r\n####"):
        anonymised(odd, KEY, OURS)


def test_given_the_golden_replies_when_anonymised_then_nearly_all_are_read_in_the_same_way() -> None:
    files = sorted((Path(__file__).parents[2] / "golden" / "replies").rglob("*.eml"))
    found = [anonymised(file.read_bytes(), KEY, OURS).is_faithful for file in files]
    assert sum(found) >= 0.9 * len(found)


@pytest.mark.parametrize("text", ["!" * 200_000, "a-" * 100_000, "1 " * 100_000, "a." * 100_000, "<" * 100_000, "<!--[if" * 20_000])
def test_given_a_hostile_text_when_anonymised_then_time_is_bounded(text: str) -> None:
    started = time.process_time()
    anonymised(b"Content-Type: text/html\r\n\r\n" + text.encode(), KEY, OURS)
    assert time.process_time() - started < 5


def test_given_a_mail_when_its_shape_is_taken_then_it_holds_no_word_of_it() -> None:
    assert "Fjellstad" not in str(shape(read(_mail())))
