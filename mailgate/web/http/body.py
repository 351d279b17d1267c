"""Reads a form's body with bounds. In: a request. Out: a `Form`, or BodyTooLarge before memory is used for more. RFC 7578, WHATWG URL."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

import anyio
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from mailgate.clock import monotonic_s
from mailgate.web.pages.forms import Form, Upload

MAX_FIELDS, MAX_FILES = 250, 20
MAX_FIELD_BYTES = 13 * 1024 * 1024
"""More than the longest text takes (`application.words`) in any encoding: a text that is too long is reported at its field."""
GRACE_S, LEAST_BYTES_PER_S = 20.0, 16 * 1024
"""Seconds that a body may take, and the bytes for which it gets one second more."""


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
    kind = _content_type(request)
    bounded = Request(request.scope, _bounded(request, most_bytes, grace_s))
    try:
        if kind == b"application/x-www-form-urlencoded":
            return _form(await anyio.to_thread.run_sync(_decoded, await bounded.body()))
        async with bounded.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES) as sent:
            texts = [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]
            files = [(name, value) for name, value in sent.multi_items() if isinstance(value, UploadFile)]
            uploads = [Upload(name, one.filename or "", await one.read(), one.content_type or "") for name, one in files]
    except (MultiPartException, HTTPException, ClientDisconnect, ValueError) as error:
        raise BodyUnreadable from error
    return _form(texts, uploads)


def _form(texts: Sequence[tuple[str, str]], uploads: Sequence[Upload] = ()) -> Form:
    lists: dict[str, list[str]] = {}
    for name, value in texts:
        lists.setdefault(name, []).append(value)
    return Form(dict(texts), uploads, lists)


def _decoded(body: bytes) -> list[tuple[str, str]]:
    """The fields of a body in which each byte may be written with three: megabytes take seconds, so not in the thread of all pages."""
    return parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_FIELDS)


def _content_type(request: Request) -> bytes:
    """The type of the body. Raises BodyUnreadable for another charset than UTF-8.

    Browsers name none for a form's parts (RFC 7578 section 5.1). The parser would take any codec of Python, and the time of some (`idna`,
    `punycode`) grows with the square of a field: seconds for a visitor's, in the thread of all pages.
    """
    kind, given = parse_options_header(request.headers.get("content-type", ""))
    if given.get(b"charset", b"utf-8").lower() != b"utf-8":
        raise BodyUnreadable
    return kind


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
