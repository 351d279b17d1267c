"""What a person changed in a form that was shown filled in. In: a form with `was_…` beside each field. Out: fields by name.

What they left alone is not sent on: somebody else may have changed it since the page was shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mailgate.errors import Invalid
from mailgate.web.pages.forms import Form

CHANGED = "changed"
"""The code of a field that somebody else has changed, too."""
_WAS = "was_"


def changed(form: Form, names: Sequence[str]) -> dict[str, str]:
    """The fields with another text than the page showed; also those of which it does not say what it showed."""
    return {name: form.text(name) for name in names if name in form.fields and form.text(name) != form.fields.get(f"{_WAS}{name}")}


def seen(form: Form, names: Sequence[str]) -> dict[str, str]:
    """What the page showed in the fields that were changed."""
    return {name: form.text(f"{_WAS}{name}") for name in changed(form, names) if f"{_WAS}{name}" in form.fields}


def typed(form: Form, errors: Sequence[Invalid] = ()) -> Mapping[str, str]:
    """The form for the page that refuses it: fields that were not changed show the current values.

    The form keeps what the page showed first beside what was typed, until the person is told that somebody else has changed it, too.
    """
    shown = {one.field for one in errors if one.code == CHANGED}
    return {name: text for name, text in form.fields.items() if _goes_along(form, name, shown)}


def with_stale(errors: Sequence[Invalid], code: str, seen: int | None, version: int) -> Sequence[Invalid]:
    """The faults of a form, and, where it is older than what it changes, that one: the page that shows the others shows the new version."""
    if not errors or seen in (None, version) or any(one.code == code for one in errors):
        return errors
    return (Invalid("main", code, f"at version {version} now"), *errors)


def _goes_along(form: Form, name: str, shown: Collection[str]) -> bool:
    field = name.removeprefix(_WAS)
    is_changed = field in form.fields and form.fields[field] != form.fields.get(f"{_WAS}{field}")
    return is_changed and (name == field or field not in shown)
