"""The caps: whoever writes and whatever the rules say, mail makes so many cases and sends so many team mails, and no more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from mailgate import metrics
from mailgate.inbound.guards.caps import CapLimits
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.rules.document.loader import load
from mailgate.rules.legacy import Legacy, PhaseSchedule, PhaseStart
from mailgate.rules.operator_decision import OperatorDecision
from mailgate.store.database import open_database
from mailgate.store.rows import EntryFilter
from mailgate.store.unit_of_work import Store
from tests.support.desks.desk import Desk, mail_text, submission

US = "support@firma.example"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = """\
rules:
  - {name: down, when: {subject: {matches: nede}}, then: hold, do: [{notify: vakt@firma.example}, {tag: nede}]}
  - {name: both, when: {subject: {matches: haster}}, then: create, do: [{notify: vakt@firma.example}, {set: {priority: high}}]}
  - {name: invoice, when: {subject: {matches: faktura}}, then: forward, to: regnskap@firma.example}
  - {name: default, when: always, then: redirect}
destinations: [firma.example]
"""
ACCEPT = replace(SUPPORTWEB_POLICY, legacy=Legacy(PhaseSchedule((PhaseStart("accept"),))))


def play(desk: Desk, rules: str = "", **limits: int) -> None:
    """Let the desk be run by these rules, without any by the built-in policy in phase `accept`; with these limits."""
    found = load(rules.encode(), frozenset({US})) if rules else None
    assert found is None or found.policy is not None, found.problems
    desk.policy = found.policy if found and found.policy else ACCEPT
    desk.intake._options = replace(desk.intake._options, caps=CapLimits(**limits))


def flood(desk: Desk, senders: list[str], subject: str = "Hjelp") -> list[str]:
    """One mail of each, with words of its own, in one batch after the other; the journal ids."""
    mails = [(sender, mail_text(f"<{sender}>", f"{subject} {n}", f"Nr. {n}, {desk.clock()}")) for n, sender in enumerate(senders)]
    receipts = desk.journal.append_many([submission(text, US, sender) for sender, text in mails])
    desk.intake.run(lambda: False)
    return [receipt.journal_id for receipt in receipts]


def states(desk: Desk, entries: list[str]) -> dict[str, int]:
    return dict(Counter(desk.state(entry) for entry in entries))


def notified(desk: Desk, kind: str) -> int:
    found = 0
    while fresh := desk.settle_notices():
        found += sum(one == kind for one, _ in fresh)
    return found


def decision(desk: Desk, entry: str) -> tuple[str, str, dict[str, object]]:
    with desk.store.reading() as uow:
        found = uow.journal.get(entry).decision
    return found.rule, found.reason, found.trail


def capped(what: str) -> int:
    lines = metrics.REGISTRY.text().decode().splitlines()
    return int(float(next((one.split()[1] for one in lines if one.startswith(f'mailgate_capped_total{{reason="{what}"')), "0")))


def test_given_phase_accept_when_one_address_writes_a_thousand_mails_then_twenty_cases_are_made_and_the_rest_waits(desk: Desk) -> None:
    play(desk)
    before = capped("cases")
    entries = flood(desk, ["kari@fjord.example", "Kari+x@fjord.example"] * 500)
    assert states(desk, entries) == {"created": 20, "held": 980}
    rule, reason, trail = decision(desk, entries[-1])
    assert rule == "cap"
    assert reason.endswith("but there were 20 cases of one address within a day: a person decides")
    assert {"do": "cap", "on": "cases"} in trail["effects"]
    assert capped("cases") - before == 980
    with desk.store.reading() as uow:
        assert len(uow.cases.list(limit=None)) == 21  # and that of the desk


def test_given_phase_accept_when_many_forged_authors_flood_then_a_domain_and_all_together_have_their_caps(desk: Desk) -> None:
    play(desk, cases_per_domain_per_hour=30, cases_per_hour=70)
    entries = flood(desk, [f"offer{n}@avd{n % 7}.stor.example" for n in range(200)])
    assert states(desk, entries) == {"created": 30, "held": 170}
    more = flood(desk, [f"offer{n}@sted{n}.example" for n in range(200)])
    assert states(desk, more) == {"created": 40, "held": 160}
    with desk.store.reading() as uow:  # who is only held is no contact yet
        assert uow.contacts.by_addresses(["offer199@sted199.example", "offer0@sted0.example"]).keys() == {"offer0@sted0.example"}
    desk.clock.step(HOUR + timedelta(seconds=1))
    assert states(desk, flood(desk, ["ola@annet.example"])) == {"created": 1}


def test_given_a_slow_loop_when_it_makes_cases_all_day_then_the_day_has_its_cap_and_the_next_day_its_own(desk: Desk) -> None:
    play(desk)
    found: Counter[str] = Counter()
    for _ in range(2 * 24 * 2):
        found.update(states(desk, flood(desk, ["robot@fjord.example"])))
        desk.clock.step(HOUR / 2)
    assert found == {"created": 40, "held": 56}


def test_given_a_case_too_many_when_a_person_releases_it_then_it_is_made_and_uses_up_nothing(desk: Desk) -> None:
    play(desk, cases_per_address_per_day=1)
    first, second = flood(desk, ["kari@fjord.example"] * 2)
    with desk.store.transaction() as uow:
        uow.journal.reopen([second], desk.clock(), from_states=("held",), operator_decision=OperatorDecision("create", "Kjersti"))
    desk.intake.run(lambda: False)
    assert [desk.state(first), desk.state(second)] == ["created", "created"]


def test_given_a_rule_that_tells_a_team_when_a_thousand_mails_come_then_it_gets_sixty_an_hour_and_the_mails_are_kept(desk: Desk) -> None:
    play(desk, RULES)
    before = capped("team_mails")
    entries = flood(desk, [f"ola{n}@sted{n}.example" for n in range(1000)], "Alt er nede")
    assert (states(desk, entries), notified(desk, "team_notice")) == ({"held": 1000}, 60)
    rule, _, trail = decision(desk, entries[-1])
    assert (rule, capped("team_mails") - before) == ("down", 940)
    assert any("60 team mails to vakt@firma.example within an hour" in one["because"] for one in trail["rules"])
    with desk.store.reading() as uow:
        assert len(uow.journal.list(limit=None, where=EntryFilter(tag="nede"))) == 1000
    desk.clock.step(HOUR + timedelta(seconds=1))
    flood(desk, ["kari@fjord.example"], "Nede igjen")
    assert notified(desk, "team_notice") == 1


def test_given_one_team_in_two_spellings_when_rules_tell_it_then_it_has_one_cap(desk: Desk) -> None:
    play(desk, RULES.replace("then: create, do: [{notify: vakt@", "then: create, do: [{notify: Vakt@"), team_mails_per_hour=3)
    flood(desk, ["a@fjord.example"] * 2, "nede")
    flood(desk, ["b@fjord.example"] * 3, "haster")
    assert notified(desk, "team_notice") == 3


def test_given_a_case_too_many_that_tells_a_team_when_it_is_held_then_the_team_still_hears_of_it_and_no_field_is_set(desk: Desk) -> None:
    play(desk, RULES, cases_per_address_per_day=1)
    entries = flood(desk, ["kari@fjord.example"] * 2, "haster")
    assert (states(desk, entries), notified(desk, "team_notice")) == ({"created": 1, "held": 1}, 2)
    assert [effect["do"] for effect in decision(desk, entries[1])[2]["effects"]] == ["hold", "notify", "cap"]


def test_given_a_rule_that_forwards_when_mail_floods_then_the_rest_is_held(desk: Desk) -> None:
    play(desk, RULES, forwards_per_hour=10)
    entries = flood(desk, [f"ola{n}@sted{n}.example" for n in range(50)], "faktura")
    assert (states(desk, entries), notified(desk, "forward")) == ({"forwarded": 10, "held": 40}, 10)


@pytest.mark.parametrize("jump", [-DAY * 365, DAY * 365])
def test_given_a_clock_that_was_wrong_for_an_hour_when_it_is_right_again_then_others_still_get_their_cases(
    desk: Desk, jump: timedelta
) -> None:
    play(desk, cases_per_hour=5)
    desk.clock.step(jump)
    assert states(desk, flood(desk, [f"a{n}@sted{n}.example" for n in range(6)])) == {"created": 5, "held": 1}
    desk.clock.step(-jump)
    assert states(desk, flood(desk, [f"b{n}@plass{n}.example" for n in range(6)])) == {"created": 5, "held": 1}
    desk.clock.step(-timedelta(minutes=30))
    assert states(desk, flood(desk, ["kari@fjord.example"])) == {"held": 1}  # set back within the window: it still counts


def test_given_a_gateway_that_is_started_anew_when_the_flood_goes_on_then_what_was_counted_still_counts(
    desk: Desk, small_store: Store, sqlite_url: str
) -> None:
    play(desk, cases_per_hour=3)
    flood(desk, [f"a{n}@sted{n}.example" for n in range(2)])
    small_store.database.close()
    database = open_database(sqlite_url)
    desk.store = desk.intake._store = desk.journal._store = Store(database, desk.clock)
    assert states(desk, flood(desk, [f"b{n}@plass{n}.example" for n in range(3)])) == {"created": 1, "held": 2}
    database.close()


def test_given_a_rule_that_makes_cases_when_the_authors_domain_disowns_the_mail_then_a_person_decides(desk: Desk) -> None:
    play(desk, RULES)
    desk.intake._options = replace(desk.intake._options, authserv_ids=frozenset({"mx.firma.example"}))
    failed = "Authentication-Results: mx.firma.example; dmarc=fail header.from=bank.example\n"
    entry = desk.take(mail_text("Offer <offer@bank.example>", "haster", extra=failed), US, "offer@bank.example")
    assert (desk.state(entry), decision(desk, entry)[0]) == ("held", "guarantees")
