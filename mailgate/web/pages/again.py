"""A form that is shown again: what was typed stays, its files do not, since no page can choose them; its language can be changed.

In: form, answer. Out: answer. A language that is chosen on such a page comes with all of it (`Again`): the page is shown with what was
typed and what was wrong, and nothing is done a second time.
"""

from __future__ import annotations

from dataclasses import replace

from mailgate.errors import Invalid
from mailgate.web.pages.forms import TOKEN_FIELD, Form
from mailgate.web.pages.request import Again, Answer, RenderedPage
from mailgate.web.pages.words import LANGUAGES

FILES = "files"
SHOWN_IN, FAULT = "_shown_in", "_fault"
"""The names of the language that is chosen, and of each fault: field and code."""
SECRETS = frozenset({"password", "old", "new", "link_password", "code", "old_code"})
"""What no page repeats."""


def shown_again(form: Form, answer: Answer, address: str) -> Answer:
    """The page for a form that was sent to this address: with the files to be chosen again, and ready for another language."""
    if not isinstance(answer, RenderedPage):
        return answer
    if form.files(FILES) and not any(one.field == FILES for one in answer.errors):
        answer = replace(answer, errors=(*answer.errors, Invalid(FILES, "again", "choose the files again")))
    unsaid = SECRETS | {TOKEN_FIELD, SHOWN_IN, FAULT}
    typed = [(name, value) for name, values in form.lists.items() if name not in unsaid for value in values]
    faults = [(FAULT, f"{one.field} {one.code}") for one in answer.errors]
    return replace(answer, again=Again(address, (*typed, *faults)))


def language_of(form: Form) -> str:
    """The language in which a form is to be shown again; "" for a form that is to be carried out."""
    chosen = form.text(SHOWN_IN)
    return chosen if chosen in LANGUAGES else ""


def with_faults(form: Form, answer: Answer) -> Answer:
    """The page with the faults that it had in the other language."""
    faults = (one.partition(" ") for one in form.texts(FAULT))
    errors = tuple(Invalid(field, code, code) for field, _, code in faults)
    return replace(answer, errors=errors) if isinstance(answer, RenderedPage) else answer
