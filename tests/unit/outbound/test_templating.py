"""Operators' templates say what they would say as plain Jinja: parts that are put in place, blocks gathered, attributes of our values."""

from __future__ import annotations

import time

import pytest

from mailgate.outbound.render import Renderer, RenderError, Wording
from tests.unit.outbound.conftest import SHARED
from tests.unit.outbound.test_render import values


def rendered(folder, structure: str, **files: str) -> tuple[str, str]:
    """The text and the HTML of an answer whose structure is this, its parts where `files` has others."""
    (folder / "redirect.j2").write_text(structure, "utf-8")
    for name, source in files.items():
        (folder / f"_{name}.j2").write_text(source, "utf-8")
    renderer = Renderer(Wording(folder, shared=SHARED))
    made = renderer.render("redirect", "nb", values(), strict=True)
    assert renderer.problems == []
    return made.text, made.html


def test_given_parts_of_the_operators_when_called_then_they_are_what_stands_in_the_mail(tmp_path):
    parts = "{% macro line(text) %}<{{ text }}|{{ text }}>{% endmacro %}{% macro twice(a) %}{{ line(a) }}{% endmacro %}"
    text, html = rendered(
        tmp_path,
        "{{ p.line(case.key) }}{{ p.twice('&') }}",
        **{"parts.txt": parts, "parts.html": parts.replace("<", "(").replace(">", ")")},
    )
    assert text == "<SUP-123|SUP-123><&|&>\n"
    assert html == "(SUP-123|SUP-123)(&amp;|&amp;)"


def test_given_a_part_with_a_name_of_its_own_when_called_then_the_mail_cannot_give_it_a_meaning(tmp_path):
    parts = "{% macro line(text) %}{{ text }} {{ company }}{% endmacro %}"
    text, html = rendered(tmp_path, "{% set company = 'x' %}{{ p.line('a') }}", **{"parts.txt": parts, "parts.html": parts})
    assert (text, html) == ("a Eksempel Støtte\n", "a Eksempel Støtte")


@pytest.mark.parametrize(
    "structure",
    [
        "{% macro line(text) %}mine: {{ text }}{% endmacro %}{% set p = {'line': line} %}{{ p.line('<a>') }}",
        "{% import 'own.j2' as p %}{{ p.line('<a>') }}",
        "{% from 'own.j2' import p %}{{ p.line('<a>') }}",
        "{% for p in [{'line': words}] %}mine: {{ '<a>' }}{% endfor %}",
    ],
)
def test_given_something_else_that_is_called_p_when_used_then_it_is_that(tmp_path, structure):
    (tmp_path / "own.j2").write_text("{% macro line(text) %}mine: {{ text }}{% endmacro %}{% set p = {'line': line} %}", "utf-8")
    text, html = rendered(tmp_path, structure)
    assert text == "mine: <a>\n"
    assert html == "mine: &lt;a&gt;"


@pytest.mark.parametrize(
    "call", ["p.line()", "p.line(text='<a>')", "p.line(*['<a>'])", "p.line('<a>', '')", "p.line(nothing)", "p.lin('a')"]
)
def test_given_a_part_called_in_another_way_when_rendered_then_it_is_as_jinja_has_it(tmp_path, call):
    structure = "{{ " + call + " }}"
    if "<a>" in call and "''" not in call:
        assert "&lt;a&gt;</p>" in rendered(tmp_path, structure)[1]
    else:
        with pytest.raises(RenderError):
            rendered(tmp_path, structure)


def test_given_words_twice_in_a_part_when_called_then_they_are_the_same_and_an_argument_that_is_not_shown_is_made_all_the_same(tmp_path):
    parts = "{% macro a(x) %}{{ x }}{{ x }}{% endmacro %}{% macro b(x) %}-{% endmacro %}"
    given = {"parts.txt": parts, "parts.html": parts}
    assert rendered(tmp_path, "{{ p.a(words('greeting.plain')) }}{{ p.b(words('greeting.plain')) }}", **given)[0] == "Hei,Hei,-\n"
    with pytest.raises(RenderError):
        rendered(tmp_path, "{{ p.b(words('no.such.key')) }}", **given)


