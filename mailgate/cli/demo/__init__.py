"""`mailgate demo`: a morning at a support desk over real SMTP and in the web, shown step by step, and checked.

It runs the embedded product (SQLite, stages in this process, mail captured) in a folder that is thrown away, on free ports. Exit 0 only
when all of it is right.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import typer
from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from mailgate import config, log
from mailgate.cli.demo import customer, mails
from mailgate.cli.demo.desk import SUMMARY, DemoDesk, Sent, open_case
from mailgate.cli.demo.visitor import Visitor
from mailgate.cli.terminal import bare
from mailgate.config import secret_file
from mailgate.runtime import bootstrap
from mailgate.runtime.active_policy import shipped
from mailgate.runtime.gateway import Gateway
from mailgate.runtime.pages import pages_in_thread

DOMAIN = "firma.example"
SUPPORT = f"support@{DOMAIN}"
WIDTH_MAX = 100


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One mail of the story: what it is, how it is sent, and what must come of it."""

    what: str
    mail: Callable[[DemoDesk], bytes]
    sender: str
    recipient: Callable[[DemoDesk], str]
    right: Callable[[DemoDesk, Sent], Mapping[str, bool]]


def demo() -> None:
    """Send sample mail over real SMTP, show what was done and why, then the mails that were sent, then the ledger."""
    shown = screen()
    with tempfile.TemporaryDirectory(prefix="mailgate-demo-") as folder:
        settings = config.load(None, _environment(Path(folder)))
        log.configure("error", "console")
        with bootstrap.application(settings) as app:
            key = open_case(app)
        gateway = Gateway(settings, listen=True, work=True)
        with gateway.running():
            shown.print(f"mailgate listens on {gateway.addresses[0]}; mail is kept in {folder}\n")
            with pages_in_thread(settings) as pages:
                right = _play(DemoDesk(gateway.app, gateway.addresses[0], key), pages, shown)
    shown.print("[green]All checks passed.[/green]" if right else "[red]A check failed, see above.[/red]")
    raise typer.Exit(0 if right else 1)


def screen() -> Console:
    """Standard output: as wide as is easy to read, and no wider than the terminal, where there is one."""
    width = min(WIDTH_MAX, Console().width) if sys.stdout.isatty() else WIDTH_MAX
    return Console(file=bare(sys.stdout), highlight=False, width=width)


def _environment(folder: Path) -> Mapping[str, str]:
    return {
        "MAILGATE_SERVICE__COMPANY": "Firma AS",
        "MAILGATE_SERVICE__DOMAIN": DOMAIN,
        "MAILGATE_SERVICE__PORTAL_URL": f"https://supportweb.{DOMAIN}",
        "MAILGATE_DATABASE__URL": f"sqlite:///{folder}/mailgate.db",
        "MAILGATE_SECRETS__FILE": str(_secrets(folder)),
        "MAILGATE_SMTP__LISTEN": "127.0.0.1:0",
        "MAILGATE_METRICS__LISTEN": "",
        "MAILGATE_WEB__LISTEN": "127.0.0.1:0",
        "MAILGATE_POLICY__FILE": str(_policy(folder)),
        "MAILGATE_OUTBOUND__HOLD_BACK_S": "0",
        "MAILGATE_WORKER__SWEEP_INTERVAL_S": "0.2",
    }


def _policy(folder: Path) -> Path:
    """The built-in policy, but nobody waits for changes to be gathered."""
    path = folder / "policy.yaml"
    path.write_text(shipped().replace("window_s: 10 ", "window_s: 0 "), encoding="utf-8")
    return path


def _secrets(folder: Path) -> Path:
    path = folder / "secrets.toml"
    secret_file.create(path)
    return path


def _play(desk: DemoDesk, pages: str, screen: Console) -> bool:
    """Every step, then a customer's way through the web, then every mail sent, then the ledger. True when all was right."""
    right = True
    for number, step in enumerate(STORY, 1):
        raw = step.mail(desk)
        found = step.right(desk, sent := desk.send(raw, step.sender, step.recipient(desk)))
        right &= all(found.values())
        screen.print(_described(number, step, raw, sent, found))
    right &= _visit(desk, pages, screen)
    _show_outbox(desk, screen)
    return _show_ledger(desk, screen) and right


