"""An OAuth 2.0 token endpoint over HTTPS on 127.0.0.1, for tests: real sockets, own thread. Tokens end when told or after some uses."""

from __future__ import annotations

import json
import secrets
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class OAuthServer:
    """`with OAuthServer(context) as server: server.url`. Grants: client_credentials, refresh_token (which rotates)."""

    def __init__(self, tls: ssl.SSLContext, *, client: tuple[str, str] = ("mailgate", "s3cret"), expires_in: int = 3600) -> None:
        self.client, self.expires_in = client, expires_in
        self.refresh_token = "refresh-0"
        self.uses_left: int | None = None
        self.requests: list[dict[str, str]] = []
        self.down = False
        self.redirect_to = ""
        self._valid: set[str] = set()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}/token"

    def __enter__(self) -> OAuthServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def accepts(self, token: str) -> bool:
        """What the mail server asks: is this token good? Counts as a use."""
        with self._lock:
            if token not in self._valid:
                return False
            if self.uses_left is not None:
                self.uses_left -= 1
                if self.uses_left < 0:
                    self._valid.clear()
                    return False
            return True

    def revoke_all(self) -> None:
        """Every token that is out is bad from now on."""
        with self._lock:
            self._valid.clear()

    def answer(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Status and JSON for one request."""
        with self._lock:
            self.requests.append(form)
            if self.down:
                return 503, {"error": "temporarily_unavailable"}
            if (form.get("client_id"), form.get("client_secret")) != self.client:
                return 401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
            more: dict[str, object] = {}
            if form.get("grant_type") == "refresh_token":
                if form.get("refresh_token") != self.refresh_token:
                    return 400, {"error": "invalid_grant"}
                self.refresh_token = f"refresh-{len(self.requests)}"
                more["refresh_token"] = self.refresh_token
            token = secrets.token_urlsafe(24)
            self._valid.add(token)
            return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in, **more}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
                status, body = server.answer({name: values[0] for name, values in parse_qs(raw).items()})
                if server.redirect_to:
                    self.send_response(307)
                    self.send_header("Location", server.redirect_to)
                    self.end_headers()
                    return
                octets = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
