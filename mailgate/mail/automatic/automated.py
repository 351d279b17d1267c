"""Who or what wrote this mail. In: header section, text, what the bounce reader found. Out: a kind and the reasons for it.

Headers decide first, wording only after them. Sources: RFC 3834 (automatic responses), RFC 2919 and RFC 2369 (lists), RFC 3464 (reports),
RFC 5321 section 4.5.5 (null reverse-path) and section 6.3 (loops), [MS-OXCMAIL] section 2.1.3.2 (X-Auto-Response-Suppress).
`bulk`, `system` and `auto_reply` only say what the mail is; the policy decides what follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from mailgate.mail.automatic.answer_subject import beginning
from mailgate.mail.limits import Ours
from mailgate.mail.model import Envelope, Kind, Mailbox
from mailgate.mail.words import wording
from mailgate.mail.words.automated_words import DAEMON, NO_REPLY

MAX_RECEIVED = 25
"""RFC 5321 section 6.3 says at least 100; a mail to a help desk that went over more than 25 hops is going round."""

LOOP_HEADER = "x-mailgate-loop"
_ANSWERS = re.compile(
    r"^(?!.*(?:suppress|disable|(?:^|-)no-|dont-))(?:.*auto-?(?:repl(?:y|ied)|respon(?:d|der|se)|answer|svar)(?:-|$)|"
    r"(?:.*-)?(?:vacation|(?:gw)?ooo|out-?of-?office)(?:-|$)).*",
    re.MULTILINE,
)
"""Names of fields by which responders mark their answers."""
_ANSWER_STEMS = ("auto", "vacation", "ooo", "office")
"""One of these stands in each of them."""
_RESPONDERS = re.compile(r"\bvacation\b|auto-?(?:reply|respond)|out[ -]?of[ -]?office|\booo\b", re.IGNORECASE)
"""In the name of a program."""
_SAYS_NO = frozenset({"", "no", "none", "false", "off", "never", "disabled", "0"})
_LIST_HEADERS = (
    "list-id", "list-post", "list-unsubscribe", "list-unsubscribe-post", "list-help", "list-subscribe", "list-owner", "list-archive",
    "mailing-list", "x-mailing-list", "x-list-id", "x-listname", "x-mailman-version", "x-loop",
)  # fmt: skip
_CAMPAIGN_HEADERS = (
    "x-campaign", "x-campaign-id", "x-campaignid", "x-mailchimp-id", "x-mc-user", "x-csa-complaints", "x-bulkmail",
    "x-bulk-mail", "x-mailgun-tag", "x-sg-eid-campaign", "x-rpcampaign",
)  # fmt: skip
_SYSTEM_HEADERS = ("x-cron-env", "x-nagios-notification", "x-pagerduty", "x-monitoring", "x-php-originating-script-cron")
_TICKET_HEADERS = (
    "x-jira-fingerprint", "x-github-reason", "x-gitlab-project", "x-otrs-loop", "x-zammad-fqdn", "x-rt-loop-prevention", "rt-ticket",
)  # fmt: skip
"""Ticket systems that mark all their mail, also what their agents write by hand."""
_TICKET_REMARKS = (
    *_TICKET_HEADERS, "x-zendesk-from-account-id", "x-servicenow-generated", "x-servicenow-sysemail-version", "x-helpscout-customer-id",
    "x-redmine-issue-id", "x-redmine-host", "x-glpi-itemtype", "x-freshdesk-ticket-id", "x-fw-ticket-id", "x-powered-by-otrs",
)  # fmt: skip
_DESK_WORDS = re.compile(
    r"ticket|helpdesk|help desk|topdesk|freshdesk|helpspot|kayako|gorgias|intercom|atlassian|otrs|znuny|zammad|crm\b|-case-|-issue|"
    r"service ?desk|itsm|hubspot|pureservice|superoffice|zendesk|servicenow|"
    r"salesforce|sfdc|osticket|manageengine|cherwell|ivanti|autotask|connectwise|deskpro|efecte|matrix42|nilex|kundo|zoho|helpscout|dixa"
)
"""In names of header fields and of programs: what ticket systems are called, and what they count."""
_PROGRAM_HEADERS = ("x-mailer", "x-powered-by", "user-agent", "x-generator")
_FORWARD_HEADERS = ("x-ms-exchange-forwardingloop", "x-ms-exchange-inbox-rules-loop", "resent-from", "x-forwarded-for", "x-forwarded-to")
_PERSONS_FREESCOUT = "customer.message"
_GENERATED, _FORWARDED = "auto-submitted:auto-generated", "auto-submitted:auto-forward"
_ROLES = frozenset({"author:postmaster", "author:root", "author:mailadmin", "author:mailadm"})
"""Reasons by the addresses of offices that people sit in, too."""


class AutomationFacts(NamedTuple):
    """What the classification looks at. `headers` maps lower-case names to decoded values in order; `report` is what the report reader
    found.
    """

    headers: dict[str, list[str]]
    author: Mailbox | None
    subject: str
    text: str
    message_id: str | None
    report: tuple[Kind, str] | None
    envelope: Envelope | None
    ours: Ours
    calendar_reply: bool = False  # an answer to an invitation without a word of its own
    passed_on: bool = False  # the text is, or holds, somebody else's mail

    def first(self, name: str) -> str:
        """First value of the field `name`, "" when absent."""
        values = self.headers.get(name)
        return values[0] if values else ""

    @property
    def author_words(self) -> str:
        """The author's name and the local part of their address."""
        return f"{self.author.name} {self.author.address.rpartition('@')[0]}" if self.author else ""

    @property
    def null_reverse_path(self) -> bool:
        """Whether the mail came from `<>`: by the envelope if we have it, else by Return-Path (RFC 5321 section 4.4)."""
        if self.envelope is not None:
            return self.envelope.reverse_path is None
        return self.first("return-path").replace(" ", "") == "<>"

    @property
    def is_answer(self) -> bool:
        """Whether the mail names another one that it answers."""
        return "in-reply-to" in self.headers or "references" in self.headers


