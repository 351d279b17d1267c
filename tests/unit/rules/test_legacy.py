"""Legacy senders in the policy: which domain stands in which phase on which day, and what rules hear of it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.cli import main
from mailgate.rules.chain import run
from mailgate.rules.date_words import day_in_words, moment_in_words
from mailgate.rules.document.loader import load
from mailgate.rules.examples import facts_of, failures
from mailgate.rules.legacy import PHASES, Legacy, PhaseSchedule, PhaseStart, Senders

PLAN = """
legacy:
  phases: [{phase: accept_and_tell}, {phase: redirect, from: 2009-04-01}]
  senders:
    - domains: [kunde.example, "blåbær.example"]
      phases:
        - {phase: accept}
        - {phase: accept_and_tell, from: 2009-03-01}
        - {phase: redirect, from: 2009-04-01}
        - {phase: refuse, from: 2010-01-01}
    - domains: [stor.example]
      subdomains: true
      phases: [{phase: refuse}]
    - domains: [unntak.stor.example]
      phases: [{phase: accept}]
"""
RULES = """
rules:
  - {name: still, when: {legacy.phase: [accept, accept_and_tell]}, then: create}
  - {name: soon, when: {legacy.next: refuse, legacy.days_left: {at_most: 31}}, then: hold}
  - {name: default, when: always, then: redirect}
