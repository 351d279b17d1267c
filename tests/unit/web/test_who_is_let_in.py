"""Sessions, limits and second factors as an attacker tries them."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from starlette.requests import Request

from mailgate.application import drafts
from mailgate.application.accounts import manage, register, reset
from mailgate.application.accounts.limits import network
from mailgate.application.accounts.sessions import Client, logged_in
from mailgate.application.principal import visitor
from mailgate.errors import TooMany
from mailgate.web.app import Site, WebOptions
from mailgate.web.http import live
from mailgate.web.http.client import is_loopback
from tests.support.desks.office import EVA, KARI
from tests.support.desks.site import PASSWORD, SiteUnderTest, Visitor
from tests.support.harness.statements import statements
from tests.unit.web.test_staff_accounts import code_of, with_second_factor

OWNER, SPAMMER = Client("192.0.2.1"), Client("203.0.113.66")


def asked_for_account(site: SiteUnderTest, address: str, client: Client = SPAMMER) -> None:
    form = register.AskForAccount("Ny Kunde", "", address, "nykunde", "nb", client)
    register.ask_for_account(site.office.app, visitor("nb"), form)


def forgot(site: SiteUnderTest, name: str, client: Client) -> None:
    reset.ask_for_reset(site.office.app, visitor("nb"), reset.AskForReset(name, "nb", client))


def resets(site: SiteUnderTest) -> int:
    return sum(kind == "account_reset" for kind, _, _ in site.office.notices())


# Who keeps whom out ---------------------------------------------------------------------------------------------------------------------


def test_given_a_spammer_who_registers_in_a_name_when_its_owner_forgot_the_password_then_the_link_comes(site: SiteUnderTest) -> None:
    site.add_account(KARI, "kari")
    for _ in range(3):
        asked_for_account(site, KARI)
    with pytest.raises(TooMany):
        asked_for_account(site, KARI)
    forgot(site, KARI, OWNER)
    assert resets(site) == 1


def test_given_one_network_that_asks_for_links_when_the_owner_asks_from_another_then_theirs_comes(site: SiteUnderTest) -> None:
    site.add_account(KARI, "kari")
    for _ in range(3):
        forgot(site, "kari", SPAMMER)
    with pytest.raises(TooMany):
        forgot(site, "KARI", SPAMMER)
    forgot(site, "kari", OWNER)
    assert resets(site) == 4


def test_given_many_networks_when_they_ask_for_links_to_one_account_then_the_mails_end(site: SiteUnderTest) -> None:
    site.add_account(KARI, "kari")
    for number in range(12):
        forgot(site, "kari", Client(f"203.0.113.{number}"))
    with pytest.raises(TooMany):
        forgot(site, "kari", SPAMMER)
    assert resets(site) == 12


def test_given_spellings_of_one_mailbox_when_accounts_are_asked_for_then_they_share_a_limit(site: SiteUnderTest) -> None:
    for address in ("kari.nes@gmail.com", "k.arines+1@gmail.com", "karines@googlemail.com"):
        asked_for_account(site, address)
    with pytest.raises(TooMany):
        asked_for_account(site, "karin.es+9@gmail.com")


def test_given_a_flood_of_tries_when_refused_then_it_writes_nothing_and_ends_with_its_time(site: SiteUnderTest) -> None:
    for _ in range(3):
        forgot(site, "kari", SPAMMER)
    with pytest.raises(TooMany):
        forgot(site, "kari", SPAMMER)
    with statements(site.office.app.store.database) as seen, pytest.raises(TooMany):
        forgot(site, "kari", SPAMMER)
    assert list(seen) == []
    site.office.clock.step(timedelta(minutes=20, seconds=1))
    forgot(site, "kari", SPAMMER)


@pytest.mark.parametrize(
    ("client", "counted_as"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("192.0.2.1", "192.0.2.1"),
    ],
)
def test_given_an_address_when_counted_then_a_64_of_ipv6_is_one_client(client: str, counted_as: str) -> None:
    assert network(client) == counted_as
    assert not is_loopback(client)


def test_given_a_proxy_that_adds_a_line_of_its_own_when_a_client_forges_one_then_the_forged_one_does_not_count(site: SiteUnderTest) -> None:
    import ipaddress

    lines = [(b"x-forwarded-for", b"198.51.100.1"), (b"x-forwarded-for", b"203.0.113.66"), (b"x-forwarded-proto", b"https"),
             (b"x-forwarded-proto", b"http")]  # fmt: skip
    request = Request({"type": "http", "client": ("127.0.0.1", 1), "headers": lines, "scheme": "http"})
    pages = Site(site.office.app, WebOptions(trusted=(ipaddress.ip_network("127.0.0.1/32"),)))
    assert pages.client_of(request).address == "203.0.113.66"
    assert not pages.is_secure(request)


def test_given_drafts_of_made_up_pages_when_kept_then_the_oldest_go(site: SiteUnderTest) -> None:
    kari, app = site.logged_in(KARI, "kari"), site.office.app
    mine = logged_in(app, kari.cookies["session"])
    assert mine is not None
    for number in range(drafts.MOST + 20):
        site.office.clock.step(timedelta(seconds=1))
        drafts.keep_draft(app, mine.principal, drafts.KeepDraft(mine, f"/browse/{number}", {"text": "x"}))
    kept = [bool(drafts.read_draft(app, mine.principal, drafts.NamedDraft(mine, f"/browse/{at}")).fields) for at in range(drafts.MOST + 20)]
    assert (sum(kept), kept[19], kept[20]) == (drafts.MOST, False, True)


# What outlives a session ----------------------------------------------------------------------------------------------------------------


def end_by_owner(site: SiteUnderTest, who: Visitor) -> None:
    elsewhere = Visitor(site.port, dict(who.cookies))
    elsewhere.submit(elsewhere.get("/desk"), "/logout", {})


def disable(site: SiteUnderTest, who: Visitor) -> None:
    manage.disable_account(site.office.app, EVA, manage.DisableAccount("ola"))


def change_rights(site: SiteUnderTest, who: Visitor) -> None:
    with site.office.app.store.transaction() as uow:
        uow._connection.exec_driver_sql("UPDATE accounts SET roles = '[\"admin\"]' WHERE username = 'ola'")


@pytest.mark.parametrize("path", ["/desk/live", "/desk/cases/SUP-1/live"])
@pytest.mark.parametrize("end", [end_by_owner, disable, change_rights])
def test_given_an_open_stream_when_the_session_or_a_right_ends_then_it_ends_too(
    site: SiteUnderTest, monkeypatch: pytest.MonkeyPatch, path: str, end: Callable[[SiteUnderTest, Visitor], None]
) -> None:
    monkeypatch.setattr(live, "LOOK_S", 0.05)
    monkeypatch.setattr(live, "CHECK_S", 0.1)
    ola = site.staff("ola")

    def read(response: http.client.HTTPResponse) -> bytes:
        first = response.readline()
        end(site, ola)
        response.read()  # comes back when the stream has ended
        return first

    assert ola._ask("GET", path, None, {}, read).text == "retry: 3000\n"


def test_given_a_page_that_lies_open_when_nobody_is_there_then_it_does_not_keep_the_session_alive(site: SiteUnderTest) -> None:
    ola = site.staff("ola")
    token = ola.get("/desk/cases/SUP-1").tree.css_first("input[name=form_token]").attributes["value"] or ""
    for _ in range(3):
        site.office.clock.step(timedelta(hours=5))
        ola.first_line("/desk/live")
        ola.post("/desk/cases/SUP-1/present", {"form_token": token})
    assert ola.get("/desk").headers.get("location", "").startswith("/login")


# What a stolen session may do -----------------------------------------------------------------------------------------------------------


def test_given_a_second_factor_when_somebody_at_the_session_wants_another_then_a_code_of_the_old_one_is_asked_for(
    site: SiteUnderTest,
) -> None:
    ola = site.staff("ola")
    secret, spare = with_second_factor(site, ola)
    page = ola.get("/me/second-factor")
    for wrong in ("", "000000"):
        refused = ola.submit(page, "/me/second-factor", {"old_code": wrong})
        assert (refused.status, refused.errors()) == (422, ["Koden er feil eller brukt. Vent på den neste, og prøv igjen."])
        assert ola.get("/me/second-factor").tree.css_first("code") is None
    site.office.clock.step(timedelta(minutes=1))
    assert ola.submit(page, "/me/second-factor", {"old_code": code_of(site, secret)}).status == 303
    fresh = ola.get("/me/second-factor").tree.css_first("code").text()
    assert fresh != secret
    assert (
        ola.submit(ola.get("/me/second-factor"), "/me/second-factor/code", {"code": pyotp.TOTP(fresh).at(site.office.app.now())}).status
        == 200
    )
    who = site.visitor()
    who.log_in("ola", PASSWORD)
    assert who.submit(who.get("/login/code"), "/login/code", {"code": spare[0]}).status == 422


@pytest.mark.parametrize("later", ["another session", "ten minutes"])
def test_given_a_set_up_that_was_left_when_confirmed_later_or_elsewhere_then_it_is_void(site: SiteUnderTest, later: str) -> None:
    ola = site.staff("ola")
    ola.submit(ola.get("/me/second-factor"), "/me/second-factor", {})
    page = ola.get("/me/second-factor")
    secret = page.tree.css_first("code").text()
    other = site.visitor() if later == "another session" else ola
    if other is ola:
        site.office.clock.step(timedelta(minutes=10))
    else:
        other.log_in("ola", PASSWORD)
    assert other.get("/me/second-factor").tree.css_first("code") is None
    token = other.get("/me/second-factor").tree.css_first("input[name=form_token]").attributes["value"] or ""
    refused = other.post("/me/second-factor/code", {"form_token": token, "code": pyotp.TOTP(secret).at(site.office.app.now())})
    assert refused.status == 422
