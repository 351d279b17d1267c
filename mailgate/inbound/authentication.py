"""Who vouches for a mail? In: a read mail. Out: what a trusted server has found (RFC 8601), and the rung of the trust ladder.

mailgate believes only `Authentication-Results` of the configured authserv-ids; all others are as good as absent. What no such server has
said is verified, when the operator wants that (`verify`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from mailgate.inbound.letter import Letter
from mailgate.mail import authres
from mailgate.mail.authres import AuthResults
from mailgate.mail.model import Mail
from mailgate.mail.received import INNER, Network, is_within
from mailgate.rules.trust import Authentication, Standing, trust

if TYPE_CHECKING:
    from mailgate.inbound.verify import Verifier


def begin(letters: Sequence[Letter], verifier: Verifier | None) -> Callable[[Letter], Letter]:
    """Start on a batch. The step that is returned gives each letter of which no trusted server has said anything what `verifier` has found.

    All letters are verified at the same time; the step waits for its own.
    """
    open_ = [letter for letter in letters if letter.results == AuthResults()]
    found = dict(zip([letter.entry.id for letter in open_], verifier.begin(open_), strict=True)) if verifier is not None else {}

    def step(letter: Letter) -> Letter:
        future = found.get(letter.entry.id)
        return replace(letter, results=future.result()) if future is not None else letter

    return step


@dataclass(frozen=True, slots=True)
class Servers:
    """Who is believed: the names that servers in front of us write (`ids`), in mail that such a server has brought.

    `networks`: where those servers are; none named: this machine and inner networks.
    """

    ids: Collection[str] = frozenset()
    networks: Sequence[Network] = ()

    def brought(self, client_address: str, protocol: str) -> bool:
        """Whether a mail came from them, and not from a stranger who writes their name into it. LMTP is spoken by them alone, and what is
        injected is the operator's.
        """
        return protocol != "smtp" or is_within(client_address, self.networks or INNER)


def heard(letter: Letter, servers: Servers) -> Letter:
    """The letter with what the trusted servers have written into it. Pure. From elsewhere only a fail is heard: nobody forges that."""
    found = said_in(letter.mail, servers.ids)
    if not servers.brought(letter.entry.client_address, letter.entry.protocol):
        found = AuthResults(dmarc="fail") if found.dmarc == "fail" else AuthResults()
    return replace(letter, results=found)


def said_in(mail: Mail, authserv_ids: Collection[str]) -> AuthResults:
    """What the servers of these names have written into the mail. Nothing without names."""
    author = mail.author.address.rpartition("@")[2] if mail.author else ""
    return authres.read(mail.headers, authserv_ids, author) if authserv_ids else AuthResults()


def stand(letter: Letter) -> Letter:
    """The letter with its author's rung towards the matched case, and why. Pure."""
    rung, reason = trust(standing(letter))
    if rung == "doubtful" and letter.results.overall == "fail" and letter.results.reasons:
        reason += ": " + "; ".join(f"{method}: {why}" for method, why in letter.results.reasons)
    return replace(letter, trust=rung, trust_reason=reason)


def standing(letter: Letter) -> Standing:
    """What is known of the author towards the matched case."""
    match, author = letter.match, letter.match.author
    person = match.case.participant(author.address) if match.case and author else None
    return Standing(
        carrier=match.matched_by in ("address", "message_id", "marker", "relay_id"),
        relay_id=match.matched_by == "relay_id",
        token_is_theirs=bool(person and match.token_contact and person.contact.id == match.token_contact.id),
        participant=bool(person and person.approved),
        colleague=bool(match.case and match.case.customer_id and match.customer and match.customer.id == match.case.customer_id),
        authentication=cast(Authentication, letter.results.overall),
        identity_doubtful=letter.mail.identity_doubtful,
    )
