"""`mailgate case` edit, clone, attach, approve, refuse, merge, move-comment, delete-file, and `mailgate audit`, as they are typed."""

from __future__ import annotations

import pytest

KARI, PER = "kari@kunde.test", "per@kunde.test"


@pytest.fixture
def desk(mailgate):
    """A customer with two contacts; SUP-1 of Kari, in which Per takes part, and SUP-2 of Per."""
    for command in (
        ("customer", "add", "Kunde AS", "--domain", "kunde.test", "--as", "eva"),
        ("contact", "add", KARI, "--name", "Kari", "--as", "eva"),
        ("contact", "add", PER, "--as", "eva"),
        ("case", "new", "--reporter", KARI, "--summary", "Skriveren", "--participant", PER, "--as", "eva"),
        ("case", "new", "--reporter", PER, "--summary", "Samme", "--as", "eva"),
    ):
        assert mailgate(*command).code == 0
    return mailgate


def shown(desk, key="SUP-1"):
    return desk("case", "show", key, "--json").objects[0]


def test_given_fields_when_edited_then_the_case_has_them_and_an_old_version_is_refused(desk):
    answer = desk(
        "case", "edit", "SUP-1", "--summary", "Ny", "--environment", "prod", "--type", "driftsproblem", "--if-version", "1", "--json"
    )
    assert (answer.objects[0]["summary"], answer.objects[0]["environment"], answer.objects[0]["version"]) == ("Ny", "prod", 2)
    assert desk("case", "edit", "SUP-1", "--description", "-", stdin=b"Mer\r\nher").code == 0
    assert shown(desk)["description"] == "Mer\nher"
    late = desk("case", "edit", "SUP-1", "--summary", "For sent", "--if-version", "1")
    assert (late.code, late.err) == (1, "mailgate: SUP-1 has changed since it was read; it is at version 3 now\n")


def test_given_a_driftsproblem_without_an_environment_when_made_then_the_operator_is_reminded(desk):
    answer = desk("case", "new", "--reporter", KARI, "--summary", "Nede", "--type", "driftsproblem", "--json")
    assert (answer.code, answer.objects[0]["environment"]) == (0, "")
    assert "mailgate case edit SUP-3 --environment" in answer.err


def test_given_no_type_and_no_priority_when_a_case_is_made_then_it_has_those_that_the_policy_names(desk, tmp_path):
    (made,) = desk("case", "new", "--reporter", KARI, "--summary", "Nede", "--json").objects
    assert (made["type"], made["priority"]) == ("spørsmål", "normal")
    policy = (tmp_path / "first-policy.yaml").read_text("utf-8")
    assert "case_type: spørsmål, priority: normal" in policy
    (tmp_path / "ny.yaml").write_text(
        policy.replace("case_type: spørsmål, priority: normal", "case_type: forbedring, priority: low"), "utf-8"
    )
    assert desk("policy", "activate", "ny.yaml", "--comment", "andre standardverdier").code == 0
    (made,) = desk("case", "new", "--reporter", KARI, "--summary", "Oppe", "--json").objects
    assert (made["type"], made["priority"]) == ("forbedring", "low")


def test_given_files_when_attached_and_one_deleted_then_the_other_stays(desk, tmp_path):
    (tmp_path / "logg.txt").write_text("feil")
    (tmp_path / "bilde.png").write_bytes(b"\x89PNG")
    assert desk("case", "attach", "SUP-1", "logg.txt", "bilde.png").code == 0
    assert desk("case", "delete-file", "SUP-1", "logg.txt", "--reason", "passord").code == 0
    (comment,) = shown(desk)["comments"]
    assert (comment["text"], [file["filename"] for file in comment["files"]]) == ("", ["bilde.png"])
    assert desk("case", "delete-file", "SUP-1", "logg.txt").code == 2
    assert desk("case", "attach", "SUP-1", "finnes-ikke").code == 2


def test_given_a_case_when_cloned_then_the_new_one_is_answered(desk):
    assert desk("case", "clone", "SUP-1").out == "SUP-3  Åpen  Skriveren\n"


def test_given_an_operation_with_a_comment_when_done_then_both_are_there(desk):
    assert desk("case", "do", "propose", "SUP-1", "--comment", "Prøv 4.2").code == 0
    assert (shown(desk)["status"], shown(desk)["comments"][0]["text"]) == ("proposed", "Prøv 4.2")


def test_given_a_double_when_merged_then_it_is_closed_and_named(desk):
    assert desk("case", "comment", "SUP-2", "Her også").code == 0
    assert desk("case", "merge", "SUP-2", "--into", "SUP-1", "--reason", "samme", "--json").objects[0]["key"] == "SUP-1"
    assert (shown(desk, "SUP-2")["merged_into"], shown(desk, "SUP-2")["status"]) == ("SUP-1", "closed")
    assert sorted(one["text"] for one in shown(desk)["comments"]) == ["Her også", "Samme"]
    again = desk("case", "merge", "SUP-2", "--into", "SUP-1")
    assert (again.code, again.err) == (1, "mailgate: SUP-2 was merged into another case before\n")


def test_given_a_comment_when_moved_then_the_other_case_has_it(desk):
    assert desk("case", "comment", "SUP-2", "Feil sak").code == 0
    (comment,) = shown(desk, "SUP-2")["comments"]
    assert desk("case", "move-comment", comment["id"], "--to", "SUP-1").code == 0
    assert [one["text"] for one in shown(desk)["comments"]] == ["Feil sak"]


def test_given_nobody_who_waits_when_approved_or_refused_then_exit_1_says_so(desk):
    for verb in ("approve", "refuse"):
        answer = desk("case", verb, "SUP-1", PER)
        assert (answer.code, answer.err) == (1, f"mailgate: {PER} does not wait for approval in SUP-1\n")


def test_given_changes_when_the_audit_is_asked_then_who_what_and_why_stand_in_it(desk):
    assert desk("case", "edit", "SUP-1", "--summary", "Ny", "--as", "ola").code == 0
    assert desk("suppression", "add", KARI, "--reason", "sluttet", "--as", "ola").code == 0
    rows = desk("audit", "--by", "ola", "--json").objects
    assert [(row["subject_kind"], row["verb"], row["reason"]) for row in rows] == [("suppression", "add", "sluttet"), ("case", "edit", "")]
    assert (rows[1]["before"], rows[1]["after"]) == ({"summary": "Skriveren"}, {"summary": "Ny"})
    assert [row["verb"] for row in desk("audit", "--subject", "SUP-1", "--json").objects] == ["edit", "create"]
    assert len(desk("audit", "--kind", "contact", "--json").objects) == 2
    table = desk("audit", "--kind", "case", "--limit", "1").out.splitlines()
    assert "case SUP-1" in table[1]
    assert 'summary="Ny"' in table[1]
    assert desk("audit", "--since", "i går").code == 2
