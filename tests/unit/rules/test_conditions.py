"""Conditions: every operator on every type of fact, what was seen in words, and what cannot be built."""

from datetime import UTC, datetime

import pytest

from mailgate.mail.model import Attachment, Envelope, Mail, Mailbox
from mailgate.rules.conditions import All, Always, AnyOf, CompareNumber, Eq, In, Matches, Not, compiled
from mailgate.rules.facts import FACTS, Facts, fact
from tests.support.harness.pace import seconds_at_rest

MAIL = Mail(
    1234,
    author=Mailbox("Kari@Kunde.example", "Kari"),
    subject="Faktura 17\nhaster",
    to=(Mailbox("support@oss.example"),),
    attachments=(Attachment("faktura.PDF", "Application/PDF", b"x", "0"), Attachment("logo.png", "image/png", b"x", "1", "decoration")),
    headers=(("X-Spam", "Yes"), ("x-spam", "No")),
)
FACTS_OF_MAIL = Facts(MAIL, Envelope("Kari@kunde.example", ("Support@oss.example",)), datetime(2026, 3, 2, 12, 30, tzinfo=UTC))

JUDGED = [
    (Eq("kind", "human"), True, "kind is human"),
    (Eq("kind", "bounce"), False, "kind is human"),
    (Eq("author.address", "kari@kunde.example"), True, "author.address is kari@kunde.example"),
    (Eq("recipients", "support@oss.example"), True, "recipients is support@oss.example"),
    (Eq("size_bytes", 1234), True, "size_bytes is 1234"),
    (Eq("author.known", False), True, "author.known is false"),
    (Eq("case.key", ""), True, "case.key is empty"),
    (In("kind", ("bounce", "human")), True, "kind is human"),
    (In("to", ("a@b.example",)), False, "to is support@oss.example"),
    (In("attachments.types", ("application/pdf",)), True, "attachments.types is application/pdf, image/png"),
    (Matches("subject", r"faktura \d+"), True, "subject has Faktura 17"),
    (Matches("subject", r"^haster"), False, "subject does not match"),
    (Matches("attachments.names", r"\.pdf$"), True, "attachments.names has .PDF"),
    (Matches("header.X-Spam", "^no$"), True, "header.X-Spam has No"),
    (Eq("header.x-missing", "x"), False, "header.x-missing is empty"),
    (CompareNumber("attachments.count", "ge", 1), True, "attachments.count is 1"),
    (CompareNumber("size_bytes", "lt", 1000), False, "size_bytes is 1234, not < 1000"),
    (CompareNumber("time.hour", "le", 13), True, "time.hour is 13"),
    (CompareNumber("time.hour", "gt", 13), False, "time.hour is 13, not > 13"),
    (All((Eq("kind", "human"), Eq("trust", "stranger"))), True, "kind is human, trust is stranger"),
    (All((Eq("kind", "loop"), Eq("trust", "stranger"))), False, "kind is human"),
    (AnyOf((Eq("kind", "loop"), Eq("trust", "stranger"))), True, "trust is stranger"),
    (AnyOf((Eq("kind", "loop"), Eq("trust", "confirmed"))), False, "kind is human, trust is stranger"),
    (Not(Eq("kind", "loop")), True, "kind is human"),
    (Always(), True, ""),
    (All(()), True, ""),
    (AnyOf(()), False, ""),
]


@pytest.mark.parametrize(("condition", "hit", "seen"), JUDGED)
def test_given_a_mail_when_a_condition_is_asked_then_it_answers_and_says_what_it_saw(condition, hit, seen):
    assert condition.judge(FACTS_OF_MAIL) == (hit, seen)


BAD = [
    (lambda: Eq("kindd", "x"), "did you mean 'kind'"),
    (lambda: Eq("zzz", "x"), "there is no fact 'zzz'"),
    (lambda: Eq("header.", "x"), "there is no fact"),
    (lambda: Eq("size_bytes", "1"), "size_bytes is number"),
    (lambda: Eq("size_bytes", True), "size_bytes is number"),
    (lambda: Eq("author.known", 1), "author.known is truth"),
    (lambda: In("kind", ()), "empty"),
    (lambda: In("kind", ("a", 1)), "kind is text"),
    (lambda: Matches("subject", "a("), "cannot be read"),
    (lambda: Matches("subject", r"(a)\1"), "cannot be read"),
    (lambda: Matches("subject", "x" * 3000), "3000 characters"),
    (lambda: Matches("size_bytes", "x"), "size_bytes is number"),
    (lambda: CompareNumber("subject", "lt", 1), "subject is text"),
    (lambda: CompareNumber("size_bytes", "near", 1), "no comparison"),
]


@pytest.mark.parametrize(("build", "said"), BAD)
def test_given_a_condition_that_makes_no_sense_when_built_then_the_error_says_why(build, said):
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        build()


@pytest.mark.timing
def test_given_a_pattern_that_hangs_other_engines_when_it_is_asked_then_it_takes_linear_time():
    pattern = compiled("(a+)+(a+)+$")
    assert pattern.search("a" * 200_000 + "b") is None
    assert seconds_at_rest(lambda: pattern.search("a" * 200_000 + "b"), runs=1) < 1


def test_given_a_long_value_when_shown_then_it_is_one_short_line():
    facts = Facts(Mail(1, subject="linje\n" * 100), FACTS_OF_MAIL.envelope, FACTS_OF_MAIL.at)
    seen = Eq("subject", "x").judge(facts)[1]
    assert "\n" not in seen
    assert len(seen) < 80


@pytest.mark.parametrize("name", FACTS)
def test_given_any_fact_when_read_of_a_mail_without_anything_then_it_has_its_type_and_a_meaning(name):
    value = fact(name).read(Facts(Mail(0), Envelope(None, ()), FACTS_OF_MAIL.at))
    assert type(value) is {"text": str, "texts": tuple, "number": int, "truth": bool}[FACTS[name].type]
    assert FACTS[name].means
