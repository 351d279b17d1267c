"""Metrics, health and readiness over real HTTP."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from mailgate import __version__, metrics
from mailgate.errors import ConfigError, StoreUnavailable
from mailgate.metrics import COUNTERS, GAUGES, MAX_REASONS, Registry, Server

GOOD: Mapping[str, bool] = {"process": True}


@contextmanager
def _serving(registry: Registry, ready: Mapping[str, bool] = GOOD) -> Iterator[str]:
    server = Server("127.0.0.1", 0, registry, lambda: GOOD, lambda: ready)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.close()


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_given_counts_when_scraped_then_they_are_there() -> None:
    registry = Registry()
    registry.count("accepted")
    registry.count("refused", "unknown_recipient")
    registry.count("shunted", amount=3)
    with _serving(registry) as url:
        status, text = _get(f"{url}/metrics")
    assert status == 200
    assert "\nmailgate_accepted_total 1.0\n" in text
    assert '\nmailgate_refused_total{reason="unknown_recipient"} 1.0\n' in text
    assert "\nmailgate_shunted_total 3.0\n" in text
    assert "mailgate_process_resident_memory_bytes" in text


def test_given_durations_and_runs_when_scraped_then_buckets_heartbeat_and_build_are_there() -> None:
    registry = Registry()
    registry.observe("accept_to_decided_s", 3)
    registry.beat("heartbeat_at_s", "intake")
    text = registry.text().decode()
    assert 'mailgate_accept_to_decided_s_bucket{le="2.0"} 0.0\n' in text
    assert 'mailgate_accept_to_decided_s_bucket{le="5.0"} 1.0\n' in text
    assert 'mailgate_heartbeat_at_s{stage="intake"} 1.' in text
    assert f'version="{__version__}"' in text


def test_given_an_unknown_name_when_counted_then_it_is_an_error() -> None:
    with pytest.raises(KeyError):
        Registry().count("acepted")


def test_given_endless_reasons_when_counted_then_labels_are_few() -> None:
    registry = Registry()
    for number in range(MAX_REASONS * 3):
        registry.count("refused", f"reason {number}")
    text = registry.text().decode()
    assert text.count("mailgate_refused_total{") == MAX_REASONS + 1
    assert f'mailgate_refused_total{{reason="other"}} {MAX_REASONS * 2}.0' in text


def test_given_a_database_when_scraped_then_its_gauges_are_asked_for_each_time() -> None:
    registry, values = Registry(), dict.fromkeys(GAUGES, 0.0)
    registry.gauges_from(lambda: values)
    assert "\nmailgate_pending 0.0\n" in registry.text().decode()
    values["pending"] = 7.0
    text = registry.text().decode()
    assert "\nmailgate_pending 7.0\n" in text
    assert "\nmailgate_database_up 1.0\n" in text
    assert all(f"\nmailgate_{name} " in text for name in GAUGES)


def test_given_a_database_that_is_away_when_scraped_then_the_counters_are_there_and_it_shows() -> None:
    registry = Registry()

    def away() -> Mapping[str, float]:
        raise StoreUnavailable("the database is away")

    registry.gauges_from(away)
    text = registry.text().decode()
    assert "\nmailgate_database_up 0.0\n" in text
    assert "mailgate_accepted_total" in text
    assert "mailgate_pending" not in text


def test_given_a_part_that_fails_when_asked_then_it_is_not_ready_but_alive() -> None:
    with _serving(Registry(), {"database": False, "journal": True}) as url:
        assert _get(f"{url}/health") == (200, "process ok\n")
        assert _get(f"{url}/ready") == (503, "database FAILED\njournal ok\n")


def test_given_another_path_when_asked_then_404_says_what_there_is() -> None:
    with _serving(Registry()) as url:
        assert _get(f"{url}/etc/passwd") == (404, "there are /metrics, /health and /ready\n")


def test_given_garbage_on_the_port_when_it_comes_then_the_next_scrape_works(capfd: pytest.CaptureFixture[str]) -> None:
    with _serving(Registry()) as url:
        for words in (b"", b"\x16\x03\x01garbage", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", b"POST /metrics HTTP/1.1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 5) as connection:
                connection.sendall(words)
        assert _get(f"{url}/metrics")[0] == 200
    assert "Traceback" not in "".join(capfd.readouterr())


def test_given_a_port_in_use_when_bound_then_the_error_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match=r"cannot be bound.*own metrics\.listen"):
        Server("127.0.0.1", taken.getsockname()[1], Registry(), lambda: GOOD, lambda: GOOD)


def test_given_ipv6_when_bound_then_it_serves() -> None:
    server = Server("::1", 0, Registry(), lambda: GOOD, lambda: GOOD)
    server.start()
    assert _get(f"http://[::1]:{server.port}/health")[0] == 200
    server.close()


def test_given_the_process_registry_when_counted_then_every_documented_counter_can_be() -> None:
    for name, meaning in COUNTERS.items():
        metrics.REGISTRY.count(name, "test" if meaning.label else "", amount=0)
