"""The operators' document: what is good is read as it is meant, what is broken is named with its place."""

import random
import re
import time
from dataclasses import fields, replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

import mailgate.rules
from mailgate.cli import main
from mailgate.rules.chain import run
from mailgate.rules.conditions import All, Always, AnyOf, CompareNumber, Eq, In, Matches, Not
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.rules.document import yaml_tree
from mailgate.rules.document.lint import _Deciding, excludes, implies
from mailgate.rules.document.loader import load
from mailgate.rules.document.schema import SCHEMA
from mailgate.rules.document.yaml_tree import MAX_DOCUMENT_BYTES, MAX_VALUES, parse
from mailgate.rules.examples import facts_of, failures
from mailgate.rules.facts import FACTS
from mailgate.rules.policy import Policy, Rule
from mailgate.rules.policy_diff import differences
from tests.support.harness.pace import seconds_at_rest

SHIPPED = Path(mailgate.rules.__file__).with_name("supportweb.yaml")
BROKEN = sorted(Path(__file__).with_name("broken").glob("*.yaml"))
OWN = frozenset({"support@firma.example"})
DEFAULT = "  - {name: default, when: always, then: redirect}\n"


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_given_a_broken_policy_when_loaded_then_each_problem_is_named_with_its_place_and_no_other(path):
    raw = path.read_bytes()
    wanted = re.findall("^# expected: (.+)$", raw.decode(), re.MULTILINE)
    document = load(raw, OWN, path.parent)
    found = [problem.at("policy.yaml") for problem in document.problems]
    assert document.policy is None
    assert all(re.match(r"policy\.yaml:\d+:\d+: \S", line) for line in found)
    assert len(found) == len(wanted), found
    assert all(text in line for text, line in zip(wanted, found, strict=True)), found


@pytest.mark.parametrize("name", ["two_transitions", "two_transitions_of_two_rules"])
def test_point_19_given_two_transitions_in_one_decision_when_a_policy_is_checked_then_it_is_refused(name):
    document = load(Path(__file__).with_name("broken").joinpath(f"{name}.yaml").read_bytes(), OWN)
    assert document.policy is None
    assert ["transition" in problem.at("policy.yaml") for problem in document.problems] == [True]


def test_given_the_broken_policies_when_counted_then_there_are_more_than_sixty():
    assert len(BROKEN) >= 60


@pytest.mark.parametrize("name", sorted({field.name for field in fields(Policy)} - {"version", "examples"}))
def test_given_the_shipped_document_when_loaded_then_it_is_the_built_in_policy(name):
    document = load(SHIPPED.read_bytes(), OWN)
    assert document.problems == ()
    assert getattr(document.policy, name) == getattr(SUPPORTWEB_POLICY, name)


def test_given_the_shipped_document_when_its_tests_run_then_they_pass():
    policy = load(SHIPPED.read_bytes()).policy
    assert len(policy.examples) >= 7
    assert list(failures(policy)) == []
    assert re.fullmatch("file-[0-9a-f]{8}", policy.version)


@pytest.mark.parametrize("kind", ["human", "bulk", "bounce"])
@pytest.mark.parametrize("trust", ["confirmed", "colleague", "doubtful", "stranger"])
@pytest.mark.parametrize(
    "given_", [{}, {"carrier": "address"}, {"carrier": "marker", "case.status": "closed"}, {"author.takes_part": True}]
)
def test_given_any_facts_when_both_policies_are_asked_then_they_agree(kind, trust, given_):
    facts = facts_of({"kind": kind, "trust": trust, **given_})
    built_in, read = run(SUPPORTWEB_POLICY, facts), run(load(SHIPPED.read_bytes()).policy, facts)
    assert replace(read, policy_version="builtin-1") == built_in


def test_given_many_faults_when_loaded_then_all_are_named_in_the_order_of_the_file():
    text = "rules:\n  - {name: a, when: {subjekt: x}, then: note}\n  - {name: b, when: {kind: x}, then: nope}\n" + DEFAULT + "x: 1\n"
    found = load(text.encode()).problems
    assert [problem.line for problem in found] == [2, 3, 3, 5]
    assert found[0].column == 22


