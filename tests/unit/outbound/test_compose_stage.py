"""The notify stage: due notices become one frozen mail per recipient and case, that carries all it needs to be known again."""

import hashlib
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from mailgate.cases import carriers, changes
from mailgate.cases.model import Actor
from mailgate.cases.tokens import BounceToken, ReplyToken, reply_token
from mailgate.outbound.compose_stage import NoticeOptions, NoticeStage
from mailgate.outbound.freeze import Freezer
from mailgate.outbound.render import RenderError
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.rules.reachability import Suppression
from mailgate.store.repositories.notices import NoticeRepository
from tests.unit.outbound.conftest import IDENTITY, KEYS, RENDERER

OLD_MAIL = "From: c@d.example\r\nSubject: blå\r\n\r\nHei".encode()
WITH_FILES = (
    b"From: a@b.example\r\nSubject: Faktura\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nHer er fakturaen.\r\n"
    b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=faktura.pdf\r\n\r\n%PDF-1.7\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=gammel.eml\r\n\r\n" + OLD_MAIL + b"\r\n--b--\r\n"
)


def read(raw: bytes):
    return message_from_bytes(raw, policy=policy.default)


def words(message) -> str:
    return message.get_body(("plain",)).get_payload(decode=True).decode().replace("\r\n", "\n")


def due(scene) -> None:
    scene.clock.step(timedelta(seconds=11))


def test_given_a_comment_when_its_window_is_over_then_each_participant_gets_one_mail_in_their_language(scene, stage, notified):
    scene.comment("Hei!\nKan du sende loggen?")
    assert stage.run() == 0
    due(scene)
    assert stage.run() == 2
    mails = scene.mails()
    assert [(m.address, m.language, m.template) for m in mails] == [
        ("kari@kunde.example", "nb", "comment_added"),
        ("per@kunde.example", "nn", "comment_added"),
    ]
    assert notified == ["send"]
    first, second = (read(scene.raw(mail.id)) for mail in mails)
    assert "Ola Hansen har skrevet en kommentar i saken «Får ikke logget inn»:\n\nHei!\nKan du sende loggen?\n" in words(first)
    assert "Ola Hansen har skrive ein kommentar i saka" in words(second)
    assert first["Subject"] == second["Subject"] == "[SUP-123] Får ikke logget inn"
    assert "https://supportweb.example/browse/SUP-123" in words(first)
    assert stage.run() == 0


def test_given_a_reply_that_quotes_its_own_reply_address_when_others_are_notified_then_they_do_not_learn_it(scene, stage):
    token = reply_token(KEYS, 123, 1, scene.clock().date())
    scene.comment(f"> Reply-To: support+{token}@example.no\n> Ref: {token.upper()}\nTakk!", actor=Actor("contact", "Kari", scene.kari.id))
    due(scene)
    stage.run()
    (mail,) = scene.mails()
    assert token not in scene.raw(mail.id).decode().replace("=\r\n", "").lower()
    assert "> Reply-To: support+…@example.no\n> Ref: …\nTakk!" in words(read(scene.raw(mail.id)))


def test_given_a_notice_when_frozen_then_all_three_carriers_hold_the_recipients_own_token(scene, stage):
    scene.comment("Hei")
    due(scene)
    stage.run()
    today = scene.clock().date()
    for mail, number in zip(scene.mails(), (1, 2), strict=True):
        message = read(scene.raw(mail.id))
        (reply_to,) = message["Reply-To"].addresses
        token = carriers.in_local_part(KEYS, reply_to.username, today)
        assert isinstance(token, ReplyToken)
        assert (token.case_number, token.contact_number) == (123, number)
        assert carriers.in_message_ids(KEYS, [message["Message-ID"].strip("<>")], today) == (token,)
        assert carriers.in_text(KEYS, words(message), today) == (token,)
        assert mail.message_id == message["Message-ID"].strip("<>")
        local, _, domain = mail.reverse_path.rpartition("@")
        bounce = carriers.in_local_part(KEYS, local, today)
        assert isinstance(bounce, BounceToken)
        assert (local.startswith("bounce+"), bounce.outbox_id, domain) == (True, mail.id, "example.no")


def test_given_a_notice_when_frozen_then_its_headers_thread_it_and_keep_machines_quiet(scene, stage):
    scene.comment("Hei")
    due(scene)
    stage.run()
    mail = scene.mails()[0]
    message = read(scene.raw(mail.id))
    root = f"<{carriers.thread_root(scene.case.id, 'example.no')}>"
    assert message["References"] == message["In-Reply-To"] == root
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    assert message["X-Mailgate-Loop"] == "example.no"
    assert message["X-Mailgate-Key"] == mail.id
    assert message["From"].addresses[0].display_name == "Ola Hansen (Eksempel Støtte)"
    assert message["From"].addresses[0].addr_spec == "support@example.no"
    assert [a.addr_spec for a in message["To"].addresses] == ["kari@kunde.example"]
    assert not {"Precedence", "List-Unsubscribe", "Cc", "Bcc", "Return-Receipt-To"} & set(message.keys())
    assert not message.defects