Finding = tuple[Kind, str] | None


def classify(facts: AutomationFacts) -> tuple[Kind, tuple[str, ...]]:
    """The kind, and every reason found, the deciding one first. A person's mail may have reasons too: they say what was odd and not
    enough. A reason that begins with `unsure:` says that a person may have written what looks like a machine's mail, or ours.
    """
    for rule in (_loop, _report, _known_machine):
        if found := rule(facts):
            return found[0], (found[1],)
    rules = _RULES if _is_marked(facts) else _UNMARKED_RULES
    findings = [found for rule in rules if (found := rule(facts))]
    kind: Kind = findings[0][0] if findings else "human"
    reasons = [reason for _, reason in findings]
    return kind, tuple(dict.fromkeys((*reasons, *_unsure(facts, kind, reasons), *(() if findings else _remarks(facts)))))


def _is_marked(facts: AutomationFacts) -> bool:
    """Whether a field of the header section may say that a machine wrote the mail."""
    if not _MARKS.isdisjoint(facts.headers):
        return True
    names = "\n".join(facts.headers)
    if any(stem in names for stem in _ANSWER_STEMS) and _ANSWERS.search(names):
        return True
    return _RESPONDERS.search(facts.first("x-mailer")) is not None


def _unsure(facts: AutomationFacts, kind: Kind, reasons: list[str]) -> tuple[str, ...]:
    """Why a person may have written it all the same."""
    if facts.author and facts.author.address.lower() in facts.ours.addresses and kind in ("human", "bulk"):
        return ("unsure:own_author",)
    if reasons and reasons[0].startswith(wording.PERHAPS):
        return ("unsure:wording",)
    if kind == "system" and _is_role_that_asks(facts, reasons):
        return ("unsure:asks",)
    if kind not in ("system", "bulk") or facts.null_reverse_path or _is_worded(facts):
        return ()
    if LOOP_HEADER in facts.headers:
        return ("unsure:mailgate",)  # of another gateway, whose agents write through it, and its notices name no mail that they answer
    if not facts.is_answer:
        return ()
    if any(name in facts.headers for name in _TICKET_REMARKS) or _names_desk(facts):
        return ("unsure:ticket_system",)
    if kind == "bulk" and (mark := _weak_mark(facts)):
        return ("unsure:" + mark,)
    if any(reason.startswith(_FORWARDED) for reason in reasons):
        return ("unsure:forwarded",)
    if _GENERATED not in reasons:
        return ()
    forwarded = any(name in facts.headers for name in _FORWARD_HEADERS)
    return ("unsure:forwarded",) if forwarded else ("unsure:asks",) if wording.asks(facts.text) else ()


def _weak_mark(facts: AutomationFacts) -> str:
    """What alone marks the mail as bulk and stands on people's answers too: a way to unsubscribe, by programs for sales; X-Loop, by rules
    that pass mail on. "" when there is more.
    """
    marks = {name for name in (*_LIST_HEADERS, *_CAMPAIGN_HEADERS, "precedence", "x-precedence", "auto-submitted") if name in facts.headers}
    if marks == {"x-loop"}:
        return "x-loop"
    return "unsubscribe" if marks and marks <= {"list-unsubscribe", "list-unsubscribe-post"} else ""