@pytest.mark.timing
def test_given_ten_mebibytes_or_no_utf8_when_loaded_then_refused_at_once():
    large = b"a: b\n" * 2 * MAX_DOCUMENT_BYTES
    assert "are the most" in load(large).problems[0].what
    assert seconds_at_rest(lambda: load(large), runs=1) < 0.5
    assert load(b"rules:\n  - \xff\n").problems[0].at("f") == "f:2:1: the file is not UTF-8; save it as UTF-8"


def test_given_more_values_than_a_policy_has_when_loaded_then_refused_where_it_is_too_much():
    raw = b"known_machines:\n" + b"- a\n" * MAX_VALUES
    (problem,) = load(raw).problems
    assert problem.line == MAX_VALUES  # the mapping itself is one value, and the list another
    assert "shorten its lists" in problem.what


def test_given_a_version_that_is_active_when_loaded_then_its_length_does_not_stop_it(monkeypatch):
    monkeypatch.setattr(yaml_tree, "MAX_VALUES", 100)
    raw = SHIPPED.read_bytes() + b"# lang\n"
    assert load(raw).policy is None
    assert load(raw, stored=True).policy is not None


@given(st.binary(max_size=80) | st.text("rules:-[]{}#&*!|>'\"? \n\tnamewhen", max_size=60).map(str.encode))
def test_given_any_bytes_when_loaded_then_problems_and_no_error(raw):
    document = load(raw)
    assert (document.policy is None) == bool(document.problems)


HOSTILE = [
    "(a+)+$",
    "(.*a){20}",
    r"(\w+\s?)+$",
    "(x+x+)+y",
    "(.*){1,32}[bc]!",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    "(a|aa)+!$",
    "(?:a?){30}a{30}z",
]


@pytest.mark.timing
@pytest.mark.parametrize("pattern", HOSTILE)
def test_given_a_rule_with_a_hostile_pattern_when_asked_about_a_mebibyte_then_it_takes_less_than_50_ms(pattern):
    rule = f"rules:\n  - {{name: a, when: {{text: {{matches: '{pattern}'}}}}, then: hold}}\n"
    policy = load((rule + DEFAULT).encode()).policy
    facts = facts_of({"text": "aaaa b" * 175_000 + "!"})
    assert seconds_at_rest(lambda: run(policy, facts), runs=5) < 0.05


GAPS = ["a.{40}c", "a.{300}c", "a(.{1,200})c", "(a.{50}c|b.{51}c|a.{52}c|b.{53}c)", "(a|b)*a(a|b){300}c"]


@pytest.mark.timing
@pytest.mark.parametrize("pattern", GAPS)  # what the sender writes makes RE2 try all of the pattern everywhere
def test_given_a_rule_with_gaps_when_asked_about_a_mebibyte_made_for_it_then_it_takes_less_than_50_ms(pattern):
    rule = f"rules:\n  - {{name: a, when: {{text: {{matches: '{pattern}'}}}}, then: hold}}\n"
    policy = load((rule + DEFAULT).encode()).policy
    facts = facts_of({"text": "".join(random.Random(1).choices("ab", k=1024 * 1024))})
    assert seconds_at_rest(lambda: run(policy, facts), runs=5) < 0.05


@pytest.mark.parametrize("pattern", [r"(\w*\W*){500}$", r"(a)\1", "(?=a)b", "(?<!a)b", "((a{1000}){1000}){10}", "(" * 2000])
def test_given_a_pattern_that_no_linear_engine_takes_when_loaded_then_it_is_refused(pattern):
    rule = f"rules:\n  - {{name: a, when: {{text: {{matches: '{pattern}'}}}}, then: hold}}\n"
    (found,) = load((rule + DEFAULT).encode()).problems
    assert (found.line, found.column) == (2, 38)


def _as_plain(text):
    return YAML(typ="safe", pure=True).load(text)


def test_given_the_schema_when_the_shipped_document_is_validated_then_it_fits():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(_as_plain(SHIPPED.read_text(encoding="utf-8")), SCHEMA)


