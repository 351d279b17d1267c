"""The story of a customer who used to write mail: from her redirected mail to a solved case, as mail and pages arrive.

Mail is read in the capture, as she gets it. Played on a phone and on a wide screen, with and without JavaScript, in bokmål and in English:
all eight. One of them is played by keyboard alone, and another one has the parts that no browser shows.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from email.utils import parseaddr

import pytest
from playwright.sync_api import Browser, Page, expect

from mailgate.application.cases import operate, people
from mailgate.application.customers.contacts import AddContact, add_contact
from tests.support.desks.office import EVA, Office
from tests.support.desks.site import PASSWORD, SiteUnderTest
from tests.support.mails.plain_text import plain_text

pytestmark = [pytest.mark.slow, pytest.mark.packages]

NINA, OLE = "nina@gammel.example", "ole@gammel.example"
TABS_MAX = 60
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
LEGACY = """\
From: Nina Nes <nina@gammel.example>
To: support@example.test
Subject: Rapporten er tom
Message-ID: <gammel-1@gammel.example>
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hei, rapporten er tom siden i går.
"""


@dataclass
class Hands:
    """How somebody works a page: by mouse, or by keyboard alone."""

    page: Page
    keyboard: bool
    language: str = "nb"

    def write(self, selector: str, text: str) -> None:
        """Fill in a field."""
        if not self.keyboard:
            self.page.fill(selector, text)
            return
        self._reach(selector)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, selector: str) -> None:
        """Pick a radio button. The first Tab into a group ends on its first button; arrows go on from there."""
        if not self.keyboard:
            self.page.check(selector)
            return
        name = self.page.locator(selector).get_attribute("name")
        self._reach(f"input[name={name}]")
        self.page.keyboard.press("Space")
        for _ in range(self.page.locator(f"input[name={name}]").count()):
            if self.page.locator(selector).is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrow keys do not reach {selector}")

    def press(self, selector: str) -> None:
        """Press a button or follow a link."""
        if self.keyboard:
            self._reach(selector)
        with self.page.expect_navigation():
            if self.keyboard:
                self.page.keyboard.press("Enter")
            else:
                self.page.click(selector)

    def shown(self) -> str:
        """The words of the page, which is in her language and no wider than her screen."""
        found = self.page.locator("html").evaluate("({lang, scrollWidth, clientWidth}) => [lang, scrollWidth > clientWidth]")
        assert found == [self.language, False], self.page.url
        return self.page.locator("main").inner_text()

    def _reach(self, selector: str) -> None:
        for _ in range(TABS_MAX):
            if self.page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{TABS_MAX} times Tab do not reach {selector} on {self.page.url}")


def reply_to(office: Office, text: str) -> tuple[bytes, str]:
    """Her answer to the newest mail, as her program makes it, and where it goes."""
    mail = office.mails(NINA)[-1]
    address = parseaddr(str(mail["Reply-To"]))[1]
    quoted = "\n".join(f"> {line}" for line in plain_text(mail).splitlines())
    head = (
        f"From: Nina Nes <{NINA}>\nTo: {address}\nSubject: Re: {mail['Subject']}\nMessage-ID: <svar-1@gammel.example>\n"
        f"In-Reply-To: {mail['Message-ID']}\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    )
    return f"{head}{text}\n\n29. nov. 2026 kl. 10:00 skrev Supportweb <{address}>:\n{quoted}\n".replace("\n", "\r\n").encode(), address


def claim_and_register(site: SiteUnderTest, hands: Hands) -> None:
    """The redirected mail becomes her first case."""
    office, page = site.office, hands.page
    office.receive(LEGACY.replace("\n", "\r\n").encode(), NINA)
    page.goto(site.url + office.link(NINA, "claim"))
    assert "Rapporten" not in hands.shown()
    hands.choose("input[name=who][value=me]")
    hands.press("main button.main")
    office.work()
    code = re.findall(r"\d{4} \d{4}", plain_text(office.mails(NINA)[-1]))[0]
    hands.write("#code", code)
    hands.press("main button.main")
    hands.write("#name", "Nina Nes")
    hands.write("#username", "nina")
    hands.write("#password", PASSWORD)
    hands.press("main button.main")
    expect(page.locator("#summary")).to_have_value("Rapporten er tom")
    assert "tom siden i går" in page.locator("#description").input_value()
    hands.choose("input[name=case_type][value=problem]")
    hands.press("main button.main")
    assert page.url == f"{site.url}/browse/SUP-2"
    hands.shown()


def ask_and_answer(site: SiteUnderTest, hands: Hands) -> None:
    """Support asks; she answers by mail, then on the page with a screenshot."""
    office, page = site.office, hands.page
    operate.operate(office.app, EVA, operate.Operate("SUP-2", "ask_customer", "Hvilken rapport?"))
    office.work()
    assert "Hvilken rapport?" in plain_text(office.mails(NINA)[-1])
    office.receive(*_posted(reply_to(office, "Månedsrapporten.")))
    page.goto(f"{site.url}/browse/SUP-2")
    assert "Månedsrapporten." in hands.shown()
    hands.write("#text", "Her er et bilde")
    page.set_input_files("#files", {"name": "skjerm.png", "mimeType": "image/png", "buffer": PNG})
    hands.press("section[aria-labelledby=write] button:not([name])")
    assert "skjerm.png" in hands.shown()
    assert page.locator(".entry.you").count() == 2


def _posted(reply: tuple[bytes, str]) -> tuple[bytes, str, str]:
    return reply[0], NINA, reply[1]


def colleague(site: SiteUnderTest, hands: Hands, *, looks: bool) -> None:
    """Ole sees nothing of the case until she adds him and support approves. `looks`: he tries each time, which no browser shows."""
    office, page = site.office, hands.page
    add_contact(office.app, EVA, AddContact(OLE, "Ole"))
    ole = site.logged_in(OLE, "ole") if looks else None
    assert not ole or ole.get("/browse/SUP-2").status == 404
    if hands.keyboard:
        hands._reach("aside details summary")
        page.keyboard.press("Enter")
    else:
        page.click("aside details summary >> nth=0")
    hands.write("#address", OLE)
    hands.press("form[action$=participants] button")
    hands.shown()
    assert not ole or ole.get("/browse/SUP-2").status == 404
    people.approve_participant(office.app, EVA, people.DecideOnParticipant("SUP-2", OLE))
    assert not ole or ole.get("/browse/SUP-2").status == 200


def accept_from_mail(site: SiteUnderTest, hands: Hands) -> None:
    """Support proposes; she accepts from the mail, where she is not logged in."""
    office, page = site.office, hands.page
    operate.operate(office.app, EVA, operate.Operate("SUP-2", "propose", "Prøv versjon 4.2.1"))
    office.work()
    link = office.link(NINA, "answer")
    page.goto(site.url + link)
    assert "Nina Nes" in hands.shown()
    hands.choose("input[name=operation][value=verify]")
    hands.press("main button.main")
    assert page.url == site.url + link
    assert page.locator("main form").count() == 0
    hands.shown()


def forget_password(site: SiteUnderTest, hands: Hands) -> None:
    """A new password by a link, and on to the list with the solved case."""
    office, page = site.office, hands.page
    page.goto(f"{site.url}/login")
    hands.press("main a[href='/password']")
    hands.write("#name", "nina")
    hands.press("main button.main")
    office.work()
    page.goto(site.url + office.link(NINA, "password"))
    hands.write("#password", "en helt ny setning om fisk")
    hands.press("main button.main")
    assert page.url == f"{site.url}/cases"
    assert "SUP-2" in hands.shown()


COMBINATIONS = tuple(itertools.product((360, 1280), (True, False), ("nb-NO", "en-GB")))
BY_KEYBOARD, LOOKED_AT_BY_OLE = (1280, True, "nb-NO"), (360, False, "nb-NO")


@pytest.mark.parametrize(
    ("width", "script", "language"), COMBINATIONS, ids=[f"{w}-{'script' if s else 'plain'}-{n[:2]}" for w, s, n in COMBINATIONS]
)
def test_given_a_customer_who_writes_mail_when_she_goes_on_in_the_web_then_every_step_works(
    site: SiteUnderTest, browser: Browser, width: int, script: bool, language: str
) -> None:
    options = {"viewport": {"width": width, "height": 800}, "java_script_enabled": script, "locale": language}
    keyboard, reads = (width, script, language) == BY_KEYBOARD, language[:2]
    context, elsewhere = browser.new_context(**options), browser.new_context(**options)
    hands, phone = Hands(context.new_page(), keyboard, reads), Hands(elsewhere.new_page(), keyboard, reads)
    faults = list[str]()
    for page in (hands.page, phone.page):
        page.on("pageerror", lambda error: faults.append(str(error)))
    claim_and_register(site, hands)
    ask_and_answer(site, hands)
    colleague(site, hands, looks=(width, script, language) == LOOKED_AT_BY_OLE)
    accept_from_mail(site, phone)
    forget_password(site, phone)
    assert faults == []
    context.close()
    elsewhere.close()
