"""Work that the tests do once gives what doing it again would give."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from mailgate.store import migrate
from mailgate.store.database import open_database
from tests.support.kept_work import put_empty_database


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
