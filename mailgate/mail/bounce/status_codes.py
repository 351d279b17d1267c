"""Enhanced status codes: what each says, and what that means for the address. In: nothing. Out: `CODES`. Holds no decisions.

The rows are those of RFC 3463 sections 3.1 to 3.8 and of the IANA registry that RFC 5248 keeps (subjects 1 to 7; RFC 3886, 4468, 4954,
5321, 6710, 7293, 7372, 7504, 7505, 8616). The registry says what happened; the reading for class 5 is ours, row by row:
`hard`: the address is dead and will not come back by itself; `soft`: the mail did not get there, and the next one may;
`unrelated`: it was about the mail, about us or about the way, and says nothing of the address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Reading = Literal["hard", "soft", "unrelated"]


class Code(NamedTuple):
    """One row: the reading in class 5, and what the registry says, in short."""

    reading: Reading
    meaning: str


CODES: Mapping[str, Code] = {
    "0.0": Code("soft", "undefined"),
    # 1: the address
    "1.0": Code("soft", "other address status"),
    "1.1": Code("hard", "bad destination mailbox address"),
    "1.2": Code("hard", "bad destination system address"),
    "1.3": Code("hard", "bad destination mailbox address syntax"),
    "1.4": Code("hard", "destination mailbox address ambiguous"),
    "1.5": Code("soft", "destination address valid"),
    "1.6": Code("hard", "destination mailbox has moved, no forwarding address"),
    "1.7": Code("unrelated", "bad sender's mailbox address syntax"),
    "1.8": Code("unrelated", "bad sender's system address"),
    "1.9": Code("hard", "message relayed to non-compliant mailer"),
    "1.10": Code("hard", "recipient address has null MX"),
    # 2: the mailbox
    "2.0": Code("soft", "other or undefined mailbox status"),
    "2.1": Code("hard", "mailbox disabled, not accepting messages"),
    "2.2": Code("soft", "mailbox full"),
    "2.3": Code("unrelated", "message length exceeds administrative limit"),
    "2.4": Code("soft", "mailing list expansion problem"),
    # 3: the destination's mail system
    "3.0": Code("soft", "other or undefined mail system status"),
    "3.1": Code("soft", "mail system full"),
    "3.2": Code("soft", "system not accepting network messages"),
    "3.3": Code("unrelated", "system not capable of selected features"),
    "3.4": Code("unrelated", "message too big for system"),
    "3.5": Code("soft", "system incorrectly configured"),
    "3.6": Code("unrelated", "requested priority was changed"),
    # 4: network and routing
    "4.0": Code("soft", "other or undefined network or routing status"),
    "4.1": Code("soft", "no answer from host"),
    "4.2": Code("soft", "bad connection"),
    "4.3": Code("soft", "directory server failure"),
    "4.4": Code("hard", "unable to route"),
    "4.5": Code("soft", "mail system congestion"),
    "4.6": Code("soft", "routing loop detected"),
    "4.7": Code("soft", "delivery time expired"),
    "4.8": Code("soft", "retry at a later time"),
    # 5: the protocol
    "5.0": Code("soft", "other or undefined protocol status"),
    "5.1": Code("unrelated", "invalid command"),
    "5.2": Code("unrelated", "syntax error"),
    "5.3": Code("unrelated", "too many recipients"),
    "5.4": Code("unrelated", "invalid command arguments"),
    "5.5": Code("unrelated", "wrong protocol version"),
    "5.6": Code("unrelated", "authentication exchange line is too long"),
    # 6: content
    "6.0": Code("unrelated", "other or undefined media error"),
    "6.1": Code("unrelated", "media not supported"),
    "6.2": Code("unrelated", "conversion required and prohibited"),
    "6.3": Code("unrelated", "conversion required but not supported"),
    "6.4": Code("unrelated", "conversion with loss performed"),
    "6.5": Code("unrelated", "conversion failed"),
    "6.6": Code("unrelated", "message content not available"),
    "6.7": Code("unrelated", "non-ASCII addresses not permitted for that sender and recipient"),
    "6.8": Code("unrelated", "UTF-8 string reply is required, but not permitted by the client"),
    "6.9": Code("unrelated", "UTF-8 header message cannot be transferred"),
    "6.10": Code("unrelated", "UTF-8 header message cannot be transferred (as 6.9)"),
    # 7: security and policy
    "7.0": Code("unrelated", "other or undefined security status"),
    "7.1": Code("unrelated", "delivery not authorized, message refused"),
    "7.2": Code("unrelated", "mailing list expansion prohibited"),
    "7.3": Code("unrelated", "security conversion required but not possible"),
    "7.4": Code("unrelated", "security features not supported"),
    "7.5": Code("unrelated", "cryptographic failure"),
    "7.6": Code("unrelated", "cryptographic algorithm not supported"),
    "7.7": Code("unrelated", "message integrity failure"),
    "7.8": Code("unrelated", "authentication credentials invalid"),
    "7.9": Code("unrelated", "authentication mechanism is too weak"),
    "7.10": Code("unrelated", "encryption needed"),
    "7.11": Code("unrelated", "encryption required for requested authentication mechanism"),
    "7.12": Code("unrelated", "a password transition is needed"),
    "7.13": Code("hard", "user account disabled"),
    "7.14": Code("unrelated", "trust relationship required"),
    "7.15": Code("unrelated", "priority level is too low"),
    "7.16": Code("unrelated", "message is too big for the specified priority"),
    "7.17": Code("hard", "mailbox owner has changed"),
    "7.18": Code("hard", "domain owner has changed"),
    "7.19": Code("unrelated", "recipient's ownership cannot be checked"),
    "7.20": Code("unrelated", "no passing DKIM signature found"),
    "7.21": Code("unrelated", "no acceptable DKIM signature found"),
    "7.22": Code("unrelated", "no valid author-matched DKIM signature found"),
    "7.23": Code("unrelated", "SPF validation failed"),
    "7.24": Code("unrelated", "SPF validation error"),
    "7.25": Code("unrelated", "reverse DNS validation failed"),
    "7.26": Code("unrelated", "multiple authentication checks failed"),
    "7.27": Code("unrelated", "sender address has null MX"),
    "7.28": Code("unrelated", "mail flood detected"),
    "7.29": Code("unrelated", "ARC validation failure"),
    "7.30": Code("unrelated", "REQUIRETLS support required"),
}
"""`subject.detail` -> row. The class (2, 4, 5) stands before it on the wire."""

REPLIES: Mapping[int, Reading] = {
    421: "soft", 450: "soft", 451: "soft", 452: "soft", 500: "unrelated", 501: "unrelated", 502: "unrelated", 503: "unrelated",
    504: "unrelated", 521: "hard", 530: "unrelated", 535: "unrelated", 552: "soft", 554: "unrelated", 555: "unrelated", 556: "hard",
}  # fmt: skip
"""Basic reply codes (RFC 5321 section 4.2.3; 521 and 556: RFC 7504) that say enough without words. 550, 551 and 553 need them: a mailbox
that is not there and a refusal by policy share them."""
