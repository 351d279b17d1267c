"""Corrections: what they change, who is notified, and what is refused. Pure."""

from dataclasses import replace

import pytest

from mailgate.cases import corrections
from mailgate.cases.changes import NewCase, create_case
from mailgate.cases.model import Actor, Comment, Contact, StoredFile
from mailgate.cases.workflow import SUPPORTWEB, Workflow
from mailgate.errors import NotAllowed
from tests.unit.cases.test_changes import EVA, KARI, LATER, LOGO, NOW, OLA, a_case, context, notified

PER = Contact("p", 4, "per@kunde.example", "Per", "", "c1")


def a_duplicate(**given):
    made = create_case(
        NewCase(124, "SUP-124", PER, "Samme", "Også her", participants=(OLA,), case_type="spørsmål", priority="normal"), context(now=NOW)
    ).case
    return replace(made, **given)


def test_given_a_long_text_when_edited_then_the_event_keeps_its_beginning_alone():
    (event,) = corrections.edit(a_case(), {"description": "x" * 10_000}, context()).events
    assert (event.facts["from"], len(event.facts["to"])) == ("Den står", corrections.SHOWN_CHARS + 1)


def test_given_a_duplicate_when_merged_then_its_people_hear_of_its_end_and_those_of_the_target_of_nothing():
    merged = corrections.merge(a_duplicate(), a_case(), "Per", context())
    assert notified(merged.duplicate) == [("status_changed", PER.address), ("status_changed", OLA.address)]
    assert {notice.facts["merged_into"] for notice in merged.duplicate.notices} == {"SUP-123"}
    assert notified(merged.target) == []
    assert [(one.contact, one.role) for one in merged.target.participants_added] == [(PER, "participant")]
    (described,) = merged.target.comments
    assert (described.text, described.author.contact_id, described.created_at) == ("Samme\n\nOgså her", PER.id, NOW)


def test_given_somebody_who_waits_in_the_target_when_their_double_is_merged_then_they_are_approved():
    target = a_case()
    target = replace(
        target, participants=(*target.participants, replace(a_duplicate().participants[0], role="participant", approved=False))
    )
    after = corrections.merge(a_duplicate(), target, "Per", context()).target.case
    assert [one.approved for one in after.participants if one.contact == PER] == [True]
    assert len(after.participants) == len(target.participants)


def test_given_somebody_who_waits_in_the_double_when_merged_then_they_come_with_no_right_into_the_target():
    duplicate = a_duplicate()
    duplicate = replace(
        duplicate, participants=(duplicate.participants[0], replace(duplicate.participants[1], contact=EVA, approved=False))
    )
    assert EVA not in [one.contact for one in corrections.merge(duplicate, a_case(), "Per", context()).target.case.participants]


def test_given_a_closed_double_when_merged_then_nobody_is_notified():
    assert notified(corrections.merge(a_duplicate(status="closed"), a_case(), "Per", context()).duplicate) == []


@pytest.mark.parametrize("other", [{"customer_id": "c2"}, {"customer_id": None}, {"merged_into": "x"}])
def test_given_a_duplicate_of_somebody_else_when_merged_then_it_is_refused(other):
    with pytest.raises(NotAllowed):
        corrections.merge(a_duplicate(**other), a_case(), "Per", context())


def test_given_two_cases_without_a_customer_when_merged_then_their_reporter_must_be_the_same():
    one, two = a_case(customer_id=None), a_duplicate(customer_id=None)
    with pytest.raises(NotAllowed, match="different customers"):
        corrections.merge(two, one, "Per", context())
    assert corrections.merge(replace(two, reporter_id=one.reporter_id), one, "Kari", context()).duplicate.case.merged_into == one.id


def test_given_a_workflow_without_an_end_when_merged_then_it_is_refused():
    endless = Workflow(tuple(replace(status, final=False) for status in SUPPORTWEB.statuses), SUPPORTWEB.operations)
    with pytest.raises(NotAllowed, match="no final status"):
        corrections.merge(a_duplicate(), a_case(), "Per", context(workflow=endless))


def test_given_a_comment_when_moved_then_its_author_is_not_notified_and_decoration_is_not_named():
    files = (LOGO, StoredFile("22" * 32, "a.png", "image/png", 1))
    said = Comment("i", "x", "comment", "Hei", Actor("contact", "Kari", KARI.id), NOW, None, files)
    gone, come = corrections.move_comment(said, a_duplicate(), a_case(), context())
    assert (notified(gone), notified(come)) == ([], [("comment_added", OLA.address)])
    assert (come.notices[0].facts["files"], come.notices[0].facts["actor"]) == ("a.png", "Kari")
    assert (gone.case.updated_at, come.case.updated_at) == (LATER, LATER)