def _is_role_that_asks(facts: AutomationFacts, reasons: list[str]) -> bool:
    """Whether nothing but the address of an office (RFC 2142) makes it a machine's mail, and somebody asks something."""
    by_address = bool(reasons) and all(reason in _ROLES for reason in reasons)
    return by_address and wording.asks(facts.text)


def _names_desk(facts: AutomationFacts) -> bool:
    """Whether a field of its own, or the program that is named, belongs to a ticket system."""
    fields = "\n".join(name for name in facts.headers if name.startswith("x-"))
    programs = "\n".join(facts.first(name).lower()[:200] for name in _PROGRAM_HEADERS)
    return _DESK_WORDS.search(f"{fields}\n{programs}") is not None


def _is_worded(facts: AutomationFacts) -> bool:
    """Whether the words are a machine's too."""
    if _machine_author(facts) or beginning(facts.subject).phrase or "autoreply" in facts.subject.lower():
        return True
    found = _said(facts, True)
    return found is not None and not found[1].startswith(wording.PERHAPS)


def _loop(facts: AutomationFacts) -> Finding:
    if any(facts.ours.is_our_loop(value) for value in facts.headers.get(LOOP_HEADER, ())):
        return "loop", "header:X-Mailgate-Loop"
    if facts.ours.is_our_message_id(facts.message_id):
        return "loop", "message_id:ours"
    if len(facts.headers.get("received", ())) > MAX_RECEIVED:
        return "loop", f"received:{len(facts.headers['received'])}"
    return None


def _report(facts: AutomationFacts) -> Finding:
    return facts.report


def _known_machine(facts: AutomationFacts) -> Finding:
    if facts.author and facts.ours.is_known_machine(facts.author.address.lower()):
        return "human", "known_machine:" + facts.author.address.lower()
    return None


_COMMENT = re.compile(r"\([^()]{0,200}\)")


def _keyword(value: str) -> str:
    """The first word of a field, in lower case, without comments (RFC 5322 section 3.2.2) and quotation marks."""
    return re.split(r"[;,\s(]", _COMMENT.sub(" ", value).strip(" \t\"'").lower(), maxsplit=1)[0].strip("\"'")


def _auto_submitted(facts: AutomationFacts) -> Finding:
    """RFC 3834 section 5: anything but `no` is automatic, between comments, before parameters; of several the worst counts."""
    keywords = [_keyword(value) for value in facts.headers.get("auto-submitted", ())]
    machine = [word for word in keywords if word and word != "no"]
    if not machine:
        return None
    if "auto-replied" in machine or beginning(facts.subject).phrase:
        return "auto_reply", "auto-submitted:" + machine[0]
    return _absence(facts, "auto-submitted:" + machine[0]) or ("system", "auto-submitted:" + machine[0])


def _absence(facts: AutomationFacts, reason: str) -> Finding:
    """Exchange marks out-of-office notes `auto-generated`: the words tell them from other machine mail."""
    return ("auto_reply", reason) if wording.says_absence(facts.text) else None


def _reply_header(facts: AutomationFacts) -> Finding:
    for name in filter(_ANSWERS.search, facts.headers):
        if facts.first(name).strip().lower() not in _SAYS_NO:
            return "auto_reply", "header:" + name
    if "x-mailer" in facts.headers and _RESPONDERS.search(facts.first("x-mailer")):
        return "auto_reply", "header:x-mailer"
    if "autoresponder" in facts.first("delivered-to").lower() or facts.first("x-post-messageclass").lower().startswith("9;"):
        return "auto_reply", "header:autoresponder"
    if "delivered-by-the-graces-of" in facts.headers:
        return "auto_reply", "header:delivered-by-the-graces-of"  # vacation(1) of BSD
    if facts.first("x-autogenerated").lower() in ("reply", "auto-reply"):
        return "auto_reply", "header:x-autogenerated"
    if "x-ms-exchange-inbox-rules-loop" in facts.headers and beginning(facts.subject).phrase:
        return "auto_reply", "header:x-ms-exchange-inbox-rules-loop"
    return None


def _precedence(facts: AutomationFacts) -> Finding:
    for name in ("precedence", "x-precedence"):
        value = _keyword(facts.first(name)).replace("-", "_")
        if value in ("auto_reply", "autoreply"):
            return "auto_reply", f"{name}:{value}"
        if value in ("bulk", "junk", "list"):
            answer = beginning(facts.subject).phrase or _absence(facts, "")
            return ("auto_reply" if answer else "bulk"), f"{name}:{value}"
    return None


