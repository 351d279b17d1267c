"""What kind of mail it is: headers first, then words, and people stay people."""

import pytest

from mailgate.mail.limits import Ours
from mailgate.mail.model import Envelope
from mailgate.mail.read import read
from mailgate.mail.words.automated_words import MACHINE_SENTENCES, machine_sentence

PERSON = "From: Kari <kari@example.com>\nTo: support@example.no\nDate: Wed, 3 Mar 2027 10:20:00 +0100\n"


def kind(head: str, text: str = "Hei, skriveren virker ikke.\n", **more) -> str:
    author = "" if "From:" in head else PERSON
    return read((author + head + "\nContent-Type: text/plain; charset=utf-8\n\n" + text).encode(), **more).kind


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("Auto-Submitted: auto-replied", "auto_reply"),
        ("Auto-Submitted: auto-replied (vacation)", "auto_reply"),
        ("Auto-Submitted: Auto-Replied; owner-email=x@y", "auto_reply"),
        ("Auto-Submitted: auto-generated", "system"),
        ("Auto-Submitted: auto-notified; owner-token=1", "system"),
        ("Auto-Submitted: no", "human"),
        ("Auto-Submitted: No ; x", "human"),
        ("Auto-Submitted: no\nAuto-Submitted: auto-replied", "auto_reply"),
        ("Precedence: bulk", "bulk"),
        ("Precedence: junk", "bulk"),
        ("Precedence: list", "bulk"),
        ("Precedence: auto_reply", "auto_reply"),
        ("Precedence: normal", "human"),
        ("Precedence: bulk\nSubject: Automatisk svar: x", "auto_reply"),
        ("X-Autoreply: yes", "auto_reply"),
        ("X-Autoreply: no", "human"),
        ("X-Autorespond: x", "auto_reply"),
        ("X-Auto-Reply-From: a@example.com", "auto_reply"),
        ("X-POST-MessageClass: 9; Autoresponder", "auto_reply"),
        ("Delivered-To: Autoresponder", "auto_reply"),
        ("List-Id: <x.example.com>", "bulk"),
        ("List-Unsubscribe: <https://example.com>", "bulk"),
        ("List-Post: <mailto:x@example.com>", "bulk"),
        ("Feedback-ID: 1:2:3:x", "human"),
        ("X-Loop: x", "bulk"),
        ("X-FC-MachineGenerated: true", "system"),
        ("X-Auto-Response-Suppress: All", "system"),
        ("X-Auto-Response-Suppress: All\nIn-Reply-To: <a@example.no>", "human"),
        ("X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply", "human"),
        ("X-Cron-Env: <SHELL=/bin/sh>", "system"),
        ("Return-Path: <>", "system"),
        ("X-Mailgate-Loop: 1", "loop"),
        ("From: no-reply@example.com", "system"),
        ("From: ikke-svar@example.com", "system"),
        ("From: noreply+abc@example.com", "system"),
        ("From: MAILER-DAEMON@example.com", "system"),
        ("From: bounce+x=y@example.com", "system"),
        ("From: nora@example.com", "human"),
        ("From: noreen.reply@example.com", "human"),
    ],
)
def test_given_a_header_when_read_then_the_kind_follows_from_it(head, expected):
    assert kind(head) == expected


@pytest.mark.parametrize(
    "subject",
    [
        "Automatisk svar: Sak",
        "Automatisk svarmelding",
        "Fraværsmelding",
        "Fråverande: Sak",
        "Autosvar: Sak",
        "Fraværsbesked: Sag",
        "Automatiskt svar: Ärende",
        "Frånvaro: semester",
        "Automatic reply: Case",
        "Out of Office: Case",
        "Out of Office Re: Case",
        "Auto: Case",
        "Automatische Antwort: Fall",
        "Abwesenheitsnotiz",
        "Automaattinen vastaus: Asia",
        "Poissaoloviesti",
        "Automatisch antwoord: Zaak",
        "Afwezig: Zaak",
        "Réponse automatique : Dossier",
        "Absence du bureau",
    ],
)
def test_given_a_subject_of_an_automatic_answer_when_read_then_it_is_one(subject):
    assert kind(f"Subject: {subject}", "Jeg er på ferie og er tilbake mandag.\n") == "auto_reply"


@pytest.mark.parametrize(
    "subject",
    [
        "SV: Automatisk svar: Sak",
        "Re: Out of Office",
        "VS: Fraværsmelding",
        "Spørsmål om fravær",
        "Automatisering av svar",
        "Office out of paper",
    ],
)
def test_given_a_subject_that_only_mentions_it_when_read_then_a_person_wrote_it(subject):
    assert kind(f"Subject: {subject}") == "human"


@pytest.mark.parametrize(
    "text",
    [
        "Jeg er ikke på kontoret og er tilbake 15. mars.\n",
        "Eg er ikkje på kontoret. Ved behov for hjelp, ta kontakt med Per.\n",
        "Jag är på semester och åter på kontoret måndag. Vid brådskande ärenden ring växeln.\n",
        "Jeg holder ferie. Kontakt venligst receptionen.\n",
        "Thank you for your email. I am out of the office until Monday and will reply upon my return.\n",
        "Ich bin im Urlaub. In dringenden Fällen wenden Sie sich bitte an die Zentrale.\n",
        "Olen lomalla. Kiireellisissä asioissa ota yhteyttä toimistoon.\n",
        "Ik ben niet aanwezig. Voor dringende zaken kunt u contact opnemen met Jan.\n",
        "Je suis en vacances, de retour lundi. En cas d'urgence veuillez contacter Paul.\n",
        "Dette er et automatisk svar. Vi har mottatt din henvendelse.\n",
    ],
)
def test_given_only_the_words_of_a_machine_when_read_then_it_is_an_automatic_answer(text):
    assert kind("Subject: SV: Sak\nIn-Reply-To: <a@example.no>", text) == "auto_reply"


