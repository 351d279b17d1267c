"""Keeps all mails of a case in one thread of the reader's mailbox. In: a draft, what is known of the thread. Out: the draft, filled in.

Gmail wants References and the same subject, Apple Mail and RFC 5256 References, Outlook Thread-Index and Thread-Topic:
- References begins with the reader's own mail that made the case, where there is one, then the case's root, an id that no mail has;
- In-Reply-To names the reader's newest mail on the case: that is what they see as answered;
- the subject stays what the reader got first, also when the case gets another summary;
- Thread-Index is made from the case alone. A reader whose own mail began the thread gets none: their Outlook gave that mail another one,
  and follows In-Reply-To.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from mailgate.mail.compose import ComposedMail, is_message_id
from mailgate.store.repositories.outbox.threads import Thread

_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def put_in_thread(draft: ComposedMail, thread: Thread, root: str, case_id: str, began_at: datetime | None) -> None:
    """Put a case's notice in its thread. `root`: `carriers.thread_root`, without angle brackets."""
    opening, latest = (text if is_message_id(text) else "" for text in (thread.opening, thread.latest))
    draft.references = tuple(dict.fromkeys(text for text in (opening, root, latest) if text))
    draft.in_reply_to, draft.subject = latest or opening or root, thread.subject or draft.subject
    if not opening and began_at is not None:
        draft.fields = (("Thread-Topic", draft.subject), ("Thread-Index", thread_index(case_id, began_at)), *draft.fields)


def thread_index(case_id: str, began_at: datetime) -> str:
    """The header block of PidTagConversationIndex, as base64: [MS-OXOMSG] section 2.2.1.3. The same for all mails of a case."""
    ticks = int((began_at - _FILETIME_EPOCH).total_seconds() * 10_000_000)
    return base64.b64encode(b"\x01" + ticks.to_bytes(8, "big")[1:6] + bytes.fromhex(case_id.replace("-", ""))).decode()
