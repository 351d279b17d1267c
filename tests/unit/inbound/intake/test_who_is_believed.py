"""Who is believed, in each mode and for each intake. Numbers are those of `tests/project/test_attack_numbers.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mailgate import metrics
from mailgate.rules.legacy import Legacy, PhaseSchedule, PhaseStart, Senders
from tests.support.desks.desk import Desk, mail_text
from tests.support.desks.modes import FRONT, MODES, STRANGE, deliver, results, set_mode

SUPPORT = "support@firma.example"
PER = "Per <per@kunde.example>"
SPF_FAIL_ALL = {("kunde.example", "TXT"): (b"v=spf1 -all",)}
DMARC_REJECT = {("kunde.example", "TXT"): (b"v=spf1 ~all",), ("_dmarc.kunde.example", "TXT"): (b"v=DMARC1; p=reject",)}


EVERY_INTAKE = [(mode, protocol) for mode in MODES for protocol in ("smtp", "lmtp", "inject")]


def decided(desk: Desk, entry: str) -> Any:
    with desk.store.reading() as uow:
        return uow.journal.get(entry).decision


def notes_muted() -> float:
    """How many machine notes stayed off their case so far, in this process."""
    lines = metrics.REGISTRY.text().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("mailgate_notes_muted_total "))


def answers(desk: Desk) -> list[tuple[str, str]]:
    return [one for one in desk.settle_notices() if one[0] in ("redirect", "accepted")]


def accepting(desk: Desk, *domains: str) -> None:
    """Cases are made by mail of these domains."""
    senders = tuple(Senders(domain, PhaseSchedule((PhaseStart("accept"),))) for domain in domains)
    desk.policy = replace(desk.policy, legacy=Legacy(senders=senders))


# 1: all fields of a trusted id are one finding


@pytest.mark.parametrize("fields", [
    ("dkim=none", "dmarc=fail header.from=kunde.example"), ("dmarc=fail header.from=kunde.example", "dkim=none"),
    ("dmarc=pass header.from=kunde.example", "dmarc=fail header.from=kunde.example"), ("spf=none", "dkim=none", "x=1", "dmarc=fail"),
])  # fmt: skip
@pytest.mark.parametrize(("protocol", "mode"), [("smtp", "header"), ("lmtp", "header"), ("inject", "header"), ("smtp", "verify")])
def test_12_01_given_a_fail_in_any_field_of_our_server_when_a_reply_comes_then_it_is_held(desk, fields, protocol, mode):
    set_mode(desk, mode)
    entry = deliver(desk, results(*fields) + mail_text(PER), desk.reply_address(desk.per), "per@kunde.example", protocol=protocol)
    assert (desk.state(entry), decided(desk, entry).trust) == ("held", "doubtful")


@pytest.mark.parametrize("mode", ["header", "verify"])
def test_12_01_given_a_pass_in_the_second_field_when_a_reply_comes_then_its_author_is_confirmed(desk, mode):
    set_mode(desk, mode)
    fields = results("dkim=pass header.d=kunde.example", "dmarc=pass header.from=kunde.example")
    entry = deliver(desk, fields + mail_text(PER), desk.reply_address(desk.per), "per@kunde.example")
    assert decided(desk, entry).trust == "confirmed"


def test_12_01_given_a_pass_in_the_second_field_when_nobody_is_asked_then_it_counts_for_nothing(desk):
    set_mode(desk, "off")
    fields = results("dkim=pass header.d=kunde.example", "dmarc=pass header.from=kunde.example")
    entry = deliver(desk, fields + mail_text(PER), desk.reply_address(desk.per), "per@kunde.example")
    assert decided(desk, entry).trust == "participant"


def test_12_01_given_many_fields_of_others_above_ours_when_a_reply_comes_then_ours_is_still_read(desk):
    set_mode(desk, "header")
    above = "".join(f"Authentication-Results: mx{at}.ond.example; dmarc=pass\n" for at in range(60))
    fields = above + results("dmarc=fail header.from=kunde.example")
    entry = deliver(desk, fields + mail_text(PER), desk.reply_address(desk.per), "per@kunde.example")
    assert desk.state(entry) == "held"


# 2: the reverse-path is what an automatic answer goes to


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("client", "protocol"), [(FRONT, "smtp"), (FRONT, "lmtp"), (FRONT, "inject"), (STRANGE, "smtp")])
@pytest.mark.parametrize("field", [
    "spf=fail smtp.mailfrom=offer@kunde.example; dmarc=none header.from=uten.example", "dmarc=fail header.from=kunde.example",
])  # fmt: skip
def test_12_02_given_a_reverse_path_that_its_domain_disowns_when_mail_comes_then_it_gets_no_answer(desk, mode, client, protocol, field):
    set_mode(desk, mode, SPF_FAIL_ALL)
    text = results(field) + mail_text("Selger <selger@uten.example>", "Hei", "Et unikt ord: tistel.")
    entry = deliver(desk, text, SUPPORT, "offer@kunde.example", client, protocol)
    assert (desk.state(entry), answers(desk)) == ("redirected", [])


@pytest.mark.parametrize("answers_of_dns", [SPF_FAIL_ALL, DMARC_REJECT])
def test_12_02_given_a_reverse_path_that_we_find_forged_when_mail_comes_then_it_gets_no_answer(desk, answers_of_dns):
    set_mode(desk, "verify", answers_of_dns)
    entry = deliver(desk, mail_text("Selger <selger@uten.example>", "Hei", "tistel"), SUPPORT, "offer@kunde.example", STRANGE)
    assert (desk.state(entry), answers(desk)) == ("redirected", [])


@pytest.mark.parametrize("mode", MODES)
def test_12_02_given_a_reverse_path_of_which_nothing_bad_is_known_when_mail_comes_then_it_is_answered(desk, mode):
    set_mode(desk, mode)
    text = results("spf=fail smtp.helo=kunde.example") + mail_text("Ny <ny@annet.example>", "Hei", "tistel")
    deliver(desk, text, SUPPORT, "ny@annet.example")
    assert answers(desk) == [("redirect", "ny@annet.example")]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("author", ["offer@kunde.example", "selger@uten.example"])
def test_12_02_given_a_forged_envelope_of_an_accepted_domain_when_mail_comes_then_it_is_held(desk, mode, author):
    accepting(desk, "kunde.example")
    set_mode(desk, mode, SPF_FAIL_ALL)
    fields = results("spf=fail smtp.mailfrom=kunde.example; dmarc=pass header.from=uten.example")
    entry = deliver(desk, fields + mail_text(f"A <{author}>", "Hei", "tistel"), SUPPORT, "offer@kunde.example", FRONT)
    assert (desk.state(entry), answers(desk)) == ("held", [])


def test_12_02_given_an_accepted_domain_that_we_find_forged_when_mail_comes_then_it_is_held(desk):
    accepting(desk, "kunde.example")
    set_mode(desk, "verify", SPF_FAIL_ALL)
    entry = deliver(desk, mail_text("A <selger@uten.example>", "Hei", "tistel"), SUPPORT, "offer@kunde.example", STRANGE)
    assert desk.state(entry) == "held"


def test_12_02_given_an_author_who_is_vouched_for_when_the_envelope_names_an_accepted_domain_then_the_phase_is_the_authors(desk):
    accepting(desk, "kunde.example")
    set_mode(desk, "header")
    text = results("dmarc=pass header.from=uten.example") + mail_text("A <selger@uten.example>", "Hei", "tistel")
    assert desk.state(deliver(desk, text, SUPPORT, "offer@kunde.example")) == "redirected"


@pytest.mark.parametrize("mode", MODES)
def test_12_02_given_an_accepted_domain_of_which_nothing_is_known_when_mail_comes_then_a_case_is_made(desk, mode):
    accepting(desk, "kunde.example")
    set_mode(desk, mode)
    assert desk.state(deliver(desk, mail_text("A <a@kunde.example>", "Hei", "tistel"), SUPPORT, "a@kunde.example")) == "created"


def test_12_02_given_a_forwarded_mail_of_an_accepted_domain_when_its_author_is_vouched_for_then_a_case_is_made_without_an_answer(desk):
    accepting(desk, "kunde.example")
    set_mode(desk, "header")
    text = results("spf=fail smtp.mailfrom=a@kunde.example; dmarc=pass header.from=kunde.example")
    entry = deliver(desk, text + mail_text("A <a@kunde.example>", "Hei", "tistel"), SUPPORT, "a@kunde.example")
    assert (desk.state(entry), answers(desk)) == ("created", [])


# 4: machines are no way past the person


@pytest.mark.parametrize("marks", [
    "Auto-Submitted: auto-replied\n", "Auto-Submitted: auto-generated\n", "Precedence: bulk\n", "X-Autoreply: yes\n",
    "List-Id: <x.annet.example>\n", "X-Mailgate-Loop: firma.example\n", "",
])  # fmt: skip
@pytest.mark.parametrize(("mode", "protocol"), [("header", "smtp"), ("header", "lmtp"), ("header", "inject"), ("verify", "smtp")])
def test_12_04_given_a_reply_that_its_domain_disowns_when_it_calls_itself_automatic_then_it_is_held_all_the_same(
    desk, marks, mode, protocol
):
    set_mode(desk, mode, DMARC_REJECT)
    field = results("dmarc=fail header.from=kunde.example") if mode == "header" else ""
    client = FRONT if mode == "header" else STRANGE
    entry = deliver(desk, field + mail_text(PER, extra=marks), desk.reply_address(desk.per), "x@annet.example", client, protocol)
    with desk.store.reading() as uow:
        assert (desk.state(entry), uow.cases.comments(desk.case_id)) == ("held", [])


@pytest.mark.parametrize("mode", MODES)
def test_12_04_given_a_note_of_a_machine_when_nobody_vouches_for_it_then_it_names_no_contact(desk, mode):
    set_mode(desk, mode)
    text = mail_text(PER, body="Jeg er ute.", extra="Auto-Submitted: auto-replied\n")
    deliver(desk, text, desk.reply_address(desk.per), "per@kunde.example")
    with desk.store.reading() as uow:
        note = uow.cases.comments(desk.case_id)[0]
    assert (note.kind, note.author.contact_id, "per" in note.author.name.lower()) == ("note", None, False)


def test_12_04_given_a_note_of_a_machine_when_its_domain_vouches_for_it_then_it_names_its_contact(desk):
    set_mode(desk, "header")
    text = results("dmarc=pass header.from=kunde.example") + mail_text(PER, body="Ute.", extra="Auto-Submitted: auto-replied\n")
    deliver(desk, text, desk.reply_address(desk.per), "per@kunde.example")
    with desk.store.reading() as uow:
        assert uow.cases.comments(desk.case_id)[0].author.contact_id == desk.per.id


@pytest.mark.parametrize("mode", MODES)
def test_12_04_given_a_flood_of_notes_when_it_hits_a_case_then_the_breaker_keeps_the_rest_off_the_case(desk, mode):
    set_mode(desk, mode)
    before = notes_muted()
    for at in range(14):
        text = mail_text(PER, body=f"Jeg er ute nummer {at}.", extra="Auto-Submitted: auto-replied\n")
        deliver(desk, text, desk.reply_address(desk.per), "per@kunde.example")
    with desk.store.reading() as uow:
        assert len(uow.cases.comments(desk.case_id)) == 10
        assert [event.kind for event in uow.cases.events(desk.case_id)].count("muted") == 1
    assert notes_muted() - before == 4


# 3: an author is one mailbox in plain form


@pytest.mark.parametrize(("mode", "protocol"), EVERY_INTAKE)
@pytest.mark.parametrize("author", ["Per <per@kun\u00adde.example>", "Per <per@kunde\u3002example>", "Alle: Per <per@kunde.example>;"])
def test_12_03_given_a_disguised_author_when_they_use_a_reply_address_then_the_reply_is_held(desk, mode, protocol, author):
    set_mode(desk, mode)
    text = results("dmarc=pass header.from=kunde.example") + mail_text(author)
    entry = deliver(desk, text, desk.reply_address(desk.per), "per@kunde.example", protocol=protocol)
    with desk.store.reading() as uow:
        assert (desk.state(entry), uow.cases.comments(desk.case_id)) == ("held", [])


# 9: what readers may take for different mails waits for a person


@pytest.mark.parametrize(("mode", "protocol"), EVERY_INTAKE)
@pytest.mark.parametrize("parameters", ["boundary=aa; boundary=bb", "boundary=aa/bb"])
def test_12_09_given_a_reply_whose_parts_readers_find_at_different_places_when_it_comes_then_it_is_held(desk, mode, protocol, parameters):
    set_mode(desk, mode)
    first, second = ("aa/bb", "aa") if "/" in parameters else ("aa", "bb")
    body = f"--{first}\nContent-Type: text/plain\n\nHei\n--{first}--\n--{second}\nContent-Type: application/pdf\n\n%PDF\n--{second}--\n"
    text = results("dmarc=pass header.from=kunde.example") + mail_text(
        PER, body=body, extra=f"MIME-Version: 1.0\nContent-Type: multipart/mixed; {parameters}\n"
    )
    entry = deliver(desk, text, desk.reply_address(desk.per), "per@kunde.example", protocol=protocol)
    with desk.store.reading() as uow:
        assert (desk.state(entry), uow.cases.comments(desk.case_id)) == ("held", [])
