"""A customer's way through the portal in a real browser: narrow and wide, with and without JavaScript, by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from mailgate.application.cases import operate
from tests.support.desks.office import EVA, KARI
from tests.support.desks.site import PASSWORD, SiteUnderTest

pytestmark = [pytest.mark.slow, pytest.mark.packages]


def no_sideways_scrolling(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url


def registered(site: SiteUnderTest, page: Page) -> None:
    page.goto(f"{site.url}/register")
    for name, value in (("name", "Kari Lunde"), ("address", KARI), ("username", "kari")):
        page.fill(f"#{name}", value)
    page.click("main button.main")
    page.goto(site.url + site.link("account_verify"))
    page.fill("#password", PASSWORD)
    page.click("main button.main")


@pytest.mark.parametrize(("width", "script", "language"), [(360, False, "nb-NO"), (1280, True, "en-GB")])
def test_given_a_customer_when_she_goes_her_way_then_each_page_works(
    site: SiteUnderTest, browser: Browser, width: int, script: bool, language: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=script, locale=language)
    page, faults = context.new_page(), list[str]()
    page.on("pageerror", lambda error: faults.append(str(error)))
    registered(site, page)
    assert page.url == f"{site.url}/cases"
    page.click("text=Skriveren står")
    page.fill("#text", "Her er et bilde")
    page.set_input_files("#files", {"name": "skjerm.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"})
    page.click("section[aria-labelledby=write] button")
    assert page.locator(".entry.you").count() == 1
    operate.operate(site.office.app, EVA, operate.Operate("SUP-1", "propose"))
    page.goto(f"{site.url}/browse/SUP-1")
    page.click("button[value=verify]")
    assert page.locator(".flash").count() == 1
    page.goto(f"{site.url}/new")
    page.click("main button.main")
    page.click(".summary a >> nth=0")
    assert page.evaluate("document.activeElement.id") == "case_type" or not script
    page.goto(f"{site.url}/new")
    page.check("input[value=driftsproblem]")
    page.click("main button.main")
    assert [one.get_attribute("href") for one in page.locator(".summary a").all()] == ["#summary", "#environment"]
    assert page.evaluate("document.activeElement.className") == ("summary" if script else "")
    page.click(".summary a >> nth=1")
    assert page.evaluate("document.activeElement.id") == "environment" or not script
    page.fill("#summary", "Alt står")
    page.fill("#environment", "server 4")
    page.click("main button.main")
    assert page.url == f"{site.url}/browse/SUP-2"
    assert faults == []
    context.close()


def test_given_the_pages_when_as_narrow_as_320_pixels_then_nothing_scrolls_sideways(site: SiteUnderTest, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700}, color_scheme="dark")
    page = context.new_page()
    registered(site, page)
    for path in ("/cases", "/browse/SUP-1", "/browse/SUP-1/edit", "/new", "/me", "/nothing", "/login", "/register", "/password"):
        page.goto(site.url + path)
        no_sideways_scrolling(page)
    context.close()


def test_given_the_keyboard_alone_when_logging_in_then_it_is_enough(site: SiteUnderTest, browser: Browser) -> None:
    site.add_account(KARI, "kari")
    page = browser.new_context().new_page()
    page.goto(f"{site.url}/login")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("#name")
    page.keyboard.type("kari")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases")
    page.context.close()


def test_given_a_wrong_form_when_sent_then_the_summary_has_the_focus_and_leads_to_the_field(site: SiteUnderTest, browser: Browser) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{site.url}/register")
    page.click("main button.main")
    assert page.evaluate("document.activeElement.hasAttribute('data-summary')")
    page.click(".summary a")
    assert page.evaluate("document.activeElement.id") == "name"
    page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_given_a_refused_form_when_the_language_is_changed_then_what_was_typed_stays(
    site: SiteUnderTest, browser: Browser, script: bool
) -> None:
    context = browser.new_context(locale="nb-NO", java_script_enabled=script)
    page = context.new_page()
    page.goto(f"{site.url}/register")
    page.fill("#name", "Kåre")
    page.click("main button.main")
    page.fill("#username", "kaare")
    page.click("form.languages button[value=en]")
    assert page.locator(".summary h2").inner_text() == "Please correct this"
    assert page.input_value("#name") == "Kåre"
    assert page.input_value("#username") == ("kaare" if script else "")
    context.close()


def test_given_files_that_are_too_large_when_chosen_then_it_is_said_before_they_are_sent(
    site: SiteUnderTest, browser: Browser, tmp_path: Path
) -> None:
    large = tmp_path / "stor.log"
    large.write_bytes(b"x" * (site.office.app.settings.smtp.max_message_bytes + 1))
    small = tmp_path / "liten.log"
    small.write_bytes(b"x")
    context = browser.new_context(locale="nb-NO")
    context.add_cookies([{"name": "session", "value": site.logged_in(KARI, "kari").cookies["session"], "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}/browse/SUP-1")
    page.fill("#text", "Her er loggen")
    page.set_input_files("#files", large)
    page.click("form[data-draft] button.main")
    assert "Filene er for store." in str(page.locator("#files").evaluate("one => one.validationMessage"))
    assert page.url == f"{site.url}/browse/SUP-1"
    page.set_input_files("#files", small)
    page.click("form[data-draft] button.main")
    page.wait_for_selector("[data-flash]")
    context.close()
