"""What a mail of ours says in its plain text. In: the parsed mail. Out: text with LF."""

from __future__ import annotations

from email.message import EmailMessage


def plain_text(message: EmailMessage) -> str:
    """The plain text of a mail. Fails for one without."""
    part = message.get_body(("plain",))
    assert part is not None, "the mail has no plain text"
    return str(part.get_content()).replace("\r\n", "\n")
