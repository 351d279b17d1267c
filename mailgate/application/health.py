"""Whether this process can do its part. In: an `App`. Out: yes or no. No access check: it reveals nothing that is stored."""

from __future__ import annotations

from mailgate.application.app import App
from mailgate.errors import MailgateError


def is_ready(app: App) -> bool:
    """True when the database answers and has this program's schema."""
    try:
        app.store.database.verify()
    except MailgateError:
        return False
    return True
