"""Which recipients are ours. By form only."""

from __future__ import annotations

from datetime import date

import pytest

from mailgate.cases.tokens import TokenKeys, bounce_token, reply_token
from mailgate.errors import Rejected
from mailgate.inbound.smtp.arguments import read_forward_path
from mailgate.inbound.smtp.recipients import OwnAddresses, own_recipients

OWN = OwnAddresses("firma.test", frozenset({"support@firma.test", "Hjelp@Firma.test", "hei@annet.test"}), frozenset({"reply.firma.test"}))
KEYS = TokenKeys({1: bytes(range(32))})
TOKEN = reply_token(KEYS, 123, 4, date(2027, 1, 1))
BOUNCE = bounce_token(KEYS, "019aac0e-8c00-7000-8000-000000000001")
check = own_recipients(OWN)


def verdict(text: str) -> str:
    """The address that is kept, or the reply."""
    try:
        return check(read_forward_path(f"<{text}>".encode())[0])
    except Rejected as refusal:
        return str(refusal.reply)[:9]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("support@firma.test", "support@firma.test"),
        ("SUPPORT@FIRMA.TEST", "support@firma.test"),
        ("hjelp@firma.test", "hjelp@firma.test"),
        ("hei@annet.test", "hei@annet.test"),
        ("postmaster", "postmaster@firma.test"),
        ("Postmaster@annet.test", "postmaster@annet.test"),
        ("abuse@reply.firma.test", "abuse@reply.firma.test"),
        (f"support+{TOKEN}@firma.test", f"support+{TOKEN}@firma.test"),
        (f"Support+{TOKEN.upper()}@firma.test", f"support+{TOKEN}@firma.test"),
        (f"{TOKEN}@reply.firma.test", f"{TOKEN}@reply.firma.test"),
        (f"bounces+{BOUNCE}@firma.test", f"bounces+{BOUNCE}@firma.test"),
        (f"bounces+{BOUNCE}@reply.firma.test", f"bounces+{BOUNCE}@reply.firma.test"),
    ],
)
def test_given_an_address_of_ours_then_it_is_kept_in_lower_case(given: str, kept: str) -> None:
    assert verdict(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "nobody@firma.test",
        "support@annet.test",
        "hei@firma.test",
        "support+x@firma.test",
        "support+@firma.test",
        f"nobody+{TOKEN}@firma.test",
        f"{TOKEN}@firma.test",
        f"support+{TOKEN}1@firma.test",
        f"support+{TOKEN[:-2]}01@firma.test",
        "bounces@firma.test",
        "support@reply.firma.test",
        f"hei+{TOKEN}@firma.test",
        f"abuse+{TOKEN}@firma.test",
    ],
)
def test_given_an_unknown_one_in_our_domain_then_550_5_1_1(given: str) -> None:
    assert verdict(given) == "550 5.1.1"


@pytest.mark.parametrize(
    "given",
    [
        "a@fremmed.test",
        "support@sub.firma.test",
        "support@firma.test.fremmed.test",
        "support@[127.0.0.1]",
        "@relay.test:support@firma.test",
        "a%fremmed.test@firma.test",
        "fremmed.test!a@firma.test",
        '"a@fremmed.test"@firma.test',
        '"support "@firma.test',
        '""@firma.test',
    ],
)
def test_given_what_would_be_handed_on_then_550_5_7_1(given: str) -> None:
    assert verdict(given) == "550 5.7.1"


def test_given_a_forged_token_then_its_form_is_enough_here() -> None:
    forged = TOKEN[:20] + ("q" if TOKEN[20] != "q" else "r") + TOKEN[21:]
    assert verdict(f"support+{forged}@firma.test").endswith("@firma.test")
