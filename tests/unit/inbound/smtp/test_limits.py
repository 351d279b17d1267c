"""The table of limits, and what counts against it."""

from __future__ import annotations

import resource
from ipaddress import ip_network

import pytest

from mailgate.errors import Rejected
from mailgate.inbound.smtp.accounting import LOCAL, Accounting, DataBudget, Rate, account_of, plain_address
from mailgate.inbound.smtp.admission import Admission, DiskSpace, disk_space_of
from mailgate.inbound.smtp.deadlines import Deadline, Phase
from mailgate.inbound.smtp.limits import MIB, STRESSED, ClientTimeouts, SmtpLimits, for_this_process


def test_given_the_table_then_it_is_the_products() -> None:
    limits, times = SmtpLimits(), ClientTimeouts()
    assert (limits.message_bytes, limits.recipients, limits.errors, limits.messages_per_session) == (25 * MIB, 100, 5, 1000)
    assert (limits.address_connections, limits.address_connections_minute, limits.address_messages_minute) == (20, 120, 300)
    assert (times.command_s, times.session_s, times.proxy_s, limits.data_min_bytes_s) == (120, 1200, 3, 500)
    assert all(getattr(STRESSED, phase.value) <= getattr(times, phase.value) for phase in Phase)


def test_given_fewer_descriptors_than_connections_then_the_cap_is_lowered() -> None:
    limits = for_this_process(SmtpLimits(connections=10**7))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == hard or hard == resource.RLIM_INFINITY
    assert 0 < limits.connections < soft
    assert for_this_process(SmtpLimits(connections=5)).connections == 5


def test_given_a_time_set_shorter_than_under_stress_then_stress_does_not_lengthen_it() -> None:
    limits = for_this_process(SmtpLimits(timeouts=ClientTimeouts(command_s=5.0)))
    assert limits.stressed.command_s == 5.0
    assert limits.stressed.session_s == STRESSED.session_s


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("x", "x"),
    ],
)
def test_given_an_address_in_any_spelling_then_it_is_one(text: str, plain: str) -> None:
    assert plain_address(text) == plain


def test_given_two_addresses_of_one_ipv6_network_then_they_are_one_client() -> None:
    assert account_of("2001:db8:1:2:3::4") == account_of("2001:db8:1:2:ffff::") == "2001:db8:1:2::/64"
    assert account_of("2001:db8:1:3::1") != account_of("2001:db8:1:2::1")
    assert account_of("192.0.2.1") == "192.0.2.1"


def test_given_a_rate_then_the_window_slides() -> None:
    rate = Rate(60.0)
    for _ in range(10):
        rate.add(30.0)
    assert rate.count(59.0) == 10
    assert rate.count(60.0) == 10
    assert rate.count(90.0) == pytest.approx(5)
    assert rate.count(120.0) == pytest.approx(0)
    assert rate.count(500.0) == 0


def test_given_one_client_with_many_connections_then_only_it_is_refused_and_a_closed_one_makes_room() -> None:
    accounts = Accounting(SmtpLimits(address_connections=2))
    assert [accounts.connected("192.0.2.1", 0.0) for _ in range(2)] == [None, None]
    refused = accounts.connected("192.0.2.1", 0.0)
    assert refused is not None
    assert refused.code == 421
    assert accounts.connected("192.0.2.2", 0.0) is None
    accounts.closed("192.0.2.1")
    assert accounts.connected("192.0.2.1", 0.0) is None


def test_given_an_exempt_network_or_a_unix_socket_then_nothing_is_counted() -> None:
    accounts = Accounting(SmtpLimits(address_connections=1, address_messages_minute=1, exempt=(ip_network("192.0.2.0/24"),)))
    for address in ("192.0.2.9", LOCAL):
        assert [accounts.connected(address, 0.0) for _ in range(5)] == [None] * 5
        assert [accounts.message(address, 0.0) for _ in range(5)] == [None] * 5
    assert len(accounts) == 0
    assert accounts.connected("198.51.100.1", 0.0) is None
    assert accounts.connected("198.51.100.1", 0.0) is not None


def test_given_messages_and_refusals_then_their_rates_shut_the_address_out_for_a_time() -> None:
    accounts = Accounting(SmtpLimits(address_messages_minute=2, address_refused_hour=2))
    assert [accounts.message("192.0.2.1", 1.0) is None for _ in range(3)] == [True, True, False]
    assert accounts.message("192.0.2.1", 200.0) is None
    for _ in range(3):
        accounts.refused_recipient("192.0.2.2", 1.0)
    assert accounts.connected("192.0.2.2", 2.0) is not None
    assert accounts.connected("192.0.2.2", 7300.0) is None


def test_given_clients_that_are_gone_then_they_are_forgotten_and_open_ones_are_not() -> None:
    accounts = Accounting(SmtpLimits())
    for number in range(50):
        accounts.connected(f"192.0.2.{number}", 0.0)
        if number:
            accounts.closed(f"192.0.2.{number}")
    accounts.forget_idle(10_000.0)
    assert len(accounts) == 1
    accounts.closed("192.0.2.77")


