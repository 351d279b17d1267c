"""Turns facts into the words of a mail. In: a notice's name, a language, values. Out: subject, text and HTML. The only user of Jinja.

Templates are files: `mail/<notice>.<language>.{subject,txt,html}.j2`. What people wrote is data and stays data: it is never compiled, it is
escaped in HTML, and it cannot become a line of a header. Style rules become attributes once, when a template is loaded, because mail
clients drop style sheets and inlining costs more than rendering.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
from babel.dates import format_datetime
from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    pass_context,
)
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from mailgate.errors import ConfigError, MailgateError
from mailgate.rules.agreement_words import AgreementText

SHIPPED = Path(__file__).resolve().parent.parent / "templates"
STYLE = "_style.css.j2"
WORDS = "_words."
CASE_NOTICES: tuple[str, ...] = ("case_created", "comment_added", "status_changed", "assignee_changed", "digest")
ANSWERS: tuple[str, ...] = ("redirect", "accepted", "case_closed")
PLAIN: tuple[str, ...] = ("forward", "team_notice")
SUBJECT_MAX_CHARS = 255
TEXT_MAX_CHARS = 60_000

_ALIASES: Mapping[str, str] = {"no": "nb", "da": "nb", "sv": "nb"}
_CLOCK: Mapping[str, tuple[str, str]] = {
    "nb": ("nb", "d. MMM 'kl.' HH.mm"),
    "nn": ("nn", "d. MMM 'kl.' HH.mm"),
    "en": ("en_GB", "d MMM HH:mm"),
}
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SUBJECT_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_FRAME = re.compile(r"\A((?:<!--jinja\d+-->\s*)*)(.*)\Z", re.DOTALL)
_RENDER_ERRORS = (TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class RenderError(MailgateError):
    """A notice cannot be put into words: a template asks for what is not there, or fails. One line, names the template."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as templates see it. `open` is false where an answer by mail would be refused."""

    key: str
    summary: str
    url: str
    open: bool = True


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change of a case. `kind` is the notice's; `to` and `from_` are keys or names, the labels are in the mail's language.

    `hint` is the new status's key, under which a template may have a word of advice. `at` is aware.
    """

    kind: str
    who: str
    at: datetime
    text: str = ""
    from_: str = ""
    to: str = ""
    from_label: str = ""
    to_label: str = ""
    hint: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LegacyView:
    """What an answer says to someone who asks for help by mail; the days in words of the mail's language, "" without one.

    `tell`: a case was made, and the way of the future is told. `closes_on`: from when on no cases are made; `closed_since`: since when.
    `refuses_on`: from when on mail is refused.
    """

    tell: bool = False
    closes_on: str = ""
    closed_since: str = ""
    refuses_on: str = ""


_PLAIN_DATA = frozenset({CaseView, ChangeView, LegacyView, AgreementText, TemplateModule})


@dataclass(frozen=True, slots=True)
class Rendered:
    """One mail's words: a subject of one line, text and HTML with LF; `html` is "" for plain notices."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Set:
    subject: Template
    text: Template
    html: Template | None


@dataclass(frozen=True, slots=True)
class Wording:
    """What the words depend on beside the notice. `zone` is the one that times are told in."""

    folder: Path | None = None
    default_language: str = "nb"
    zone: str = "Europe/Oslo"
    shared: Mapping[str, object] = field(default_factory=dict)


class Renderer:
    """All templates, compiled at the start, so that a broken one stops the start and not a mail."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        jinja = _environment(wording.folder)
        zone = ZoneInfo(wording.zone)

        @pass_context
        def clock(context: Context, at: datetime) -> str:
            return _clock(at.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None), str(context["language"]))

        jinja.filters.update(lines=lines, clock=clock)
        jinja.globals.update(wording.shared)
        names = [name for name in jinja.list_templates() if name.endswith(".j2") and name != STYLE]
        for name in names:
            _compiled(jinja, name)
        self.languages = frozenset(parts[1] for name in names if len(parts := name.split(".")) == 4)
        self._words = {language: _words(jinja, language) for language in self.languages}
        self._sets = {
            (notice, language): _set(jinja, notice, language) for notice in CASE_NOTICES + ANSWERS + PLAIN for language in self.languages
        }
        if wording.default_language not in self.languages:
            raise ConfigError(f"there are no mail templates in the default language {wording.default_language!r}")

    def language(self, wanted: str) -> str:
        """The language to write in to somebody of language `wanted`: Danes and Swedes read bokmål more easily than English."""
        if not wanted:
            return self._wording.default_language
        wanted = wanted.lower().replace("_", "-").partition("-")[0]
        known = (wanted, _ALIASES.get(wanted, "en"), self._wording.default_language)
        return next(language for language in known if language in self.languages)

    def render(self, notice: str, language: str, values: Mapping[str, object]) -> Rendered:
        """The words of one mail. `language` as `language()` gave it. Raises RenderError."""
        templates, (words, html_words) = self._sets[notice, language], self._words[language]
        context = {**values, "language": language, "words": words}
        try:
            subject, text = templates.subject.render(context), templates.text.render(context)
            context["words"] = html_words
            html = templates.html.render(context) if templates.html else ""
        except _RENDER_ERRORS as error:
            raise RenderError(f"the template {notice}.{language} fails: {type(error).__name__}: {one_line(str(error))}") from error
        return Rendered(one_line(subject), _BLANK_LINES.sub("\n\n", text).strip("\n") + "\n", html)


def clean(text: str) -> str:
    """Text as it may be shown: no controls but LF and TAB, at most 60,000 characters."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n"))
    return text if len(text) <= TEXT_MAX_CHARS else text[:TEXT_MAX_CHARS].rstrip() + " …"


