"""Programs that open links of mails before their readers do: whatever they do, nothing changes. Over every mail of the demo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from selectolax.lexbor import LexborNode

from mailgate import config
from mailgate.application.app import App
from mailgate.application.cases import comment, operate
from mailgate.cli.demo import STORY, _environment
from mailgate.cli.demo.desk import OPERATOR, DemoDesk, open_case
from mailgate.runtime import bootstrap
from mailgate.runtime.gateway import Gateway
from tests.support.desks.site import Answer, Visitor, serve

pytestmark = [pytest.mark.slow, pytest.mark.packages]

WATCHED = (
    "cases", "comments", "events", "participants", "contacts", "customers", "accounts", "sessions", "account_links", "claims", "case_mutes",
    "notice_preferences", "drafts", "notices", "outbox", "journal", "decisions", "audit", "suppressions",
)  # fmt: skip


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, list[str]]]:
    """The demo's morning, with a proposal and a solved case in it, and every web address of its mails."""
    settings = config.load(None, _environment(tmp_path_factory.mktemp("demo")))
    with bootstrap.application(settings) as app:
        key = open_case(app)
    gateway = Gateway(settings, listen=True, work=True)
    with gateway.running():
        desk = DemoDesk(gateway.app, gateway.addresses[0], key)
        for step in STORY:
            desk.send(step.mail(desk), step.sender, step.recipient(desk))
        for operation in ("propose", "resolve"):
            operate.operate(gateway.app, OPERATOR, operate.Operate(key, operation, "Prøv nå"))
            desk.settle()
        comment.add_comment(gateway.app, OPERATOR, comment.AddComment(key, "Hei"))
        desk.settle()
        mails = [desk.raw(mail.id) for mail in desk.outbox()]
    with bootstrap.application(settings) as app:
        yield app, sorted({path for raw in mails for path in _paths(raw)})


def _paths(raw: bytes) -> Iterator[str]:
    mail = message_from_bytes(raw, policy=policy.default)
    texts = [str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"]
    for url in re.findall(r"https://supportweb\.firma\.example[^\s\"<>]*", "\n".join([*texts, str(mail["List-Unsubscribe"] or "")])):
        yield urlsplit(url).path or "/"


def _state(app: App) -> dict[str, str]:
    with app.store.reading() as uow:
        run = uow.notices._connection.exec_driver_sql
        return {table: str(run(f"SELECT * FROM {table} ORDER BY 1").all()) for table in WATCHED}


def _submissions(page: Answer) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Method, action and fields of every form as it stands, once for each of its buttons."""
    for form in page.tree.css("form"):
        method, action = (form.attributes.get("method") or "get").lower(), form.attributes.get("action") or ""
        fields = dict(_fields(form))
        for button in form.css("button"):
            name = button.attributes.get("name")
            yield method, action, fields | ({name: button.attributes.get("value") or ""} if name else {})


def _fields(form: LexborNode) -> Iterator[tuple[str, str]]:
    for one in form.css("input, textarea"):
        name, kind = one.attributes.get("name"), one.attributes.get("type") or ""
        if name and kind != "file" and not (kind in ("radio", "checkbox") and "checked" not in one.attributes):
            yield name, one.attributes.get("value") or "" if one.tag == "input" else one.text()


def test_given_every_mail_of_the_demo_when_its_links_are_listed_then_each_kind_is_among_them(played: tuple[App, list[str]]) -> None:
    kinds = {path.split("/")[1] for path in played[1]}
    assert {"browse", "answer", "claim", "notices"} <= kinds


def test_given_every_link_when_asked_for_and_every_form_sent_as_it_stands_then_nothing_changes(played: tuple[App, list[str]]) -> None:
    app, paths = played
    before = _state(app)
    with serve(app) as port:
        for path in paths:
            scanner = Visitor(port)
            assert scanner.get(path, method="HEAD").status in (200, 303, 410), path
            page = scanner.get(path)
            for method, action, fields in _submissions(page):
                if method == "post":
                    scanner.post(action or path, fields)
                else:
                    scanner.get(action or path)
    assert _state(app) == before


def test_given_every_link_when_opened_with_scripts_and_every_button_clicked_then_nothing_changes(
    played: tuple[App, list[str]], browser: Browser
) -> None:
    app, paths = played
    before = _state(app)
    with serve(app) as port:
        context = browser.new_context()
        page = context.new_page()
        for path in paths:
            page.goto(f"http://127.0.0.1:{port}{path}")
            for number in range(page.locator("button").count()):
                page.goto(f"http://127.0.0.1:{port}{path}")
                page.locator("button").nth(number).click()
                page.wait_for_load_state()
        context.close()
    assert _state(app) == before