@pytest.mark.parametrize("name", ["unknown_section", "unknown_fact", "unknown_operator", "wrong_type_number", "no_is_a_word", "no_rules"])
def test_given_the_schema_when_a_broken_document_is_validated_then_it_is_refused(name):
    path = next(path for path in BROKEN if path.stem == name)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(_as_plain(path.read_text(encoding="utf-8")), SCHEMA)


def test_given_the_schema_when_looked_at_then_every_fact_is_described():
    facts = SCHEMA["$defs"]["condition"]["anyOf"][1]["properties"]
    assert {name: facts[name]["description"] for name in FACTS} == {name: fact.means for name, fact in FACTS.items()}


def test_given_policy_check_when_run_then_the_exit_code_says_how_it_went(tmp_path, capsys):
    bad = tmp_path / "bad.yaml"
    bad.write_text("rules:\n  - {name: a, when: {kind: lop}, then: note}\n" + DEFAULT)
    assert main(["policy", "check", str(SHIPPED)]) == 0
    assert main(["policy", "check", str(bad)]) == 1
    assert f"{bad}:2:28: 'kind' cannot be 'lop'; did you mean 'loop'?" in capsys.readouterr().out
    assert main(["policy", "check", str(tmp_path / "none.yaml")]) == 2


def test_given_policy_test_when_a_test_fails_then_it_says_expected_got_and_why(tmp_path, capsys):
    file = tmp_path / "policy.yaml"
    file.write_text("rules:\n" + DEFAULT + "tests: [{name: mine, expect: hold, rule: default, effects: [{tag: x}]}]\n")
    assert main(["policy", "test", str(SHIPPED)]) == 0
    assert main(["policy", "test", str(file)]) == 1
    said = capsys.readouterr()
    assert f"{file}:3: the test 'mine' fails\n    expected hold by rule default, got redirect by rule default\n" in said.out
    assert "    expected effect tag: x, which is missing\n    rule default decided: it holds always\n" in said.out
    assert "1 of 1 tests failed" in said.err


LEAVES = st.sampled_from(
    [Eq("kind", "loop"), Eq("kind", "bulk"), In("kind", ("loop", "bulk")), Eq("language", "en"), Matches("subject", "a"),
     Matches("text", "b"), CompareNumber("size_bytes", "gt", 5), CompareNumber("size_bytes", "ge", 9), Not(Eq("kind", "loop")), Always()]
)  # fmt: skip
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.builds(lambda made, parts: made(tuple(parts)), st.sampled_from([All, AnyOf]), st.lists(inner, min_size=1, max_size=3)),
)


@given(CONDITIONS, CONDITIONS)
def test_given_two_conditions_when_one_hides_the_other_then_the_short_way_finds_it(one, other):
    deciding = _Deciding()
    deciding.add(Rule("earlier", other, "note"))
    assert (deciding.over(one) is not None) >= implies(one, other)


@given(
    CONDITIONS,
    CONDITIONS,
    st.sampled_from(["loop", "bulk", "human"]),
    st.sampled_from(["en", ""]),
    st.sampled_from(["a", "x"]),
    st.integers(0, 12),
)
def test_given_any_mail_when_conditions_are_said_to_imply_or_exclude_each_other_then_they_do(one, other, kind, language, subject, size):
    facts = facts_of({"kind": kind, "language": language, "subject": subject, "size_bytes": size})
    holds, then = one.judge(facts)[0], other.judge(facts)[0]
    assert not implies(one, other) or not holds or then
    assert not excludes(one, other) or not (holds and then)


@pytest.mark.timing
def test_given_a_thousand_rules_when_loaded_then_the_checks_take_less_time_than_reading_them():
    rules = "".join(
        f"  - {{name: r{n}, when: {{author.domain: kunde{n}.example, subject: {{matches: ord{n}}}}}, then: hold}}\n" for n in range(1000)
    )
    raw = ("rules:\n" + rules + DEFAULT).encode()
    assert load(raw[:200] + b"\n" + DEFAULT.encode()).policy is None  # imports are done
    began_s = time.process_time()
    parse(raw)
    read_s = time.process_time() - began_s
    assert load(raw).policy is not None
    assert time.process_time() - began_s < 5 * read_s


