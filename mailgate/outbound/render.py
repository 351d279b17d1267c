"""Renders facts into the text of a mail. In: a notice's kind, a language, values. Out: subject, text and HTML.

A mail's structure is one file for all languages and both forms (`templating`), its words stand in one catalogue per language
(`words`). Text that people wrote is data: it must never be compiled as a template, is escaped in HTML, and cannot become a header line.
Operators may replace structures, the layout and words; what is broken of theirs is passed over for what is built in, and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, Template, TemplateError
from jinja2.environment import TemplateModule

from mailgate import log, metrics
from mailgate.catalogue import LANGUAGES
from mailgate.errors import ConfigError, MailgateError
from mailgate.outbound import words as catalogue
from mailgate.outbound.templating.files import (
    ACCENT,
    FORMS,
    KEPT_LINE_END,
    MAX_CHARS,
    BoundedSandbox,
    TooMuch,
    compiled,
    environment,
)
from mailgate.outbound.views import Rendered
from mailgate.outbound.words import BothWords, MailWords

SHIPPED = Path(str(files("mailgate.templates"))) / "mail"
CASE_NOTICES: tuple[str, ...] = (
    "case_created", "comment_added", "status_changed", "assignee_changed", "participant_added", "digest", "reminder",
)  # fmt: skip
ANSWERS: tuple[str, ...] = ("redirect", "accepted", "case_closed", "choice")
ACCOUNT: tuple[str, ...] = ("account_verify", "account_exists", "account_reset", "account_password", "claim_code")
KINDS: tuple[str, ...] = (*CASE_NOTICES, *ANSWERS, "forward", "team_notice", "todo_list", *ACCOUNT)
STRUCTURES: Mapping[str, str] = {
    **dict.fromkeys(CASE_NOTICES, "case"), **{kind: kind for kind in ANSWERS}, "forward": "forward", "team_notice": "team_notice",
    "todo_list": "todo_list",
    **dict.fromkeys(ACCOUNT, "account"),
}  # fmt: skip
"""Kind -> the template that has its structure, unless there is one of the kind's own name."""
SUBJECT_MAX_CHARS = 255
TEXT_MAX_CHARS = 60_000

_CASE_SUBJECT = frozenset({"accepted", "case_closed", "choice", *CASE_NOTICES})
_ALIASES: Mapping[str, str] = {"no": "nb", "da": "nb", "sv": "nb"}
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SUBJECT_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_RENDER_ERRORS = (
    ConfigError, TemplateError, ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError,
)  # fmt: skip
_DARK_BUTTON = (
    ".cell, .bar { background-color: #74c0ea !important; } .button { color: #0b1820 !important; background-color: #74c0ea !important; }"
)

_log = log.get("templates")


class RenderError(MailgateError):
    """A notice cannot be rendered: a template uses a missing value, or fails. One line, names the template."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What rendering depends on besides the notice. `folder`: the operators' own templates and words. `shared`: values of every mail."""

    folder: Path | None = None
    default_language: str = "nb"
    shared: Mapping[str, object] = field(default_factory=dict)
    accent: str = ACCENT


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """A template or catalogue of the operators that cannot be used: which one, and why, in one line."""

    name: str
    error: str


