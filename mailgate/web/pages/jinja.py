"""Templates of pages. In: a template's name and values. Out: HTML. The only user of Jinja in the web; strict, escaping, compiled once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from mailgate.errors import Invalid
from mailgate.web.desk.paths import contact_path
from mailgate.web.pages.beginnings import aside, beginning
from mailgate.web.pages.browsers import browser
from mailgate.web.pages.links import linked
from mailgate.web.pages.reasons import localized, localized_facts
from mailgate.web.pages.status import FAMILY, ICON, group_of


class Templates:
    """All templates of `templates/web`, compiled at the start: a broken one stops the start and not a page."""

    def __init__(self, shared: Mapping[str, object]) -> None:
        folder = str(files("mailgate.templates").joinpath("web"))
        self._jinja = Environment(
            loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
            auto_reload=False, cache_size=-1,
        )  # fmt: skip
        self._jinja.filters.update(
            aside=aside,
            beginning=beginning,
            browser=browser,
            contact_path=contact_path,
            linked=linked,
            size=_size,
            of_field=_of_field,
            localized=localized,
            localized_facts=localized_facts,
        )
        self._jinja.globals.update(shared, status_family=_family, status_icon=_icon, status_group=group_of)
        self.names = sorted(name for name in self._jinja.list_templates() if name.endswith(".html.j2"))
        for name in self.names:
            self._jinja.get_template(name)

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """One page."""
        return self._jinja.get_template(name).render(values)


def _of_field(errors: Sequence[Invalid], name: str) -> Invalid | None:
    return next((one for one in errors if one.field == name), None)


def _family(status: str) -> str:
    return FAMILY.get(status, "ours")


def _icon(status: str) -> str:
    return ICON.get(status, "open")


def _size(count: int) -> Markup:
    """A file's size as people read it, with a space that does not break."""
    for unit, step in (("MB", 1024 * 1024), ("kB", 1024)):
        if count >= step:
            return Markup(f"{escape(f'{count / step:.0f}')}&nbsp;{unit}")
    return Markup(f"{count}&nbsp;B")