def _subject(facts: AutomationFacts) -> Finding:
    return wording.by_subject(facts.subject, facts.text, facts.is_answer)


def _click(facts: AutomationFacts) -> Finding:
    """Read receipts, recalls and answers to invitations, which mail programs write when somebody clicks: there is no message in them."""
    if facts.calendar_reply:
        return "auto_reply", "calendar:reply"
    return wording.by_click(facts.subject, facts.text)


def _list(facts: AutomationFacts) -> Finding:
    for name in _LIST_HEADERS:
        if name in facts.headers:
            return "bulk", "header:" + name
    for name in _CAMPAIGN_HEADERS:
        if name in facts.headers:
            return "bulk", "header:" + name
    return None


def _system_header(facts: AutomationFacts) -> Finding:
    if facts.first("x-fc-machinegenerated").strip().lower() in ("true", "1", "yes"):
        return "system", "header:x-fc-machinegenerated"
    for name in (*_SYSTEM_HEADERS, *_TICKET_HEADERS):
        if name in facts.headers:
            return "system", "header:" + name
    freescout = facts.first("x-freescout-mail-type").strip().lower()
    if freescout and freescout != _PERSONS_FREESCOUT:
        return "system", "header:x-freescout-mail-type:" + freescout[:40]
    generated = (facts.first(name).strip().lower() for name in ("x-autogenerated", "x-auto-generated"))
    if any(value not in _SAYS_NO for value in generated):
        return "system", "header:x-autogenerated"
    return None


def _suppress(facts: AutomationFacts) -> Finding:
    """X-Auto-Response-Suppress asks receivers not to answer; it does not say that a machine wrote the mail, and Exchange and add-ins
    put it on people's mail too. Only `All` on a mail that answers nothing is taken for a machine's; the rest is a remark for the gate.
    """
    words = set(re.split(r"[,;\s]+", facts.first("x-auto-response-suppress").lower()))
    if "all" in words and not facts.is_answer:
        return "system", "x-auto-response-suppress:all"
    return None


def _null_path(facts: AutomationFacts) -> Finding:
    if not facts.null_reverse_path:
        return None
    return _absence(facts, "reverse_path:null") or ("system", "reverse_path:null")


def _machine_author(facts: AutomationFacts) -> Finding:
    if facts.author is None:
        return None
    local = facts.author.address.rpartition("@")[0] or facts.author.address
    if NO_REPLY.fullmatch(local) or DAEMON.fullmatch(local):
        return "system", "author:" + local[:64].lower()
    return None


def _wording(facts: AutomationFacts) -> Finding:
    """By words alone; those of a mail that somebody passes on are not theirs."""
    return None if facts.passed_on else _said(facts, facts.is_answer)


def _said(facts: AutomationFacts, is_answer: bool) -> Finding:
    """What the words say of the mail: a surer finding before one that begins with `PERHAPS`."""
    found = wording.by_text(facts.text, is_answer, facts.author_words)
    if found and not found[1].startswith(wording.PERHAPS):
        return found
    return wording.by_receipt(facts.text) or found


def _remarks(facts: AutomationFacts) -> tuple[str, ...]:
    """What the answer gate wants to know of a person's mail."""
    value = facts.first("x-auto-response-suppress").strip().lower()
    return (f"remark:x-auto-response-suppress:{value[:60]}",) if value and value != "none" else ()


_RULES: tuple[Callable[[AutomationFacts], Finding], ...] = (
    _auto_submitted,
    _reply_header,
    _precedence,
    _subject,
    _click,
    _list,
    _system_header,
    _suppress,
    _null_path,
    _machine_author,
    _wording,
)
_UNMARKED_RULES = (_subject, _click, _null_path, _machine_author, _wording)
"""Those that find something in a mail without any of `_MARKS` in its header section: true of most mail of people."""
_MARKS = frozenset(
    {
        "auto-submitted", "delivered-by-the-graces-of", "delivered-to", "precedence", "x-precedence", "x-auto-generated",
        "x-auto-response-suppress", "x-autogenerated",
        "x-fc-machinegenerated", "x-freescout-mail-type", "x-ms-exchange-inbox-rules-loop", "x-post-messageclass",
        *_LIST_HEADERS, *_CAMPAIGN_HEADERS, *_SYSTEM_HEADERS, *_TICKET_HEADERS,
    }
)  # fmt: skip
