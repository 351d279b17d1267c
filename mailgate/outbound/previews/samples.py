"""A sample of every kind of mail that we send: groups of notices as the compose stage hands them to the freezer. Pure.

In: a language, and a case with what was said on it, or the built-in sample. Out: name -> group. Templates are checked and shown on them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from mailgate.cases.model import Actor, Case, Comment, Contact, NoticeKind, Participant, StoredFile
from mailgate.cases.workflow import SUPPORTWEB
from mailgate.mail.compose import AttachedFile
from mailgate.outbound.freeze import Group
from mailgate.store.rows import ClaimedNotice

ACCOUNT_KINDS: tuple[NoticeKind, ...] = ("account_verify", "account_exists", "account_reset", "account_password", "claim_code")
NOW = datetime(2026, 11, 3, 9, 12, tzinfo=UTC)
PORTAL = "https://support.firma.example"
LOG = "    at no.firma.Print.run(Print.java:118)\n" + "    " + "0123456789abcdef" * 14
COMMENT = (
    "Oppgradering 4.2.1 retter utskriften. Kan du prøve på nytt med kvittering skrudd på?\n\n"
    "Slik gjør du: https://support.firma.example/hjelp/utskrift?kapittel=4&avsnitt=2\n\nFeilen sto slik i loggen:\n" + LOG
)


def _id(number: int) -> str:
    return f"019aa7f0-0000-7000-8000-{number:012d}"


KARI = Contact(_id(1), 1, "kari@kunde.example", "Kari Lunde")
OLA = "Ola Berg"
CASE = Case(
    _id(2), 1042, "SUP-1042", "Faktura skrives ikke ut med «kvittering»", "proposed", "problem", "high",
    NOW - timedelta(days=1), NOW, KARI.id, assignee=OLA, description="Siden i går skrives ikke fakturaer ut når kvittering er skrudd på.",
    participants=(Participant(KARI, "reporter"),),
)  # fmt: skip
WAITING = json.dumps(
    [
        {"kind": "overdue", "count": 2, "since": (NOW - timedelta(days=1)).isoformat(), "first": ["SUP-1042", "SUP-1043"]},
        {"kind": "held", "count": 1, "since": (NOW - timedelta(hours=3)).isoformat(), "first": [_id(90)]},
        {"kind": "restored", "count": 3, "since": None, "first": []},
    ]
)
_FILES = (
    StoredFile("ab" * 32, "oppskrift.pdf", "application/pdf", 12_000),
    StoredFile("cd" * 32, "full logg.zip", "application/zip", 4_000_000),
)
SAID = Comment(_id(30), CASE.id, "comment", COMMENT, Actor("operator", OLA), NOW, files=_FILES)
EARLIER = Comment(
    _id(20), CASE.id, "comment", "Vi har sett på saken.\nHvilken skriver bruker dere?", Actor("operator", OLA), NOW - timedelta(hours=18)
)
ALONG = {"ab" * 32: AttachedFile("oppskrift.pdf", "application/pdf", b"%PDF-1.4 sample")}


@dataclass(frozen=True, slots=True)
class About:
    """What the samples are about: a case, its reader, what was said last and before it, and the files that ride along."""

    case: Case
    reader: Contact
    said: Comment
    earlier: Comment | None = None
    along: Mapping[str, AttachedFile] = field(default_factory=dict)


AS_FILES = {"author": "kari@kunde.example", "subject": "Faktura 118", "attach": "files"}
INVOICE = (
    b"From: kari@kunde.example\r\nSubject: Faktura 118\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHei, her er fakturaen for mars.\r\n"
    b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=faktura-118.pdf\r\n\r\n%PDF-1.7\r\n--b--\r\n"
)
SAMPLE = About(CASE, KARI, SAID, EARLIER, ALONG)


def about_case(case: Case, comments: Sequence[Comment]) -> About:
    """A real case, as its reporter would read of it."""
    reader = next(person.contact for person in case.participants if person.role == "reporter")
    spoken = [one for one in comments if one.kind == "comment"]
    nothing = Comment(_id(30), case.id, "comment", "…", Actor("operator", case.assignee), case.updated_at)
    return About(case, reader, spoken[-1] if spoken else nothing, spoken[-2] if len(spoken) > 1 else None)


def groups(language: str, about: About = SAMPLE) -> dict[str, Group]:
    """Name of the sample -> its group. Names begin with the kind."""
    sample = Sample(language, about)
    return {**_about_the_case(sample), **_answers(sample), **_to_the_team(sample), **_about_accounts(sample)}


def _about_the_case(sample: Sample) -> dict[str, Group]:
    """To participants of a case."""
    case = sample.about.case
    created = sample("case_created", 31, text=case.description, agreement="standard", received_at=NOW.isoformat())
    reminder = sample.group(sample("reminder", 31, status="waiting_customer", closes_on="2026-12-07"))
    moves = {
        "proposed": ("investigating", "proposed"),
        "waiting": ("open", "waiting_customer"),
        "resolved": ("in_progress", "resolved"),
        "closed": ("resolved", "closed"),
    }
    unanswered = sample("status_changed", 31, **sample.move("waiting_customer", "closed"), because="no_answer", days="10")
    digest = (sample("comment_added", 31, **sample.said), sample("status_changed", 32, **sample.move("investigating", "proposed")))
    return {
        "case_created": sample.group(created),
        "comment_added": sample.group(sample("comment_added", 31, **sample.said)),
        **{f"status_changed.{name}": sample.group(sample("status_changed", 31, **sample.move(*move))) for name, move in moves.items()},
        "status_changed.unanswered": sample.group(unanswered),
        "reminder": replace(reminder, case=replace(case, status="waiting_customer")),
        "assignee_changed": sample.group(sample("assignee_changed", 31, **{"from": "", "to": case.assignee or OLA})),
        "assignee_changed.nobody": sample.group(sample("assignee_changed", 31, **{"from": OLA, "to": ""})),
        "participant_added": sample.group(sample("participant_added", 31)),
        "digest": sample.group(*digest),
    }


def _answers(sample: Sample) -> dict[str, Group]:
    """To whoever wrote a mail."""
    reader = sample.about.reader
    answer = {
        "agreement": "standard",
        "received_at": NOW.isoformat(),
        "answered_at": NOW.isoformat(),
        "answered_subject": "Hjelp med «faktura»",
    }
    offer = {"case_id": sample.about.case.id, "status": "proposed", "event_id": _id(30)}
    redirect = sample.bare("redirect", 41, **answer, closed_since="2009-04-01", refuses_on="2027-01-01")
    accepted = sample.bare("accepted", 41, **sample.case, **answer, legacy_phase="accept_and_tell", closes_on="2027-01-01")
    choice = replace(sample.bare("choice", 41, **{**sample.case, **answer, **offer}), contact_id=reader.id)
    return {
        "redirect": Group((redirect,)),
        "accepted": Group((accepted,), reader),
        "case_closed": Group((sample.bare("case_closed", 41, **sample.case, **answer),)),
        "choice": Group((choice,), reader),
    }


def _to_the_team(sample: Sample) -> dict[str, Group]:
    """To addresses of the policy."""
    forward = sample.bare("forward", 41, rule="faktura", author="kari@kunde.example", subject="Faktura 118")
    team = {"rule": "drift", "disposition": "create", "author": "kari@kunde.example", "subject": "Alt er nede", "entry": _id(90)}
    return {
        "forward": Group((forward,), forwarded=b"x"),
        "forward.files": Group((sample.bare("forward", 41, rule="faktura", **AS_FILES),), forwarded=INVOICE),
        "team_notice": Group((sample.bare("team_notice", 41, **sample.case, **team),)),
        "todo_list": Group((sample.bare("todo_list", 41, waiting=WAITING),)),
    }


def _about_accounts(sample: Sample) -> dict[str, Group]:
    """To the owner of an account or of an address, with the facts that `application.accounts` and `links.claim` give.

    A fact more would hide that a template asks for one that is never there.
    """
    link, username, forgotten = {"link": f"{PORTAL}/register/x1"}, {"username": "kari"}, {"forgotten": f"{PORTAL}/password"}
    facts: dict[NoticeKind, dict[str, str]] = {
        "account_verify": link,
        "account_exists": username | link | forgotten,
        "account_reset": username | link,
        "account_password": username | forgotten,
        "claim_code": {"code": "493 027"},
    }
    return {kind: Group((sample.bare(kind, 41, **facts[kind]),)) for kind in ACCOUNT_KINDS}


class Sample:
    """Makes the notices and groups of one case in one language."""

    def __init__(self, language: str, about: About = SAMPLE) -> None:
        self._language, self.about = language, about
        case, said = about.case, about.said
        self.case = {"case_key": case.key, "summary": case.summary, "status": "open", "actor": said.author.name, "actor_kind": "operator"}
        self.said = {"comment_id": said.id, "text": said.text}

    def move(self, from_: str, to: str) -> dict[str, str]:
        """The facts of a change of status."""
        labels = {f"{name}_label": SUPPORTWEB.status(key).label(self._language) for name, key in (("from", from_), ("to", to))}
        return {"from": from_, "to": to, "status": to, **labels}

    def __call__(self, kind: NoticeKind, number: int, **facts: str) -> ClaimedNotice:
        """A notice of the case to its reader."""
        return ClaimedNotice(
            _id(number), "g", kind, self.about.reader.address, NOW, self.about.case.id, self.about.reader.id, None, None, self._language,
            {**self.case, **facts}, 1, 1,
        )  # fmt: skip

    def bare(self, kind: NoticeKind, number: int, **facts: str) -> ClaimedNotice:
        """A notice that is no news of a case."""
        address = self.about.reader.address
        return ClaimedNotice(_id(number), "g", kind, address, NOW, None, None, None, None, self._language, facts, 1, 1)

    def group(self, *notices: ClaimedNotice) -> Group:
        """The mail of these notices."""
        about = self.about
        spoken = any(notice.kind == "comment_added" for notice in notices)
        comments, along = ({about.said.id: about.said}, about.along) if spoken else ({}, {})
        return Group(notices, about.reader, case=about.case, comments=comments, earlier=about.earlier, along=along)
