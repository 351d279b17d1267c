"""The one table of who may do what: action x kind of principal x relation to the case.

In: a principal, an action and, where it is about one, a case. Out: nothing, or NotFound for what the principal may not know of, or
Forbidden for what it may know of and not do. No use case decides by itself who may use it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from mailgate.application.principal import STAFF, Principal, PrincipalKind, staff_kind
from mailgate.cases.model import Case
from mailgate.errors import Forbidden, NotFound

Relation = Literal["staff", "reporter", "participant", "waiting", "customer", "colleague", "commenting_colleague", "none"]
"""To a case. `waiting`: a participant who is not approved. `customer`: a token bound to the case's customer. `colleague`: somebody of the
case's company whom staff have let see all its cases; `commenting_colleague`: who may also comment on them."""


class Action(StrEnum):
    """Everything that can be asked for, by noun and verb. The verb is in the audit row."""

    CASE_LIST = "case.list"
    CASE_READ = "case.read"
    CASE_QUEUE = "case.queue"
    CASE_CREATE = "case.create"
    CASE_COMMENT = "case.comment"
    CASE_NOTE = "case.note"
    CASE_ATTACH = "case.attach"
    CASE_OPERATE = "case.operate"
    CASE_ASSIGN = "case.assign"
    CASE_EDIT = "case.edit"
    CASE_CLONE = "case.clone"
    CASE_ADD_PARTICIPANT = "case.add_participant"
    CASE_REMOVE_PARTICIPANT = "case.remove_participant"
    CASE_APPROVE = "case.approve"
    CASE_REFUSE = "case.refuse"
    CASE_MUTE = "case.mute"
    CASE_MERGE = "case.merge"
    CASE_MOVE_COMMENT = "case.move_comment"
    CASE_DELETE_FILE = "case.delete_file"
    CASE_TAKE_BACK = "case.take_back"
    CASE_WITHDRAW_COMMENT = "case.withdraw_comment"
    CASE_REMIND = "case.remind"
    TEXT_READ = "text.read"
    TEXT_SET = "text.set"
    CONTACT_READ = "contact.read"
    CONTACT_ADD = "contact.add"
    CONTACT_SET = "contact.set"
    CONTACT_IMPORT = "contact.import"
    CONTACT_JOIN = "contact.join"
    CUSTOMER_READ = "customer.read"
    CUSTOMER_ADD = "customer.add"
    CUSTOMER_SET = "customer.set"
    CUSTOMER_IMPORT = "customer.import"
    SUPPRESSION_READ = "suppression.read"
    SUPPRESSION_ADD = "suppression.add"
    SUPPRESSION_REMOVE = "suppression.remove"
    MAIL_PARSE = "mail.parse"
    MAIL_EXPLAIN = "mail.explain"
    JOURNAL_READ = "journal.read"
    JOURNAL_RAW = "journal.raw"
    JOURNAL_REPORT = "journal.report"
    JOURNAL_INJECT = "journal.inject"
    JOURNAL_RELEASE = "journal.release"
    JOURNAL_DISCARD = "journal.discard"
    JOURNAL_REPLAY = "journal.replay"
    JOURNAL_TAKE_BACK = "journal.take_back"
    OUTBOX_READ = "outbox.read"
    OUTBOX_RAW = "outbox.raw"
    OUTBOX_RETRY = "outbox.retry"
    OUTBOX_CANCEL = "outbox.cancel"
    POLICY_READ = "policy.read"
    POLICY_TEST = "policy.test"
    POLICY_ACTIVATE = "policy.activate"
    POLICY_ROLLBACK = "policy.rollback"
    PERSON_EXPORT = "person.export"
    PERSON_ERASE = "person.erase"
    RETENTION_SWEEP = "retention.sweep"
    TODO_MAIL = "todo.mail"
    REPORT_READ = "report.read"
    AUDIT_READ = "audit.read"
    DOCTOR_READ = "doctor.read"
    DKIM_MAKE = "dkim.make"
    SCHEMA_UPGRADE = "schema.upgrade"
    DATABASE_BACK_UP = "database.back_up"
    DATABASE_RESTORE = "database.restore"
    DATABASE_COPY = "database.copy"
    ACCOUNT_REGISTER = "account.register"
    ACCOUNT_LOG_IN = "account.log_in"
    ACCOUNT_RESET = "account.reset"
    ACCOUNT_OWN = "account.own"
    ACCOUNT_READ = "account.read"
    LINK_ANSWER = "link.answer"
    LINK_CLAIM = "link.claim"
    LINK_NOTICES = "link.notices"
    ACCOUNT_MANAGE = "account.manage"

    @property
    def verb(self) -> str:
        """The part after the noun."""
        return self.value.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may do one action. `kinds`: whatever the case. `relations`: contacts and bound tokens with this relation to the case.

    `scope`: what a token must have been given. `own`: contacts and bound tokens may ask without a case, and get what is their own.
    """

    kinds: frozenset[PrincipalKind]
    scope: str
    relations: frozenset[Relation] = frozenset()
    own: bool = False


@dataclass(frozen=True, slots=True)
class Permission:
    """The answer and why. `visible` False: the principal must not learn that the case exists."""

    allowed: bool
    visible: bool
    reason: str


_OPERATORS: frozenset[PrincipalKind] = frozenset({"operator", "system"})
_TAKES_PART: frozenset[Relation] = frozenset({"reporter", "participant", "customer"})
_COMMENTS: frozenset[Relation] = _TAKES_PART | {"commenting_colleague"}
_SEES: frozenset[Relation] = _COMMENTS | {"colleague"}
_LINK_HOLDERS: frozenset[PrincipalKind] = frozenset({"visitor", "contact", *STAFF})
_OWNER: frozenset[Relation] = frozenset({"reporter", "customer"})


def _staff(scope: str) -> Grant:
    return Grant(STAFF, scope)


def _operators(scope: str) -> Grant:
    return Grant(_OPERATORS, scope)


TABLE: Mapping[Action, Grant] = {
    Action.CASE_LIST: Grant(STAFF, "cases:read", own=True),
    Action.CASE_READ: Grant(STAFF, "cases:read", _SEES),
    Action.CASE_QUEUE: _staff("cases:read"),
    Action.CASE_CREATE: Grant(STAFF, "cases:write", own=True),
    Action.CASE_COMMENT: Grant(STAFF, "cases:write", _COMMENTS),
    Action.CASE_NOTE: _staff("cases:write"),
    Action.CASE_ATTACH: Grant(STAFF, "cases:write", _COMMENTS),
    Action.CASE_OPERATE: Grant(STAFF, "cases:write", _TAKES_PART),
    Action.CASE_ASSIGN: _staff("cases:write"),
    Action.CASE_EDIT: Grant(STAFF, "cases:write", _OWNER),
    Action.CASE_CLONE: Grant(STAFF, "cases:write", _TAKES_PART),
    Action.CASE_ADD_PARTICIPANT: Grant(STAFF, "cases:write", _OWNER),
    Action.CASE_REMOVE_PARTICIPANT: Grant(STAFF, "cases:write", _TAKES_PART),  # a participant only themselves
    Action.CASE_APPROVE: _staff("cases:write"),
    Action.CASE_REFUSE: _staff("cases:write"),
    Action.CASE_MUTE: Grant(STAFF, "cases:write", _TAKES_PART),  # one's own notices
    Action.CASE_MERGE: _staff("cases:write"),
    Action.CASE_MOVE_COMMENT: _staff("cases:write"),
    Action.CASE_DELETE_FILE: _staff("cases:write"),
    Action.CASE_TAKE_BACK: _staff("cases:write"),
    Action.CASE_WITHDRAW_COMMENT: _staff("cases:write"),
    Action.CASE_REMIND: _staff("cases:write"),
    Action.TEXT_READ: _staff("cases:read"),
    Action.TEXT_SET: _staff("cases:write"),
    Action.CONTACT_READ: _staff("people:read"),
    Action.CONTACT_ADD: _staff("people:write"),
    Action.CONTACT_SET: _staff("people:write"),
    Action.CONTACT_IMPORT: _operators("people:write"),
    Action.CONTACT_JOIN: _staff("people:write"),
    Action.CUSTOMER_READ: _staff("people:read"),
    Action.CUSTOMER_ADD: _operators("people:write"),
    Action.CUSTOMER_SET: _operators("people:write"),
    Action.CUSTOMER_IMPORT: _operators("people:write"),
    Action.SUPPRESSION_READ: _staff("mail:read"),
    Action.SUPPRESSION_ADD: _staff("mail:write"),
    Action.SUPPRESSION_REMOVE: _staff("mail:write"),
    Action.MAIL_PARSE: _staff("mail:read"),
    Action.MAIL_EXPLAIN: _operators("policy:read"),
    Action.JOURNAL_READ: _staff("mail:read"),
    Action.JOURNAL_RAW: _staff("mail:read"),
    Action.JOURNAL_REPORT: _staff("mail:read"),
    Action.JOURNAL_INJECT: _operators("mail:inject"),
    Action.JOURNAL_RELEASE: _staff("mail:write"),
    Action.JOURNAL_DISCARD: _staff("mail:write"),
    Action.JOURNAL_REPLAY: _operators("mail:write"),
    Action.JOURNAL_TAKE_BACK: _operators("mail:write"),
    Action.OUTBOX_READ: _staff("mail:read"),
    Action.OUTBOX_RAW: _staff("mail:read"),
    Action.OUTBOX_RETRY: _operators("mail:write"),
    Action.OUTBOX_CANCEL: _operators("mail:write"),
    Action.POLICY_READ: _staff("policy:read"),
    Action.POLICY_TEST: _operators("policy:read"),
    Action.POLICY_ACTIVATE: _operators("policy:write"),
    Action.POLICY_ROLLBACK: _operators("policy:write"),
    Action.PERSON_EXPORT: _operators("people:read"),
    Action.PERSON_ERASE: _operators("people:write"),
    Action.RETENTION_SWEEP: _operators("doctor:write"),
    Action.TODO_MAIL: _operators("mail:write"),
    Action.REPORT_READ: _staff("reports:read"),
    Action.AUDIT_READ: _operators("audit:read"),
    Action.DOCTOR_READ: _operators("doctor:read"),
    Action.DKIM_MAKE: _operators("doctor:write"),
    Action.SCHEMA_UPGRADE: _operators("doctor:write"),
    Action.DATABASE_BACK_UP: _operators("doctor:write"),
    Action.DATABASE_RESTORE: _operators("doctor:write"),
    Action.DATABASE_COPY: _operators("doctor:write"),
    Action.ACCOUNT_REGISTER: Grant(frozenset({"visitor"}), ""),
    Action.ACCOUNT_LOG_IN: Grant(frozenset({"visitor"}), ""),
    Action.ACCOUNT_RESET: Grant(frozenset({"visitor", "contact", *STAFF}), ""),
    Action.ACCOUNT_OWN: Grant(frozenset({"contact", *STAFF}), ""),
    Action.LINK_ANSWER: Grant(_LINK_HOLDERS, ""),  # the link is for one person, whose right to the case is asked again
    Action.LINK_CLAIM: Grant(_LINK_HOLDERS, ""),
    Action.LINK_NOTICES: Grant(_LINK_HOLDERS, ""),
    Action.ACCOUNT_READ: _operators("accounts:read"),
    Action.ACCOUNT_MANAGE: _operators("accounts:write"),
}


def may_answer_by_mail(roles: Collection[str]) -> bool:
    """Whether a staff account with these roles may comment on cases from its mail program. Without a role it may not."""
    return bool(roles) and explain(Principal(staff_kind(roles), ""), Action.CASE_COMMENT).allowed


def relation(principal: Principal, case: Case) -> Relation:
    """What the principal is to this case."""
    if principal.is_staff:
        return "staff"
    if principal.kind == "token":
        return "customer" if principal.customer_id == case.customer_id else "none"
    person = next((one for one in case.participants if one.contact.id == principal.id), None)
    if person is not None and person.approved:
        return person.role
    if principal.company_access and principal.customer_id is not None and principal.customer_id == case.customer_id:
        return "commenting_colleague" if principal.company_access == "comment" else "colleague"
    return "none" if person is None else "waiting"


def explain(principal: Principal, action: Action, case: Case | None = None) -> Permission:
    """Whether the principal may do it, and why."""
    grant = TABLE[action]
    if principal.kind == "token" and grant.scope not in principal.scopes:
        return Permission(False, case is None or _is_visible(principal, case), f"the token does not have the scope {grant.scope}")
    if principal.kind in grant.kinds or (principal.kind == "token" and principal.customer_id is None):
        return Permission(True, True, f"{principal.kind} may {action.value}")
    if principal.kind == "visitor":
        return Permission(False, False, f"visitors may not {action.value}")
    if case is None:
        may = grant.own or (bool(grant.relations) and not principal.is_staff)
        return Permission(may, True, f"{principal.kind} {'may' if may else 'may not'} {action.value}")
    known = relation(principal, case)
    if known in grant.relations:
        return Permission(True, True, f"{known} may {action.value}")
    return Permission(False, _is_visible(principal, case), f"{known if known != 'none' else 'others'} may not {action.value}")


def visible(principal: Principal, case: Case, *, named: str = "") -> None:
    """Raises NotFound when the principal must not learn that the case exists, exactly as for a case that does not.

    `named`: the key or id as the principal gave it, which the error repeats.
    """
    if not _is_visible(principal, case):
        raise NotFound("case", named or case.key)


def require(principal: Principal, action: Action, case: Case | None = None, *, named: str = "") -> None:
    """Raises Forbidden, or NotFound for a case that the principal must not learn of.

    Without a case: whether this kind of principal may ever do it. The case is checked again when it has been read.
    """
    verdict = explain(principal, action, case)
    if not verdict.visible and case is not None:
        raise NotFound("case", named or case.key)
    if not verdict.allowed:
        raise Forbidden(action.value, verdict.reason)


def _is_visible(principal: Principal, case: Case) -> bool:
    known = relation(principal, case)
    return known == "staff" or known in _SEES
