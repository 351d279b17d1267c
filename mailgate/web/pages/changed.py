"""What a person changed in a form that began with what there was. In: a form with `was_…` beside each field. Out: fields by name.

What they left alone is not sent on: somebody else may have changed it since the page was shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailgate.web.pages.forms import Form


def changed(form: Form, names: Sequence[str]) -> dict[str, str]:
    """The fields with another text than the page showed; also those of which it does not say what it showed."""
    return {name: form.text(name) for name in names if name in form.fields and form.text(name) != form.fields.get(f"was_{name}")}


def seen(form: Form, names: Sequence[str]) -> dict[str, str]:
    """What the page showed in the fields that were changed."""
    return {name: form.text(f"was_{name}") for name in changed(form, names) if f"was_{name}" in form.fields}


def typed(form: Form) -> Mapping[str, str]:
    """The form for the page that refuses it: what was left alone shows what there is now."""
    return {name: text for name, text in form.fields.items() if form.fields.get(f"was_{name}") != text}
