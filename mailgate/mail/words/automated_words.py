"""The words that automatic mail uses, per language. In: nothing. Out: patterns, all linear. Source for `automated`; holds no decisions.

Sentences that only a machine writes, and the local parts of addresses behind which no person sits. Subjects are in `answer_subject`,
absence, receipts and challenges in `absence_words`.
"""

from __future__ import annotations

import re

from mailgate.mail.words.phrases import Phrases

MACHINE_SENTENCES = Phrases((
    "dette er et automatisk svar", "dette er eit automatisk svar", "dette er en automatisk", "dette er ei automatisk",
    "dette er et autosvar", "dette er eit autosvar", "denne meldingen er automatisk", "denne meldinga er automatisk",
    "denne e-posten er automatisk", "denne e-posten er generert automatisk", "dette er et automatisk generert svar",
    "ikke svar på denne e-posten", "ikkje svar på denne e-posten", "denne mail kan ikke besvares", "vennligst ikke svar på denne",
    "denne e-posten kan ikke besvares", "svar på denne e-posten blir ikke lest", "svar på denne e-posten vert ikkje lese",
    "denne mail er automatisk genereret", "dette er en automatisk genereret", "dette er et automatisk genereret",
    "denne besked er sendt automatisk", "detta är ett automatiskt", "detta är ett autosvar", "det här är ett automatiskt",
    "svara inte på detta", "detta meddelande har skickats automatiskt", "this is an automatic", "this is an automated",
    "this is an auto-", "this is an autoreply", "this is an auto reply", "this message was automatically",
    "this message was sent automatically", "this email was automatically", "this email was sent automatically",
    "this e-mail was sent automatically", "this mail was generated automatically", "this e-mail was automatically",
    "do not reply to this", "please do not reply to this", "this mailbox is not monitored", "replies to this message are not monitored",
    "this is a system generated", "this is a system-generated", "dies ist eine automatisch", "dies ist eine automatische",
    "diese nachricht wurde automatisch", "diese e-mail wurde automatisch", "diese mail wurde automatisch",
    "bitte antworten sie nicht auf diese", "tämä on automaattinen", "tämä viesti on lähetetty automaattisesti", "älä vastaa tähän",
    "dit is een automatisch", "deze e-mail is automatisch", "dit bericht is automatisch", "gelieve niet te antwoorden op",
    "ceci est un message automatique", "ceci est une réponse automatique", "ce message est généré automatiquement",
    "ce message a été envoyé automatiquement", "merci de ne pas répondre à ce", "cet e-mail est envoyé automatiquement",
    "cet email est envoyé automatiquement", "e-posten er sendt automatisk", "e-posten ble sendt automatisk",
    "meldingen er sendt automatisk", "meldingen ble sendt automatisk", "meldinga er sendt automatisk", "dette er en automatisert",
    "dette er ein automatisk", "svar på denne meldingen blir ikke", "ikke svar på denne meldingen", "ikkje svar på denne meldinga",
    "antworten sie bitte nicht", "on lähetetty automaattisesti", "niet op deze e-mail", "ne pas répondre à",
    "this e-mail has been automatically", "this email has been automatically", "this message has been automatically",
    "this message is automatically", "this is an automatically", "this mailbox is unattended", "denna e-post har skickats automatiskt",
    "denne mail er sendt automatisk", "denne e-mail er sendt automatisk", "dit is een geautomatiseerd", "diese mail ist automatisch",
    "dieses schreiben wurde automatisch", "cet e-mail a été généré", "cet email a été généré",
))  # fmt: skip

NO_REPLY = re.compile(
    r"(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|dont[-_.]?reply|noreply|no-?response|not?[-_.]?monitored|ikke[-_.]?svar|svar[-_.]?ikke|"
    r"ikkje[-_.]?svar|"
    r"kan[-_.]?ikke[-_.]?besvares|ingen[-_.]?svar|svara[-_.]?(?:inte|ej)|inget[-_.]?svar|ei[-_.]?vastausta|ala[-_.]?vastaa|"
    r"keine?[-_.]?antwort|"
    r"nicht[-_.]?antworten|ne[-_.]?pas[-_.]?repondre|niet[-_.]?(?:beantwoorden|antwoorden)|geen[-_.]?antwoord)(?:[-_.+\d].*)?|"
    r".*[-_.+](?:no-?reply|donotreply)",
    re.IGNORECASE,
)
DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|mail[-_.]?daemon|maildaemon|postmaster|post[-_.]?master|mail[-_.]?deliver.*|delivery[-_.]?(?:agent|"
    r"subsystem)|mailadm(?:in)?|mailerdaemon|mdaemon|"
    r"mmdf|uucp|mailsystem|mail[-_.]?system|bounces?|bounce[-+_.=].*|bounced[-_.]?mail|root|daemon|nobody|smtp[-_.]?daemon|"
    r"autoresponder|auto[-_.]?reply|microsoftexchange.*|"
    r"exchange[-_.]?administrator|system[-_.]?attendant|majordomo|listserv|mailman|prvs=.*|srs[01]=.*|owner-.*|.*-(?:request|bounces?))",
    re.IGNORECASE,
)  # fmt: skip


def machine_sentence(text: str) -> str:
    """The first sentence in `text` (lower case, blanks single) that only a machine writes, "" when there is none."""
    return MACHINE_SENTENCES.first(text)
