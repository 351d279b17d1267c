"""What ties a mail to a case: what the mail itself says (`Hints`), and the case and people found for it (`Match`). Values only."""

from __future__ import annotations

from mailgate.cases.model import Case, Contact, Customer, StaffAuthor
from mailgate.cases.tokens import ReplyToken
from mailgate.store.rows import OutboxMail
from mailgate.values import value_class


@value_class
class Hints:
    """What a mail itself says of its case; pure. `tokens` are good ones as (carrier, token); `refused` says why others are not.

    `outbox_id` comes from a signed return path, `reported_ids` are the Message-IDs that a report names: both lead to the
    mail it reports on.
    `operator_case_number`: the case that an operator named when they released the mail. `foreign_ids`: hashes of ids that relays may have
    given our mail. `reply_addresses`: those that the mail came to or shows and that hold a good token, in lower case. `repeats_us`: a mail
    of ours stands in what counts as the author's words, by its marker line.
    """

    tokens: tuple[tuple[str, ReplyToken], ...] = ()
    outbox_id: str | None = None
    reported_ids: tuple[str, ...] = ()
    operator_case_number: int | None = None
    refused: tuple[str, ...] = ()
    subject_number: int | None = None
    foreign_ids: tuple[str, ...] = ()
    reply_addresses: tuple[str, ...] = ()
    repeats_us: bool = False

    @property
    def case_numbers(self) -> set[int]:
        """Numbers of the cases that the mail may belong to."""
        named = {token.case_number for _, token in self.tokens}
        return named | {number for number in (self.subject_number, self.operator_case_number) if number}

    @property
    def token(self) -> ReplyToken | None:
        """The token of the strongest carrier: reply address, then message id, then marker."""
        return self.tokens[0][1] if self.tokens else None


@value_class
class Match:
    """The case and the people of a mail. `matched_by`: `address`, `message_id`, `marker`, `relay_id`, `bounce`, `subject`, `operator`, "".

    `subject` stands only for an approved participant: what strangers put there is not even looked up, so that nothing they see or time can
    tell whether a case exists. `named`: (carrier, case number) of all carriers, in order of strength.
    `customer` is the one that an operator has put the author with, else the one who has the author's mail domain.
    `staff`: whose account has the author's address, when that account may comment on cases.
    `reported` is the mail of ours that a report is about, tied by what only its receivers can know.
    """

    hints: Hints
    case: Case | None = None
    author: Contact | None = None
    customer: Customer | None = None
    token_contact: Contact | None = None
    matched_by: str = ""
    reported: OutboxMail | None = None
    named: tuple[tuple[str, int], ...] = ()
    staff: StaffAuthor | None = None

    @property
    def disagree(self) -> bool:
        """True when good carriers of the mail name more than one case: then none of them decides."""
        return len({number for _, number in self.named}) > 1
