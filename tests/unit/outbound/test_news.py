"""What a mail says of what happened: net, once, from whom, with files and the last exchange, and what is asked of the reader."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from mailgate.cases import changes
from mailgate.cases.changes import NewCase, NewComment
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Contact, StoredFile
from mailgate.cases.workflow import SUPPORTWEB
from mailgate.mail.compose import is_plain_message
from mailgate.outbound.freeze import first_name
from tests.support.mails.html_mail import html_of
from tests.support.mails.plain_text import plain_text


def sent(scene, stage, address: str = "kari@kunde.example"):
    """The one mail to this address, parsed, with its text."""
    scene.clock.step(timedelta(seconds=11))
    stage.run()
    (mail,) = [mail for mail in scene.mails() if mail.address == address]
    message = message_from_bytes(scene.raw(mail.id), policy=policy.default)
    return message, plain_text(message)


def move(scene, operation: str) -> None:
    scene.write(changes.operate(scene.case, operation, scene.context()))


def test_given_a_status_that_was_taken_back_within_the_window_when_composed_then_nobody_hears_of_it(scene, stage):
    move(scene, "hold")
    move(scene, "open")
    scene.clock.step(timedelta(seconds=11))
    assert stage.run() == 4
    assert scene.mails() == []


def test_given_a_wrong_assignee_that_was_put_right_when_composed_then_only_the_last_one_is_named(scene, stage):
    for name in ("Ola", "Kari Feil", "", "Liv"):
        scene.write(changes.assign(scene.case, name, scene.context()))
    message, text = sent(scene, stage)
    assert "Liv har fått ansvaret for saken" in text
    assert "Feil" not in text
    assert message["Subject"] == "[SUP-123] Får ikke logget inn"


def test_given_several_moves_when_composed_then_one_from_the_first_status_to_the_last(scene, stage):
    for operation in ("investigate", "start", "propose"):
        move(scene, operation)
    _, text = sent(scene, stage)
    assert "Åpen → Løsning foreslått" in text
    assert "Undersøkes" not in text
    assert "Under arbeid" not in text


@pytest.mark.parametrize(("signature", "quoted"), [("Ola Nes\nDrift", ""), ("", "> Har du prøvd?"), ("", "")])
def test_given_a_mail_of_which_something_was_cut_when_composed_then_the_notice_says_so_and_leads_to_it(scene, stage, signature, quoted):
    draft = NewComment("Det virker ikke", signature=signature, quoted=quoted)
    scene.write(changes.add_comment(scene.case, draft, scene.context(Actor("contact", "Ola Nes")), None))
    message, text = sent(scene, stage)
    cut = bool(signature or quoted)
    assert ("Signatur og sitert tekst fra e-posten er ikke med her." in text) == cut
    assert ("Vis mer: https://supportweb.example/browse/SUP-123" in text) == cut
    assert ("Vis mer</a>" in html_of(message)) == cut
    assert "Har du prøvd" not in text


def test_given_a_comment_and_its_correction_when_composed_then_one_mail_has_both_and_when(scene, stage):
    scene.comment("Start på nytt")
    scene.clock.step(timedelta(seconds=5))
    scene.comment("Jeg mente: logg ut og inn")
    message, text = sent(scene, stage)
    assert text.index("Start på nytt") < text.index("Jeg mente")
    assert text.count("Ola Hansen skrev mandag 23. november kl. 10.00:") == 2
    assert message["From"].addresses[0].display_name == "Ola Hansen (Eksempel Støtte)"


def test_given_a_proposal_when_composed_then_it_says_that_a_reply_neither_accepts_nor_refuses(scene, stage):
    move(scene, "propose")
    _, text = sent(scene, stage)
    assert "Godtar du den, er saken løst." in text
    assert "Se saken og svar: https://supportweb.example/browse/SUP-123" in text
    assert "Et svar på denne e-posten blir lagt til som en kommentar i saken. Vil du godta eller avslå, gjør du det i supportweb." in text
    assert "Du kan svare direkte" not in text


@pytest.mark.parametrize(("said", "greetings"), [("Hei Kari,\nkan du sende loggen?", 1), ("Hei!\nTakk.", 1), ("Kan du sende loggen?", 1)])
def test_given_a_comment_with_or_without_a_greeting_when_composed_then_the_mail_greets_once(scene, stage, said, greetings):
    scene.comment(said)
    _, text = sent(scene, stage)
    assert text.lower().count("hei") == greetings
    assert "Vennlig hilsen" not in text


@pytest.mark.parametrize(("answered", "status"), [(True, "open"), (False, "waiting_customer"), (False, "open")])
def test_given_a_new_case_when_it_was_answered_or_waits_for_the_reader_then_no_answer_is_promised(scene, stage, answered, status):
    new = NewCase(200, "SUP-200", scene.kari, "Nede", "Alt er nede.", agreement="standard", case_type="spørsmål", priority="normal")
    change = changes.create_case(new, scene.context())
    if answered:
        change = changes.and_then(change, changes.add_comment(change.case, NewComment("Vi ser på det."), scene.context()))
    if status != "open":
        change = changes.and_then(change, changes.operate(change.case, "ask_customer", scene.context()))
    scene.write(change)
    _, text = sent(scene, stage)
    assert ("Vi svarer senest" in text) is (not answered and status == "open")


def test_given_a_case_made_at_night_when_confirmed_then_it_says_when_desk_and_telephone_open(scene, stage):
    scene.clock.step(timedelta(hours=14))  # Monday 23.00 UTC, Tuesday midnight in Oslo
    new = NewCase(200, "SUP-200", scene.kari, "Nede", "Alt er nede.", agreement="utvidet", case_type="spørsmål", priority="normal")
    scene.write(changes.create_case(new, scene.context()))
    _, text = sent(scene, stage)
    assert "Akkurat nå har vi stengt. Vi åpner igjen tirsdag 24. november kl. 08.00." in text
    assert "Telefonen åpner tirsdag 24. november kl. 08.00." in text


def test_given_somebody_added_later_when_composed_then_they_are_told_with_the_last_exchange_and_why(scene, stage):
    scene.comment("Kan du sende loggen?")
    scene.clock.step(timedelta(seconds=11))
    stage.run()
    liv = Contact(new_id(scene.clock()), 3, "liv@kunde.example", "Liv Sæther", "nn")
    with scene.store.transaction() as uow:
        uow.contacts.add([liv])
    scene.write(changes.add_participant(scene.case, liv, scene.context()))
    _, text = sent(scene, stage, "liv@kunde.example")
    assert text.startswith("Hei Liv,\n\nOla Hansen har lagt deg til i saka «Får ikke logget inn».\n")
    assert "Tidlegare i saka skreiv Ola Hansen måndag 23. november kl. 10.00:\n\n> Kan du sende loggen?\n" in text
    assert "Du får denne e-posten fordi du deltek i saka." in text
    assert len([mail for mail in scene.mails() if mail.template == "participant_added"]) == 1


def test_given_somebody_whom_their_own_mail_made_a_participant_then_no_mail_answers_them(scene):
    context = scene.context(Actor("contact", "Liv", "x"))
    liv = Contact(new_id(scene.clock()), 3, "liv@kunde.example", "Liv")
    by_mail = changes.ChangeContext(context.actor, context.now, journal_id=new_id(context.now))
    assert changes.add_participant(scene.case, liv, by_mail).notices == ()
    assert changes.add_participant(scene.case, liv, scene.context(), approved=False).notices == ()


def test_given_files_when_commented_then_small_harmless_ones_ride_along_and_others_are_links(scene, stage):
    pdf = b"%PDF-1.4 " + b"x" * 1000
    digest = hashlib.sha256(pdf).hexdigest()
    with scene.store.transaction() as uow:
        uow.blobs.put([(digest, pdf)])
    files = (
        StoredFile(digest, "oppskrift.pdf", "application/pdf", len(pdf)),
        StoredFile("cd" * 32, "logg.zip", "application/zip", 1_000),
        StoredFile("ef" * 32, "stor.png", "image/png", 30_000_000),
        StoredFile("aa" * 32, "bakgrunn.png", "image/png", 100, disposition="decoration"),
    )
    change = changes.add_comment(scene.case, NewComment("Se vedlegg", files), scene.context())
    scene.write(change)
    message, text = sent(scene, stage)
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_payload(decode=True)) == ("oppskrift.pdf", pdf)
    assert "Vedlegg: oppskrift.pdf\n" in text
    for name, sha256 in (("logg.zip", "cd" * 32), ("stor.png", "ef" * 32)):
        assert f"{name}: https://supportweb.example/browse/SUP-123/files/{change.comments[0].id}/{sha256}" in text
    assert "bakgrunn" not in text


def test_given_a_log_in_a_comment_when_composed_then_its_leading_spaces_stay(scene, stage):
    scene.comment("    at no.firma.Run\n        at no.firma.Main")
    message, text = sent(scene, stage)
    assert "\n    at no.firma.Run\n        at no.firma.Main\n" in text
    html = html_of(message)
    assert "\u00a0\u00a0\u00a0\u00a0at no.firma.Run<br>" in html
    assert "overflow-wrap:anywhere" in html


@pytest.mark.parametrize("name", ["ola@firma.example", "Ola <x>", "O" * 80, "", "Eksempel Støtte"])
def test_given_an_actor_whose_name_could_mislead_or_is_the_company_s_when_composed_then_the_company_is_the_sender(scene, stage, name):
    scene.comment("Hallo", actor=Actor("operator", name))
    message, _ = sent(scene, stage)
    assert message["From"].addresses[0].display_name == "Eksempel Støtte"


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Kari Nordmann", "Kari"),
        ("Kari", ""),
        ("Nordmann, Kari", ""),
        ("REGNSKAP AS", ""),
        ("Per-Ole Vik Dahl", "Per-Ole"),
        ("K. Vik", ""),
        ("", ""),
    ],
)
def test_given_a_name_when_greeted_then_only_a_persons_first_name_is_used(name, first):
    assert first_name(name) == first


def test_given_the_operations_then_freezing_ends_with_words_that_people_use():
    assert SUPPORTWEB.operation("unfreeze").labels == {"nb": "Gjenoppta", "nn": "Ta opp att", "en": "Unfreeze"}


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (b"A: b\r\n\r\nx\r\n", True),
        (b"A: \xe6\r\n", False),
        (b"A: b\n", False),
        (b"x" * 999, False),
        (b"a\0\r\n", False),
        (b"a\rb\r\n", False),
    ],
)
def test_given_a_message_when_attached_as_it_is_then_only_if_it_needs_no_encoding(raw, plain):
    assert is_plain_message(raw) is plain
