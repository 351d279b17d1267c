"""An agent's morning in a real browser, two agents on one case, keys alone, and hostile mail that must do nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mailgate.application.cases import comment, people, read
from mailgate.application.customers import suppressions
from mailgate.application.desk import texts
from tests.support.desks.office import EVA, KARI, PER
from tests.support.desks.site import PASSWORD, SiteUnderTest
from tests.unit.web.test_desk_mail import HOSTILE, decided

pytestmark = [pytest.mark.slow, pytest.mark.packages]
STRANGER = "nils@fremmed.example"


@contextmanager
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """A port, and the first bytes of whoever connects to it."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    received.append(connection.recv(200))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield server.getsockname()[1], received
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def logged_in(site: SiteUnderTest, context: BrowserContext, username: str, name: str) -> Page:
    site.staff(username, name=name)
    page = context.new_page()
    page.goto(f"{site.url}/login")
    page.fill("#name", username)
    page.fill("#password", PASSWORD)
    page.click("main button.main")
    page.wait_for_url("**/desk")
    return page


@pytest.fixture
def page(site: SiteUnderTest, browser: Browser) -> Iterator[Page]:
    """Of an agent, Ola Berg, who reads bokmål."""
    context = browser.new_context(locale="nb-NO")
    yield logged_in(site, context, "ola", "Ola Berg")
    context.close()


def held(site: SiteUnderTest, body: str = "Jeg har samme feil.", kind: str = "text/plain") -> str:
    head = f"From: Nils <{STRANGER}>\nSubject: Re: Skriveren\nMessage-ID: <h{len(body)}@fremmed.example>\nContent-Type: {kind}\n"
    return site.office.take(f"{head}\n{body}\n", site.office.reply_address("SUP-1", KARI), STRANGER)


@pytest.mark.parametrize(("width", "script"), [(1280, True), (360, False)])
def test_given_an_agent_when_the_morning_goes_by_then_each_step_is_a_page_or_two(
    site: SiteUnderTest, browser: Browser, width: int, script: bool
) -> None:
    app = site.office.app
    held(site)
    people.add_participant(app, site.office.contact(KARI), people.AddParticipant("SUP-1", "siv@annen.example"))
    suppressions.add_suppressions(app, EVA, suppressions.AddSuppressions([PER], "mailbox full"))
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script, locale="nb-NO")
    page, faults = logged_in(site, context, "ola", "Ola Berg"), list[str]()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.click("text=Ufordelt")
    page.click("text=Skriveren står")
    page.click("text=Ta saken")
    page.fill("#text", "Hvilken skriver er det?")
    page.select_option("#operation", "ask_customer")
    page.click("section[aria-labelledby=write] button.main")
    assert page.locator(".title .status").inner_text() == "Venter på kunde"
    page.click("text=Godkjenn")
    page.click("text=Re: Skriveren")
    page.click("text=Prøv først")
    page.fill("#across", "SUP-1")
    page.click("main button.main")
    decided(site)
    page.goto(f"{site.url}/desk/cases/SUP-1")
    assert "Jeg har samme feil." in page.locator(".timeline").inner_text()
    page.click("text=Se på kontakten")
    page.click("text=Send til adressen igjen")
    page.goto(f"{site.url}/desk/new")
    page.fill("#reporter", KARI)
    page.fill("#summary", "Skriveren står igjen")
    page.click("main button.main")
    page.click("text=Slå sammen …")
    page.fill("#into", "SUP-1")
    page.locator("form[action$=merge] button").click()
    assert page.url.endswith("/desk/cases/SUP-1")
    page.fill("#text", "Vi foreslår en ny skriver")
    page.select_option("#operation", "propose")
    page.click("text=Send og åpne neste")
    case = read.show_case(app, EVA, read.ShowCase("SUP-1"))
    assert (case.status, case.assignee, "siv@annen.example" in case.participants) == ("proposed", "Ola Berg", True)
    assert faults == []
    context.close()


