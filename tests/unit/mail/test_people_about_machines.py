"""People who write about absence, automatic answers, receipts and bounces are people; what machines write of them stays theirs."""

import pytest

from mailgate.mail.read import read

PERSON = "From: Kari Nes <kari@kunde.example>\nTo: support@firma.example\nDate: Wed, 3 Mar 2027 10:20:00 +0100\n"
ANSWER = "In-Reply-To: <a@firma.example>\n"


def kind(subject: str, text: str, more: str = "") -> str:
    return read(f"{PERSON}{more}Subject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{text}\n".encode()).kind


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Autosvar", "Hei! Jeg trenger autosvar mens jeg er i permisjon. Ved spørsmål, ring meg."),
        ("Automatisk svar", "Sett opp autosvar: Kontoret er stengt til 3. januar. Ved hastesaker, ring 22 33 44 55."),
        ("Automatisk svar", "Automatisk svar slår seg ikke på når jeg er ute av kontoret."),
        ("Out of office", "Out of office doesn't turn off after I got back from vacation. I am back in the office now."),
        ("Out of office message", "Please set this on my mailbox: I am out of office until 4 January, contact Ola for urgent matters."),
        ("Autosvar", "Jeg holder ferie i næste uge. Sæt et autosvar på min mail."),
        (
            "Autosvar: tekst",
            "Hei, tekst til autosvar: Jeg er på ferie til 15. juli og leser ikke e-post. Kontakt Ola på ola@kunde.example.",
        ),
        ("Fraværsmelding: resepsjonen", "Ny fraværsmelding: Kontoret er stengt 24.12-2.1. Ved behov for hjelp, ring 22334455."),
        ("Fravær uke 30", "Registrering av fravær feilet. Jeg var på ferie i uke 30 og er tilbake nå."),
        ("Permisjon", "Eg er i permisjon frå 1. januar. Steng kontoen min til eg er tilbake 1. august."),
        ("Föräldraledighet", "Jag går på föräldraledighet på måndag. Stäng mitt konto tills jag är tillbaka i augusti."),
        ("Ferieavvikling", "Vi avvikler ferie i uke 28-30 og ønsker at serveren står. Kontakt Ola for avtale."),
        ("Autosvar", "Autosvar må legges på felles postkasse. Tekst: Vi er på ferie og svarer når vi er tilbake 5. januar."),
        ("Permisjon Anne", "Anne er i permisjon fra 1.1. Kontoen hennes kan deaktiveres til hun er tilbake."),
        ("Permisjon", "Jeg er i permisjon, men får fortsatt varsler fra systemet på mobilen. Ta kontakt med meg på 90011223."),
        ("På ferie", "Er på ferie, mistet telefonen. Sperr SIM-kortet! Er tilbake søndag."),
        ("On vacation", "I'm on vacation and my phone was stolen. Block my account. I'll be back on Monday."),
        ("Utelåst", "Jag är på semester i Grekland och har blivit utelåst. Återställ mitt lösenord, jag är tillbaka på måndag."),
        ("Fravær", "Fravær 12.11: Jonas er syk i dag og er tilbake i morgen. Systemet lar meg ikke melde det."),
        ("Undeliverable: Faktura", "Sender videre en fra i går.\n\nDelivery has failed to these recipients or groups:\nola@x.example"),
        ("Kan ikke leveres", "Mottakeren finnes ikke, sier Outlook, men jeg skrev rett adresse ola@x.example"),
        ("Read receipt popups", "Read receipts pop up; the message was read 3 times but is unread since 12 May."),
        ("Undeliverable", 'Får denne hver gang: "Delivery has failed to these recipients: ola@x.example". Andre kommer fram.'),
        ("Autoresponder", "Jestem na urlopie od poniedziałku, wracam w piątek. Proszę ustawić autoresponder."),
        ("Ulest: meldinger står som uleste", "Jeg ser ikke om noe er lest. Meldingen ble lest i går, men står som ulest."),
        ("Slettet: e-post forsvinner", "Meldingen ble slettet av en regel. Den skulle ikke vært slettet."),
        ("Tekst i kvitteringer", "Dette er en automatisk e-post, står det i kvitteringene våre. Kan teksten endres?"),
        ("Endre tekst", 'I kvitteringen står det "This is an automated message, please do not reply to this". Bruk norsk.'),
        (
            "Mail delivery failed",
            "Our mails to one.example are returned:\n\nA message that you sent could not be delivered.\n\n  ola@one.example\n    550",
        ),
        ("Undelivered Mail Returned to Sender", "Jeg får denne når jeg sender til nav:\n\n550 5.1.1 <nav@nav.example>: User unknown"),
    ],
)
def test_given_a_request_about_absence_or_reports_when_read_then_a_person_wrote_it(subject, text):
    assert kind(subject, text) == "human"


