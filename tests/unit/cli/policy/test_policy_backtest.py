"""`mailgate policy backtest`: a draft on stored mail, with the state as it was. The stories are played with real stages first."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailgate import config
from mailgate.inbound.intake.effects import STATES
from mailgate.runtime.active_policy import shipped
from tests.support.desks.story import PEOPLE, TRUSTED, Office, Step, golden, mail
from tests.support.processes.gateway import PROGRAM
from tests.unit.cli.conftest import Run

GOLDEN = Path(__file__).parents[3] / "golden"
MOVES = ("waiting_customer", "on_hold", "frozen", "resolved", "closed", "reopened", "open")


def _draft(*changes: tuple[str, str]) -> str:
    text = shipped()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text


RULES = "\nrules:\n"
DRAFTS = {
    "holds a customer": _draft((RULES, RULES + "  - name: hold_customer\n    when: {author.domain: kunde.example}\n    then: hold\n")),
    "answers each hour": _draft(("window_s: 86400", "window_s: 3600")),
    "makes cases": _draft((RULES, RULES + "  - name: make\n    when: {author.domain: ny.example, kind: human}\n    then: create\n")),
    "keeps frozen replies out": _draft((RULES, RULES + "  - name: frozen\n    when: {case.status: [frozen, on_hold]}\n    then: hold\n")),
    "reopens on hold": _draft(
        (
            "    - {status: waiting_customer, to: open}\n",
            "    - {status: waiting_customer, to: in_progress}\n    - {status: on_hold, to: open}\n",
        )
    ),
}


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Any]:
    """Makes offices that share keys and settings, each with a database of its own; the last one is that of `mailgate`."""
    opened: list[Office] = []

    def open_(policy: str = shipped(), name: str = "mailgate", begins_at: datetime | None = None, url: str = "") -> Office:
        (tmp_path / "mailgate.toml").write_text(
            f'[database]\nurl = "{url or f"sqlite:///var/{name}.db"}"\n'
            '[service]\ndomain = "example.test"\n[intake]\nauthserv_ids = ["mx.example.test"]\n[smtp]\ntrusted_from = ["127.0.0.0/8"]\n'
        )
        settings = config.load(tmp_path / "mailgate.toml", {}, make_secrets=True)
        office = Office(settings, policy, begins_at or datetime.now(UTC).replace(microsecond=0) - timedelta(days=25))
        opened.append(office)
        return office

    yield open_
    for office in opened:
        office.close()


def _backtest(mailgate: Run, tmp_path: Path, draft: str, *options: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    (tmp_path / "draft.yaml").write_text(draft, encoding="utf-8")
    answer = mailgate("policy", "backtest", "draft.yaml", "--json", *options)
    assert answer.code == 0, answer.err
    *mails, summary = answer.objects
    return mails, summary


def _story(seed: int, length: int) -> list[Step]:
    """Random, but the same for a seed: strangers, replies, machines, colleagues, forged mail; operators between."""
    chance = random.Random(seed)
    strangers = [f"ny{n}@ny.example" for n in range(3)]
    kept = list(strangers[:2])  # suppressed once each: of a second time only the last is known
    steps: list[Step] = []
    for number in range(length):
        after_s, who, case = chance.choice([5, 60, 600, 5000, 40000]), chance.choice(PEOPLE), chance.randrange(2)
        kind = chance.choice(
            ["reply"] * 5 + ["stranger"] * 4 + ["machine", "forged", "colleague", "named", *["operator"] * 4, "release", "suppress"]
        )
        text = f"Hei, dette er melding {number}."
        if kind == "reply":
            steps.append(Step("mail", after_s, who, case, raw=mail(who, "Re: sak", chance.choice([text, "Takk!"]), f"{TRUSTED}pass")))
        elif kind == "stranger":
            who = chance.choice(strangers)
            steps.append(Step("mail", after_s, who, raw=mail(who, "Spørsmål", chance.choice([text, "Hvor er dere?"]))))
        elif kind == "machine":
            steps.append(Step("mail", after_s, who, case, raw=mail(who, "Fravær", text, "Auto-Submitted: auto-replied")))
        elif kind == "forged":
            steps.append(Step("mail", after_s, who, case, raw=mail(who, "Re: sak", text, f"{TRUSTED}fail")))
        elif kind == "colleague":
            who = f"kollega{chance.randrange(2)}@kunde.example"
            steps.append(Step("mail", after_s, who, 0, PEOPLE[0], mail(who, "Re: sak", text, f"{TRUSTED}pass")))
        elif kind == "named":
            steps.append(Step("mail", after_s, who, raw=mail(who, f"SUP-{case + 1} igjen", text)))
        elif kind == "operator":
            steps.append(_operator(chance, after_s, who, case))
        elif kind == "release" or kept:
            steps.append(Step(kind, after_s, kept.pop() if kind == "suppress" else "", case))
    return steps


def _operator(chance: random.Random, after_s: int, who: str, case: int) -> Step:
    what = chance.choice(["operate", "operate", "operate", "join", "leave", "priority", "assign"])
    words = {"operate": MOVES, "priority": ("high", "low"), "assign": ("Kjersti", "Ola")}
    return Step(what, after_s, who, case, chance.choice(words.get(what, ("",))))


def _by_kind(notified: Counter[tuple[str, str]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (kind, _), count in notified.items():
        found[kind] += count
    return dict(found)


def _golden_story(seed: int) -> list[Step]:
    chance = random.Random(seed)
    mails = golden(GOLDEN / "reading") + golden(GOLDEN / "replies")
    chosen = chance.sample(mails, 25)
    return [
        Step("mail", chance.choice([5, 600, 9000]), f"golden{n % 7}@ny.example", n % 2 if n % 3 else None, raw=raw)
        for n, raw in enumerate(chosen)
    ]


@pytest.mark.parametrize("seed", range(2))
def test_given_any_story_when_the_policy_in_force_is_run_against_itself_then_nothing_changes_and_all_is_as_recorded(
    mailgate: Run, offices: Any, tmp_path: Path, seed: int
) -> None:
    office = offices()
    office.play(_story(seed, 60) + _golden_story(seed))
    changed, summary = _backtest(mailgate, tmp_path, shipped())
    assert (changed, summary["changed"], summary["other_effects"]) == ([], 0, 0)
    assert summary["ran"] == len(set(office.mails))
    assert (summary["not_as_recorded"], summary["noticed"]) == (0, [])
    assert summary["as_recorded"] > 30
    assert all(count["old"] == count["new"] for count in summary["told"].values())


@pytest.mark.services
def test_given_a_story_on_postgresql_when_backtested_then_it_is_as_recorded_and_a_draft_says_what_it_says_on_sqlite(
    mailgate: Run, offices: Any, tmp_path: Path, postgres_url: str
) -> None:
    story = _story(7, 60) + _golden_story(7)
    begins_at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=25)
    results = []
    for url in ("", postgres_url):
        office = offices(begins_at=begins_at, url=url)
        office.play(story)
        same, summary = _backtest(mailgate, tmp_path, shipped())
        assert (same, summary["changed"], summary["other_effects"], summary["not_as_recorded"]) == ([], 0, 0, 0)
        assert summary["ran"] == len(set(office.mails))
        changed, summary = _backtest(mailgate, tmp_path, DRAFTS["holds a customer"])
        results.append(
            ([(one["subject"], one["old"], one["new"]) for one in changed], summary["matrix"], summary["told"], summary["noticed"])
        )
    assert results[0] == results[1]
    assert results[0][0], "a draft that changes nothing shows nothing"


@pytest.mark.parametrize("name", DRAFTS)
def test_given_a_draft_when_it_is_backtested_then_it_agrees_with_activating_it_and_playing_the_story_into_a_fresh_database(
    mailgate: Run, offices: Any, tmp_path: Path, name: str
) -> None:
    begins_at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=25)
    seed = 10 + list(DRAFTS).index(name)
    story = _story(seed, 60) + _golden_story(seed)
    fresh, office = offices(DRAFTS[name], "fresh", begins_at), offices(begins_at=begins_at)  # the last one is that of `mailgate`
    office.play(story)
    fresh.play(story, like=office)
    changed, summary = _backtest(mailgate, tmp_path, DRAFTS[name])
    assert {kind: count["new"] for kind, count in summary["told"].items() if count["new"]} == _by_kind(fresh.notified())
    by_hand = {n for released in office.released for n in released}
    predicted = {
        **dict(zip(office.mails, office.states(), strict=True)),
        **{one["journal_id"]: STATES[one["new"]["disposition"]] for one in changed},
    }
    for number, (id_, state) in enumerate(zip(office.mails, fresh.states(), strict=True)):
        assert number in by_hand or predicted[id_] == state, changed
    assert summary["not_as_recorded"] == 0
    assert changed, "a draft that changes nothing shows nothing"


def test_given_a_draft_when_it_is_backtested_then_people_read_what_would_change_for_them_and_for_customers(
    mailgate: Run, offices: Any, tmp_path: Path
) -> None:
    office = offices()
    office.play(
        [
            Step("mail", 5, "ny0@ny.example", raw=mail("ny0@ny.example", "Hvor", "Hvor er dere?")),
            Step("mail", 5, PEOPLE[0], 0, raw=mail(PEOPLE[0], "Re: sak", "Det virker ikke.")),
        ]
    )
    before = _content(tmp_path)
    (tmp_path / "draft.yaml").write_text(DRAFTS["makes cases"], encoding="utf-8")
    answer = mailgate("policy", "backtest", "draft.yaml")
    assert (answer.code, answer.err) == (0, "")
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    assert lines[0].startswith("2 mails accepted since ")
    assert "1 mail goes another way, 0 go the same way with other effects" in lines
    assert "IN FORCE \\ DRAFT COMMENT REDIRECT CREATE" in lines
    assert "redirect . . 1" in lines
    assert any("ny0@ny.example Hvor redirect (default) create (make)" in line for line in lines)
    assert any("rules of the draft never fired: loop, delivery_report" in line for line in lines)
    assert "automatic answers: use supportweb: 1 -> 0 (-1)" in lines
    assert "ny0@ny.example: +1 accepted, -1 redirect" in lines
    assert _content(tmp_path) == before


@pytest.mark.parametrize("terminal", [True, False])
def test_given_a_terminal_when_backtested_then_a_bar_shows_how_far_it_is_and_goes_again_and_a_file_gets_none_of_it(
    offices: Any, tmp_path: Path, terminal: bool
) -> None:
    offices().play([Step("mail", 5, f"ny{n}@ny.example", raw=mail(f"ny{n}@ny.example", "Hvor", "Hvor er dere?")) for n in range(3)])
    (tmp_path / "draft.yaml").write_text(shipped(), encoding="utf-8")
    near, far = os.openpty()
    with (tmp_path / "err").open("wb") as file, ThreadPoolExecutor(1) as pool:
        drawn = pool.submit(_read_to_end, near)
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
        try:
            done = subprocess.run(
                [*PROGRAM, "policy", "backtest", "draft.yaml"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE,
                stderr=far if terminal else file, check=True, timeout=120,
            )  # fmt: skip
        finally:
            os.close(far)  # ends the reading
        seen = drawn.result() if terminal else (tmp_path / "err").read_bytes()
    os.close(near)
    assert done.stdout.startswith(b"3 mails accepted since ")
    assert b"\x1b" not in done.stdout
    if terminal:
        assert b"backtest" in seen
        assert b"100%" in seen
        assert seen.rstrip().endswith(b"\x1b[2K")  # the line is wiped at the end
    else:
        assert seen == b""


def _read_to_end(terminal: int) -> bytes:
    """All that is drawn. A terminal hands out at most 4 KiB at once, and who draws waits when nobody reads."""
    drawn = b""
    with contextlib.suppress(OSError):  # Linux's EIO: nobody has the other end open any more
        while part := os.read(terminal, 65536):
            drawn += part
    return drawn


def _content(folder: Path) -> list[str]:
    """All that the database holds, as statements."""
    with closing(sqlite3.connect(folder / "var" / "mailgate.db")) as connection:
        return list(connection.iterdump())


def test_given_mail_that_was_verified_when_nobody_verifies_any_more_then_a_backtest_goes_by_what_was_recorded(
    mailgate: Run, offices: Any, tmp_path: Path
) -> None:
    office = offices()
    forged = mail(PEOPLE[0], "Re: sak", "Det virker ikke.", f"{TRUSTED}fail")
    office.play([Step("mail", 5, PEOPLE[0], 0, raw=forged)])
    assert office.states() == ["held"]
    (tmp_path / "mailgate.toml").write_text((tmp_path / "mailgate.toml").read_text().replace("mx.example.test", "other.example"))
    _, summary = _backtest(mailgate, tmp_path, shipped())
    assert (summary["auth_unknown"], summary["not_as_recorded"], summary["rules"]["doubtful"]) == (0, 0, 1)


def test_given_mail_whose_bytes_are_gone_when_backtested_then_its_effects_stand_and_the_report_says_how_many(
    mailgate: Run, offices: Any, tmp_path: Path
) -> None:
    office = offices()
    office.play(
        [
            Step("operate", 5, case=0, word="waiting_customer"),
            Step("mail", 5, PEOPLE[0], 0, raw=mail(PEOPLE[0], "Re: sak", "Her er svaret.")),
            Step("mail", 60 * 60 * 24 * 3, PEOPLE[0], 0, raw=mail(PEOPLE[0], "Re: sak", "Og her er mer.")),
        ]
    )
    with office.store.transaction() as uow:
        uow.retention.purge(office.clock(), timedelta(days=2))
    open_case = _draft((RULES, RULES + "  - name: is_open\n    when: {case.status: open}\n    then: hold\n"))
    mails, summary = _backtest(mailgate, tmp_path, open_case)
    assert (summary["ran"], summary["not_run"]["without_bytes"]) == (1, 1)
    assert [one["new"]["rule"] for one in mails] == ["is_open"]
    assert "1 more could not be run: retention has taken their bytes" in mailgate("policy", "backtest", "draft.yaml").out


def test_given_one_mail_delivered_twice_when_backtested_then_it_has_one_effect_even_when_the_first_is_not_run(
    mailgate: Run, offices: Any, tmp_path: Path
) -> None:
    office = offices()
    raw = mail(PEOPLE[0], "Re: sak", "Det virker ikke.", f"{TRUSTED}pass")
    office.play(
        [
            Step("mail", 5, PEOPLE[0], 0, raw=raw),
            Step("mail", 60 * 60, PEOPLE[0], 0, raw=raw.replace(b"Subject:", b"X-Seen: 1\r\nSubject:")),
        ]
    )
    assert office.states() == ["commented", "commented"], "one byte differs"
    office.play([Step("mail", 60 * 60, PEOPLE[0], raw=raw)])  # to support@ this time
    assert office.states() == ["commented", "commented", "noted"]
    whole, newest = (_backtest(mailgate, tmp_path, shipped(), *options)[1] for options in ((), ("--limit", "1")))
    note = {"old": "note", "new": "note", "mails": 1}
    assert [sorted(one["matrix"], key=str) for one in (whole, newest)] == [[{"old": "comment", "new": "comment", "mails": 2}, note], [note]]
    assert [(one["as_recorded"], one["not_as_recorded"]) for one in (whole, newest)] == [(3, 0), (1, 0)]


def test_given_one_mail_delivered_twice_when_the_draft_holds_the_first_then_the_second_is_no_double_under_it(
    mailgate: Run, offices: Any, tmp_path: Path
) -> None:
    office = offices()
    raw = mail(PEOPLE[0], "Re: sak", "Det virker ikke.", f"{TRUSTED}pass")
    office.play([Step("mail", 5, PEOPLE[0], 0, raw=raw), Step("mail", 60, PEOPLE[0], raw=raw)])
    assert office.states() == ["commented", "noted"]
    with_case = _draft((RULES, RULES + "  - name: is_open\n    when: {case.status: open}\n    then: hold\n"))
    changed, summary = _backtest(mailgate, tmp_path, with_case)
    assert [(one["old"]["rule"], one["new"]["disposition"]) for one in changed] == [("reply", "hold"), ("split_delivery", "redirect")]
    assert (summary["as_recorded"], summary["not_as_recorded"]) == (2, 0)


def test_given_since_and_limit_when_backtested_then_only_that_mail_is_run_with_the_state_of_its_time(
    mailgate: Run, offices: Any, tmp_path: Path
) -> None:
    office = offices()
    reply = [Step("mail", 60 * 60 * 24, PEOPLE[0], 0, raw=mail(PEOPLE[0], "Re: sak", f"Svar {n}.")) for n in range(3)]
    office.play([Step("operate", 5, case=0, word="waiting_customer"), *reply, Step("operate", 5, case=0, word="closed")])
    _, whole = _backtest(mailgate, tmp_path, shipped())
    _, newest = _backtest(mailgate, tmp_path, shipped(), "--limit", "1")
    _, none = _backtest(mailgate, tmp_path, shipped(), "--since", "1h")
    assert [one["matrix"] for one in (whole, newest, none)] == [[{"old": "comment", "new": "comment", "mails": n}] for n in (3, 1)] + [[]]
    assert newest["not_run"] == {"older_than_limit": 2, "without_bytes": 0, "undecided": 0}


@pytest.mark.parametrize("words", [["--since", "sommer"], ["--limit", "0"], ["--since", "99999999999d"]])
def test_given_a_span_that_is_none_when_backtested_then_it_is_a_usage_error(mailgate: Run, tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "draft.yaml").write_text(shipped(), encoding="utf-8")
    answer = mailgate("policy", "backtest", "draft.yaml", *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_given_a_draft_with_a_problem_when_backtested_then_it_is_shown_and_nothing_is_run(mailgate: Run, tmp_path: Path) -> None:
    (tmp_path / "draft.yaml").write_text("rules: []\n", encoding="utf-8")
    assert mailgate("policy", "backtest", "draft.yaml").code == 1
