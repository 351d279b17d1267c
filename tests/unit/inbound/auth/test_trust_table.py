"""The trust ladder: every combination of carrier, author, authentication, relay and agreement, through the whole of intake.

What must come out stands here in words and in one table, written from the design and not from the code. Each combination is one mail on
a case of its own, in a real database; all are taken in one run.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from mailgate.application.access import may_answer_by_mail
from mailgate.cases import carriers, changes
from mailgate.cases.changes import ChangeContext, NewCase
from mailgate.cases.ids import new_id
from mailgate.cases.model import Case, Contact, Customer
from mailgate.cases.tokens import TokenKeys, reply_token
from mailgate.cases.workflow import SUPPORTWEB
from mailgate.inbound.guards.case_breaker import CaseLimits
from mailgate.inbound.intake.matcher import CaseFinder
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.model import Envelope
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.store.repositories.accounts import Account
from mailgate.store.rows import RelayId
from tests.support.desks.desk import KEYS, OPERATOR, START, Desk, mail_text

YEAR, YESTERDAY = (START + timedelta(days=365)).date(), (START - timedelta(days=1)).date()
OLD = TokenKeys({2: b"r" * 32})  # a key whose grace is over
EVERY_KEY = TokenKeys({1: KEYS.secrets[1], 2: OLD.secrets[2]}, {2: YESTERDAY})
OURS, FOREIGN = "mx.firma.example", "mx.evil.example"

TOKENS = ("own", "other's", "in message id", "in marker", "relay's id", "expired", "retired key", "forged", "subject only", "none")
AUTHORS = ("reporter", "participant", "waiting", "colleague", "contact", "staff", "unknown")
VERDICTS = ("pass", "none", "fail")
RELAYS = ("trusted", "foreign")
AGREEMENT = ("agree", "disagree")

# What each mail comes to when one case is named, by what its token is worth (down) and who writes with which verdict (across).
# Words: trust/state, and > when the status moves from Venter på kunde to Åpen. A case's people are reporter and participant.
TABLE = """
                 pass                   none                   fail
people
  made for them  confirmed/commented>   participant/commented> doubtful/held
  good           participant/commented> participant/commented> doubtful/held
  relay's id     participant/commented> doubtful/held          doubtful/held
  over           stranger/held          stranger/held          stranger/held
  subject        stranger/held          stranger/held          stranger/held
  nothing        stranger/redirected    stranger/redirected    stranger/redirected
waiting colleague
  good           colleague/commented    stranger/held          doubtful/held
  over           stranger/held          stranger/held          stranger/held
  nothing        stranger/redirected    stranger/redirected    stranger/redirected
colleague
  good           colleague/commented    stranger/held          doubtful/held
  nothing        stranger/redirected    stranger/redirected    stranger/redirected
contact
  good           stranger/held          stranger/held          stranger/held
  over           stranger/held          stranger/held          stranger/held
  nothing        stranger/redirected    stranger/redirected    stranger/redirected
staff
  to us          staff/commented        doubtful/held          doubtful/held
  good           staff/held             doubtful/held          doubtful/held
  nothing        stranger/redirected    stranger/redirected    stranger/redirected
unknown
  good           stranger/held          stranger/held          stranger/held
  nothing        stranger/redirected    stranger/redirected    stranger/redirected
