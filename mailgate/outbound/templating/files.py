"""Templates of mails as files. In: folders. Out: a Jinja environment. With `render`, the only user of Jinja.

One file gives a mail's structure in both forms: `case.j2` is loaded as `case.html.j2` and as `case.txt.j2`, and what it extends, includes
or imports has the same form. Style rules are inlined once, when a file is loaded: mail clients drop style sheets.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    TemplateRuntimeError,
    TemplateSyntaxError,
    nodes,
)
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailgate.errors import ConfigError
from mailgate.outbound.html_text import escaped, linked, quoted
from mailgate.outbound.templating.code import PLAIN, PLAIN_DATA, PartMacro, TemplateCode, parts_in, put_in_place
from mailgate.outbound.words import MailWords, as_markup

STYLE = "_style.css.j2"
FORMS = ("html", "txt")
ACCENT = "#00608a"
"""The colour of buttons, links and the bar: what `service.accent` replaces."""
KEPT_LINE_END = "\x1f"
"""Stands for a line end of what people wrote, so that only the template's own blank lines are taken together."""
MAX_CPU_S, MAX_CHARS, MAX_EXPONENT = 2.0, 4 * 1024 * 1024, 64
"""Of one form of one mail with templates of the operators: some thousand times what ours take."""
_UNUSABLE = (TemplateNotFound, TemplateSyntaxError, OSError, UnicodeDecodeError, css_inline.InlineError)
_UNCHECKED = PLAIN_DATA | {TemplateModule}
_FORM = re.compile(r"\.(html|txt)\.j2\Z")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_FRAME = re.compile(r"\A((?:<!--jinja\d+-->\s*)*)(.*)\Z", re.DOTALL)


class TooMuch(TemplateRuntimeError):
    """A template costs more time or memory than a mail may."""


def environment(folders: Sequence[Path], accent: str = ACCENT, *, bounded: bool = False) -> Environment:
    """Jinja over these folders, the first one that has a file wins. Sandboxed, strict about undefined values, escaping HTML.

    `bounded`: what is rendered `within_bounds` ends, whatever the templates say.
    """
    made = (BoundedSandbox if bounded else _Sandbox)(
        loader=_InliningLoader(folders, accent), autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False, cache_size=-1,
    )  # fmt: skip
    made.filters.update(linked=linked, quoted=quoted, kept=lambda text: str(text).replace("\n", KEPT_LINE_END))
    return made


def compiled(jinja: Environment, name: str) -> Template:
    """The template of this name. Raises ConfigError (with file and line) when it is missing or cannot be compiled."""
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
    """Skips the sandbox's attribute checks for our own values, which hold only plain data."""

    code_generator_class = TemplateCode
    shown = staticmethod(escaped)
    plain = PLAIN

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._known: dict[tuple[str, str | None], Template] = {}
        self._sources: dict[str, str] = {}
        self._parts: dict[str, Mapping[str, PartMacro]] = {}

    def _generate(self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False) -> str:
        put_in_place(source, self._parts_in(self.parts_source(name)))
        return super()._generate(source, name, filename, defer_init)

    def parts_source(self, name: str | None) -> str:
        """The file of parts that are in the code of this template; "" where it cannot be read, which `compiled` reports."""
        form = _FORM.search(name or "")
        if form is None or self.loader is None:
            return ""
        if form.group() not in self._sources:
            try:
                self._sources[form.group()] = self.loader.get_source(self, f"_parts{form.group()}")[0]
            except _UNUSABLE:
                self._sources[form.group()] = ""
        return self._sources[form.group()]

    def _parts_in(self, source: str) -> Mapping[str, PartMacro]:
        if source not in self._parts:
            try:
                self._parts[source] = parts_in(self.parse(source))
            except TemplateSyntaxError:
                self._parts[source] = {}
        return self._parts[source]

    def getattr(self, obj: object, attribute: str) -> Any:
        """The value of `obj.attribute` in a template."""
        if type(obj) in _UNCHECKED and attribute[0] != "_":
            try:
                return getattr(obj, attribute)
            except AttributeError:  # undefined: the sandbox says which
                return super().getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def callee(self, context: Context, words: Any) -> Callable[..., Any]:
        """What a template calls as `words`: the catalogue itself, unless the template has something else of that name."""
        return words if type(words) is MailWords else partial(self.call, context, words)

    def call(self, context: Context, obj: Any, *args: Any, _block_vars: Any = None, _loop_vars: Any = None, **more: Any) -> Any:
        """What `obj(…)` in a template gives. Most calls are of macros: Jinja need not find out which arguments are missing when all
        are there.
        """
        if type(obj) is Macro:
            if len(args) != len(obj.arguments) or more or obj.caller or obj.catch_varargs or obj.catch_kwargs:
                return obj(context.eval_ctx, *args, **more)
            made = obj._func(*args)
            return as_markup(made) if context.eval_ctx.autoescape else made
        return super().call(context, obj, *args, _block_vars=_block_vars, _loop_vars=_loop_vars, **more)

    def get_template(self, name: str | Template, parent: str | None = None, globals: Any = None) -> Template:
        """Asked for every mail, by `extends` and `include`."""
        if globals is not None or isinstance(name, Template):
            return super().get_template(name, parent, globals)
        found = self._known.get((name, parent))
        if found is None:
            found = self._known[name, parent] = super().get_template(name, parent)
        return found

    def join_path(self, template: str, parent: str) -> str:
        """The name under which `parent` loads `template`: in its own form."""
        form = _FORM.search(parent)
        return template if form is None or _FORM.search(template) else f"{template.removesuffix('.j2')}{form.group()}"


