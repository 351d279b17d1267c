"""How mail clients announce quoted text, by form: the header as the client writes it. Data for the tests of reply extraction."""

from __future__ import annotations

OLA, KARI = "Ola Nordmann <ola@eksempel.no>", "Kari Nordmann <kari@eksempel.no>"
ANNA, PETER, MAX = "Anna Andersson <anna@exempel.se>", "Peter Petersen <peter@eksempel.dk>", "Max Muster <max@beispiel.de>"


def _block(*fields: str) -> str:
    return "\n".join(fields)


# One line: an attribution.
ATTRIBUTIONS = {
    "no-apple-old": f"Den 3. mars 2024 kl. 10.12 skrev {OLA}:",
    "no-apple-den-colon": f"Den 3. mars 2024 kl. 10:12 skrev {OLA}:",
    "no-apple-new": f"3. mars 2024 kl. 10:12 skrev {OLA}:",
    "no-gmail": f"ons. 26. aug. 2026 kl. 14:05 skrev {OLA}:",
    "no-gmail-old": f"Den 3. mars 2014 10:12 skrev {OLA}:",
    "no-gmail-slash": f"Den 08/06/2015 kl. 21.21 skrev {OLA}:",
    "no-tb": "Den 03.03.2024 10:12, skrev Ola Nordmann:",
    "nn-tb": "Den 03.03.2024 10:12, Ola Nordmann skreiv:",
    "no-tb-author-date": "Ola Nordmann skrev den 03.03.2024 10:12:",
    "nn-tb-author-date": "Ola Nordmann skreiv den 03.03.2024 10:12:",
    "no-tb-single": "skrev Ola Nordmann:",
    "nn-den-skreiv": f"Den 3. mars 2024 kl. 10:12 skreiv {OLA}:",
    "no-outlook-mac-2019": f"{OLA} skrev følgende den 03/03/2024, 10:12:",
    "no-paa-skrev": "På 3. mars 2024 kl. 10:12:18, Ola Nordmann (ola@eksempel.no) skrev:",
    "no-paa-yahoo": f"På søndag 3. mars 2024 kl. 10:12:18 CET skrev {OLA}:",
    "no-proton": f"Den søndag 3. mars 2024 kl. 10:12, skrev {OLA}:",
    "sv-gmail": f"ons 4 dec. 2024 kl. 20:42 skrev {ANNA}:",
    "sv-gmail-android": f"Den fre 28 feb. 2025 10:15{ANNA} skrev:",
    "sv-apple": f"4 dec. 2024 kl. 18:36 skrev {ANNA}:",
    "sv-tb": "Den 2024-03-03 kl. 10:12, skrev Anna Andersson:",
    "sv-outlook-mac-2019": 'Den 28/10/2021 12:46 skrev "Anna Andersson" <anna@exempel.se> följande:',
    "sv-spark": "Den 14 september, 2015 02:23:18, Anna Andersson (anna@exempel.se) skrev:",
    "da-apple": f"Den 24. nov. 2025 kl. 10.00 skrev {PETER}:",
    "da-gmail": f"man. 24. nov. 2025 kl. 10.00 skrev {PETER}:",
    "da-tb": "Den 03.03.2024 kl. 10.12 skrev Peter Petersen:",
    "da-outlook-mac-2019": 'D. 28/10/2021 12.46 skrev "Peter Petersen" <peter@eksempel.dk>:',
    "de-apple": f"Am 03.03.2024 um 10:12 schrieb {MAX}:",
    "de-gmail": f"Am So., 3. März 2024 um 10:12 Uhr schrieb {MAX}:",
    "de-gmail-name": f"{MAX} schrieb am So., 3. März 2024 um 10:12 Uhr:",
    "de-outlook-mac-2019": 'Am 28/10/2021, 12:46 schrieb "Max Muster" <max@beispiel.de>:',
    "en-gmail": f"On Sun, Mar 3, 2024 at 10:12 AM {OLA} wrote:",
    "en-apple": f"On 3 Mar 2024, at 10:12, {OLA} wrote:",
    "en-zoho": "---- On Wed, 24 Feb 2021 14:02:50 +0530 ola@eksempel.no wrote ----",
    "en-proton": f"On Sunday, March 3rd, 2024 at 10:12 AM, {OLA} wrote:",
    "nl-apple": "Op 24 aug. 2013 om 16:48 heeft Jan Jansen <jan@voorbeeld.nl> het volgende geschreven:",
    "nl-gmail": "Op zo 3 mrt 2024 om 10:12 schreef Jan Jansen <jan@voorbeeld.nl>:",
    "fr-gmail": "Le dim. 3 mars 2024 à 10:12, Jean Dupont <jean@exemple.fr> a écrit :",
    "fi-gmail": "su 3. maalisk. 2024 klo 10.12 Matti Meikäläinen (matti@esimerkki.fi) kirjoitti:",
}

