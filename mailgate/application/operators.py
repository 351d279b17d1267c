"""Who works on the command line: a person of our staff, by the name that customers know. In: the name that was claimed. Out: a principal.

Operators are staff accounts. As long as there are none, a name that was given stands for itself; a service account such as root never
speaks to customers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mailgate.application.access import Action
from mailgate.application.principal import Principal
from mailgate.errors import Forbidden

if TYPE_CHECKING:  # use cases that need no database do not load one
    from mailgate.store.unit_of_work import UnitOfWork

SHOWN_TO_CUSTOMERS = frozenset(
    {
        Action.CASE_CREATE, Action.CASE_COMMENT, Action.CASE_ATTACH, Action.CASE_OPERATE, Action.CASE_ASSIGN, Action.CASE_EDIT,
        Action.CASE_CLONE, Action.CASE_MERGE, Action.CASE_MOVE_COMMENT,
    }
)  # fmt: skip
"""Actions after which a customer reads who did it, in mail or on the web."""


def identified(uow: UnitOfWork, principal: Principal, action: Action, company: str) -> Principal:
    """The principal, with the name of their account when it is a claimed one. Raises Forbidden for a name that must not appear to
    customers.

    Scripts and new installations run as root without a name: as long as there are no operators, the company's name is used.
    """
    if not principal.claimed:
        return principal
    account = uow.accounts.by_username(principal.id)
    if account is not None and account.kind == "staff":
        if account.disabled:
            raise Forbidden(action.value, f"the account {account.username} is disabled; mailgate account disable {account.username} --undo")
        return replace(principal, id=account.username, name=account.name or account.username, claimed="")
    if action not in SHOWN_TO_CUSTOMERS:
        return principal
    if principal.claimed == "login" and company and not uow.accounts.has_staff():
        return replace(principal, name=company)
    _refuse_unknown(uow, principal, action)
    return principal


def _refuse_unknown(uow: UnitOfWork, principal: Principal, action: Action) -> None:
    who = principal.id
    if principal.claimed in ("service", "login"):
        raise Forbidden(
            action.value,
            f"{who} is no person, and customers would read that name; say who you are with --as NAME or MAILGATE_OPERATOR=NAME",
        )
    if uow.accounts.has_staff():
        add = f'mailgate account add {who} ADDRESS --name "Their Name" --role operator makes one'
        raise Forbidden(action.value, f"there is no operator {who}; mailgate account list names them; {add}")