def test_given_a_saved_text_when_chosen_by_keys_then_it_stands_at_the_cursor_and_files_stay(site: SiteUnderTest, page: Page) -> None:
    texts.set_reply_text(site.office.app, EVA, texts.ReplyText("Takk / hilsen", "nb", "Takk for meldingen."))
    page.goto(f"{site.url}/desk/cases/SUP-1")
    page.set_input_files("#files", {"name": "logg.txt", "mimeType": "text/plain", "buffer": b"x"})
    page.fill("#text", "Hei Kari. ")
    page.keyboard.press("Tab")
    page.keyboard.type("Takk")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value("Hei Kari. Takk for meldingen.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"{site.url}/desk?queue=mine")
    (said,) = read.show_case(site.office.app, EVA, read.ShowCase("SUP-1")).comments
    assert (said.text, [one.filename for one in said.files]) == ("Hei Kari. Takk for meldingen.", ["logg.txt"])


def test_given_two_agents_on_one_case_when_both_write_then_each_sees_the_other_and_nothing_is_lost(
    site: SiteUnderTest, browser: Browser
) -> None:
    contexts = browser.new_context(locale="nb-NO"), browser.new_context(locale="nb-NO")
    ola, liv = logged_in(site, contexts[0], "ola", "Ola Berg"), logged_in(site, contexts[1], "liv", "Liv Sæther")
    for page in (ola, liv):
        page.goto(f"{site.url}/desk/cases/SUP-1")
    ola.fill("#text", "Jeg tar den")
    liv.locator("[data-present]", has_text="Ola Berg skriver.").wait_for(timeout=30_000)
    liv.fill("#text", "Jeg skriver også")
    ola.click("section[aria-labelledby=write] button.main")
    liv.locator("[data-changed]:not([hidden])").wait_for(timeout=30_000)
    assert liv.input_value("#text") == "Jeg skriver også"
    liv.click("section[aria-labelledby=write] button.main")
    assert "Saken er endret mens du skrev" in liv.locator(".summary").inner_text()
    assert liv.input_value("#text").strip() == "Jeg skriver også"
    assert "Jeg tar den" in liv.locator(".timeline").inner_text()
    liv.click("section[aria-labelledby=write] button.main")
    case = read.show_case(site.office.app, EVA, read.ShowCase("SUP-1"))
    assert [one.text for one in case.comments] == ["Jeg tar den", "Jeg skriver også"]
    for one in contexts:
        one.close()


def test_given_the_keys_alone_when_a_case_is_answered_then_they_are_enough(site: SiteUnderTest, page: Page) -> None:
    page.goto(f"{site.url}/desk?queue=unassigned")
    page.keyboard.press("?")
    assert page.locator("#keys[open]").count() == 1
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url("**/desk/cases/SUP-1?queue=unassigned")
    page.keyboard.press("r")
    page.keyboard.type("Vi ser på det. r j k")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"{site.url}/desk?queue=unassigned")
    case = read.show_case(site.office.app, EVA, read.ShowCase("SUP-1"))
    assert [one.text for one in case.comments] == ["Vi ser på det. r j k"]


def test_given_hostile_html_when_looked_at_then_it_runs_nothing_loads_nothing_and_stays_in_its_frame(
    site: SiteUnderTest, browser: Browser
) -> None:
    with listening() as (port, received):
        body = "<p id=hei>Hei</p>" + "".join(HOSTILE).replace("evil.example", f"127.0.0.1:{port}").replace("http:////", "http://")
        id_ = held(site, body, "text/html; charset=utf-8")
        context = browser.new_context(locale="nb-NO")
        page = logged_in(site, context, "ola", "Ola Berg")
        dialogs, asked = list[str](), list[str]()
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{site.url}/desk/mail/{id_}?show=html")
        frame = page.frame_locator("iframe.frame")
        assert frame.locator("#hei, p").first.inner_text() == "Hei"
        for link in frame.locator("a").all():
            link.click(force=True)
        page.wait_for_load_state("networkidle")
        assert page.url == f"{site.url}/desk/mail/{id_}?show=html"
        assert [one for one in asked if not one.startswith(site.url)] == []
        assert (dialogs, received) == ([], [])
        context.close()


