"""Replies to a duplicate: they arrive in the case that it was merged into, with the rights that its people have there."""

from __future__ import annotations

from mailgate.cases import changes, corrections
from mailgate.cases.changes import ChangeContext, NewCase
from tests.support.desks.desk import OPERATOR, Desk, mail_text


def _merged(desk: Desk) -> str:
    """The desk's case becomes part of a new one of Per, which waits for the customer; the new one's id."""
    with desk.store.transaction() as uow:
        context = ChangeContext(OPERATOR, desk.clock())
        number = uow.cases.next_number()
        made = changes.create_case(NewCase(number, f"SUP-{number}", desk.per, "Det samme", case_type="problem", priority="normal"), context)
        waits = changes.operate(made.case, "ask_customer", context)
        uow.cases.write([made, waits])
        duplicate = uow.cases.lock([desk.case_id])[desk.case_id]
        merged = corrections.merge(duplicate, waits.case, "Per Nes", context)
        uow.cases.merge_into(duplicate.id, made.case.id)
        uow.cases.write([merged.duplicate, merged.target])
    return made.case.id


def test_given_a_duplicate_when_its_people_reply_to_a_mail_about_it_then_the_case_that_goes_on_has_the_comment_and_moves(
    desk: Desk,
) -> None:
    per_wrote_to, eva_wrote_to = desk.reply_address(desk.per), desk.reply_address(desk.eva)
    target = _merged(desk)
    for contact, address in ((desk.per, per_wrote_to), (desk.eva, eva_wrote_to)):
        text = mail_text(f"{contact.name} <{contact.address}>", body=f"Svar fra {contact.name}", to=address)
        assert desk.state(desk.take(text, address, contact.address)) == "commented"
    with desk.store.reading() as uow:
        assert {"Svar fra Per Nes", "Svar fra Eva Moen"} <= {comment.text for comment in uow.cases.comments(target)}
        assert uow.cases.get(target).status == "open"
        assert uow.cases.comments(desk.case_id) == []


def test_given_a_duplicate_when_a_stranger_writes_to_it_then_nothing_is_added_to_either_case(desk: Desk) -> None:
    address = desk.reply_address(desk.per)
    target = _merged(desk)
    state = desk.state(desk.take(mail_text("Ukjent <x@annen.example>", to=address), address, "x@annen.example"))
    assert state != "commented"
    with desk.store.reading() as uow:
        assert len(uow.cases.comments(target)) == 1  # what the duplicate said
