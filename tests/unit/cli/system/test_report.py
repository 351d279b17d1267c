"""`mailgate report legacy`: by domain and week, with phases and a trend, as a table, NDJSON and CSV, whatever the history holds."""

from __future__ import annotations

import csv
import io
import itertools
import time
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert

from mailgate.cases.ids import new_id
from mailgate.clock import utc_now
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.store.opening import open_store
from mailgate.store.repositories.legacy import KEPT_DAYS, MAX_ADDRESSES_A_DAY, OTHERS
from mailgate.store.schema import decisions, journal
from mailgate.store.unit_of_work import Store

PLAN = SUPPORTWEB_POLICY.legacy
NOW = utc_now()
MONDAY = PLAN.day(NOW) - timedelta(days=PLAN.day(NOW).weekday())


_NUMBERS = itertools.count()
"""`new_id` never gives an id of the past."""


def entries(store: Store, at: datetime, *senders: str | None, state: str = "redirected", case_id: str | None = None) -> None:
    """Decided mails of these reverse-paths."""
    ids = [str(UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | next(_NUMBERS))) for _ in senders]
    base = {"accepted_at": at, "recipients": "[]", "raw_sha256": "00" * 32, "size_bytes": 1, "state": state}
    with store.database.writing.begin() as db:
        db.execute(insert(journal), [{"id": id_, "reverse_path": sender, **base} for id_, sender in zip(ids, senders, strict=True)])
        db.execute(insert(decisions), [{"journal_id": id_, "decided_at": at, "trail": "{}", "case_id": case_id} for id_ in ids])


def week_at(weeks_ago: int) -> datetime:
    return PLAN.midnight(MONDAY - timedelta(weeks=weeks_ago)) + timedelta(hours=9)


@pytest.fixture
def desk(mailgate, tmp_path):
    assert mailgate("db", "upgrade").code == 0
    store = open_store(f"sqlite:///{tmp_path}/var/mailgate.db")
    yield store
    store.database.close()


@pytest.fixture
def counted(desk, mailgate):
    """Kunde falls from four senders to one, ny comes up, gammel is refused; replies, machines and bounces are about."""
    for weeks_ago in (8, 7, 6, 5):
        entries(desk, week_at(weeks_ago), "a@kunde.test", "B@Kunde.test", "c@kunde.test", "d@kunde.test", "a@kunde.test")
    for weeks_ago in (4, 3, 2, 1):
        entries(desk, week_at(weeks_ago), "A@kunde.test", "x@ny.test")
    entries(desk, week_at(0), "æ@blåbær.test", state="created", case_id=new_id(NOW))
    entries(desk, week_at(0), "reply@kunde.test", state="redirected", case_id=new_id(NOW))  # a reply to a closed case
    entries(desk, week_at(0), "reply@kunde.test", state="commented")
    entries(desk, week_at(0), None, state="redirected")
    entries(desk, week_at(30), "long@ago.test")
    with desk.transaction() as uow:
        uow.legacy.add_refused([(MONDAY, "e@gammel.test", 2), (MONDAY, "f@gammel.test", 1), (MONDAY, OTHERS, 4)])
        uow.legacy.add_refused([(MONDAY, "e@gammel.test", 3)])
    return mailgate


def test_given_weeks_of_mail_when_reported_as_json_then_each_domain_has_senders_mails_weeks_and_trend(counted):
    rows = {row["domain"]: row for row in counted("report", "legacy", "--json").objects}
    assert list(rows) == ["kunde.test", "gammel.test", "(others)", "ny.test", "xn--blbr-roah.test", None]
    kunde = rows["kunde.test"]
    assert (kunde["senders"], kunde["mails"], kunde["redirected"], kunde["trend_percent"]) == (4, 24, 24, -75)
    assert [week["senders"] for week in kunde["weeks"]] == [0] * 4 + [4] * 4 + [1] * 4 + [0]
    assert kunde["weeks"][-1]["begins"] == MONDAY.isoformat()
    assert rows["ny.test"]["trend_percent"] is None  # there was nobody before
    assert (rows["gammel.test"]["refused"], rows["gammel.test"]["senders"]) == (6, 2)
    assert rows["xn--blbr-roah.test"]["created"] == 1
    assert {row["phase"] for name, row in rows.items() if name} == {"redirect"}
    assert (rows[None]["domains"], rows[None]["mails"], rows[None]["senders"]) == (5, 24 + 4 + 1 + 6 + 4, 8)


def test_given_weeks_of_mail_when_reported_as_a_table_then_people_can_read_it(counted):
    said = counted("report", "legacy")
    lines = said.out.splitlines()
    assert said.code == 0
    assert lines[0] == f"People who ask for help by mail, week by week from {MONDAY - timedelta(weeks=12)}; the last week is not over."
    assert lines[1] == "claims: redirected → link opened → claimed → registered as a case"
    assert lines[3].split() == ["DOMAIN", "PHASE", "SENDERS", "MAILS", "REFUSED", "CLAIMS", "WEEKS", "TREND"]
    claims = ["24", "→", "0", "→", "0", "→", "0"]
    assert lines[4].split() == ["kunde.test", "redirect", "4", "24", "0", *claims, "····████▂▂▂▂·", "−75", "%"]
    assert lines[-1].startswith("all 5")


