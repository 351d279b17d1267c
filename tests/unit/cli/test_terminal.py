"""No escape and no bidirectional control of a mail or of a path reaches a terminal."""

from __future__ import annotations

import io
import json
import re
import sys

import pytest

from mailgate import cli
from mailgate.cli.terminal import GuardedStream, shown

SIGNS = "\x1b[31m\x07\x9b\u202e\u061c\u2066"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
MAIL = f"From: Ola{SIGNS} <ola@kunde.example>\nSubject: Sak{SIGNS}\nContent-Type: text/plain; charset=utf-8\n\nHei {SIGNS}\n"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_12_12_given_a_mail_and_a_path_that_steer_when_parsed_then_nothing_of_it_reaches_the_terminal(tmp_path, capfd, options):
    path = tmp_path / f"a{SIGNS}.eml"
    path.write_text(MAIL, encoding="utf-8")
    assert cli.main(["parse", *options, str(path), str(tmp_path / f"missing{SIGNS}.eml")]) == 2
    said = capfd.readouterr()
    assert STEERING.search(said.out + said.err) is None
    if options:
        assert json.loads(said.out)["text"].startswith("Hei ")


def test_12_12_given_an_unknown_verb_that_steers_when_refused_then_it_is_shown_escaped(capfd):
    assert cli.main([f"x{SIGNS}"]) == 2
    assert STEERING.search(capfd.readouterr().err) is None


def test_12_12_given_a_stream_that_is_no_terminal_when_written_then_every_escape_is_shown():
    stream = io.StringIO()
    GuardedStream(stream).write(f"a{SIGNS}\n\tb")
    assert stream.getvalue() == shown(f"a{SIGNS}") + "\n\tb"
    assert json.loads('"' + stream.getvalue().partition("\n")[0] + '"') == f"a{SIGNS}"


class Screen(io.StringIO):
    """A terminal, as far as it says so."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("command", ["explain", "policy check", "init"])
def test_12_12_given_a_terminal_and_a_path_that_steers_when_shown_then_it_is_escaped(tmp_path, monkeypatch, command):
    """Colours of our own passed to a terminal, and so did a path's."""
    out, err = Screen(), Screen()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    path = tmp_path / f"a{SIGNS}"
    if command != "init":
        path.write_text(MAIL, encoding="utf-8")
    cli.main([*command.split(), str(path)])
    said = out.getvalue() + err.getvalue()
    assert "\\u001b[31m" in said
    assert STEERING.search(said) is None
