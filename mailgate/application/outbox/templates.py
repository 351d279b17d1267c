"""The templates and words of our mails: check all, show one. In: names. Out: problems, a mail. Stores and sends nothing."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.use_case import Act, query
from mailgate.application.words import LANGUAGES, one_of

_REFERENCE = re.compile(r"&#(\d{3,7});")


@dataclass(frozen=True, slots=True)
class CheckTemplates:
    """All templates in all languages."""


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """What is wrong with a template or catalogue of the operators; the built-in one stands in for it until it is mended."""

    name: str
    error: str


@dataclass(frozen=True, slots=True)
class PreviewTemplate:
    """`name`: of a sample, such as `comment_added`. `case_key`: a case whose last words are shown; "" for the built-in sample."""

    name: str
    language: str = "nb"
    case_key: str = ""


@dataclass(frozen=True, slots=True)
class PreviewedMail:
    """A mail as its reader would get it. Its reply address and links lead nowhere.

    `html`: with the letters that the mail itself, which is ASCII, has as character references.
    """

    sender: str
    subject: str
    text: str
    html: str


@query(Action.OUTBOX_READ, policy=True)
def check_templates(act: Act, command: CheckTemplates) -> list[TemplateProblem]:
    """Render every kind of mail in every language with our own templates and words; what is wrong, each once."""
    return [TemplateProblem(one.name, one.error) for one in act.app.parts.preview(act.policy).problems()]


@query(Action.OUTBOX_RAW, policy=True)
def preview_template(act: Act, command: PreviewTemplate) -> PreviewedMail:
    """Show one mail. Raises Invalid for an unknown name or language, NotFound for the case, RenderError for a broken template."""
    preview = act.app.parts.preview(act.policy)
    one_of(command.name, preview.names(), "name", "mail")
    one_of(command.language, LANGUAGES, "language", "language")
    case = act.uow.cases.get(command.case_key) if command.case_key else None
    comments = act.uow.cases.comments(case.id) if case else ()
    shown = preview.mail(command.name, command.language, case, comments, act.now)
    return PreviewedMail(shown.sender, shown.subject, shown.text, _REFERENCE.sub(_letter, shown.html))


def _letter(reference: re.Match[str]) -> str:
    """The character of a reference; the reference of one that nobody sees, such as a no-break space, stays."""
    code = int(reference.group(1))
    return chr(code) if 127 < code <= sys.maxunicode and chr(code).isprintable() else reference.group()
