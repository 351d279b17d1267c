"""Takes the pictures of the pages and mails for the documentation: python -m tools.pictures FOLDER. Needs Debian's Chromium."""

from __future__ import annotations

import email
import email.policy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from mailgate.application.cases import comment, create, operate
from mailgate.application.desk import texts
from mailgate.application.principal import operator
from mailgate.outbound.previews import samples
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.support.desks.office import KARI, LIV, PER, Office, open_office
from tests.support.desks.site import SiteUnderTest, serve
from tests.support.mails import notice_samples

OLA = operator("Ola Berg")
PAGES = (
    ("portal", KARI, "/browse/SUP-2", 1000, 800, "light"),
    ("portal-list-phone", KARI, "/cases", 360, 640, "dark"),
    ("desk-queue", "ola", "/desk?queue=ours", 1280, 700, "light"),
    ("desk-case", "ola", "/desk/cases/SUP-2", 1280, 1200, "light"),
)
"""Name, who looks, path, width, height, colours."""
MAILS = (
    ("notice", "en", "digest", 800, "light"),
    ("notice-phone-dark", "nb", "status_changed.proposed", 360, "dark"),
    ("notice-dark", "nn", "participant_added", 800, "dark"),
    ("redirect-phone", "nb", "redirect", 360, "light"),
    ("reminder-phone", "nb", "reminder", 360, "light"),
    ("digest", "nb", "digest", 800, "light"),
    ("accepted-phone", "nn", "accepted", 360, "light"),
)
"""Name, language, sample, width, colours."""


def main(folder: Path) -> None:
    """All pictures, in place of those that are there."""
    with sync_playwright() as playwright:
        program = next(path for path in CHROMIUM if path.exists())
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        _take_pages(browser, folder)
        _take_mails(browser, folder)
        browser.close()


def _take_pages(browser: Browser, folder: Path) -> None:
    with TemporaryDirectory() as place, open_office(Path(place)) as office, serve(office.app) as port:
        site = SiteUnderTest(office, port)
        _make_cases(office)
        who = {KARI: site.logged_in(KARI, "kari"), "ola": site.staff("ola")}
        for name, viewer, path, width, height, scheme in PAGES:
            with _opened(browser, width, height, scheme) as page:
                page.context.add_cookies([{"name": "session", "value": who[viewer].cookies["session"], "url": site.url}])
                page.goto(site.url + path)
                page.screenshot(path=folder / f"{name}.png")


def _take_mails(browser: Browser, folder: Path) -> None:
    for name, language, sample, width, scheme in MAILS:
        row = notice_samples.freezer(language).freeze(samples.groups(language)[sample], samples.NOW)
        body = email.message_from_bytes(row.raw, policy=email.policy.default).get_body(("html",))
        assert body is not None
        with _opened(browser, width, 400, scheme) as page:
            page.set_content(body.get_content())
            page.screenshot(path=folder / f"{name}.png", full_page=True)


@contextmanager
def _opened(browser: Browser, width: int, height: int, scheme: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="nb-NO")
    yield context.new_page()
    context.close()


def _make_cases(office: Office) -> None:
    """A proposal that waits for Kari, and some that wait for us."""
    app = office.app
    text = "Siden i går skrives ikke fakturaer ut. Loggen sier: feil 49."
    create.create_case(app, OLA, create.CreateCase("Faktura skrives ikke ut", KARI, text, case_type="problem", priority="high"))
    for reporter, summary in (
        (PER, "Rapport mangler mva"),
        (LIV, "Ønske: eksport til CSV"),
        (KARI, "Innlogging tar flere minutter, og feilmeldingen forsvinner før noen rekker å lese den"),
    ):
        create.create_case(app, office.contact(reporter), create.CreateCase(summary, "", summary, case_type="problem"))
    texts.set_reply_text(app, OLA, texts.ReplyText("Ber om logg", "nb", "Kan du sende oss loggen?"))
    office.clock.step(timedelta(hours=1))
    operate.operate(app, OLA, operate.Operate("SUP-2", "start"))
    comment.add_comment(app, OLA, comment.AddComment("SUP-2", "Oppgradering 4.2.1 retter utskriften. Kan du prøve på nytt?"))
    operate.operate(app, OLA, operate.Operate("SUP-2", "propose"))
    operate.assign(app, OLA, operate.Assign("SUP-4", "Ola"))
    office.clock.step(timedelta(minutes=20))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
