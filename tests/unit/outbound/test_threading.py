"""All mails of a case are one thread for each of its people: by the algorithm of JWZ, by notmuch and by mutt, in any order of arrival."""

from __future__ import annotations

import base64
import itertools
import json
import mailbox
import random
import subprocess
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from mailgate.cases import changes
from mailgate.cases.carriers import thread_root
from mailgate.cases.ids import new_id
from mailgate.cases.model import Actor, Contact, Notice
from mailgate.outbound.compose_stage import NoticeStage
from mailgate.store.rows import Outcome
from tests.support.mails import jwz
from tests.support.mails.entries import LEASE, entry
from tests.unit.outbound.conftest import Scene

pytestmark = pytest.mark.usefixtures("stage")


@dataclass
class Mailboxes:
    """What each person has in their mailbox: mails of ours, and what they wrote themselves."""

    scene: Scene
    stage: NoticeStage
    own: dict[str, list[bytes]]

    def of(self, person: Contact) -> list[bytes]:
        ours = [self.scene.raw(mail.id) for mail in self.scene.mails() if mail.address == person.address]
        return [*self.own.get(person.address, []), *ours]

    def writes(self, person: Contact, number: int, subject: str, references: str = "") -> str:
        """A mail of that person that intake has taken; its journal id."""
        head = f"From: {person.address}\r\nMessage-ID: <own-{number}@kunde.example>\r\nSubject: {subject}\r\n{references}"
        raw = f"{head}Date: Mon, 23 Nov 2026 0{number}:00:00 +0000\r\n\r\nHei\r\n".encode()
        self.own.setdefault(person.address, []).append(raw)
        now = self.scene.clock()
        with self.scene.store.transaction() as uow:
            (appended,) = uow.journal.append([entry(number, now, raw=raw)])
            (claim,) = uow.journal.claim(now, 1, LEASE)
            uow.journal.finish([Outcome(claim.id, "commented", message_id=f"own-{number}@kunde.example")])
        return appended.journal_id

    def replies(self, person: Contact, number: int) -> None:
        """That person answers the newest mail of ours, as a mail reader does, and it becomes a comment."""
        last = message_from_bytes(self.of(person)[-1], policy=policy.default)
        chain = f"In-Reply-To: {last['Message-ID']}\r\nReferences: {last['References']} {last['Message-ID']}\r\n"
        journal_id = self.writes(person, number, f"SV: {last['Subject']}", chain)
        context = replace(self.scene.context(Actor("contact", person.name, person.id)), journal_id=journal_id)
        self.scene.write(changes.add_comment(self.scene.case, changes.NewComment("Takk"), context))

    def sent(self) -> None:
        self.scene.clock.step(timedelta(seconds=11))
        self.stage.run()


@pytest.fixture
def boxes(scene: Scene, stage: NoticeStage) -> Mailboxes:
    """A case's life: opened by Kari's mail, answered, renamed, replied to, gathered in a digest, closed."""
    at = Mailboxes(scene, stage, {})
    opening = at.writes(scene.kari, 1, "Får ikke logget inn")
    receipt = Notice(
        new_id(scene.clock()), "case_created", scene.kari.address, scene.clock(), scene.clock(), case_id=scene.case.id,
        contact_id=scene.kari.id, journal_id=opening, language="nb",
        facts={"case_key": scene.case.key, "summary": scene.case.summary, "status": "open", "actor": "Kari Nordmann"},
    )  # fmt: skip
    with scene.store.transaction() as uow:
        uow.notices.add([receipt])
    at.sent()
    scene.comment("Kan du sende loggen?", move_to="waiting_customer")
    at.sent()
    scene.write(
        replace(changes.assign(scene.case, "Liv", scene.context()), case=replace(scene.case, summary="Feil passord", assignee="Liv"))
    )
    at.sent()
    at.replies(scene.kari, 2)
    at.sent()
    at.replies(scene.per, 3)
    at.sent()
    scene.comment("Prøv igjen")
    scene.write(changes.operate(scene.case, "investigate", scene.context()))
    at.sent()
    scene.write(changes.operate(scene.case, "propose", scene.context()))
    scene.write(changes.operate(scene.case, "resolve", scene.context()))
    at.sent()
    return at


def ids(mails: list[bytes]) -> set[str]:
    return {str(message_from_bytes(raw, policy=policy.default)["Message-ID"]).strip("<>") for raw in mails}