class Renderer:
    """All templates, compiled at start-up. `problems`: what is wrong with the operators' own; what is built in stands in for it."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self.languages = frozenset(LANGUAGES)
        if wording.default_language not in self.languages:
            raise ConfigError(f"there are no mail templates in the default language {wording.default_language!r}")
        self._built_in = _Templates([SHIPPED], wording)
        folders = [wording.folder / "mail", wording.folder, SHIPPED] if wording.folder else []
        self._own = _Templates(folders, wording, bounded=True) if folders else self._built_in
        self.problems = list(self._own.broken())
        self._words = {language: BothWords(catalogue.load(language, None)) for language in LANGUAGES}
        self._own_words = {language: self._words_of_operators(language) for language in LANGUAGES}
        for problem in self.problems:
            _alarm(problem.name, problem.error)

    def _words_of_operators(self, language: str) -> BothWords:
        try:
            return BothWords(catalogue.load(language, self._wording.folder))
        except ConfigError as error:
            self.problems.append(TemplateFault(f"words.{language}.po", str(error)))
            return self._words[language]

    def language(self, wanted: str) -> str:
        """The language to use for someone who prefers `wanted`. Danish and Swedish map to bokmål, other unknown ones to English."""
        if wanted in self.languages:
            return wanted
        if not wanted:
            return self._wording.default_language
        wanted = wanted.lower().replace("_", "-").partition("-")[0]
        known = (wanted, _ALIASES.get(wanted, "en"), self._wording.default_language)
        return next(language for language in known if language in self.languages)

    def words(self, language: str) -> MailWords:
        """The words of a language as plain text. `language` as returned by `language()`."""
        return self._own_words[language].text

    def render(self, kind: str, language: str, values: Mapping[str, object], *, strict: bool = False) -> Rendered:
        """Render one mail. `language` as returned by `language()`.

        Where the operators' template fails, the built-in one stands in, unless `strict`. Raises RenderError.
        """
        try:
            return self._rendered(self._own, self._own_words[language], kind, language, values)
        except RenderError as error:
            if strict or self._wording.folder is None:
                raise
            _alarm(kind, str(error))
        return self._rendered(self._built_in, self._words[language], kind, language, values)

    def _rendered(self, of: _Templates, words: BothWords, kind: str, language: str, values: Mapping[str, object]) -> Rendered:
        try:
            subject = one_line(_subject(kind, words.text, values, self._wording.shared))
            context = {**values, "kind": kind, "language": language, "title": subject}
            text, html = of.text(kind, context, words.text), of.html(kind, context, words.html)
        except _RENDER_ERRORS as error:
            raise RenderError(f"the template {kind}.{language} fails: {type(error).__name__}: {one_line(str(error))}") from error
        return Rendered(subject, text, html)


class _Templates:
    """The templates of some folders in both forms. `broken` names those of the operators that cannot be compiled."""

    def __init__(self, folders: list[Path], wording: Wording, *, bounded: bool = False) -> None:
        self._jinja = environment(folders, wording.accent, bounded=bounded)
        self._jinja.globals.update(wording.shared, dark_button=_DARK_BUTTON if wording.accent == ACCENT else "")
        self._names = frozenset(self._jinja.list_templates())
        self._parts: dict[str, TemplateModule] = {}
        self._compiled: dict[tuple[str, str], Template | ConfigError] = {}
        for form in FORMS:
            for kind in KINDS:
                self._compiled[kind, form] = _tried(self._jinja, f"{self._structure(kind, form)}.{form}.j2")

    def _structure(self, kind: str, form: str) -> str:
        return kind if {f"{kind}.j2", f"{kind}.{form}.j2"} & self._names else STRUCTURES[kind]

    def broken(self) -> Iterator[TemplateFault]:
        """Every template that cannot be used, once."""
        found = {
            str(error): TemplateFault(kind, str(error)) for (kind, _), error in self._compiled.items() if isinstance(error, ConfigError)
        }
        for form in FORMS:
            for part in ("_layout", "_parts"):
                if isinstance(error := _tried(self._jinja, f"{part}.{form}.j2"), ConfigError):
                    found[str(error)] = TemplateFault(f"{part}.{form}", str(error))
        yield from found.values()

    def text(self, kind: str, context: Mapping[str, object], words: MailWords) -> str:
        """The mail as plain text, LF."""
        made = f"{self._render(kind, 'txt', context, words)}\n"
        if " \n" in made or "\t\n" in made:
            made = "\n".join([line.rstrip(" \t") for line in made.split("\n")])
        while "\n\n\n" in made:
            made = made.replace("\n\n\n", "\n\n")
        return made.replace(KEPT_LINE_END, "\n").strip("\n") + "\n"

    def html(self, kind: str, context: Mapping[str, object], words: MailWords) -> str:
        """The mail as HTML, LF."""
        return self._render(kind, "html", context, words)

    def _render(self, kind: str, form: str, context: Mapping[str, object], words: MailWords) -> str:
        template = self._compiled[kind, form]
        if isinstance(template, ConfigError):
            raise ValueError(str(template))
        if not isinstance(self._jinja, BoundedSandbox):
            return self._made(template, form, context, words)
        try:
            with self._jinja.within_bounds():
                made = self._made(template, form, context, words)
            if len(made) > MAX_CHARS:
                raise TooMuch(f"it makes more than {MAX_CHARS} characters")
        except TooMuch as error:
            self._compiled[kind, form] = ConfigError(str(error))  # not again: each mail would wait as long
            raise
        return made

    def _made(self, template: Template, form: str, context: Mapping[str, object], words: MailWords) -> str:
        if form not in self._parts:
            self._parts[form] = compiled(self._jinja, f"_parts.{form}.j2").module
        seen = {**template.globals, **context, "p": self._parts[form], "words": words}
        return "".join(template.root_render_func(template.new_context(seen, shared=True)))  # `render` copies all values twice more


def _tried(jinja: Environment, name: str) -> Template | ConfigError:
    try:
        return compiled(jinja, name)
    except ConfigError as error:
        return error


def _subject(kind: str, words: MailWords, values: Mapping[str, object], shared: Mapping[str, object]) -> str:
    """The subject. Those of a case are the same in all its mails, since Outlook and Gmail thread by it."""
    if kind in _CASE_SUBJECT:
        case = values.get("case")
        summary = getattr(case, "summary", "")
        return words("subject.case" if summary else "subject.accepted_empty", key=getattr(case, "key", ""), summary=summary)
    key = "subject.forward_empty" if kind == "forward" and not values.get("subject") else f"subject.{kind}"
    return words(key, **{name: values.get(name, shared.get(name, "")) for name in ("rule", "subject", "portal", "count")})


def _alarm(name: str, error: str) -> None:
    _log.error("template_broken", template=name, error=error, hint="mailgate template check shows all")
    metrics.count("templates_broken", name)


def clean(text: str) -> str:
    """Text without control characters except LF and TAB, at most 60,000 characters."""
    text = text.replace("\r\n", "\n")
    if not text.replace("\n", "").isprintable():
        text = _CONTROLS.sub("", text)
    return text if len(text) <= TEXT_MAX_CHARS else text[:TEXT_MAX_CHARS].rstrip() + " …"


def one_line(text: str) -> str:
    """Text for a subject: one line, no control or bidi characters, at most 255 characters."""
    cut = text[: 8 * SUBJECT_MAX_CHARS]
    shown = " ".join((cut if cut.isprintable() else _SUBJECT_UNSAFE.sub(" ", cut)).split())
    return shown if len(shown) <= SUBJECT_MAX_CHARS else shown[: SUBJECT_MAX_CHARS - 1].rstrip() + "…"
