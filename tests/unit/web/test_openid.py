"""Log in at a real OpenID provider: the way there and back, what is refused, links and roles."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from mailgate.application.accounts import identities, manage
from mailgate.errors import Invalid
from mailgate.web.http import openid
from mailgate.web.pages.forms import TOKEN_FIELD, form_token
from tests.support.desks.office import EVA, open_office
from tests.support.desks.site import PASSWORD, Answer, SiteUnderTest, Visitor, serve
from tests.support.processes.provider import Provider, running_provider
from tests.unit.web.test_staff_accounts import code_of, with_second_factor

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider's own code

SECRETS = 'openid_client_secret = "hemmelig"\n[token_keys]\n1 = "{}"\n'
GROUPS = 'agent_groups = ["support"]\nadmin_groups = ["sjefer"]\n'


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, provider: Provider, request: pytest.FixtureRequest) -> Iterator[SiteUnderTest]:
    """The pages with that provider; `indirect` takes more TOML of its section."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(SECRETS.format(base64.b64encode(os.urandom(32)).decode()))
    secrets.chmod(0o600)
    more = getattr(request, "param", GROUPS)
    settings = f'[secrets]\nfile = "{secrets}"\n[openid]\nissuer = "{provider.issuer}"\nclient_id = "mailgate"\nlabel = "Firma-ID"\n{more}'
    with open_office(tmp_path, settings) as office, serve(office.app) as port:
        office.clock.step(datetime.now(UTC) - office.clock())
        yield SiteUnderTest(office, port)


def sent_away(who: Visitor, path: str = "/login/openid", page: str = "/login", **typed: str) -> str:
    answer = who.submit(who.get(page), path, typed)
    assert answer.status == 303, answer.errors()
    return answer.headers["location"]


def back(who: Visitor, query: dict[str, str]) -> Answer:
    return who.get(f"/login/openid/callback?{urlencode(query)}")


def test_given_a_member_of_a_group_when_logging_in_at_the_provider_then_an_account_with_the_role_is_there(
    site: SiteUnderTest, provider: Provider
) -> None:
    ola = site.visitor()
    page = ola.get("/login")
    assert "Logg inn med Firma-ID" in page.shown()
    assert f"form-action 'self' {provider.issuer};" in page.headers["content-security-policy"]
    address = sent_away(ola)
    asked = parse_qs(urlsplit(address).query)
    assert (asked["code_challenge_method"], asked["response_type"]) == (["S256"], ["code"])
    done = back(ola, provider.log_in(address, "sub-ola"))
    assert (done.status, done.headers["location"]) == (303, "/")
    assert ola.get("/desk").status == 200
    assert [(one.username, one.roles) for one in manage.list_accounts(site.office.app, EVA, None)] == [("ola", ("agent",))]
    again = site.visitor()
    assert back(again, provider.log_in(sent_away(again), "sub-ola")).status == 303
    assert len(manage.list_accounts(site.office.app, EVA, None)) == 1


def test_given_somebody_in_no_group_when_logging_in_then_there_is_no_access_and_no_account(site: SiteUnderTest, provider: Provider) -> None:
    siv = site.visitor()
    refused = back(siv, provider.log_in(sent_away(siv), "sub-siv"))
    assert (refused.status, refused.errors()) == (422, ["Kontoen din hos leverandøren har ikke tilgang her. Spør en administrator."])
    assert siv.get("/desk").status == 303
    assert manage.list_accounts(site.office.app, EVA, None) == []


def test_given_another_browser_a_used_state_or_none_when_it_comes_back_then_nobody_is_logged_in(
    site: SiteUnderTest, provider: Provider
) -> None:
    ola, thief = site.visitor(), site.visitor()
    query = provider.log_in(sent_away(ola), "sub-ola")
    assert back(thief, query).headers["location"] == "/login"
    assert back(ola, {**query, "state": "x"}).headers["location"] == "/login"
    assert back(ola, query).headers["location"] == "/"
    ola.cookies.pop("session")
    assert back(ola, query).headers["location"] == "/login"


@pytest.mark.parametrize("changed", [{"nonce": "another"}, {"client_id": "somebody-else"}])
def test_given_an_answer_made_for_another_request_when_it_comes_back_then_it_is_refused(
    site: SiteUnderTest, provider: Provider, changed: dict[str, str]
) -> None:
    who = site.visitor()
    refused = back(who, provider.log_in(sent_away(who), "sub-ola", **changed))
    assert (refused.status, refused.errors()) == (422, ["Innloggingen hos leverandøren ble avbrutt eller avvist. Prøv igjen."])


