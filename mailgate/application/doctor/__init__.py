"""Check what the gateway depends on, and say what to do. In: settings. Out: findings, as they come. Changes nothing and sends no mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mailgate.application.access import Action
from mailgate.application.app import Installation
from mailgate.application.doctor import host, services
from mailgate.application.doctor.dns import SystemResolver, authenticity, dns_findings
from mailgate.application.doctor.findings import Finding, ok
from mailgate.application.doctor.listener import greetings
from mailgate.application.doctor.own_certificate import listener_certificate
from mailgate.application.doctor.pages import pages
from mailgate.application.doctor.policy import policy, retention
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded


@dataclass(frozen=True, slots=True)
class Examine:
    """All checks."""


@guarded(Action.DOCTOR_READ)
def examine(installation: Installation, _principal: Principal, _command: Examine) -> Iterator[Finding]:
    """Check what the gateway depends on. Each check that needs the database opens it: it may be away or of another schema."""
    settings, parts = installation.settings, installation.parts
    yield ok("settings", f"{settings.file or 'no file: the defaults'}, {len(settings.vault.token_keys)} token key(s)")
    yield from services.database(settings)
    yield from policy(settings, parts)
    yield from retention(settings, parts)
    yield from services.broker(settings, parts.broker_state)
    yield from services.smarthost(settings)
    yield from greetings(settings)
    certificate = listener_certificate(settings)
    yield from [certificate] if certificate else []
    yield from pages(settings)
    yield from authenticity(settings)
    yield from dns_findings(settings, SystemResolver(tuple((server.host, server.port) for server in settings.intake.dns_servers)))
    yield from host.clock()
    yield from host.disk(settings)
    yield from host.permissions(settings)
