"""Agents answer from their own mail programs: whose words become a comment in our name, and whose wait. On both databases.

Only an account's own address, vouched for by its domain, is believed; nothing internal is shown to customers; no mail gives a command.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from mailgate.cases import carriers, changes
from mailgate.cases.changes import ChangeContext, NewCase
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Case, Contact
from mailgate.cases.tokens import STAFF_NUMBER, reply_token
from mailgate.clock import SteppedClock
from mailgate.inbound.auth.verify import Verifier
from mailgate.inbound.intake.message import IntakeMessage
from mailgate.mail.auth.authres import AuthResults
from mailgate.rules.document.loader import load
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.store.repositories.accounts import Account
from mailgate.store.unit_of_work import Store
from tests.support.desks.desk import KEYS, OPERATOR, START, Desk

OLA = "ola@firma.example"
OURS = "mx.firma.example"
PASS, NONE, FAIL = (f"Authentication-Results: {OURS}; dmarc={verdict}\n" if verdict else "" for verdict in ("pass", "", "fail"))
QUOTE = "\n\n24. nov. 2026 kl. 10:00 skrev Liv <liv@firma.example>:\n> Kunden er vrang.\n> Hemmelig\n"
FILE = (
    "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nSe fila.\n"
    "--b\nContent-Type: text/plain; name=logg.txt\nContent-Disposition: attachment; filename=logg.txt\n\nlinje\n--b--\n"
)
ATTACHED = (
    "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nSe vedlegg.\n"
    "--b\nContent-Type: message/rfc822\n\nFrom: liv@firma.example\nSubject: Internt\n\nHemmelig\n--b--\n"
)


@pytest.fixture
def desk(store: Store, clock: SteppedClock) -> Desk:
    """The desk behind a server that says who vouches, with an agent called Ola Berg."""
    made = Desk(store, clock)
    made.intake._options = replace(made.intake._options, authserv_ids=frozenset({OURS}))
    add_account(made, OLA, "Ola Berg")
    return made


def add_account(desk: Desk, address: str, name: str, roles: tuple[str, ...] = ("agent",), *, disabled: bool = False) -> None:
    new = Account(new_id(desk.clock()), "staff", name, address, desk.clock(), name=name, roles=roles, disabled=disabled)
    with desk.store.transaction() as uow:
        uow.accounts.add(new)


def for_staff(case: Case) -> str:
    """The reply address in mail to our own people."""
    token = reply_token(KEYS, case.number, STAFF_NUMBER, (START + timedelta(days=365)).date())
    return carriers.reply_local_part(token, "support") + "@firma.example"


def mail(body: str, *, author: str = f"Ola <{OLA}>", to: str = "", cc: str = "", auth: str = PASS, more: str = "") -> str:
    copy = f"Cc: {cc}\n" if cc else ""
    head = f"{auth}From: {author}\nTo: {to}\n{copy}Subject: Re: Feil i rapport\nMessage-ID: <{abs(hash((body, to, auth)))}@firma.example>\n"
    return f"{head}{more}{body}" if body.startswith("MIME-Version") else f"{head}{more}\n{body}\n"


def answered(desk: Desk, body: str = "Prøv versjon 4.2.", *, sender: str = OLA, **more: str) -> str:
    """The state of an answer that Ola sends to the reply address."""
    address = for_staff(desk.case)
    return desk.state(desk.take(mail(body, **{"to": address, **more}), address, sender))


def said(desk: Desk) -> list[tuple[str, str, str, str]]:
    """(kind, kind of author, name, text) of the comments and notes."""
    with desk.store.reading() as uow:
        return [(one.kind, one.author.kind, one.author.name, one.text) for one in uow.cases.comments(desk.case_id)]


def test_given_an_agent_when_they_answer_by_mail_then_it_is_their_comment_as_if_written_on_the_desk(desk: Desk) -> None:
    with desk.store.transaction() as uow:
        (case,) = uow.cases.lock([desk.case_id]).values()
        uow.cases.write(
            [
                changes.add_comment(
                    case,
                    changes.NewComment("Hallo?"),
                    ChangeContext(Actor("contact", "Per Nes", desk.per.id), desk.clock(), answer_by=desk.clock()),
                )
            ]
        )
    assert desk.case.due_at
    desk.settle_notices()
    assert answered(desk, "Hei Per,\n\nPrøv versjon 4.2.\n\n--\nOla Berg\nFirma AS" + QUOTE) == "commented"
    assert said(desk)[-1] == ("comment", "operator", "Ola Berg", "Hei Per,\n\nPrøv versjon 4.2.")
    assert (desk.case.status, desk.case.due_at) == ("waiting_customer", None)
    assert desk.settle_notices() == [("comment_added", "eva@kunde.example"), ("comment_added", "per@kunde.example")]
    with desk.store.reading() as uow:
        comment = uow.cases.comments(desk.case_id)[-1]
        assert (comment.signature, comment.quoted) == ("", "")
        assert uow.contacts.by_addresses([OLA]) == {}
    assert [one.contact.address for one in desk.case.participants] == ["per@kunde.example", "eva@kunde.example"]


def test_given_an_answer_with_a_file_when_it_comes_then_the_file_is_kept(desk: Desk) -> None:
    assert answered(desk, FILE) == "commented"
    with desk.store.reading() as uow:
        comment = uow.cases.comments(desk.case_id)[-1]
        assert (comment.text, [one.filename for one in comment.files]) == ("Se fila.", ["logg.txt"])


@pytest.mark.parametrize("mode", ["header", "off"])
@pytest.mark.parametrize("auth", [PASS, NONE, FAIL], ids=["pass", "none", "fail"])
def test_given_an_agents_address_when_nobody_vouches_for_it_then_the_mail_is_held_in_every_mode(desk: Desk, mode: str, auth: str) -> None:
    desk.intake._options = replace(desk.intake._options, authenticate=mode == "header")
    believed = (mode, auth) == ("header", PASS)
    assert answered(desk, auth=auth) == ("commented" if believed else "held")
    assert bool(said(desk)) is believed
    assert bool(desk.settle_notices()) is believed


class Verifying(Verifier):
    """Looks each mail up at once, and finds this."""

    def __init__(self, found: AuthResults) -> None:
        self.found = found

    def results(self, messages: Sequence[IntakeMessage]) -> list[AuthResults | None]:
        return [self.found for _ in messages]

    def close(self) -> None:
        pass


@pytest.mark.parametrize("verdict", ["pass", "none", "fail", "temperror"])
def test_given_an_agents_address_when_we_verify_ourselves_then_only_a_pass_is_believed(desk: Desk, verdict: str) -> None:
    desk.intake._options = replace(desk.intake._options, authserv_ids=frozenset(), verifier=Verifying(AuthResults(dmarc=verdict)))
    assert answered(desk, auth=PASS) == ("commented" if verdict == "pass" else "held")
    assert bool(said(desk)) is (verdict == "pass")


@pytest.mark.parametrize(
    "more",
    [
        {"author": "Ola Berg <ola@fremmed.example>"},
        {"author": "Ola Berg <ola@firm\u0430.example>"},
        {"author": "ola@firma.example <nils@fremmed.example>"},
        {"author": f"{OLA}, nils@fremmed.example"},
        {"more": f"Sender: {OLA}\nReply-To: {OLA}\n", "author": "nils@fremmed.example"},
    ],
    ids=["his name", "a letter of another alphabet", "his address as a name", "two authors", "sender and reply-to"],
)
def test_given_somebody_who_looks_like_an_agent_when_they_write_then_it_is_held(desk: Desk, more: dict[str, str]) -> None:
    assert answered(desk, **more) == "held"
    assert (said(desk), desk.settle_notices()) == ([], [])


def test_given_the_verdict_of_a_stranger_when_it_says_pass_then_it_is_held(desk: Desk) -> None:
    assert answered(desk, auth="Authentication-Results: mx.evil.example; dmarc=pass\n") == "held"


@pytest.mark.parametrize(("roles", "disabled"), [(("agent",), True), ((), False)], ids=["disabled", "no role"])
def test_given_an_account_that_may_not_when_they_answer_then_it_is_held(desk: Desk, roles: tuple[str, ...], disabled: bool) -> None:
    add_account(desk, "liv@firma.example", "Liv", roles, disabled=disabled)
    assert answered(desk, author="liv@firma.example", sender="liv@firma.example") == "held"
    assert said(desk) == []


@pytest.mark.parametrize("roles", [("operator",), ("admin",), ("agent", "operator")])
def test_given_other_roles_that_may_comment_when_they_answer_then_it_is_a_comment(desk: Desk, roles: tuple[str, ...]) -> None:
    add_account(desk, "liv@firma.example", "Liv", roles)
    assert answered(desk, author="Liv@Firma.Example", sender="liv@firma.example") == "commented"
    assert said(desk)[0][1:3] == ("operator", "Liv")


@pytest.mark.parametrize(
    "more",
    ["Auto-Submitted: auto-replied\n", "X-Autoreply: yes\nPrecedence: auto_reply\n", "Auto-Submitted: auto-generated\n"],
    ids=["out of office", "auto-reply", "program"],
)
def test_given_an_agents_machine_when_it_answers_then_customers_see_nothing(desk: Desk, more: str) -> None:
    assert answered(desk, "Jeg er på ferie til 1. desember.", more=more) == "noted"
    assert [one[0] for one in said(desk)] == ["note"]
    assert desk.settle_notices() == []


def test_given_an_agent_who_is_a_customer_of_another_case_when_they_write_then_they_are_staff_here_and_customer_there(desk: Desk) -> None:
    with desk.store.transaction() as uow:
        me = Contact(new_id(desk.clock()), uow.contacts.next_numbers(1)[0], OLA, "Ola")
        uow.contacts.add([me])
        new = NewCase(uow.cases.next_number(), "SUP-2", me, "Min egen sak", case_type="problem", priority="normal")
        made = changes.create_case(new, ChangeContext(OPERATOR, desk.clock()))
        moved = changes.operate(made.case, "ask_customer", ChangeContext(OPERATOR, desk.clock()))
        uow.cases.write([made, moved])
    first = desk.case_id
    assert answered(desk) == "commented"
    assert said(desk)[-1][1] == "operator"
    token = reply_token(KEYS, made.case.number, me.number, (START + timedelta(days=365)).date())
    own = carriers.reply_local_part(token, "support") + "@firma.example"
    assert desk.state(desk.take(mail("Den er min.", to=own), own, OLA)) == "commented"
    desk.case_id = made.case.id
    assert (said(desk)[-1][1:], desk.case.status) == (("contact", "Ola", "Den er min."), "open")
    desk.case_id = first
    assert len(said(desk)) == 1


@pytest.mark.parametrize(
    ("to", "cc", "state"),
    [
        ("{reply}", "liv@firma.example", "commented"),
        ("per@kunde.example", "{reply}", "commented"),
        ("liv@firma.example", "{reply}", "held"),
        ("liv@firma.example", "{reply}, fremmed@annen.example", "held"),
        ("liv@firma.example", "", "held"),
        ("per@kunde.example", "", "held"),
    ],
    ids=[
        "to us",
        "to the customer",
        "to a colleague",
        "to a colleague and a stranger",
        "in blind copy",
        "a signed mail of theirs, sent on",
    ],
)
def test_given_whom_an_agent_writes_to_when_it_is_no_customer_then_the_mail_waits_for_a_person(
    desk: Desk, to: str, cc: str, state: str
) -> None:
    reply = for_staff(desk.case)
    assert answered(desk, to=to.format(reply=reply), cc=cc.format(reply=reply)) == state
    assert len(said(desk)) == (state == "commented")


def test_given_an_agents_mail_to_support_when_it_is_sent_on_to_a_reply_address_as_well_then_it_is_held(desk: Desk) -> None:
    """Whoever has the signed mail chooses the envelope: only a reply address in the header was written by the agent."""
    support = "support@firma.example"
    for order in ((support, for_staff(desk.case)), (for_staff(desk.case), support)):
        raw = mail(f"Hei support, {order[0]}", to=support, cc="per@kunde.example")
        assert desk.state(desk.take(raw, order[0], OLA, order[1])) == "held"
    assert said(desk) == []


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (QUOTE.strip(), ""),
        ("Til orientering\n\n---------- Videresendt melding ----------\nFra: Liv <liv@firma.example>\nEmne: Internt\n\nHemmelig", ""),
        ("-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----", ""),
        ("Hei Per,\n\n> Kunden er vrang.\nPrøv versjon 4.2.\n\n> Hemmelig\nDet er byttet.", ""),
        ("Prøv 4.2.\n\nVarsel fra regel tell\nSak: SUP-1 Feil i rapport\n\nFirma AS\nRef: {token}", ""),
        (ATTACHED, ""),
        (ATTACHED.replace("message/rfc822", "application/octet-stream; name=internt.eml"), ""),
    ],
    ids=[
        "nothing but a quote",
        "a mail passed on",
        "encrypted",
        "quotes between",
        "our mail without a mark",
        "a mail attached",
        "a mail attached as a file",
    ],
)
def test_given_words_that_may_be_others_when_an_agent_sends_them_then_they_wait_for_a_person(desk: Desk, body: str, more: str) -> None:
    token = for_staff(desk.case).partition("+")[2].partition("@")[0]
    assert answered(desk, body.replace("{token}", token), more=more) == "held"
    assert said(desk) == []


def test_given_a_mail_among_colleagues_when_only_its_references_name_the_case_then_it_waits_for_a_person(desk: Desk) -> None:
    token = reply_token(KEYS, desk.case.number, STAFF_NUMBER, (START + timedelta(days=365)).date())
    more = f"In-Reply-To: <{carriers.message_id(token, 'x', 'firma.example')}>\n"
    raw = mail("Hva synes du?", to="liv@firma.example", cc="support@firma.example", more=more)
    assert desk.state(desk.take(raw, "support@firma.example", OLA)) == "held"
    assert said(desk) == []


@pytest.mark.parametrize("body", ["#close", "status: closed\nassign: ola", "Godta"])
def test_given_words_like_commands_when_an_agent_sends_them_then_nothing_is_done_but_the_comment(desk: Desk, body: str) -> None:
    before = desk.case
    assert answered(desk, body, more="X-Status: closed\n") == "commented"
    assert (desk.case.status, desk.case.assignee, desk.case.priority) == (before.status, before.assignee, before.priority)


def test_given_a_closed_case_when_an_agent_answers_then_the_comment_stands_and_it_stays_closed(desk: Desk) -> None:
    with desk.store.transaction() as uow:
        (case,) = uow.cases.lock([desk.case_id]).values()
        uow.cases.write([changes.operate(case, "close", ChangeContext(OPERATOR, desk.clock()))])
    desk.settle_notices()
    assert (answered(desk), desk.case.status) == ("commented", "closed")
    assert len(desk.settle_notices()) == 2


def test_given_a_policy_that_says_otherwise_when_an_agent_writes_then_the_guard_rails_stand(desk: Desk) -> None:
    rules = (
        'rules:\n  - {name: all, when: {not: {carrier: ""}}, then: comment, do: [{transition: open}, {participant: {approved: true}}]}\n'
    )
    document = load(f"{rules}  - {{name: default, when: always, then: redirect}}\n".encode(), frozenset({"support@firma.example"}))
    assert document.policy is not None, document.problems
    desk.policy = document.policy
    assert answered(desk) == "commented"
    assert (desk.case.status, len(desk.case.participants)) == ("waiting_customer", 2)
    reply = for_staff(desk.case)
    assert answered(desk, "Bare til deg, Liv.", to="liv@firma.example", cc=reply) == "held"


def test_given_time_to_take_it_back_when_an_agent_answers_then_customers_hear_of_it_after_that(desk: Desk) -> None:
    desk.intake._options = replace(desk.intake._options, hold_back=timedelta(minutes=10))
    assert answered(desk) == "commented"
    with desk.store.reading() as uow:
        due = [row[0] for row in uow.notices._connection.exec_driver_sql("SELECT due_at FROM notices WHERE state = 'pending'")]
    assert due
    with desk.store.transaction() as uow:
        assert uow.notices.claim(desk.clock() + timedelta(minutes=9), 10, timedelta(seconds=1)) == []
        assert len(uow.notices.claim(desk.clock() + timedelta(minutes=11), 10, timedelta(seconds=1))) == 2


def released(desk: Desk, body: str = "Prøv versjon 4.2." + QUOTE, *, number: int | None = None, **more: str) -> str:
    """The state of a mail of Ola's that was held, and that Kjersti takes as a comment."""
    address = for_staff(desk.case)
    entry = desk.take(mail(body, **{"to": address, **more}), address, OLA)
    assert desk.state(entry) == "held"
    with desk.store.transaction() as uow:
        uow.journal.reopen([entry], desk.clock(), from_states=("held",), operator_decision=OperatorDecision("comment", "Kjersti", number))
    desk.intake.run(lambda: False)
    return desk.state(entry)


