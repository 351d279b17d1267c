"""Receipts without a mark, the marks of responders in all their spellings, and mail between a person and a machine, which a person sees."""

import pytest

from mailgate.mail.read import read

AUTHOR = "From: Kari Nes <kari@kunde.example>\n"
ANSWER = "In-Reply-To: <a@firma.example>\nSubject: SV: Sak\n"


def mail(text: str, more: str = "", author: str = AUTHOR):
    head = f"{author}To: support@firma.example\nDate: Wed, 3 Mar 2027 10:20:00 +0100\n{ANSWER}{more}"
    return read(f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode())


@pytest.mark.parametrize(
    "text",
    [
        "Hei,\n\nDin e-post er mottatt og registrert med saksnummer 2026113010000012.\nVi svarer så snart vi kan.",
        "Henvendelsen din er registrert i vårt system med saksnummer 8812. Du kan følge saken på https://x.example/8812",
        "Sak 55123 er mottatt hos oss. Gjeldende svartid er 4 timer.",
        "Meldingen din er registrert under nummer 2611 123.\n\nKort beskrivelse: Skriveren virker ikke\n\nServicedesk",
        "Takk for din e-post til Nordvik kommune. E-posten din er mottatt, og vil bli videreformidlet til riktig avdeling.",
        "Hei og takk for at du tok kontakt med oss. Du vil høre fra oss innen 3 arbeidsdager.",
        "Tusen takk for din e-post. Det er stor pågang for tiden, og du må regne med noe lengre svartid enn normalt.",
        "Takk for førespurnaden din. Me har registrert han, og du får svar så snart som råd.",
        "Ditt mejl har tagits emot. Ditt ärende har nummer 8812.",
        "Tak for din henvendelse. Vi bestræber os på at svare inden for 2 hverdage.",
        "Kiitos viestistänne. Olemme vastaanottaneet sen ja vastaamme kahden arkipäivän kuluessa.",
        "Nous avons bien reçu votre message et vous répondrons dans les plus brefs délais.",
        "Hemos recibido su mensaje y le responderemos lo antes posible.",
        "Dziękujemy za wiadomość. Odpowiemy najszybciej, jak to możliwe.",
        "A request for support has been created and assigned #55123. A representative will follow-up with you as soon as possible.",
        "Just confirming that we got your request. We're on it.\n\nView request · Turn off this request's notifications",
        "Hej, ditt ärende #4471 är registrerat och kommer att besvaras av en handläggare.",
        "This is to confirm that your support request has been received. A technician will contact you.",
        "Your enquiry (ref 4471) has been logged. Please quote the reference number in all correspondence.",
        "Bonjour, votre demande n° 4471 a bien été enregistrée.",
        "Me har motteke førespurnaden din, og du får svar innan tre dagar.",
        "Hello,\n\nAn incident has been opened on your behalf.\nNumber: INC0010023\nState: New",
    ],
)
def test_given_a_receipt_without_a_mark_when_read_then_it_is_an_automatic_answer(text):
    read_mail = mail(text)
    assert (read_mail.kind, read_mail.kind_unsure) == ("auto_reply", False)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for your email. Our team has tested and it works.",
        "Thanks for your message. We will send the signed contract as soon as possible.",
        "Vi har mottatt henvendelsen deres og sendt den videre til økonomi, de svarer dere direkte.",
    ],
)
def test_given_words_of_a_receipt_that_a_person_might_write_when_read_then_a_person_looks(text):
    assert "unsure:wording" in mail(text).kind_reasons
    assert mail(text).kind_unsure


