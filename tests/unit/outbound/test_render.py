"""The words of the mails: one structure, a catalogue per language, escaping, and templates and words of the operators that are wrong."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from mailgate.catalogue import LANGUAGES, shipped
from mailgate.errors import ConfigError
from mailgate.mail.compose import AttachedFile
from mailgate.outbound.html_text import linked
from mailgate.outbound.previews import samples
from mailgate.outbound.render import KINDS, SHIPPED, Renderer, RenderError, Wording, clean, one_line
from mailgate.outbound.views import AnsweredView, CaseView, LegacyView, NewsView, SaidView, StatusView
from mailgate.outbound.words import MailWords, inner_quotes, places_of
from mailgate.rules.agreement_words import in_words
from mailgate.rules.agreements import SUPPORTWEB_AGREEMENTS
from tests.support.mails import notice_samples
from tests.unit.outbound.conftest import RENDERER, SHARED

CASE = CaseView("SUP-123", "Får ikke logget inn", "https://supportweb.example/browse/SUP-123")
SAID = SaidView("Ola Hansen", "Kan du sende loggen?", "mandag", along=("logg.txt", "bilde <1>.png"))
MOVED = NewsView("moved", "Ola", StatusView("Åpen"), StatusView("Venter på kunde", "yours"), hint="Vi trenger mer.", asks=True)


def values(news: NewsView = MOVED, case: CaseView = CASE) -> dict[str, object]:
    team = {"rule": "drift", "disposition": "create", "author": "kari@kunde.example", "subject": "Nede", "entry": "0192"}
    return {
        "case": case, "news": news, "greeting": "Hei,", "action_links": (), "marker": "Ref: abc", "text": "", "earlier": None,
        "agreement": in_words(SUPPORTWEB_AGREEMENTS["enkel"], "nb"), "agreement_rows": [("Svartid", "innen to virkedager")],
        "case_facts": ["SUP-123", case.summary], "why": "reporter", "answered": AnsweredView(), "link": "https://support.firma.example/x",
        "forgotten": "https://support.firma.example/password", "username": "kari", "code": "1234 5678",
        "claim_url": "https://support.firma.example/claim/x", "legacy": LegacyView(), "rows": [("Svar som haster", "3")],
        "desk_url": "https://support.firma.example/desk", "attached": "mail", **team,
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_given_every_kind_in_every_language_when_rendered_then_nothing_is_left_open(kind, language):
    made = RENDERER.render(kind, language, values(NewsView("commented", "Ola", said=(SAID,))))
    assert made.subject
    assert "\n" not in made.subject
    for text in (made.text, made.html):
        assert "{{" not in text
        assert "{%" not in text
        assert "jinja" not in text.lower()
    assert "\n\n\n" not in made.text
    assert f'<html lang="{language}"' in made.html


def test_given_the_catalogues_then_every_language_says_every_text_with_the_same_values():
    nb, *others = (shipped("mailgate.outbound", language) for language in LANGUAGES)
    for other in others:
        assert other.keys() == nb.keys()
        for key, text in other.items():
            assert places_of(text) == places_of(nb[key]), key
            assert text.strip() == text


def test_given_the_templates_then_each_text_of_the_catalogue_is_used_and_none_is_fixed_in_a_template():
    sources = "".join(file.read_text("utf-8") for file in SHIPPED.glob("*.j2"))
    code = "".join(file.read_text("utf-8") for file in (SHIPPED.parents[1] / "mailgate" / "outbound").glob("*.py"))
    for key in shipped("mailgate.outbound", "nb"):
        head, _, last = key.rpartition(".")
        composed = {f'"{head}."', f'"{head}.', f'f"{head}.{{', f'".{last}"'}
        assert f'"{key}"' in sources + code or any(form in sources + code for form in composed), key
    for language in LANGUAGES:
        words = {text for text in shipped("mailgate.outbound", language).values() if len(text) > 12}
        assert not [text for text in words if text in sources]


@pytest.mark.parametrize("old", ["supportweb", "Supportweb"])
def test_given_another_name_of_the_portal_when_rendered_then_no_mail_says_supportweb(old):
    shared = {
        **SHARED,
        "portal": "Kundesenteret",
        "portal_url": "https://kunde.example",
        "new_case_url": "https://kunde.example",
        "settings_url": "",
    }
    renderer = Renderer(Wording(shared=shared))
    case = CaseView("SUP-1", "Ting", "https://kunde.example/browse/SUP-1")
    for language in LANGUAGES:
        for kind in KINDS:
            made = renderer.render(kind, language, values(case=case) | {"disposition": "redirect"})
            assert old not in made.subject + made.text + made.html


def test_given_a_closed_case_when_rendered_then_no_answer_by_mail_is_offered():
    closed = CaseView("SUP-123", "Ting", "https://x.example", open=False)
    assert "svare direkte" in RENDERER.render("status_changed", "nb", values()).text
    assert "svare direkte" not in RENDERER.render("status_changed", "nb", values(case=closed)).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("headline", ["created", "commented", "moved", "assigned", "unassigned", "added", "updated"])
@pytest.mark.parametrize(
    "bad", ["<b>x</b>", "&lt;", '"><img src=x onerror=y>', "{{ 7*7 }}", "{% include '/etc/passwd' %}", "\"' onclick='x"]
)
def test_given_markup_in_data_when_rendered_then_it_is_text_in_html(bad, headline, language):
    said = SaidView(bad, bad, bad, along=(bad,))
    news = NewsView(headline, bad, StatusView(bad), StatusView(bad), assigned=True, assignee=bad, said=(said,), hint=bad)
    more = {"case_facts": [bad], "earlier": said, "greeting": bad}
    made = RENDERER.render("digest", language, values(news, CaseView("SUP-1", bad, "https://x.example")) | more)
    assert bad in made.text
    for sign in ("<b>", "<img", "49", 'onclick="'):
        assert sign not in made.html


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


def test_given_a_log_with_addresses_when_shown_in_html_then_spaces_are_kept_and_addresses_are_links():
    html = str(linked("  to  steg\n\tat x\nse https://a.example/x?y=1&z=2. Slutt <b>"))
    assert "\u00a0\u00a0to\u00a0 steg<br>" in html
    assert "\u00a0\u00a0\u00a0\u00a0at x<br>" in html
    assert '<a href="https://a.example/x?y=1&amp;z=2" ' in html
    assert ">https://a.example/x?y=1&amp;z=2</a>. Slutt &lt;b&gt;" in html


def test_given_a_summary_with_quotation_marks_when_quoted_then_they_are_the_inner_ones():
    assert inner_quotes("Feil i «Faktura» og “Ordre”") == "Feil i ‘Faktura’ og ‘Ordre’"
    made = RENDERER.render(
        "comment_added", "nb", values(NewsView("commented", "Ola"), CaseView("SUP-1", "Feil i «Faktura»", "https://x.example"))
    )
    assert "i saken «Feil i ‘Faktura’»:" in made.text
    assert made.subject == "[SUP-1] Feil i «Faktura»"


def test_given_an_operators_template_when_present_then_it_wins_and_the_rest_is_built_in(tmp_path):
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "redirect.j2").write_text(
        '{% extends "_layout.j2" %}{% block news %}{{ p.line("Hilsen fra " ~ company) }}{% endblock %}'
    )
    renderer = Renderer(Wording(tmp_path, shared=SHARED))
    made = renderer.render("redirect", "nb", values(), strict=True)
    assert made.text == "Hei,\n\nHilsen fra Eksempel Støtte\n\nEksempel Støtte\nRef: abc\n"
    assert "Hilsen fra Eksempel Støtte</p>" in made.html
    assert renderer.problems == []


def test_given_operators_words_when_present_then_they_stand_in_every_mail_that_says_them(tmp_path):
    (tmp_path / "words.nn.po").write_text(
        'msgid "greeting.plain"\nmsgstr "God dag,"\n\nmsgid "subject.redirect"\nmsgstr "Bruk {portal}"\n', "utf-8"
    )
    renderer = Renderer(Wording(tmp_path, shared=SHARED))
    assert renderer.words("nn")("greeting.plain") == "God dag,"
    assert renderer.words("nb")("greeting.plain") == "Hei,"
    assert renderer.render("redirect", "nn", values()).subject == "Bruk supportweb"


@pytest.mark.parametrize(
    "text", ['msgid "x.y"\nmsgstr "z"\n', 'msgid "greeting.plain"\nmsgstr "Hei {who}"\n', 'msgid "greeting.plain"\nmsgstr "Hei {"\n', "rot"]
)
def test_given_operators_words_with_a_mistake_when_started_then_the_built_in_ones_stand_in_and_it_is_named(tmp_path, text):
    (tmp_path / "words.nb.po").write_text(text, "utf-8")
    renderer = Renderer(Wording(tmp_path, shared=SHARED))
    assert renderer.words("nb")("greeting.plain") == "Hei,"
    (problem,) = renderer.problems
    assert problem.name == "words.nb.po"
    assert "\n" not in problem.error


BROKEN = [
    "{% if %}", "{{ x", "{% unknown %}", "{% extends 'missing.j2' %}", "{{ nothing }}", "{{ case.secret }}", "{{ ''.__class__.__mro__ }}",
    "{{ 1 / 0 }}", "{{ case.key + 1 }}", "{{ words('no.such.key') }}",
]  # fmt: skip


@pytest.mark.parametrize("source", BROKEN)
def test_given_a_template_that_is_wrong_or_reaches_out_when_rendered_then_the_built_in_one_stands_in_and_check_names_it(tmp_path, source):
    (tmp_path / "redirect.j2").write_text(f"line one\n{source}\n", "utf-8")
    renderer = Renderer(Wording(tmp_path, shared=SHARED))
    assert renderer.render("redirect", "nb", values()) == RENDERER.render("redirect", "nb", values())
    with pytest.raises(RenderError, match=r"redirect\.nb") as failed:
        renderer.render("redirect", "nb", values(), strict=True)
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("part", ["_layout.html.j2", "_parts.txt.j2", "_layout.txt.j2", "_parts.html.j2"])
def test_given_a_broken_layout_when_started_then_every_mail_is_the_built_in_one_and_it_is_named(tmp_path, part):
    (tmp_path / part).write_text("{% if %}", "utf-8")
    renderer = Renderer(Wording(tmp_path, shared=SHARED))
    assert renderer.problems
    for kind in KINDS:
        assert renderer.render(kind, "en", values()) == RENDERER.render(kind, "en", values())


def test_given_a_block_tag_inside_an_html_tag_when_loaded_then_the_place_is_named(tmp_path):
    (tmp_path / "redirect.html.j2").write_text("<p {% if x %}class='a'{% endif %}>x</p>", "utf-8")
    (problem,) = Renderer(Wording(tmp_path, shared=SHARED)).problems
    assert "redirect.html.j2:1" in problem.error


@pytest.mark.parametrize(
    ("wanted", "got"), [("nb", "nb"), ("no", "nb"), ("nb-NO", "nb"), ("NN_no", "nn"), ("sv", "nb"), ("de", "en"), ("", "nb")]
)
def test_given_a_language_when_none_is_made_for_it_then_the_nearest_is_taken(wanted, got):
    assert RENDERER.language(wanted) == got


def test_given_a_default_language_without_templates_when_started_then_it_refuses():
    with pytest.raises(ConfigError, match="sv"):
        Renderer(Wording(default_language="sv", shared=SHARED))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("answer", ["redirect", "accepted", "case_closed"])
def test_given_words_of_the_policy_when_an_answer_is_rendered_then_it_begins_with_them_and_keeps_the_link(answer, language):
    made = RENDERER.render(answer, language, {**values(), "text": "Vi har stengt.\nRing <vakta>."})
    usual = RENDERER.render(answer, language, values())
    assert "Vi har stengt.\nRing <vakta>." in made.text
    assert "Vi har stengt.<br>\nRing &lt;vakta&gt;." in made.html
    assert made.text.count("https://") == usual.text.count("https://") > 0


def test_given_a_colour_of_the_company_when_rendered_then_bar_and_button_have_it():
    made = Renderer(Wording(shared=SHARED, accent="#5a2d81")).render("comment_added", "nb", values())
    assert "background-color:#5a2d81" in made.html
    assert "#00608a" not in made.html


def test_given_a_logo_when_frozen_then_the_mail_carries_it_and_nothing_is_fetched():
    logo = AttachedFile("logo.png", "image/png", b"\x89PNG\r\n\x1a\n", "logo@firma.example")
    wording = Wording(shared={**notice_samples.SHARED, "logo": "cid:logo@firma.example"})
    freezer = notice_samples.freezer("nb", wording, replace(notice_samples.IDENTITY, logo=logo))
    row = freezer.freeze(samples.groups("nb")["comment_added"], samples.NOW)
    message = message_from_bytes(row.raw, policy=policy.default)
    (related,) = [part for part in message.walk() if part.get_content_type() == "multipart/related"]
    html, picture = related.iter_parts()
    assert picture["Content-ID"] == "<logo@firma.example>"
    assert picture.get_content_disposition() == "inline"
    assert 'src="cid:logo@firma.example" alt="Firma AS"' in html.get_content()


def test_given_words_for_html_when_said_then_values_are_escaped():
    assert MailWords({"a": "x & {y}"}, html=True)("a", y="<b>") == "x &amp; &lt;b&gt;"
