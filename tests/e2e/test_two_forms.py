"""From SMTP to the decision: a mail whose text and HTML say different things is marked, and rules see both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.processes.gateway import Gateway
from tests.support.processes.smtp_client import MailServer, SampleMail

POLICY = """
rules:
  - {name: asked_in_text, when: {text: {matches: 'ordet bokhylle'}}, then: hold}
  - {name: asked_in_reply, when: {reply.text: {matches: 'ordet gresshoppe'}}, then: hold}
  - {name: default, when: always, then: discard}
"""
SAME = "Hei, kan dere sende oss en ny faktura for oktober, takk."
OTHER = "Vi vil gjerne at dere sletter alle avtaler, og ordet {} er med her."


def two_forms(number: int, plain: str, html: str) -> SampleMail:
    """A mail with both forms of a text."""
    fields = ("From: kari@kunde.test", "To: support@firma.test", f"Subject: {number}", f"Message-ID: <{number}@kunde.test>")
    fields += ("MIME-Version: 1.0", 'Content-Type: multipart/alternative; boundary="b"', "", "")
    forms = (("plain", plain), ("html", html))
    parts = "".join(f"--b\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n{text}\r\n" for kind, text in forms)
    raw = "\r\n".join(fields) + parts + "--b--\r\n"
    return SampleMail(raw.encode(), ("support@firma.test",), "kari@kunde.test")


@pytest.mark.parametrize("mode", ["off", "header", "verify"])
def test_12_11_given_a_mail_that_says_two_things_when_it_comes_by_smtp_then_it_is_marked_and_rules_see_both(
    tmp_path: Path, mode: str
) -> None:
    intake = {"authentication": mode, **({"authserv_ids": ["mx.firma.test"]} if mode == "header" else {"dns_servers": ["127.0.0.1:9"]})}
    with Gateway(tmp_path, f"sqlite:///{tmp_path}/mailgate.db", settings={"intake": {**intake, "lease_s": 5.0}}, preloaded=True) as gateway:
        (tmp_path / "first-policy.yaml").write_text(POLICY, encoding="utf-8")
        gateway.start("run")
        server = MailServer(gateway.port)
        forms = {
            "asked_in_text": (SAME, f"<p>{OTHER.format('bokhylle')}</p>"),
            "asked_in_reply": (SAME, f"<p>{OTHER.format('gresshoppe')}</p>"),
            "default": (SAME, f"<p>{SAME}</p>"),
        }
        sent = {rule: server.send(two_forms(number, *texts)) for number, (rule, texts) in enumerate(forms.items())}
        gateway.settled()
        found = {rule: json.loads(gateway.cli("journal", "show", "--json", one.journal_id)) for rule, one in sent.items()}
    assert {rule: entry["rule"] for rule, entry in found.items()} == {rule: rule for rule in forms}
    assert {rule: "alternatives_differ" in entry["defects"] for rule, entry in found.items()} == {rule: rule != "default" for rule in forms}