def test_given_somebody_who_stops_at_the_provider_when_back_then_the_page_says_so(site: SiteUnderTest, provider: Provider) -> None:
    who = site.visitor()
    address = sent_away(who)
    denied = provider.log_in(address, "sub-ola", deny=True)
    state = parse_qs(urlsplit(address).query)["state"][0]
    assert back(who, {**denied, "state": state}).status == 422


def test_given_an_account_with_the_same_address_when_logging_in_then_it_is_not_taken_over_until_its_owner_links_it(
    site: SiteUnderTest, provider: Provider
) -> None:
    owner = site.staff("ola")
    stranger = site.visitor()
    refused = back(stranger, provider.log_in(sent_away(stranger), "sub-ola"))
    assert "Det finnes en konto her med samme adresse eller brukernavn." in refused.errors()[0]
    linked = back(owner, provider.log_in(sent_away(owner, "/me/openid", "/me", link_password=PASSWORD), "sub-ola"))
    assert linked.headers["location"] == "/me"
    assert "Kontoen er knyttet til Firma-ID." in owner.get("/me").shown()
    assert back(stranger, provider.log_in(sent_away(stranger), "sub-ola")).headers["location"] == "/"
    manage.disable_account(site.office.app, EVA, manage.DisableAccount("ola"))
    assert back(stranger, provider.log_in(sent_away(stranger), "sub-ola")).status == 422


def test_given_a_session_that_was_left_open_when_somebody_links_themselves_then_the_password_is_asked_for(
    site: SiteUnderTest, provider: Provider
) -> None:
    left_open, thief = site.staff("sjef", "admin"), site.visitor()
    for typed in ({}, {"link_password": "gjetning"}, {"old_code": "123456"}):
        refused = left_open.submit(left_open.get("/me"), "/me/openid", typed)
        assert (refused.status, refused.errors()) == (422, ["Dette er ikke passordet ditt."])
    assert back(thief, provider.log_in(sent_away(thief), "sub-siv")).status == 422


def test_given_a_second_factor_when_an_account_is_linked_then_a_code_is_asked_for_and_taken_once(
    site: SiteUnderTest, provider: Provider
) -> None:
    owner = site.staff("sjef", "admin")
    secret, _ = with_second_factor(site, owner)
    refused = owner.submit(owner.get("/me"), "/me/openid", {"link_password": PASSWORD})
    assert refused.errors() == ["Koden er feil eller brukt. Vent på den neste, og prøv igjen."]
    site.office.clock.step(timedelta(seconds=60))
    linked = back(owner, provider.log_in(sent_away(owner, "/me/openid", "/me", old_code=code_of(site, secret)), "sub-siv"))
    assert linked.headers["location"] == "/me"


def test_given_a_link_when_its_owner_or_an_operator_ends_it_then_the_provider_lets_nobody_in_and_other_sessions_have_ended(
    site: SiteUnderTest, provider: Provider
) -> None:
    owner, thief = site.staff("ola"), site.visitor()
    for end in ("owner", "operator"):
        back(owner, provider.log_in(sent_away(owner, "/me/openid", "/me", link_password=PASSWORD), "sub-ola"))
        assert back(thief, provider.log_in(sent_away(thief), "sub-ola")).headers["location"] == "/"
        if end == "owner":
            refused = owner.submit(owner.get("/me"), "/me/openid/off", {"link_password": "gjetning"})
            assert (refused.status, refused.errors()) == (422, ["Dette er ikke passordet ditt."])
            assert owner.submit(owner.get("/me"), "/me/openid/off", {"link_password": PASSWORD}).status == 303
            assert "ikke lenger knyttet til leverandøren" in owner.get("/me").shown()
        else:
            assert identities.unlink_account(site.office.app, EVA, "ola") == [provider.issuer]
        assert thief.get("/desk").status == 303
        assert back(thief, provider.log_in(sent_away(thief), "sub-ola")).status == 422
        with site.office.app.store.reading() as uow:
            ended = [row for row in uow.audit.list() if "linked_to" in row.before]
        assert (ended[0].before, ended[0].after) == ({"linked_to": [provider.issuer]}, {"linked_to": []})
    assert [row.principal_kind for row in ended] == ["operator", "agent"]


def test_given_an_account_that_only_the_provider_lets_in_when_shown_then_its_link_cannot_be_ended(
    site: SiteUnderTest, provider: Provider
) -> None:
    ola = site.visitor()
    back(ola, provider.log_in(sent_away(ola), "sub-ola"))
    assert "/me/openid/off" not in ola.get("/me").text
    assert ola.post("/me/openid/off", {TOKEN_FIELD: form_token(ola.cookies["session"])}).status == 422
    ola.cookies.pop("session")
    assert back(ola, provider.log_in(sent_away(ola), "sub-ola")).headers["location"] == "/"


