"""XOAUTH2 at the smarthost: a real token endpoint over HTTPS, and an SMTP server that takes tokens of it alone."""

from __future__ import annotations

import pytest

from mailgate.outbound.oauth import OAuthOptions, TokenRefused, TokenSource
from mailgate.outbound.outgoing_message import OutgoingMessage
from mailgate.outbound.queue.send_queue import SendQueueOptions
from mailgate.outbound.send_stage import SendOptions, SendStage
from mailgate.outbound.smarthost import Smarthost
from mailgate.outbound.smarthost_session import SmarthostOptions, SmarthostTimeouts
from tests.support.processes.oauth_server import OAuthServer
from tests.support.processes.sink import Sink, certificate, server_context

PATIENT = SmarthostTimeouts(*(20.0,) * 7)
MESSAGE = OutgoingMessage("kari@kunde.example", "bounce+abc@example.no", b"Subject: test\r\nX-Mailgate-Key: k1\r\n\r\nHei\r\n")


@pytest.fixture
def certified(tmp_path):
    return certificate(tmp_path)


@pytest.fixture
def oauth(certified):
    with OAuthServer(server_context(*certified)) as server:
        yield server


@pytest.fixture
def sink(certified, oauth):
    with Sink(tls=server_context(*certified), tokens=lambda _user, token: oauth.accepts(token)) as running:
        yield running


def source(oauth, certified, **changed) -> TokenSource:
    given = {"token_url": oauth.url, "client_id": "mailgate", "client_secret": "s3cret", "ca_file": str(certified[0]), **changed}
    return TokenSource(OAuthOptions(**given))


@pytest.fixture
def smarthost(sink, oauth, certified):
    options = SmarthostOptions(
        "127.0.0.1", sink.port, tls="starttls", ca_file=str(certified[0]), user="support@firma.example", tokens=source(oauth, certified),
        helo_name="gw.example", timeouts=PATIENT,
    )  # fmt: skip
    made = Smarthost(options)
    yield made
    made.close()


def yes() -> bool:
    return True


def test_given_a_server_that_wants_xoauth2_when_submitted_then_one_token_serves_until_it_ends(smarthost, sink, oauth):
    for _ in range(3):
        assert smarthost.submit(MESSAGE, yes).fate == "sent"
    assert [mail.user for mail in sink.wait_for(3)] == ["support@firma.example"] * 3
    (request,) = oauth.requests
    assert (request["grant_type"], request["client_id"]) == ("client_credentials", "mailgate")


def test_given_a_token_that_was_revoked_when_a_new_session_logs_in_then_a_fresh_one_is_fetched_at_once(smarthost, sink, oauth):
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    smarthost.close()
    oauth.revoke_all()
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    assert len(oauth.requests) == 2


def test_given_a_token_that_ends_on_a_kept_session_when_the_server_refuses_mail_then_it_goes_on_a_fresh_one(smarthost, sink, oauth):
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    oauth.revoke_all()
    sink.on("MAIL", "530 5.7.57 Client not authenticated to send mail")
    assert smarthost.submit(MESSAGE, yes).fate == "sent"
    assert (sink.sessions, len(oauth.requests)) == (2, 2)


def test_given_a_token_endpoint_that_is_away_when_submitted_then_mail_waits_and_goes_when_it_is_back(smarthost, sink, oauth):
    oauth.down = True
    answer = smarthost.submit(MESSAGE, yes)
    assert (answer.fate, answer.step, answer.session, sink.count) == ("deferred", "AUTH", True, 0)
    assert answer.text == "the token endpoint answers 503: temporarily_unavailable"
    oauth.down = False
    assert smarthost.submit(MESSAGE, yes).fate == "sent"


def test_given_a_wrong_secret_when_submitted_then_the_provider_says_why_and_no_secret_is_shown(sink, oauth, certified):
    tokens = source(oauth, certified, client_secret="wr0ng-secret")
    options = SmarthostOptions(
        "127.0.0.1", sink.port, tls="starttls", ca_file=str(certified[0]), user="x@y.example", tokens=tokens, timeouts=PATIENT
    )
    smarthost = Smarthost(options)
    answer = smarthost.submit(MESSAGE, yes)
    smarthost.close()
    assert (answer.fate, answer.session) == ("deferred", True)
    assert "invalid_client AADSTS7000215" in answer.text
    assert "wr0ng-secret" not in answer.text + repr(options) + repr(tokens)


def test_given_a_server_that_offers_no_xoauth2_when_submitted_then_no_token_leaves(certified, oauth):
    with Sink(tls=server_context(*certified), login=("a", "b")) as sink:
        options = SmarthostOptions(
            "127.0.0.1", sink.port, tls="starttls", ca_file=str(certified[0]), user="x@y.example", tokens=source(oauth, certified),
            timeouts=PATIENT,
        )  # fmt: skip
        smarthost = Smarthost(options)
        answer = smarthost.submit(MESSAGE, yes)
        smarthost.close()
    assert (answer.fate, answer.text, oauth.requests) == ("deferred", "the smarthost does not offer AUTH XOAUTH2", [])


def test_given_a_refresh_token_that_rotates_when_tokens_end_then_the_newest_one_is_used(oauth, certified):
    oauth.expires_in = 30  # under the minute that is left unused
    tokens = source(oauth, certified, refresh_token="refresh-0")
    assert len({tokens.token() for _ in range(3)}) == 3
    assert [request["refresh_token"] for request in oauth.requests] == ["refresh-0", "refresh-1", "refresh-2"]


def test_given_an_endpoint_that_redirects_when_asked_then_the_secret_does_not_follow(oauth, certified):
    oauth.redirect_to = oauth.url + "/elsewhere"
    with pytest.raises(TokenRefused, match="307"):
        source(oauth, certified).token()
    assert len(oauth.requests) == 1


def test_given_an_endpoint_whose_certificate_is_not_known_when_asked_then_no_secret_is_sent(oauth, certified):
    with pytest.raises(TokenRefused, match="cannot be reached"):
        source(oauth, certified, ca_file=None).token()
    assert oauth.requests == []


def test_given_tokens_that_end_in_the_middle_of_a_queue_when_it_is_sent_then_every_mail_arrives_once(scene, sink, smarthost, oauth):
    scene.queued(40)
    stage = SendStage(scene.store, smarthost, SendOptions(SendQueueOptions(connections=1)))
    seen = 0

    def ends_now_and_then() -> bool:
        nonlocal seen
        if sink.count // 7 > seen:
            seen = sink.count // 7
            oauth.revoke_all()
            sink.on("MAIL", "530 5.7.57 Client not authenticated to send mail")
        return False

    for _ in range(5):
        stage.run(ends_now_and_then)
    assert set(scene.states().values()) == {"sent"}
    assert sorted(sink.keys.values()) == [1] * 40
    stage.close()
