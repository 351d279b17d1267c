"""Work that the tests do once gives what doing it again would give."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
from sqlalchemy import event, literal, select

from mailgate.errors import PolicyError
from mailgate.rules.document.file import policy_of
from mailgate.runtime.active_policy import shipped
from mailgate.store import migrate
from mailgate.store.database import open_database
from tests.support.desks.policies import unhurried
from tests.support.harness.kept_work import put_empty_database


def _environment(folder: Path, **options: object) -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(folder), **options)


def test_given_a_database_that_was_copied_when_looked_at_then_it_has_the_schema_of_this_program_and_is_its_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        database = open_database(put_empty_database(tmp_path / name))
        assert migrate.revision(database) == migrate.head()
        with database.writing.begin() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM contacts").scalar() == 0
            connection.exec_driver_sql("DROP TABLE contacts")
        database.close()


def test_given_a_template_when_its_text_or_an_option_changes_then_it_is_compiled_anew(tmp_path: Path) -> None:
    file = tmp_path / "a.j2"
    file.write_text("\n  {% if 1 %}\n<{{ x }}>{% endif %}")
    shown = [_environment(tmp_path, **options).get_template("a.j2").render(x="&") for options in ({}, {"autoescape": True}, {})]
    assert shown == ["\n  \n<&>", "\n  \n<&amp;>", "\n  \n<&>"]
    assert _environment(tmp_path, trim_blocks=True, lstrip_blocks=True).get_template("a.j2").render(x="&") == "\n<&>"
    file.write_text("new {{ x }}")
    assert _environment(tmp_path).get_template("a.j2").render(x="&") == "new &"


def test_given_a_template_that_cannot_be_compiled_when_asked_for_twice_then_each_time_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_text("{% if %}")
    for _ in range(2):
        with pytest.raises(jinja2.TemplateSyntaxError):
            _environment(tmp_path).get_template("a.j2")


def test_given_a_policy_when_its_text_or_our_addresses_change_then_it_is_read_anew() -> None:
    own, forward = (
        frozenset({"support@firma.example"}),
        "  - {name: on, when: {subject: {matches: faktura}}, then: forward, to: support@firma.example}\n",
    )
    assert policy_of(shipped(), own, "a").notices.window != policy_of(unhurried(), own, "a").notices.window
    forwarding = shipped().replace("\nrules:\n", f"\nrules:\n{forward}").replace("destinations: []", "destinations: [firma.example]")
    assert policy_of(forwarding, frozenset(), "a").rules[0].forward_to == "support@firma.example"
    for _ in range(2):
        with pytest.raises(PolicyError, match=r"support@firma\.example"):
            policy_of(forwarding, own, "a")


def test_given_a_policy_that_fails_its_own_test_when_read_twice_then_each_time_it_says_so_and_what_passes_is_not_in_its_way() -> None:
    expecting = "\n  - {name: mine, expect: discard}\n"
    failing = shipped().rstrip() + expecting
    for _ in range(2):
        assert policy_of(shipped(), frozenset(), "a", tested=True).rules
        with pytest.raises(PolicyError, match="fails its own test mine"):
            policy_of(failing, frozenset(), "a", tested=True)


def test_given_a_policy_whose_test_reads_a_mail_when_that_changes_then_the_new_one_counts(tmp_path: Path) -> None:
    text = shipped().rstrip() + "\n  - {name: mine, mail: m.eml, expect: redirect}\n"
    for subject in ("one", "two"):
        (tmp_path / "m.eml").write_bytes(f"From: a@b.example\r\nTo: support@firma.example\r\nSubject: {subject}\r\n\r\nHei\r\n".encode())
        assert policy_of(text, frozenset(), "a", folder=tmp_path).examples[-1].mail.subject == subject


def test_given_a_statement_when_two_databases_run_it_then_each_answers_for_itself(tmp_path: Path) -> None:
    for name in ("a", "b"):
        database, texts = open_database(put_empty_database(tmp_path / name)), list[str]()
        event.listen(database.reading, "before_cursor_execute", lambda *given, texts=texts: texts.append(given[2]))
        with database.reading.connect() as connection:
            found = [connection.scalar(select(literal(value))) for value in (name, name * 2)]
        assert (found, len(texts)) == ([name, name * 2], 2)
        database.close()
