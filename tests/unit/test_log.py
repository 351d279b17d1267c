"""The log: lines that cannot be broken, no secrets, no floods, and no way to stop the service."""

from __future__ import annotations

import io
import json
import sys

import pytest

from mailgate import log


def _entries(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_given_a_change_of_state_when_logged_then_it_is_one_object_on_one_line(lines: io.StringIO) -> None:
    log.get("intake").info("processed", journal_id="019", case_key="SUP-1", size_bytes=7, late=None)
    (entry,) = _entries(lines)
    assert entry.pop("at")
    assert entry == {
        "event": "processed",
        "level": "info",
        "part": "intake",
        "journal_id": "019",
        "case_key": "SUP-1",
        "size_bytes": 7,
        "late": None,
    }


@pytest.mark.parametrize(
    "text",
    [
        'a\r\n{"event": "forged"}', "a\x1b[2Jb", "a\x00b", "a\x9b31mb", "a\u2028b", "a\u202eb", "a\ud800b", "a\x7fb", "a\tb", '"}{', "\\n",
    ],
)  # fmt: skip
def test_given_hostile_text_when_logged_then_it_stays_on_its_line_and_out_of_the_terminal(lines: io.StringIO, text: str) -> None:
    log.get("x").info("took", address=text, found=[text])
    written = lines.getvalue()
    assert written.count("\n") == 1
    assert written.rstrip("\n").isprintable()
    assert len(_entries(lines)) == 1


def test_given_hostile_names_when_logged_then_they_are_harmless_too(lines: io.StringIO) -> None:
    log.get("x").info("took\n", **{"a\nb": 1})
    assert lines.getvalue().count("\n") == 1


@pytest.mark.parametrize("form", ["json", "console"])
def test_given_secrets_and_bodies_when_logged_then_they_are_not_written(form: str) -> None:
    stream = io.StringIO()
    log.configure("info", form, stream)
    token = "aeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaq"
    hidden = dict.fromkeys(("password", "smarthost_password", "token", "Authorization", "body", "raw", "text"), "geheim")
    errors = {"url": "redis://:geheim@h/0", "error": ValueError("amqp://user:geheim@h/ refused"), "content": ["geheim"]}
    log.get("x").info("sent", address=f"support+{token}@firma.test", **hidden, **errors)
    log.configure("warning", "console")
    assert "sent" in stream.getvalue()
    assert "geheim" not in stream.getvalue()
    assert token not in stream.getvalue()


def test_given_a_long_value_when_logged_then_it_is_cut(lines: io.StringIO) -> None:
    log.get("x").info("took", subject="a" * 100_000, recipients=["b"] * 1_000)
    assert len(lines.getvalue()) < 2_000


def test_given_one_failure_ten_thousand_times_when_logged_then_the_log_stays_short_and_says_so(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(log, "monotonic_s", lambda: now[0])
    for _ in range(10_000):
        log.get("x").error("broken")
    log.get("x").error("other")
    now[0] = log.SAMPLE_WINDOW_S
    log.get("x").error("broken")
    entries = _entries(lines)
    assert [entry["event"] for entry in entries] == ["broken"] * log.SAMPLE_BURST + ["other", "broken"]
    assert entries[-1]["left_out"] == 10_000 - log.SAMPLE_BURST


def test_given_many_changes_of_state_when_logged_then_none_is_left_out(lines: io.StringIO) -> None:
    for number in range(100):
        log.get("x").info("processed", journal_id=str(number))
    assert len(_entries(lines)) == 100


class _Broken(io.StringIO):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, _text: str) -> int:
        raise self._error


@pytest.mark.parametrize("error", [BrokenPipeError(32, "pipe"), OSError(28, "No space left on device"), ValueError("closed file")])
def test_given_a_stream_that_cannot_be_written_when_logged_then_the_service_goes_on(error: Exception) -> None:
    log.configure("info", "json", _Broken(error))
    log.get("x").error("broken")
    log.configure("warning", "console")


def test_given_no_standard_error_at_all_when_logged_then_the_service_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    log.get("x").error("broken")


def test_given_a_level_when_less_is_logged_then_nothing_is_written() -> None:
    stream = io.StringIO()
    log.configure("error", "json", stream)
    log.get("x").warning("slow")
    log.configure("warning", "console")
    assert stream.getvalue() == ""


@pytest.mark.parametrize(("colours", "is_coloured"), [(True, True), (False, False)])
def test_given_a_terminal_when_colours_are_not_wanted_then_the_console_has_none(colours: bool, is_coloured: bool) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    try:
        log.configure("info", "console", terminal, colours=colours)
        log.get("test").info("happened", key="SUP-1")
    finally:
        log.configure("warning", "console")
    assert ("\x1b" in terminal.getvalue()) == is_coloured