def test_given_an_include_in_a_block_when_rendered_then_everything_stands_in_its_order(tmp_path):
    (tmp_path / "inner.j2").write_text("2", "utf-8")
    for how in ("with context", "without context"):
        structure = "{% block a %}1{% if true %}{% include 'inner.j2' " + how + " %}{% endif %}{% block b %}3{% endblock %}4{% endblock %}"
        assert rendered(tmp_path, structure) == ("1234\n", "1234")


def test_given_a_value_of_ours_when_asked_for_what_it_has_not_then_it_is_undefined(tmp_path):
    structure = "{{ news.turn is defined }} {{ case.turn is defined }} {{ news.to.turn }} {{ {'turn': 1}.turn }} {{ case.title }}"
    assert rendered(tmp_path, structure)[0] == "False False yours 1 Får ikke logget inn\n"
    for asked in ("news.turn", "case.__class__", "case.key.__class__"):
        with pytest.raises(RenderError):
            rendered(tmp_path, "{{ " + asked + " }}")


def test_given_something_else_that_is_called_words_when_used_then_it_is_that(tmp_path):
    structure = "{% macro words(a, b='-') %}{{ a }}{{ b }}{% endmacro %}{{ words('x') }}{{ words('x', b='<') }}"
    assert rendered(tmp_path, structure) == ("x-x<\n", "x-x&lt;")
    assert "print" in rendered(tmp_path, "{{ words('greeting.plain', print=1) }} print")[0]


@pytest.mark.parametrize(
    ("structure", "why"),
    [
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "takes more than"),
        ("{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}", "takes more than"),
        ("{% for a in [1, 2] recursive %}{{ loop([1, 2]) if loop.depth < 60 }}{% endfor %}", "takes more than"),
        (
            "{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}" + "{% call m() %}" * 30 + "x" + "{% endcall %}" * 30,
            "takes more than",
        ),
        ("{{ 'x' * 10000000000 }}", "larger than"),
        ("{{ [company] * 10000000000 }}", "larger than"),
        ("{{ 10 ** 10 ** 10 }}", "larger than"),
        ("{% for a in range(9999) %}{{ '%01000d' % a }}{% endfor %}", "more than 4194304 characters"),
    ],
)
def test_given_a_template_of_the_operators_without_an_end_when_a_mail_is_made_then_it_is_the_built_in_one(tmp_path, structure, why):
    (tmp_path / "redirect.j2").write_text(structure, "utf-8")
    renderer, built_in = Renderer(Wording(tmp_path, shared=SHARED)), Renderer(Wording(shared=SHARED))
    with pytest.raises(RenderError, match=why):
        renderer.render("redirect", "nb", values(), strict=True)
    began_s = time.thread_time()
    assert renderer.render("redirect", "nb", values()) == built_in.render("redirect", "nb", values())
    assert time.thread_time() - began_s < 1  # what was too much once is not tried again


def test_given_loops_macros_and_sums_of_the_operators_when_small_then_they_are_as_jinja_has_them(tmp_path):
    structure = (
        "{% macro m(a) %}{{ a }}{{ caller() }}{% endmacro %}"
        "{% for a in [1, 2] %}{{ loop.index }}/{{ loop.length }} {% call m(a * 2) %}{{ '-' * 3 }}{% endcall %} {% else %}none{% endfor %}"
        "{% for a in [] %}x{% else %}none{% endfor %} {{ 2 ** 10 }} {{ 1.5 * 2 }}"
    )
    text, _ = rendered(tmp_path, structure)
    assert text == "1/2 2--- 2/2 4--- none 1024 3.0\n"
