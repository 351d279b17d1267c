"""Writes replies to a support desk: paragraphs, a signature, quoted history. In: a random source. Out: raw mails with what is the author's.

The paragraphs are support talk in nb, nn, sv, da and en, with names, numbers, links, lists, thanks and sign-offs in any place but the last.
Signatures of a proven form are marked as such: what stands in them must be cut. It must never put a word of the signature in a paragraph.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from email.message import EmailMessage
from random import Random

OURS = "support@firma.example"

PEOPLE = [
    ("Ola Nes", "ola.nes@kunde.example"),
    ("Kari Lunde", "kari.lunde@kunde.example"),
    ("Per-Erik Åsheim", "pea@kunde.example"),
    ("Åse Bråten Øye", "aase@kommune.example"),
    ("Anna Lindqvist", "anna.lindqvist@kund.example"),
    ("Søren Kjær", "sk@kunde.example"),
    ("John Smith", "j.smith@client.example"),
    ("Nordahl, Ingrid", "ingrid.nordahl@kunde.example"),
    ("", "ola@kunde.example"),
    ("Kunde AS", "post@kunde.example"),
]
OTHERS = ["Per Dahl", "Berit Moe", "Lars Holm", "Eva Berg", "Nina Skog", "Tom Hansen", "Siri Vik"]
THINGS = ["HP LaserJet 400", "Dell Latitude 5540", "LG 27UK850", "Samsung S24", "ThinkPad X1", "Canon iR-ADV C5535", "Cisco ISR 1100"]
LINKS = [
    "https://filer.kunde.example/logg.txt",
    "https://portal.kunde.example/sak/4471",
    "www.kunde.example/status",
    "http://10.0.0.5:8080/app",
]

TALK = {
    "nb": """
        Vi får fortsatt feil {n} på {t}.
        Kan dere ringe meg på {p} i morgen?
        Bilaget ble lastet opp på sak {n} ved en feil. Kan dere slette det og gi beskjed når det er gjort?
        Denne e-posten inneholder loggen dere ba om.
        Denne meldingen kom aldri frem til {o}.
        Konfidensielle saker vises for alle i portalen.
        Ny kontaktperson er {o}, telefon {p}.
        Serienummeret er {s}
        Loggen ligger her: {l}
        {l}
        Det virker ikke for {o} heller.
        Sendt fra Outlook i går, men ikke mottatt.
        Sendt med e-post i går til {o}.
        Sendt fra mobilen, men bildet mangler
        Gjelder avmelding av nyhetsbrev: lenken virker ikke.
        Ekstern avsender får ikke svar fra oss.
        Obs! Dette haster
        Ring meg mandag
        Skriveren er nede igjen
        Takk!
        Takk for hjelpen så langt
        Ha en fin dag
        God helg
        Mvh Ola
        Hilsen meg
        Ja
        Nei, ikke ennå
        Ok
        Det gjelder {t}
        Faktura {s}
        Passordet er byttet, men brukeren {o} kommer ikke inn
        Leveringsadressen er Storgata 1, 0155 Oslo
        Feilen heter "Access denied ({n})"
        Hilsen fra {o} kom frem, men ikke vedlegget
        Vennlig hilsen-feltet i malen er tomt
        Meldingen "Tenk på miljøet" står to ganger i malen vår
        Vi bruker {t} og {t}
        Sak {n} kan lukkes
        Gi beskjed til avsender av faktura {s} at den er feil
        Se vedlagt skjermbilde
        Er det noe nytt?
        Jeg er tilbake mandag
        Til orientering: vi flytter {n}. mars
        Den 3. mars skrev vi under avtalen
        Fra Oslo til Bergen tar det {n} ms
        Rådgiver slutter fredag
        Postboks 12 stengt
        IT-avdelingen stengt rom {n}
        Rom {n}
        Papir tomt
        Toner gul
        Kan dere endre til dette?
    """,
    "nn": """
        Vi får framleis feil {n} på {t}.
        Kan de ringje meg på {p} i morgon?
        Denne meldinga kom aldri fram til {o}.
        Eg har prøvd på nytt, men det verkar ikkje
        Skrivaren er nede att
        Takk skal de ha
        Helsing meg
        Ny kontaktperson er {o}, telefon {p}.
        Loggen ligg her: {l}
        Serienummeret er {s}
        Ein ting til: vi rakk ikkje å teste utskrift i dag, så det står att.
        Kva gjer vi no?
        Kven eig sak {n}?
        Send det til {o}
        Ja, for oss begge
        Rådgjevar sluttar fredag
        Skrivar heng
    """,
    "sv": """
        Vi får fortfarande fel {n} på {t}.
        Kan ni ringa mig på {p} i morgon?
        Bilagan laddades upp på ärende {n} av misstag. Kan ni radera den och meddela när det är klart?
        Det här mejlet kom aldrig fram till {o}.
        Detta meddelande kan inte öppnas
        Skickat från Outlook i går men inte mottaget
        Ny kontaktperson är {o}, telefon {p}.
        Loggen finns här: {l}
        Tack så länge
        Trevlig helg
        Serienumret är {s}
        Skrivaren är nere igen
        Ja
        Nej, inte än
        Sekretess gäller för ärende {n}
        Chef slutar
        Box 12 stängd
        Papper slut
        Hälsningar i mallen visas dubbelt
    """,
    "da": """
        Vi får stadig fejl {n} på {t}.
        Kan I ringe til mig på {p} i morgen?
        Denne e-mail kom ikke frem i går.
        Bilaget blev lagt på sag {n} ved en fejl. Kan I slette det?
        Ny kontaktperson er {o}, telefon {p}.
        Loggen ligger her: {l}
        Sendt fra Outlook i går, men ikke modtaget
        Tak for hjælpen indtil nu
        God weekend
        Serienummeret er {s}
        Printeren er nede igen
        Ja, det virker for os begge
        Fortrolige sager vises for alle
        Printer hænger
        Chef stopper fredag
        Venlig hilsen mangler i skabelonen
    """,
    "en": """
        We still get error {n} on {t}.
        Can you call me on {p} tomorrow?
        The attachment was uploaded to case {n} in error. Please delete it and notify the sender when done.
        This email arrives empty for {o}.
        This message contains the log you asked for.
        Confidential cases are visible to everyone.
        Our users cannot find where to unsubscribe from the weekly report.
        Sent from Outlook, the file arrives empty.
        Sent from my account but never delivered
        The new contact is {o}, phone {p}.
        The log is here: {l}
        {l}
        Server restarted
        Printer still down
        Thank you
        Thanks so far
        Have a nice weekend
        Best regards is missing in the template
        Serial number {s}
        Yes
        No, not yet
        Warning: this email address is not in the system
        External senders get no answer from us
        To unsubscribe we click the link but nothing happens
        Call me Monday
        Disclaimer text is shown twice on invoice {s}
        Please see the screenshot
        You received this message because of a bug, I think
        It happened again at 10:15
        Manager left
        PO Box 12 closed
        Blue cable
    """,
}
GREETINGS = {"nb": ["Hei,", "Hei!", ""], "nn": ["Hei,", ""], "sv": ["Hej,", "Hej!", ""], "da": ["Hej", ""], "en": ["Hi,", "Hello,", ""]}
# A text that the person surely ends with: what stands right above the signature announces nothing.
LAST = {
    "nb": ["Feilen er den samme.", "Det virker ikke for oss.", "Vi venter på svar.", "Takk for hjelpen!", "Kan dere se på det i dag?"],
    "nn": ["Feilen er den same.", "Det verkar ikkje for oss.", "Takk for hjelpa!"],
    "sv": ["Felet är detsamma.", "Det fungerar inte hos oss.", "Tack för hjälpen!"],
    "da": ["Fejlen er den samme.", "Det virker ikke hos os.", "Tak for hjælpen!"],
    "en": ["The error is the same.", "It does not work for us.", "Thanks for your help!", "Can you have a look today?"],
}
SIGN_OFFS = {
    "nb": ["Mvh {f}", "Mvh\n{f}", "Hilsen {f}", "Med vennlig hilsen\n{a}", "Takk\n{f}"],
    "nn": ["Helsing {f}", "Mvh\n{f}"],
    "sv": ["Mvh {f}", "Vänliga hälsningar\n{a}", "Hälsningar\n{f}"],
    "da": ["Mvh {f}", "Med venlig hilsen\n{a}", "Kh\n{f}"],
    "en": ["Regards\n{f}", "Best regards,\n{a}", "Thanks,\n{f}", "Kind regards {f}"],
}
CLOSINGS = {
    "nb": ["Mvh", "Med vennlig hilsen", "Vennlig hilsen,", "Hilsen"],
    "nn": ["Helsing", "Med vennleg helsing", "Venleg helsing"],
    "sv": ["Med vänliga hälsningar", "Vänliga hälsningar,", "Mvh", "Hälsningar"],
    "da": ["Med venlig hilsen", "Venlig hilsen", "Mvh", "Bedste hilsner"],
    "en": ["Best regards,", "Kind regards", "Regards,", "Sincerely"],
}
TITLES = {
    "nb": ["Driftsleder", "Daglig leder", "IT-konsulent", "Rådgiver", "Systemansvarlig"],
    "nn": ["Driftsleiar", "Rådgivar", "Dagleg leiar"],
    "sv": ["Driftchef", "IT-tekniker", "Systemansvarig"],
    "da": ["Driftschef", "IT-konsulent", "Afdelingsleder"],
    "en": ["Operations Manager", "IT Manager", "Systems Engineer"],
}
COMPANIES = ["Kunde AS", "Nordlys Energi AS", "Nes kommune", "Kund AB", "Klient ApS", "Client Ltd"]
PHONES = [
    "Tlf. 22 33 44 55",
    "Tel: +47 22 33 44 55",
    "Mob 900 00 000",
    "+46 8 123 45 67",
    "Telefon: 22334455 | Mobil: 90000000",
    "M: +45 12 34 56 78",
]
EXTRAS = ["www.kunde.example", "Storgata 1, 0155 Oslo", "Postboks 12, 5003 Bergen", "Org.nr. 999 888 777 MVA", "https://www.kunde.example"]
MOBILE_SIGNATURES = {
    "nb": ["Sendt fra min iPhone", "Sendt fra Outlook for iOS", "Hent Outlook for Android"],
    "nn": ["Sendt frå min iPhone"],
    "sv": ["Skickat från min iPhone", "Hämta Outlook för iOS"],
    "da": ["Sendt fra min iPhone", "Hent Outlook til iOS"],
    "en": ["Sent from my iPhone", "Get Outlook for iOS", "Sent from Yahoo Mail on Android"],
}
NOTES = {
    "nb": "Denne e-posten og eventuelle vedlegg er konfidensielle og kun tiltenkt mottakeren. Har du fått den ved en "
    "feil, slett den og varsle avsender.",
    "nn": "Denne e-posten er konfidensiell og berre tiltenkt rett mottakar. Har du fått han ved ein feil, slett e-posten.",
    "sv": "Detta e-postmeddelande är konfidentiellt och endast avsett för adressaten. Om du fått det av misstag, radera "
    "det och meddela avsändaren.",
    "da": "Denne e-mail er fortrolig og kun tiltænkt modtageren. Har du modtaget den ved en fejl, bedes du slette den og "
    "give afsender besked.",
    "en": "This e-mail and any attachments are confidential and intended solely for the addressee. If you received it in "
    "error, please delete it.",
}
HEADERS = {
    "gmail-nb": "fre. 27. nov. 2026 kl. 10:12 skrev Supportweb <support@firma.example>:",
    "apple-nb": "Den 27. nov. 2026 kl. 10:12 skrev Supportweb <support@firma.example>:",
    "apple-sv": "27 nov. 2026 kl. 10:12 skrev Supportweb <support@firma.example>:",
    "thunderbird-da": "Den 27.11.2026 kl. 10.12 skrev Supportweb:",
    "gmail-nn": "fr. 27. nov. 2026 kl. 10:12 skreiv Supportweb <support@firma.example>:",
    "thunderbird-nn": "Den 27.11.2026 10:12, Supportweb skreiv:",
    "thunderbird-sv": "Den 2026-11-27 kl. 10:12, skrev Supportweb:",
    "roundcube-nb": "Den 27.11.2026 10:12, skrev Supportweb:",
    "yahoo-nb": "På fredag 27. november 2026 kl. 10:12:11 CET skrev Supportweb <support@firma.example>:",
    "yahoo-sv": "Den fredag 27 november 2026 kl. 10:12:11 CET skrev Supportweb <support@firma.example>:",
    "sogo-nb": "Den fredag, november 27, 2026 10:12 CET skrev Supportweb <support@firma.example>:",
    "gmail-da": "Den fre. 27. nov. 2026 kl. 10.12 skrev Supportweb <support@firma.example>:",
    "apple-en": "On 27 Nov 2026, at 10:12, Supportweb <support@firma.example> wrote:",
    "gmail-en": "On Fri, Nov 27, 2026 at 10:12 AM Supportweb <support@firma.example> wrote:",
}
BLOCKS = {
    "outlook-nb": "Fra: Supportweb <support@firma.example>\nSendt: fredag 27. november 2026 10:12\nTil: {to}\nEmne: [SUP-1] Skriveren",
    "outlook-sv": "Från: Supportweb <support@firma.example>\nSkickat: den 27 november 2026 10:12\nTill: {to}\nÄmne: [SUP-1] Skrivaren",
    "outlook-da": "Fra: Supportweb <support@firma.example>\nSendt: 27. november 2026 10:12\nTil: {to}\nEmne: [SUP-1] Printeren",
    "outlook-nn": "Frå: Supportweb <support@firma.example>\nSendt: fredag 27. november 2026 10:12\nTil: {to}\nEmne: [SUP-1] Skrivaren",
    "samsung-nb": "-------- Opprinnelig melding --------\nFra: Supportweb <support@firma.example>\n"
    "Dato: 27.11.2026 10:12 (GMT+01:00)\nTil: {to}\nEmne: [SUP-1] Skriveren",
    "zimbra-sv": '----- Ursprungligt meddelande -----\nFrån: "Supportweb" <support@firma.example>\nTill: {to}\n'
    "Skickat: fredag, 27 november 2026 10:12:11\nÄmne: [SUP-1] Skrivaren",
    "notes-nb": "Fra:\tSupportweb <support@firma.example>\nTil:\t{to}\nDato:\t27.11.2026 10:12\nEmne:\t[SUP-1] Skriveren",
    "mac-da": "Fra: Supportweb <support@firma.example>\nDato: fredag, 27. november 2026 kl. 10.12\nTil: {to}\nEmne: [SUP-1] Printeren",
    "owa-en": "________________________________\nFrom: Supportweb <support@firma.example>\nSent: Friday, November 27, 2026 "
    "10:12 AM\nTo: {to}\nSubject: [SUP-1] Printer",
}
# Stands in the history of each mail, and in no paragraph.
QUESTION = "Har dere prøvd på nytt?"
HISTORY = ["Hei,", "", QUESTION, "", "Supportweb", "Firma AS, tlf. 55 66 77 88"]


@dataclass(frozen=True, slots=True)
class WrittenReply:
    """A mail as bytes, the lines that are the author's words, the lines of the signature, and whether these are of a proven form."""

    raw: bytes
    words: tuple[str, ...]
    signature: tuple[str, ...]
    proven: bool