class BoundedSandbox(_Sandbox):
    """For templates of the operators: bounds products, powers and the time of a mail, at each turn of a loop and call of a macro."""

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._clock = threading.local()

    @contextmanager
    def within_bounds(self) -> Iterator[None]:
        """What this thread renders inside has `MAX_CPU_S`. Raises TooMuch from inside when that is over."""
        self._clock.until_s = time.thread_time() + MAX_CPU_S
        try:
            yield
        finally:
            self._clock.until_s = None

    def check_time(self) -> None:
        """Called by templates at each turn. Raises TooMuch."""
        until_s = getattr(self._clock, "until_s", None)
        if until_s is not None and time.thread_time() > until_s:
            raise TooMuch(f"it takes more than {MAX_CPU_S:g} s")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """`left * right` or `left ** right`. Raises TooMuch where that is made to cost memory."""
        factors = [abs(one) if isinstance(one, int) else len(one) if isinstance(one, Sized) else 1 for one in (left, right)]
        if factors[0] * factors[1] > MAX_CHARS or (operator == "**" and factors[1] > MAX_EXPONENT):
            raise TooMuch(f"a product or power in it is larger than {MAX_CHARS}")
        return super().call_binop(context, operator, left, right)

    def _generate(self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False) -> str:
        turns: list[nodes.For | nodes.Macro | nodes.CallBlock] = [
            *source.find_all(nodes.For), *source.find_all(nodes.Macro), *source.find_all(nodes.CallBlock),
        ]  # fmt: skip
        for one in turns:
            turn = nodes.ExprStmt(nodes.Call(nodes.EnvironmentAttribute("check_time"), [], [], None, None))
            one.body.insert(0, turn.set_lineno(one.lineno).set_environment(self))
        return super()._generate(source, name, filename, defer_init)


class _InliningLoader(BaseLoader):
    """Loads `<name>.<form>.j2` from the first folder that has it or `<name>.j2`; the rules of `_style.css.j2` are inlined into HTML."""

    def __init__(self, folders: Sequence[Path], accent: str) -> None:
        self._folders = [FileSystemLoader(folder) for folder in folders]
        self._accent = accent
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, minify_css=True)

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Source, file and freshness check of `template`, as Jinja expects."""
        for folder in self._folders:
            for name in (template, _FORM.sub(".j2", template)):
                try:
                    source, file, fresh = folder.get_source(environment, name)
                except TemplateNotFound:
                    continue
                if name.endswith(".html.j2") and "<style" not in source:
                    source = self._inlined(source, self._style(environment), template)
                return source, file, fresh
        raise TemplateNotFound(template)

    def list_templates(self) -> list[str]:
        """All names, of all folders."""
        return sorted({name for folder in self._folders for name in folder.list_templates()})

    def _style(self, environment: Environment) -> str:
        for folder in self._folders:
            try:
                return folder.get_source(environment, STYLE)[0].replace(ACCENT, self._accent)
            except TemplateNotFound:
                continue
        return ""

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
