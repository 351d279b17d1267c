"""Tells a reply that says in words that it accepts or refuses something. Stage: after reply extraction; text in, yes or no out.

Nobody acts on the answer: the person is offered the page on which they choose. So "we do not accept it" and "how do I accept it?" count as
well, and which of the two is meant does not matter.
"""

from __future__ import annotations

import re

from mailgate.mail.words.word_lists import words

MAX_CHARS = 400
"""In a longer reply such a word is one among many."""

_WORD = re.compile(r"[^\W\d_]+")
# Forms of errors in programs are left out: "connection refused", "request rejected".
_CHOICES = words(
    """
    godta godtar godtas godtatt godtok godtek godteke godteken godkjenn godkjenne godkjenner godkjennes godkjent godkjend godkjente
    aksepter aksepterer akseptere aksepterast akseptert aksept avslå avslår avslått avslo avvis avviser avvise avvist forkast forkaster
    godkend godkender godkendt godtager godtaget accepter accepterer acceptere accepteret afvis afviser afvist afslår afslået
    godkänn godkänner godkända godkänd godkänt godtar accepterar acceptera accepterat accepterad avvisar avvisa avslår
    accept accepts accepted accepting approve approves approved refuse reject decline
    akzeptiere akzeptieren akzeptiert angenommen ablehnen lehne lehnen abgelehnt
    samþykki samþykkt samþykkja samþykkjum hafna höfnum hyväksyn hyväksymme hyväksytty hylkään
    """
)


def names_choice(text: str) -> bool:
    """True when `text` (a reply without signature and quote) is short and has a word of accepting or refusing."""
    return len(text) <= MAX_CHARS and any(word in _CHOICES for word in _WORD.findall(text.lower()))
