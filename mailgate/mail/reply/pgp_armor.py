"""Finds the lines that OpenPGP puts around a signed text (RFC 9580 section 7). Stage: reply extraction, before the quote is cut.

In: lines. Out: positions. Nobody wrote these lines; below a quote they would look like words of the author. It must never take a line of
the signed text.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailgate.mail.reply.quote_lines import is_blank

START = "-----BEGIN PGP SIGNED MESSAGE-----"
SIGNATURE_START = "-----BEGIN PGP SIGNATURE-----"
SIGNATURE_END = "-----END PGP SIGNATURE-----"
MAX_HEADER_LINES = 4
MAX_SIGNATURE_LINES = 200


def armor_lines(lines: Sequence[str]) -> list[int]:
    """The numbers of the lines of armor: the header on top with its `Hash:`, and the signature. Empty unless both are whole."""
    first = next((index for index, line in enumerate(lines) if not is_blank(line)), len(lines))
    if first == len(lines) or lines[first].rstrip() != START:
        return []
    header = next((index for index in range(first + 1, min(len(lines), first + MAX_HEADER_LINES)) if is_blank(lines[index])), first)
    if not all(line.startswith("Hash: ") for line in lines[first + 1 : header]) or header == first:
        return []
    start = next((index for index in range(len(lines) - 1, header, -1) if lines[index].rstrip() == SIGNATURE_START), len(lines))
    end = next(
        (index for index in range(start, min(len(lines), start + MAX_SIGNATURE_LINES)) if lines[index].rstrip() == SIGNATURE_END), -1
    )
    return [*range(first, header), *range(start, end + 1)] if end > 0 else []
