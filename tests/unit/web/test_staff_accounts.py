"""Staff accounts: the first admin, the second factor, and who may open whose pages."""

from __future__ import annotations

from datetime import timedelta

import pyotp

from mailgate.application.accounts import codes, first_admin, manage, second_factor
from tests.support.desks.office import EVA, KARI
from tests.support.desks.site import PASSWORD, SiteUnderTest, Visitor

ADMIN = {"name": "Ada Vik", "address": "ada@firma.example", "username": "ada", "password": PASSWORD}


def link(site: SiteUnderTest) -> str:
    path = first_admin.first_admin_link(site.office.app, EVA, None)
    assert path is not None
    return path


def with_second_factor(site: SiteUnderTest, agent: Visitor) -> tuple[str, list[str]]:
    """Set up the second factor; its secret and the recovery codes."""
    agent.submit(agent.get("/me/second-factor"), "/me/second-factor", {})
    page = agent.get("/me/second-factor")
    secret = page.tree.css_first("code").text()
    shown = agent.submit(page, "/me/second-factor/code", {"code": code_of(site, secret)})
    assert shown.status == 200, shown.errors()
    return secret, [one.text() for one in shown.tree.css(".codes code")]


def code_of(site: SiteUnderTest, secret: str) -> str:
    return pyotp.TOTP(secret).at(site.office.app.now())


def test_given_no_admin_when_the_link_is_opened_then_it_makes_one_once(site: SiteUnderTest) -> None:
    path, spare, ada = link(site), link(site), site.visitor()
    assert ada.get(path, method="HEAD").status == 200
    done = ada.submit(ada.get(path), path, ADMIN)
    assert (done.status, done.headers["location"]) == (303, "/desk")
    assert ada.get("/desk").status == 200
    assert [one.roles for one in manage.list_accounts(site.office.app, EVA, None)] == [("admin",)]
    assert (site.visitor().get(path).status, site.visitor().get(spare).status) == (410, 410)
    assert first_admin.first_admin_link(site.office.app, EVA, None) is None


def test_given_a_link_when_a_day_has_gone_or_a_field_is_wrong_then_no_admin_is_made(site: SiteUnderTest) -> None:
    path, ada = link(site), site.visitor()
    refused = ada.submit(ada.get(path), path, {**ADMIN, "password": "kort"})
    assert (refused.status, refused.errors()) == (422, ["Passordet må ha minst 12 tegn."])
    assert refused.tree.css_first("#name").attributes["value"] == "Ada Vik"
    site.office.clock.step(timedelta(days=2))
    assert (ada.get(path).status, ada.get(f"{path}x").status) == (410, 404)
    assert manage.list_accounts(site.office.app, EVA, None) == []


def test_given_a_second_factor_when_logging_in_then_the_code_is_asked_for_and_taken_once(site: SiteUnderTest) -> None:
    agent = site.staff("ola")
    secret, _ = with_second_factor(site, agent)
    site.office.clock.step(timedelta(minutes=1))
    other = site.visitor()
    asked = other.log_in("ola")
    assert (asked.status, asked.headers["location"].partition("?")[0]) == (303, "/login/code")
    assert other.get("/desk").status == 303
    page = other.get("/login/code")
    assert other.submit(page, "/login/code", {"code": "000000"}).errors() == [
        "Koden er feil eller brukt. Vent på den neste, og prøv igjen."
    ]
    code = code_of(site, secret)
    assert other.submit(page, "/login/code", {"code": code}).status == 303
    assert other.get("/desk").status == 200
    again = site.visitor()
    again.log_in("ola")
    assert again.submit(again.get("/login/code"), "/login/code", {"code": code}).status == 422


def test_given_recovery_codes_when_used_then_each_works_once(site: SiteUnderTest) -> None:
    _, spare = with_second_factor(site, site.staff("ola"))
    assert len(spare) == 10
    for expected in (303, 422):
        who = site.visitor()
        who.log_in("ola")
        assert who.submit(who.get("/login/code"), "/login/code", {"code": spare[0].upper()}).status == expected