"""


def policy_of(text):
    document = load(text.encode())
    assert document.problems == ()
    return document.policy


PLANNED = policy_of(RULES + PLAN)
OSLO = ZoneInfo("Europe/Oslo")


def phase(address, day):
    return PLANNED.legacy.standing(address, datetime.fromisoformat(day).replace(tzinfo=OSLO)).phase


@pytest.mark.parametrize(
    ("address", "day", "expected"),
    [
        ("ola@kunde.example", "2009-02-28T23:59:59", "accept"),
        ("ola@kunde.example", "2009-03-01T00:00", "accept_and_tell"),
        ("ola@kunde.example", "2009-03-31T23:59:59", "accept_and_tell"),
        ("ola@kunde.example", "2009-04-01T00:00", "redirect"),
        ("ola@kunde.example", "2009-12-31T23:59:59", "redirect"),
        ("ola@kunde.example", "2010-01-01T00:00", "refuse"),
        ("OLA@KUNDE.EXAMPLE", "2026-01-01", "refuse"),
        ("ola@post.kunde.example", "2026-01-01", "redirect"),  # a subdomain is another domain, unless the policy takes it in
        ("ola@blåbær.example", "2026-01-01", "refuse"),
        ("ola@BLÅBÆR.example", "2026-01-01", "refuse"),
        ("ola@xn--blbr-roah.example", "2026-01-01", "refuse"),
        ("ola@stor.example", "2026-01-01", "refuse"),
        ("ola@a.b.stor.example", "2026-01-01", "refuse"),
        ("ola@unntak.stor.example", "2026-01-01", "accept"),
        ("ola@under.unntak.stor.example", "2026-01-01", "refuse"),
        ("ola@bakstor.example", "2026-01-01", "redirect"),
        ("ola@annen.example", "2009-03-31T12:00", "accept_and_tell"),
        ("ola@annen.example", "2009-04-01T00:00", "redirect"),
        (None, "2026-01-01", "redirect"),
    ],
)
def test_given_a_sender_and_a_day_when_asked_then_the_phase_is_the_plans(address, day, expected):
    assert phase(address, day) == expected


def test_given_utc_when_the_day_has_begun_in_oslo_then_the_phase_has_too():
    standing = PLANNED.legacy.standing
    assert standing("a@annen.example", datetime(2009, 3, 31, 21, 59, tzinfo=UTC)).phase == "accept_and_tell"
    assert standing("a@annen.example", datetime(2009, 3, 31, 22, 0, tzinfo=UTC)).phase == "redirect"


def test_given_an_open_phase_when_asked_then_it_says_when_it_closes_and_when_mail_is_refused():
    now = PLANNED.legacy.standing("ola@kunde.example", datetime(2009, 3, 10, tzinfo=UTC))
    assert (now.since, now.next, now.next_on) == (date(2009, 3, 1), "redirect", date(2009, 4, 1))
    assert (now.closes_on, now.refuses_on) == (date(2009, 4, 1), date(2010, 1, 1))
    last = PLANNED.legacy.standing("ola@kunde.example", datetime(2011, 1, 1, tzinfo=UTC))
    assert (last.next, last.next_on, last.closes_on, last.refuses_on) == ("", None, None, None)


DAYS = st.dates(date(2000, 1, 1), date(2040, 1, 1))


@given(st.lists(DAYS, unique=True, max_size=5).map(sorted), st.data(), DAYS)
def test_given_any_plan_when_a_day_is_asked_then_it_is_the_last_phase_begun_and_the_next_begins_later(days, data, day):
    phases = data.draw(st.lists(st.sampled_from(list(PHASES)), min_size=len(days) + 1, max_size=len(days) + 1))
    schedule = PhaseSchedule(tuple(PhaseStart(phase, since) for phase, since in zip(phases, [None, *days], strict=True)))
    now = schedule.on(day)
    assert now.phase == phases[sum(since <= day for since in days)]
    assert now.since is None or now.since <= day
    assert now.next_on is None or (now.next_on > day and schedule.on(now.next_on).phase == now.next)
    assert now.closes_on is None or schedule.on(now.closes_on - timedelta(days=1)).phase in ("accept", "accept_and_tell")


def test_given_a_domain_twice_or_an_unknown_zone_when_made_then_it_is_an_error():
    with pytest.raises(ValueError, match="twice"):
        Legacy(senders=(Senders("a.example", PhaseSchedule()), Senders("a.example", PhaseSchedule())))
    with pytest.raises(ValueError, match="zone"):
        Legacy(zone="Europe/Atlantis")


@pytest.mark.parametrize(
    ("given_", "rule"),
    [
        ({"author.address": "ola@kunde.example", "time.date": "2009-03-10"}, "still"),
        ({"author.address": "ola@kunde.example", "time.date": "2009-06-01"}, "default"),
        ({"author.address": "ola@kunde.example", "time.date": "2009-12-10"}, "soon"),
        ({"author.address": "ola@kunde.example", "time.date": "2009-03-10", "kind": "auto_reply"}, "guarantees"),
        ({"author.address": "ola@annen.example", "time.date": "2026-03-10"}, "default"),
    ],
)
def test_given_a_rule_over_the_phase_when_the_day_comes_then_the_rule_decides(given_, rule):
    assert run(PLANNED, facts_of(given_)).rule == rule


FACTS = {"legacy.phase": "refuse", "legacy.listed": True, "legacy.since": "2010-01-01", "legacy.next": "", "legacy.next_on": ""}


@pytest.mark.parametrize(("name", "value"), FACTS.items())
def test_given_a_fact_of_the_phase_when_a_policy_asks_then_it_is_true_of_the_sender(name, value):
    asked = f"\nrules:\n  - {{name: asks, when: {{{name}: {str(value).lower() or chr(34) * 2}}}, then: hold}}\n" + RULES[7:]
    facts = facts_of({"author.address": "ola@kunde.example", "time.date": "2026-01-01"})
    assert run(policy_of(asked + PLAN), facts).rule == "asks"


def test_given_tests_in_the_document_when_they_name_a_day_then_they_run_on_it(tmp_path, capsys):
    tests = """
tests:
  - {name: before, given: {author.address: ola@kunde.example, time.date: "2009-02-01"}, expect: create}
  - {name: after, given: {author.address: ola@kunde.example, time.date: "2009-05-01"}, expect: redirect}
"""
    assert list(failures(policy_of(RULES + PLAN + tests))) == []
    file = tmp_path / "policy.yaml"
    file.write_text(RULES + PLAN + tests, encoding="utf-8")
    assert main(["policy", "test", str(file)]) == 0
    assert "2 tests passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [
        ("nb", "1. april 2009", "lørdag 3. januar 2026 kl. 08.05"),
        ("nn", "1. april 2009", "laurdag 3. januar 2026 kl. 08.05"),
        ("en", "1 April 2009", "Saturday 3 January 2026 at 08:05"),
    ],
)
def test_given_a_day_and_a_time_when_put_into_words_then_they_are_written_as_in_the_language(language, day, moment):
    assert day_in_words(date(2009, 4, 1), language) == day
    assert moment_in_words(datetime(2026, 1, 3, 8, 5), language, seen_from=date(2025, 12, 30)) == moment
    assert "2026" not in moment_in_words(datetime(2026, 1, 3, 8, 5), language, seen_from=date(2026, 1, 1))
