"""QR codes (ISO/IEC 18004) as SVG, drawn here, without a request to anybody. In: a text of ours. Out: markup without styles or scripts."""

from __future__ import annotations

import segno
from markupsafe import Markup

MODULE_PIXELS, QUIET_MODULES = 5, 4


def qr_svg(text: str) -> Markup:
    """The picture, black on white in light and dark alike, as scanners want it."""
    code = segno.make_qr(text)
    svg = code.svg_inline(scale=MODULE_PIXELS, border=QUIET_MODULES, dark="#000", light="#fff", svgclass="qr", lineclass=None)
    return Markup(svg)