def one_line(text: str) -> str:
    """Text as it may stand in a subject: one line, no controls, no signs that turn the direction of writing, at most 255 characters."""
    shown = " ".join(_SUBJECT_UNSAFE.sub(" ", text[: 8 * SUBJECT_MAX_CHARS]).split())
    return shown if len(shown) <= SUBJECT_MAX_CHARS else shown[: SUBJECT_MAX_CHARS - 1].rstrip() + "…"


def lines(text: str) -> Markup:
    """Text as HTML that keeps its line breaks."""
    return Markup(str(escape(text)).replace("\n", "<br>\n"))


def _set(jinja: Environment, notice: str, language: str) -> _Set:
    name = f"{notice}.{language}"
    html = None if notice in PLAIN else _compiled(jinja, f"{name}.html.j2")
    return _Set(_compiled(jinja, f"{name}.subject.j2"), _compiled(jinja, f"{name}.txt.j2"), html)


def _words(jinja: Environment, language: str) -> tuple[TemplateModule, TemplateModule]:
    """The words that notices share, for text and for HTML. Templates get them as `words`: importing them costs a tenth of the rendering."""
    name = f"_words.{language}.j2"
    return _compiled(jinja, name).module, _compiled(jinja, jinja.join_path(name, f"{language}.html.j2")).module


@lru_cache(maxsize=1024)
def _clock(local: datetime, language: str) -> str:
    locale, pattern = _CLOCK.get(language, _CLOCK["en"])
    return format_datetime(local, pattern, locale=locale)


def _environment(folder: Path | None) -> Environment:
    """Jinja over the operator's `folder` and, for files that it lacks, over the templates that ship. Sandboxed, strict, escaping HTML."""
    return _Sandbox(
        loader=_InliningLoader([*([folder / "mail", folder] if folder else []), SHIPPED / "mail"]),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )


def _compiled(jinja: Environment, name: str) -> Template:
    """The template of this name. Raises ConfigError (file and line) when it is missing or cannot be compiled."""
    try:
        template = jinja.get_template(name)
        template.globals = dict(template.globals)  # Jinja chains maps, which costs a fifth of the rendering
        return template
    except TemplateNotFound as error:
        raise ConfigError(
            f"the mail template {error.name} is missing", hint="put it into the templates folder, or take the folder out"
        ) from error
    except TemplateSyntaxError as error:
        raise ConfigError(f"mail template: {error.message}", file=error.filename or name, line=error.lineno) from error
    except (OSError, UnicodeDecodeError, css_inline.InlineError) as error:
        raise ConfigError(f"the mail template {name} cannot be used: {error}", hint="it must be readable UTF-8 text") from error


class _Sandbox(ImmutableSandboxedEnvironment):
    """Knows our own values, which hold nothing but plain data, without asking the long way for each one of their attributes."""

    def getattr(self, obj: object, attribute: str) -> Any:
        """What `obj.attribute` is in a template."""
        if type(obj) in _PLAIN_DATA and attribute[0] != "_" and hasattr(obj, attribute):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def join_path(self, template: str, parent: str) -> str:
        """The name under which `parent` gets `template`. The words have one for HTML, so that what a macro says is escaped there."""
        if template.startswith(WORDS) and parent.endswith(".html.j2"):
            return template.removesuffix(".j2") + ".html.j2"
        return template


class _InliningLoader(BaseLoader):
    """Files from the first folder that has them; HTML gets the rules of `_style.css.j2` as attributes."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._files = FileSystemLoader(folders)
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Source, file and freshness of `template`, as Jinja asks for it."""
        if template.startswith(WORDS):
            return self._files.get_source(environment, template.replace(".html.j2", ".j2"))
        source, file, fresh = self._files.get_source(environment, template)
        if template.endswith(".html.j2"):
            style, _, _ = self._files.get_source(environment, STYLE)
            source = self._inlined(source, style, template)
        return source, file, fresh

    def list_templates(self) -> list[str]:
        """All names, of all folders."""
        return self._files.list_templates()

    def _inlined(self, source: str, style: str, template: str) -> str:
        hidden: list[str] = []

        def hide(match: re.Match[str]) -> str:
            hidden.append(match.group())
            return f"<!--jinja{len(hidden) - 1}-->" if match.group().startswith("{%") else f"jinja{len(hidden) - 1}x"

        html = _TAG.sub(hide, _COMMENT.sub("", source)).strip()
        if "<html" in html:
            html = _FRAME.sub(lambda found: found[1] + self._inliner.inline(f"{found[2]}\n<style>{style}</style>"), html)
        else:
            html = self._inliner.inline_fragment(html, style)
        for number, tag in enumerate(hidden):
            mark = f"<!--jinja{number}-->" if tag.startswith("{%") else f"jinja{number}x"
            if html.count(mark) != 1:
                raise TemplateSyntaxError(
                    "a block tag stands inside an HTML tag", source.count("\n", 0, source.find(tag)) + 1, template, template
                )
            html = html.replace(mark, tag)
        return html