def write(random: Random, as_html: bool | None = None) -> WrittenReply:
    """One reply. The same state of `random` gives the same mail."""
    language = random.choice(list(TALK))
    name, address = random.choice(PEOPLE)
    paragraphs = _paragraphs(random, language, name)
    signature, proven = _signature(random, language, name)
    text = "\n\n".join(paragraphs)
    body = f"{text}\n\n{signature}" if signature else text
    as_html = random.random() < 0.4 if as_html is None else as_html
    mail = _message(random, name, address, body, as_html)
    lines = tuple(line for paragraph in paragraphs for line in paragraph.split("\n") if line.strip())
    return WrittenReply(mail, lines, tuple(line for line in signature.split("\n") if line.strip()), proven)


def _paragraphs(random: Random, language: str, name: str) -> list[str]:
    greeting = random.choice(GREETINGS[language])
    found = [greeting] if greeting else []
    for _ in range(random.randint(0, 4)):
        found.append(_paragraph(random, language))
        if random.random() < 0.15:
            first = name.split(" ")[0] or "Ola"
            found.append(random.choice(SIGN_OFFS[language]).format(f=first, a=name or first))
    found.append(random.choice(LAST[language]) if random.random() < 0.5 else _saying(random, language))
    return found


def _paragraph(random: Random, language: str) -> str:
    form = random.random()
    if form < 0.12:
        mark = random.choice(["- ", "* ", "{i}. "])
        return "\n".join(mark.format(i=i + 1) + _sentence(random, language) for i in range(random.randint(2, 4)))
    if form < 0.2:
        rule = random.choice(["-----", "__________", "====="])
        return f"{_sentence(random, language)}\n{rule}\n{_sentence(random, language)}"
    return "\n".join(_sentence(random, language) for _ in range(random.randint(1, 3)))