def test_given_a_cases_life_when_threaded_in_any_order_then_each_person_has_one_thread_and_one_subject(boxes, scene):
    for person, least in ((scene.kari, 8), (scene.per, 5)):
        mails = boxes.of(person)
        assert len(mails) >= least
        for seed in range(50):
            shuffled = random.Random(seed).sample(mails, len(mails))
            assert jwz.threads(shuffled) == [ids(mails)], f"{person.name}, order {seed}"
    subjects = {jwz.base_subject(raw) for raw in boxes.of(scene.kari)[2:]}
    assert subjects == {"[SUP-123] Får ikke logget inn"}, "a new summary must not begin a new thread at Gmail"


def test_given_a_customers_own_mails_then_they_are_the_parents_of_what_they_get_next(boxes, scene):
    kari = [
        message_from_bytes(boxes.scene.raw(mail.id), policy=policy.default) for mail in scene.mails() if mail.address == scene.kari.address
    ]
    root = f"<{thread_root(scene.case.id, 'example.no')}>"
    assert [mail["In-Reply-To"] for mail in kari][:3] == ["<own-1@kunde.example>"] * 3
    assert {mail["In-Reply-To"] for mail in kari[3:]} == {"<own-2@kunde.example>"}
    assert [mail["References"].split()[:2] for mail in kari] == [["<own-1@kunde.example>", root]] * len(kari)
    assert all(mail["Thread-Index"] is None for mail in kari), "her mail reader has given her own mail another one"


def test_given_a_participant_who_wrote_nothing_first_then_outlook_has_one_index_and_one_topic_for_all(boxes, scene):
    per = [message_from_bytes(raw, policy=policy.default) for raw in boxes.of(scene.per)[1:]]
    (index,) = {str(mail["Thread-Index"]) for mail in per}
    octets = base64.b64decode(index, validate=True)
    assert (len(octets), octets[0], octets[6:].hex()) == (22, 1, scene.case.id.replace("-", ""))
    assert {str(mail["Thread-Topic"]) for mail in per} == {"[SUP-123] Får ikke logget inn"} == {str(mail["Subject"]) for mail in per}
    assert all("own-1@" not in mail["References"] for mail in per), "nobody learns the id of another's mail"


def test_given_hostile_message_ids_then_they_never_reach_a_header(boxes, scene):
    with scene.store.transaction() as uow:
        uow.threads._connection.exec_driver_sql("UPDATE decisions SET message_id = 'a b\r\nBcc: x@y'")
    scene.comment("Enda en gang")
    boxes.sent()
    newest = message_from_bytes(boxes.of(scene.kari)[-1], policy=policy.default)
    assert (newest["Bcc"], newest["In-Reply-To"]) == (None, f"<{thread_root(scene.case.id, 'example.no')}>")


@pytest.mark.packages  # notmuch and mutt
def test_given_the_mails_when_notmuch_and_mutt_read_them_then_there_is_one_thread(boxes, scene, tmp_path):
    for person, order in itertools.product((scene.kari, scene.per), (1, -1)):
        mails = boxes.of(person)[::order]
        home = tmp_path / f"{person.number}{order:+}"
        home.mkdir()
        box = mailbox.Maildir(home / "mail")
        for raw in mails:
            box.add(raw.replace(b"\r\n", b"\n"))
        assert notmuch_threads(home) == [len(mails)]
        assert mutt_thread(home) == len(mails)


def notmuch_threads(home) -> list[int]:
    """How many mails each thread has."""
    (home / "config").write_text(f"[database]\npath={home}/mail\n[user]\nname=x\nprimary_email=x@example.no\n[new]\ntags=new\n")

    def run(*words: str) -> str:
        command = ["notmuch", f"--config={home}/config", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    run("new", "--quiet")
    return [one["total"] for one in json.loads(run("search", "--format=json", "--output=summary", "*"))]


def mutt_thread(home) -> int:
    """How many mails mutt puts into the first one's thread: it tags the thread and copies what is tagged."""
    (home / "muttrc").write_text(
        f"set sort=threads strict_threads=yes mbox_type=Maildir folder={home} spoolfile={home}/mail record='' sleep_time=0\n"
        "set confirmappend=no confirmcreate=no collapse_unread=yes mail_check=0 quit=yes move=no mark_old=no\n"
        f"push '<first-entry><tag-thread><tag-prefix><copy-message><kill-line>{home}/thread<enter><exit>'\n"
    )
    words = f"mutt -n -F {home}/muttrc"
    subprocess.run(
        ["script", "-qec", words, "/dev/null"], env={"TERM": "xterm", "HOME": str(home), "PATH": "/usr/bin:/bin"}, timeout=60,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return len(mailbox.Maildir(home / "thread", create=False))
