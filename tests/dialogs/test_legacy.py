"""Legacy senders whom the policy refuses, over real SMTP: who gets 550, who never does, and when the policy or the day changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from mailgate.cases.tokens import TokenKeys, bounce_token, reply_token
from mailgate.clock import SteppedClock
from mailgate.errors import Rejected
from mailgate.inbound.guards.sender_gate import LINE_MAX_OCTETS, OTHERS, PortalReply, Refused, SenderGate, ascii_url
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.rules.legacy import Legacy, PhaseSchedule, PhaseStart, Senders
from mailgate.rules.policy import Policy
from tests.dialogs.driver import Client
from tests.dialogs.server import OWN, ListenAddress, Server

NOW = datetime(2009, 12, 31, 12, 0, tzinfo=UTC)
KEYS = TokenKeys({1: bytes(range(32))})
TOKEN = reply_token(KEYS, 7, 3, date(2030, 1, 1))
BOUNCE = bounce_token(KEYS, "01890a5d-ac96-774b-bcce-b302099a8057")
PLAN = PhaseSchedule((PhaseStart("accept"), PhaseStart("redirect", date(2009, 4, 1)), PhaseStart("refuse", date(2009, 10, 1))))
REFUSED = (
    r"550-5\.7\.1 Siden 1\. april 2009 tar vi ikke imot saker som e-post\. Registrer saken i supportweb: https://support\.firma\.test\n"
    r"550 5\.7\.1 Since 1 April 2009 we take no cases by e-mail\. Please register your case in supportweb: https://support\.firma\.test"
)


def policy_with(*senders: Senders, schedule: PhaseSchedule | None = None) -> Policy:
    return replace(SUPPORTWEB_POLICY, legacy=Legacy(schedule or PhaseSchedule(), senders))


def gate(
    policy: Policy, clock: Callable[[], datetime] = lambda: NOW, url: str = "https://support.firma.test", language: str = "nb"
) -> SenderGate:
    return SenderGate(PortalReply(frozenset(OWN.mailboxes), OWN.domains, url, language), clock, policy)


CLOSED = policy_with(
    Senders("kunde.test", PLAN),
    Senders("xn--blbr-roah.test", PLAN),
    Senders("stor.test", PLAN, subdomains=True),
    Senders("apen.stor.test", PhaseSchedule()),
    Senders("firma.test", PLAN),
)


def greeted(server: Server) -> Client:
    client = Client(server.port)
    client.expect("220 .*")
    client.exchange("EHLO klient.test", "250.*")
    return client


@pytest.mark.parametrize(
    "sender", ["ola@kunde.test", "OLA@KUNDE.TEST", "ola@stor.test", "ola@a.b.stor.test", "bouncer@kunde.test", "ola@xn--blbr-roah.test"]
)
@pytest.mark.parametrize("recipient", ["support@firma.test", "SUPPORT@FIRMA.TEST", "hjelp@firma.test"])
def test_given_a_refused_domain_when_it_writes_to_support_then_550_has_the_way_to_the_portal(serve, sender, recipient):
    with greeted(serve(senders=gate(CLOSED).check)) as client:
        client.exchange(f"MAIL FROM:<{sender}>", "250 .*")
        client.exchange(f"RCPT TO:<{recipient}>", REFUSED)
        client.exchange("DATA", "554 5.5.1 .*")


@pytest.mark.parametrize(
    ("sender", "recipient"),
    [
        ("", "support@firma.test"),  # bounces
        ("ola@kunde.test", f"support+{TOKEN}@firma.test"),  # a reply to a notice
        ("ola@kunde.test", f"{TOKEN}@reply.firma.test"),
        ("", f"bounces+{BOUNCE}@firma.test"),
        ("ola@kunde.test", f"bounces+{BOUNCE}@firma.test"),
        ("ola@kunde.test", "postmaster@firma.test"),
        ("ola@kunde.test", "Postmaster"),
        ("ola@kunde.test", "ABUSE@firma.test"),
        ("no-reply@kunde.test", "support@firma.test"),  # machines: nobody reads the link
        ("mailer-daemon@kunde.test", "support@firma.test"),
        ("bounces+9=ola=x.test@kunde.test", "support@firma.test"),
        ("ola@post.kunde.test", "support@firma.test"),  # a subdomain that is not taken in
        ("ola@apen.stor.test", "support@firma.test"),
        ("ola@annen.test", "support@firma.test"),
        ("support@firma.test", "support@firma.test"),  # ourselves, whatever the policy says
    ],
)
def test_given_refused_domains_when_a_reply_a_bounce_a_machine_or_another_domain_writes_then_it_is_accepted(serve, sender, recipient):
    with greeted(serve(senders=gate(CLOSED).check)) as client:
        client.exchange(f"MAIL FROM:<{sender}>", "250 .*")
        client.exchange(f"RCPT TO:<{recipient}>", "250 2.1.5 .*")


def test_given_one_mail_to_support_and_to_a_case_when_the_domain_is_refused_then_the_case_gets_it(serve):
    server = serve(senders=gate(CLOSED).check)
    with greeted(server) as client:
        client.exchange("MAIL FROM:<ola@kunde.test>", "250 .*")
        client.exchange("RCPT TO:<support@firma.test>", "550-.*")
        client.exchange(f"RCPT TO:<support+{TOKEN}@firma.test>", "250 .*")
        client.exchange("DATA", "354 .*")
        client.send(b"Subject: Re: sak\r\n\r\nHei\r\n.\r\n")
        client.expect("250 2.0.0 .*")
    assert len(server.stored) == 1
    assert server.counted("refused", "legacy_refused") == 1


def test_given_an_international_domain_and_smtputf8_when_it_is_refused_then_both_spellings_are(serve):
    with greeted(serve(senders=gate(CLOSED).check)) as client:
        client.exchange("MAIL FROM:<bjørn@BLÅBÆR.test> SMTPUTF8", "250 .*")
        client.exchange("RCPT TO:<support@firma.test>", "550-.*\n550 .*")


def test_given_an_everyday_sender_of_a_refused_domain_when_it_tries_again_and_again_then_the_session_goes_on(serve):
    """A refused sender guesses no addresses: no delay, no 421, no mark against the client's address, which may be a big provider's."""
    server = serve(senders=gate(CLOSED).check)
    with greeted(server) as client:
        for _ in range(30):
            client.exchange("MAIL FROM:<ola@kunde.test>", "250 .*")
            client.exchange("RCPT TO:<support@firma.test>", "550-.*")
            client.exchange("RSET", "250 .*")
    assert server.counted("refused", "legacy_refused") == 30
    assert server.counted("refused", "too_many_refused_recipients") == 0


def test_given_pipelined_commands_when_one_recipient_is_refused_then_the_replies_stay_in_order(serve):
    with greeted(serve(senders=gate(CLOSED).check)) as client:
        client.send(b"MAIL FROM:<ola@kunde.test>\r\nRCPT TO:<support@firma.test>\r\nRCPT TO:<abuse@firma.test>\r\nNOOP\r\n")
        client.expect("250 2.1.0 .*")
        client.expect(REFUSED)
        client.expect("250 2.1.5 .*")
        client.expect("250 2.0.0 .*")


def test_given_lmtp_when_a_domain_is_refused_then_the_recipient_is_refused_too(serve):
    server = serve(ListenAddress(port=0, protocol="lmtp"), senders=gate(CLOSED).check)
    with Client(server.port) as client:
        client.expect("220 .*")
        client.exchange("LHLO klient.test", "250.*")
        client.exchange("MAIL FROM:<ola@kunde.test>", "250 .*")
        client.exchange("RCPT TO:<support@firma.test>", "550-.*")


def test_given_a_new_policy_in_the_middle_of_a_session_when_the_next_recipient_comes_then_it_holds(serve):
    watched = gate(SUPPORTWEB_POLICY)
    server = serve(senders=watched.check)
    with greeted(server) as client:
        client.exchange("MAIL FROM:<ola@kunde.test>", "250 .*")
        client.exchange("RCPT TO:<support@firma.test>", "250 .*")
        server.call(watched.use, CLOSED)
        client.exchange("RCPT TO:<hjelp@firma.test>", "550-.*")
        server.call(watched.use, SUPPORTWEB_POLICY)
        client.exchange("RCPT TO:<hjelp@firma.test>", "250 .*")


def test_given_the_day_on_which_refusal_begins_when_midnight_passes_in_oslo_then_mail_is_refused(serve):
    clock = SteppedClock(datetime(2009, 9, 30, 21, 59, 59, tzinfo=UTC))
    server = serve(senders=gate(CLOSED, clock).check)
    with greeted(server) as client:
        client.exchange("MAIL FROM:<ola@kunde.test>", "250 .*")
        client.exchange("RCPT TO:<support@firma.test>", "250 .*")
        clock.step(timedelta(seconds=1))
        client.exchange("RCPT TO:<support@firma.test>", "550-.*")


@pytest.mark.parametrize(
    ("language", "first"),
    [
        ("nb", "550-5.7.1 Siden 1. april 2009 tar vi ikke imot saker som e-post. Registrer saken i supportweb: "),
        ("nn", "550-5.7.1 Sidan 1. april 2009 tek vi ikkje imot saker som e-post. Registrer saka i supportweb: "),
        ("en", "550 5.7.1 Since 1 April 2009 we take no cases by e-mail. Please register your case in supportweb: "),
    ],
)
@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://støtte.firma.test/løsning?a=å", "https://xn--sttte-wua.firma.test/l%C3%B8sning?a=%C3%A5"),
        ("https://support.firma.test/" + "x" * 600, "https://support.firma.test/"),
        ("https://support.firma.test:8443/a", "https://support.firma.test:8443/a"),
    ],
)
def test_given_any_portal_and_language_when_refused_then_each_line_is_ascii_has_the_link_and_fits(serve, language, first, url, shown):
    server = serve(senders=gate(CLOSED, url=url, language=language).check)
    with greeted(server) as client:
        client.exchange("MAIL FROM:<ola@kunde.test>", "250 .*")
        lines = client.exchange("RCPT TO:<support@firma.test>", "550.*").split("\n")
    assert lines[0] == first + shown
    assert all(line.endswith(shown) and len(line) + 2 <= LINE_MAX_OCTETS for line in lines)


def test_given_an_operators_own_text_and_no_day_when_refused_then_it_is_said_with_the_link(serve):
    legacy = Legacy(PhaseSchedule((PhaseStart("refuse"),)), refusal={"nb": "Ring oss paa 22 00 00 00, eller bruk"})
    server = serve(senders=gate(replace(SUPPORTWEB_POLICY, legacy=legacy)).check)
    with greeted(server) as client:
        client.exchange("MAIL FROM:<hvem@helst.test>", "250 .*")
        first, second = client.exchange("RCPT TO:<support@firma.test>", "550.*").split("\n")
    assert first == "550-5.7.1 Ring oss paa 22 00 00 00, eller bruk https://support.firma.test"
    assert second.startswith("550 5.7.1 We no longer take cases by e-mail.")


def test_given_refusals_when_counted_then_each_address_and_day_is_kept_and_a_flood_takes_no_memory():
    closed = gate(CLOSED)
    for number in range(3):
        with pytest.raises(Exception, match=r"5\.7\.1"):
            closed.check(f"Ola{number % 2}@kunde.test", "support@firma.test")
    counts = closed.take_counts()
    assert sorted(counts) == [Refused(NOW.date(), "ola0@kunde.test", 2), Refused(NOW.date(), "ola1@kunde.test", 1)]
    assert closed.take_counts() == []
    closed.give_back(counts)
    for number in range(1500):
        with pytest.raises(Exception, match=r"5\.7\.1"):
            closed.check(f"x{number}@kunde.test", "support@firma.test")
    later = closed.take_counts()
    assert len(later) <= 1001
    assert sum(one.times for one in later) == 1503
    assert next(one.times for one in later if one.address == OTHERS) == 1500 - 998


def test_given_an_ascii_address_when_made_ascii_then_it_stays():
    assert ascii_url("https://a.test/%20b") == "https://a.test/%20b"


@pytest.mark.parametrize(
    ("name", "said"), [("Kundetorget", "Registrer saken i Kundetorget: "), ("Støttetorget", "Registrer saken i portalen: ")]
)
def test_given_a_portal_with_a_name_when_a_sender_is_refused_then_the_reply_says_it_as_far_as_it_is_ascii(name, said):
    portal = PortalReply(frozenset(OWN.mailboxes), OWN.domains, "https://support.firma.test", name=name)
    with pytest.raises(Rejected) as refused:
        SenderGate(portal, lambda: NOW, CLOSED).check("ola@kunde.test", "support@firma.test")
    assert said in refused.value.reply.text
    assert refused.value.reply.text.isascii()
    assert "supportweb" not in refused.value.reply.text