@pytest.mark.parametrize(
    "text",
    [
        "Er på ferie denne uka. Ta det mandag.",
        "Jeg reiser på ferie i morgen og er tilbake 20. juli. Lukk gjerne saken.",
        "Jeg leser ikke e-post i helgene, men mandag kl 9 passer.",
        "Jeg svarer ikke før jeg har snakket med sjefen.",
        "Vi svarer ikke på e-post fra dem, bare slett.",
        "Takk for e-posten din. Vi tar kontakt så snart som mulig når vi har testet hos brukerne.",
        "Takk for din e-post, jeg vil svare deg i morgen når jeg har sett på loggene.",
        "Dette er et automatisk svar fra NAV vi får inn i postkassen. Slike skal ikke bli saker.",
        "Svar på denne e-posten blir ikke lest, sier mailen fra NAV. Stemmer det?",
        "Vennligst ikke svar på denne tråden, den nye saken gjelder.",
        "Please do not reply to this thread anymore, use the other one.",
        "Forsinket svar fra min side, beklager! Det gjelder PC 14.",
        "Leser ikke e-post på mobilen lenger etter oppdateringen, bare på PC.",
        "Kan ikke lese e-post i Outlook etter passordbyttet.",
        "Får ikke lest e-posten fra NAV, den er kryptert.",
        "Serveren svarer ikke før det har gått ti minutter.",
        "Jeg er ikke på kontoret, så kan ikke lese av serienummeret.",
        "Skriveren virker igjen etter omstart. Jeg tar ferie nå og er tilbake i uke 32.",
        "The printer is on the third floor again. I am on vacation and will be back on Monday.",
        "Dette er en automatisk oppgave i Teams som stoppet. Start den igjen.",
        "Denne meldingen er automatisk slettet av filteret vårt. Slå av filteret.",
        "This is an automatic update that failed on three machines.",
        "Yes, this is an automated process we set up last year. It must keep running.",
        "Jeg er på ferie til 1. august. Kontakt post@kunde.example ved hastesaker. <- slik skal teksten være",
        "Dette er teksten: Takk for din henvendelse. Vi svarer så snart vi kan.",
        "The out of office on our shared mailbox should say: We are closed until 4 January, for urgent matters call 22 33 44 55.",
        "Denne adressen er ikke i bruk lenger står det når jeg sender til post@kunde.example",
        "Vennligst ikke svar på denne mailen, ring meg i stedet. Konfidensielt.",
        "Ikke svar på denne e-posten, send til privatadressen min kari@hjemme.example.",
        "This is an automated message, or is there a human reading?",
        "Er ikke tilgjengelig på telefon, men svarer her.",
        "Haster! Jeg reiser på ferie i kveld og må ha tilgang før det.",
        "Når jeg er på ferie skal mailen min videresendes til Siri. Fra 12.7 til 2.8.",
        "Bekreft at du har sendt denne, står det i mailen. Er det svindel?",
        "Meldingen din holdes tilbake, sier spamfilteret. Kan dere slippe den?",
        "Per er på ferie, er tilbake mandag. Ta kontakt med Anne ved behov.",
        "Send e-post til meg når dere er ferdige. Jeg er på ferie fra fredag.",
        "Today is a public holiday here, so nobody can test. I will answer tomorrow.",
        "Ich bin morgen im Urlaub, bitte rufen Sie heute an.",
        "Ich bin erst am Montag wieder da, dann teste ich.",
        "Jeg jobber mandag til onsdag, så da kan dere komme.",
        "Jeg er ikke tilbake på kontoret før mandag, så test gjerne uten meg.",
    ],
)
def test_given_an_answer_that_says_more_than_a_note_when_read_then_a_person_wrote_it(text):
    assert kind("SV: Sak", text, ANSWER) == "human"


