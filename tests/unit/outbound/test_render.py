"""The words of the mails: every template in every language, escaping, and templates that are wrong."""

from datetime import UTC, datetime

import pytest

from mailgate.errors import ConfigError
from mailgate.outbound.render import (
    ANSWERS,
    CASE_NOTICES,
    PLAIN,
    CaseView,
    ChangeView,
    LegacyView,
    Renderer,
    RenderError,
    Wording,
    clean,
    one_line,
)
from mailgate.rules.agreement_words import in_words
from mailgate.rules.agreements import SUPPORTWEB_AGREEMENTS
from tests.unit.outbound.conftest import RENDERER, SHARED

WHEN = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)
CASE = CaseView("SUP-123", "Får ikke logget inn", "https://supportweb.example/browse/SUP-123")
COMMENT = ChangeView("comment_added", "Ola Hansen", WHEN, "Kan du sende loggen?", files=("logg.txt", "bilde <1>.png"))
STATUS = ChangeView(
    "status_changed",
    "Ola",
    WHEN,
    from_="open",
    to="waiting_customer",
    from_label="Åpen",
    to_label="Venter på kunde",
    hint="waiting_customer",
)


def values(*changes: ChangeView, case: CaseView = CASE) -> dict[str, object]:
    agreement = in_words(SUPPORTWEB_AGREEMENTS["enkel"], "nb")
    told = {"rule": "drift", "disposition": "create", "author": "kari@kunde.example", "subject": "Nede", "entry": "0192"}
    return {
        "case": case,
        "changes": changes,
        "change": changes[0],
        "marker": "Ref: abc",
        "agreement": agreement,
        "text": "",
        **told,
        "legacy": LegacyView(),
    }


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
@pytest.mark.parametrize("notice", [*CASE_NOTICES, *ANSWERS, *PLAIN])
def test_given_every_notice_in_every_language_when_rendered_then_nothing_is_left_open(notice, language):
    made = RENDERER.render(notice, language, values(COMMENT, STATUS))
    assert made.subject
    assert "\n" not in made.subject
    for text in (made.text, made.html):
        assert "{{" not in text
        assert "{%" not in text
        assert "jinja" not in text.lower()
    assert "\n\n\n" not in made.text
    if notice in CASE_NOTICES:
        assert made.subject == "[SUP-123] Får ikke logget inn"
        assert "\nRef: abc\n" in made.text
        assert 'style="' in made.html
        assert "<style" not in made.html
        assert f'<html lang="{language}">' in made.html


@pytest.mark.parametrize("status", ["waiting_customer", "proposed", "on_hold", "resolved", "closed"])
@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_given_a_status_that_asks_something_of_the_customer_when_rendered_then_a_word_of_advice_is_given(status, language):
    change = ChangeView("status_changed", "Ola", WHEN, from_="open", to=status, from_label="A", to_label="B", hint=status)
    plain = ChangeView("status_changed", "Ola", WHEN, from_="open", to="x", from_label="A", to_label="B", hint="x")
    with_hint, without = (RENDERER.render("status_changed", language, values(c)).text for c in (change, plain))
    assert len(with_hint) > len(without)


def test_given_a_closed_case_when_rendered_then_no_answer_by_mail_is_offered():
    closed = CaseView("SUP-123", "Ting", "https://x.example", open=False)
    assert "svare direkte" in RENDERER.render("status_changed", "nb", values(STATUS)).text
    assert "svare direkte" not in RENDERER.render("status_changed", "nb", values(STATUS, case=closed)).text


def test_given_a_case_without_an_assignee_when_rendered_then_it_says_so():
    change = ChangeView("assignee_changed", "Ola", WHEN, from_="Kari", to="")
    assert "venter på å bli tildelt" in RENDERER.render("assignee_changed", "nb", values(change)).text


def test_given_local_time_when_told_then_it_is_that_of_norway():
    assert "23. nov. kl. 14.30" in RENDERER.render("digest", "nb", values(COMMENT, STATUS)).text
    assert "23 Nov 14:30" in RENDERER.render("digest", "en", values(COMMENT, STATUS)).text


@pytest.mark.parametrize(
    "bad", ["<b>x</b>", "&lt;", '"><img src=x onerror=y>', "{{ 7*7 }}", "{% include '/etc/passwd' %}", "\"' onclick='x"]
)
def test_given_markup_in_data_when_rendered_then_it_is_text_in_html(bad):
    change = ChangeView("comment_added", bad, WHEN, bad, files=(bad,))
    made = RENDERER.render("comment_added", "nb", values(change, case=CaseView("SUP-1", bad, "https://x.example")))
    assert bad in made.text
    for sign in ("<b>", "<img", "49"):
        assert sign not in made.html


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
@pytest.mark.parametrize("kind", ["comment_added", "status_changed", "assignee_changed", "case_created"])
def test_given_markup_in_data_when_changes_are_gathered_then_it_is_text_in_html(kind, language):
    bad = "<img src=x>"
    change = ChangeView(kind, bad, WHEN, bad, from_=bad, to=bad, from_label=bad, to_label=bad, hint=bad, files=(bad,))
    made = RENDERER.render("digest", language, values(change, change, case=CaseView("SUP-1", bad, "https://x.example")))
    assert bad in made.text
    assert "<img" not in made.html


