"""The trust level: how sure it is who wrote, as a pure function of the evidence (docs/security.md has it as a table).

In: what the carriers, the case's participants and the authentication say. Out: a trust level and the reason.
It gives no right: the policy does (rules/chain). It must never take a subject tag for a carrier.
"""

from __future__ import annotations

from typing import Literal

from mailgate.values import value_class

Trust = Literal["confirmed", "participant", "colleague", "staff", "doubtful", "stranger"]
Authentication = Literal["pass", "fail", "none"]


@value_class
class AuthorTrust:
    """What is known of an author towards one case.

    `carrier`: a valid token of the case came with the mail, by reply address, message id or marker line; or, with `relay_id`, only an id
    that a relay gave a mail of ours and that this author has taught us. `token_is_theirs`: the token was made for this author.
    `authentication`: the DMARC verdict, "none" when the domain publishes nothing or nothing was checked. `staff`: the author's address is
    that of an account of ours that may comment on cases.
    """

    carrier: bool = False
    relay_id: bool = False
    token_is_theirs: bool = False
    participant: bool = False
    colleague: bool = False
    staff: bool = False
    authentication: Authentication = "none"
    identity_doubtful: bool = False


def trust(standing: AuthorTrust) -> tuple[Trust, str]:
    """The trust level and the reason. Design section 6."""
    if not standing.carrier:
        return "stranger", "no valid reply address, message id or marker of a case came with the mail"
    known = standing.participant or standing.colleague or standing.staff or standing.token_is_theirs
    if known and standing.identity_doubtful:
        return "doubtful", "the mail names more than one author, or none that can be read"
    if known and standing.authentication == "fail":
        return "doubtful", "the author's domain says that the mail is not from there (SPF, DKIM or DMARC fail)"
    if known and standing.relay_id and standing.authentication != "pass":
        return "doubtful", "only an id that a relay gave our mail ties this one to the case, and the author's domain does not vouch for it"
    if standing.participant:
        return _participant(standing)
    if standing.staff:
        return _staff(standing)
    if standing.colleague and standing.authentication == "pass":
        return "colleague", "the author's domain is the customer's, and the domain vouches for the mail"
    return "stranger", "the author takes no part in the case that the mail's token was made for"


def _staff(standing: AuthorTrust) -> tuple[Trust, str]:
    """An address alone proves nothing, and what staff say goes to customers in the company's name."""
    if standing.authentication == "pass":
        return "staff", "the author's address is one of our staff's, and its domain vouches for the mail"
    return "doubtful", "the author's address is one of our staff's, but its domain does not vouch for the mail"


def _participant(standing: AuthorTrust) -> tuple[Trust, str]:
    if standing.token_is_theirs and standing.authentication == "pass":
        return "confirmed", "the token was made for this author, and the author's domain vouches for the mail"
    return "participant", "the author takes part in the case, and the mail carries a valid token of it"
