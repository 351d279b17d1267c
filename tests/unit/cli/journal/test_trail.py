"""What people and programs see of a decision: explain before, journal show after. Rules, conditions, facts with values, effects, trials."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgate import log, metrics
from tests.unit.cli.conftest import Run
from tests.unit.cli.journal.test_journal import Work, work  # noqa: F401  the fixture

POLICY = """
rules:
  - {name: trial, when: {subject: {matches: haster}}, then: hold, do: [{tag: haster}], shadow: true}
  - {name: vip, when: {author.domain: viktig.example}, continue: true, do: [{tag: vip}]}
  - {name: long, when: {text: {matches: hemmelig}, attachments.count: {over: 3}}, then: discard}
  - {name: default, when: always, then: redirect, reason: it is answered}
"""
MAIL = b"From: Kari <kari@viktig.example>\r\nTo: support@example.test\r\nSubject: Haster\r\n\r\nDet er hemmelig.\r\n"
TRAIL = [
    ("trial", True, "shadow, nothing is done, it would hold, tag haster: subject has Haster"),
    ("vip", True, "author.domain is viktig.example"),
    ("long", False, "attachments.count is 0, not > 3"),
    ("default", True, "it is answered"),
]
FACTS = {"subject": "Haster", "author.domain": "viktig.example", "text": "17 characters", "attachments.count": 0}
EFFECTS = [{"do": "redirect", "answer": "legacy", "flavour": "legacy"}, {"do": "tag", "name": "vip"}]
LINES = [
    "rules asked, in order",
    "  +  trial    shadow, nothing is done, it would hold, tag haster: subject has Haster",
    "  -  long     attachments.count is 0, not > 3",
    "  => default  it is answered",
    "facts that they looked at",
    "  text               17 characters",
    "what follows",
    "  tag: name vip",
]


@pytest.fixture
def policy(mailgate: Run, tmp_path: Path) -> Path:
    """The policy above, in force."""
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY, encoding="utf-8")
    assert mailgate("policy", "activate", str(file), "--comment", "trial").code == 0
    return file


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """Where a test lets the log write; as usual after it."""
    yield io.StringIO()
    log.configure("warning", "console")


def _id(mailgate: Run) -> str:
    return str(mailgate("journal", "list", "--json").objects[0]["id"])


def test_given_a_mail_when_explained_then_rules_facts_and_effects_are_in_the_json(mailgate: Run, policy: Path) -> None:
    found = mailgate("explain", "--json", "-", stdin=MAIL).objects[0]
    assert [(step["rule"], step["hit"], step["because"]) for step in found["trail"]] == TRAIL
    assert (found["facts"], found["effects"]) == (FACTS, EFFECTS)


def test_given_a_decided_mail_when_shown_then_it_says_what_explain_said(mailgate: Run, policy: Path, work: Work) -> None:  # noqa: F811
    mailgate("inject", "-", stdin=MAIL)
    work()
    shown = mailgate("journal", "show", "--json", _id(mailgate)).objects[0]
    assert [(step["rule"], step["hit"], step["because"]) for step in shown["trail"]] == TRAIL
    assert (shown["facts"], shown["effects"], shown["shadow"]) == (FACTS, EFFECTS, {"trial": "hold, tag haster"})
    assert mailgate("journal", "list", "--json", "--tag", "vip").objects[0]["tags"] == ["vip"]
    assert mailgate("journal", "list", "--json", "--tag", "haster").objects == []


def test_given_a_terminal_when_explained_or_shown_then_the_decision_reads_the_same(
    mailgate: Run,
    policy: Path,
    work: Work,  # noqa: F811
) -> None:
    explained = mailgate("explain", "-", stdin=MAIL).out.splitlines()
    mailgate("inject", "-", stdin=MAIL)
    assert "rules asked" not in mailgate("journal", "show", _id(mailgate)).out
    work()
    shown = mailgate("journal", "show", _id(mailgate)).out.splitlines()
    assert [line for line in explained if line in LINES] == LINES
    assert shown[shown.index(LINES[0]) :] == explained[explained.index(LINES[0]) :]
    assert max(map(len, shown)) < 160


def test_given_a_rule_on_trial_when_it_holds_in_production_then_log_and_metric_say_so_and_nothing_is_done(
    mailgate: Run,
    policy: Path,
    work: Work,  # noqa: F811
    log_lines: io.StringIO,
) -> None:
    before = _shadow_hits()
    mailgate("inject", "-", stdin=MAIL)
    log.configure("info", "json", log_lines)
    work()
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    (hit,) = [line for line in lines if line["event"] == "shadow_hit"]
    assert (hit["rule"], hit["would"], hit["state"], hit["decided_by"]) == ("trial", "hold, tag haster", "redirected", "default")
    assert _shadow_hits() - before == 1
    assert "hemmelig" not in json.dumps(lines)


def _shadow_hits() -> int:
    line = 'mailgate_shadow_hits_total{reason="trial"} '
    return sum(int(float(one.removeprefix(line))) for one in metrics.REGISTRY.text().decode().splitlines() if one.startswith(line))


def test_given_what_a_person_wrote_when_the_trail_is_kept_then_it_is_not_in_it(mailgate: Run, policy: Path, work: Work) -> None:  # noqa: F811
    mailgate("inject", "-", stdin=MAIL)
    work()
    assert "hemmelig." not in mailgate("journal", "show", "--json", _id(mailgate)).out


def test_given_hostile_mail_when_explained_then_the_limits_of_production_hold_and_nothing_is_left_behind(
    mailgate: Run, tmp_path: Path
) -> None:
    (tmp_path / "big.eml").write_bytes(MAIL + b"x" * 26 * 1024 * 1024)
    parts = b"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" * 60_000
    (tmp_path / "parts.eml").write_bytes(b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n" + MAIL + parts)
    before = sorted(path.name for path in tmp_path.iterdir())
    refused = mailgate("explain", "big.eml")
    assert (refused.code, refused.out) == (1, "")
    assert "it would be refused" in refused.err
    found = mailgate("explain", "--json", "parts.eml").objects[0]
    assert any(defect.startswith(("limit", "degraded", "too_many", "over")) for defect in found["defects"]), found["defects"]
    assert sorted(path.name for path in tmp_path.iterdir()) == before