def _visit(desk: DemoDesk, pages: str, screen: Console) -> bool:
    """Kari, whose mail was redirected, goes on in the web."""
    way, right = customer.Way(desk, Visitor(pages), KARI), True
    for number, (what, do) in enumerate(customer.steps(), len(STORY) + 1):
        found = do(way)
        right &= all(found.values())
        screen.print(Panel(_checks(Table.grid(padding=(0, 2)), found), title=f"{number}. {escape(what)}", title_align="left"))
    return right


def _described(number: int, step: StoryStep, raw: bytes, sent: Sent, found: Mapping[str, bool]) -> Panel:
    """What the mail was, what was done, why, and whether that is right."""
    rows = Table.grid(padding=(0, 2))
    rows.add_row("[dim]subject[/dim]", escape(_subject(raw)))
    rows.add_row("[dim]SMTP[/dim]", escape(sent.reply))
    if sent.entry and sent.entry.decided:
        row, decided = sent.entry.row, sent.entry.decided
        rows.add_row("[dim]kind[/dim]", escape(f"{row.kind} ({'; '.join(decided['kind_reasons']) or 'nothing says otherwise'})"))
        rows.add_row("[dim]done[/dim]", f"[bold]{row.state}[/bold] by rule {row.rule}")
        rows.add_row("[dim]because[/dim]", escape(row.reason))
        if "answer" in decided:
            rows.add_row("[dim]answer[/dim]", escape(decided["answer"]))
    return Panel(_checks(rows, found), title=f"{number}. {escape(step.what)}", title_align="left")


def _checks(rows: Table, found: Mapping[str, bool]) -> Table:
    for what, good in found.items():
        rows.add_row("[green]✓[/green]" if good else "[red]✗ WRONG[/red]", escape(what))
    return rows


def _subject(raw: bytes) -> str:
    value = message_from_bytes(raw)["Subject"]
    return str(make_header(decode_header(value))) if value else "(cannot be read)"


def _show_outbox(desk: DemoDesk, screen: Console) -> None:
    """Every mail that went out, as its reader sees it; `captured` because the demo keeps mail instead of sending it."""
    for mail in desk.outbox():
        rows = Table.grid(padding=(0, 2))
        rows.add_row("[dim]from[/dim]", escape(_from(desk.raw(mail.id))))
        rows.add_row("[dim]reverse-path[/dim]", "<> (null: nobody may answer it)" if mail.reverse_path is None else "signed, for bounces")
        rows.add_row("[dim]subject[/dim]", f"[bold]{escape(mail.subject)}[/bold]")
        if mail.delivery:
            rows.add_row("[dim]delivery[/dim]", f"[red]{mail.delivery}[/red]: a bounce came back")
        content = Group(rows, "", escape(_text(desk.raw(mail.id))))
        title = escape(f"mail to {mail.address}: {mail.template}, {mail.language}, {mail.state}")
        screen.print(Panel(content, title=title, title_align="left"))


def _from(raw: bytes) -> str:
    return str(make_header(decode_header(message_from_bytes(raw)["From"])))


def _text(raw: bytes) -> str:
    message = message_from_bytes(raw)
    part = next((part for part in message.walk() if part.get_content_type() == "text/plain"), message)
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace").strip() if isinstance(content, bytes) else ""


def _show_ledger(desk: DemoDesk, screen: Console) -> bool:
    figures = desk.ledger()
    table = Table("ledger", "mails", title_justify="left")
    for name, figure in figures.items():
        table.add_row(name, ("yes" if figure else "NO") if isinstance(figure, bool) else str(figure))
    screen.print(table)
    return bool(figures["balanced"])


def _filled(template: str, who: str = "") -> Callable[[DemoDesk], bytes]:
    """The sample mail with what only the run knows: case key, reply address and ids of the notice to `who`."""

    def fill(desk: DemoDesk) -> bytes:
        words = {"domain": DOMAIN, "key": desk.key, "summary": SUMMARY, "summary_q": SUMMARY.replace(" ", "_")}
        if who:
            found = desk.addresses_of(who)
            words |= {
                "reply_to": found.reply_to, "notice_id": found.notice_id, "root_id": found.root_id, "return_path": found.return_path,
            }  # fmt: skip
        return template.format(**words).replace("\n", "\r\n").encode()

    return fill


def _state(sent: Sent) -> str:
    return sent.entry.row.state if sent.entry else ""


