"""What only staff accounts have: a second factor with recovery codes, and accounts at OpenID providers. In: ids, hashes. Out: yes or no.

What must not happen twice (a code that is taken, a recovery code that is used up) is one statement each.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, func, insert, select, update

from mailgate.cases.model import StaffAuthor
from mailgate.store.repositories.prepared import Prepared, listed
from mailgate.store.repositories.statements import literal
from mailgate.store.schema import accounts, identities, recovery_codes

_BY_ADDRESSES = Prepared(
    select(accounts.c.id, accounts.c.address_lower, accounts.c.name, accounts.c.username, accounts.c.roles).where(
        accounts.c.address_lower.in_(listed("addresses")), accounts.c.kind == literal("staff"), accounts.c.disabled.is_(False)
    )
)


class StaffRepository:
    """See the module."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set_pending_secret(self, account_id: str, sealed: str) -> None:
        """Keep a sealed secret until a code confirms it."""
        self._connection.execute(update(accounts).where(accounts.c.id == account_id).values(totp_pending=sealed))

    def confirm_secret(self, account_id: str, sealed: str, step: int, code_hashes: Collection[str]) -> None:
        """From now on this secret makes the codes, those after `step`; its recovery codes replace all others."""
        values = {"totp_secret": sealed, "totp_pending": "", "totp_step": step}
        self._connection.execute(update(accounts).where(accounts.c.id == account_id).values(values))
        self.set_recovery_codes(account_id, code_hashes)

    def drop_secret(self, account_id: str) -> None:
        """No second factor any more."""
        values = {"totp_secret": "", "totp_pending": "", "totp_step": 0}
        self._connection.execute(update(accounts).where(accounts.c.id == account_id).values(values))
        self.set_recovery_codes(account_id, ())

    def take_step(self, account_id: str, step: int) -> bool:
        """Take the code of this step; False when it or a later one has been taken. Of two at once one gets True."""
        which = (accounts.c.id == account_id) & (accounts.c.totp_step < step)
        return bool(self._connection.execute(update(accounts).where(which).values(totp_step=step)).rowcount)

    def set_recovery_codes(self, account_id: str, code_hashes: Collection[str]) -> None:
        """Replace the recovery codes of an account."""
        self._connection.execute(delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
        if code_hashes:
            self._connection.execute(insert(recovery_codes), [{"account_id": account_id, "code_sha256": one} for one in code_hashes])

    def use_recovery_code(self, account_id: str, code_sha256: str) -> bool:
        """Use one up; False when the account has no such code."""
        which = (recovery_codes.c.account_id == account_id) & (recovery_codes.c.code_sha256 == code_sha256)
        return bool(self._connection.execute(delete(recovery_codes).where(which)).rowcount)

    def count_recovery_codes(self, account_id: str) -> int:
        """How many are left."""
        found = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.account_id == account_id)
        return self._connection.execute(found).scalar_one()

    def account_of(self, issuer: str, subject: str) -> str | None:
        """The id of the account that is linked to this subject of this provider."""
        found = select(identities.c.account_id).where(identities.c.issuer == issuer, identities.c.subject == subject)
        return self._connection.execute(found).scalar_one_or_none()

    def link_identity(self, issuer: str, subject: str, account_id: str) -> None:
        """Link an account to a subject of a provider. Raises StoreConflict when the subject has an account."""
        self._connection.execute(insert(identities).values(issuer=issuer, subject=subject, account_id=account_id))

    def issuers_of(self, account_id: str) -> Sequence[str]:
        """The providers that an account is linked to."""
        found = select(identities.c.issuer).where(identities.c.account_id == account_id).order_by(identities.c.issuer)
        return list(self._connection.execute(found).scalars())

    def unlink(self, account_id: str) -> Sequence[str]:
        """End an account's links to providers; which providers these were, one for each link."""
        issuers = self.issuers_of(account_id)
        self._connection.execute(delete(identities).where(identities.c.account_id == account_id))
        return issuers

    def by_addresses(self, addresses: Collection[str]) -> dict[str, StaffAuthor]:
        """Address in lower case -> whose it is, among the staff who may log in."""
        rows = _BY_ADDRESSES.rows(self._connection, addresses=addresses) if addresses else ()
        return {row.address_lower: StaffAuthor(row.id, row.name or row.username, tuple(json.loads(row.roles))) for row in rows}

    def names(self) -> Sequence[str]:
        """The names of staff who may log in, in order: whom a case can be given to."""
        found = select(accounts.c.name, accounts.c.username, accounts.c.roles).where(
            accounts.c.kind == "staff", accounts.c.disabled.is_(False)
        )
        rows = self._connection.execute(found)
        return sorted({row.name or row.username for row in rows if json.loads(row.roles)}, key=str.casefold)
