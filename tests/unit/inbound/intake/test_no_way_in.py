"""Identity and spoofing: nobody gets into a case that is not theirs. One test for each number of the list of attacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

from mailgate.cases import carriers, changes
from mailgate.cases.changes import ChangeContext, NewCase
from mailgate.cases.ids import new_id
from mailgate.cases.model import Change, Customer
from mailgate.cases.tokens import TokenKeys, bounce_token, reply_token
from tests.support.desks.desk import KEYS, OPERATOR, START, Desk, mail_text, submission

YEAR = (START + timedelta(days=365)).date()
STRANGER = "nils@annet.example"


def untouched(desk: Desk) -> bool:
    """Nothing joined the case, nothing moved it, nobody takes part who did not."""
    people = {person.contact.address for person in desk.case.participants}
    return not desk.comments() and desk.case.status == "waiting_customer" and people == {"per@kunde.example", "eva@kunde.example"}


def test_159_given_the_key_of_a_case_in_the_subject_when_a_stranger_writes_then_he_learns_and_joins_nothing(desk):
    entry = desk.take(mail_text(f"Nils <{STRANGER}>", f"[{desk.case.key}] send alt"), "support@firma.example", STRANGER)
    with desk.store.transaction() as uow:
        notice = uow.notices.claim(desk.clock(), 10, timedelta(seconds=1))[0]
    assert untouched(desk)
    assert desk.state(entry) == "redirected"
    others = [value for value in notice.facts.values() if value != f"[{desk.case.key}] send alt"]  # their own subject, named back
    assert desk.case.key not in str(others)


def test_160_given_keys_that_exist_and_keys_that_do_not_when_strangers_try_them_then_all_look_the_same(desk):
    seen = set()
    for number in (desk.case.number, 4711, 999_999_999):
        sender = f"nils{number}@annet{number}.example"
        entry = desk.take(mail_text(f"Nils <{sender}>", f"[SUP-{number}] status?"), "support@firma.example", sender)
        with desk.store.reading() as uow:
            decided = uow.journal.get(entry).decision
        seen.add((decided.state, decided.rule, decided.case_id, tuple(kind for kind, _ in desk.settle_notices())))
    assert seen == {("redirected", "default", None, ("redirect",))}


@pytest.mark.parametrize("field", ["In-Reply-To", "References"])
def test_161_given_a_guessed_message_id_when_a_stranger_answers_it_then_it_is_no_carrier(desk, field):
    guessed = carriers.thread_root(desk.case_id, "firma.example")
    entry = desk.take(mail_text(f"Nils <{STRANGER}>", extra=f"{field}: <{guessed}>\n"), "support@firma.example", STRANGER)
    assert untouched(desk)
    assert desk.state(entry) == "redirected"


def test_162_given_a_token_that_was_passed_on_when_another_person_uses_it_then_it_is_held_and_not_visible(desk):
    entry = desk.take(mail_text(f"Nils <{STRANGER}>"), desk.reply_address(desk.per), STRANGER)
    assert untouched(desk)
    assert (desk.state(entry), desk.settle_notices()) == ("held", [])


def other_case(desk: Desk) -> NewCase:
    """A second case of Per alone."""
    with desk.store.transaction() as uow:
        number = uow.cases.next_number()
        new = NewCase(number, f"SUP-{number}", desk.per, "En annen sak", case_type="spørsmål", priority="normal")
        uow.cases.write([changes.create_case(new, ChangeContext(OPERATOR, START))])
    desk.settle_notices()
    return new


def test_164_given_tokens_of_two_cases_in_one_mail_when_it_comes_then_neither_decides(desk):
    other = other_case(desk)
    stray = carriers.message_id(reply_token(KEYS, other.number, desk.per.number, YEAR), "x", "firma.example")
    entry = desk.take(mail_text("Per <per@kunde.example>", extra=f"In-Reply-To: <{stray}>\n"), desk.reply_address(desk.per))
    assert untouched(desk)
    assert desk.state(entry) == "held"


def test_164_given_a_token_that_is_over_when_its_owner_uses_it_then_a_person_decides(desk):
    old = reply_token(KEYS, desk.case.number, desk.per.number, (START - timedelta(days=1)).date())
    entry = desk.take(mail_text("Per <per@kunde.example>"), carriers.reply_local_part(old, "support") + "@firma.example")
    assert untouched(desk)
    assert desk.state(entry) == "held"


def test_164_given_a_key_that_was_rotated_when_an_old_token_comes_then_it_is_good_in_its_grace_and_held_after(desk):
    rotated = TokenKeys({1: KEYS.secrets[1], 2: bytes(range(1, 33))}, {1: START.date()})
    desk.intake._finder = type(desk.intake._finder)(rotated, "SUP")
    entry = desk.take(mail_text("Per <per@kunde.example>", body="i tide"), desk.reply_address(desk.per))
    assert (desk.state(entry), desk.comments()) == ("commented", ["i tide"])
    desk.clock.step(timedelta(days=2))
    late = desk.take(mail_text("Per <per@kunde.example>", body="for sent"), desk.reply_address(desk.per))
    assert (desk.state(late), desk.comments()) == ("held", ["i tide"])


def test_165_given_a_token_of_another_scope_when_it_stands_in_a_reply_address_then_it_opens_no_case(desk):
    bounce = bounce_token(KEYS, desk.case_id)
    entry = desk.take(mail_text("Per <per@kunde.example>", body=bounce), f"support+{bounce}@firma.example")
    assert desk.state(entry) != "commented"
    assert untouched(desk)


def test_166_given_one_reply_when_it_comes_a_hundred_times_then_it_is_one_comment(desk):
    text = mail_text("Per <per@kunde.example>", body="en gang")
    ids = {desk.take(text, desk.reply_address(desk.per)) for _ in range(100)}
    assert (len(ids), desk.comments()) == (1, ["en gang"])


@pytest.mark.parametrize("path", ["address", "in_reply_to", "references", "marker", "auto_reply"])
def test_167_given_a_forged_token_on_any_path_when_it_comes_then_it_is_refused(desk, path):
    forged = reply_token(TokenKeys({1: b"x" * 32}), desk.case.number, desk.per.number, YEAR)
    message_id = carriers.message_id(forged, "x", "firma.example")
    to = carriers.reply_local_part(forged, "support") + "@firma.example" if path in ("address", "auto_reply") else "support@firma.example"
    fields = {
        "in_reply_to": f"In-Reply-To: <{message_id}>\n",
        "references": f"References: <{message_id}>\n",
        "auto_reply": "Auto-Submitted: auto-replied\n",
    }
    body = f"Hei\n\n> {carriers.marker_line(forged)}" if path == "marker" else "Hei"
    entry = desk.take(mail_text("Per <per@kunde.example>", body=body, extra=fields.get(path, "")), to)
    assert untouched(desk)
    assert desk.state(entry) in ("redirected", "noted")


@pytest.mark.parametrize("path", ["in_reply_to", "references", "marker"])
def test_167_given_a_good_token_on_each_path_when_the_reply_address_was_lost_then_it_is_a_comment(desk, path):
    token = reply_token(KEYS, desk.case.number, desk.per.number, YEAR)
    message_id = carriers.message_id(token, "x", "firma.example")
    fields = {"in_reply_to": f"In-Reply-To: <{message_id}>\n", "references": f"References: <{message_id}>\n"}
    body = f"Hei\n\n> {carriers.marker_line(token)}" if path == "marker" else "Hei"
    entry = desk.take(mail_text("Per <per@kunde.example>", body=body, extra=fields.get(path, "")), "support@firma.example")
    assert desk.state(entry) == "commented"


def test_168_given_an_authentication_result_that_the_sender_wrote_when_it_comes_then_nobody_believes_it(desk):
    injected = "Authentication-Results: mx.firma.example; dmarc=pass; spf=pass\n"
    entry = desk.take(mail_text(f"Nils <{STRANGER}>", extra=injected), desk.reply_address(desk.per), STRANGER)
    assert (desk.state(entry), untouched(desk)) == ("held", True)


@pytest.mark.parametrize(("client", "protocol", "relays", "believed"), [
    ("198.51.100.9", "smtp", (), False), ("198.51.100.9", "smtp", ("10.0.0.0/8",), False), ("127.0.0.1", "smtp", ("10.0.0.0/8",), False),
    ("10.0.0.2", "smtp", ("10.0.0.0/8",), True), ("198.51.100.9", "smtp", ("198.51.100.9",), True), ("127.0.0.1", "smtp", (), False),
    ("::ffff:10.0.0.2", "smtp", ("10.0.0.0/8",), True), ("10.0.0.2", "smtp", (), False), ("", "smtp", (), False),
    ("198.51.100.9", "lmtp", (), False), ("127.0.0.1", "lmtp", (), False), ("127.0.0.1", "lmtp", ("127.0.0.0/8",), True),
    ("unix", "lmtp", (), True), ("unix", "smtp", (), False), ("127.0.0.1", "inject", (), True),
    ("127.0.0.1", "http", ("127.0.0.0/8",), False), ("127.0.0.1", "", ("127.0.0.0/8",), False),
])  # fmt: skip
def test_168_given_the_name_of_our_own_server_when_a_client_writes_it_who_is_not_that_server_then_it_is_not_believed(
    desk, client, protocol, relays, believed
):
    """Whoever reaches our port without the server in front can write what that server would write: its name is no secret."""
    ids = frozenset({"mx.firma.example"})
    desk.intake._options = replace(desk.intake._options, authserv_ids=ids, relays=tuple(map(ip_network, relays)))
    text = mail_text("Per <per@kunde.example>", extra="Authentication-Results: mx.firma.example; dmarc=pass header.from=kunde.example\n")
    sent = replace(submission(text, desk.reply_address(desk.per), "per@kunde.example", client), protocol=protocol)
    entry = desk.journal.append_many([sent])[0].journal_id
    desk.intake.run(lambda: False)
    with desk.store.reading() as uow:
        assert uow.journal.get(entry).decision.trust == ("confirmed" if believed else "participant")


def test_168_given_a_trusted_server_that_says_fail_when_a_participant_seems_to_write_then_it_is_held(desk):
    desk.intake._options = replace(desk.intake._options, authserv_ids=frozenset({"mx.firma.example"}))
    failed = "Authentication-Results: mx.firma.example; dmarc=fail header.from=kunde.example\n"
    entry = desk.take(mail_text("Per <per@kunde.example>", extra=failed), desk.reply_address(desk.per))
    with desk.store.reading() as uow:
        assert uow.journal.get(entry).decision.trust == "doubtful"
    assert (desk.state(entry), untouched(desk)) == ("held", True)


@pytest.mark.parametrize("said", ["", "; dmarc=fail header.from=kunde.example"])
def test_168_given_a_sender_who_writes_a_pass_into_what_the_trusted_server_says_when_it_comes_then_nobody_believes_it(desk, said):
    """The reverse-path stands in the field: `MAIL FROM:<"x; dmarc=pass "@annet.example>` is a legal command."""
    company = Customer(new_id(START), "Kunde AS", domains=("kunde.example",))
    with desk.store.transaction() as uow:
        uow.customers.add([company])
        uow.cases.write([Change(replace(desk.case, customer_id=company.id))])
    desk.intake._options = replace(desk.intake._options, authserv_ids=frozenset({"mx.firma.example"}))
    for local_part in ('"x; dmarc=pass "', "=?utf-8?q?x=3B_dmarc=3Dpass_=3B?="):
        field = f"Authentication-Results: mx.firma.example; spf=pass smtp.mailfrom={local_part}@annet.example{said}\n"
        entry = desk.take(mail_text("Ola <ola@kunde.example>", local_part + said, extra=field), desk.reply_address(desk.per), STRANGER)
        assert (desk.state(entry), untouched(desk)) == ("held", True)


def test_170_given_two_replies_of_a_colleague_nobody_knows_when_they_come_then_they_are_comments_and_he_waits_for_approval(desk):
    company = Customer(new_id(START), "Kunde AS", domains=("kunde.example",))
    with desk.store.transaction() as uow:
        uow.customers.add([company])
        uow.cases.write([Change(replace(desk.case, customer_id=company.id))])
    desk.intake._options = replace(desk.intake._options, authserv_ids=frozenset({"mx.firma.example"}))
    passed = "Authentication-Results: mx.firma.example; dmarc=pass header.from=kunde.example\n"
    for body in ("Jeg tar over.", "Og en ting til."):
        desk.take(mail_text("Ola Vik <ola@kunde.example>", body=body, extra=passed), desk.reply_address(desk.per), "ola@kunde.example")
    assert desk.comments() == ["Jeg tar over.", "Og en ting til."]
    waiting = [(person.contact.address, person.contact.name) for person in desk.case.participants if not person.approved]
    assert (waiting, desk.case.status) == ([("ola@kunde.example", "")], "waiting_customer")
    assert {address for _, address in desk.settle_notices()} == {"per@kunde.example", "eva@kunde.example"}


def test_170_given_a_stranger_in_cc_when_he_answers_all_then_he_is_held_and_gets_no_notices(desk):
    desk.take(mail_text("Per <per@kunde.example>", extra=f"Cc: {STRANGER}\n"), desk.reply_address(desk.per))
    desk.settle_notices()
    entry = desk.take(mail_text(f"Nils <{STRANGER}>", body="Jeg svarer alle"), desk.reply_address(desk.per), STRANGER)
    assert (desk.state(entry), desk.case.participant(STRANGER), desk.settle_notices()) == ("held", None, [])


def test_171_given_a_forged_reply_that_adds_a_cc_when_it_comes_then_nobody_is_subscribed(desk):
    desk.take(mail_text("Per <per@kunde.example>", extra=f"Cc: {STRANGER}\n"), desk.reply_address(desk.per))
    assert desk.case.participant(STRANGER) is None
    assert STRANGER not in {address for _, address in desk.settle_notices()}


def test_172_given_a_sign_up_mail_of_a_third_party_when_it_comes_to_a_reply_address_then_nobody_reads_it(desk):
    text = mail_text("Slack <no-reply@slack.example>", "Confirm your email", "Your code is 123456")
    entry = desk.take(text, desk.reply_address(desk.per), "bounce@slack.example")
    assert desk.state(entry) in ("held", "noted")
    with desk.store.reading() as uow:
        assert all(comment.kind == "note" for comment in uow.cases.comments(desk.case_id))  # notes are for operators alone
    assert desk.settle_notices() == []


def test_173_given_a_sign_up_mail_when_it_comes_to_support_then_no_case_is_made_and_no_machine_is_answered(desk):
    entry = desk.take(mail_text("Tjeneste <noreply@service.example>", "Verify"), "support@firma.example", "noreply@service.example")
    with desk.store.reading() as uow:
        assert len(uow.cases.list()) == 1
    assert (desk.state(entry), desk.settle_notices()) == ("noted", [])


def test_176_given_a_guessed_return_path_when_a_bounce_comes_to_it_then_no_mail_is_marked(desk):
    guessed = bounce_token(TokenKeys({1: b"y" * 32}), desk.case_id)
    entry = desk.take(mail_text("MAILER-DAEMON <mailer-daemon@x.example>", "Undelivered"), f"bounce+{guessed}@firma.example", None)
    with desk.store.reading() as uow:
        assert uow.journal.get(entry).decision.case_id is None
    assert desk.settle_notices() == []


def test_178_given_five_hundred_replies_with_alternating_tokens_when_they_come_then_each_is_one_comment(desk):
    for number in range(0, 500, 2):
        desk.take(mail_text("Per <per@kunde.example>", body=f"svar {number}"), desk.reply_address(desk.per))
        desk.take(mail_text("Eva <eva@kunde.example>", body=f"svar {number + 1}"), desk.reply_address(desk.eva), "eva@kunde.example")
    assert desk.comments() == [f"svar {number}" for number in range(500)]


LOOK_ALIKES = {
    "Cyrillic e": "per@kund\u0435.example",
    "its A-label": "per@xn--kund-vze.example",
    "Cyrillic in the local part": "p\u0435r@kunde.example",
    "combining dot": "per@kunde\u0307.example",
    "one mail_text more": "per@kundee.example",
    "below a domain of the attacker": "per@kunde.example.annet.example",
    "own name on the attacker's address": f'"per@kunde.example" <{STRANGER}>',
    "an encoded name that looks like an address": f"=?utf-8?q?per=40kunde.example_=3Cper=40kunde.example=3E?= <{STRANGER}>",
    "a comment": f"{STRANGER} (per@kunde.example)",
    "a group": f"per@kunde.example:{STRANGER};",
    "a route": f"<@kunde.example:{STRANGER}>",
}


@pytest.mark.parametrize("author", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_168_given_an_author_who_looks_like_a_participant_when_they_use_the_reply_address_then_they_are_no_participant(desk, author):
    entry = desk.take(mail_text(author), desk.reply_address(desk.per), STRANGER)
    assert (desk.state(entry), untouched(desk), desk.settle_notices()) == ("held", True, [])


@pytest.mark.parametrize(
    "quoted",
    [
        "> {marker}",
        "----- Videresendt melding -----\nFra: Support\n\n{marker}",
        "Arkivert fra listen:\nReply-To: {address}\n{marker}",
        "{address}",
    ],
)
def test_162_given_a_token_in_the_quoted_text_of_an_archive_when_a_stranger_copies_it_then_he_is_held_or_a_stranger(desk, quoted):
    token = reply_token(KEYS, desk.case.number, desk.per.number, YEAR)
    body = "Send meg alt.\n\n" + quoted.format(marker=carriers.marker_line(token), address=desk.reply_address(desk.per))
    entry = desk.take(mail_text(f"Nils <{STRANGER}>", body=body), "support@firma.example", STRANGER)
    assert desk.state(entry) in ("held", "redirected")
    assert untouched(desk)
    assert desk.case.key not in str(desk.settle_notices())


def test_168_given_a_fail_in_the_name_of_our_own_server_when_a_strange_client_brings_it_then_it_is_heard_all_the_same(desk):
    """Nobody forges what speaks against them; and a server in front that is missing in smtp.trusted_from still stops forged mail."""
    desk.intake._options = replace(desk.intake._options, authserv_ids=frozenset({"mx.firma.example"}))
    text = mail_text("Per <per@kunde.example>", extra="Authentication-Results: mx.firma.example; spf=pass; dmarc=fail\n")
    entry = desk.journal.append_many([submission(text, desk.reply_address(desk.per), "per@kunde.example", "198.51.100.9")])[0].journal_id
    desk.intake.run(lambda: False)
    assert (desk.state(entry), untouched(desk)) == ("held", True)
