"""Errors as pages that help. In: an error of the tree. Out: status and template values. Nothing shows a trace or an exception's text."""

from __future__ import annotations

from dataclasses import dataclass

from mailgate.errors import Conflict, Forbidden, Invalid, MailgateError, NotAllowed, NotFound, TooMany, TransientFailure
from mailgate.web.http.body import BodyTooLarge, BodyTooSlow, BodyUnreadable
from mailgate.web.pages.request import RenderedPage

LINK_STATES = ("used", "expired", "unknown")


@dataclass(frozen=True, slots=True)
class NotOurs(Exception):
    """The request does not come from a page of ours, or its form is too old. `path`: where to begin again, `kept`: with what was typed."""

    path: str
    kept: bool = False


def error_page(error: Exception) -> RenderedPage:
    """The page for an error. An error that is not in the tree is a bug of ours: 500, without details."""
    status, kind, values = _known(error)
    return RenderedPage("layout/error.html.j2", {"kind": kind, "values": values}, status, cache="no-store")


def retry_after_s(error: Exception) -> int | None:
    """What Retry-After says, None for nothing."""
    if isinstance(error, TooMany):
        return error.after_s
    return 30 if isinstance(error, TransientFailure) else None


def _known(error: Exception) -> tuple[int, str, dict[str, object]]:
    if isinstance(error, NotFound):
        if error.kind in ("link", "mail_link"):
            state = error.name if error.name in LINK_STATES else "unknown"
            return 410 if state in ("used", "expired") else 404, f"{error.kind}_{state}", {}
        return 404, "not_found", {}
    if isinstance(error, NotOurs):
        return 403, "not_ours_kept" if error.kept else "not_ours", {"path": error.path}
    if isinstance(error, TooMany):
        return 429, "too_many", {"minutes": -(-error.after_s // 60)}
    if isinstance(error, BodyTooLarge):
        return 413, "too_large", {}
    if isinstance(error, BodyUnreadable | BodyTooSlow):
        return 400 if isinstance(error, BodyUnreadable) else 408, "unreadable", {}
    return _rest(error)


def _rest(error: Exception) -> tuple[int, str, dict[str, object]]:
    if isinstance(error, Forbidden):
        return 403, "forbidden", {}
    if isinstance(error, Conflict | NotAllowed):
        return 409, "conflict", {}
    if isinstance(error, Invalid):
        return 422, "invalid", {}
    if isinstance(error, TransientFailure):
        return 503, "away", {}
    return (500, "fault", {}) if not isinstance(error, MailgateError) else (400, "invalid", {})
