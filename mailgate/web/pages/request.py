"""One request as page functions see it, and the answers that they give. Values only; `app` makes and sends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mailgate.application.accounts.sessions import Client, LoggedIn, NewSession
from mailgate.application.app import App
from mailgate.application.principal import Principal, visitor
from mailgate.errors import Invalid
from mailgate.web.http.security import Cache
from mailgate.web.pages.forms import Form
from mailgate.web.pages.when import Calendar
from mailgate.web.pages.words import Words


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`params`: parts of the path; `query`: of the address, the last of each name; `form` is empty but for POST.

    `step`: what an earlier step of a log in left in this browser, "" for nothing.
    """

    app: App
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    form: Form
    client: Client
    words: Words
    calendar: Calendar
    mine: LoggedIn | None = None
    step: str = ""

    @property
    def principal(self) -> Principal:
        """Who acts: who is logged in, else a visitor; in the language of the page."""
        return replace(self.mine.principal, language=self.words.language) if self.mine else visitor(self.words.language)

    @property
    def me(self) -> LoggedIn:
        """Who is logged in. Only for routes of an audience that is; else RuntimeError."""
        if self.mine is None:
            raise RuntimeError("this page is for people who are logged in")
        return self.mine


@dataclass(frozen=True, slots=True)
class Again:
    """How a form that is shown again is shown in another language: where it is sent, and what was typed, secrets aside, and was wrong."""

    address: str
    fields: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A template filled in. `errors`: what is wrong in the form, per field. `again`: of a page that answers a form."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    errors: tuple[Invalid, ...] = ()
    cache: Cache | None = None
    again: Again | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """See another page (303). `flash`: key of a text shown there once. `begin`, `end`: a session's cookie is set or taken away.

    `step`: kept in the browser for the next step of a log in, for `STEP_S`.
    """

    path: str
    flash: str = ""
    begin: NewSession | None = None
    end: bool = False
    language: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """A stranger's file."""

    content: bytes
    filename: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Framed:
    """A stranger's HTML for a frame on one of our pages: a sandboxed document with an opaque origin."""

    html: str


@dataclass(frozen=True, slots=True)
class Data:
    """Values for our own script, as JSON."""

    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Live:
    """News for an open page. `key`: pages with the same one share a look; `ask` looks; `shape` makes of it what this page is told.

    `at_once`: tell how it stands at the beginning, too.
    """

    event: str
    key: str
    ask: Callable[[], Mapping[str, object]]
    shape: Callable[[Mapping[str, object]], Mapping[str, object]] = dict
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class NoContent:
    """Nothing to show (204)."""


Answer = RenderedPage | Redirect | Download | Framed | Data | Live | NoContent
"""What a page function gives."""