def _sentence(random: Random, language: str) -> str:
    template = random.choice([line.strip() for line in TALK[language].split("\n") if line.strip()])
    return template.format(
        n=random.randint(2, 4999), t=random.choice(THINGS), o=random.choice(OTHERS), l=random.choice(LINKS),
        p=random.choice(["900 00 000", "22 33 44 55", "+47 22 33 44 55"]), s=random.randint(10**8, 10**11),
    )  # fmt: skip


def _saying(random: Random, language: str) -> str:
    """A last paragraph that says something: a bare sign-off or wish at the end would be a signature by its place."""
    while True:
        found = _sentence(random, language)
        if len(found.split()) >= 3 and not found.lower().startswith(("mvh", "hilsen", "helsing", "ha en", "god ", "trevlig", "have a")):
            return found


def _signature(random: Random, language: str, name: str) -> tuple[str, bool]:
    """A signature of one of the styles, and whether it proves itself: a closing or delimiter, or the author's name with contacts."""
    shown = " ".join(reversed(name.split(", "))) or "Ola Nes"
    style = random.choice(["none", "closing", "closing", "full", "full", "delimiter", "bare", "phone", "note", "one-line"])
    facts = [random.choice(TITLES[language]), random.choice(COMPANIES), random.choice(PHONES), random.choice(EXTRAS)]
    kept = [fact for fact in facts if random.random() < 0.7]
    closing = random.choice(CLOSINGS[language])
    gap = random.choice(["\n", "\n\n"])
    if style == "none":
        return "", True
    if style == "phone":
        return random.choice(MOBILE_SIGNATURES[language]), True
    if style == "closing":
        return f"{closing}{gap}{shown.split(' ')[0]}", name != "Kunde AS"
    if style == "one-line":
        return f"{closing.rstrip(',')} {shown}", True
    if style == "delimiter":
        return "\n".join(["-- ", shown, *kept]), True
    full = f"{closing}{gap}{shown}\n" + "\n".join(kept)
    if style == "note":
        return f"{full.rstrip()}\n\n{NOTES[language]}", True
    if style == "bare":
        return "\n".join([shown, *facts[:3]]), bool(name) and name != "Kunde AS"
    return full.rstrip(), True


