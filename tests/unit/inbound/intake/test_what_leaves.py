"""What a stranger wrote does not go out under our name. Numbers are those of `tests/project/test_attack_numbers.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailgate.cases.ids import new_id
from mailgate.cases.model import Contact
from mailgate.cases.names import shown_name
from mailgate.inbound.guards.answer_gate import AnswerLimits
from mailgate.rules.legacy import Legacy, PhaseSchedule, PhaseStart, Senders
from tests.support.desks.desk import START, mail_text
from tests.support.desks.mailroom import Mailroom
from tests.support.desks.modes import MODES, deliver, results, set_mode

SUPPORT = "support@firma.example"
ADVERTISING = "VINN EN TELEFON http://annet.example/?a=1 " * 6


@pytest.fixture
def accepting(mailroom: Mailroom) -> Mailroom:
    """Cases are made by mail of akseptert.example, and our names are reserved."""
    senders = (Senders("akseptert.example", PhaseSchedule((PhaseStart("accept"),))),)
    mailroom.policy = replace(mailroom.policy, legacy=Legacy(senders=senders))
    names = frozenset({"Firma AS", "Firma AS kundestøtte"})
    mailroom.intake._options = replace(mailroom.intake._options, reserved_names=names)
    return mailroom


def rename(mailroom: Mailroom, contact: Contact, name: str) -> None:
    with mailroom.store.transaction() as uow:
        uow.contacts.set(replace(contact, name=name))


def to_eva(mailroom: Mailroom) -> Any:
    return next(mail for mail in mailroom.post() if mail.address == "eva@kunde.example")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shown", ["Firma AS", "Firma AS kundestøtte", "Kjersti", "Eva Moen", "Per Nes"])
def test_12_06_given_a_participant_without_a_registered_name_when_they_comment_then_others_see_the_address(accepting, mode, shown):
    set_mode(accepting, mode)
    rename(accepting, accepting.per, "")
    deliver(accepting, mail_text(f'"{shown}" <per@kunde.example>'), accepting.reply_address(accepting.per), "per@kunde.example")
    text = to_eva(accepting).text
    assert "per@kunde.example skrev" in text
    assert f"{shown} skrev" not in text


def test_12_06_given_a_registered_name_when_its_owner_calls_themselves_otherwise_then_others_see_the_registered_one(accepting):
    deliver(accepting, mail_text('"Firma AS" <per@kunde.example>'), accepting.reply_address(accepting.per), "per@kunde.example")
    assert "Per Nes skrev" in to_eva(accepting).text


@pytest.mark.parametrize("name", [
    "Firma AS", "firma  as", "FIRMA-AS", "Firma AS, drift", "\uff26irma AS", "Kjersti", "Firma \u0410S", "F\u0456rma AS", "\u041ajersti",
    "F1rma AS", "FlRMA AS", "f\u00efrma as", "F\u0131rma AS", "Fi\u200brma AS", "\u202eSA amriF",
    "\U0001d405\U0001d422\U0001d42b\U0001d426\U0001d41a AS",
])  # fmt: skip
def test_12_06_given_a_registered_name_like_ours_when_shown_then_it_is_the_address(name):
    contact = Contact(new_id(START), 1, "per@kunde.example", name)
    assert shown_name(contact, ("Firma AS", "Kjersti", "")) == "per@kunde.example"


@pytest.mark.parametrize(
    "name", ["Per Nes", "\u00c5se Moen", "Ole Firmann", "\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432"]
)
def test_12_06_given_a_registered_name_of_ones_own_when_shown_then_it_is_as_it_was_registered(name):
    assert shown_name(Contact(new_id(START), 1, "per@kunde.example", name), ("Firma AS", "Kjersti", "")) == name


def test_12_06_given_a_contact_that_mail_has_made_when_looked_at_then_it_has_no_name(accepting):
    deliver(accepting, mail_text('"Firma AS" <ny@akseptert.example>', "Hei"), SUPPORT, "ny@akseptert.example")
    with accepting.store.reading() as uow:
        assert uow.contacts.by_addresses(["ny@akseptert.example"])["ny@akseptert.example"].name == ""


@pytest.mark.parametrize("mode", MODES)
def test_12_07_given_an_unverified_sender_when_a_case_is_confirmed_then_nothing_of_theirs_leaves(accepting, mode):
    set_mode(accepting, mode)
    text = mail_text('"Klikk http://annet.example/" <offer@akseptert.example>', ADVERTISING, "x")
    assert accepting.state(deliver(accepting, text, SUPPORT, "offer@akseptert.example")) == "created"
    mail = next(mail for mail in accepting.post() if mail.address == "offer@akseptert.example")
    assert all(word not in str(mail.message) for word in ("VINN", "annet.example", "Klikk"))
    assert len(mail.raw) <= 4096
    assert "registrert" in str(mail.message["Subject"])


@pytest.mark.parametrize("finding", ["dmarc=pass header.from=akseptert.example", "spf=pass smtp.mailfrom=a@akseptert.example"])
def test_12_07_given_a_verified_sender_when_a_case_is_confirmed_then_the_subject_is_in_it(accepting, finding):
    set_mode(accepting, "header")
    text = results(finding) + mail_text("A <a@akseptert.example>", "Faktura 17", "x")
    deliver(accepting, text, SUPPORT, "a@akseptert.example")
    mail = next(mail for mail in accepting.post() if mail.address == "a@akseptert.example")
    assert "Faktura 17" in str(mail.message["Subject"])


@pytest.mark.parametrize("mode", MODES)
def test_12_07_given_spellings_of_one_mailbox_when_mail_comes_then_it_is_answered_once(mailroom, mode):
    set_mode(mailroom, mode)
    for at, spelling in enumerate(("k.lunde@gmail.com", "klunde@gmail.com", "kl.unde+x@googlemail.com")):
        deliver(mailroom, mail_text(f"A <{spelling}>", f"Hei {at}", f"tistel {at}"), SUPPORT, spelling)
    assert len([one for one in mailroom.settle_notices() if one[0] == "redirect"]) == 1


@pytest.mark.parametrize("literal", ["a@[192.0.2.7]", "a@[IPv6:2001:db8::1]"])
def test_12_07_given_an_address_literal_when_mail_comes_then_it_is_not_answered(mailroom, literal):
    deliver(mailroom, mail_text("A <a@annet.example>", "Hei", "tistel"), SUPPORT, literal)
    assert mailroom.settle_notices() == []


# 8: breakers that shut by forgeries


@pytest.mark.parametrize("mode", MODES)
def test_12_08_given_a_breaker_that_forgeries_have_opened_when_real_mail_of_the_domain_comes_then_it_waits_for_a_person(mailroom, mode):
    set_mode(mailroom, mode)
    mailroom.intake._options = replace(mailroom.intake._options, limits=AnswerLimits(per_domain_per_hour=2))
    forged = [f"a{at}@kunde.example" for at in range(3)]
    senders = [*forged, "per@kunde.example"]
    entries = [deliver(mailroom, mail_text(f"A <{one}>", f"Hei {one}", f"tistel {one}"), SUPPORT, one) for one in senders]
    assert [mailroom.state(entry) for entry in entries] == ["redirected", "redirected", "redirected", "held"]


def test_12_08_given_a_breaker_that_forgeries_have_opened_when_vouched_mail_of_the_domain_comes_then_it_waits_for_a_person(mailroom):
    set_mode(mailroom, "header")
    mailroom.intake._options = replace(mailroom.intake._options, limits=AnswerLimits(per_domain_per_hour=2))
    for at in range(2):
        deliver(mailroom, mail_text(f"A <a{at}@annet.example>", f"Hei {at}", f"tistel {at}"), SUPPORT, f"a{at}@annet.example")
    real = results("dmarc=pass header.from=annet.example") + mail_text("B <b@annet.example>", "Hei", "lupin")
    assert mailroom.state(deliver(mailroom, real, SUPPORT, "b@annet.example")) == "held"