@pytest.mark.parametrize(
    "text",
    [
        "Takk for din henvendelse. Vi har sett på det, og det var kabelen.",
        "Vi har mottatt din e-post, men får ikke åpnet vedlegget.",
        "Vi har fått din melding og har startet maskinen på nytt.",
        "Vi har opprettet sak hos leverandøren, saksnummer 8812.",
        "Telenor skriver: Din henvendelse er mottatt og vil bli behandlet fortløpende.",
        "Your request has been assigned to the wrong person. It should be Ann.",
        "Thanks for getting in touch. The serial number is 4471.",
        "Klikk på lenken for å bekrefte at du ikke er en robot, det er det siden sier. Kommer ikke videre.",
        "The page asks me to verify that you are human and then crashes.",
        "E-posten din er satt på vent hos oss av filteret, men jeg fant den. Svaret er ja.",
        "Sak 4471 er registrert dobbelt. Slett den ene.",
        "Vi har mottatt spørsmålet ditt om brannmuren. Den er av typen Fortigate 60F.",
        "Henvendelsen din er registrert på feil kunde, vi heter Fjord AS.",
        "Merci pour votre message. L'imprimante ne marche toujours pas.",
    ],
)
def test_given_a_person_who_got_something_when_read_then_a_person_wrote_it(text):
    assert mail(text).kind == "human"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("Auto-Submitted: (vacation) auto-replied", "auto_reply"),
        ('Auto-Submitted: "auto-replied"', "auto_reply"),
        ("Auto-Submitted: (by hand) no", "human"),
        ('Auto-Submitted: "no"', "human"),
        ("Precedence: bulk (autoreply)", "bulk"),
        ("Precedence: auto-reply (vacation)", "auto_reply"),
        ("X-Precedence: auto_reply", "auto_reply"),
        ("X-Precedence: bulk", "bulk"),
        ("X-Auto-Response: yes", "auto_reply"),
        ("Autoresponder: yes", "auto_reply"),
        ("X-EmailAutoReply: 1", "auto_reply"),
        ("X-GWOOO: yes", "auto_reply"),
        ("X-Mailer: Roundcube Vacation", "auto_reply"),
        ("X-Mailer: vacation", "auto_reply"),
        ("X-No-Auto-Reply: yes", "human"),
        ("X-Auto-Response: off", "human"),
        ("X-Mailer: Apple Mail (2.3774)", "human"),
    ],
)
def test_given_a_mark_of_a_responder_in_any_spelling_when_read_then_it_counts(head, expected):
    assert mail("Snakk med Siri.", head + "\n").kind == expected


@pytest.mark.parametrize(
    ("more", "author"),
    [
        ("X-Loop: kari@kunde.example\n", AUTHOR),
        ("Auto-Submitted: auto-forwarded\n", AUTHOR),
        ("", "From: Per <postmaster@kunde.example>\n"),
        ("", "From: Per <root@kunde.example>\n"),
    ],
)
def test_given_a_weak_mark_on_an_answer_that_asks_when_read_then_a_person_looks(more, author):
    assert mail("Hei, skriveren er død. Kan noen komme i dag?", more, author).kind_unsure


@pytest.mark.parametrize("local", ["nav.ikke.svar", "besvaresikke", "kunde-no.reply", "post_ikke-svar"])
def test_given_an_address_that_nobody_reads_when_read_then_it_is_a_systems(local):
    assert mail("Ordre 441.", author=f"From: Kunde <{local}@kunde.example>\n").kind == "system"


@pytest.mark.parametrize(
    "text",
    [
        "E-posten din er satt på vent. Klikk på lenken, så blir e-posten levert.",
        "To have this and future mail delivered, please reply to this message once.",
        "Dette er et automatisk varsel, og kan ikke besvares. Du har fått et brev.",
    ],
)
def test_given_a_challenge_or_a_notice_when_read_then_no_person_wrote_it(text):
    assert mail(text).kind in ("auto_reply", "system")


def test_given_somebody_elses_note_passed_on_when_read_then_its_words_are_not_the_senders():
    note = (
        "Fra: Ola Nes <ola@borte.example>\nSendt: mandag 30. november 2026 09:11\nTil: Kari Nes <kari@kunde.example>\nEmne: Automatisk svar"
    )
    text = f"{note}\n\nJeg er på ferie og er tilbake 4. januar. Ved behov kontakt Per på 90011223.\n"
    head = f"{AUTHOR}To: support@firma.example\nSubject: VS: Automatisk svar: Tilbud\nContent-Type: text/plain; charset=utf-8\n\n"
    assert read((head + text).encode()).kind == "human"