# Attributions that a client has broken over lines.
WRAPPED = {
    "no-gmail-wrapped": "ons. 26. aug. 2026 kl. 14:05 skrev Ola Nordmann Langnavnesen <ola@eksempel.no\n>:",
    "sv-gmail-wrapped": "tors 6 dec. 2018 kl 13:30 skrev Anna Andersson <\nanna.andersson.lang@exempel.se>:",
}

# Header blocks and delimiters: the history below them carries no marks.
BLOCKS = {
    "no-outlook-block": _block(f"Fra: {OLA}", "Sendt: søndag 3. mars 2024 10:12", f"Til: {KARI}", "Emne: Befaring torsdag"),
    "no-outlook-block-kopi": _block(
        f"Fra: {OLA}", "Sendt: søndag 3. mars 2024 10:12", f"Til: {KARI}", "Kopi: drift@eksempel.no", "Emne: Befaring torsdag"
    ),
    "nn-outlook-block": _block(f"Frå: {OLA}", "Sendt: sundag 3. mars 2024 10:12", f"Til: {KARI}", "Emne: Synfaring torsdag"),
    "no-outlook-orig": _block(
        "-----Opprinnelig melding-----",
        "Fra: Ola Nordmann [mailto:ola@eksempel.no]",
        "Sendt: 5. mars 2012 15:01",
        "Til: Kari Nordmann",
        "Emne: Befaring",
    ),
    "no-outlook-bold": _block(f"*Fra:* {OLA}", "*Sendt:* søndag 3. mars 2024 10:12", f"*Til:* {KARI}", "*Emne:* Befaring torsdag"),
    "no-owa": _block(
        "________________________________", f"Fra: {OLA}", "Sendt: søndag 3. mars 2024 10:12", f"Til: {KARI}", "Emne: Befaring torsdag"
    ),
    "no-outlook-mac": _block(
        f"Fra: {OLA}", "Dato: søndag, 3. mars 2024 kl. 10:12", "Til: kari@eksempel.no <kari@eksempel.no>", "Emne: Befaring torsdag"
    ),
    "no-tb-fwd": _block(
        "-------- Videresendt melding --------",
        "Emne:  Befaring torsdag",
        "Dato:  Sun, 3 Mar 2024 10:12:30 +0100",
        f"Fra:  {OLA}",
        "Til:  kari@eksempel.no",
    ),
    "no-yahoo-fwd": (
        '   ----- Videresendt melding ----- Fra: Ola Nordmann <ola@eksempel.no>Til: "kari@eksempel.no" '
        "<kari@eksempel.no>Sendt: søndag 3. mars 2024 kl. 10:12:18 CETEmne: Befaring"
    ),
    "no-gmail-fwd": _block(
        "---------- Forwarded message ---------",
        f"Fra: {OLA}",
        "Date: søn. 3. mars 2024 kl. 10:12",
        "Subject: Befaring torsdag",
        "To: <kari@eksempel.no>",
    ),
    "no-tb-orig": _block(
        "-------- Opprinnelig melding --------",
        f"Fra: {OLA}",
        "Dato: 03.03.2024 10:12 (GMT+01:00)",
        "Til: kari@eksempel.no",
        "Emne: Befaring",
    ),
    "nn-tb-orig": _block(
        "-------- Opphavleg melding --------", f"Frå: {OLA}", "Dato: 03.03.2024 10:12", "Til: kari@eksempel.no", "Emne: Synfaring"
    ),
    "sv-outlook-block": _block(
        "Från: Anna Andersson [mailto:anna@exempel.se]", "Skickat: den 5 juni 2017 12:22", "Till: kari@eksempel.no", "Ämne: Syn på torsdag"
    ),
    "sv-outlook-mac": _block(
        f"Från: {ANNA}", "Datum: torsdag, 28 oktober 2021 12:46", "Till: kari@eksempel.no <kari@eksempel.no>", "Ämne: Syn på torsdag"
    ),
    "sv-orig": _block(
        "-----Ursprungligt meddelande-----", f"Från: {ANNA}", "Skickat: den 5 juni 2017 12:22", "Till: kari@eksempel.no", "Ämne: Syn"
    ),
    "sv-tb-fwd": _block(
        "-------- Vidarebefordrat meddelande --------",
        "Ämne:  Syn på torsdag",
        "Datum:  Sun, 3 Mar 2024 10:12:30 +0100",
        f"Från:  {ANNA}",
        "Till:  kari@eksempel.no",
    ),
    "da-outlook-block": _block(f"Fra: {PETER}", "Sendt: 24. november 2025 09:30", f"Til: {KARI}", "Emne: Besigtigelse"),
    "da-orig": _block("-----Oprindelig meddelelse-----", "Fra: Peter Petersen", "Sendt: 24. november 2025 10:00", "Til: Kari", "Emne: Hej"),
    "da-samsung": _block(
        "-------- Oprindelig besked --------",
        f"Fra: {PETER}",
        "Dato: 04.07.2024  17.45  (GMT+01:00)",
        "Til: kari@eksempel.no",
        "Emne: Besigtigelse",
    ),
    "de-outlook-block": _block(
        "Von: Max Muster [mailto:max@beispiel.de]",
        "Gesendet: Donnerstag, 7. Juli 2016 14:52",
        "An: kari@eksempel.no",
        "Betreff: Besichtigung",
    ),
    "de-gmx": _block(
        "Gesendet: Montag, 10. April 2017 um 12:40 Uhr",
        'Von: "Max Muster" <max@beispiel.de>',
        "An: kari@eksempel.no",
        "Betreff: Besichtigung",
    ),
    "de-orig": _block(
        "-----Ursprüngliche Nachricht-----",
        "Von: Max Muster [mailto:max@beispiel.de]",
        "Gesendet: Donnerstag, 7. Juli 2016 14:52",
        "An: kari@eksempel.no",
        "Betreff: Besichtigung",
    ),
    "en-outlook-block": _block(f"From: {OLA}", "Sent: Sunday, March 3, 2024 10:12 AM", f"To: {KARI}", "Subject: Inspection on Thursday"),
    "en-owa": _block(
        "________________________________",
        f"From: {OLA}",
        "Sent: Sunday, March 3, 2024 10:12",
        f"To: {KARI}",
        "Subject: Inspection on Thursday",
    ),
    "en-outlook-mac": _block(
        f"From: {OLA}", "Date: Sunday, 3 March 2024 at 10:12", "To: kari@eksempel.no <kari@eksempel.no>", "Subject: Inspection on Thursday"
    ),
    "en-orig": _block(
        "-----Original Message-----",
        "From: Ola Nordmann [mailto:ola@eksempel.no]",
        "Sent: Sunday, March 3, 2024 10:12 AM",
        "To: Kari Nordmann",
        "Subject: Inspection",
    ),
}

# Forwards that Apple Mail sets in quote marks, header and all.
QUOTED_FORWARDS = {
    "no-apple-fwd": (
        f"> Videresendt melding:\n>\n> Fra: {OLA}\n> Emne: Befaring torsdag\n> Dato: 26. oktober 2021 kl. 10:12:30 "
        "CEST\n> Til: kari@eksempel.no\n>"
    ),
    "sv-apple-fwd": (
        f"> Vidarebefordrat mejl:\n>\n> Från: {ANNA}\n> Ämne: Syn på torsdag\n> Datum: 26 oktober 2021 10:12:30 CEST\n> "
        "Till: kari@eksempel.no\n>"
    ),
    "da-apple-fwd": (
        f"> Start på videresendt besked:\n>\n> Fra: {PETER}\n> Emne: Besigtigelse\n> Dato: 26. oktober 2021 kl. "
        "10.12.30 CEST\n> Til: kari@eksempel.no\n>"
    ),
}