@pytest.mark.parametrize("more", [{"auth": NONE}, {"auth": FAIL}, {"to": "liv@firma.example"}], ids=["none", "fail", "to a colleague"])
def test_given_an_agents_held_mail_when_a_person_takes_it_as_a_comment_then_it_is_the_agents_without_quotes(
    desk: Desk, more: dict[str, str]
) -> None:
    assert released(desk, **more) == "commented"
    assert said(desk) == [("comment", "operator", "Ola Berg", "Prøv versjon 4.2.")]
    assert (desk.case.status, len(desk.case.participants)) == ("waiting_customer", 2)
    with desk.store.reading() as uow:
        assert [one.quoted for one in uow.cases.comments(desk.case_id)] == [""]
        assert uow.contacts.by_addresses([OLA]) == {}
    assert desk.settle_notices() == [("comment_added", "eva@kunde.example"), ("comment_added", "per@kunde.example")]


def test_given_an_agents_held_mail_of_nothing_but_a_quote_when_taken_as_a_comment_then_it_stays_held(desk: Desk) -> None:
    assert released(desk, QUOTE.strip()) == "held"
    assert said(desk) == []


@pytest.fixture
def accounts(desk: Desk) -> Callable[[list[str]], dict[str, str]]:
    """The names of the staff with these addresses."""

    def named(addresses: list[str]) -> dict[str, str]:
        with desk.store.reading() as uow:
            return {address: one.name for address, one in uow.staff.by_addresses(addresses).items()}

    return named


def test_given_accounts_when_looked_up_by_address_then_only_staff_who_may_log_in_are_found(
    desk: Desk, accounts: Callable[[list[str]], dict[str, str]]
) -> None:
    add_account(desk, "Liv@firma.example", "Liv", disabled=True)
    with desk.store.transaction() as uow:
        uow.accounts.add(Account(new_id(desk.clock()), "contact", "per", "per@kunde.example", desk.clock(), contact_id=desk.per.id))
    assert accounts([OLA, "liv@firma.example", "per@kunde.example", "nobody@firma.example"]) == {OLA: "Ola Berg"}
    assert accounts([]) == {}
