"""Who may do what: the table is complete, contacts see their own cases and nothing internal, and every use case asks first."""

from __future__ import annotations

import importlib
import json
import pkgutil
from dataclasses import asdict, fields

import pytest

import mailgate.application
from mailgate.application.access import TABLE, Action, explain, relation, require, visible
from mailgate.application.cases import comment, read, views
from mailgate.application.principal import Principal, operator, visitor
from mailgate.application.use_case import USE_CASES
from mailgate.cases.model import Case, Contact, Participant
from mailgate.errors import Forbidden, NotFound
from tests.support.desks.office import EVA, KARI, LIV, PER
from tests.support.harness.services import START

for module in pkgutil.walk_packages(mailgate.application.__path__, "mailgate.application."):
    importlib.import_module(module.name)

PEOPLE = {name: Contact(name, number, f"{name}@x.example", customer_id="c1") for number, name in enumerate(("kari", "per", "ola"))}
CASE = Case(
    "id", 1, "SUP-1", "Sak", "open", "problem", "normal", START, START, "kari", customer_id="c1",
    participants=(Participant(PEOPLE["kari"], "reporter"), Participant(PEOPLE["per"]), Participant(PEOPLE["ola"], approved=False)),
)  # fmt: skip
ALL_SCOPES = frozenset(grant.scope for grant in TABLE.values())
PRINCIPALS = {
    "operator": operator("eva"),
    "agent": Principal("agent", "a1", "Ola Berg"),
    "system": Principal("system", "system"),
    "reporter": Principal("contact", "kari", customer_id="c1"),
    "participant": Principal("contact", "per", customer_id="c1"),
    "waiting": Principal("contact", "ola", customer_id="c1"),
    "colleague": Principal("contact", "nils", customer_id="c1"),
    "stranger": Principal("contact", "liv", customer_id="c2"),
    "token": Principal("token", "t1", scopes=ALL_SCOPES),
    "token without scopes": Principal("token", "t2"),
    "token of the customer": Principal("token", "t3", scopes=ALL_SCOPES, customer_id="c1"),
    "token of another customer": Principal("token", "t4", scopes=ALL_SCOPES, customer_id="c2"),
}
STAFF_ONLY = {
    Action.CASE_NOTE, Action.CASE_ASSIGN, Action.CASE_APPROVE, Action.CASE_REFUSE, Action.CASE_MERGE, Action.CASE_MOVE_COMMENT,
    Action.CASE_DELETE_FILE, Action.CASE_TAKE_BACK, Action.CASE_WITHDRAW_COMMENT, Action.CASE_QUEUE, Action.CASE_REMIND,
}  # fmt: skip
CASE_ACTIONS = [action for action in Action if action.value.startswith("case.") and action not in (Action.CASE_LIST, Action.CASE_CREATE)]
LINKS = {Action.LINK_ANSWER, Action.LINK_CLAIM, Action.LINK_NOTICES}
OPEN = {Action.ACCOUNT_REGISTER, Action.ACCOUNT_LOG_IN, Action.ACCOUNT_RESET, *LINKS}
OF_ONES_OWN = {*OPEN, Action.ACCOUNT_OWN}
OTHER_ACTIONS = [action for action in Action if not action.value.startswith("case.") and action not in OF_ONES_OWN]


def test_given_the_actions_when_looked_up_then_each_has_a_row_in_the_table():
    assert set(TABLE) == set(Action)


@pytest.mark.parametrize("action", CASE_ACTIONS)
@pytest.mark.parametrize("who", ["waiting", "colleague", "stranger", "token of another customer"])
def test_given_somebody_outside_a_case_when_they_ask_for_it_then_it_does_not_exist_for_them(who, action):
    with pytest.raises(NotFound, match="there is no case sup-1"):
        require(PRINCIPALS[who], action, CASE, named="sup-1")
    with pytest.raises(NotFound, match="there is no case sup-1"):
        visible(PRINCIPALS[who], CASE, named="sup-1")


@pytest.mark.parametrize("action", CASE_ACTIONS)
@pytest.mark.parametrize("who", ["reporter", "participant", "token of the customer"])
def test_given_somebody_in_a_case_when_they_act_then_what_staff_alone_may_is_forbidden(who, action):
    owner_only = action in (Action.CASE_EDIT, Action.CASE_ADD_PARTICIPANT)
    allowed = action not in STAFF_ONLY and not (owner_only and who == "participant")
    assert explain(PRINCIPALS[who], action, CASE).allowed == allowed
    if not allowed:
        with pytest.raises(Forbidden, match="may not"):
            require(PRINCIPALS[who], action, CASE)


