"""Accept stage: every reply the listener can give, by name. In: nothing. Out: `Reply` values and their bytes.

Codes are RFC 5321 section 4.2.3, enhanced codes RFC 3463 as RFC 2034 asks. A fault of ours is 4yz, overload 421 or 452, a rule 5yz.
No text names a person, a path, a version or an exception.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from mailgate.errors import Reply

R214_HELP = Reply(214, "2.0.0", "HELO EHLO MAIL RCPT DATA RSET NOOP QUIT VRFY; see RFC 5321")
R214_HELP_LMTP = Reply(214, "2.0.0", "LHLO MAIL RCPT DATA RSET NOOP QUIT VRFY; see RFC 2033")
R220_START_TLS = Reply(220, "2.0.0", "Ready to start TLS")
R221_BYE = Reply(221, "2.0.0", "Bye")
R250_OK = Reply(250, "2.0.0", "Ok")
R250_SENDER = Reply(250, "2.1.0", "Sender ok")
R250_RECIPIENT = Reply(250, "2.1.5", "Recipient ok")
R252_NOT_VERIFIED = Reply(252, "2.5.0", "Send some mail, and it will be seen")
R354_GO_AHEAD = Reply(354, "", "End data with <CR><LF>.<CR><LF>")

R421_TIMEOUT = Reply(421, "4.4.2", "Timeout, closing the connection")
R421_TOO_SLOW = Reply(421, "4.4.2", "Data comes too slowly, closing the connection")
R421_SESSION_OVER = Reply(421, "4.4.2", "Session lasts too long, connect again")
R421_TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors, closing the connection")
R421_TOO_MANY_COMMANDS = Reply(421, "4.7.0", "Too many commands without mail, closing the connection")
R421_TOO_MANY_REFUSED = Reply(421, "4.7.0", "Too many unknown recipients, closing the connection")
R421_MESSAGES_PER_SESSION = Reply(421, "4.7.0", "Enough messages for one session, connect again")
R421_ADDRESS_CONNECTIONS = Reply(421, "4.7.0", "Too many connections from your address, try again later")
R421_ADDRESS_RATE = Reply(421, "4.7.0", "Too much from your address, try again later")
R421_BUSY = Reply(421, "4.3.2", "Too busy now, try again later")
R421_STOPPING = Reply(421, "4.3.2", "Service is stopping, try again later")

R451_FAULT = Reply(451, "4.3.0", "Local error, try again later")
R452_FULL = Reply(452, "4.3.1", "Not enough storage, try again later")
R452_BACK_PRESSURE = Reply(452, "4.3.2", "Too much mail in work, try again later")
R452_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients, send another copy to the rest")

R500_UNKNOWN = Reply(500, "5.5.1", "Command not recognized")
R500_LINE_END = Reply(500, "5.5.2", "Command lines end with <CR><LF>")
R500_TOO_LONG = Reply(500, "5.5.6", "Command line too long")
R501_CHARACTERS = Reply(501, "5.5.2", "Command has characters that are not allowed")
R501_NO_ARGUMENT = Reply(501, "5.5.4", "Command takes no argument")
R501_NAME = Reply(501, "5.5.4", "Say who you are: a host name or an address literal")
R501_MAIL_SYNTAX = Reply(501, "5.5.4", "Syntax: MAIL FROM:<address>")
R501_RCPT_SYNTAX = Reply(501, "5.5.4", "Syntax: RCPT TO:<address>")
R501_PARAMETER = Reply(501, "5.5.4", "Parameter has no valid value")
R501_SENDER_ADDRESS = Reply(501, "5.1.7", "Bad sender address syntax")
R501_RECIPIENT_ADDRESS = Reply(501, "5.1.3", "Bad recipient address syntax")
R502_NOT_IMPLEMENTED = Reply(502, "5.5.1", "Command not implemented")
R503_GREETING = Reply(503, "5.5.1", "Say EHLO or HELO first")
R503_NESTED_MAIL = Reply(503, "5.5.1", "Sender already given")
R503_NEED_MAIL = Reply(503, "5.5.1", "Give the sender first (MAIL)")
R503_NEED_RCPT = Reply(503, "5.5.1", "Give a recipient first (RCPT)")
R503_TLS_ACTIVE = Reply(503, "5.5.1", "TLS is already active")
R530_TLS_FIRST = Reply(530, "5.7.0", "Issue STARTTLS first")
R550_UNKNOWN_RECIPIENT = Reply(550, "5.1.1", "No such recipient here")
R550_NO_RELAY = Reply(550, "5.7.1", "Relaying is not allowed")
R550_BARE_CR = Reply(550, "5.6.11", "Message has a <CR> without <LF>")
R552_TOO_LARGE = Reply(552, "5.3.4", "Message is larger than this server takes")
R553_NEEDS_SMTPUTF8 = Reply(553, "5.6.7", "Address needs SMTPUTF8")
R554_NO_RECIPIENTS = Reply(554, "5.5.1", "No valid recipients")
R554_OUT_OF_TURN = Reply(554, "5.5.0", "Synchronization error: you spoke before our reply")
R555_PARAMETER = Reply(555, "5.5.4", "Parameter not recognized")


@lru_cache(maxsize=256)
def wire(reply: Reply) -> bytes:
    """The reply with CRLF; a text of several lines as a multiline reply (RFC 5321 section 4.2.1, RFC 2034 section 4).

    For the constants above and what is made per policy: what is made per message is spelled where it is made.
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
