"""What would happen to a mail, and why. In: raw bytes and an envelope. Out: the object of section 9 of the design. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailgate.application.access import Action
from mailgate.application.app import App
from mailgate.application.mail.envelope import enveloping
from mailgate.application.policies.documents import policy_from_file
from mailgate.application.principal import Principal
from mailgate.application.use_case import guarded
from mailgate.errors import NotAllowed
from mailgate.inbound.intake.explain import explain as explain_mail


@dataclass(frozen=True, slots=True)
class Explain:
    """One mail. `reverse_path`: None to guess it from the mail, "" for `<>`. `recipients`: none to guess them."""

    raw: bytes
    path: str
    reverse_path: str | None = None
    recipients: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class UnderPolicy:
    """`file`: the policy document that decides, None for the active policy."""

    file: Path | None = None


Explainer = Callable[[Explain], dict[str, Any]]


@guarded(Action.MAIL_EXPLAIN)
@contextmanager
def explaining(app: App, _principal: Principal, command: UnderPolicy) -> Iterator[Explainer]:
    """Show what would happen to any number of mails under one policy. Raises PolicyError for a document that cannot be used."""
    policy = policy_from_file(command.file, app.parts.own_mailboxes) if command.file else app.policies.peek()
    with app.parts.intake(app.store, policy) as intake:

        def explain(mail: Explain) -> dict[str, Any]:
            _check_size(mail, app.settings.smtp.max_message_bytes)
            envelope = enveloping(app, mail.reverse_path, mail.recipients)(mail.raw)
            found = explain_mail(intake, mail.raw, envelope, app.now(), mail.path)
            return {**found, "rule_description": policy.description(found["rule"])}

        yield explain


def _check_size(mail: Explain, most: int) -> None:
    if len(mail.raw) > most:
        text = f"{mail.path} has {len(mail.raw)} bytes, and the listener takes {most} (smtp.max_message_bytes): it would be refused"
        raise NotAllowed(text)
