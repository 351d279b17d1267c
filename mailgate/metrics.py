"""Metrics, health and readiness. In: counts from the edges, and what the database says when asked. Out: HTTP for Prometheus and watchers.

Counters are of this process and begin at 0 with it; gauges are asked of the database at each scrape and are the same from each process
(but for those of the policy, which say how far this one has followed).
Nothing here may slow or stop a mail. No address, subject or id is ever a label.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

from prometheus_client import CollectorRegistry, Counter, ProcessCollector, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from mailgate import log
from mailgate.errors import ConfigError, MailgateError

MAX_REASONS = 60
OTHER = "other"
REQUEST_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a metric says. `label` is the one label that it has, "" for none."""

    text: str
    label: str = ""


COUNTERS: Mapping[str, Meaning] = {
    "accepted": Meaning("mails answered with 250, resent ones not counted"),
    "duplicates": Meaning("resent mails that were known and answered with 250"),
    "refused": Meaning("commands and mails refused with 4yz or 5yz", "reason"),
    "connections": Meaning("connections taken"),
    "faults": Meaning("errors that nobody foresaw, by the door that caught them", "reason"),
    "processed": Meaning("mails that intake has finished, by state", "reason"),
    "shadow_hits": Meaning("mails that a rule on trial (shadow) would have taken, by rule", "reason"),
    "degraded": Meaning("mails whose reading was cut short by time or memory; they are kept and visible"),
    "shunted": Meaning("mails set aside because our code failed on them"),
    "sent": Meaning("mails that the smarthost has taken"),
    "captured": Meaning("mails kept instead of sent (outbound.delivery = capture)"),
    "deferred": Meaning("tries that the smarthost put off"),
    "failed": Meaning("mails given up"),
    "uncertain": Meaning("mails whose final answer was lost"),
    "answers": Meaning("automatic answers ordered"),
    "policy_unreadable": Meaning(
        "versions of the policy that came into force and that this program cannot read; the last good one decides"
    ),
    "answers_refused": Meaning("automatic answers not given", "reason"),
    "muted": Meaning("comments kept in silence, since mail changed their case too often"),
    "capped": Meaning("cases and forwarded mails that are held, and team mails left out, since there were too many", "reason"),
    "delivery_reports": Meaning("reports on mail of ours, by what they say of the address (hard, soft, ...) or of the mail", "reason"),
    "suppressed": Meaning("addresses that get no more mail, by cause", "reason"),
}
GAUGES: Mapping[str, Meaning] = {
    "pending": Meaning("accepted mails that intake has not finished"),
    "oldest_pending_age_s": Meaning("age in seconds of the oldest of them"),
    "held": Meaning("mails that wait for a person"),
    "shunted_waiting": Meaning("mails that are set aside"),
    "notices_due": Meaning("notices that are not rendered yet"),
    "outbox_due": Meaning("mails that wait to be sent"),
    "oldest_outbox_age_s": Meaning("age in seconds of the oldest of them"),
    "policy_version": Meaning("number of the version of the policy by which this process decides; 0: none that is stored"),
    "policy_behind": Meaning("1 while the version in force is one that this process cannot read"),
    "outbox_uncertain": Meaning("mails whose final answer was lost, and that nobody has looked at"),
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
        ProcessCollector(registry=self._prometheus, namespace="mailgate")

    def _counter(self, name: str, meaning: Meaning) -> Counter:
        return Counter(f"mailgate_{name}", meaning.text, [meaning.label] if meaning.label else [], registry=self._prometheus)

    def count(self, name: str, reason: str = "", amount: int = 1) -> None:
        """Add to a counter of `COUNTERS` (KeyError for others). `reason` is a short name; beyond MAX_REASONS it counts as `other`."""
        counter = self._counters[name]
        if COUNTERS[name].label:
            counter.labels(self._bounded(name, reason)).inc(amount)
        else:
            counter.inc(amount)

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
            yield GaugeMetricFamily("mailgate_database_up", "whether the database answers", value=0)
            return
        yield GaugeMetricFamily("mailgate_database_up", "whether the database answers", value=1)
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
        """A watcher that hangs up or speaks no HTTP is no news."""


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
