"""The built-in supportweb policy, as the same values that a policy document is read into. In: nothing. Out: `SUPPORTWEB_POLICY`.

The order matters: machines first, so that their mail is never answered; then what one of our people must see; then what a case's people may
do; the redirect of legacy senders is the default at the end.
"""

from __future__ import annotations

from mailgate.rules.conditions import All, Always, AnyOf, Eq, In, Not
from mailgate.rules.policy import CaseDefaults, Choice, Policy, Rule, RuleAction

_CARRIED = Not(Eq("carrier", ""))
_STILL_ACCEPTED = In("legacy.phase", ("accept", "accept_and_tell"))

RULES = (
    Rule("loop", Eq("kind", "loop"), "note", "the mail has been through here before, so it is kept as a note and never answered"),
    Rule(
        "delivery_report",
        In("kind", ("bounce", "delivery_status")),
        "note",
        "the mail reports on the delivery of another mail, so it is kept as a note and never answered",
    ),
    Rule(
        "service_mailbox",
        Eq("recipients.service", True),
        "hold",
        "mail to postmaster, abuse and kin is for a person to read and is never answered automatically",
    ),
    Rule(
        "perhaps_a_person",
        Eq("kind.unsure", True),
        "hold",
        "a ticket system, a forwarding rule or our own address marks the mail, but a person may have written it: a person decides",
    ),
    Rule(
        "machine_on_case",
        All((In("kind", ("auto_reply", "bulk", "system")), _CARRIED)),
        "note",
        "a machine wrote on a case: it is kept as a note, moves nothing and gets no answer",
    ),
    Rule(
        "machine",
        In("kind", ("auto_reply", "bulk", "system")),
        "note",
        "a machine wrote, and to no case: it is kept and gets no answer",
    ),
    Rule(
        "unreadable",
        AnyOf((Eq("unreadable", True), Eq("author.doubtful", True))),
        "hold",
        "the mail cannot be read well enough to know who wrote what: a person looks at it",
    ),
    Rule("encrypted", Eq("encrypted", True), "hold", "the words are encrypted and cannot be read here: a person decides"),
    Rule("several_cases", Eq("carrier.disagree", True), "hold", "the mail carries proof of more than one case: a person decides which"),
    Rule(
        "doubtful",
        Eq("trust", "doubtful"),
        "hold",
        "the author seems to be someone who may write on the case, but it is not sure that they wrote: a person decides",
    ),
    Rule(
        "agent",
        All((_CARRIED, Eq("trust", "staff"), Eq("reply.to_customer", True))),
        "comment",
        "one of our staff answers the case's people: a comment in their name, which leaves the status as it is",
    ),
    Rule(
        "agent_unsure",
        All((_CARRIED, Eq("trust", "staff"))),
        "hold",
        "one of our staff writes about the case, perhaps not for its people to read: a person decides",
    ),
    Rule(
        "case_closed",
        All((_CARRIED, In("trust", ("confirmed", "participant", "colleague")), Eq("case.answer", "refuse"))),
        "redirect",
        "the case takes no more comments: the author gets the link to make a new one",
        answer="case_closed",
    ),
    Rule(
        "reply",
        All((_CARRIED, In("trust", ("confirmed", "participant")))),
        "comment",
        "someone who takes part in the case answers our mail about it",
    ),
    Rule(
        "colleague",
        All((_CARRIED, Eq("trust", "colleague"))),
        "comment",
        "a colleague of the case's people answers our mail: it is a comment that moves nothing, and the author waits for approval",
        actions=(RuleAction("participant", {"approved": "no"}),),
    ),
    Rule(
        "passed_on",
        _CARRIED,
        "hold",
        "the mail answers ours about a case, but its author takes no part in the case: it may have been passed on, a person decides",
    ),
    Rule(
        "key_in_subject",
        All((Eq("case.found", True), Eq("author.takes_part", True))),
        "hold",
        "the subject names a case of the author's, but a subject proves nothing: a person decides",
    ),
    Rule(
        "reply_address_over",
        All((In("carrier.refusals", ("expired", "retired_key")), Eq("author.known", True))),
        "hold",
        "a contact answers an old mail of ours, whose reply address is no longer good: a person decides",
    ),
    Rule(
        "legacy_doubtful",
        All((Eq("auth.verdict", "fail"), _STILL_ACCEPTED)),
        "hold",
        "the sender may still make cases by mail, but the author's domain says that the mail is not from there: a person decides",
    ),
    Rule("legacy_accept", _STILL_ACCEPTED, "create", "the sender may still make cases by mail, so one is made"),
    Rule(
        "default",
        Always(),
        "redirect",
        "nothing ties the mail to a case of its author: it is answered with the way to supportweb",
        answer="legacy",
    ),
)


def _choice(key: str, nb: str, nn: str, en: str, asks: tuple[str, ...] = ()) -> Choice:
    return Choice(key, {"nb": nb, "nn": nn, "en": en}, asks)


CASE_TYPES = (
    _choice("problem", "Problem", "Problem", "Problem"),
    _choice("forbedring", "Forbedring", "Forbetring", "Improvement"),
    _choice("driftsproblem", "Driftsproblem", "Driftsproblem", "Operations problem", asks=("environment",)),
    _choice("spørsmål", "Spørsmål", "Spørsmål", "Question"),
)
PRIORITIES = (
    _choice("critical", "Kritisk", "Kritisk", "Critical"),
    _choice("high", "Høy", "Høg", "High"),
    _choice("normal", "Normal", "Normal", "Normal"),
    _choice("low", "Lav", "Låg", "Low"),
)
CASE_DEFAULTS = CaseDefaults(case_type="spørsmål", priority="normal")

SUPPORTWEB_POLICY = Policy(rules=RULES, version="builtin-1", case_types=CASE_TYPES, priorities=PRIORITIES, defaults=CASE_DEFAULTS)
"""The policy until an operator activates another one."""
