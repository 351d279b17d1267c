"""The pages as a process: uvicorn over the ASGI app. In: settings. Out: HTTP until stopped. The only user of uvicorn.

A page never shares the listener's event loop or interpreter.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue
from types import FrameType

import uvicorn

from mailgate import log
from mailgate.application.app import App
from mailgate.config import Endpoint, Settings
from mailgate.errors import ConfigError
from mailgate.inbound.smtp.tls import renew, server_context
from mailgate.runtime import bootstrap, reloading, service_manager
from mailgate.runtime.patient_http import Clients, PatientProtocol
from mailgate.web.app import WebOptions, make_app

KEEP_ALIVE_S = 75
START_S = 30.0

_log = log.get("web")


def serve_pages(settings: Settings, started: Callable[[str], None] = lambda _address: None) -> None:
    """Serve until SIGTERM or SIGINT. Raises ConfigError when there is no address or it cannot be bound."""
    if not settings.web.listen:
        raise ConfigError("web.listen is empty: there is nothing to serve", hint="give it an address, such as 127.0.0.1:8080")
    _check_certificate(settings)
    with bootstrap.application(settings) as app:
        server = _Server(web_config(_site(app), settings), settings, started)
        server.run()
        if server.failed:
            address = settings.web.listen[0]
            raise ConfigError(f"web.listen {address} cannot be bound", hint="is another process using it? Set another web.listen, or []")


def _check_certificate(settings: Settings) -> None:
    """Raise ConfigError for files that uvicorn would fail on without a word about which. They stop the pages alone, never the mail."""
    web = settings.web
    if web.tls_cert:
        server_context(str(web.tls_cert), str(web.tls_key or web.tls_cert))
    elif web.tls_key:
        raise ConfigError("web.tls_key has no certificate", hint="set web.tls_cert: without it passwords would travel in plain text")


@contextlib.contextmanager
def pages_in_thread(settings: Settings) -> Iterator[str]:
    """Serve in a thread of this process while the block runs; their address as host:port. For the demo, which has nobody else to serve."""
    with bootstrap.application(settings) as app:
        listening: SimpleQueue[str] = SimpleQueue()
        server = _Server(web_config(_site(app), settings), settings, listening.put)
        thread = threading.Thread(target=server.run, name="pages", daemon=True)
        thread.start()
        try:
            yield listening.get(timeout=START_S)
        finally:
            server.should_exit = True
            thread.join(START_S)


def _site(app: App) -> object:
    """The ASGI app. An empty database gets its first policy here, as in every process that serves."""
    app.policies.current()
    return make_app(app, WebOptions(app.settings.web.trusted_proxies, app.settings.web.threads))


def web_config(app: object, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves the application."""
    web, address = settings.web, settings.web.listen[0]
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=partial(PatientProtocol, clients=Clients(web.trusted_proxies)),  # type: ignore[arg-type]
        host=address.host, port=address.port, log_config=None, access_log=False, server_header=False, proxy_headers=False,
        loop="asyncio", timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=int(web.stop_timeout_s) or 1, lifespan="off",
        ssl_certfile=str(web.tls_cert) if web.tls_cert else None, ssl_keyfile=str(web.tls_key) if web.tls_key else None,
    )  # fmt: skip


class _Server(uvicorn.Server):
    """Signals when it listens, or that it could not."""

    def __init__(self, config: uvicorn.Config, settings: Settings, on_listening: Callable[[str], None]) -> None:
        super().__init__(config)
        self._settings = settings
        self._reloads = set[asyncio.Task[None]]()
        self._on_listening, self.failed = on_listening, False

    def run(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Serve; a port that cannot be bound is an error of ours and not the end of the interpreter."""
        try:
            super().run(sockets)  # type: ignore[arg-type]
        except SystemExit:
            self.failed = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End with exit code 0 when told to, as the others do; uvicorn would raise the signal again. A second SIGINT ends at once."""
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen, then say where."""
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            self._begin_signals()
            port = self.servers[0].sockets[0].getsockname()[1]
            host = self.config.host
            _log.info("started", listening=f"{host}:{port}")
            self._on_listening(str(Endpoint(host, port)))

    def _begin_signals(self) -> None:
        """Tell systemd, and take in certificate and log level at SIGHUP, also at one that came while we started.

        In a thread of another program there is neither.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._begin_reload)
        reloading.ready_to_reload()
        self._alive = loop.create_task(service_manager.keep_alive())
        service_manager.tell("READY=1")

    def _begin_reload(self) -> None:
        """Files are read in a thread: pages go on meanwhile."""
        task = asyncio.get_running_loop().create_task(asyncio.to_thread(self._reload))
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    def _reload(self) -> None:
        use = self._use_certificate if self.config.ssl else None
        reloading.reload(self._settings, ("web.tls_cert", "web.tls_key"), use)

    def _use_certificate(self, certificate_file: str, key_file: str) -> None:
        assert self.config.ssl is not None, "asked for with a certificate alone"
        renew(self.config.ssl, certificate_file, key_file)