"""


def table() -> dict[tuple[str, str, str], str]:
    """(author, worth, verdict) -> what it comes to."""
    found, author = {}, ""
    for line in TABLE.strip("\n").splitlines()[1:]:
        if not line.startswith(" "):
            author = line.strip()
            continue
        worth, cells = line[2:17].strip(), line[17:].split()
        found.update({(author, worth, verdict): cell for verdict, cell in zip(VERDICTS, cells, strict=True)})
    return found


EXPECTED = table()
GROUP = {"reporter": "people", "participant": "people", "waiting": "waiting colleague"}


@dataclass(frozen=True, slots=True)
class Combination:
    """One row of all that can be."""

    token: str
    author: str
    verdict: str
    relay: str
    carriers: str

    @property
    def name(self) -> str:
        return f"{self.author}, {self.token}, {self.verdict} by {self.relay}, {self.carriers}"

    @property
    def believed(self) -> str:
        """Only our own server is believed; whatever another one says is as if nobody had said anything."""
        return self.verdict if self.relay == "trusted" else "none"

    @property
    def names_the_case(self) -> bool:
        """Whether the first carrier is good: signed, or an id of a relay that this author has taught."""
        signed = self.token in ("own", "other's", "in message id", "in marker")
        return signed or (self.token == "relay's id" and GROUP.get(self.author) == "people")

    def expected(self) -> str:
        """By the rules in words, then by the table.

        A token that is over, forged or missing names no case. Two good carriers that name two cases: a person decides, whoever wrote. An id
        of a relay means something only for the contact who has taught it, so for all others, and for who waits for approval, it is nothing.
        A subject is a hint for the case's own people; to all others it is not even a hint. A token that is over tells us that its bearer
        knew us: a contact's mail with it is held, a stranger's is not. What staff say is shown only when it was sent to the reply address.
        """
        group = GROUP.get(self.author, self.author)
        if self.carriers == "disagree":
            learned = self.token == "relay's id"  # never outweighs a good token of the mail at hand
            return "*/held" if self.names_the_case and not learned else self._with_the_other_case()
        worth = "good" if self.names_the_case else "nothing"
        if self.token in ("expired", "retired key"):
            worth = "over" if group not in ("colleague", "staff", "unknown") else "nothing"
        elif group == "staff" and self.token in ("own", "other's"):
            worth = "to us"
        elif group == "people":
            made_for_them = self.token in ("own", "in message id", "in marker")
            worth = {"relay's id": "relay's id", "subject only": "subject"}.get(self.token, "made for them" if made_for_them else worth)
        return EXPECTED[group, worth, self.believed]

    def _with_the_other_case(self) -> str:
        """The first carrier is no good, the second one is a good token of another case, on which nobody but Liv takes part."""
        if self.author == "staff":
            return "staff/held" if self.believed == "pass" else "doubtful/held"
        company = self.author in ("waiting", "colleague", "reporter", "participant")
        if self.believed == "fail" and company:
            return "doubtful/held"
        return "colleague/commented" if self.believed == "pass" and company else "stranger/held"


ALL = [Combination(*one) for one in itertools.product(TOKENS, AUTHORS, VERDICTS, RELAYS, AGREEMENT)]


class Sender:
    """A desk with a case for each combination, all of one company, and the people that the combinations speak of."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        desk.intake._options = replace(desk.intake._options, authserv_ids=frozenset({OURS}))
        desk.intake._finder = CaseFinder(EVERY_KEY, "SUP", may_answer_by_mail)
        company = Customer(new_id(START), "Kunde AS", domains=("kunde.example",))
        names = {"waiting": "venter@kunde.example", "contact": "kontakt@annet.example", "liv": "liv@kunde.example"}
        self.people = {
            name: Contact(new_id(START), 800 + at, address, customer_id=company.id if "kunde" in address else None)
            for at, (name, address) in enumerate(names.items())
        }
        with desk.store.transaction() as uow:
            uow.accounts.add(Account(new_id(START), "staff", "ola", "ola@firma.example", START, name="Ola Berg", roles=("agent",)))
            uow.customers.add([company])
            uow.contacts.add(list(self.people.values()))
            for person in (desk.per, desk.eva):
                uow.contacts.set(replace(person, customer_id=company.id))
        self.per, self.eva = (replace(person, customer_id=company.id) for person in (desk.per, desk.eva))
        self.elsewhere = self.case(9000, participants=False)

    def case(self, number: int, *, participants: bool = True) -> Case:
        """Per reports, Eva takes part, one waits; in Venter på kunde. Without participants: Liv's alone."""
        context, reporter = ChangeContext(OPERATOR, START, notice_kinds=frozenset()), self.per if participants else self.people["liv"]
        people = (self.eva,) if participants else ()
        made = changes.create_case(
            NewCase(number, f"SUP-{number}", reporter, "Sak", participants=people, case_type="spørsmål", priority="normal"), context
        )
        moved = changes.operate(made.case, "ask_customer", context)
        written = [made, moved]
        if participants:
            written.append(changes.add_participant(moved.case, self.people["waiting"], context, approved=False))
        with self.desk.store.transaction() as uow:
            uow.cases.write(written)
        return written[-1].case

    def author(self, one: Combination, at: int) -> tuple[str, Contact | None]:
        """Address and contact of who writes. Each colleague is a new one: a comment makes a contact of them."""
        known = {"reporter": self.per, "participant": self.eva, **self.people}.get(one.author)
        return (
            known.address
            if known
            else {"colleague": f"kollega{at}@kunde.example", "staff": "ola@firma.example"}.get(one.author, "ukjent@annet.example")
        ), known

    def mail(self, one: Combination, at: int) -> tuple[Submission, Case]:
        """The mail of this combination, and the case that it is about."""
        case = self.case(10_000 + at)
        address, known = self.author(one, at)
        whose = known if known and one.token != "other's" else self.per if one.author == "participant" else self.eva
        fields, to, body = self._carried(one, case, whose, at)
        wording = f"Authentication-Results: {OURS if one.relay == 'trusted' else FOREIGN}; dmarc={one.verdict}\n"
        subject = f"Re: {case.key}" if one.token == "subject only" else "Re: sak"
        text = mail_text(f"<{address}>", subject, f"Svar {at}{body}", f"{fields}{wording}", to)
        return Submission(Envelope(address, (to,)), text.replace("\n", "\r\n").encode(), "127.0.0.1", "t", "smtp", False, False), case

    def _carried(self, one: Combination, case: Case, whose: Contact, at: int) -> tuple[str, str, str]:
        """Header fields, recipient and end of the body."""
        keys = {"retired key": OLD, "forged": TokenKeys({1: b"f" * 32})}.get(one.token, KEYS)
        token = reply_token(keys, case.number, whose.number, YESTERDAY if one.token == "expired" else YEAR)
        us, to, fields, body = "support@firma.example", "support@firma.example", "", ""
        if one.token in ("own", "other's", "expired", "retired key", "forged"):
            to = carriers.reply_local_part(token, "support") + "@firma.example"
        elif one.token == "in message id":
            fields = f"In-Reply-To: <{carriers.message_id(token, 'x', 'firma.example')}>\n"
        elif one.token == "in marker":
            body = f"\n\n> {carriers.marker_line(token)}"
        elif one.token == "relay's id":
            self._teach(case, one, at)
            fields = f"In-Reply-To: <{at}@relay.example>\n"
        if one.carriers == "disagree":
            other = reply_token(KEYS, self.elsewhere.number, self.people["liv"].number, YEAR)
            body += f"\n\n> {carriers.marker_line(other)}"
        return fields, to or us, body

    def _teach(self, case: Case, one: Combination, at: int) -> None:
        """Per and Eva have answered with a good token and the relay's id before."""
        with self.desk.store.transaction() as uow:
            taught = [
                RelayId(
                    hashlib.sha256(f"{at}@relay.example".encode()).hexdigest(), who.id, case.id, case.id, START, START + timedelta(days=9)
                )
                for who in (self.per, self.eva)
            ]
            uow.relay_ids.learn(taught, 10)


