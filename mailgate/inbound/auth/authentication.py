"""Which authentication results count for a mail (RFC 8601), and the trust level that follows.

In: a read mail and the servers we trust. Out: the message with its `AuthResults`, later with its trust level towards the matched case.
Only `Authentication-Results` of the configured authserv-ids count, in mail that a trusted server delivered. What no such server says is
verified here when `intake.authentication` is `verify`. It must never believe a client that no setting names.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from mailgate.inbound.intake.message import IntakeMessage
from mailgate.mail.auth import authres
from mailgate.mail.auth.authres import AuthResults
from mailgate.mail.auth.received import Network, is_within
from mailgate.mail.model import Envelope, Mail
from mailgate.rules.trust import Authentication, AuthorTrust, trust
from mailgate.values import value_class

if TYPE_CHECKING:
    from mailgate.inbound.auth.verify import Verifier

BY_CLIENT = frozenset({"smtp", "lmtp"})
"""Intakes whose client must be a trusted server."""
BY_OPERATOR = frozenset({"inject"})
"""Intakes that only an operator of this machine can use. Any intake that is in neither set is not believed."""
LOCAL_SOCKET = "unix"
"""`client_address` of a client on a local socket: file permissions decide who that is."""


def verify_unknown(messages: Sequence[IntakeMessage], verifier: Verifier | None) -> tuple[list[IntakeMessage], list[IntakeMessage]]:
    """Verify those messages about which no trusted server says anything. (messages that go on, messages whose domains answer slowly)."""
    unknown = [message for message in messages if _is_unknown(message)] if verifier is not None else []
    if verifier is None or not unknown:
        return list(messages), []
    found = dict(zip([message.entry.id for message in unknown], verifier.results(unknown), strict=True))
    late = [message for message in unknown if found[message.entry.id] is None]
    known = [message for message in messages if found.get(message.entry.id, message.results) is not None]
    return [_with_verified(message, found.get(message.entry.id)) for message in known], late


def verify_now(message: IntakeMessage, verifier: Verifier | None) -> IntakeMessage:
    """The same for one mail, waiting for its results."""
    return _with_verified(message, verifier.verify(message)) if verifier is not None and _is_unknown(message) else message


def _is_unknown(message: IntakeMessage) -> bool:
    return replace(message.results, reverse_path="none") == AuthResults()


def _with_verified(message: IntakeMessage, results: AuthResults | None) -> IntakeMessage:
    """The results of verifying here, with a fail of the reverse-path that the header already reported. None: nothing was verified."""
    if results is None:
        return message
    forged = message.results.reverse_path == "fail"
    return replace(message, results=replace(results, reverse_path="fail") if forged else results)


@value_class
class TrustedServers:
    """Servers in front of us. `ids`: the authserv-ids that they write; `networks`: the addresses they connect from. Empty means nobody.

    Without `authenticate` (`intake.authentication` is `off`) their results only keep automatic answers from forged reverse-paths.
    """

    ids: Collection[str] = frozenset()
    networks: Sequence[Network] = ()
    authenticate: bool = True

    def delivered(self, client_address: str, protocol: str) -> bool:
        """Whether a mail of this client and intake (`smtp`, `lmtp`, `inject`) came from a trusted server."""
        if protocol in BY_OPERATOR:
            return True
        if protocol not in BY_CLIENT:
            return False
        return (protocol == "lmtp" and client_address == LOCAL_SOCKET) or is_within(client_address, self.networks)


def apply_auth_results(message: IntakeMessage, servers: TrustedServers) -> IntakeMessage:
    """The message with the results that trusted servers wrote into it. Pure.

    From other clients only a DMARC fail and a fail of the reverse-path count: a sender gains nothing by forging them.
    """
    entry = message.entry
    found = read_auth_results(message.mail, entry.envelope, servers.ids)
    if not servers.authenticate:
        found = AuthResults(reverse_path=_only_fail(found.reverse_path))
    elif not servers.delivered(entry.client_address, entry.protocol):
        found = AuthResults(dmarc=_only_fail(found.dmarc), reverse_path=_only_fail(found.reverse_path))
    return message if found == message.results else replace(message, results=found)


def _only_fail(verdict: str) -> str:
    return verdict if verdict == "fail" else "none"


def read_auth_results(mail: Mail, envelope: Envelope, authserv_ids: Collection[str]) -> AuthResults:
    """The results in fields of these authserv-ids; nothing without ids."""
    author = mail.author.address.rpartition("@")[2] if mail.author else ""
    reverse_path = (envelope.reverse_path or "").rpartition("@")[2]
    return authres.read(mail.headers, authserv_ids, author, reverse_path) if authserv_ids else AuthResults()


def with_trust(message: IntakeMessage) -> IntakeMessage:
    """The message with its author's trust level towards the matched case, and why. Pure."""
    level, reason = trust(standing_of(message))
    if level == "doubtful" and message.results.overall == "fail" and message.results.reasons:
        reason += ": " + "; ".join(f"{method}: {why}" for method, why in message.results.reasons)
    return replace(message, trust=level, trust_reason=reason)


def standing_of(message: IntakeMessage) -> AuthorTrust:
    """What is known of the author towards the matched case."""
    match, author = message.match, message.match.author
    person = match.case.participant(author.address) if match.case and author else None
    return AuthorTrust(
        carrier=match.matched_by in ("address", "message_id", "marker", "relay_id"),
        relay_id=match.matched_by == "relay_id",
        token_is_theirs=bool(person and match.token_contact and person.contact.id == match.token_contact.id),
        participant=bool(person and person.approved),
        colleague=bool(match.case and match.case.customer_id and match.customer and match.customer.id == match.case.customer_id),
        staff=match.staff is not None,
        authentication=cast(Authentication, message.results.overall),
        identity_doubtful=message.mail.identity_doubtful,
    )
