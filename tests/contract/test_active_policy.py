"""What is activated holds for the next batch of every process, each mail is decided by exactly one version, and none stops the mail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from mailgate.cases.tokens import TokenKeys
from mailgate.clock import monotonic_s, utc_now
from mailgate.errors import PolicyError
from mailgate.inbound.intake.intake import IntakeOptions, IntakeStage
from mailgate.inbound.intake.matcher import CaseFinder
from mailgate.inbound.intake.reader_process import read_here
from mailgate.inbound.smtp.journal import GroupCommitJournal
from mailgate.inbound.smtp.submission import Submission
from mailgate.mail.limits import Ours
from mailgate.mail.model import Envelope
from mailgate.metrics import REGISTRY
from mailgate.rules.default import SUPPORTWEB_POLICY
from mailgate.runtime.active_policy import ActivePolicy, InitialPolicy, beginning, shipped
from mailgate.store.database import open_database
from mailgate.store.rows import JournalEntry
from mailgate.store.unit_of_work import Store

OWN = frozenset({"support@firma.example"})
KEYS = TokenKeys({1: bytes(range(32))})


class PolicyProcess:
    """One process of an installation, as far as the policy goes: its own connections, its own policy in force, its own intake."""

    def __init__(self, url: str, start: InitialPolicy) -> None:
        self.store = Store(open_database(url, pool_size=4), utc_now)
        self.policies = ActivePolicy(self.store, OWN, start)
        ours = Ours(addresses=OWN)
        options = IntakeOptions(OWN, frozenset({"firma.example"}), lambda mails: read_here(mails, ours=ours), batch=7)
        self.intake = IntakeStage(self.store, CaseFinder(KEYS, "SUP"), self.policies.current, options, lambda _: None)
        self.journal = GroupCommitJournal(self.store, utc_now, lambda: None)

    def accept(self, count: int, name: str = "mail") -> list[str]:
        """Accept so many different mails; their ids."""
        raws = [f"From: kari@kunde.example\r\nSubject: {name} {n}\r\n\r\nHei {n}\r\n".encode() for n in range(count)]
        envelope = Envelope("kari@kunde.example", ("support@firma.example",))
        receipts = self.journal.append_many([Submission(envelope, raw, "127.0.0.1", "t", "smtp", False, False) for raw in raws])
        return [receipt.journal_id for receipt in receipts]

    def activate(self, document: str) -> str:
        """Put a document in force; its label."""
        with self.store.transaction() as uow:
            return uow.policies.add(document, "Kari", "", utc_now()).label

    def decide(self) -> None:
        """Work until nothing is due."""
        self.intake.run(lambda: False)

    def entry(self, id_: str) -> JournalEntry:
        """What became of a mail."""
        with self.store.reading() as uow:
            return uow.journal.get(id_)


@pytest.fixture
def processes(database_url: str) -> Iterator[list[PolicyProcess]]:
    """Two processes on one database."""
    pair = [PolicyProcess(database_url, beginning(None)) for _ in range(2)]
    yield pair
    for process in pair:
        process.store.database.close()


def _says(name: str, does: str = "note") -> str:
    return f"rules: [{{name: {name}, when: always, then: {does}}}]\n"


def _decided_by(entry: JournalEntry) -> tuple[str, str]:
    assert entry.decision is not None
    return entry.decision.rule, entry.decision.policy_version


def test_given_an_empty_database_when_the_first_mail_is_decided_then_version_1_is_the_built_in_document_and_the_mail_names_it(
    processes: list[PolicyProcess],
) -> None:
    one, other = processes
    (id_,) = one.accept(1)
    one.decide()
    with other.store.reading() as uow:
        first = uow.policies.get(1)
        assert [line.what for line in uow.policies.history()] == ["first"]
    assert first.text == shipped()
    assert _decided_by(other.entry(id_)) == ("default", first.label)
    other.policies.begin()
    assert other.policies.current().version == first.label


def test_given_two_processes_when_a_version_is_activated_then_the_next_mail_of_each_is_decided_by_it_within_a_second(
    processes: list[PolicyProcess],
) -> None:
    for process in processes:
        process.accept(1, "before")
        process.decide()
        assert process.policies.recent().version.startswith("1-")
    for round_ in range(3):
        began_s = monotonic_s()
        label = processes[round_ % 2].activate(_says(f"round_{round_}"))
        for process in processes:
            (id_,) = process.accept(1, f"round {round_} {id(process)}")
            process.decide()
            assert _decided_by(process.entry(id_)) == (f"round_{round_}", label)
            until_s = began_s + 1.0
            while process.policies.recent().version != label:
                assert monotonic_s() < until_s, "the text of answers still comes from the version before"


@pytest.mark.slow
def test_given_mail_that_comes_all_the_while_when_a_hundred_versions_come_into_force_then_each_mail_is_decided_by_exactly_one(
    processes: list[PolicyProcess],
) -> None:
    """Each version has one rule, named for it, and its own disposition: a mail decided by two would show a rule of one and a label of the
    other, or a state that is not of the rule.
    """
    versions = {processes[0].activate(_says(f"v{n}", ("note", "hold", "discard")[n % 3])): n for n in range(3)}
    ids: list[str] = []
    done = threading.Event()
    failed: list[BaseException] = []

    def work(process: PolicyProcess) -> None:
        try:
            while not done.is_set():
                process.decide()
            process.decide()
        except BaseException as error:
            failed.append(error)
            raise

    workers = [threading.Thread(target=work, args=(process,)) for process in processes]
    for worker in workers:
        worker.start()
    clerk = processes[0]
    for n in range(3, 103):
        ids += clerk.accept(4, f"round {n}")
        if n % 5:
            versions[clerk.activate(_says(f"v{n}", ("note", "hold", "discard")[n % 3]))] = n
        else:
            with clerk.store.transaction() as uow:
                uow.policies.roll_back(1, "Per", "", utc_now())
    done.set()
    for worker in workers:
        worker.join(120)
    assert not failed
    states = {0: "noted", 1: "held", 2: "discarded"}
    seen = set()
    for id_ in ids:
        entry = clerk.entry(id_)
        rule, label = _decided_by(entry)
        n = versions[label]
        assert (rule, entry.state) == (f"v{n}", states[n % 3])
        seen.add(n)
    assert len(ids) == 400
    assert len(seen) > 10, "so many versions were followed while mail was decided"
    with clerk.store.reading() as uow:
        assert len(uow.policies.history()) == 103
        assert uow.journal.ledger()["balanced"] is True


def test_given_an_activation_between_decision_and_commit_when_a_batch_is_applied_then_it_keeps_the_version_that_it_began_with(
    processes: list[PolicyProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = processes
    before = one.activate(_says("before"))
    ids = one.accept(5)
    commit = one.intake._commit

    def activated_meanwhile(policy, messages):  # type: ignore[no-untyped-def]
        other.activate(_says("after", "hold"))
        return commit(policy, messages)

    monkeypatch.setattr(one.intake, "_commit", activated_meanwhile)
    one.decide()
    assert {(*_decided_by(one.entry(id_)), one.entry(id_).state) for id_ in ids} == {("before", before, "noted")}


def _unreadable_count() -> float:
    lines = [line for line in REGISTRY.text().decode().splitlines() if line.startswith("mailgate_policy_unreadable_total ")]
    return float(lines[0].split()[1])


def test_given_a_version_that_this_program_cannot_read_when_it_comes_into_force_then_the_old_one_decides_and_it_is_said_once(
    processes: list[PolicyProcess],
) -> None:
    one = processes[0]
    good = one.activate(_says("good"))
    one.accept(1, "first")
    one.decide()
    counted = _unreadable_count()
    one.activate("rules: [{name: a, when: {fact.of.a.later.release: 1}, then: note}, {name: b, when: always, then: note}]\n")
    ids = [*one.accept(10, "second")]
    one.decide()
    assert {_decided_by(one.entry(id_)) for id_ in ids} == {("good", good)}
    assert one.policies.behind
    assert (one.policies.number, _unreadable_count() - counted) == (1, 1)
    newest = one.activate(_says("newest"))
    (id_,) = one.accept(1, "third")
    one.decide()
    assert _decided_by(one.entry(id_)) == ("newest", newest)
    assert not one.policies.behind


def test_given_a_process_that_starts_with_an_unreadable_version_when_mail_comes_then_the_last_good_one_decides(
    processes: list[PolicyProcess],
) -> None:
    one, fresh = processes
    one.activate(_says("older"))
    good = one.activate(_says("good"))
    broken = one.activate("rules: of a later release\n")
    (id_,) = fresh.accept(1)
    fresh.decide()
    assert _decided_by(fresh.entry(id_)) == ("good", good)
    assert fresh.policies.behind
    with one.store.transaction() as uow:
        uow.policies.roll_back(1, "Per", "", utc_now())
    assert fresh.policies.current().rules[0].name == "older"
    assert not fresh.policies.behind
    assert broken.startswith("3-")


def test_given_a_stored_text_that_somebody_changed_when_it_is_to_be_followed_then_it_is_refused(processes: list[PolicyProcess]) -> None:
    one, fresh = processes
    one.activate(_says("mine"))
    with one.store.database.writing.begin() as connection:
        connection.execute(text("UPDATE policy_versions SET text = :text"), {"text": _says("theirs", "discard")})
    (id_,) = fresh.accept(1)
    fresh.decide()
    assert _decided_by(fresh.entry(id_)) == ("default", SUPPORTWEB_POLICY.version)
    assert fresh.policies.behind


def test_given_a_first_document_that_is_wrong_when_a_process_starts_then_it_ends_with_the_place_and_nothing_is_stored(
    database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "policy.yaml"
    process = PolicyProcess(database_url, beginning(file))
    with pytest.raises(PolicyError, match=r"policy\.yaml: the policy cannot be read: No such file"):
        process.policies.begin()
    file.write_text("rules: [{name: a, when: alway, then: hold}]\n")
    with pytest.raises(PolicyError, match=r"policy\.yaml:1:25: .*did you mean 'always'"):
        process.policies.begin()
    file.write_text(_says("mine") + "tests: [{name: hers, expect: hold}]\n")
    with pytest.raises(PolicyError, match="fails its own test hers: expected hold, got note"):
        process.policies.begin()
    with process.store.reading() as uow:
        assert uow.policies.active() is None
    file.write_text(_says("mine"))
    process.policies.begin()
    file.write_text("broken")
    process.policies.begin()
    assert process.policies.current().rules[0].name == "mine"
    process.store.database.close()


def test_given_documents_with_their_own_windows_when_mail_is_answered_then_the_gate_goes_by_the_one_in_force(
    processes: list[PolicyProcess],
) -> None:
    one = processes[0]
    default = "rules: [{name: default, when: always, then: redirect}]\n"
    to_us = "From: {0}\r\nTo: support@firma.example\r\nSubject: {1}\r\n\r\nHei {1}\r\n"

    def answered(sender: str, subject: str) -> bool:
        raw = to_us.format(sender, subject).encode()
        submission = Submission(Envelope(sender, ("support@firma.example",)), raw, "127.0.0.1", "t", "smtp", False, False)
        (receipt,) = one.journal.append_many([submission])
        one.decide()
        decision = one.entry(receipt.journal_id).decision
        assert decision is not None
        return decision.trail["answer"] == "answered"

    one.activate(default + "redirect: {window_s: 3600}\n")
    assert [answered("kari@kunde.example", f"a{n}") for n in range(3)] == [True, False, False]
    one.activate(default + "redirect: {window_s: 0}\n")
    assert [answered("kari@kunde.example", f"b{n}") for n in range(3)] == [True, True, True]
    one.activate(default)
    assert answered("kari@kunde.example", "c") is False
