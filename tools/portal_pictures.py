"""Takes the pictures of the portal for the manual: python -m tools.portal_pictures FOLDER. Needs Debian's Chromium."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from mailgate.application.cases import comment, create, operate
from mailgate.application.principal import operator
from tests.support.office import KARI, open_office
from tests.support.site import SiteUnderTest, serve

SHOTS = (("portal", "/browse/SUP-2", 1000, 800, "light"), ("portal-list-phone", "/cases", 360, 640, "dark"))


def main(folder: Path) -> None:
    """A case that waits for its customer, and the list of cases on a phone."""
    ola = operator("Ola Berg")
    with TemporaryDirectory() as place, open_office(Path(place)) as office, serve(office.app) as port:
        site = SiteUnderTest(office, port)
        text = "Siden i går skrives ikke fakturaer ut. Loggen sier: feil 49."
        create.create_case(office.app, ola, create.CreateCase("Faktura skrives ikke ut", KARI, text, case_type="problem"))
        office.clock.step(timedelta(hours=1))
        operate.operate(office.app, ola, operate.Operate("SUP-2", "start"))
        comment.add_comment(office.app, ola, comment.AddComment("SUP-2", "Oppgradering 4.2.1 retter utskriften. Kan du prøve på nytt?"))
        operate.operate(office.app, ola, operate.Operate("SUP-2", "propose"))
        kari = site.logged_in(KARI, "kari")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
            for name, path, width, height, scheme in SHOTS:
                context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="nb-NO")
                context.add_cookies([{"name": "session", "value": kari.cookies["session"], "url": site.url}])
                page = context.new_page()
                page.goto(site.url + path)
                page.screenshot(path=folder / f"{name}.png")
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
