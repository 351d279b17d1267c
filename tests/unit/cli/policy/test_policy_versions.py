"""`mailgate policy activate`, `history`, `show`, `diff`, `rollback`, as an operator types them, on a real database."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mailgate.runtime.active_policy import shipped
from tests.unit.cli.conftest import Answer, Run

HOLD = "rules: [{name: hold_all, when: always, then: hold}]\n"
NOTE = "# the quiet one\nrules: [{name: note_all, when: always, then: note}]\n"


@pytest.fixture
def write(tmp_path: Path) -> dict[str, Path]:
    """Documents by name, in the folder of the installation."""
    texts = {
        "hold": HOLD,
        "note": NOTE,
        "spoken": NOTE.replace("# the quiet one", "# said otherwise"),
        "broken": "rules:\n  - {name: a, when: {subjekt: x}, then: hold}\n  - {name: default, when: alway, then: redirect}\n",
        "failing": HOLD + "tests: [{name: a plain mail, expect: note}, {name: a bounce, given: {kind: bounce}, expect: hold}]\n",
        "ours": "rules:\n  - {name: default, when: always, then: forward, to: support@example.test}\n",
    }
    files = {name: tmp_path / f"{name}.yaml" for name in texts}
    for name, text in texts.items():
        files[name].write_text(text, encoding="utf-8")
    return files


def _activate(mailgate: Run, name: str, *more: str) -> Answer:
    return mailgate("policy", "activate", f"{name}.yaml", "--comment", f"why {name}", *more)


@pytest.mark.usefixtures("write")
def test_given_a_document_when_activated_then_it_is_a_version_with_author_comment_and_hash(mailgate: Run) -> None:
    said = _activate(mailgate, "hold", "--author", "Kari Nes")
    digest = hashlib.sha256(HOLD.encode()).hexdigest()
    assert (said.code, said.err, said.out) == (0, "", f"version 1 ({digest[:8]}) is in force\n")
    assert _activate(mailgate, "note").out.endswith("is in force; before it, version 1\n")
    newest, first = mailgate("policy", "history", "--json").objects
    assert (newest["version"], newest["what"], newest["comment"], newest["active"]) == (2, "activated", "why note", True)
    assert (first["version"], first["author"], first["hash"], first["active"]) == (1, "Kari Nes", digest, False)
    assert first["at"] <= newest["at"]
    table = mailgate("policy", "history").out.splitlines()
    assert table[0].split() == ["AT", "VERSION", "WHAT", "AUTHOR", "COMMENT", "HASH", "ACTIVE"]
    assert table[1].endswith("*")
    assert not table[2].endswith("*")


@pytest.mark.usefixtures("write")
def test_given_versions_when_shown_then_the_text_is_there_byte_for_byte(mailgate: Run) -> None:
    _activate(mailgate, "hold")
    _activate(mailgate, "note")
    assert mailgate("policy", "show").out == NOTE
    shown = mailgate("policy", "show", "1")
    assert shown.out == HOLD
    assert shown.err.startswith("# version 1, made ")
    answer = mailgate("policy", "show", "2", "--json").objects[0]
    assert (answer["text"], answer["active"], answer["comment"]) == (NOTE, True, "why note")
    missing = mailgate("policy", "show", "3")
    assert (missing.code, missing.err) == (2, "mailgate: the policy has no version 3; there are 1 to 2\n")


@pytest.mark.parametrize(
    ("name", "wording", "ends"),
    [
        (
            "broken",
            ["broken.yaml:2:22: there is no fact 'subjekt'; did you mean 'subject'?", "broken.yaml:3:27: "],
            "broken.yaml has 2 problems",
        ),
        ("failing", ["failing.yaml:2: the test 'a plain mail' fails"], "1 of 2 tests failed"),
        ("ours", ["ours.yaml:2:54: rule default forwards to support@example.test, which is ours"], "ours.yaml has 1 problem"),
    ],
)
@pytest.mark.usefixtures("write")
def test_given_a_wrong_document_when_activated_then_all_is_named_and_the_old_one_stays(
    mailgate: Run, name: str, wording: list[str], ends: str
) -> None:
    _activate(mailgate, "note")
    before = mailgate("policy", "history", "--json").out
    said = _activate(mailgate, name)
    assert (said.code, said.err) == (1, f"mailgate: {ends}\n")
    lines = [line for line in said.out.splitlines() if not line.startswith(" ")]
    for line, wanted in zip(lines, wording, strict=True):
        assert line.startswith(wanted)
    assert len(_activate(mailgate, name, "--json").objects) == len(wording)
    assert mailgate("policy", "history", "--json").out == before
    assert mailgate("policy", "show").out == NOTE


@pytest.mark.parametrize(
    ("content", "wording"),
    [
        (b"rules:\n\t- {name: a}\n", "indent with spaces"),
        (b"rules: [{name: a, name: b, when: always, then: hold}]\n", "stands twice"),
        (b"rules: !!python/object:os.system [x]\n", "tag"),
        (b"a: &a [x, x]\nb: &b [*a, *a]\nrules: [*b, *b]\n", "anchor"),
        (b"rules: [{name: a, when: {subject: {matches: '(['}}, then: hold}, {name: b, when: always, then: hold}]\n", "pattern"),
        (b"rules: [{name: a, when: {size_bytes: {over: ten}}, then: hold}, {name: b, when: always, then: hold}]\n", "must be a number"),
        (b"\xff\xfe", "not UTF-8"),
        (b"x" * (1024 * 1024 + 1), "are the most"),
        (b"", "the file is empty"),
    ],
)
def test_given_hostile_or_broken_bytes_when_activated_then_refused_with_the_place_and_the_old_one_stays(
    mailgate: Run, tmp_path: Path, write: dict[str, Path], content: bytes, wording: str
) -> None:
    _activate(mailgate, "note")
    (tmp_path / "bad.yaml").write_bytes(content)
    said = _activate(mailgate, "bad")
    assert said.code == 1
    assert wording in said.out
    assert all(line.startswith("bad.yaml:") for line in said.out.splitlines())
    assert mailgate("policy", "show").out == NOTE


@pytest.mark.usefixtures("write")
def test_given_the_same_text_when_activated_again_then_nothing_changes(mailgate: Run) -> None:
    _activate(mailgate, "hold")
    assert _activate(mailgate, "hold").out == "version 1 is in force already, with this text; nothing was changed\n"
    assert _activate(mailgate, "hold", "--json").objects[0]["changed"] is False
    assert len(mailgate("policy", "history", "--json").objects) == 1


@pytest.mark.parametrize("comment", ["", " \n ", "x" * 251])
@pytest.mark.usefixtures("write")
def test_given_no_comment_when_activated_then_it_is_asked_for(mailgate: Run, comment: str) -> None:
    said = mailgate("policy", "activate", "hold.yaml", "--comment", comment)
    assert said.code == 2
    assert said.err.startswith("mailgate: the comment ")
    assert mailgate("policy", "activate", "hold.yaml").code == 2
    assert mailgate("policy", "history").err == "no version yet: the first start makes one\n"


@pytest.mark.usefixtures("write")
def test_given_three_versions_when_rolled_back_twice_then_each_goes_one_further_and_the_record_says_who_when_and_why(mailgate: Run) -> None:
    for name in ("hold", "note", "spoken"):
        _activate(mailgate, name)
    assert mailgate("policy", "rollback", "--comment", "Nordvik's mail was noted", "--author", "Per").out.endswith("before it, version 3\n")
    answer = mailgate("policy", "rollback", "--json").objects[0]
    assert (answer["version"], answer["before"], answer["active"]) == (1, 2, True)
    assert mailgate("policy", "show").out == HOLD
    record = mailgate("policy", "history", "--json").objects
    assert [(line["version"], line["what"]) for line in record[:2]] == [(1, "rolled_back"), (2, "rolled_back")]
    assert (record[1]["author"], record[1]["comment"]) == ("Per", "Nordvik's mail was noted")
    assert record[0]["comment"] == "back from version 2"
    assert record[0]["at"] >= record[1]["at"]
    end = mailgate("policy", "rollback")
    assert (end.code, end.err) == (1, "mailgate: there is no version before the one in force\n")
    assert mailgate("policy", "rollback", "3").code == 0
    assert mailgate("policy", "rollback", "3").err == "mailgate: version 3 is in force already\n"
    assert mailgate("policy", "rollback", "9").code == 2


@pytest.mark.usefixtures("write")
def test_given_two_documents_when_compared_then_what_they_mean_is_compared(mailgate: Run, tmp_path: Path) -> None:
    _activate(mailgate, "note")
    _activate(mailgate, "hold")
    assert mailgate("policy", "diff", "1", "2").out.splitlines() == [
        "rules",
        "  - note_all: place 1: when always; then note",
        "  + hold_all: place 1: when always; then hold",
    ]
    assert mailgate("policy", "diff", "1", "spoken.yaml").out == "the same meaning: only the text differs\n"
    assert mailgate("policy", "diff", "hold.yaml").out == "the same text\n"
    (tmp_path / "windows.yaml").write_text(HOLD + "notices: {window_s: 60}\nredirect: {window_s: 3600}\n")
    assert mailgate("policy", "diff", "active", "windows.yaml", "--json").objects == [
        {"part": "notices", "name": "window_s", "change": "changed", "before": "10", "after": "60"},
        {"part": "redirect", "name": "window_s", "change": "changed", "before": "86400", "after": "3600"},
    ]
    wrong = mailgate("policy", "diff", "broken.yaml")
    assert (wrong.code, wrong.err) == (1, "mailgate: broken.yaml has 2 problems\n")
    assert mailgate("policy", "diff", "7").code == 2


def test_given_an_installation_that_never_ran_when_asked_then_it_says_what_it_would_begin_with_and_changes_nothing(
    mailgate: Run, tmp_path: Path
) -> None:
    (tmp_path / "shipped.yaml").write_text(shipped(), encoding="utf-8")
    assert mailgate("policy", "diff", "shipped.yaml").out.splitlines() == ["notices", "  ~ window_s: 0 -> 10"]
    (tmp_path / "a.eml").write_bytes(b"From: a@b.example\r\nSubject: Hei\r\n\r\nHei\r\n")
    explained = mailgate("explain", "--json", "a.eml").objects[0]
    assert explained["policy_version"].startswith("draft-")
    assert mailgate("policy", "show").code == 2
    assert mailgate("policy", "history").err == "no version yet: the first start makes one\n"


@pytest.mark.usefixtures("write")
def test_given_a_version_in_force_when_a_mail_is_explained_then_it_is_asked_and_named(mailgate: Run, tmp_path: Path) -> None:
    _activate(mailgate, "hold")
    (tmp_path / "a.eml").write_bytes(b"From: a@b.example\r\nSubject: Hei\r\n\r\nHei\r\n")
    explained = mailgate("explain", "--json", "a.eml").objects[0]
    digest = hashlib.sha256(HOLD.encode()).hexdigest()
    assert (explained["rule"], explained["policy_version"]) == ("hold_all", f"1-{digest[:8]}")
    assert mailgate("explain", "--json", "--policy", "note.yaml", "a.eml").objects[0]["rule"] == "note_all"


def test_given_tests_that_read_mail_files_when_a_version_is_shown_or_put_back_then_it_says_that_they_were_run_at_its_activation(
    mailgate: Run, tmp_path: Path
) -> None:
    (tmp_path / "a.eml").write_bytes(b"From: a@b.example\r\nSubject: Hei\r\n\r\nHei\r\n")
    file = tmp_path / "mailed.yaml"
    file.write_text(HOLD + "tests: [{name: a mail, mail: a.eml, expect: note}, {name: plain, expect: hold}]\n")
    refused = mailgate("policy", "activate", "mailed.yaml", "--comment", "x")
    assert (refused.code, "the test 'a mail' fails" in refused.out) == (1, True)
    file.write_text(file.read_text().replace("expect: note", "expect: hold"))
    assert mailgate("policy", "activate", "mailed.yaml", "--comment", "x").code == 0
    (tmp_path / "a.eml").unlink()
    gone = mailgate("policy", "activate", "mailed.yaml", "--comment", "x")
    assert gone.code == 1
    assert "a.eml" in gone.out
    words = "# 1 of its tests read a mail file; they were run when it was activated, and cannot be run from here"
    assert mailgate("policy", "show").err.splitlines()[1:] == [words]
    assert mailgate("policy", "show", "--json").objects[0]["tests_left_out"] == 1
    (tmp_path / "hold.yaml").write_text(HOLD)
    assert mailgate("policy", "activate", "hold.yaml", "--comment", "x").code == 0
    assert len(mailgate("policy", "show").err.splitlines()) == 1
    back = mailgate("policy", "rollback")
    assert (back.code, back.err) == (0, words + "\n")
