"""Metrics, health and readiness. In: counts from the edges, and gauges from the database. Out: HTTP for Prometheus and health checks.

Counters belong to this process and begin at 0 with it; gauges are read from the database at each scrape and are the same from each process
(except those of the policy, which show the version that this process uses).
Nothing here may slow or stop a mail. No address, subject or id is ever a label.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from platform import python_version
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from mailgate import __version__, log
from mailgate.errors import ConfigError, MailgateError

MAX_REASONS = 60
OTHER = "other"
DATABASE_UP = "1 while the database answers at a scrape; 0: the gauges that it would say are left out"
BUILD = "the program and the Python that it runs on"
REQUEST_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class MetricHelp:
    """The help text of a metric, and its one label; "" for none."""

    text: str
    label: str = ""


COUNTERS: Mapping[str, MetricHelp] = {
    "accepted": MetricHelp("mails answered with 250, resent ones not counted"),
    "duplicates": MetricHelp("resent mails that were known already and answered with 250"),
    "refused": MetricHelp("commands and mails refused with 4yz or 5yz", "reason"),
    "connections": MetricHelp("connections accepted"),
    "faults": MetricHelp("unexpected errors, by the stage that caught them", "reason"),
    "processed": MetricHelp("mails that intake has finished, by state", "state"),
    "postponed": MetricHelp("mails that intake put back behind others: verifying (slow DNS), reading (expensive mail)", "reason"),
    "shadow_hits": MetricHelp("mails that a shadow rule matched, by rule", "reason"),
    "degraded": MetricHelp("mails whose reading was cut short by time or memory; they are kept and visible"),
    "shunted": MetricHelp("mails shunted because our code failed on them"),
    "sent": MetricHelp("mails that the smarthost has taken"),
    "captured": MetricHelp("mails captured instead of sent (outbound.delivery = capture)"),
    "deferred": MetricHelp("attempts that the smarthost deferred"),
    "failed": MetricHelp("mails that failed for good"),
    "uncertain": MetricHelp("mails whose final reply was lost"),
    "answers": MetricHelp("automatic answers that were allowed"),
    "templates_broken": MetricHelp("mails and starts for which a template of your own was passed over for the built-in one", "reason"),
    "policy_unreadable": MetricHelp("policy versions that were activated and cannot be read by this program; the last good one decides"),
    "answers_refused": MetricHelp("automatic answers not given", "reason"),
    "muted": MetricHelp("comments that notify nobody, since mail changed their case too often"),
    "notes_muted": MetricHelp("machine notes that stay off their case, since mail changed it too often"),
    "capped": MetricHelp("cases and forwarded mails held, and team mails left out, by a cap", "reason"),
    "delivery_reports": MetricHelp("reports about our mail, by their verdict on the address (hard, soft, ...) or on the mail", "reason"),
    "suppressed": MetricHelp("addresses that get no more mail, by cause", "reason"),
}
GAUGES: Mapping[str, MetricHelp] = {
    "pending": MetricHelp("accepted mails that intake has not finished"),
    "oldest_pending_age_s": MetricHelp("age in seconds of the oldest of them"),
    "held": MetricHelp("held mails, which wait for a person"),
    "oldest_held_age_s": MetricHelp("age in seconds of the oldest of them"),
    "shunted_waiting": MetricHelp("shunted mails"),
    "notices_due": MetricHelp("notices that are not rendered yet"),
    "outbox_due": MetricHelp("mails that wait to be sent"),
    "oldest_outbox_age_s": MetricHelp("longest wait of one of them in seconds: for its first try, or beyond the time of its next one"),
    "oldest_urgent_outbox_age_s": MetricHelp("the same of mail about accounts, automatic answers, and mail that asks for an answer"),
    "policy_version": MetricHelp("number of the policy version that this process uses; 0: not a stored one"),
    "policy_behind": MetricHelp("1 while this process cannot read the active version"),
    "outbox_uncertain": MetricHelp("mails whose final reply was lost, not yet resolved by an operator"),
}
HISTOGRAMS: Mapping[str, MetricHelp] = {
    "accept_to_decided_s": MetricHelp("seconds from 250 to the decision, of mails that intake has finished"),
    "made_to_sent_s": MetricHelp("seconds from the making of a mail to the smarthost's 250"),
}
BUCKETS_S = (0.5, 1, 2, 5, 15, 60, 300, 900, 3600, 14400)
HEARTBEATS: Mapping[str, MetricHelp] = {
    "heartbeat_at_s": MetricHelp("when a stage of this process last got on or ended a run well, in seconds since 1970", "stage"),
    "smarthost_at_s": MetricHelp(
        "when this process last got the smarthost's answer about a mail (answered), or found that it takes none (failing), since 1970",
        "found",
    ),
}
Check = Callable[[], Mapping[str, bool]]
"""Says which parts work, by name. Must answer within seconds."""

_log = log.get("metrics")


class Registry:
    """The metrics of one process. `count` is the whole interface for the edges."""

    def __init__(self) -> None:
        self._prometheus = CollectorRegistry(auto_describe=False)
        self._counters = {name: self._counter(name, meaning) for name, meaning in COUNTERS.items()}
        self._reasons: dict[str, set[str]] = {name: set() for name in COUNTERS}
        self._lock = threading.Lock()
        self._histograms = {
            name: Histogram(f"mailgate_{name}", meaning.text, registry=self._prometheus, buckets=BUCKETS_S)
            for name, meaning in HISTOGRAMS.items()
        }
        self._heartbeats = {
            name: Gauge(f"mailgate_{name}", meaning.text, [meaning.label], registry=self._prometheus)
            for name, meaning in HEARTBEATS.items()
        }
        Info("mailgate_build", BUILD, registry=self._prometheus).info({"version": __version__, "python": python_version()})
        ProcessCollector(registry=self._prometheus, namespace="mailgate")

    def _counter(self, name: str, meaning: MetricHelp) -> Counter:
        return Counter(f"mailgate_{name}", meaning.text, [meaning.label] if meaning.label else [], registry=self._prometheus)

    def count(self, name: str, reason: str = "", amount: int = 1) -> None:
        """Add to a counter of `COUNTERS` (KeyError for others). `reason` is a short name; beyond MAX_REASONS it counts as `other`."""
        counter = self._counters[name]
        if COUNTERS[name].label:
            counter.labels(self._bounded(name, reason)).inc(amount)
        else:
            counter.inc(amount)

    def observe(self, name: str, seconds: float) -> None:
        """Add a duration to one of `HISTOGRAMS` (KeyError for others)."""
        self._histograms[name].observe(max(0.0, seconds))

    def beat(self, name: str, label: str) -> None:
        """Set one of `HEARTBEATS` (KeyError for others) to now. `label`: one of a few names of ours."""
        self._heartbeats[name].labels(label).set_to_current_time()

    def gauges_from(self, read: Callable[[], Mapping[str, float]]) -> None:
        """Ask `read` for the values of `GAUGES` at each scrape. A MailgateError leaves them out and shows as `mailgate_database_up 0`."""
        self._prometheus.register(_Gauges(read))

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._prometheus)

    def _bounded(self, name: str, reason: str) -> str:
        known, label = self._reasons[name], reason[:60] or OTHER
        if label in known:
            return label
        with self._lock:
            if len(known) >= MAX_REASONS:
                return OTHER
            known.add(label)
        return label


class _Gauges(Collector):
    """What the database says at the time of the scrape."""

    def __init__(self, read: Callable[[], Mapping[str, float]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        try:
            values = self._read()
        except MailgateError as error:
            _log.warning("gauges_unreadable", error=str(error))
            yield GaugeMetricFamily("mailgate_database_up", DATABASE_UP, value=0)
            return
        yield GaugeMetricFamily("mailgate_database_up", DATABASE_UP, value=1)
        for name, value in values.items():
            yield GaugeMetricFamily(f"mailgate_{name}", GAUGES[name].text, value=value)


class Server:
    """Serves /metrics, /health and /ready. Binds at once (raises ConfigError when it cannot); `start`, then `close`."""

    def __init__(self, host: str, port: int, registry: Registry, health: Check, ready: Check) -> None:
        handler = type("Handler", (_Handler,), {"registry": registry, "checks": {"/health": health, "/ready": ready}})
        try:
            kind = type("HttpServer", (_HttpServer,), {"address_family": _family(host)})
            self._http: ThreadingHTTPServer = kind((host, port), handler)
        except OSError as error:
            hint = "is another process of mailgate using it? Give each its own metrics.listen, or set it to []"
            raise ConfigError(f"metrics.listen {host}:{port} cannot be bound: {error.strerror}", hint=hint) from None
        self._thread = threading.Thread(target=self._http.serve_forever, name="metrics", daemon=True)

    @property
    def port(self) -> int:
        """The port that is bound."""
        return int(self._http.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering and free the port."""
        if self._thread.is_alive():
            self._http.shutdown()
        self._http.server_close()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up or speaks no HTTP is not logged."""


class _Handler(BaseHTTPRequestHandler):
    registry: Registry
    checks: Mapping[str, Check]
    timeout = REQUEST_TIMEOUT_S
    server_version = "mailgate"
    sys_version = ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(200, self.registry.text(), "text/plain; version=0.0.4; charset=utf-8")
        elif path in self.checks:
            found = self.checks[path]()
            lines = "".join(f"{name} {'ok' if good else 'FAILED'}\n" for name, good in found.items())
            self._answer(200 if all(found.values()) else 503, lines.encode() or b"ok\n", "text/plain; charset=utf-8")
        else:
            self._answer(404, b"there are /metrics, /health and /ready\n", "text/plain; charset=utf-8")

    def _answer(self, status: int, content: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are not worth a line."""


def _family(host: str) -> int:
    from socket import AF_INET, AF_INET6

    try:
        return AF_INET6 if ip_address(host).version == 6 else AF_INET
    except ValueError:
        return AF_INET


disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = Registry()
count = REGISTRY.count
"""`count(name, reason="", amount=1)` on the metrics of this process."""
observe = REGISTRY.observe
"""`observe(name, seconds)` on the metrics of this process."""
beat = REGISTRY.beat
"""`beat(name, label)` on the metrics of this process."""
