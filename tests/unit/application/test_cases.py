"""Use cases of cases: what is written, who is notified, what the audit keeps, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailgate.application.cases import comment, correct, create, edit, operate, people, read
from mailgate.application.cases.comment import AddComment, AttachFiles, NewFile
from mailgate.application.cases.correct import DeleteFile, MergeCase, MoveComment
from mailgate.application.cases.edit import EditCase
from mailgate.application.cases.people import AddParticipant, DecideOnParticipant, RemoveParticipant
from mailgate.application.use_case import USE_CASES
from mailgate.cases import changes
from mailgate.cases.changes import ChangeContext
from mailgate.cases.model import Actor
from mailgate.errors import Ambiguous, Conflict, Forbidden, Invalid, NotAllowed, NotFound
from tests.support.desks.office import EVA, KARI, LIV, PER

LOG = NewFile("logg.txt", b"feil", "text/plain")


def audit(office, key="SUP-1"):
    """What was done to a case, as verb, before and after."""
    with office.app.store.reading() as uow:
        return [(one.verb, one.before, one.after) for one in uow.audit.of("case", uow.cases.get(key).id)]


def shown(office, key="SUP-1"):
    return read.show_case(office.app, EVA, read.ShowCase(key))


def join_waiting(office, address=LIV):
    """A colleague wrote to the case and waits for approval."""
    with office.app.store.transaction() as uow:
        case = uow.cases.get("SUP-1")
        contact = uow.contacts.by_addresses([address])[address]
        context = ChangeContext(Actor("system"), office.app.now())
        uow.cases.write([changes.add_participant(case, contact, context, approved=False)])


def notified_since(office, before):
    return [(kind, address) for kind, address, _ in office.notices()[len(before) :]]


def test_given_fields_when_edited_then_events_and_audit_have_them_and_nobody_is_notified(office):
    before = office.notices()
    command = EditCase("SUP-1", summary="Skriveren brenner", description="Røyk", environment="prod", priority="high")
    after = edit.edit_case(office.app, EVA, command)
    assert (after.summary, after.environment, after.priority, after.version) == ("Skriveren brenner", "prod", "high", 2)
    assert shown(office).description == "Røyk"
    assert [event.facts["field"] for event in shown(office).events if event.kind == "field_changed"] == [
        "summary", "description", "priority", "environment",
    ]  # fmt: skip
    assert notified_since(office, before) == []
    verb, old, new = audit(office)[-1]
    assert (verb, old["summary"], new["summary"], old["environment"]) == ("edit", "Skriveren står", "Skriveren brenner", "")


def test_given_the_same_values_when_edited_then_nothing_is_written(office):
    rows = audit(office)
    assert edit.edit_case(office.app, EVA, EditCase("SUP-1", summary="Skriveren står")).version == 1
    assert audit(office) == rows


def test_given_a_version_that_is_not_the_present_one_when_changed_then_the_present_one_is_named_and_nothing_changes(office):
    edit.edit_case(office.app, EVA, EditCase("SUP-1", summary="Ny", version=1))
    with pytest.raises(Conflict, match="version 2 now") as caught:
        comment.add_comment(office.app, EVA, AddComment("SUP-1", "for sent", version=1))
    assert caught.value.current == 2
    assert shown(office).comments == []


def test_given_their_own_case_when_a_contact_edits_it_then_it_changes_until_it_is_closed(office):
    assert edit.edit_case(office.app, office.contact(KARI), EditCase("SUP-1", summary="Min")).summary == "Min"
    operate.operate(office.app, EVA, operate.Operate("SUP-1", "close"))
    with pytest.raises(NotAllowed, match="no longer be edited"):
        edit.edit_case(office.app, office.contact(KARI), EditCase("SUP-1", summary="For sent"))


def test_given_a_contact_when_they_make_a_driftsproblem_then_the_environment_is_asked_for(office):
    kari = office.contact(KARI)
    with pytest.raises(Invalid, match="environment") as caught:
        create.create_case(office.app, kari, create.CreateCase("Nede", case_type="driftsproblem"))
    assert (caught.value.field, caught.value.code) == ("environment", "required")
    made = create.create_case(office.app, kari, create.CreateCase("Nede", case_type="driftsproblem", environment="prod"))
    assert (made.key, made.environment, made.reporter) == ("SUP-2", "prod", "Kari")
    with pytest.raises(Invalid, match="environment"):
        edit.edit_case(office.app, kari, EditCase("SUP-2", environment=""))
    assert shown(office, "SUP-2").environment == "prod"
    with pytest.raises(Forbidden):
        create.create_case(office.app, kari, create.CreateCase("Nede", reporter=PER))


def test_given_files_without_words_when_attached_then_they_are_a_comment_that_names_them(office):
    before = office.notices()
    comment.attach_files(office.app, office.contact(KARI), AttachFiles("SUP-1", (LOG,)))
    (said,) = shown(office).comments
    assert (said.text, [file.filename for file in said.files]) == ("", ["logg.txt"])
    assert notified_since(office, before) == [("comment_added", PER)]
    content = read.read_file(office.app, office.contact(PER), read.ReadFile("SUP-1", said.id, said.files[0].sha256))
    assert (content.filename, content.content_type, content.content) == ("logg.txt", "text/plain", b"feil")
    with pytest.raises(Invalid, match="no file"):
        comment.attach_files(office.app, EVA, AttachFiles("SUP-1", ()))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\temp\\a.txt", "a.txt"), ("con.txt", "_con.txt"), ("faktura.pdf:b", "faktura.pdf_b"),
        ("a\u202efdp.txt", "afdp.txt"), ("-rf.txt", "_rf.txt"), (". .", "file"), ("<b>.png", "_b_.png"),
    ],
)  # fmt: skip
def test_given_the_name_of_an_attached_file_when_kept_then_it_is_as_safe_as_one_of_a_mail(office, sent, kept):
    comment.attach_files(office.app, office.contact(KARI), AttachFiles("SUP-1", (NewFile(sent, b"x", "text/plain"),)))
    assert [file.filename for file in shown(office).comments[0].files] == [kept]


@pytest.mark.parametrize("name", ["a.exe", "a.EXE. .", "a\uff0eexe", "a.\uff45\uff58\uff45", "a.exe\u200b", "a.exe\u00a0"])
def test_given_a_program_by_another_spelling_when_a_customer_attaches_it_then_it_is_refused(office, name):
    with pytest.raises(Invalid, match="programs"):
        comment.attach_files(office.app, office.contact(KARI), AttachFiles("SUP-1", (NewFile(name, b"x", "text/plain"),)))


def test_given_a_file_of_a_note_when_a_contact_asks_for_it_then_it_does_not_exist(office):
    comment.add_note(office.app, EVA, AddComment("SUP-1", "intern", (LOG,)))
    (note,) = shown(office).comments
    with pytest.raises(NotFound):
        read.read_file(office.app, office.contact(KARI), read.ReadFile("SUP-1", note.id, note.files[0].sha256))
    with pytest.raises(NotFound):
        read.read_file(office.app, EVA, read.ReadFile("SUP-1", note.id, "00" * 32))


def test_given_an_operation_with_words_when_done_then_comment_and_status_are_one_change(office):
    operate.operate(office.app, EVA, operate.Operate("SUP-1", "propose"))
    before = office.notices()
    after = operate.operate(office.app, office.contact(KARI), operate.Operate("SUP-1", "refuse", "Hjalp ikke"))
    assert (after.status, after.version) == ("reopened", 3)
    assert [one.text for one in shown(office).comments] == ["Hjalp ikke"]
    assert notified_since(office, before) == [("comment_added", PER), ("status_changed", PER)]
    with pytest.raises(NotAllowed):
        operate.operate(office.app, office.contact(KARI), operate.Operate("SUP-1", "close"))


def test_given_a_case_when_cloned_then_fields_and_people_are_the_same_and_comments_are_not(office):
    comment.add_comment(office.app, EVA, AddComment("SUP-1", "Hei"))
    edit.edit_case(office.app, EVA, EditCase("SUP-1", environment="prod", component="faktura"))
    made = create.clone_case(office.app, EVA, create.CloneCase("SUP-1"))
    assert (made.key, made.summary, made.environment, made.component) == ("SUP-2", "Skriveren står", "prod", "faktura")
    assert (made.reporter, made.participants) == (KARI, [KARI, PER])
    whole = shown(office, "SUP-2")
    assert (whole.comments, whole.description, whole.events[0].facts["cloned_from"]) == ([], "Den blinker", "SUP-1")
    own = create.clone_case(office.app, office.contact(PER), create.CloneCase("SUP-1"))
    assert shown(office, own.key).participants == [PER]


def test_given_a_colleague_who_waits_when_approved_or_refused_then_they_are_in_or_out_and_only_they_are_notified(office):
    before = office.notices()
    join_waiting(office)
    assert shown(office).waiting == [LIV]
    after = people.refuse_participant(office.app, EVA, DecideOnParticipant("SUP-1", LIV, "kjenner ingen"))
    assert (after.waiting, after.participants) == ([], [KARI, PER])
    with pytest.raises(NotAllowed, match="does not wait"):
        people.refuse_participant(office.app, EVA, DecideOnParticipant("SUP-1", LIV))
    join_waiting(office)
    assert people.approve_participant(office.app, EVA, DecideOnParticipant("SUP-1", LIV)).participants == [KARI, PER, LIV]
    for address in (LIV, PER, "ukjent@x.example"):
        with pytest.raises(NotAllowed, match="does not wait"):
            people.approve_participant(office.app, EVA, DecideOnParticipant("SUP-1", address))
    assert notified_since(office, before) == [("participant_added", LIV)]
    assert [verb for verb, _, _ in audit(office)][-2:] == ["refuse", "approve"]


def test_given_a_reporter_when_they_add_people_then_colleagues_take_part_and_others_wait(office):
    kari, per = office.contact(KARI), office.contact(PER)
    people.remove_participant(office.app, per, RemoveParticipant("SUP-1", per.id))
    assert shown(office).participants == [KARI]
    people.add_participant(office.app, kari, AddParticipant("SUP-1", PER))
    people.add_participant(office.app, kari, AddParticipant("SUP-1", LIV))
    people.add_participant(office.app, kari, AddParticipant("SUP-1", "helt@ny.example"))
    assert (shown(office).participants, sorted(shown(office).waiting)) == ([KARI, PER], ["helt@ny.example", LIV])
    with pytest.raises(Forbidden, match="themselves"):
        people.remove_participant(office.app, per, RemoveParticipant("SUP-1", KARI))
    with pytest.raises(NotFound):
        people.remove_participant(office.app, kari, RemoveParticipant("SUP-1", "finnes@ikke.example"))


def test_given_a_double_when_merged_then_comments_and_people_are_in_the_other_case(office):
    create.create_case(office.app, EVA, create.CreateCase("Utskrift", PER, "Det samme"))
    comment.add_comment(office.app, office.contact(PER), AddComment("SUP-2", "Gjelder også meg", (LOG,)))
    people.remove_participant(office.app, EVA, RemoveParticipant("SUP-1", PER))
    before = office.notices()
    after = correct.merge_case(office.app, EVA, MergeCase("SUP-2", "SUP-1", "samme sak"))
    assert (after.key, after.participants) == ("SUP-1", [KARI, PER])
    assert sorted(one.text for one in shown(office).comments) == ["Gjelder også meg", "Utskrift\n\nDet samme"]
    duplicate = shown(office, "SUP-2")
    assert (duplicate.status, duplicate.merged_into, duplicate.comments) == ("closed", "SUP-1", [])
    assert notified_since(office, before) == [("status_changed", PER)]
    assert [verb for verb, _, _ in audit(office, "SUP-2")][-1] == "merge"
    with office.app.store.reading() as uow:
        assert {number: case.key for number, case in uow.cases.by_numbers([1, 2]).items()} == {1: "SUP-1", 2: "SUP-1"}
        assert uow.cases.of_participants([(2, office.contact(PER).id)])[2, office.contact(PER).id].key == "SUP-1"


def test_given_a_chain_of_duplicates_when_merged_then_mail_about_the_first_finds_the_last(office):
    for _ in range(2):
        create.clone_case(office.app, EVA, create.CloneCase("SUP-1"))
    correct.merge_case(office.app, EVA, MergeCase("SUP-1", "SUP-2"))
    correct.merge_case(office.app, EVA, MergeCase("SUP-2", "SUP-3"))
    with office.app.store.reading() as uow:
        assert {case.key for case in uow.cases.by_numbers([1, 2, 3]).values()} == {"SUP-3"}
    for duplicate, into in (("SUP-1", "SUP-3"), ("SUP-3", "SUP-1"), ("SUP-3", "SUP-3")):
        with pytest.raises(NotAllowed):
            correct.merge_case(office.app, EVA, MergeCase(duplicate, into))


def test_given_cases_of_two_customers_when_merged_then_it_is_refused_and_nothing_changes(office):
    create.create_case(office.app, EVA, create.CreateCase("Utskrift", LIV))
    with pytest.raises(NotAllowed, match="different customers"):
        correct.merge_case(office.app, EVA, MergeCase("SUP-2", "SUP-1"))
    assert shown(office, "SUP-2").merged_into == ""
    assert shown(office).participants == [KARI, PER]


def test_given_a_comment_on_the_wrong_case_when_moved_then_those_who_were_not_notified_yet_are_not_notified_and_the_right_ones_are(office):
    create.create_case(office.app, EVA, create.CreateCase("Annet", LIV))
    before = office.notices()
    comment.add_comment(office.app, office.contact(KARI), AddComment("SUP-1", "Hører til annet", (LOG,)))
    (said,) = shown(office).comments
    after = correct.move_comment(office.app, EVA, MoveComment(said.id, "SUP-2"))
    assert after.key == "SUP-2"
    assert shown(office).comments == []
    assert [(one.text, len(one.files)) for one in shown(office, "SUP-2").comments] == [("Hører til annet", 1)]
    assert office.notices()[len(before) :] == [("comment_added", PER, "suppressed"), ("comment_added", LIV, "pending")]
    with pytest.raises(NotAllowed, match="already"):
        correct.move_comment(office.app, EVA, MoveComment(said.id, "SUP-2"))
    with pytest.raises(NotFound):
        correct.move_comment(office.app, EVA, MoveComment("0" * 36, "SUP-2"))


def test_given_a_note_when_moved_then_nobody_is_notified(office):
    create.create_case(office.app, EVA, create.CreateCase("Annet", LIV))
    before = office.notices()
    comment.add_note(office.app, EVA, AddComment("SUP-1", "intern"))
    correct.move_comment(office.app, EVA, MoveComment(shown(office).comments[0].id, "SUP-2"))
    assert notified_since(office, before) == []


def test_given_a_file_when_deleted_then_its_bytes_go_once_nothing_else_has_them(office):
    for words in ("en", "to"):
        comment.add_comment(office.app, EVA, AddComment("SUP-1", words, (LOG, NewFile("bilde.png", words.encode()))))
    first, second = shown(office).comments
    sha256 = first.files[0].sha256
    with pytest.raises(Ambiguous, match=first.id):
        correct.delete_file(office.app, EVA, DeleteFile("SUP-1", "logg.txt"))
    correct.delete_file(office.app, EVA, DeleteFile("SUP-1", "logg.txt", first.id, "passord i loggen"))
    with office.app.store.reading() as uow:
        assert uow.blobs.get(sha256) == b"feil"
    correct.delete_file(office.app, EVA, DeleteFile("SUP-1", sha256[:12], second.id))
    with office.app.store.reading() as uow, pytest.raises(NotFound):
        uow.blobs.get(sha256)
    assert [[file.filename for file in one.files] for one in shown(office).comments] == [["bilde.png"], ["bilde.png"]]
    assert [one.kind for one in shown(office).events].count("file_removed") == 2
    with pytest.raises(NotFound, match="no comment of SUP-1 has a file"):
        correct.delete_file(office.app, EVA, DeleteFile("SUP-1", "logg.txt"))


def test_given_more_cases_than_a_page_when_listed_then_the_cursor_misses_none_and_what_comes_meanwhile_shifts_none(office):
    for number in range(4):
        office.clock.step(timedelta(seconds=1))
        create.create_case(office.app, EVA, create.CreateCase(f"Sak {number}", KARI))
    first = read.list_cases(office.app, EVA, read.ListCases(limit=2))
    create.create_case(office.app, EVA, create.CreateCase("Kom nå", KARI))
    second = read.list_cases(office.app, EVA, read.ListCases(limit=2, cursor=first.next))
    third = read.list_cases(office.app, EVA, read.ListCases(limit=2, cursor=second.next))
    keys = [row.key for page in (first, second, third) for row in page.rows]
    assert (keys, third.next) == (["SUP-5", "SUP-4", "SUP-3", "SUP-2", "SUP-1"], None)
    with pytest.raises(Invalid, match="cursor"):
        read.list_cases(office.app, EVA, read.ListCases(cursor="tull"))


def test_given_a_change_that_fails_when_it_had_begun_then_neither_it_nor_its_audit_row_is_there(office, monkeypatch):
    rows = audit(office)

    def broken(*_):
        raise RuntimeError("midt i")

    monkeypatch.setattr("mailgate.application.cases.showing.case_row", broken)
    with pytest.raises(RuntimeError, match="midt i"):
        operate.assign(office.app, EVA, operate.Assign("SUP-1", "ola"))
    assert (audit(office), shown(office).assignee) == (rows, "")


def test_given_a_use_case_that_leaves_no_audit_row_when_called_then_nothing_is_written(office):
    from mailgate.application.access import Action
    from mailgate.application.use_case import Act, use_case

    @use_case(Action.CONTACT_SET)
    def silent(act: Act, command: str) -> None:
        """Changes a contact and says nothing."""
        kari = act.uow.contacts.by_addresses([KARI])[KARI]
        act.uow.contacts.set(replace(kari, name=command))

    with pytest.raises(RuntimeError, match="no audit row"):
        silent(office.app, EVA, "Stille")
    del USE_CASES[next(name for name in USE_CASES if name.endswith("silent"))]
    assert office.contact(KARI).name == "Kari"
