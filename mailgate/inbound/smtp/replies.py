"""Accept stage: every reply of the listener, by name. In: nothing. Out: `SmtpReply` values and their bytes.

Codes: RFC 5321 section 4.2.3; enhanced codes: RFC 3463, RFC 2034. A fault of ours is 4yz, overload 421 or 452, a rule 5yz.
A text must never name a person, a path, a version or an exception.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from mailgate.errors import SmtpReply

R214_HELP = SmtpReply(214, "2.0.0", "HELO EHLO MAIL RCPT DATA RSET NOOP QUIT VRFY; see RFC 5321")
R214_HELP_LMTP = SmtpReply(214, "2.0.0", "LHLO MAIL RCPT DATA RSET NOOP QUIT VRFY; see RFC 2033")
R220_START_TLS = SmtpReply(220, "2.0.0", "Ready to start TLS")
R221_BYE = SmtpReply(221, "2.0.0", "Bye")
R250_OK = SmtpReply(250, "2.0.0", "Ok")
R250_SENDER = SmtpReply(250, "2.1.0", "Sender ok")
R250_RECIPIENT = SmtpReply(250, "2.1.5", "Recipient ok")
R252_NOT_VERIFIED = SmtpReply(252, "2.5.0", "Send some mail, and it will be seen")
R354_GO_AHEAD = SmtpReply(354, "", "End data with <CR><LF>.<CR><LF>")

R421_TIMEOUT = SmtpReply(421, "4.4.2", "Timeout, closing the connection")
R421_TOO_SLOW = SmtpReply(421, "4.4.2", "Data comes too slowly, closing the connection")
R421_SESSION_OVER = SmtpReply(421, "4.4.2", "Session lasts too long, connect again")
R421_TOO_MANY_ERRORS = SmtpReply(421, "4.7.0", "Too many errors, closing the connection")
R421_TOO_MANY_COMMANDS = SmtpReply(421, "4.7.0", "Too many commands without mail, closing the connection")
R421_TOO_MANY_REFUSED = SmtpReply(421, "4.7.0", "Too many unknown recipients, closing the connection")
R421_MESSAGES_PER_SESSION = SmtpReply(421, "4.7.0", "Enough messages for one session, connect again")
R421_ADDRESS_CONNECTIONS = SmtpReply(421, "4.7.0", "Too many connections from your address, try again later")
R421_ADDRESS_RATE = SmtpReply(421, "4.7.0", "Too much from your address, try again later")
R421_BUSY = SmtpReply(421, "4.3.2", "Too busy now, try again later")
R421_STOPPING = SmtpReply(421, "4.3.2", "Service is stopping, try again later")

R451_FAULT = SmtpReply(451, "4.3.0", "Local error, try again later")
R452_FULL = SmtpReply(452, "4.3.1", "Not enough storage, try again later")
R452_BACK_PRESSURE = SmtpReply(452, "4.3.2", "Too much mail in work, try again later")
R452_RECIPIENTS = SmtpReply(452, "4.5.3", "Too many recipients, send another copy to the rest")

R500_UNKNOWN = SmtpReply(500, "5.5.1", "Command not recognized")
R500_LINE_END = SmtpReply(500, "5.5.2", "Command lines end with <CR><LF>")
R500_TOO_LONG = SmtpReply(500, "5.5.6", "Command line too long")
R501_CHARACTERS = SmtpReply(501, "5.5.2", "Command has characters that are not allowed")
R501_NO_ARGUMENT = SmtpReply(501, "5.5.4", "Command takes no argument")
R501_NAME = SmtpReply(501, "5.5.4", "Say who you are: a host name or an address literal")
R501_MAIL_SYNTAX = SmtpReply(501, "5.5.4", "Syntax: MAIL FROM:<address>")
R501_RCPT_SYNTAX = SmtpReply(501, "5.5.4", "Syntax: RCPT TO:<address>")
R501_PARAMETER = SmtpReply(501, "5.5.4", "Parameter has no valid value")
R501_SENDER_ADDRESS = SmtpReply(501, "5.1.7", "Bad sender address syntax")
R501_RECIPIENT_ADDRESS = SmtpReply(501, "5.1.3", "Bad recipient address syntax")
R502_NOT_IMPLEMENTED = SmtpReply(502, "5.5.1", "Command not implemented")
R503_GREETING = SmtpReply(503, "5.5.1", "Say EHLO or HELO first")
R503_NESTED_MAIL = SmtpReply(503, "5.5.1", "Sender already given")
R503_NEED_MAIL = SmtpReply(503, "5.5.1", "Give the sender first (MAIL)")
R503_NEED_RCPT = SmtpReply(503, "5.5.1", "Give a recipient first (RCPT)")
R503_TLS_ACTIVE = SmtpReply(503, "5.5.1", "TLS is already active")
R530_TLS_FIRST = SmtpReply(530, "5.7.0", "Issue STARTTLS first")
R550_UNKNOWN_RECIPIENT = SmtpReply(550, "5.1.1", "No such recipient here")
R550_NO_RELAY = SmtpReply(550, "5.7.1", "Relaying is not allowed")
R550_BARE_CR = SmtpReply(550, "5.6.11", "Message has a <CR> without <LF>")
R552_TOO_LARGE = SmtpReply(552, "5.3.4", "Message is larger than this server takes")
R553_NEEDS_SMTPUTF8 = SmtpReply(553, "5.6.7", "Address needs SMTPUTF8")
R554_NO_RECIPIENTS = SmtpReply(554, "5.5.1", "No valid recipients")
R554_OUT_OF_TURN = SmtpReply(554, "5.5.0", "Synchronization error: you spoke before our reply")
R555_PARAMETER = SmtpReply(555, "5.5.4", "Parameter not recognized")


@lru_cache(maxsize=256)
def encoded(reply: SmtpReply) -> bytes:
    """The reply with CRLF; a text of several lines as a multiline reply (RFC 5321 section 4.2.1, RFC 2034 section 4).

    Cached: for the constants above and replies made per policy, not for replies made per message.
    """
    *more, last = reply.text.split("\n")
    lines = [f"{reply.code}-{reply.enhanced} {line}" for line in more] + [str(replace(reply, text=last))]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def queued(journal_id: str) -> bytes:
    """250 for a message that is durable under `journal_id`, with CRLF. A resend of it gets the same line."""
    return b"250 2.0.0 Ok: queued as %s\r\n" % journal_id.encode("ascii")


def fault(incident_id: str) -> bytes:
    """451 for a fault of ours, with CRLF. `incident_id` is opaque; the log has the cause under it."""
    return b"451 4.3.0 Local error, try again later (incident %s)\r\n" % incident_id.encode("ascii")