@pytest.mark.parametrize("action", [action for action in Action if action not in OF_ONES_OWN])
@pytest.mark.parametrize("who", ["operator", "system", "token"])
def test_given_operators_and_unbound_tokens_when_they_act_then_nothing_is_closed_to_them(who, action):
    require(PRINCIPALS[who], action)
    require(PRINCIPALS[who], action, CASE)


@pytest.mark.parametrize("action", OTHER_ACTIONS)
@pytest.mark.parametrize("who", ["reporter", "stranger", "token of the customer", "token without scopes"])
def test_given_a_contact_when_they_ask_for_mail_people_or_policy_then_it_is_forbidden(who, action):
    with pytest.raises(Forbidden):
        require(PRINCIPALS[who], action)


@pytest.mark.parametrize("action", list(Action))
def test_given_a_token_without_the_scope_when_it_asks_then_the_reason_names_the_scope(action):
    assert TABLE[action].scope in explain(PRINCIPALS["token without scopes"], action).reason


def test_given_agents_when_they_act_then_they_release_mail_but_change_no_policy_and_no_outbox():
    denied = {action for action in Action if not explain(PRINCIPALS["agent"], action).allowed}
    assert {Action.POLICY_ACTIVATE, Action.JOURNAL_REPLAY, Action.OUTBOX_RETRY, Action.AUDIT_READ} <= denied
    assert not any(action.value.startswith("case.") for action in denied)


def test_given_principals_when_related_to_a_case_then_each_is_what_they_are():
    expected = ["staff", "staff", "staff", "reporter", "participant", "waiting", "none", "none", "staff", "staff", "customer", "none"]
    assert [relation(one, CASE) for one in PRINCIPALS.values()] == expected


def test_given_the_use_cases_when_counted_then_each_has_words_and_a_type_of_command():
    assert len(USE_CASES) > 20
    for name, one in USE_CASES.items():
        assert len(one.does) > 10, name
        assert one.command, name
        assert one.action in TABLE, name


def test_given_the_verbs_that_need_no_transaction_when_looked_up_then_they_are_use_cases_too():
    verbs = {
        "mail.parse.parse", "mail.explain.explaining", "mail.inject.inject", "policies.backtest.backtest", "policies.versions.activate",
        "policies.versions.rollback", "policies.documents.check_document", "reports.legacy.legacy_report", "doctor.examine",
        "dkim.signing_records", "database.upgrade_schema", "database.check_schema",
    }  # fmt: skip
    assert verbs <= set(USE_CASES)


@pytest.mark.parametrize("name", sorted(USE_CASES))
def test_given_a_visitor_without_rights_when_any_use_case_is_called_then_it_refuses_before_it_reads(name, office):
    nobody = Principal("token", "t2")
    with pytest.raises(Forbidden):
        USE_CASES[name].call(office.app, nobody, None)


def test_given_a_contact_when_they_look_at_a_case_then_no_note_address_or_delivery_is_in_it(office):
    comment.add_note(office.app, EVA, comment.AddComment("SUP-1", "intern: kunden er sint"))
    comment.add_comment(office.app, office.contact(PER), comment.AddComment("SUP-1", "Hei"))
    shown = read.show_case(office.app, office.contact(KARI), read.ShowCase("SUP-1"))
    assert isinstance(shown, views.ContactCase)
    text = json.dumps(asdict(shown), default=str)
    assert "intern" not in text
    assert PER not in text
    assert KARI not in text
    assert [(one.by, one.you, one.text) for one in shown.comments] == [("Per", False, "Hei")]
    assert [(one.name, one.role, one.you) for one in shown.participants] == [("Kari", "reporter", True), ("Per", "participant", False)]
    internal = {"deliveries", "unreachable", "waiting", "customer", "id", "merged_into"}
    assert not internal & {field.name for field in fields(views.ContactCase)}
    assert not {"journal_id", "kind"} & {field.name for field in fields(views.ContactComment)}


def test_given_contacts_when_they_list_cases_then_each_sees_their_own(office):
    mine = read.list_cases(office.app, office.contact(PER), read.ListCases(contact=LIV, customer="Annen AS"))
    assert [row.key for row in mine.rows] == ["SUP-1"]
    assert read.list_cases(office.app, office.contact(LIV), read.ListCases()).rows == []
    with pytest.raises(NotFound, match=r"there is no case sup-1$"):
        read.show_case(office.app, office.contact(LIV), read.ShowCase("sup-1"))
    with pytest.raises(NotFound, match=r"there is no case sup-9$"):
        read.show_case(office.app, office.contact(LIV), read.ShowCase("sup-9"))


@pytest.mark.parametrize("action", list(Action))
def test_given_a_visitor_when_they_ask_then_only_the_ways_to_an_account_are_open(action):
    open_to_all = action in OPEN
    assert explain(visitor("nb"), action).allowed == open_to_all
    assert not explain(visitor("nb"), action, CASE).allowed or open_to_all