@pytest.mark.parametrize("site", [""], indirect=True)
def test_given_no_groups_in_the_settings_when_a_stranger_logs_in_then_only_linked_accounts_get_in(
    site: SiteUnderTest, provider: Provider
) -> None:
    stranger, owner = site.visitor(), site.staff("ola", "operator")
    assert back(stranger, provider.log_in(sent_away(stranger), "sub-siv")).status == 422
    back(owner, provider.log_in(sent_away(owner, "/me/openid", "/me", link_password=PASSWORD), "sub-siv"))
    assert back(stranger, provider.log_in(sent_away(stranger), "sub-siv")).headers["location"] == "/"
    assert [one.roles for one in manage.list_accounts(site.office.app, EVA, None)] == [("operator",)]


def test_given_an_address_that_the_provider_has_not_verified_when_logging_in_then_no_account_has_it(
    site: SiteUnderTest, provider: Provider
) -> None:
    eli = site.visitor()
    refused = back(eli, provider.log_in(sent_away(eli), "sub-eli"))
    assert (refused.status, refused.errors()) == (422, ["Leverandøren har ikke bekreftet e-postadressen din. Spør en administrator."])
    assert manage.list_accounts(site.office.app, EVA, None) == []


def test_given_a_user_name_that_is_anothers_address_when_an_account_is_made_then_it_is_not_taken(
    site: SiteUnderTest, provider: Provider
) -> None:
    ulf = site.visitor()
    assert back(ulf, provider.log_in(sent_away(ulf), "sub-ulf")).status == 303
    assert [one.username for one in manage.list_accounts(site.office.app, EVA, None)] == ["ulf@firma.example"]


def test_given_an_answer_of_another_provider_when_it_comes_back_then_it_is_refused(site: SiteUnderTest, provider: Provider) -> None:
    ola = site.visitor()
    query = provider.log_in(sent_away(ola), "sub-ola")
    assert back(ola, {**query, "iss": "https://evil.example"}).status == 422
    assert back(ola, {**provider.log_in(sent_away(ola), "sub-ola"), "iss": provider.issuer}).status == 303


def test_given_an_account_that_only_the_provider_lets_in_when_a_password_is_asked_for_then_no_link_is_mailed(
    site: SiteUnderTest, provider: Provider
) -> None:
    ola = site.visitor()
    back(ola, provider.log_in(sent_away(ola), "sub-ola"))
    stranger = site.visitor()
    assert stranger.submit(stranger.get("/password"), "/password", {"name": "ola@firma.example"}).status == 200
    assert "account_reset" not in {kind for kind, _, _ in site.office.notices()}


def test_given_tokens_that_cannot_be_believed_when_read_then_each_is_refused(site: SiteUnderTest) -> None:
    key, other = RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})
    now = int(time.time())
    good = {"iss": "https://id.example", "aud": "mailgate", "sub": "s", "exp": now + 60, "iat": now, "nonce": "n"}
    keys = {"keys": [key.as_dict(private=False)]}
    checks = openid._checks(site.office.app, "https://id.example", "n", site.office.app.now)
    assert openid._claims(jwt.encode({"alg": "RS256", "kid": "1"}, good, key), keys, checks)["sub"] == "s"
    public = OctKey.import_key(b"what the provider and we might share")
    bad = [
        jwt.encode({"alg": "RS256", "kid": "1"}, good, other),
        jwt.encode({"alg": "HS256", "kid": "1"}, good, public),
        ".".join([base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("="), "e30", ""]),
        *(
            jwt.encode({"alg": "RS256", "kid": "1"}, {**good, **wrong}, key)
            for wrong in ({"iss": "https://evil.example"}, {"aud": "other"}, {"exp": now - 600}, {"nonce": "x"})
        ),
        "",
    ]
    for token in bad:
        with pytest.raises(Invalid, match="cannot be believed"):
            openid._claims(token, keys, checks)


def test_given_a_provider_that_is_away_when_asked_then_the_password_still_works(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(SECRETS.format(base64.b64encode(os.urandom(32)).decode()))
    secrets.chmod(0o600)
    settings = f'[secrets]\nfile = "{secrets}"\n[openid]\nissuer = "http://127.0.0.1:9"\nclient_id = "mailgate"\n'
    with open_office(tmp_path, settings) as office, serve(office.app) as port:
        site = SiteUnderTest(office, port)
        who = site.visitor()
        away = who.submit(who.get("/login"), "/login/openid", {})
        assert (away.status, away.errors()) == (503, ["Leverandøren svarer ikke. Prøv igjen, eller logg inn med passord."])
        site.staff("ola")
        assert who.log_in("ola").status == 303