def _message(random: Random, name: str, address: str, body: str, as_html: bool) -> bytes:
    message = EmailMessage()
    message["From"] = f'"{name}" <{address}>' if name else address
    message["To"] = f"Supportweb <{OURS}>"
    message["Subject"] = "Re: [SUP-1] Skriveren"
    message["Date"] = "Sat, 28 Nov 2026 09:15:00 +0100"
    message["Message-ID"] = f"<{random.getrandbits(64):x}@kunde.example>"
    message["In-Reply-To"] = "<n1@firma.example>"
    client = random.choice([*HEADERS, *BLOCKS, "none"])
    text = _with_history(client, body, name or address)
    if not as_html:
        message.set_content(text + "\n", charset="utf-8", cte="8bit" if random.random() < 0.5 else "base64")
        return message.as_bytes()
    source = _html(random, client, body, name or address)
    if random.random() < 0.5:
        message.set_content(text + "\n", charset="utf-8")
        message.add_alternative(source, subtype="html", charset="utf-8")
    else:
        message.set_content(source, subtype="html", charset="utf-8")
    return message.as_bytes()


def _with_history(client: str, body: str, to: str) -> str:
    if client == "none":
        return body
    if client in BLOCKS:
        return f"{body}\n\n{BLOCKS[client].format(to=to)}\n\n" + "\n".join(HISTORY)
    return f"{body}\n\n{HEADERS[client]}\n\n" + "\n".join(f"> {line}".rstrip() for line in HISTORY)