def _mails_to(desk: DemoDesk, address: str) -> list[str]:
    return [mail.template for mail in desk.outbox() if mail.address == address]


def _legacy(desk: DemoDesk, sent: Sent) -> Mapping[str, bool]:
    answers = [mail for mail in desk.outbox() if mail.address == KARI]
    return {
        "no case is made from it": _state(sent) == "redirected",
        "one answer, in bokmål, with a null reverse-path": [(m.language, m.reverse_path) for m in answers] == [("nb", None)],
    }


def _reply(desk: DemoDesk, sent: Sent) -> Mapping[str, bool]:
    comments = desk.comments("comment")
    return {
        "it is a comment": _state(sent) == "commented" and len(comments) == 2,
        "without the quoted history": "Når kom feilen" not in comments[-1] and "skrev Supportweb" not in comments[-1],
        "Venter på kunde became Åpen": desk.case.status == "open",
        "the other participant is notified, the writer is not": (len(_mails_to(desk, EVA)), len(_mails_to(desk, PER))) == (2, 1),
    }


def _out_of_office(desk: DemoDesk, sent: Sent) -> Mapping[str, bool]:
    return {
        "it is a note on the case": _state(sent) == "noted" and len(desk.comments("note")) == 1,
        "the status is untouched": desk.case.status == "open",
        "nobody gets an answer": (len(_mails_to(desk, EVA)), len(_mails_to(desk, PER))) == (2, 1),
    }


def _stranger(desk: DemoDesk, sent: Sent) -> Mapping[str, bool]:
    return {
        "redirected like anyone": _state(sent) == "redirected" and _mails_to(desk, NILS) == ["redirect"],
        "nothing joins the case": len(desk.comments("comment")) == 2 and NILS not in desk.case.participants,
    }


def _bounce(desk: DemoDesk, sent: Sent) -> Mapping[str, bool]:
    failed = [mail for mail in desk.outbox() if mail.delivery == "failed"]
    return {
        "it is tied to the mail that bounced": [mail.address for mail in failed] == [EVA],
        "and sends nothing": _state(sent) == "noted" and len(desk.outbox()) == MAILS_SENT,
    }


def _unreadable(desk: DemoDesk, sent: Sent) -> Mapping[str, bool]:
    return {
        "accepted and visible, it waits for a person": _state(sent) == "held",
        "its bytes are kept": bool(sent.entry and sent.entry.raw_kept),
        "and it sends nothing": len(desk.outbox()) == MAILS_SENT,
    }


KARI, PER, EVA, NILS = "kari.lunde@fjordnett.example", "per.nes@nordvik.example", "eva.moen@nordvik.example", "nils@annetsted.example"
MAILS_SENT = 5  # the question to two participants, the answer to Kari, the notice to Eva, the answer to Nils

STORY = (
    StoryStep("a legacy sender", _filled(mails.LEGACY), KARI, lambda _: SUPPORT, _legacy),
    StoryStep(
        "the same sender again",
        _filled(mails.LEGACY_AGAIN),
        KARI,
        lambda _: SUPPORT,
        lambda desk, sent: {"no second answer within the window": _state(sent) == "redirected" and len(_mails_to(desk, KARI)) == 1},
    ),
    StoryStep("a reply with quoted history", _filled(mails.REPLY, PER), PER, lambda desk: desk.addresses_of(PER).reply_to, _reply),
    StoryStep(
        "an out-of-office note", _filled(mails.OUT_OF_OFFICE, EVA), EVA, lambda desk: desk.addresses_of(EVA).reply_to, _out_of_office
    ),
    StoryStep("a stranger with the case key", _filled(mails.STRANGER), NILS, lambda _: SUPPORT, _stranger),
    StoryStep("a bounce", _filled(mails.BOUNCE, EVA), "", lambda desk: desk.addresses_of(EVA).return_path, _bounce),
    StoryStep("a mail that cannot be read", lambda _: mails.UNREADABLE, "ukjent@annetsted.example", lambda _: SUPPORT, _unreadable),
    StoryStep(
        "an unknown recipient",
        _filled(mails.UNKNOWN_RECIPIENT),
        PER,
        lambda _: f"salg@{DOMAIN}",
        lambda _, sent: {"refused before any data": sent.reply.startswith("550 5.1.1") and sent.entry is None},
    ),
)
