"""A case as the command line shows it. In: a case and its conversation. Out: plain mappings for JSON, or text on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailgate.cases.model import Actor, Case, Comment
from mailgate.cases.workflow import possible
from mailgate.cli.desk import Desk
from mailgate.cli.output import one_line, show_one

if TYPE_CHECKING:
    from mailgate.store.rows import OutboxMail
    from mailgate.store.unit_of_work import UnitOfWork


LATEST_MAILS = 20
_BELOW = ("description", "comments", "events", "id", "deliveries", "unreachable")


def summary(desk: Desk, case: Case) -> dict[str, Any]:
    """The case itself, without its conversation. `participants` are addresses; those who wait for approval stand in `waiting`."""
    workflow = desk.policy.workflow
    people = [(person.contact, person.approved) for person in case.participants]
    return {
        "key": case.key,
        "id": case.id,
        "summary": case.summary,
        "status": case.status,
        "status_label": workflow.status(case.status).label(desk.settings.service.default_language),
        "type": case.case_type,
        "priority": case.priority,
        "component": case.component,
        "assignee": case.assignee,
        "reporter": next((contact.address for contact, _ in people if contact.id == case.reporter_id), ""),
        "participants": [contact.address for contact, approved in people if approved],
        "waiting": [contact.address for contact, approved in people if not approved],
        "created_at": case.created_at,
        "updated_at": case.updated_at,
        "resolved_at": case.resolved_at,
        "link": desk.settings.service.link(case.key),
        "operations": list(possible(workflow, case.status, "operator")),
    }


def whole(desk: Desk, uow: UnitOfWork, case: Case) -> dict[str, Any]:
    """The case with description, comments, events and the latest mails about it, oldest first; `unreachable`: participants without mail."""
    people = {person.contact.id: person.contact.address for person in case.participants}
    customer = uow.customers.get([case.customer_id]).get(case.customer_id) if case.customer_id else None
    mails = uow.outbox.list(limit=LATEST_MAILS, case_id=case.id)
    return {
        **summary(desk, case),
        "unreachable": [
            {"address": one.address, "cause": one.cause, "since": one.created_at, "until": one.until, "reason": one.reason}
            for one in uow.suppressions.of(people.values())
        ],
        "deliveries": [_delivery(mail) for mail in reversed(mails)],
        "customer": customer.name if customer else "",
        "description": case.description,
        "comments": [_comment(comment, people) for comment in uow.cases.comments(case.id)],
        "events": [
            {"at": event.at, "kind": event.kind, "by": _who(event.actor, people), "facts": dict(event.facts)}
            for event in uow.cases.events(case.id)
        ],
    }


def _delivery(mail: OutboxMail) -> dict[str, Any]:
    """One mail about the case and what became of it: our own state, then what reports said later."""
    what = mail.delivery or mail.state
    why = " ".join(part for part in (mail.delivery_status, mail.delivery_text) if part) if mail.delivery else mail.error
    return {"at": mail.created_at, "address": mail.address, "template": mail.template, "state": what, "why": why, "outbox_id": mail.id}


def print_whole(view: dict[str, Any]) -> None:
    """For people: the fields, the conversation with its line ends, then the events."""
    show_one({name: value for name, value in view.items() if name not in _BELOW}, as_json=False)
    if view["description"]:
        _print_text(view["description"])
    for comment in view["comments"]:
        print(f"\n{one_line(comment['at'])}  {comment['kind']}  {one_line(comment['by'])}")
        _print_text(comment["text"])
        for file in comment["files"]:
            print(f"  [{one_line(file['filename'])}  {file['content_type']}  {file['size_bytes']} bytes]")
    print()
    for one in view["unreachable"]:
        until = f" until {one_line(one['until'])}" if one["until"] else ""
        print(f"{one_line(one['address'])} gets no mail{until}: {one_line(one['reason'])}")
    for mail in view["deliveries"]:
        line = (
            f"{one_line(mail['at'])}  mail {mail['state']}  {one_line(mail['address'])}  {mail['template']}  {one_line(mail['why'])[:100]}"
        )
        print(line.rstrip())
    for event in view["events"]:
        facts = "  ".join(f"{name}={one_line(value)}" for name, value in event["facts"].items() if name != "comment_id")
        print(f"{one_line(event['at'])}  {event['kind']}  {one_line(event['by'])}  {facts}".rstrip())


def _print_text(text: str) -> None:
    for line in text.split("\n"):
        print(f"  {one_line(line)}".rstrip())


def _comment(comment: Comment, people: dict[str, str]) -> dict[str, Any]:
    return {
        "id": comment.id,
        "kind": comment.kind,
        "at": comment.created_at,
        "by": _who(comment.author, people),
        "text": comment.text,
        "journal_id": comment.journal_id,
        "files": [
            {
                "filename": f.filename,
                "content_type": f.content_type,
                "size_bytes": f.size_bytes,
                "sha256": f.sha256,
                "disposition": f.disposition,
            }
            for f in comment.files
        ],
    }


def _who(actor: Actor, people: dict[str, str]) -> str:
    return people.get(actor.contact_id or "") or actor.name or actor.kind
