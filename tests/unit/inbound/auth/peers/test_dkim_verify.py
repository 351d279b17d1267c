"""DKIM and ARC against a real DNS server: signatures by dkimpy and by mailgate, good and bad, and what other verifiers say of ours."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path

import dkim
import pytest

from mailgate.inbound.auth.dkim import chain, signatures
from mailgate.inbound.auth.resolver import DnsResolver, Lookups, ResolverOptions
from mailgate.mail.auth.dkim_key import record_text
from mailgate.mail.auth.dkim_sign import SigningKey, signed
from mailgate.mail.auth.signed_parts import parts_of
from tests.support.harness.pace import seconds_at_rest
from tests.support.peers import opendkim, signing
from tests.support.peers.nameserver import silent_server
from tests.support.peers.zones import ZONES

pytestmark = [pytest.mark.packages]
OURS = (SigningKey("god", signing.rsa()), SigningKey("ed", signing.ed25519()))


def _found(raw: bytes, resolver: DnsResolver, author: str = "kunde.no", at_s: float | None = None) -> list[tuple[str, str]]:
    lookups = Lookups(resolver, 5)
    found = signatures(parts_of(raw), author, lookups, signing.now_s() if at_s is None else at_s)
    return [(one.domain, one.result) for one in found]


def _ours(raw: bytes = signing.PLAIN) -> bytes:
    return signed(raw, "kunde.no", OURS, int(time.time()))


GOOD = {
    "relaxed RSA by dkimpy": signing.by_dkimpy(signing.PLAIN, "god"),
    "Ed25519 by dkimpy": signing.by_dkimpy_ed25519(signing.PLAIN, "ed"),
    "ours": _ours(),
    "bare LF": signing.by_dkimpy(signing.PLAIN, "god").replace(b"\r\n", b"\n"),
    "an empty body": signing.by_dkimpy(b"From: a@kunde.no\r\nSubject: x\r\n\r\n", "god"),
    "l= of the whole body": signing.by_dkimpy(signing.PLAIN, "god", length=True),
    "spaces changed on the way": _ours().replace(b"Subject: Hei", b"Subject:   Hei ").replace(b"der\r\n", b"der  \r\n"),
    "lines added by a relay above": b"Received: from a by b; today\r\n" + _ours(),
}


@pytest.mark.parametrize("name", GOOD)
def test_given_a_good_signature_when_verified_then_all_of_them_pass(name: str, resolver: DnsResolver) -> None:
    assert {result for _, result in _found(GOOD[name], resolver)} == {"pass"}


TAMPERED = {
    "body": _ours().replace(b"der\r\n", b"her\r\n"),
    "body added": _ours() + b"mer\r\n",
    "subject": _ours().replace(b"Subject: Hei", b"Subject: Nei"),
    "author": _ours().replace(b"Kari <kari@kunde.no>", b"Sjef <sjef@kunde.no>"),
    "second From": _ours().replace(b"From: Kari", b"From: Ond <ond@annen.no>\r\nFrom: Kari"),
    "second Subject": _ours().replace(b"Subject: Hei", b"Subject: Ny\r\nSubject: Hei"),
    "Reply-To added": _ours().replace(b"Subject: Hei", b"Reply-To: ond@annen.no\r\nSubject: Hei"),
    "Content-Type added": _ours().replace(b"Subject: Hei", b"Content-Type: text/html\r\nSubject: Hei"),
    "another key": signing.by_dkimpy(signing.PLAIN, "annen"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_given_a_mail_that_was_changed_when_verified_then_every_signature_fails(name: str, resolver: DnsResolver) -> None:
    assert {result for _, result in _found(TAMPERED[name], resolver)} == {"fail"}


UNUSABLE = ("trukket", "soppel", "ingenp", "sha1", "ikkepost", "svaer", "finnesikke", "ed")


@pytest.mark.parametrize("selector", UNUSABLE)
def test_given_a_key_that_cannot_be_used_when_verified_then_it_is_a_permerror(selector: str, resolver: DnsResolver) -> None:
    assert _found(signing.by_dkimpy(signing.PLAIN, selector), resolver) == [("kunde.no", "permerror")]


def test_given_a_key_for_the_domain_itself_when_i_names_a_subdomain_then_it_is_a_permerror(resolver: DnsResolver) -> None:
    field = dkim.DKIM(signing.PLAIN).sign(b"strengt", b"kunde.no", signing.pem(signing.rsa()), identity=b"@post.kunde.no")
    assert _found(field + signing.PLAIN, resolver) == [("kunde.no", "permerror")]
    assert _found(signing.by_dkimpy(signing.PLAIN, "strengt"), resolver) == [("kunde.no", "pass")]


def test_given_a_signature_of_a_part_of_the_body_when_more_is_added_then_it_does_not_count(resolver: DnsResolver) -> None:
    raw = signing.by_dkimpy(signing.PLAIN, "god", length=True)
    assert _found(raw.rstrip(b"\r\n") + b"\r\nog betal hit\r\n", resolver) == [("kunde.no", "policy")]
    longer = re.sub(rb"l=\d+", b"l=99999", raw)
    assert _found(longer, resolver) == [("kunde.no", "permerror")]


def test_given_a_signature_that_does_not_cover_the_author_when_verified_then_it_is_a_permerror(resolver: DnsResolver) -> None:
    raw = signing.by_dkimpy(signing.PLAIN, "god", names=[b"from", b"subject"])
    assert _found(re.sub(rb"h=from : ", b"h=", raw), resolver) == [("kunde.no", "permerror")]


def test_given_an_old_digest_when_verified_then_it_is_a_permerror(resolver: DnsResolver) -> None:
    raw = signing.by_dkimpy(signing.PLAIN, "god").replace(b"a=rsa-sha256", b"a=rsa-sha1")
    assert _found(raw, resolver) == [("kunde.no", "permerror")]


def test_given_a_signature_with_an_end_when_it_has_come_then_it_fails_and_not_before(resolver: DnsResolver) -> None:
    now = int(time.time())
    expiring = signed(signing.PLAIN, "kunde.no", OURS[:1], now - 7200)
    # x= cannot be made by our signer; what is judged is the time at acceptance, before the signature itself.
    expiring = expiring.replace(f"t={now - 7200};".encode(), f"t={now - 7200}; x={now - 3600};".encode())
    assert _found(expiring, resolver, at_s=now) == [("kunde.no", "fail")]
    reasons = [one.reason for one in signatures(parts_of(expiring), "kunde.no", Lookups(resolver, 5), now)]
    assert reasons == ["the signature has expired"]
    reasons = [one.reason for one in signatures(parts_of(expiring), "kunde.no", Lookups(resolver, 5), now - 5000)]
    assert reasons == ["the signature does not fit"]


def test_given_a_signature_from_the_future_when_verified_then_it_is_a_permerror(resolver: DnsResolver) -> None:
    raw = signed(signing.PLAIN, "kunde.no", OURS[:1], int(time.time()) + 86_400)
    assert _found(raw, resolver) == [("kunde.no", "permerror")]


def test_given_several_signatures_when_verified_then_the_authors_come_first_and_a_broken_one_spoils_none(resolver: DnsResolver) -> None:
    good = signing.by_dkimpy(signing.PLAIN, "god")
    both = good.split(b"From:")[0].replace(b"kunde.no", b"annen.no") + b"DKIM-Signature: soppel\r\n" + good
    assert _found(both, resolver) == [("kunde.no", "pass"), ("annen.no", "permerror"), ("", "permerror")]


def test_given_a_hundred_signatures_when_verified_then_eight_are_looked_at(resolver: DnsResolver) -> None:
    field = signing.by_dkimpy(signing.PLAIN, "god").split(b"From:")[0]
    raw = field.replace(b"kunde.no", b"annen.no") * 100 + signing.by_dkimpy(signing.PLAIN, "god")
    found = _found(raw, resolver)
    assert len(found) == 8
    assert found[0] == ("kunde.no", "pass")


def test_given_a_zone_that_cannot_be_served_when_verified_then_it_is_a_temperror(resolver: DnsResolver) -> None:
    raw = signing.by_dkimpy(signing.PLAIN, "god", "broken.test")
    assert _found(raw, resolver) == [("broken.test", "temperror")]


@pytest.mark.timing
def test_given_a_server_that_never_answers_when_verified_then_it_is_a_temperror_in_time() -> None:
    with silent_server() as port:
        resolver = DnsResolver(ResolverOptions(0.4, (("127.0.0.1", port),)))
        begun = time.monotonic()
        raw = signing.by_dkimpy(signing.PLAIN, "god")
        assert _found(raw, resolver) == [("kunde.no", "temperror")]
        assert time.monotonic() - begun < 2
        assert _found(raw, resolver) == [("kunde.no", "temperror")]  # silence is kept, too
        assert time.monotonic() - begun < 2


def _sealed(raw: bytes, selector: str = "god") -> bytes:
    results = b"Authentication-Results: relay.kunde.no; dkim=pass header.d=kunde.no; dmarc=pass header.from=kunde.no\r\n"
    fields = dkim.arc_sign(results + raw, selector.encode(), b"kunde.no", signing.pem(signing.rsa()), b"relay.kunde.no")
    return b"".join(fields) + raw


def test_given_an_arc_chain_when_verified_then_one_and_two_seals_pass_and_a_change_fails(resolver: DnsResolver) -> None:
    once = _sealed(signing.PLAIN)
    assert chain(parts_of(once), Lookups(resolver, 5)) == ("pass", "")
    assert chain(parts_of(_sealed(once)), Lookups(resolver, 5)) == ("pass", "")
    assert chain(parts_of(once.replace(b"der\r\n", b"her\r\n")), Lookups(resolver, 5))[0] == "fail"
    assert chain(parts_of(once.replace(b"ARC-Seal: i=1", b"ARC-Seal: i=2")), Lookups(resolver, 5))[0] == "fail"
    assert chain(parts_of(signing.PLAIN), Lookups(resolver, 5)) == ("none", "")
    assert chain(parts_of(_sealed(signing.PLAIN, "trukket")), Lookups(resolver, 5))[0] == "fail"


def test_given_our_signatures_when_dkimpy_verifies_them_then_both_are_good() -> None:
    keys = {f"{key.selector}._domainkey.kunde.no.": record_text(key.private.public_key()).encode() for key in OURS}
    raw = _ours()
    for index in (0, 1):
        assert dkim.DKIM(raw).verify(index, dnsfunc=lambda name, timeout=5: keys[name.decode()])


@pytest.mark.parametrize("body", [b"", b"x", b"\r\n\r\n", b" \r\n\t\r\n a  b \r\n\r\n", "æøå\r\n".encode() * 50])
@pytest.mark.parametrize("fold", [b"", b"\r\n  ", b" \t"])
def test_given_odd_forms_when_we_sign_then_dkimpy_agrees(body: bytes, fold: bytes) -> None:
    raw = b"From: a@kunde.no\r\nSubject: lang" + fold + b" tekst \r\nX-Other: y\r\n\r\n" + body
    record = record_text(OURS[0].private.public_key()).encode()
    assert dkim.DKIM(_ours(raw)).verify(0, dnsfunc=lambda name, timeout=5: record)


@pytest.mark.parametrize("keys", [OURS, OURS[:1], OURS[1:]], ids=["both", "rsa", "ed25519"])
def test_given_our_signatures_when_opendkim_verifies_them_then_it_has_no_complaint_and_sees_a_change(
    keys: tuple[SigningKey, ...], tmp_path: Path
) -> None:
    raw = signed(signing.PLAIN, "kunde.no", keys, int(time.time()))
    assert opendkim.verdict(raw, ZONES, tmp_path) == ""
    assert "Bad signature" in opendkim.verdict(raw.replace(b"der\r\n", b"her\r\n"), ZONES, tmp_path)


@pytest.mark.timing
def test_given_the_time_when_signing_then_rsa_takes_half_a_millisecond_and_ed25519_a_tenth() -> None:
    raw = signing.PLAIN + b"En linje med tekst, som i et varsel.\r\n" * 40
    for key, limit_s in ((OURS[0], 0.0005), (OURS[1], 0.0001)):
        took_s = seconds_at_rest(lambda one=key: signed(raw, "kunde.no", (one,), 1), runs=50)
        assert took_s < limit_s * 3, f"{key.algorithm}: {took_s * 1e3:.3f} ms"


def test_given_a_signature_field_when_read_then_its_values_are_base64_and_its_lines_short() -> None:
    head = _ours().split(b"From: Kari")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    for value in re.findall(rb" b=([^;]+?)\r\n(?=DKIM|$)", head, re.DOTALL):
        assert base64.b64decode(b"".join(value.split()), validate=True)
