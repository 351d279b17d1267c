"""A form that is shown again keeps what was typed, but not its files: no page can choose them. In: form, answer. Out: answer."""

from __future__ import annotations

from dataclasses import replace

from mailgate.errors import Invalid
from mailgate.web.pages.forms import Form
from mailgate.web.pages.request import Answer, RenderedPage

FILES = "files"


def with_files_named(form: Form, answer: Answer) -> Answer:
    """The page, which says that the files must be chosen again, unless it says more of them already."""
    if not isinstance(answer, RenderedPage) or not form.files(FILES) or any(one.field == FILES for one in answer.errors):
        return answer
    return replace(answer, errors=(*answer.errors, Invalid(FILES, "again", "choose the files again")))
