"""The contrasts of the colours, computed from the style sheet: text 4.5, large things and edges 3 (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

TOKENS = (files("mailgate.web") / "static" / "css" / "01-tokens.css").read_text()
PAIRS = {name: (light, dark) for name, light, dark in re.findall(r"--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)", TOKENS)}
BACKGROUNDS = ("page", "surface", "soft")
FAMILIES = ("ours", "yours", "paused", "done", "again")
TEXT = [
    *((ink, background) for ink in ("ink", "muted") for background in (*BACKGROUNDS, "sunken")),
    *((ink, background) for ink in ("accent", "accent-hover", "danger", "ok", "warn") for background in BACKGROUNDS),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    *((f"{family}-ink", family) for family in FAMILIES),
]
SHAPES = [*(("edge", background) for background in BACKGROUNDS[:2]), *(("focus", background) for background in BACKGROUNDS[:2])]
SHAPES += [(f"{family}-edge", "surface") for family in FAMILIES]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_given_the_tokens_when_computed_then_every_text_and_shape_can_be_seen(scheme: int) -> None:
    faint = {}
    for least, pairs in ((4.5, TEXT), (3.0, SHAPES)):
        for one, other in pairs:
            found = contrast(PAIRS[one][scheme], PAIRS[other][scheme])
            if found < least:
                faint[one, other] = round(found, 2)
    assert faint == {}


def test_given_black_and_white_when_computed_then_the_contrast_is_the_largest_there_is() -> None:
    assert (round(contrast("#000000", "#ffffff")), contrast("#777777", "#777777")) == (21, 1)