@pytest.mark.parametrize(
    "text",
    [
        "Jeg er på ferie fra mandag, men kan dere ringe Per?\n",
        "Per er på ferie. Feilen er der fortsatt.\n",
        "Tilbake til saken: skriveren virker ikke. Ta kontakt med meg.\n",
        "Automatisk svar er slått av hos oss nå.\n",
        "Jeg har fri i dag.\n",
        "Rapporten blir generert automatisk hver natt, men i natt kom den ikke.\n",
        "Denne kunden kan ikke besvares av oss. Kari har sluttet, kontakt Per.\n",
        "I got an automatically generated email from you, but the link is dead.\n",
        "We are out of office paper, please order more.\n",
    ],
)
def test_given_a_person_who_mentions_absence_when_read_then_a_person_wrote_it(text):
    assert kind("Subject: SV: Sak\nIn-Reply-To: <a@example.no>", text) == "human"


def test_given_our_notice_quoted_when_a_person_answers_then_its_words_do_not_count():
    text = "Takk, det virker nå.\n\nDen 3. mars 2027 kl. 10:12 skrev Support <support@example.no>:\n"
    text += "> Dette er en automatisk melding, ikke svar på denne e-posten.\n"
    assert kind("Subject: SV: Sak", text) == "human"


def test_given_a_null_reverse_path_on_the_envelope_when_read_then_a_machine_sent_it():
    assert kind("Subject: Sak", envelope=Envelope(None, ("support@example.no",))) == "system"
    assert kind("Subject: Sak\nReturn-Path: <>", envelope=Envelope("kari@example.com", ("support@example.no",))) == "human"


@pytest.mark.parametrize(
    ("head", "ours"),
    [
        ("X-Mailgate-Loop: example.no", Ours(loop_values=frozenset({"example.no"}))),
        ("Message-ID: <token.0123456789abcdef0123456789abcdef@mail.example.no>", Ours(message_id_domains=frozenset({"mail.example.no"}))),
        ("\n".join("Received: from x" for _ in range(26)), Ours()),
    ],
)
def test_given_a_mark_of_our_own_when_read_then_it_is_a_loop(head, ours):
    assert kind(head, ours=ours) == "loop"


def test_given_a_loop_header_of_another_gateway_when_ours_are_known_then_it_is_no_loop():
    assert kind("X-Mailgate-Loop: other.example", ours=Ours(loop_values=frozenset({"example.no"}))) == "human"


def test_given_what_an_agent_says_through_another_gateway_when_read_then_a_person_looks():
    head = f"{PERSON}X-Mailgate-Loop: other.example\nAuto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\nSubject: Sak\n\n"
    mail = read(f"{head}Hei, har dere forsøkt omstart?\n".encode(), ours=Ours(loop_values=frozenset({"example.no"})))
    assert (mail.kind, mail.kind_unsure) == ("system", True)


@pytest.mark.parametrize("known", ["nagios@example.com", "@example.com"])
def test_given_a_known_machine_when_read_then_it_counts_as_a_person(known):
    mail = read(b"From: nagios@example.com\nAuto-Submitted: auto-generated\n\nCRITICAL", ours=Ours(human_machines=frozenset({known})))
    assert mail.kind == "human"
    assert mail.kind_reasons == ("known_machine:nagios@example.com",)


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("Lest: Sak", "Meldingen din\n\nEmne: Sak\n\nble lest 3. mars 2027 10:20.\n", "delivery_status"),
        ("Not read: Case", "Your message was deleted without being read.\n", "delivery_status"),
        ("Lest: boken du anbefalte", "Den var fin.\n", "human"),
        ("Tilbakekall: Sak", "Kari ønsker å tilbakekalle meldingen.\n", "system"),
        ("Vi har mottatt din henvendelse", "Saken har nummer 12.\n", "auto_reply"),
    ],
)
def test_given_what_outlook_or_a_desk_writes_by_itself_when_read_then_no_person_wrote_it(subject, text, expected):
    assert kind(f"Subject: {subject}", text) == expected


def test_given_a_bare_answer_to_an_invitation_when_read_then_nobody_wrote_anything():
    calendar = "BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nSUMMARY:Møte\nDTSTART:20270310T080000Z\nEND:VEVENT\nEND:VCALENDAR\n"
    mail = read((PERSON + "Subject: Godtatt: Møte\nContent-Type: text/calendar; method=REPLY\n\n" + calendar).encode())
    assert (mail.kind, mail.kind_reasons) == ("auto_reply", ("calendar:reply",))


def test_given_a_colleague_whose_message_ids_have_our_domain_when_read_then_it_is_no_loop():
    ours = Ours(message_id_domains=frozenset({"example.no"}), domains=frozenset({"example.no"}))
    assert kind("Message-ID: <0123456789abcdef0123456789abcdef@example.no>", ours=ours) == "human"


def test_each_machine_sentence_holds_a_stem() -> None:
    assert [sentence for sentence in MACHINE_SENTENCES if machine_sentence(sentence) == ""] == []
