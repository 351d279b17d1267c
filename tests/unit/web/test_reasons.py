"""Why something happened, as pages tell it in Norwegian: all that the program says itself, and nothing of what operators wrote."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from string import Formatter

import pytest

import mailgate
from mailgate.catalogue import shipped
from mailgate.rules.default import RULES
from mailgate.rules.facts import FACTS
from mailgate.rules.policy import Rule
from mailgate.web.pages.reasons import localized, localized_facts
from mailgate.web.pages.words import words
from tests.support.desks.office import KARI
from tests.support.desks.site import SiteUnderTest

STRANGER = "nils@fremmed.example"
SOURCES = ("rules/chain.py", "rules/operator_decision.py", "inbound/guards/caps.py", "inbound/guards/case_breaker.py")


@pytest.mark.parametrize("rule", RULES, ids=lambda one: one.name)
def test_given_each_rule_that_is_built_in_when_told_then_it_is_norwegian_with_its_facts(rule: Rule) -> None:
    assert shipped("mailgate.web", "en", "why.")[f"why.rule.{rule.name}"] == rule.reason
    for language in ("nb", "nn"):
        reason = words(language)(f"why.rule.{rule.name}")
        assert localized(rule.reason, words(language)) == reason != rule.reason
        seen = {"nb": "slag: masseutsendelse, saken er funnet: nei", "nn": "slag: masseutsending, saka er funnen: nei"}[language]
        assert localized(f"{rule.reason} (kind is bulk, case.found is false)", words(language)) == f"{reason} ({seen})"
    assert localized(rule.reason, words("en")) == rule.reason


@pytest.mark.parametrize(
    ("stored", "nb"),
    [
        ("rule vip says create, but nobody can be taken for the author, whose case it would be",
         "regelen vip sier ny sak, men ingen kan regnes som avsenderen, som saken ville tilhørt"),
        ("vår grunn; but there were 20 cases of one address within a day: a person decides",
         "vår grunn; men det var 20 saker fra én adresse innen et døgn: et menneske avgjør"),
        ("ola released it as comment, but the case is closed: a new matter needs a new case",
         "ola frigav den som kommentar, men saken er lukket: en ny henvendelse trenger en ny sak"),
        ("the address is suppressed: postkassen er full", "adressen får ikke e-post: postkassen er full"),
        ("trust stranger never joins a case", "en avsender med tilliten ukjent blir aldri med på en sak"),
        ("shadow, nothing is done, it would hold: it holds always",
         "skygge, ingenting blir gjort, den ville gjort dette: hold tilbake; grunn: den gjelder alltid"),
    ],
)  # fmt: skip
def test_given_a_reason_with_values_when_told_then_its_parts_are_norwegian_too(stored: str, nb: str) -> None:
    assert localized(stored, words("nb")) == nb


@pytest.mark.parametrize("own", ["the customer is angry (says Ola)", "reklame", "kunden er viktig (sier Ola is sur)", ""])
def test_given_an_operators_own_reason_when_told_then_it_stays_as_it_is(own: str) -> None:
    assert [localized(own, words(language)) for language in ("nb", "nn", "en")] == [own] * 3


@pytest.mark.parametrize(
    ("stored", "nn"),
    [
        ("kunden er viktig (author.name is Kari)", "kunden er viktig (namnet til avsendaren: Kari)"),
        ("author.takes_part is false, trust is stranger", "avsendaren deltek i saka: nei, tillit: ukjend"),
        ("en regel (time.hour is 7, not > 10)", "en regel (time på døgnet: 7, ikkje > 10)"),
        ("case.status is waiting_customer", "statusen til saka: ventar på kunde"),
    ],
)
def test_given_what_an_operators_own_rule_saw_when_told_then_the_facts_are_in_words(stored: str, nn: str) -> None:
    assert localized(stored, words("nn")) == nn


@pytest.mark.parametrize("name", FACTS)
def test_given_each_fact_of_the_policy_when_told_then_it_has_words_in_each_language(name: str) -> None:
    for language in ("nb", "nn", "en"):
        assert words(language)(f"why.fact.{name}")
    assert f"[{name}]" in localized_facts(f"{name} is x", words("nb"))


def test_given_what_a_rule_saw_when_told_beside_the_rules_then_facts_have_their_names_too() -> None:
    seen = "kind is human, carrier.refusals is expired, retired_key, header.x-spam does not match"
    refusals, header = "bevis som ikke gjelder [carrier.refusals]: expired, retired_key", "hodefeltet x-spam [header.x-spam] passer ikke"
    assert localized_facts(seen, words("nb")) == f"slag [kind]: menneske, {refusals}, {header}"
    assert localized_facts(seen, words("en")) == seen


@pytest.mark.parametrize("source", SOURCES)
def test_given_what_the_guarantees_say_when_looked_up_then_each_sentence_has_its_norwegian(source: str) -> None:
    """The texts stand in code; the catalogue must follow when one is changed."""
    known = " ".join(literal for text in shipped("mailgate.web", "en", "why.").values() for literal, *_ in Formatter().parse(text))
    pieces = list(_sentences_of((Path(mailgate.__path__[0]) / source).read_text()))
    assert pieces
    assert [piece for piece in pieces if piece not in known] == []


def _sentences_of(code: str) -> Iterator[str]:
    """The pieces of three words and more in the strings of a module; no docstrings, no errors."""
    tree = ast.parse(code)
    unsaid = [node for node in ast.walk(tree) if isinstance(node, ast.Expr | ast.Raise | ast.Assert) or _is_error(node)]
    skipped = {id(child) for node in unsaid for child in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped and len(node.value.split()) > 2:
            yield node.value.strip()


def _is_error(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error")


@pytest.mark.parametrize(
    ("language", "why"), [("nb", "avsenderen er ikke deltaker på saken"), ("nn", "avsendaren er ikkje deltakar på saka")]
)
def test_given_a_held_mail_when_the_desk_shows_it_then_the_reason_is_in_the_readers_language(
    site: SiteUnderTest, language: str, why: str
) -> None:
    text = f"From: Nils <{STRANGER}>\nTo: support\nSubject: Re: Skriveren\nMessage-ID: <n@fremmed.example>\n\nJeg har samme feil.\n"
    id_ = site.office.take(text, site.office.reply_address("SUP-1", KARI), STRANGER)
    ola = site.staff("ola")
    ola.cookies["language"] = language
    site.office.clock.step(timedelta(minutes=1))
    for path in ("/desk/held", f"/desk/mail/{id_}", f"/desk/mail/{id_}?show=trail"):
        shown = ola.get(path).shown()
        assert why in shown, path
        assert "person decides" not in shown, path
        assert " is " not in shown, path
