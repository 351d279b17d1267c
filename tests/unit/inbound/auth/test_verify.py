"""Who a mail is from: the whole of SPF, DKIM, DMARC and ARC on mails of every kind, by a DNS in memory."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgate.inbound.auth import authentication
from mailgate.inbound.auth.resolver import DnsTrouble, Kind, Lookups, Values
from mailgate.inbound.auth.verify import Verifier, VerifyOptions, verified
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.mail.auth.authres import AuthResults
from mailgate.mail.auth.dkim_key import record_text
from mailgate.mail.auth.dkim_sign import SigningKey, signed
from mailgate.mail.model import Envelope
from mailgate.mail.read import read
from mailgate.store.rows import ClaimedEntry
from tests.support.desks.desk import START, Desk, mail_text, submission
from tests.support.harness.pace import seconds_at_rest
from tests.support.waiting import until
from tests.unit.inbound.auth.zone import Answers, Zone

AT = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
KEY = SigningKey("s", Ed25519PrivateKey.generate())
CLIENT, STRANGE = "192.0.2.1", "198.51.100.9"
RAW = b"From: Kari <kari@kunde.no>\r\nTo: support@firma.test\r\nSubject: Hei\r\nMessage-ID: <1@kunde.no>\r\n\r\nHei\r\n"
RECORD = record_text(KEY.private.public_key()).encode()
SPF, DMARC, DKIM = ("kunde.no", "TXT"), ("_dmarc.kunde.no", "TXT"), ("s._domainkey.kunde.no", "TXT")
ALL: Answers = {SPF: (b"v=spf1 ip4:192.0.2.0/24 -all",), DMARC: (b"v=DMARC1; p=reject",), DKIM: (RECORD,)}
NO_DMARC: Answers = {SPF: ALL[SPF], DKIM: ALL[DKIM]}


def intake_message(
    raw: bytes = RAW, client: str = CLIENT, reverse_path: str | None = "kari@kunde.no", protocol: str = "smtp", **more: Any
) -> IntakeMessage:
    envelope = Envelope(reverse_path, ("support@firma.test",))
    entry = ClaimedEntry(more.pop("id", "1"), envelope, raw, "", AT, 1, 0, client, "post.kunde.no", protocol, False, False)
    return IntakeMessage(entry, read(raw, envelope=envelope))


def own(raw: bytes = RAW) -> bytes:
    return signed(raw, "kunde.no", (KEY,), int(AT.timestamp()))


def found(mail: IntakeMessage, answers: Answers = ALL, **more: Any) -> AuthResults:
    return verified(mail, Lookups(Zone(answers), 5), **more)


def test_given_all_is_well_when_verified_then_all_pass() -> None:
    results = found(intake_message(own()))
    assert (results.spf, results.dkim, results.dmarc, results.arc, results.overall) == ("pass", "pass", "pass", "none", "pass")


@pytest.mark.parametrize(
    ("mail", "answers", "dmarc", "overall"),
    [
        (intake_message(client=STRANGE), ALL, "fail", "fail"),
        (intake_message(own(), client=STRANGE), ALL, "pass", "pass"),
        (intake_message(reverse_path="x@annen.no"), {**ALL, ("annen.no", "TXT"): (b"v=spf1 +all",)}, "fail", "fail"),
        (intake_message(client=STRANGE), {**ALL, SPF: "timeout"}, "temperror", "none"),
        (intake_message(own(), client=STRANGE), {**ALL, DKIM: "timeout"}, "temperror", "none"),
        (intake_message(client=STRANGE), {**ALL, DMARC: "timeout"}, "temperror", "none"),
        (intake_message(), NO_DMARC, "none", "pass"),
        (intake_message(own(), client=STRANGE), NO_DMARC, "none", "pass"),
        (intake_message(client=STRANGE), NO_DMARC, "none", "fail"),
        (intake_message(client=STRANGE), {SPF: (b"v=spf1 ~all",)}, "none", "none"),
        (intake_message(client=STRANGE, reverse_path="x@annen.no"), {("annen.no", "TXT"): (b"v=spf1 -all",)}, "none", "none"),
        (intake_message(), {}, "none", "none"),
        (intake_message(own(), client=STRANGE), {SPF: ALL[SPF], DKIM: "timeout"}, "none", "none"),
        (intake_message(), {**ALL, DMARC: (b"v=DMARC1; p=hva", b"x")}, "permerror", "pass"),
    ],
)
def test_given_what_the_domain_says_when_verified_then_the_ladder_gets_a_verdict_that_it_may_rely_on(
    mail: IntakeMessage, answers: Answers, dmarc: str, overall: str
) -> None:
    results = found(mail, answers)
    assert (results.dmarc, results.overall) == (dmarc, overall), results.reasons


@pytest.mark.parametrize(
    "raw",
    [
        RAW.replace(b"To:", b"From: Ond <ond@annen.no>\r\nTo:"),
        RAW.replace(b"Kari <kari@kunde.no>", b""),
        b"\r\nhei",
        b"soppel",
        b"",
        b"\x00" * 99,
    ],
)
def test_given_no_single_author_when_verified_then_nothing_vouches_for_one(raw: bytes) -> None:
    assert (found(intake_message(raw)).dmarc, found(intake_message(raw)).overall) == ("permerror", "none")


def test_given_a_mail_that_did_not_come_by_smtp_when_verified_then_spf_is_silent() -> None:
    assert found(intake_message(protocol="inject")).spf == "none"
    assert found(intake_message(own(), protocol="inject")).dmarc == "pass"


@pytest.mark.parametrize("client", ["127.0.0.1", "10.1.2.3", "::1", "fe80::1", "", "unix", "::ffff:192.168.1.1"])
def test_given_a_client_of_an_inner_network_when_verified_then_its_domain_is_not_blamed(client: str) -> None:
    assert found(intake_message(client=client)).spf == "none"


@pytest.mark.parametrize(
    ("received", "spf"),
    [
        (["from post.kunde.no (post.kunde.no [192.0.2.1])\r\n\tby mx.firma.test (Postfix) with ESMTPS id X"], "pass"),
        (["from [192.0.2.1] (ond.no [198.51.100.9]) by mx.firma.test (Postfix) with ESMTP"], "fail"),
        (["from ond.no ([198.51.100.9] helo=[192.0.2.1]) by mx.firma.test with esmtp (Exim 4.96)"], "fail"),
        (["from ond.no (198.51.100.9) by mx.firma.test (10.0.0.2) with Microsoft SMTP Server"], "fail"),
        (["from ond.no (ond.no [198.51.100.9]) by mx.firma.test", "from x (x [192.0.2.1]) by ond.no"], "fail"),
        (["from =?utf-8?q?x_=28[192.0.2.1]=29_by?= (ond.no [198.51.100.9]) by mx.firma.test (Postfix)"], "fail"),
        (["from mx2 (mx2 [10.9.0.2]) by mx.firma.test", "from x (x [192.0.2.1]) by mx2"], "pass"),
        (["from post.kunde.no (post.kunde.no [IPv6:2001:db8::7]) by mx.firma.test"], "fail"),
        (["by mx.firma.test with local"], "none"),
        (["soppel"], "none"),
        ([], "none"),
    ],
)
def test_given_a_trusted_relay_in_front_when_verified_then_its_received_counts_and_no_other(received: list[str], spf: str) -> None:
    raw = b"".join(b"Received: " + line.encode() + b"\r\n" for line in received) + RAW
    trusted = (ip_network("10.0.0.0/8"),)
    assert found(intake_message(raw, client="10.0.0.2"), trusted=trusted).spf == spf
    assert found(intake_message(raw, client=STRANGE), trusted=trusted).spf == "fail"


def test_given_no_time_left_when_verified_then_all_that_asks_is_a_temperror() -> None:
    results = verified(intake_message(own()), Lookups(Zone(ALL), 0))
    assert (results.spf, results.dkim, results.dmarc, results.overall) == ("temperror", "temperror", "temperror", "none")


class Slow:
    """A DNS on which one domain hangs until the test lets go."""

    def __init__(self) -> None:
        self.let_go, self._zone = threading.Event(), Zone(ALL)

    def ask(self, name: str, kind: Kind, within_s: float) -> Values:
        """See Dns."""
        if name.endswith("treg.no"):
            self.let_go.wait(20)
            raise DnsTrouble("no answer in time")
        return self._zone.ask(name, kind, within_s)


def test_12_14_given_a_slow_domain_when_a_batch_is_verified_then_the_others_do_not_wait_for_it() -> None:
    slow = Slow()
    verifier = Verifier(slow, VerifyOptions(batch_wait_s=2.0))
    batch = [
        intake_message(RAW.replace(b"kunde.no", b"treg.no"), reverse_path="a@treg.no", id="0"),
        *(intake_message(own(), id=str(n)) for n in range(1, 20)),
    ]
    first, *others = verifier.results(batch)
    assert {one.dmarc for one in others if one} == {"pass"}
    assert (first, None in others) == (None, False)
    slow.let_go.set()
    (found,) = verifier.results(batch[:1])
    assert found is not None
    assert found.dmarc == "temperror"
    verifier.close()


def test_12_14_given_many_invented_subdomains_when_they_are_slow_then_they_share_a_budget_and_others_are_verified() -> None:
    slow = Slow()
    verifier = Verifier(slow, VerifyOptions(batch_wait_s=0.2))
    invented = [
        intake_message(RAW.replace(b"kunde.no", b"x%d.treg.no" % n), f"192.0.2.{n}", f"a@x{n}.treg.no", id=f"slow {n}") for n in range(40)
    ]
    assert set(verifier.results(invented)) == {None}
    assert sum(task.future is not None for task in verifier._tasks.values()) == VerifyOptions().per_budget
    (found,) = verifier.results([intake_message(own(), id="customer")])
    assert found is not None
    assert found.dmarc == "pass"
    slow.let_go.set()
    verifier.close()


def test_12_14_given_a_domain_that_never_answers_when_a_mail_has_waited_long_enough_then_it_goes_on_without_results() -> None:
    slow, clock = Slow(), SteppedSeconds()
    verifier = Verifier(slow, VerifyOptions(batch_wait_s=0.05), clock)
    message = intake_message(RAW.replace(b"kunde.no", b"treg.no"), reverse_path="a@treg.no")
    assert verifier.results([message]) == [None]
    clock.now_s += VerifyOptions().patience_s
    (found,) = verifier.results([message])
    assert found is not None
    assert (found.dmarc, found.overall, verifier._tasks) == ("temperror", "none", {})
    slow.let_go.set()
    verifier.close()


class SteppedSeconds:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_given_a_trusted_server_in_front_when_it_says_something_then_nobody_asks_the_dns() -> None:
    zone = Zone(ALL)
    verifier = Verifier(zone, VerifyOptions())
    vouched = intake_message(b"Authentication-Results: mx.firma.test; dmarc=fail header.from=kunde.no\r\n" + RAW, id="1")
    forged = intake_message(b"Authentication-Results: mx.ond.test; dmarc=pass header.from=kunde.no\r\n" + RAW, client=STRANGE, id="2")
    ids = {"mx.firma.test"}
    vouched, forged = (
        replace(one, results=authentication.read_auth_results(one.mail, one.entry.envelope, ids)) for one in (vouched, forged)
    )
    known, _ = authentication.verify_unknown([vouched], verifier)
    assert (known[0].results.dmarc, zone.asked) == ("fail", [])
    known, late = authentication.verify_unknown([vouched, forged], verifier)
    assert ([one.results.dmarc for one in known], late) == (["fail", "fail"], [])
    assert zone.asked
    assert authentication.verify_now(forged, None).results == AuthResults()
    verifier.close()


FRAGMENTS = st.sampled_from(
    [b"v=1; a=rsa-sha256; ", b"a=ed25519-sha256;", b"d=kunde.no;", b"s=s;", b"h=from:to;", b"bh=AAAA;", b"b=;", b"b=AAAA",
     b"c=relaxed/relaxed;", b"i=1;", b"i=@kunde.no;", b"cv=none;", b"cv=pass;", b"l=0;", b"l=-1;", b"t=1;", b"x=0;", b"q=dns;", b"=", b";",
     b"\r\n ", b"\xff", b"h=;", b"c=/"]
)  # fmt: skip
FIELD = st.sampled_from([b"DKIM-Signature", b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results", b"From", b"", b"\xff"])
MAIL = st.lists(st.tuples(FIELD, st.lists(FRAGMENTS, max_size=12)), max_size=8)
TEXT = st.one_of(st.binary(max_size=60), st.lists(st.sampled_from(
    [b"v=spf1 ", b"include:kunde.no ", b"redirect=kunde.no ", b"a:%{p}.no ", b"mx ", b"ptr ", b"exists:%{l1r+}.no ", b"-all", b"ip4:",
     b"ip6:::/0 ", b"exp=%{c} ", b"v=DMARC1;", b"p=reject;", b"rua=x:y", b"v=DKIM1;", b"k=rsa;", b"k=ed25519;", b"p=", RECORD, b"%"]
), max_size=8).map(b"".join))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    fields=MAIL,
    texts=st.lists(TEXT, max_size=3),
    body=st.binary(max_size=40),
    path=st.one_of(st.none(), st.text(max_size=12)),
    helo=st.text(max_size=8),
)
def test_given_any_mail_and_any_dns_when_verified_then_there_is_a_result_and_no_exception(
    fields: list[tuple[bytes, list[bytes]]], texts: list[bytes], body: bytes, path: str | None, helo: str
) -> None:
    raw = b"".join(name + b": " + b"".join(parts) + b"\r\n" for name, parts in fields) + RAW + body
    mail = intake_message(raw, reverse_path=path)
    zone = Anything(tuple(texts))
    results = verified(mail, Lookups(zone, 5))
    assert {results.spf, results.dkim, results.dmarc, results.arc} <= {
        "pass", "fail", "softfail", "neutral", "none", "temperror", "permerror", "policy",
    }  # fmt: skip


class Anything:
    """A DNS that answers every question with the same nonsense."""

    def __init__(self, texts: tuple[bytes, ...]) -> None:
        self._texts = texts

    def ask(self, name: str, kind: Kind, within_s: float) -> Values:
        """See Dns."""
        return {"TXT": self._texts, "MX": ((1, "kunde.no"), (0, "")), "A": ("192.0.2.9",), "AAAA": ("::1",), "PTR": ("a..b", "kunde.no")}[
            kind
        ]


@pytest.mark.timing
@pytest.mark.parametrize(
    "raw",
    [
        own().replace(b"\r\n\r\nHei", b"\r\n\r\nHei" + b" " * 2_000_000),
        own() + b"\r\n" * 500_000,
        b"X: y\r\n" * 900 + own(),
        b"X-Lang: " + b"y\r\n " * 30_000 + b"\r\n" + own(),
        own().replace(b"h=From", b"h=" + b"a:" * 3000 + b"From"),
        b"DKIM-Signature: b=" + b" \r\n " * 20_000 + b"\r\n" + RAW,
        own()[:-5] + b"\t " * 400_000,
        b"ARC-Seal: i=1; b="
        + b" " * 7000
        + b"\r\n"
        + b"ARC-Message-Signature: i=1; c=simple/simple; h=from; b="
        + b" " * 7000
        + b"\r\n"
        + RAW
        + b" " * 500_000,
    ],
    ids=["spaces", "empty lines", "fields", "folds", "names", "signature", "tabs", "arc"],
)
def test_given_a_mail_that_is_made_to_be_slow_when_verified_then_it_is_not(raw: bytes) -> None:
    mail = intake_message(RAW)
    slow = IntakeMessage(ClaimedEntry(**{**{name: getattr(mail.entry, name) for name in mail.entry.__slots__}, "raw": raw}), mail.mail)
    assert seconds_at_rest(lambda: found(slow), runs=1) < 1.5


def _verifying(desk: Desk, answers: Answers) -> Verifier:
    verifier = Verifier(Zone(answers), VerifyOptions())
    desk.intake._options = replace(desk.intake._options, verifier=verifier)
    return verifier


REJECTED = {("_dmarc.kunde.example", "TXT"): (b"v=DMARC1; p=reject",)}


def test_given_a_forged_participant_when_intake_verifies_then_the_mail_is_held_and_a_person_reads_why(desk: Desk) -> None:
    verifier = _verifying(desk, REJECTED)
    entry = desk.take(mail_text("Per <per@kunde.example>"), desk.reply_address(desk.per))
    with desk.store.reading() as uow:
        row = uow.journal.get(entry)
    assert (desk.state(entry), row.decision.trust) == ("held", "doubtful")
    assert "kunde.example asks for p=reject" in row.decision.trail["trust"][1]
    verifier.close()


def test_given_no_dns_at_all_when_intake_verifies_then_a_participant_still_gets_through(desk: Desk) -> None:
    silent = {(name, "TXT"): "no answer in time" for name in ("kunde.example", "_dmarc.kunde.example")}
    verifier = _verifying(desk, silent)
    entry = desk.take(mail_text("Per <per@kunde.example>"), desk.reply_address(desk.per))
    with desk.store.reading() as uow:
        row = uow.journal.get(entry)
    assert (desk.state(entry), row.decision.trust) == ("commented", "participant")
    verifier.close()


def test_given_a_mail_that_its_domain_vouches_for_when_intake_verifies_then_the_participant_is_confirmed(desk: Desk) -> None:
    record = record_text(KEY.private.public_key()).encode()
    verifier = _verifying(desk, {**REJECTED, ("s._domainkey.kunde.example", "TXT"): (record,)})
    raw = mail_text("Per <per@kunde.example>").replace("\n", "\r\n").encode()
    entry = desk.take(
        signed(raw, "kunde.example", (KEY,), int(START.timestamp())).decode().replace("\r\n", "\n"), desk.reply_address(desk.per)
    )
    with desk.store.reading() as uow:
        row = uow.journal.get(entry)
    assert (desk.state(entry), row.decision.trust) == ("commented", "confirmed")
    verifier.close()


def test_12_14_given_mail_of_a_slow_domain_in_front_when_a_reply_comes_then_it_is_a_comment_at_once(desk: Desk) -> None:
    slow = Slow()
    verifier = Verifier(slow, VerifyOptions(batch_wait_s=0.1))
    desk.intake._options = replace(desk.intake._options, verifier=verifier)
    text = mail_text("A <a@x1.treg.no>", "Hei", "tistel")
    waiting = desk.journal.append_many([submission(text, "support@firma.example", "a@x1.treg.no")])[0].journal_id
    entry = desk.take(mail_text("Per <per@kunde.example>"), desk.reply_address(desk.per))
    assert (desk.state(entry), desk.state(waiting)) == ("commented", "pending")
    slow.let_go.set()
    desk.clock.step(timedelta(seconds=2))
    until(lambda: desk.intake.run(lambda: False) and desk.state(waiting) == "redirected", 10, "the slow mail to go on")
    with desk.store.reading() as uow:
        assert uow.journal.get(waiting).attempts == 1
    verifier.close()
