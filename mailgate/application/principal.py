"""Who asks for a use case. In: what the edge has verified (login name, session, token). Out: a `Principal`. Verifies nothing itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from mailgate.cases.model import Actor, CompanyAccess, Contact

PrincipalKind = Literal["operator", "agent", "contact", "token", "system", "visitor"]
"""`visitor`: somebody on the web who is not logged in."""
STAFF: frozenset[PrincipalKind] = frozenset({"operator", "agent", "system"})


def staff_kind(roles: Collection[str]) -> PrincipalKind:
    """What somebody with these roles acts as."""
    return "operator" if {"operator", "admin"} & set(roles) else "agent"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or program that acts. `id`: the login name of an operator, the contact's id, else the account's or token's id.

    `scopes`: what a token was given. `customer_id`: the company of a contact, or the only one that a token may see. `language`: nb, nn, en
    or "" for the service's. `claimed`: a name from the command line that nobody has looked up yet (`operators`); `service`: one that no
    person has, such as root; `login`: such a one that nobody gave. `company_access`: what staff let a contact do with
    the cases of their company.
    """

    kind: PrincipalKind
    id: str
    name: str = ""
    scopes: frozenset[str] = frozenset()
    customer_id: str | None = None
    language: str = ""
    claimed: Literal["", "name", "service", "login"] = ""
    company_access: CompanyAccess = ""

    @property
    def is_staff(self) -> bool:
        """True for principals who may see internal fields: staff, the system, and tokens that are bound to no customer."""
        return self.kind in STAFF or (self.kind == "token" and self.customer_id is None)

    @property
    def actor(self) -> Actor:
        """How the events of a case name them. A token that is bound to a customer has a contact's operations in the workflow."""
        if self.kind == "contact":
            return Actor("contact", self.name, self.id)
        if self.kind == "token" and self.customer_id is not None:
            return Actor("contact", self.name)
        return Actor("system" if self.kind == "system" else "operator", self.name)


def operator(name: str) -> Principal:
    """Who works on the command line."""
    return Principal("operator", name, name)


def contact_principal(contact: Contact) -> Principal:
    """A customer's person, once the edge knows who it is."""
    return Principal(
        "contact", contact.id, contact.name, customer_id=contact.customer_id, language=contact.language,
        company_access=contact.company_access,
    )  # fmt: skip


def visitor(language: str = "") -> Principal:
    """Somebody on the web before they log in."""
    return Principal("visitor", "", language=language)
