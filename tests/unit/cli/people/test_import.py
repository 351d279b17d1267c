"""`mailgate customer|contact import`: all lines or none, the same file twice, and what is wrong at which line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

CUSTOMERS = "\ufeffname;domains;agreement;language\r\nKunde AS;kunde.example butikk.example;standard;nb\r\nAnnen AS;;;\r\n".encode()
CONTACTS = b'address,customer,name\nkari@kunde.example,,Kari Lunde\nliv@gmail.example,Annen AS,"Moe, Liv"\n\n'


def _outcomes(run: Run, noun: str, content: bytes, *options: str) -> list[tuple[int, str, str]]:
    return [(one["line"], one["outcome"], one["name"]) for one in run(noun, "import", "-", "--json", *options, stdin=content).objects]


def test_point_11_given_two_files_when_imported_then_all_is_there_and_a_second_time_changes_nothing(mailgate: Run) -> None:
    assert _outcomes(mailgate, "customer", CUSTOMERS) == [(2, "added", "Kunde AS"), (3, "added", "Annen AS")]
    assert _outcomes(mailgate, "contact", CONTACTS) == [(2, "added", "kari@kunde.example"), (3, "added", "liv@gmail.example")]
    people = mailgate("contact", "list", "--json").objects
    assert [(one["name"], one["customer"]) for one in people] == [("Kari Lunde", "Kunde AS"), ("Moe, Liv", "Annen AS")]
    assert mailgate("customer", "show", "butikk.example", "--json").objects[0]["agreement"] == "standard"
    before = len(mailgate("audit", "--json").objects)
    for noun, content in (("customer", CUSTOMERS), ("contact", CONTACTS)):
        answer = mailgate(noun, "import", "-", stdin=content)
        assert (answer.code, answer.out, answer.err) == (0, "", "2 unchanged\n")
    assert len(mailgate("audit", "--json").objects) == before == 4

    again = mailgate("contact", "import", "-", stdin=b"address,name\nKARI@kunde.example,Kari Lund\n")
    assert again.err == "1 changed\n"
    assert mailgate("contact", "show", "kari@kunde.example", "--json").objects[0]["name"] == "Kari Lund"
    assert mailgate("audit", "--json", "--limit", "1").objects[0]["verb"] == "import"


def test_point_11_given_a_dry_run_when_imported_then_the_same_is_said_and_nothing_is_written(mailgate: Run) -> None:
    assert _outcomes(mailgate, "customer", CUSTOMERS, "--dry-run") == [(2, "added", "Kunde AS"), (3, "added", "Annen AS")]
    assert mailgate("customer", "import", "-", "--dry-run", stdin=CUSTOMERS).err == "2 added; nothing has changed: this was a dry run\n"
    assert mailgate("customer", "list", "--json").objects == mailgate("audit", "--json").objects == []


def test_point_11_given_lines_that_are_wrong_when_imported_then_each_is_named_and_nothing_is_written(mailgate: Run, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(
        "address,customer,language\nkari@kunde.example,,\nikke en adresse,,\nper@kunde.example,Ukjent AS,\nliv@x.example,,tysk\n"
        "Kari@kunde.example,,\n"
    )
    answer = mailgate("contact", "import", str(file))
    assert answer.code == 1
    assert "1 added, 4 wrong; nothing has changed: mend the lines" in answer.err
    said = {line.split()[0]: line for line in answer.out.splitlines()[1:]}
    assert list(said) == ["2", "3", "4", "5", "6"]
    wrong = {"3": "ikke en adresse", "4": "there is no customer Ukjent AS", "5": "language", "6": "line 2 is about the same"}
    assert all(words in said[line] for line, words in wrong.items())
    assert mailgate("contact", "list", "--json").objects == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"kari@kunde.example\n",
            "line 1 must name the columns, such as address,name,language,customer; there is no column",
        ),
        (b"address,phone\n", "there is no column 'phone'"),
        (b"address,name\na@b.example\n", "line 2 has 1 fields, line 1 has 2"),
        (b'address,name\na@b.example,"Kari\n', "line 2 cannot be read"),
        ("address,name\nå@b.example,x\n".encode("latin-1"), "line 2 is not UTF-8; in Excel, save it as CSV UTF-8"),
        (b"", "line 1 must name the columns"),
    ],
)
def test_point_11_given_a_file_that_cannot_be_used_when_imported_then_one_line_says_why(mailgate: Run, content: bytes, said: str) -> None:
    answer = mailgate("contact", "import", "-", stdin=content)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_point_11_given_blanks_and_line_ends_in_names_when_imported_twice_then_they_are_the_same_names(mailgate: Run) -> None:
    content = 'name,language\n"Kunde\nAS  Oslo",nb\nAnnen\u2028 AS,nn\n'.encode()
    assert [one[:2] for one in _outcomes(mailgate, "customer", content)] == [(2, "added"), (4, "added")]
    assert [one["name"] for one in mailgate("customer", "list", "--json").objects] == ["Annen AS", "Kunde AS Oslo"]
    assert mailgate("customer", "import", "-", stdin=content).err == "2 unchanged\n"
    twice = mailgate("customer", "import", "-", stdin=b"name\nkunde  as oslo\nKunde AS Oslo\n")
    assert "line 2 is about the same" in twice.out


def test_point_11_given_line_ends_and_separators_within_fields_when_imported_then_line_numbers_are_those_of_the_file(mailgate: Run) -> None:
    content = b'address,name\r\na@x.example,"Kari\r\nLunde"\r\nb@x.example,Per\x0bBerg\r\nikke,"x"\r\n'
    found = mailgate("contact", "import", "-", "--json", stdin=content).objects
    assert [(one["line"], one["outcome"]) for one in found] == [(2, "added"), (4, "added"), (5, "wrong")]
    unclosed = mailgate("contact", "import", "-", stdin=b'address,name\na@x.example,A\nb@x.example,"B\nc@x.example,C\n')
    assert "line 3 cannot be read" in unclosed.err


def test_point_11_given_two_customers_of_one_name_when_imported_then_the_line_is_wrong_and_names_both(mailgate: Run) -> None:
    first, second = (mailgate("customer", "add", name, "--json").objects[0]["id"] for name in ("Kunde AS", "Annen AS"))
    mailgate("customer", "set", second, "--name", "KUNDE as")
    for noun, content in (("customer", b"name,language\nKunde AS,nn\n"), ("contact", b"address,customer\na@x.example,Kunde AS\n")):
        answer = mailgate(noun, "import", "-", "--json", stdin=content)
        assert answer.code == 1
        assert [one["outcome"] for one in answer.objects] == ["wrong"]
        assert first in answer.objects[0]["problem"]
        assert second in answer.objects[0]["problem"]
    assert {one["language"] for one in mailgate("customer", "list", "--json").objects} == {""}


def test_point_11_given_a_domain_that_moves_in_the_file_when_imported_then_the_later_line_has_it_and_adopts_its_people(
    mailgate: Run,
) -> None:
    mailgate("customer", "add", "Kunde AS", "--domain", "felles.example", "--domain", "kunde.example")
    mailgate("contact", "add", "kari@annen.example")
    mailgate("contact", "add", "per@felles.example")
    content = b"name,domains\nKunde AS,kunde.example\nAnnen AS,felles.example annen.example\nTredje AS,Annen.example\n"
    assert [one[1] for one in _outcomes(mailgate, "customer", content)] == ["changed", "added", "wrong"]
    answer = mailgate("customer", "import", "-", stdin=content.replace(b"Tredje AS,Annen", b"Tredje AS,tredje"))
    assert answer.err == "2 added, 1 changed\n"
    people = {one["address"]: one["customer"] for one in mailgate("contact", "list", "--json").objects}
    assert people == {"kari@annen.example": "Annen AS", "per@felles.example": "Kunde AS"}
