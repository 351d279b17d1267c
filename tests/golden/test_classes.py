"""Every kind of mail that was once read wrong has three forms or more in the corpus, and a counter-example that must stay as it is.

A form is another language, client or order of the same kind. A counter-example has `counter`, `ekte` (the real thing) or `ikke` (not
the thing) in its name. The kinds that only the envelope shows are in `unit/inbound/intake` (test_split_delivery, test_thread_ids,
test_who_wrote), `unit/mail/test_srs.py` and `unit/inbound/smtp/test_arguments.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
COUNTER_WORDS = {"counter", "ekte", "ikke"}
CUTS = {
    "answer-on-the-line-of-the-header": "svar-paa-hodet-*",
    "answers-inside-outlook-quote": "svar-i-historie-*",
    "empty-plain-alternative": "tom-tekst-*",
    "facts-taken-for-a-signature": "fakta-*",
    "forwarded-content-lost": "videresendt-*",
    "headers-left-standing": "hode-*",
    "html-text-lost-to-a-zero-size": "html-null-*",
    "pasted-header-section": "limt-hode-*",
    "report-of-what-somebody-wrote": "gjengitt-*",
    "sentences-taken-for-a-banner": "banner-*",
    "sentences-taken-for-a-phone-line": "telefon-*",
    "short-lines-under-thanks-or-an-abbreviation": "takk-[!b]*",
    "text-under-a-rule": "strek-*",
    "text-under-sign-off": "under-avslutning-*",
    "thanks-with-bare-signature": "takk-bar-signatur-*",
    "web-form-taken-for-history": "skjema-*",
    "words-taken-for-a-footer": "bunntekst-*",
    "words-under-a-signature": "under-signatur-*",
    "wrapped-quote-keeps-the-history": "brutt-sitat-*",
}
CLASSES = {
    **{name: f"cuts/{pattern}" for name, pattern in CUTS.items()},
    **{one.name: f"kinds/{one.name}/*" for one in sorted((HERE / "kinds").iterdir()) if one.is_dir()},
    "control-characters-in-addresses": "reading/adresse-*",
}


@pytest.mark.parametrize("name", CLASSES)
def test_given_a_kind_that_was_read_wrong_then_the_corpus_has_its_forms_and_a_counter_example(name: str) -> None:
    mails = list(HERE.glob(f"{CLASSES[name]}.eml"))
    counters = [one for one in mails if not COUNTER_WORDS.isdisjoint(one.stem.split("-"))]
    assert (len(mails) - len(counters) >= 3, len(counters) >= 1) == (True, True), sorted(one.stem for one in mails)