@pytest.fixture
def came(desk: Desk) -> dict[str, tuple[str, bool, set[str]]]:
    """Combination -> trust/state (> when the status moved), whether the case shows the words, and who takes part by it."""
    sender = Sender(desk)
    desk.intake._options = replace(desk.intake._options, case_limits=CaseLimits(10_000, 10_000))
    mails = [sender.mail(one, at) for at, one in enumerate(ALL)]
    receipts = desk.journal.append_many([submission for submission, _ in mails])
    desk.intake.run(lambda: False)
    found = {}
    with desk.store.reading() as uow:
        for one, receipt, (_, case) in zip(ALL, receipts, mails, strict=True):
            decision, after = uow.journal.get(receipt.journal_id).decision, uow.cases.by_ids([case.id])[case.id]
            assert decision is not None
            moved = ">" if after.status != "waiting_customer" else ""
            shown = any(comment.kind == "comment" for comment in uow.cases.comments(case.id))
            approved = {person.contact.address for person in after.participants if person.approved}
            found[one.name] = (f"{decision.trust}/{decision.state}{moved}", shown, approved)
    return found


@pytest.mark.slow
def test_given_every_combination_when_it_comes_then_trust_and_rights_are_those_of_the_table_and_nobody_joins(
    came: dict[str, tuple[str, bool, set[str]]],
) -> None:
    wrong = []
    for one in ALL:
        got, wanted = came[one.name][0], one.expected()
        if got != wanted and not (wanted.startswith("*/") and got.endswith(wanted[1:])):
            wrong.append(f"{one.name}: {got}, expected {wanted}")
    assert not wrong, f"{len(wrong)} of {len(ALL)}:\n" + "\n".join(wrong[:40])
    for one in ALL:
        got, shown, approved = came[one.name]
        assert approved == {"per@kunde.example", "eva@kunde.example"}, one.name
        here = one.carriers == "agree" or (one.names_the_case and one.token != "relay's id")  # a learned id gives way to a good token
        assert shown == ("commented" in got and here), one.name


def test_given_a_stricter_policy_when_a_participant_answers_then_its_rights_count_and_not_the_tables(desk: Desk) -> None:
    desk.policy = replace(SUPPORTWEB_POLICY, workflow=replace(SUPPORTWEB, moving_trust=frozenset({"confirmed"})))
    entry = desk.take(mail_text("Per <per@kunde.example>"), desk.reply_address(desk.per))
    assert (desk.state(entry), desk.case.status) == ("commented", "waiting_customer")
    held = tuple(replace(rule, then="hold", actions=()) if rule.name == "reply" else rule for rule in SUPPORTWEB_POLICY.rules)
    desk.policy = replace(SUPPORTWEB_POLICY, rules=held)
    assert desk.state(desk.take(mail_text("Per <per@kunde.example>", body="og så"), desk.reply_address(desk.per))) == "held"