def test_given_several_changes_within_the_window_then_they_are_one_mail_and_its_subject_stays(scene, stage):
    scene.comment("Kan du sende loggen?", move_to="waiting_customer")
    scene.clock.step(timedelta(seconds=5))
    scene.write(changes.assign(scene.case, "Kari Support", scene.context()))
    scene.clock.step(timedelta(seconds=6))
    assert stage.run() == 6
    mails = scene.mails()
    assert [mail.template for mail in mails] == ["digest", "digest"]
    text = words(read(scene.raw(mails[0].id)))
    for expected in ("Kan du sende loggen?", "Åpen → Venter på kunde", "Kari Support er nå ansvarlig for saken."):
        assert text.count(expected) == 1
    assert text.index("Venter på kunde") < text.index("Kari Support") < text.index("loggen")
    assert mails[0].subject == "[SUP-123] Får ikke logget inn"


def test_given_a_change_by_a_participant_then_only_the_others_are_notified(scene, stage):
    scene.comment("Takk", actor=Actor("contact", "Kari Nordmann", scene.kari.id))
    due(scene)
    stage.run()
    assert [mail.address for mail in scene.mails()] == ["per@kunde.example"]


def test_given_a_redirect_when_frozen_then_it_is_an_answer_of_rfc_3834(scene, stage):
    facts = {"in_reply_to": "q1@kunde.example", "references": "q0@kunde.example q1@kunde.example", "agreement": "standard"}
    scene.notices(("redirect", facts))
    assert stage.run() == 1
    (mail,) = scene.mails()
    assert (mail.reverse_path, mail.at_most_once, mail.address) == (None, True, "ny@kunde.example")
    message = read(scene.raw(mail.id))
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] == "<q1@kunde.example>"
    assert message["References"].split() == ["<q0@kunde.example>", "<q1@kunde.example>"]
    assert message["Reply-To"] is None
    assert message["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    text = words(message)
    for expected in (
        "supportweb",
        "https://supportweb.example",
        "Standard support",
        "mandag–fredag 08.00–16.00",
        "innen fire timer",
        "Telefon",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("language", "expected"),
    [("nn", "Vi tek ikkje lenger imot saker"), ("en", "We no longer take cases"), ("de", "We no longer"), ("", "Vi tar ikke")],
)
def test_given_a_language_when_redirected_then_the_answer_is_in_it_or_in_the_nearest(scene, stage, language, expected):
    scene.notices(("redirect", {}), language=language)
    stage.run()
    assert expected in words(read(scene.raw(scene.mails()[0].id)))


def test_given_hostile_ids_when_answered_then_they_are_left_out_and_nothing_of_the_sender_is_quoted(scene, stage):
    facts = {"in_reply_to": "a@b\r\nBcc: x@y.example", "references": "bad ok@x.example <x>", "agreement": "nope", "subject": "KJØP NÅ"}
    scene.notices(("redirect", facts))
    stage.run()
    raw = scene.raw(scene.mails()[0].id)
    message = read(raw)
    assert (message["In-Reply-To"], message["References"], message["Bcc"]) == (None, "<ok@x.example>", None)
    assert "KJØP" not in words(message) + message["Subject"]


def test_given_a_comment_on_a_closed_case_when_answered_then_the_way_to_a_new_case_is_shown(scene, stage):
    scene.notices(("case_closed", {"case_key": "SUP-9", "summary": "Skriver", "in_reply_to": "q@x.example"}))
    stage.run()
    (mail,) = scene.mails()
    message = read(scene.raw(mail.id))
    assert message["Subject"] == "[SUP-9] Skriver"
    assert "registrere en ny sak" in words(message)
    assert (mail.reverse_path, mail.at_most_once) == (None, True)


def test_given_markup_and_template_signs_in_what_people_wrote_then_they_stay_text(scene, stage):
    scene.comment("{{7*7}} {% raw %} ${x} %n <script>alert(1)</script>\n.\n.\nFrom x")
    due(scene)
    stage.run()
    raw = scene.raw(scene.mails()[0].id)
    message = read(raw)
    html = message.get_body(("html",)).get_payload(decode=True).decode()
    assert "{{7*7}} {% raw %} ${x} %n <script>" in words(message)
    assert "{{7*7}} {% raw %} ${x} %n &lt;script&gt;" in html
    assert "<script" not in html
    assert b"\r\n.\r\n" not in raw


def test_given_a_forward_then_the_original_goes_along_untouched(scene, stage):
    original = b"From: a@b.example\r\nSubject: \xe6\r\n\r\nbare \n and \r\r\n" + b"x" * 2000
    digest = hashlib.sha256(original).hexdigest()
    with scene.store.transaction() as uow:
        uow.blobs.put([(digest, original)])
    scene.notices(("forward", {"raw_sha256": digest}), address="drift@example.org")
    stage.run()
    (mail,) = scene.mails()
    (attached,) = read(scene.raw(mail.id)).iter_attachments()
    assert attached.get_payload(decode=True) == original
    assert mail.at_most_once is False
    assert mail.reverse_path.startswith("bounce+")


def _forwarded(scene, stage, original: bytes):
    """The mail that passes this one on with its files, as far as it has any."""
    digest = hashlib.sha256(original).hexdigest()
    with scene.store.transaction() as uow:
        uow.blobs.put([(digest, original)])
    facts = {"raw_sha256": digest, "rule": "faktura", "author": "a@b.example", "subject": "Faktura", "attach": "files"}
    scene.notices(("forward", facts), address="robot@example.org")
    stage.run()
    return read(scene.raw(scene.mails()[-1].id))


def test_given_a_forward_for_a_program_that_reads_files_then_they_are_attached_again_and_the_text_stands_in_the_mail(scene, stage):
    message = _forwarded(scene, stage, WITH_FILES)
    found = [(one.get_filename(), one.get_content_type(), one.get_payload(decode=True)) for one in message.iter_attachments()]
    assert found == [("faktura.pdf", "application/pdf", b"%PDF-1.7"), ("gammel.eml", "application/octet-stream", OLD_MAIL)]
    assert "Her er fakturaen." in words(message)
    assert message["Reply-To"].addresses[0].addr_spec == "a@b.example"


def test_given_a_forward_for_a_program_when_the_mail_has_no_files_then_it_goes_along_itself(scene, stage):
    original = b"From: a@b.example\r\nSubject: x\r\n\r\nHei\r\n"
    (attached,) = _forwarded(scene, stage, original).iter_attachments()
    assert attached.get_content_type() == "message/rfc822"


@pytest.mark.parametrize(
    ("text", "html"),
    [("Linje med ord.\r\n" * 2000 + "SLUTT", ""), ("Se vedlegg.", "<p>Betal til konto 1234 i dag, ellers kommer inkasso.</p>")],
    ids=["a long text", "an HTML that says something else"],
)
def test_given_a_forward_for_a_program_when_files_and_text_are_not_all_of_the_mail_then_it_goes_along_itself(scene, stage, text, html):
    said = f"Content-Type: text/plain\r\n\r\n{text}\r\n"
    if html:
        parts = f"--a\r\n{said}--a\r\nContent-Type: text/html\r\n\r\n{html}\r\n--a--\r\n"
        said = f"Content-Type: multipart/alternative; boundary=a\r\n\r\n{parts}"
    file = "Content-Type: application/pdf; name=faktura.pdf\r\nContent-Disposition: attachment\r\n\r\n%PDF-1.7\r\n"
    head = "From: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    original = f"{head}--b\r\n{said}--b\r\n{file}--b--\r\n".encode()
    (attached,) = _forwarded(scene, stage, original).iter_attachments()
    assert attached.get_content_type() == "message/rfc822"


def test_given_a_forward_whose_bytes_are_gone_then_it_fails_visibly(scene, stage):
    scene.notices(("forward", {"raw_sha256": "cd" * 32}), address="drift@example.org")
    for _ in range(3):
        stage.run()
        scene.clock.step(timedelta(minutes=10))
    with scene.store.reading() as uow:
        assert uow.notices.queue().states["failed"] == 1


def test_given_a_suppressed_address_then_neither_notice_nor_answer_is_made(scene, stage, notified):
    with scene.store.transaction() as uow:
        uow.suppressions.add(
            [Suppression("kari@kunde.example", "hard bounce", scene.clock()), Suppression("ny@kunde.example", "x", scene.clock())]
        )
    scene.comment("Hei")
    scene.notices(("redirect", {}), address="NY@kunde.example")
    due(scene)
    stage.run()
    assert [mail.address for mail in scene.mails()] == ["per@kunde.example"]
    assert stage.run() == 0


def test_given_notices_that_a_suppression_stopped_when_it_is_lifted_then_they_can_be_sent_again_once(scene, stage):
    with scene.store.transaction() as uow:
        uow.suppressions.add([Suppression("kari@kunde.example", "hard bounce", scene.clock())])
    scene.comment("Hei")
    due(scene)
    stage.run()
    assert [mail.address for mail in scene.mails()] == ["per@kunde.example"]
    with scene.store.transaction() as uow:
        uow.suppressions.remove(["kari@kunde.example"])
        assert uow.notices.send_stopped("kari@kunde.example", scene.clock() - timedelta(days=14), scene.clock()) == 1
        assert uow.notices.send_stopped("kari@kunde.example", scene.clock() - timedelta(days=14), scene.clock()) == 0
    assert stage.run() == 1
    assert sorted(mail.address for mail in scene.mails()) == ["kari@kunde.example", "per@kunde.example"]


class _Failing(Freezer):
    def freeze(self, group, now):
        if "poison" in group.notices[0].facts:
            raise RenderError("the template comment_added.nb fails")
        return super().freeze(group, now)


def test_given_a_notice_that_cannot_be_rendered_then_it_fails_alone_and_is_set_aside_after_three_tries(scene, notified):
    stage = NoticeStage(scene.store, _Failing(IDENTITY, RENDERER, KEYS, lambda: SUPPORTWEB_POLICY), NoticeOptions(), notified.append)
    scene.notices(("redirect", {"poison": "1"}), ("redirect", {}))
    for _ in range(3):
        stage.run()
        scene.clock.step(timedelta(minutes=10))
    assert stage.run() == 0
    assert len(scene.mails()) == 1
    with scene.store.reading() as uow:
        assert uow.notices.queue().states["failed"] == 1


def test_given_an_address_that_no_mail_can_have_then_the_notice_fails_at_once(scene, stage):
    scene.notices(("redirect", {}), address="a b@kunde.example")
    assert stage.run() == 1
    with scene.store.reading() as uow:
        assert uow.notices.queue().states["failed"] == 1
    assert scene.mails() == []


def test_given_a_worker_that_died_with_notices_in_hand_then_another_one_freezes_them_once(scene, stage):
    scene.comment("Hei")
    due(scene)
    with scene.store.transaction() as uow:
        assert len(uow.notices.claim(scene.clock(), 50, timedelta(seconds=60))) == 2
    assert stage.run() == 0
    scene.clock.step(timedelta(seconds=61))
    assert stage.run() == 2
    assert len(scene.mails()) == 2


def test_given_a_batch_that_another_worker_took_over_when_committed_then_nothing_is_written_twice(scene, stage):
    scene.comment("Hei")
    due(scene)
    work = stage._claim()
    scene.clock.step(timedelta(seconds=61))
    assert stage.run() == 2
    assert stage._commit(stage._freeze(work)) is False
    assert len(scene.mails()) == 2


@pytest.mark.parametrize("batch", [1, 2, 3, 50])
def test_given_more_than_a_batch_and_several_notices_of_one_mail_when_run_once_then_nothing_is_left(scene, notified, batch):
    freezer = Freezer(IDENTITY, RENDERER, KEYS, lambda: SUPPORTWEB_POLICY)
    for text in ("Hei", "Hallo", "Igjen", "Og igjen"):
        scene.comment(text)
    scene.notices(("redirect", {}), ("redirect", {}), ("redirect", {}))
    due(scene)
    assert NoticeStage(scene.store, freezer, NoticeOptions(batch), notified.append).run() == 4 * 2 + 3
    assert len(scene.mails()) == 2 + 3


def test_given_a_notice_that_was_tried_before_when_run_then_fresh_ones_do_not_wait_for_another_run(scene, stage):
    scene.notices(("redirect", {}))
    with scene.store.transaction() as uow:
        assert len(uow.notices.claim(scene.clock(), 50, timedelta(seconds=60))) == 1
    scene.clock.step(timedelta(seconds=61))
    scene.notices(("redirect", {}), ("redirect", {}))
    assert stage.run() == 3


def test_given_fewer_than_a_batch_when_run_then_the_database_is_asked_once(scene, stage, monkeypatch):
    asked = []
    claim = NoticeRepository.claim
    monkeypatch.setattr(NoticeRepository, "claim", lambda self, *given: asked.append(claim(self, *given)) or asked[-1])
    scene.notices(("redirect", {}), ("redirect", {}))
    assert stage.run() == 2
    assert len(asked) == 1


def test_given_a_signer_when_frozen_then_the_signed_bytes_are_what_is_kept(scene, notified):
    freezer = Freezer(IDENTITY, RENDERER, KEYS, lambda: SUPPORTWEB_POLICY)
    scene.notices(("redirect", {}))
    NoticeStage(scene.store, freezer, NoticeOptions(), notified.append, lambda raw: b"DKIM-Signature: x\r\n" + raw).run()
    assert scene.raw(scene.mails()[0].id).startswith(b"DKIM-Signature: x\r\nDate:")
