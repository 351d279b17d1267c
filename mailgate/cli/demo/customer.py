"""A customer's way through the web: the redirected mail becomes a case, support solves it, she accepts from the mail. Told and checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy

from mailgate.cli.demo.desk import DemoDesk
from mailgate.cli.demo.visitor import ReachedPage, Visitor

PASSWORD = "tolv blanke spader i snøen"
Checks = Mapping[str, bool]


@dataclass(slots=True)
class Way:
    """How far she has come: the page before her, and the key of her case."""

    desk: DemoDesk
    visitor: Visitor
    address: str
    page: ReachedPage | None = None
    key: str = ""

    def newest_text(self) -> str:
        """The words of the newest mail to her."""
        mail = next(one for one in reversed(self.desk.outbox()) if one.address == self.address)
        body = message_from_bytes(self.desk.raw(mail.id), policy=policy.default).get_body(("plain",))
        return str(body.get_content()) if body else ""

    def link(self, kind: str) -> str:
        """The newest link of this kind in a mail to her."""
        found = re.findall(rf"https?://\S+/{kind}/[\w-]{{43}}", self.newest_text())
        return str(found[0]) if found else "/"


def steps() -> Iterator[tuple[str, Callable[[Way], Checks]]]:
    """What she does, in order, and what must come of it."""
    yield "Kari opens the claim link of the answer to her mail", _opens
    yield "she says that she wrote it, and types the code that is mailed to her", _types_the_code
    yield "she makes an account, and finds the form filled in", _registers
    yield "she sends it in", _sends_in
    yield "support proposes a solution; she accepts it from the mail", _accepts
    yield "she opens the link once more", _opens_again


def _opens(way: Way) -> Checks:
    way.page = way.visitor.get(way.link("claim"))
    return {"the page shows nothing of the mail": way.page.status == 200 and "Rapporten" not in way.page.words}


def _types_the_code(way: Way) -> Checks:
    assert way.page is not None
    asked = way.visitor.submit(way.page, who="me")
    way.desk.settle()
    code = re.search(r"\d{4} \d{4}", way.newest_text())
    way.page = way.visitor.submit(asked, code=code[0] if code else "")
    return {"the code goes to the address that wrote": code is not None, "it opens the way to an account": "/register/" in way.page.path}


def _registers(way: Way) -> Checks:
    assert way.page is not None
    way.page = way.visitor.submit(way.page, name="Kari Lunde", username="kari", password=PASSWORD)
    summary = way.page.tree.css_first("#summary")
    text = way.page.tree.css_first("#description")
    return {
        "she is logged in": way.page.path == "/new",
        "summary and text are those of her mail": summary is not None
        and summary.attributes.get("value") == "Rapporten kommer ikke ut"
        and text is not None
        and "månedsrapporten" in text.text(),
    }


def _sends_in(way: Way) -> Checks:
    assert way.page is not None
    way.page = way.visitor.submit(way.page, case_type="problem")
    way.key = way.page.path.rpartition("/")[2]
    return {"her case is there": way.page.path.startswith("/browse/") and "Åpen" in way.page.words}


def _accepts(way: Way) -> Checks:
    way.desk.propose(way.key, "Oppgradering 4.2.1 retter utskriften.")
    page = way.visitor.get(way.link("answer"))
    unasked = way.desk.status_of(way.key)
    way.page = way.visitor.submit(page, operation="verify")
    return {
        "opening the link changed nothing": unasked == "proposed",
        "her answer solves the case": way.desk.status_of(way.key) == "resolved",
    }


def _opens_again(way: Way) -> Checks:
    assert way.page is not None
    again = way.visitor.get(way.page.path)
    return {"it says what happened and does nothing": "Svaret ditt kom inn" in again.words and way.desk.status_of(way.key) == "resolved"}