@pytest.mark.parametrize(
    "text",
    [
        "Takk for mailen! Vi holder julestengt til 4. januar og svarer så snart vi er tilbake.",
        "Jeg er for tiden på studiereise og har begrenset tilgang til e-post. Svar må påregnes etter 12. mai.",
        "I'm on parental leave until August 2027. Please reach out to Ola Nes instead.",
        "I am no longer with Fjord Ltd. Please direct all enquiries to info@fjord.example.",
        "Olen äitiyslomalla elokuuhun saakka. Yhteyshenkilö: Matti Meikäläinen.",
        "Jestem na urlopie do 15 lipca. W pilnych sprawach proszę o kontakt: ola@klient.example.",
        "Obecnie jestem poza biurem. Wracam w poniedziałek.",
        "Olen puhkusel kuni 15. juulini. Kiireloomulistes küsimustes pöörduge Jaani poole.",
        "Esu atostogose iki liepos 15 d. Skubiais klausimais kreipkitės į Joną.",
        "Estoy de vacaciones hasta el 15 de julio. Para asuntos urgentes, contacte con Juan.",
        "Sitter i møter hele dagen og får ikke lest e-post. Ring 22 33 44 55 ved behov.",
        "Vi har flyttet til ny e-postadresse: post@fjord.example. Denne adressen leses ikke lenger.",
        "Dette er et automatisk generert svar. Saken er registrert.",
        "This is an automated system email. Your case is 12.",
        "This is an automated message to let you know we got your email (ticket 123).",
        "Eg har slutta i Kunde kommune. Send e-post til postmottak@kunde.example.",
        "Hi, I am on PTO until Monday. For anything urgent please reach out to my colleague Ann (ann@client.example).",
        "Unser Büro ist vom 24.12. bis 4.1. geschlossen. Ihre Nachricht wird ab dem 5.1. bearbeitet.",
        "Olen vanhempainvapaalla elokuuhun 2027. Sijaiseni on Matti Virtanen.",
        "Bonjour, je suis en congé maternité jusqu'en août. Merci de contacter Paul Durand (paul@client.example).",
        "Gracias por su mensaje. Estaré de vacaciones del 1 al 11 de diciembre y responderé a mi regreso.",
        "Estou de férias até 14 de dezembro e responderei após o meu regresso.",
        "Lean luomus 11.12. rádjai. Hoahppuáššiin váldde oktavuođa Máretiin, maret@kunde.example.",
        "Kari Nes er ute av kontoret og vil være tilbake 14.12.2026. Meldingen din er mottatt.",
        "Kari Nes er ikke på kontoret (returnerer 14.12.2026).",
        "Rektor er på ferie. E-post til skolen leses igjen 1. august.",
        "Takk for at du tar kontakt! Jeg er ute på oppdrag hele uka og svarer deg så fort jeg kan.",
        "Jag läser min mejl sporadiskt denna vecka och återkommer på måndag.",
        "Vielen Dank für Ihre Nachricht. Ich bin erst am 14. Dezember wieder im Büro.",
        "Jeg har sluttet i Fjord AS. Ny kontaktperson er Anne Vik, anne@fjord.example.",
        "Jeg jobber mandag til onsdag. E-post mottatt torsdag eller fredag besvares mandag.",
        "I work Monday to Wednesday. Emails received on Thursday or Friday will be answered on Monday.",
        "Ich arbeite montags bis mittwochs. Ihre Nachricht beantworte ich, sobald ich wieder im Büro bin.",
    ],
)
def test_given_a_note_of_absence_when_read_then_it_is_an_automatic_answer(text):
    assert kind("SV: Sak", text, ANSWER) == "auto_reply"