def test_given_raw_hostile_html_when_framed_as_it_is_then_the_frame_alone_still_holds_it(
    site: SiteUnderTest, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the cleaning to miss something: the sandbox and the policy of the frame stand by themselves."""
    with listening() as (port, received):
        monkeypatch.setattr("mailgate.mail.html_view.inert", lambda html: html)
        body = "".join(HOSTILE).replace("evil.example", f"127.0.0.1:{port}")
        id_ = held(site, body, "text/html; charset=utf-8")
        context = browser.new_context(locale="nb-NO")
        page = logged_in(site, context, "ola", "Ola Berg")
        dialogs = list[str]()
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(f"{site.url}/desk/mail/{id_}?show=html")
        page.wait_for_load_state("networkidle")
        assert page.url == f"{site.url}/desk/mail/{id_}?show=html"
        assert (dialogs, received) == ([], [])
        context.close()


def test_given_the_pages_of_the_desk_when_as_narrow_as_320_pixels_then_nothing_scrolls_sideways(
    site: SiteUnderTest, browser: Browser
) -> None:
    comment.add_comment(site.office.app, site.office.contact(KARI), comment.AddComment("SUP-1", "x" * 300))
    id_ = held(site)
    context = browser.new_context(viewport={"width": 320, "height": 700}, color_scheme="dark")
    page = logged_in(site, context, "ola", "Ola Berg")
    paths = ("/desk?queue=all", "/desk/cases/SUP-1", "/desk/new", "/desk/held", f"/desk/mail/{id_}", f"/desk/mail/{id_}?show=headers")
    texts.set_reply_text(site.office.app, EVA, texts.ReplyText("x" * 250, "nb", "y" * 300))
    for path in (
        *paths,
        "/desk/texts",
        f"/desk/texts/edit?language=nb&name={'x' * 250}",
        "/desk/customers",
        "/desk/customers/Kunde%20AS",
        f"/desk/contacts/{KARI}",
        "/me",
        "/me/second-factor",
    ):
        page.goto(site.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
    context.close()


@pytest.mark.parametrize("phone", [320, 360])
@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_given_a_phone_when_the_desk_is_opened_then_the_menu_is_one_line_and_titles_have_the_whole_width(
    site: SiteUnderTest, browser: Browser, language: str, phone: int
) -> None:
    site.staff("anne", name="Anne-Margrethe Wilhelmine Kristoffersen-Bjørnstadhagen")  # whom work may be given to
    context = browser.new_context(viewport={"width": phone, "height": 640}, locale=language)
    page = logged_in(site, context, "kjersti", "Kjersti Dahl-Andreassen")
    for path in ("/desk?queue=all", "/desk/held", "/desk/new", "/desk/customers", "/desk/texts", "/me"):
        page.goto(site.url + path)
        tops = page.eval_on_selector_all(".top nav a", "all => all.map(one => Math.round(one.getBoundingClientRect().bottom))")
        assert (len(tops), len(set(tops))) == (5, 1), path
        assert page.locator(".top").bounding_box()["height"] < 110  # type: ignore[index]
        assert page.evaluate("document.documentElement.scrollWidth") == phone
    page.goto(f"{site.url}/desk?queue=all")
    for width in (phone, 700):
        page.set_viewport_size({"width": width, "height": 640})
        row, title = (page.locator(one).first.bounding_box() for one in (".queue tbody tr", ".queue .what"))
        assert row
        assert title
        assert title["width"] > row["width"] * 0.8
        assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()


FOCUSED = """() => {
  const one = document.activeElement, at = one.getBoundingClientRect();
  return one.closest('.top') ? [Math.round(at.top / 30), Math.round(at.left)] : null;
}"""


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_given_any_width_when_the_tab_key_is_pressed_then_the_focus_follows_what_is_seen(
    site: SiteUnderTest, browser: Browser, width: int
) -> None:
    """Name and log out stand above the menu on a phone and behind it on a wide screen."""
    context = browser.new_context(viewport={"width": width, "height": 640})
    page = logged_in(site, context, "ola", "Ola Berg")
    page.goto(f"{site.url}/desk")
    page.keyboard.press("Tab")  # the link past the menu
    places = []
    for _ in range(8):
        page.keyboard.press("Tab")
        places.append(page.evaluate(FOCUSED))
    assert None not in places
    assert places == sorted(places)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) is None
    context.close()


def test_given_keys_that_are_turned_off_when_pressed_then_they_do_nothing_until_they_are_on_again(site: SiteUnderTest, page: Page) -> None:
    page.goto(f"{site.url}/desk?queue=all")
    page.click("#keys summary")
    page.uncheck("#keys input")
    page.keyboard.press("/")
    expect(page.locator("#q")).not_to_be_focused()
    page.reload()
    page.keyboard.press("/")
    expect(page.locator("#q")).not_to_be_focused()
    page.click("#keys summary")
    page.check("#keys input")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()


def test_given_an_answer_when_the_session_has_ended_and_a_code_is_asked_then_the_tab_still_has_the_words(
    site: SiteUnderTest, browser: Browser
) -> None:
    context = browser.new_context(locale="nb-NO")
    page = logged_in(site, context, "ola", "Ola Berg")
    page.goto(f"{site.url}/desk/cases/SUP-1")
    page.fill("#text", "Et langt svar")
    context.clear_cookies()
    page.click("section[aria-labelledby=write] button.main")
    expect(page.locator(".note")).to_contain_text("Du ble logget ut mens du skrev")
    page.goto(f"{site.url}/login")  # not through the form that carries the words
    page.fill("#name", "ola")
    page.fill("#password", PASSWORD)
    page.click("main button.main")
    page.wait_for_url("**/desk")
    page.goto(f"{site.url}/desk/cases/SUP-1")
    expect(page.locator("#text")).to_have_value("Et langt svar")
    page.click("section[aria-labelledby=write] button.main")
    expect(page.locator("[data-flash]")).to_have_text("Svaret er lagt inn.")
    expect(page.locator("#text")).to_have_value("")
    context.close()


def test_given_forced_colours_when_pages_are_opened_then_the_menu_marks_only_where_one_is(site: SiteUnderTest, page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(f"{site.url}/desk?queue=all")
    for menu in (".top nav", ".tabs"):
        edges = page.eval_on_selector_all(f"{menu} a", "all => all.map(one => getComputedStyle(one).borderBottomColor)")
        background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert [edge != background for edge in edges].count(True) == 1, menu


def test_given_a_page_when_printed_then_it_has_the_words_and_no_controls(site: SiteUnderTest, page: Page) -> None:
    page.emulate_media(media="print")
    page.goto(f"{site.url}/desk/cases/SUP-1")
    expect(page.locator(".timeline .said").first).to_be_visible()
    for control in ("button", "textarea", "#write", ".top nav", ".mine", ".entry .acts"):
        assert [one.is_visible() for one in page.locator(control).all() if one.is_visible()] == [], control
    page.goto(f"{site.url}/desk?queue=all")
    expect(page.locator("table.queue tr[data-row]")).to_be_visible()
    assert not page.locator("#act").is_visible()
