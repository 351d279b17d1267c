"""Reads a form's body with bounds. In: a request. Out: a `Form`, or BodyTooLarge before memory is used for more. RFC 7578, WHATWG URL."""

from __future__ import annotations

import anyio
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive

from mailgate.clock import monotonic_s
from mailgate.web.pages.forms import Form, Upload

MAX_FIELDS, MAX_FILES = 250, 20
MAX_FIELD_BYTES = 13 * 1024 * 1024
"""More than a text may have (`application.words`), however it is encoded: one that is too long is an error at its field."""
GRACE_S, LEAST_BYTES_PER_S = 20.0, 16 * 1024
"""A body may take so long, and a second more for each so many bytes that have come."""


class BodyTooLarge(Exception):
    """The client sends more than it may."""


class BodyUnreadable(Exception):
    """The body is not a form."""


class BodyTooSlow(Exception):
    """The client sends so slowly that others would have to wait for it."""


async def read_form(request: Request, most_bytes: int, grace_s: float = GRACE_S) -> Form:
    """The form of a POST. Raises BodyTooLarge, BodyUnreadable and BodyTooSlow."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > most_bytes:
        raise BodyTooLarge
    bounded = Request(request.scope, _bounded(request, most_bytes, grace_s))
    try:
        async with bounded.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES) as sent:
            texts = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
            files = [(name, value) for name, value in sent.multi_items() if isinstance(value, UploadFile)]
            uploads = [Upload(name, one.filename or "", await one.read(), one.content_type or "") for name, one in files]
    except (MultiPartException, HTTPException, UnicodeDecodeError, ValueError) as error:
        raise BodyUnreadable from error
    lists: dict[str, list[str]] = {}
    for name, value in texts:
        lists.setdefault(name, []).append(value)
    return Form(dict(texts), uploads, lists)


def _bounded(request: Request, most_bytes: int, grace_s: float) -> Receive:
    seen, begun_at_s = 0, monotonic_s()

    async def receive() -> Message:
        nonlocal seen
        left_s = begun_at_s + grace_s + seen / LEAST_BYTES_PER_S - monotonic_s()
        try:
            with anyio.fail_after(max(left_s, 0.0)):
                message = await request.receive()
        except TimeoutError:
            raise BodyTooSlow from None
        seen += len(message.get("body", b""))
        if seen > most_bytes:
            raise BodyTooLarge
        return message

    return receive
