"""Mail from files: who put it into the journal stands in the audit, once, and is no decision about mail that is there."""

from __future__ import annotations

from mailgate.application import audit_trail
from mailgate.application.journal import entries, record
from mailgate.application.mail.inject import Inject, Injected, inject
from tests.support.desks.office import EVA, KARI

MAIL = f"From: {KARI}\nSubject: Hei\nMessage-ID: <1@kunde.example>\n\nHei\n".encode()


def test_given_mail_when_injected_twice_then_one_audit_row_says_who_put_it_into_the_journal(office):
    first, again = (list(inject(office.app, EVA, Inject([("a.eml", MAIL)]))) for _ in range(2))
    (made,), (known,) = first, again
    assert isinstance(made, Injected)
    assert known == Injected("a.eml", made.journal_id, duplicate=True)
    (row,) = audit_trail.list_audit(office.app, EVA, audit_trail.ListAudit(kind="journal")).rows
    assert (row.principal, row.verb, row.subject_id, row.before, row.after) == ("eva", "inject", made.journal_id, {}, {"state": "pending"})


def test_given_injected_mail_when_its_decisions_are_asked_for_then_there_is_none_yet(office):
    (made,) = inject(office.app, EVA, Inject([("a.eml", MAIL)]))
    assert entries.show_entry(office.app, EVA, made.journal_id).interventions == []
    assert record.list_moves(office.app, EVA, record.ListMoves()) == []
