"""`mailgate template`: operators' own words and layout are checked and shown before a customer reads them."""

from __future__ import annotations

import pytest

from tests.support.mails.html_mail import as_rendered


@pytest.fixture
def own(mailgate, tmp_path, monkeypatch):
    """An installation with a folder of its own templates, and a case."""
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("MAILGATE_OUTBOUND__TEMPLATES_DIR", str(tmp_path / "own"))
    mailgate("contact", "add", "kari@kunde.example", "--name", "Kari Lunde")
    mailgate(
        "case", "new", "--reporter", "kari@kunde.example", "--summary", "Skriveren står", "--description", "Den blinker.", "--as", "ola"
    )
    mailgate("case", "comment", "--as", "ola", "SUP-1", "Slå den av og på.")
    return mailgate


def test_given_nothing_of_our_own_when_checked_then_all_is_good(own):
    answer = own("template", "check")
    assert (answer.code, answer.out, "all templates are good" in answer.err) == (0, "", True)


def test_given_a_case_when_a_mail_is_previewed_then_it_is_shown_as_its_reader_gets_it(own, tmp_path):
    answer = own("template", "preview", "comment_added", "--case", "SUP-1", "--lang", "nn", "--html", str(tmp_path / "a.html"))
    assert answer.code == 0
    assert (
        "Subject: [SUP-1] Skriveren står\n\nHei Kari,\n\nola har skrive ein kommentar i saka «Skriveren står»:\n\nSlå den av" in answer.out
    )
    assert "Slå den av og på." in as_rendered((tmp_path / "a.html").read_text("utf-8"))
    assert own("outbox", "list", "--json").objects == []


def test_given_the_html_of_a_mail_when_previewed_then_its_source_has_letters_and_shows_what_nobody_sees(own, tmp_path):
    assert own("template", "preview", "comment_added", "--html", str(tmp_path / "a.html")).code == 0
    source = (tmp_path / "a.html").read_text("utf-8")
    assert ("Slik gjør du" in source, "«" in source, "&#248;" in source) == (True, True, False)
    assert ("&#160;" in source, "\xa0" in source) == (True, False)


def test_given_own_words_and_layout_when_previewed_then_they_are_shown(own, tmp_path):
    (tmp_path / "own" / "words.nb.po").write_text('msgid "case.see"\nmsgstr "Åpne saken i {portal}"\n', "utf-8")
    (tmp_path / "own" / "redirect.j2").write_text(
        '{% extends "_layout.j2" %}{% block news %}{{ p.line("Bruk " ~ portal_url) }}{% endblock %}'
    )
    assert own("template", "check").code == 0
    assert "Åpne saken i supportweb: " in own("template", "preview", "comment_added").out
    assert "\n\nBruk https://" in own("template", "preview", "redirect").out


@pytest.mark.parametrize(
    ("file", "text", "named"),
    [
        ("comment_added.j2", "{{ nothing }}", "'nothing' is undefined"), ("case.j2", "{% if %}", "case.j2:1"),
        ("words.nn.po", 'msgid "case.see"\nmsgstr "Sjå {what}"\n', "asks for what"),
        ("_layout.html.j2", "{% block %}", "_layout.html.j2:1"),
    ],
)  # fmt: skip
def test_given_something_broken_when_checked_then_it_is_named_once_and_the_exit_code_says_so(own, tmp_path, file, text, named):
    (tmp_path / "own" / file).write_text(text, "utf-8")
    answer = own("template", "check")
    assert answer.code == 1
    assert named in answer.out


@pytest.mark.parametrize("wrong", [("nope",), ("digest", "--lang", "sv"), ("digest", "--case", "SUP-99")])
def test_given_a_name_a_language_or_a_case_that_is_not_there_when_previewed_then_it_says_so(own, wrong):
    answer = own("template", "preview", *wrong)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("mailgate: ")