def test_given_a_domain_a_limit_or_a_longer_time_when_reported_then_they_are_kept_to(counted):
    assert [row["domain"] for row in counted("report", "legacy", "--domain", "BLÅBÆR.test", "--json").objects] == [
        "xn--blbr-roah.test",
        None,
    ]
    assert "The 2 busiest of 5 domains" in counted("report", "legacy", "--limit", "2").out
    assert "ago.test" in counted("report", "legacy", "--since", "31w").out
    assert "ago.test" in counted("report", "legacy", "--since", str(MONDAY - timedelta(weeks=31))).out
    assert "kunde.test" not in counted("report", "legacy", "--since", str(MONDAY), "--json").out


def test_given_csv_when_reported_then_there_is_a_line_for_each_domain_and_week(counted):
    rows = list(csv.DictReader(io.StringIO(counted("report", "legacy", "--csv", "--since", "2w").out)))
    assert {row["domain"] for row in rows} >= {"kunde.test", "gammel.test"}
    gammel = [row for row in rows if row["domain"] == "gammel.test"]
    assert [(row["begins"], row["senders"], row["refused"]) for row in gammel] == [
        (str(MONDAY - timedelta(weeks=2)), "0", "0"), (str(MONDAY - timedelta(weeks=1)), "0", "0"), (str(MONDAY), "2", "6"),
    ]  # fmt: skip


@pytest.mark.parametrize("domain", ["=1+1.test", "+1.test", "-1.test"])
def test_190_given_a_domain_that_is_a_formula_when_reported_as_csv_then_no_spreadsheet_reckons_with_it(desk, mailgate, domain):
    entries(desk, week_at(0), f"x@{domain}", "a@kunde.test")
    rows = csv.DictReader(io.StringIO(mailgate("report", "legacy", "--csv", "--since", "1w").out))
    assert {row["domain"] for row in rows} == {f"'{domain}", "kunde.test"}


def test_given_a_plan_when_reported_then_the_phase_and_the_next_change_are_said(counted, tmp_path):
    soon = PLAN.day(NOW) + timedelta(days=10)
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "rules: [{name: default, when: always, then: redirect}]\n"
        f"legacy: {{senders: [{{domains: [kunde.test], phases: [{{phase: redirect}}, {{phase: refuse, from: {soon}}}]}}]}}\n"
    )
    assert counted("policy", "activate", str(plan), "--comment", "the plan").code == 0
    assert f"redirect, refuse on {soon}" in counted("report", "legacy").out


@pytest.mark.parametrize("arguments", [("--since", "soon"), ("--since", "9999w"), ("--since", "2999-01-01"), ("--csv", "--json")])
def test_given_what_cannot_be_reported_when_asked_then_one_line_says_why(mailgate, arguments):
    assert mailgate("db", "upgrade").code == 0
    refused = mailgate("report", "legacy", *arguments)
    assert (refused.code, len(refused.err.splitlines()), refused.out) == (2, 1, "")


def test_given_no_mail_when_reported_then_it_says_so(mailgate):
    assert mailgate("db", "upgrade").code == 0
    assert "nobody has asked for help by mail since" in mailgate("report", "legacy").err
    assert mailgate("report", "legacy", "--json").objects[0]["mails"] == 0


def test_given_invented_senders_when_refused_then_a_day_keeps_so_many_and_old_days_go(desk):
    day = date(2026, 3, 2)
    with desk.transaction() as uow:
        uow.legacy.add_refused([(day - timedelta(days=KEPT_DAYS + 1), "old@x.test", 1)])
        uow.legacy.add_refused([(day, f"u{number}@x.test", 1) for number in range(MAX_ADDRESSES_A_DAY)])
        uow.legacy.add_refused([(day, "one@x.test", 2), (day, "more@x.test", 3)])
    with desk.reading() as uow:
        kept = uow.legacy.refused(day - timedelta(days=2000), day + timedelta(days=1))
    assert len(kept) == MAX_ADDRESSES_A_DAY + 1
    assert [one.times for one in kept if one.address == OTHERS] == [5]


@pytest.mark.timing
def test_given_thirty_thousand_mails_when_reported_then_it_takes_no_time_to_speak_of(desk, mailgate):
    senders = [f"u{number % 5000}@d{number % 300}.test" for number in range(6_000)]
    for weeks_ago in range(1, 6):
        entries(desk, week_at(weeks_ago), *senders)
    began_s = time.process_time()
    said = mailgate("report", "legacy", "--json")
    assert time.process_time() - began_s < 3
    assert said.objects[-1]["mails"] == 30_000
