"""What libraries say stands in our log: one line, no traceback, the same once in a while."""

from __future__ import annotations

import io
import json
import logging

from mailgate import library_log


def _logger() -> logging.Logger:
    found = logging.Logger("dramatiq.worker.ConsumerThread(mailgate)")
    found.addHandler(library_log.LibraryLog())
    return found


def test_given_a_broker_that_is_away_when_a_library_says_so_each_second_then_it_is_one_line(lines: io.StringIO) -> None:
    logger = _logger()
    for second in range(100):
        logger.critical("Consumer encountered a connection error: %s", f"refused at {second}")
    [line] = map(json.loads, lines.getvalue().splitlines())
    assert (line["event"], line["level"], line["part"]) == ("library_said", "warning", "dramatiq")
    assert line["said"] == "Consumer encountered a connection error: refused at 0"


def test_given_an_error_of_a_library_when_it_logs_the_trace_then_one_line_has_its_name_alone(lines: io.StringIO) -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        _logger().critical("Consumer encountered an unexpected error.", exc_info=True)
    [line] = map(json.loads, lines.getvalue().splitlines())
    assert line["error"] == "ValueError: odd"
    assert "Traceback" not in json.dumps(line)


def test_given_a_message_that_does_not_fit_its_values_when_logged_then_it_stands_as_it_is(lines: io.StringIO) -> None:
    _logger().warning("%d of %d", "one")
    assert json.loads(lines.getvalue())["said"] == "%d of %d"


def test_given_what_is_no_warning_when_logged_then_nothing_is_written(lines: io.StringIO) -> None:
    _logger().info("fine")
    assert lines.getvalue() == ""