def test_given_an_operators_template_that_imports_the_words_when_rendered_then_what_they_say_is_escaped_in_html_alone(tmp_path):
    for form in ("txt", "html"):
        (tmp_path / f"digest.nb.{form}.j2").write_text('{% import "_words.nb.j2" as w %}{{ w.item(change) }}', "utf-8")
    change = ChangeView("comment_added", "<img>", WHEN)
    made = Renderer(Wording(tmp_path, shared=SHARED)).render("digest", "nb", values(change, change))
    assert "<img> skrev:" in made.text
    assert "&lt;img&gt; skrev:" in made.html


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\r\nBcc: x", "a Bcc: x"), ("\x1b[31mred\x07", "[31mred"), ("\u202eabc", "abc"), ("   ", ""), ("\x00\x01", ""),
        ("😀 tittel", "😀 tittel"),
        ("a" * 5_000_000, "a" * 254 + "…"), ("x" * 255, "x" * 255),
    ],
)  # fmt: skip
def test_given_a_title_of_any_kind_when_made_a_line_then_it_is_short_and_without_controls(given, shown):
    assert one_line(given) == shown


def test_given_a_long_comment_with_controls_when_cleaned_then_it_is_bounded_and_plain():
    assert clean("a\x00b\x1bc\td\r\ne") == "abc\td\ne"
    assert len(clean("x" * 1_000_000)) < 61_000


def test_given_an_operators_template_when_present_then_it_wins_and_the_rest_is_built_in(tmp_path):
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "redirect.nb.subject.j2").write_text("Hilsen fra {{ support_name }}", "utf-8")
    renderer = Renderer(Wording(tmp_path, shared=SHARED))
    made = renderer.render("redirect", "nb", values(COMMENT))
    assert made.subject == "Hilsen fra Eksempel Support"
    assert "supportweb.example" in made.text


@pytest.mark.parametrize("source", ["{% if %}", "{{ x", "{% unknown %}", "{% extends 'missing.j2' %}"])
def test_given_a_template_with_a_mistake_when_started_then_it_refuses_or_the_notice_fails_with_its_name(tmp_path, source):
    (tmp_path / "redirect.nb.txt.j2").write_text(f"line one\n{source}\n", "utf-8")
    with pytest.raises((ConfigError, RenderError)) as failed:
        Renderer(Wording(tmp_path, shared=SHARED)).render("redirect", "nb", values(COMMENT))
    assert "\n" not in str(failed.value)
    assert "redirect.nb" in str(failed.value) or "missing.j2" in str(failed.value)


def test_given_a_block_tag_inside_an_html_tag_when_loaded_then_the_place_is_named(tmp_path):
    (tmp_path / "redirect.nb.html.j2").write_text("<p {% if x %}class='a'{% endif %}>x</p>", "utf-8")
    with pytest.raises(ConfigError, match=r"redirect\.nb\.html\.j2:1"):
        Renderer(Wording(tmp_path, shared=SHARED))


def test_given_a_template_that_asks_for_what_is_not_there_or_reaches_out_when_rendered_then_it_fails_as_a_value(tmp_path):
    for source in ("{{ nothing }}", "{{ case.secret }}", "{{ ''.__class__.__mro__ }}", "{{ 1 / 0 }}", "{{ case.key + 1 }}"):
        (tmp_path / "redirect.nb.txt.j2").write_text(source, "utf-8")
        renderer = Renderer(Wording(tmp_path, shared=SHARED))
        with pytest.raises(RenderError, match=r"redirect\.nb"):
            renderer.render("redirect", "nb", values(COMMENT))


@pytest.mark.parametrize(
    ("wanted", "got"), [("nb", "nb"), ("no", "nb"), ("nb-NO", "nb"), ("NN_no", "nn"), ("sv", "nb"), ("de", "en"), ("", "nb")]
)
def test_given_a_language_when_none_is_made_for_it_then_the_nearest_is_taken(wanted, got):
    assert RENDERER.language(wanted) == got


def test_given_a_default_language_without_templates_when_started_then_it_refuses():
    with pytest.raises(ConfigError, match="sv"):
        Renderer(Wording(default_language="sv", shared=SHARED))


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
@pytest.mark.parametrize("answer", ANSWERS)
def test_given_words_of_the_policy_when_an_answer_is_rendered_then_it_begins_with_them_and_keeps_the_link(answer, language):
    made = RENDERER.render(answer, language, {**values(COMMENT), "text": "Vi har stengt.\nRing <vakta>."})
    usual = RENDERER.render(answer, language, values(COMMENT))
    assert "Vi har stengt.\nRing <vakta>." in made.text
    assert "Vi har stengt.<br>\nRing &lt;vakta&gt;." in made.html
    assert made.text.count("https://") == usual.text.count("https://") > 0
    assert usual.text.splitlines()[2][:20] not in made.text