OWN_LISTS = b"""rules:
  - {name: default, when: always, then: redirect}
case_types:
  - {key: incident, labels: {nb: Hendelse, nn: Hending, en: Incident}}
priorities:
  - {key: p1, labels: {nb: P1, nn: P1, en: P1}}
"""


def test_given_a_stored_version_without_defaults_when_loaded_then_the_first_of_its_lists_stand_for_them():
    assert load(OWN_LISTS, OWN).policy is None
    policy = load(OWN_LISTS, OWN, stored=True).policy
    assert (policy.defaults.case_type, policy.defaults.priority) == ("incident", "p1")


def test_given_a_zone_when_loaded_then_sections_without_one_have_it():
    policy = load(b"zone: Asia/Tokyo\n" + OWN_LISTS + b"defaults: {case_type: incident, priority: p1}\n", OWN).policy
    assert {policy.zone, policy.legacy.zone, *(agreement.zone for agreement in policy.agreements.values())} == {"Asia/Tokyo"}


@pytest.mark.parametrize("key", ["reason", "says"])
def test_given_a_reason_by_its_name_or_that_of_earlier_releases_when_loaded_then_it_is_the_same(key):
    document = load(f"rules: [{{name: default, when: always, then: hold, {key}: a person looks}}]\n".encode(), OWN)
    assert [rule.reason for rule in document.policy.rules] == ["a person looks"]


FINAL = """rules:
  - {name: default, when: always, then: redirect}
workflow:
  initial: open
  statuses:
    - {key: open, labels: {nb: Å, nn: Å, en: O}}
    - {key: done, labels: {nb: F, nn: F, en: D}, final: true}
  operations:
    - {name: finish, labels: {nb: F, nn: F, en: F}, steps: [{from: [open], to: done}]}
"""
REPLY = "  replies:\n    - {status: done, to: open, within_reopen_days: true}\n"
REOPEN = "    - {name: reopen, labels: {nb: G, nn: G, en: R}, steps: [{from: [done], to: open, who: [contact]}]}\n"


@pytest.mark.parametrize(("more", "how"), [(REPLY, "a reply moves it to 'open'"), (REOPEN, "customers can reopen it"), ("", "")])
def test_point_15_given_a_status_that_is_final_and_means_solved_when_loaded_then_a_warning_says_so_and_the_policy_is_there(more, how):
    document = load((FINAL + more).encode(), OWN)
    assert document.policy is not None
    said = f"warning: status 'done' is final, which keeps customers out, and {how}; say solved: true in place of final"
    assert [one.at("p.yaml") for one in document.problems] == ([f"p.yaml:7:7: {said}"] if how else [])
    solved = load((FINAL + more).replace("final: true", "solved: true").encode(), OWN)
    assert [one for one in solved.problems if not one.stops] == []


def test_point_15_given_a_warning_when_checked_then_the_document_is_good_and_the_warning_is_shown(tmp_path, capsys):
    file = tmp_path / "p.yaml"
    file.write_text(FINAL + REOPEN, encoding="utf-8")
    assert main(["policy", "check", str(file)]) == 0
    out = capsys.readouterr().out
    assert f"{file}:7:7: warning: status 'done' is final" in out
    assert f"{file}: 1 rule, 1 warning, no tests" in out


def test_point_15_given_a_description_of_a_rule_when_loaded_then_it_is_kept_for_people_and_differences_show_it():
    text = "rules: [{name: default, description: %s, when: always, then: redirect}]"
    before, after = (load((text % words).encode(), OWN).policy for words in ("Ønsket av Kari", "Ønsket av Per"))
    assert (before.description("default"), before.description("none")) == ("Ønsket av Kari", "")
    assert [(one.name, one.before, one.after) for one in differences(before, after)] == [
        ("default.description", "Ønsket av Kari", "Ønsket av Per")
    ]