@pytest.mark.parametrize(
    "text",
    [
        "Takk for din e-post. Jeg er på ferie til 15. juli. Ved behov for hjelp, kontakt Ola Nes på 900 11 223.\n\nGod sommer!\nKari Nes",
        "Jeg er på ferie. E-posten blir ikke videresendt. Kontakt lonn@kunde.example for lønn og faktura@kunde.example for faktura.",
        "I'm on parental leave until August 2027. Please contact Ola Nes instead.",
        "Tak for din mail. Jeg er på ferie frem til d. 12. august. Ved hastende henvendelser kontakt Lars. Jeg er tilbage mandag.",
        "Olen lomalla 12.8. asti. Kiireellisissä asioissa ota yhteyttä: anna@asiakas.example.",
    ],
)
def test_given_a_note_that_answers_no_mail_when_nothing_else_is_said_then_it_is_an_automatic_answer(text):
    assert kind("Sak", text) == "auto_reply"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Lest: Sak", "Meldingen din\n\nTil: Kari Nes\nEmne: Sak\n\nble lest mandag 30. november 2026 11:00:00 (UTC+01:00)."),
        (
            "Lest: Sak",
            "Dette er en lesebekreftelse.\n\nMerk: Denne kvitteringen bekrefter bare at meldingen ble vist på mottakerens datamaskin.",
        ),
        ("Lesebekreftelse: Sak", "Din e-post ble lest 30.11.2026 11:00"),
        (
            "Return Receipt (displayed) - Case",
            "Note: This return receipt only acknowledges that the message was displayed on the recipient's computer.",
        ),
        ("Kvittering (vist) - Sak", "Kvitteringen bekrefter bare at meldingen ble vist på mottakerens skjerm."),
    ],
)
def test_given_a_read_receipt_when_read_then_it_reports_delivery(subject, text):
    assert kind(subject, text, ANSWER) == "delivery_status"


@pytest.mark.parametrize(
    ("author", "text"),
    [
        ("mailer-daemon@isp.example", "Mottakeren ola@borte.example har overskredet lagringskvoten sin. Prøv igjen senere."),
        ("epost@isp.example", "Vi kunne dessverre ikke levere e-posten din til ola@borte.example. Brukeren finnes ikke."),
        ("epost@isp.example", "Beskjed fra e-posttjenesten: mottakeren ola@borte.example er ukjent."),
        ("no-reply@isp.example", "Delivery failed: ola@borte.example (no such user)"),
    ],
)
def test_given_a_bounce_in_a_sentence_when_read_then_the_address_is_found(author, text):
    head = f"Return-Path: <>\nFrom: {author}\nTo: b@firma.example\nSubject: E-post\nContent-Type: text/plain; charset=utf-8\n"
    mail = read(f"{head}\n{text}\n".encode())
    assert (mail.kind, [one.address for one in mail.bounce.recipients] if mail.bounce else []) == ("bounce", ["ola@borte.example"])


def test_given_a_filter_that_blocked_a_mail_when_read_then_it_is_no_delay():
    text = "Your message to: ola@borte.example\nwas blocked by our Spam Firewall. The email you sent has NOT BEEN DELIVERED.\n"
    head = "From: postmaster@borte.example\nTo: b@firma.example\nSubject: **Message you sent blocked by our bulk email filter**\n\n"
    assert read((head + text).encode()).kind == "bounce"


def test_given_a_person_who_answers_through_pureservice_when_read_then_a_person_looks():
    more = ANSWER + "X-Pureservice-Id: 1\nAuto-Submitted: auto-generated\n"
    mail = read(f"{PERSON}{more}Subject: SV: Sak\n\nHei, feilen er der fortsatt på PC 7.\n".encode())
    assert "unsure:ticket_system" in mail.kind_reasons


@pytest.mark.parametrize(
    ("subject", "content_type", "report"),
    [
        (
            "VS: Undelivered Mail",
            "message/delivery-status",
            "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; ola@x.example\nStatus: 5.1.1\n",
        ),
        ("Fwd: Report domain: kunde.example", 'application/gzip; name="google.com!kunde.example!1700000000!1700086400.xml.gz"', "x\n"),
        ("SV: Lest: Sak", "message/disposition-notification", "Disposition: manual-action; displayed\n"),
    ],
)
@pytest.mark.parametrize("outer", ["mixed", "report"])
def test_given_a_report_beside_a_persons_question_when_they_pass_it_on_then_a_person_wrote_it(subject, content_type, report, outer):
    head = f"{PERSON}Subject: {subject}\nContent-Type: multipart/{outer}; boundary=b\n\n"
    body = f"--b\nContent-Type: text/plain\n\nHva betyr denne?\n--b\nContent-Type: {content_type}\n\n{report}--b--\n"
    assert (read((head + body).encode()).kind == "human") == (outer == "mixed")
