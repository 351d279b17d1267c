"""The access log: a line per request, and nothing in it that opens anything."""

from __future__ import annotations

import io
import json
from ipaddress import ip_network
from pathlib import Path

from mailgate.web.app import WebOptions
from tests.support.desks.crawl import OWN, make_scene
from tests.support.desks.office import open_office
from tests.support.desks.site import PASSWORD, Visitor, serve


def test_given_requests_when_answered_then_each_leaves_a_line_without_a_token(tmp_path: Path, lines: io.StringIO) -> None:
    options = WebOptions(trusted=(ip_network("127.0.0.0/8"),))
    with open_office(tmp_path) as office, serve(office.app, options) as port:
        scene = make_scene(office)
        token, session = scene.token("/password/"), scene.session("reporter")
        who = Visitor(port, {"session": session})
        who.get(f"/browse/{OWN}?text=hemmelig")
        far = Visitor(port)
        far.get(f"/password/{token}", **{"X-Forwarded-For": "203.0.113.7"})
        far.get(f"/pasword/{token}")
        far.get(f"/password/{token}/cut")
        far.get("/health")
        far.submit(far.get("/login"), "/login", {"name": "reporter", "password": PASSWORD})
    logged = [one for one in map(json.loads, lines.getvalue().splitlines()) if one["event"] == "request"]
    assert [(one["method"], one["path"], one["status"]) for one in logged] == [
        ("GET", f"/browse/{OWN}", 200),
        ("GET", "/password/…", 200),
        ("GET", "/pasword/…", 404),
        ("GET", "/password/…/cut", 404),
        ("GET", "/login", 200),
        ("POST", "/login", 303),
    ]
    assert logged[1]["client"] == "203.0.113.7"
    for secret in (token, session, far.cookies["session"], PASSWORD, "hemmelig"):
        assert secret not in lines.getvalue()
