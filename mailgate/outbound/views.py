"""What templates of mails see: plain frozen values, made by `freeze` and `news`. Times and names are in words already."""

from __future__ import annotations

from mailgate.cases.workflow import Turn
from mailgate.outbound.words import inner_quotes
from mailgate.values import value_class


@value_class
class CaseView:
    """A case. `open` is false when a reply by mail would be refused."""

    key: str
    summary: str
    url: str
    open: bool = True

    @property
    def title(self) -> str:
        """The summary for use inside quotation marks."""
        return inner_quotes(self.summary)


@value_class
class StatusView:
    """A status: whose turn it is (the colour), its sign and its label in the mail's language."""

    label: str
    turn: Turn = "ours"
    sign: str = ""


@value_class
class LinkedFile:
    """A file that does not ride along: its name, and where it is after log-in."""

    name: str
    url: str


@value_class
class SaidView:
    """What somebody wrote. `when` is "" where the headline says who wrote. `along`: names of files that ride along.

    `more`: where the rest of a mail is shown, its signature and what it quotes; "" when nothing was cut off.
    """

    who: str
    text: str
    when: str = ""
    shortened: bool = False
    along: tuple[str, ...] = ()
    in_case: tuple[LinkedFile, ...] = ()
    more: str = ""


@value_class
class NewsView:
    """What happened to a case, net. `headline`: the rest of a key `case.…`.

    `from_` and `to` are None while the status stays. `assigned`: the new assignee (`assignee`, "" for nobody) is told below the headline.
    `asks`: it is the reader's turn. `choices`: what the reader may choose and a reply does not do, in words; `ended`: replies are refused.
    `reminded`: the case waits for the reader, as one line among others; `closes`: the day on which it is closed without an answer, "" for
    never; `unanswered_days`: after how many it was, "" when it was not.
    """

    headline: str
    who: str = ""
    from_: StatusView | None = None
    to: StatusView | None = None
    assigned: bool = False
    assignee: str = ""
    said: tuple[SaidView, ...] = ()
    hint: str = ""
    asks: bool = False
    choices: str = ""
    ended: bool = False
    reminded: bool = False
    closes: str = ""
    unanswered_days: str = ""


@value_class
class ActionLink:
    """A choice that the reader can make from the mail: what it is called, and the page that asks again before it is made."""

    label: str
    url: str


@value_class
class LegacyView:
    """What an answer to a new request by mail says; dates in words of the mail's language, "" for none.

    `tell`: a case was made, and the web portal is announced. `closes_on`: from when on mail makes no cases; `closed_since`: since when.
    `refuses_on`: from when on mail is refused.
    """

    tell: bool = False
    closes_on: str = ""
    closed_since: str = ""
    refuses_on: str = ""


@value_class
class AnsweredView:
    """The mail that an automatic answer answers: its subject, defanged, "" when it had none, and when it was written, "" for unknown."""

    subject: str = ""
    when: str = ""


@value_class
class Rendered:
    """One rendered mail: a subject of one line, text and HTML with LF."""

    subject: str
    text: str
    html: str