def test_given_a_report_passed_on_under_its_own_subject_when_read_then_a_person_wrote_it():
    report = "Fra: Microsoft Outlook <x@kunde.example>\nSendt: mandag 30. november 2026 09.11\nTil: Kari\nEmne: Undeliverable: Tilbud\n\n"
    text = f"{'_' * 32}\n{report}Delivery has failed to these recipients or groups:\n\nola@borte.example\n"
    head = f"{AUTHOR}To: support@firma.example\nSubject: Undeliverable\nContent-Type: text/plain; charset=utf-8\n\n"
    assert read((head + text).encode()).kind == "human"


@pytest.mark.parametrize(
    "text",
    [
        "Takk for at du kontakter oss. Vi besvarer henvendelser i den rekkefølgen de kommer inn. Forventet svartid er 2 virkedager.",
        "Vi har mottatt din e-post. Den vil bli registrert i vårt sakarkivsystem. Du kan forvente svar innen tre uker.",
        "Kjære Support,\n\nVi har registrert meldingen din under nummer I 2612 045.\nMålsatt løsningstid er 4. desember 2026 kl. 12:00.",
        "Dear Support,\n\nYour incident has been registered with number I 2612 045.\nOur target date is 4 December 2026.",
        "Me har teke imot e-posten din. Han blir journalført og send vidare til sakshandsamar.",
        "Reply above this line.\n\nOla Nes changed the status to In Progress.\n\nView request · Turn off this request's notifications",
        "Your incident INC0012345 has been updated.\nState: In Progress\nComments: \n\nRef:MSG0012345",
        "Your incident INC0012345 has been closed. If the issue remains, reply to this email to reopen it.",
        "Saken din 4711 er lukket. Svar på denne e-posten for å åpne den igjen.",
        "Du har fått en ny melding i nettbanken. Logg inn for å lese meldingen.",
        "Denne postkassen er kun for mottak av faktura i EHF-format. Andre henvendelser blir ikke lest.",
        "This mailbox is only for invoices. Other messages will not be read or answered.",
        "Takk for meldingen! Vi er her mandag til fredag kl. 8–16 og svarer så snart vi kan.",
        "Din sak hos oss har fått referanse KS-1234. Oppgi referansen ved kontakt.",
        "Saken din er nå under behandling. Status: Pågår. Saksbehandler: Per Dahl",
        "Vi har lukket saken din fordi vi ikke har hørt fra deg på 7 dager. Svar på denne e-posten for å åpne den på nytt.",
        "We haven't heard from you, so we are closing this ticket. Reply to this email to reopen it.",
        "Ärende 4711 är nu avslutat. Svara på detta mejl om du vill öppna ärendet igen.",
        "Sagen er nu lukket. Svar på denne mail for at genåbne den.",
        "Ihr Ticket 4711 wurde geschlossen. Antworten Sie auf diese E-Mail, um es erneut zu öffnen.",
        "Vi har mottagit din fråga och svarar normalt inom två arbetsdagar.",
        "Tak fordi du kontakter os. Din mail besvares inden for 24 timer på hverdage.",
        "Pyyntösi on rekisteröity numerolla 4711. Asiantuntijamme ottaa sinuun yhteyttä.",
        "Me har fått meldinga di og svarar så fort me kan. Opningstidene våre er 9–15.",
        "Du har mottatt en sikker melding fra Banken. Logg inn med BankID for å lese den.",
        "Det er kommet svar på saken din i portalen. Logg inn for å se svaret.",
        "Denne innboksen overvåkes ikke. Bruk skjemaet på nettsidene våre.",
        "E-post til denne adressen blir ikke lest. Du finner kontaktinformasjon på www.kunde.example.",
        "This inbox isn't monitored. Please use our contact form.",
        "How did we do? Please rate the support you received: Good, I'm satisfied / Bad, I'm unsatisfied",
        "You'll get replies here and in your email: support@firma.example\n\nThe team typically replies in a few hours.",
    ],
)
def test_given_words_of_a_service_when_read_then_no_person_wrote_it(text):
    assert (mail(text).kind, mail(text).kind_unsure) == ("auto_reply", False)


