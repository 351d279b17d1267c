"""Reverse-paths rewritten by forwarders: read back only for fronts of our own domain."""

import pytest

from mailgate.mail.srs import original_sender, sender_behind

OWN = frozenset({"firma.example"})


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("support+SRS=AbCdE=XY=annet.example=per@firma.example", "per@annet.example"),
        ("SRS0=HHH=TT=annet.example=per@firma.example", "per@annet.example"),
        ("SRS0+HHH=TT=Annet.Example=per.nes+x@firma.example", "per.nes+x@annet.example"),
        ("srs0=hhh=tt=annet.example=per@firma.example", "per@annet.example"),
        ("SRS0=HHH=TT=annet.example=a=b@firma.example", "a=b@annet.example"),
        ("SRS1=HHH=forste.example==HHH=TT=annet.example=per@firma.example", "per@annet.example"),
        ("bounces+SRS=k5B/t=VT=annet.example=per@firma.example", "per@annet.example"),
    ],
)
def test_given_an_srs_form_of_our_own_domain_when_read_then_the_sender_is_the_one_in_it(address, sender):
    assert original_sender(address) == sender
    assert sender_behind(address, OWN) == sender


@pytest.mark.parametrize(
    "address",
    [None, "per@annet.example", "support@firma.example", "srs@firma.example", "SRS0=HHH@firma.example", "SRS0=a=b=c@firma.example",
     "SRS0=HHH=TT=annet.example=per@videresender.example", "support+salg@firma.example"],
)  # fmt: skip
def test_given_any_other_address_when_read_then_it_stays(address):
    assert sender_behind(address, OWN) == address