def _html(random: Random, client: str, body: str, to: str) -> str:
    """The body as a client writes it: each line an element, an empty one for a blank line; the history in the client's container."""
    tag = random.choice(["div", "p"])
    if tag == "div":
        written = "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in body.split("\n"))
    else:
        written = "".join(f"<p>{html.escape(part).replace(chr(10), '<br>')}</p>" for part in body.split("\n\n"))
    history = "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in HISTORY)
    if client == "none":
        return f"<html><body>{written}</body></html>"
    if client in BLOCKS:
        fields = "<br>".join(html.escape(line) for line in BLOCKS[client].format(to=to).split("\n") if not line.startswith("___"))
        style = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
        return f'<html><body>{written}<div style="{style}"><p class="MsoNormal">{fields}</p></div>{history}</body></html>'
    attribution = html.escape(HEADERS[client])
    if client.startswith("gmail"):
        return (
            f'<html><body><div dir="ltr">{written}</div><br><div class="gmail_quote">'
            f'<div dir="ltr" class="gmail_attr">{attribution}<br></div><blockquote class="gmail_quote" '
            f'style="margin:0 0 0 .8ex;border-left:1px #ccc solid">{history}</blockquote></div></body></html>'
        )
    return f'<html><body>{written}<br><div>{attribution}</div><blockquote type="cite">{history}</blockquote></body></html>'