@pytest.mark.parametrize(
    "text",
    [
        "For å redusere søppelpost må du bekrefte at du er en ekte avsender. Klikk på lenken, så blir e-posten din levert.",
        "E-posten din er holdt tilbake av spamfilteret fordi du ikke er en kjent avsender. Klikk her for å få den levert.",
        "Your message to kari@kunde.example is waiting for delivery. Please verify your email address by clicking the link below.",
        "Um Spam zu vermeiden, müssen Sie Ihre E-Mail einmalig bestätigen. Bitte klicken Sie auf den folgenden Link.",
        "För att ditt mejl ska levereras måste du bekräfta att du är en riktig person. Klicka på länken nedan.",
        "Din mail er tilbageholdt af vores spamfilter. Klik på linket for at frigive den til modtageren.",
        "You are receiving this message because you emailed me for the first time. Please reply to this email to confirm you are no robot.",
        "You will not receive any more courtesy notices from our members for two days. Messages you have sent remain in a queue.",
        "Meldingen du sendte til gruppen «Kontor» venter på godkjenning fra en moderator.",
        "Your mail to 'support' is being held until the list moderator can review it for approval.",
        "Message distribution in the list is restricted to list subscribers.",
    ],
)
def test_given_a_filter_or_a_list_that_holds_our_mail_when_read_then_no_person_wrote_it(text):
    assert (mail(text).kind, mail(text).kind_unsure) == ("auto_reply", False)


@pytest.mark.parametrize(
    "text",
    [
        "Foreløpig svar\n\nHenvendelsen av 2. desember vil bli behandlet så snart som mulig, og senest innen 4 uker.",
        "Vi har mottatt meldingen din. Den er sendt til Innbyggertorget, som vil fordele den til rett enhet.",
    ],
)
def test_given_a_letter_that_an_office_or_its_system_may_have_written_when_read_then_a_person_looks(text):
    assert mail(text).kind_unsure


@pytest.mark.parametrize(
    "text",
    [
        "Vi har mottatt meldingen din i dag og setter pris på rask hjelp. Skriveren i 2. etasje er også nede.",
        "Ola Nes changed the status to In Progress, and then nothing happened. View request shows an empty page.",
        "Din sak er løst, sier dere, men den er ikke det.",
        "Jeg har fått ny melding i Altinn. Logg inn for å lese, står det, men jeg slipper ikke inn.",
        "Du har fått tilgang. Logg inn med BankID.",
        "Denne adressen er kun for interne, bruk post@kunde.example.",
        "Fakturaen kunne ikke behandles fordi PDF-en var skadet.",
        "Din e-post havnet i søppelpost hos oss. Klikk på «ikke søppelpost» løste det.",
        "Meldingen din ble holdt tilbake av filteret vårt, men jeg har sluppet den gjennom. Svaret er ja.",
        "Your message was held in our spam filter. I released it. To answer: yes, on Monday.",
        "Your email could not be processed by our importer because the attachment was too big. I split it in two.",
        "Viser til din e-post av 1. desember. Vi ønsker å gå videre innen fem dager.",
        "Vi viser til din henvendelse. Skriveren er av typen HP og står i 2. etasje.",
        "Your request has been approved, go ahead.",
        "Din sak har fått ny saksbehandler hos oss: Per Dahl, 900 00 000.",
        "Pyyntö on kirjattu väärin, numero on 4712.",
        "Kan dere åpne saken på nytt? Vi har testet og det feiler.",
        "Hvor fornøyd vi er? Ikke veldig. Feilen kom tilbake.",
        "Saken er nå under behandling hos leverandøren, og jeg melder fra.",
        "Det er kommet svar fra leverandøren: bytt kabel.",
        "Nytt dokument ligger i mappa. Logg inn som kari for å se det.",
        "Vi svarer vanligvis på e-post samme dag, men skjemaet deres feilet.",
        "Denne innboksen ble slettet ved en feil. Kan dere gjenopprette den?",
        "Rekvisisjon 4711 er opprettet, varene kan leveres.",
        "Bestilling nr 12 er registrert hos leverandør og leveres innen 5 dager.",
        "To prove it, I attach a screenshot. Click the link below it and you see the error.",
        "Reply to this email to reopen it, it says, but nothing happens.",
    ],
)
def test_given_a_person_who_speaks_of_a_service_when_read_then_a_person_wrote_it(text):
    assert mail(text).kind == "human"


def test_given_an_agents_answer_from_salesforce_when_read_then_a_person_looks():
    assert mail("Skriveren står på rom 12.", "X-SFDC-User: 005\nPrecedence: bulk\n").kind_unsure