def test_given_wrong_codes_when_guessed_then_the_account_rests_and_the_first_step_ends(site: SiteUnderTest) -> None:
    with_second_factor(site, site.staff("ola"))
    who = site.visitor()
    who.log_in("ola")
    page = who.get("/login/code")
    answers = [who.submit(page, "/login/code", {"code": f"{number:06}"}).status for number in range(12)]
    assert answers[-1] == 429
    site.office.clock.step(timedelta(minutes=16))
    late = who.submit(page, "/login/code", {"code": "000000"})
    assert (late.status, late.headers["location"]) == (303, "/login")


def test_given_a_password_reset_when_the_account_has_a_second_factor_then_the_link_alone_does_not_log_in(site: SiteUnderTest) -> None:
    secret, _ = with_second_factor(site, site.staff("ola"))
    site.office.clock.step(timedelta(minutes=1))
    made = manage.reset_link(site.office.app, EVA, "ola")
    path, who = made.link.removeprefix("http://portal.test"), site.visitor()
    done = who.submit(who.get(path), path, {"password": "en helt ny setning om fisk"})
    assert done.headers["location"].startswith("/login/code")
    assert who.get("/desk").status == 303
    assert who.submit(who.get("/login/code"), "/login/code", {"code": code_of(site, secret)}).status == 303


def test_given_a_second_factor_when_turned_off_or_taken_off_then_the_password_is_enough(site: SiteUnderTest) -> None:
    agent = site.staff("ola")
    secret, _ = with_second_factor(site, agent)
    site.office.clock.step(timedelta(minutes=1))
    page = agent.get("/me/second-factor")
    assert agent.submit(page, "/me/second-factor/off", {"code": "123456"}).status == 422
    assert agent.submit(page, "/me/second-factor/off", {"code": code_of(site, secret)}).status == 303
    with_second_factor(site, agent)
    second_factor.remove_second_factor(site.office.app, EVA, "ola")
    assert site.visitor().log_in("ola").headers["location"] == "/"


def test_given_the_database_when_read_then_no_secret_of_an_app_and_no_recovery_code_stands_in_it(site: SiteUnderTest) -> None:
    secret, spare = with_second_factor(site, site.staff("ola"))
    raw = b"".join(path.read_bytes() for path in site.office.app.settings.file.parent.glob("mailgate.db*"))
    assert secret.encode() not in raw
    assert spare[0].encode() not in raw
    assert spare[0].replace("-", "").encode() not in raw


def test_given_a_required_second_factor_when_not_set_up_then_nothing_else_opens(required_site: SiteUnderTest) -> None:
    agent = required_site.staff("ola")
    for path in ("/desk", "/me"):
        answer = agent.get(path)
        assert (answer.status, answer.headers.get("location")) == (303, "/me/second-factor"), path
    with_second_factor(required_site, agent)
    assert agent.get("/desk").status == 200
    assert "Slå av" not in agent.get("/me/second-factor").shown()


def test_given_customers_and_staff_when_they_open_each_others_pages_then_none_is_there(site: SiteUnderTest) -> None:
    kari, ola = site.logged_in(KARI, "kari"), site.staff("ola")
    assert (kari.get("/desk").status, kari.get("/me/second-factor").status) == (404, 404)
    assert ola.get("/browse/SUP-1").headers["location"] == "/desk/cases/SUP-1"
    assert (ola.get("/cases").headers["location"], ola.get("/").headers["location"]) == ("/desk", "/desk")
    assert ola.get("/browse/SUP-1/edit").status == 404


def test_given_times_around_a_step_when_a_code_is_checked_then_one_step_of_skew_is_taken(site: SiteUnderTest) -> None:
    secret, now = codes.new_secret(), site.office.app.now()
    at = [codes.step_of(secret, pyotp.TOTP(secret).at(now + timedelta(seconds=30 * skew)), now) for skew in (-2, -1, 0, 1, 2)]
    assert [step is not None for step in at] == [False, True, True, True, False]
    assert codes.step_of(secret, "١٢٣٤٥٦", now) is None