def test_given_a_budget_then_it_is_shared_and_given_back() -> None:
    budget = DataBudget(100, 100)
    budget.open("a")
    assert budget.hold("a", 60)
    assert not budget.fits("b", 50)
    assert budget.fits("b", 40)
    assert not budget.hold("a", 50)
    budget.hold("a", -50)
    budget.close("a", 60)
    assert (budget.held_bytes, budget.messages) == (0, 0)


@pytest.mark.parametrize(
    ("free_bytes", "in_work", "refused"),
    [(60_000, 0, False), (49_999, 0, True), (74_999, 4, True), (75_000, 4, False)],
)
def test_given_free_disk_then_the_larger_of_share_and_messages_in_work_decides(free_bytes: int, in_work: int, refused: bool) -> None:
    limits = SmtpLimits(message_bytes=10_000)
    admission = Admission(limits, lambda: True, lambda: DiskSpace(free_bytes, 1_000_000))
    for _ in range(in_work):
        admission.budget.open("192.0.2.1")
    try:
        admission.mail("192.0.2.1", 0, 1.0)
        got = ""
    except Rejected as refusal:
        got = str(refusal.reply)[:9]
    assert got == ("452 4.3.1" if refused else "")


def test_given_a_disk_that_cannot_be_looked_at_then_mail_is_tried() -> None:
    Admission(SmtpLimits(), lambda: True, disk_space_of("/no/such/folder")).mail("192.0.2.1", 0, 1.0)
    assert disk_space_of("/")().total_bytes > 0


def overdue(deadline: Deadline, now_s: float, **times: float) -> str:
    found = deadline.overdue(now_s, ClientTimeouts(**times), 100)
    return found.reason if found else ""


@pytest.mark.parametrize("phase", list(Phase))
def test_given_each_phase_then_it_has_its_own_time(phase: Phase) -> None:
    deadline = Deadline(phase, 10.0)
    assert overdue(deadline, 15.0, **{phase.value: 5.0}) == ""
    assert overdue(deadline, 15.1, **{phase.value: 5.0}) == f"timeout_{phase.name.lower()}"


def test_given_a_session_that_lasts_then_it_ends_between_commands_and_not_in_a_message() -> None:
    deadline = Deadline(Phase.COMMAND, 0.0)
    deadline.since_s = 99.0
    assert overdue(deadline, 100.0, session_s=50.0) == "session_too_long"
    deadline.enter(Phase.DATA, 100.0)
    assert overdue(deadline, 101.0, session_s=50.0) == ""


def test_given_data_then_each_window_has_to_keep_the_rate() -> None:
    deadline = Deadline(Phase.COMMAND, 0.0)
    deadline.enter(Phase.DATA, 10.0)
    deadline.received(1_000_000)
    assert overdue(deadline, 20.0, data_window_s=10.0) == ""
    deadline.received(999)
    assert overdue(deadline, 29.0, data_window_s=10.0) == ""
    assert overdue(deadline, 30.0, data_window_s=10.0) == "too_slow"


def test_given_last_words_then_lingering_begins_once() -> None:
    deadline = Deadline(Phase.COMMAND, 0.0)
    deadline.linger(5.0)
    deadline.linger(9.0)
    assert overdue(deadline, 7.5, linger_s=2.0) == "timeout_linger"


def test_point_15_given_a_client_that_opens_many_messages_then_it_gets_a_third_of_the_budget_and_others_have_room() -> None:
    budget = DataBudget(300, 30)
    for _ in range(20):
        budget.open("a")
    for taken in range(10, 310, 10):  # noqa: B007
        if not budget.hold("a", 10):
            budget.hold("a", -10)
            break
    assert taken == 110
    assert not budget.fits("a", 10)
    assert budget.fits("b", 100)
    budget.open("b")
    assert budget.hold("b", 60)
    assert budget.hold("c", 30)


def test_point_15_given_a_client_without_limits_then_it_has_no_share_and_all_is_given_back() -> None:
    budget = DataBudget(100, 10)
    budget.open("")
    budget.open("")
    assert budget.hold("", 90)
    assert budget.fits("", 10)
    budget.close("", 90)
    budget.close("", 0)
    assert (budget.held_bytes, budget.messages) == (0, 0)


def test_point_15_given_many_messages_in_data_then_the_disk_need_not_hold_more_than_the_budget() -> None:
    limits = SmtpLimits(message_bytes=100, data_budget_bytes=1000, disk_free_factor=1.0, disk_free_share=0.0)
    admission = Admission(limits, lambda: True, lambda: DiskSpace(1100, 10**6))
    for _ in range(500):
        admission.budget.open("192.0.2.1")
    admission.mail("192.0.2.2", 0, 0.0)
