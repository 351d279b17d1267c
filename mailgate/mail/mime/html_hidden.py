"""What HTML hides from its reader. In: style attributes and style sheets. Out: whether an element is seen. Pure, bounded, no cascade.

Text that nobody sees decides nothing: it is neither in the rules' facts nor in the comment. Known ways: display, visibility, opacity, no
height with overflow, positions off the screen, clip, scale, text in the colour behind it; in `style` or by a class of a style sheet.
Rules inside a media query with a condition are left aside: they hide on some screens only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

_SIZE = r"(?:0|0?\.\d+|1px)(?:px|pt|em|rem|%|vh|vw)?\s*(?:;|!|$)"
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden|"
    r"(?<![\w-])opacity\s*:\s*(?:0(?:\.0\d*)?|\.0\d*|[0-4]%)\s*(?:;|!|$)|opacity\(\s*(?:0(?:\.0\d*)?|\.0\d*|[0-4]%)\s*\)|"
    r"(?<![\w-])(?:left|right|top|bottom|text-indent|margin(?:-left|-top|-right)?)\s*:\s*-\s?(?:\d{4,}(?:\.\d+)?(?:px|pt)?|[5-9]\d\dpx|\d{2,}(?:em|rem)|"
    r"\d{3,}(?:%|vw|vh))|"
    r"(?<![\w-])clip\s*:\s*rect\(\s*([01])(?:px)?[\s,]+(?:[01])(?:px)?[\s,]+(?:[01])(?:px)?[\s,]+(?:[01])(?:px)?\s*\)|"
    r"clip-path\s*:\s*(?:inset\(\s*(?:50|[6-9]\d|100)%|circle\(\s*0|ellipse\(\s*0|polygon\(\s*0(?:px|%)?\s+0(?:px|%)?\s*(?:,\s*0(?:px|%)?\s+0(?:px|%)?\s*)*\))|"
    r"scale(?:3d|x|y)?\(\s*(?:0(?:\.0\d*)?|\.0\d*)\s*[,)]|(?<![\w-])scale\s*:\s*0(?:\.0\d*)?\s*(?:;|!|$)|translate(?:3d|x|y)?\([^)]{0,40}-\s?\d{4,}|"
    r"(?<![\w-])zoom\s*:\s*0\s*(?:;|!|$)|opacity\s*=\s*0\s*\)|rotate[xy]\(\s*90deg|"
    r"(?<![\w-])(?:inset|translate)\s*:\s*[^;]{0,40}?-\s?\d{4,}|letter-spacing\s*:\s*-\s?\d{2,}",
    re.IGNORECASE,
)
_WORTH = re.compile(r"none|hidden|collapse|opacity|height|width|-\s?\d|clip|scale|translate|zoom|rotate", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})[ \t\n]?|([^0-9a-f]))", re.IGNORECASE)
_CLIPPED = re.compile(rf"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*{_SIZE}", re.IGNORECASE)
_OVERFLOW = re.compile(r"overflow(?:-[xy])?\s*:\s*(?:hidden|clip)", re.IGNORECASE)
_COLOUR = re.compile(r"(?<![\w-])color\s*:\s*([^;!]{1,60})", re.IGNORECASE)
_BACKGROUND = re.compile(r"(?<![\w-])background(?:-color)?\s*:\s*([^;!]{1,120})", re.IGNORECASE)
_BRACE = re.compile(r"([{}])")
_ALWAYS = frozenset({"", "all", "screen", "only screen"})
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)  # one that is never closed goes to the end (CSS Syntax Level 3, section 4.3.2)
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]{0,15})?([.#][\w-]{1,100})", re.IGNORECASE)
_SHEET_BEGINS = re.compile(r"<style\b[^>]{0,300}>", re.IGNORECASE)
_SHEET_ENDS = re.compile(r"</style", re.IGNORECASE)
_HEX = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})([0-9a-f]{0,2})\b", re.IGNORECASE)
_HSL = re.compile(r"hsla?\([^)]{1,40}?(\d{1,3})%[^)\d]{1,4}(\d{1,3})%", re.IGNORECASE)
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\D{1,3}(\d{1,3})\D{1,3}(\d{1,3})(?:\D{1,3}([\d.]+%?))?\s*\)", re.IGNORECASE)
_NAMES = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "yellow": (255, 255, 0),
    "silver": (192, 192, 192),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "whitesmoke": (245, 245, 245),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "lime": (0, 255, 0),
    "blue": (0, 0, 255),
    "navy": (0, 0, 128),
    "green": (0, 128, 0),
}
_MAX_RULES = 2_000
_MAX_SHEET_CHARS, _MAX_DECLARED_CHARS = 100_000, 2_000
_NEAR = 6
Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
UNKNOWN_BACKGROUND: Colour = (-999, -999, -999)
"""A picture, or a colour that is not understood: nothing on it is taken for hidden."""
_CACHED_CHARS = 300


def hides(style: str) -> bool:
    """Whether an element with this `style` shows nothing of what is inside."""
    return _known_hides(style) if len(style) <= _CACHED_CHARS else _hides(style)


def colours(style: str) -> tuple[Colour | None, Colour | None]:
    """The colours of text and background that `style` sets; see `text_colour`."""
    return _known_colours(style) if len(style) <= _CACHED_CHARS else _colours(style)


def _plain(style: str) -> str:
    """The style without comments and escapes (CSS Syntax Level 3), behind which a property could hide."""
    if "/*" in style:
        style = _COMMENT.sub("", style)
    return _ESCAPE.sub(_unescaped, style) if "\\" in style else style


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else 0
    return found[2] or (chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd")


def _hides(style: str) -> bool:
    style = _plain(style)
    if _WORTH.search(style) is None:
        return False
    return _HIDING.search(style) is not None or (_OVERFLOW.search(style) is not None and _CLIPPED.search(style) is not None)


def _colours(style: str) -> tuple[Colour | None, Colour | None]:
    style = _plain(style)
    background = background_colour(style)
    if background is None and "background" in style and "transparent" not in style:
        background = UNKNOWN_BACKGROUND
    return text_colour(style), background


# Mail repeats few styles many times.
_known_hides = lru_cache(maxsize=2_048)(_hides)
_known_colours = lru_cache(maxsize=2_048)(_colours)


@dataclass(slots=True)
class _Block:
    """A block of a style sheet that is open. `counts`: it is for screens, and so are those around it."""

    prelude: str
    counts: bool
    declared: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The classes and ids that a mail's style sheets hide, as `.name` and `#id`."""

    hidden: frozenset[str] = field(default_factory=frozenset)

    def hides(self, class_: str, id_: str) -> bool:
        """Whether one of the classes in `class_`, or the id, is hidden."""
        return any("." + name in self.hidden for name in class_.split()) or (bool(id_) and "#" + id_ in self.hidden)


NO_SHEET = Sheet()


def read_sheet(html: str) -> Sheet:
    """The style sheets of `html`; of several rules for one name the last that speaks of it counts."""
    if "<style" not in html and "<STYLE" not in html:
        return NO_SHEET
    hidden: dict[str, bool] = {}
    for text in _sheets(html):
        plain = _COMMENT.sub(" ", text).replace("<!--", "").replace("-->", "")
        for selectors, declared in islice(_rules(plain), _MAX_RULES):
            _take_rule(hidden, selectors, declared)
    return Sheet(frozenset(name for name, is_hidden in hidden.items() if is_hidden))


def _sheets(html: str) -> Iterator[str]:
    """The beginning of each style sheet that ends. Nothing is looked at twice, however many begin."""
    at = 0
    while (begin := _SHEET_BEGINS.search(html, at)) and (end := _SHEET_ENDS.search(html, begin.end())):
        yield html[begin.end() : min(end.start(), begin.end() + _MAX_SHEET_CHARS)]
        at = end.end()


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations of each rule, but for those of other media than a screen. By braces alone, in one pass."""
    pieces = _BRACE.split(css)
    open_blocks: list[_Block] = []
    for text, brace in zip(pieces[::2], pieces[1::2], strict=False):
        declared, _, prelude = text.rpartition(";") if brace == "{" else (text, "", "")
        if open_blocks and len(open_blocks[-1].declared) < _MAX_DECLARED_CHARS:
            open_blocks[-1].declared += declared
        if brace == "{":
            open_blocks.append(_Block(prelude, _is_for_screens(prelude) and (not open_blocks or open_blocks[-1].counts)))
        elif open_blocks:
            closed = open_blocks.pop()
            if closed.counts:
                yield closed.prelude, closed.declared[:_MAX_DECLARED_CHARS]


def _is_for_screens(prelude: str) -> bool:
    """Whether what stands before a block does not keep it for paper or for some screens."""
    query = prelude.strip().lower()
    return not query.startswith("@media") or " ".join(query.removeprefix("@media").split()) in _ALWAYS


def _take_rule(hidden: dict[str, bool], selectors: str, declared: str) -> None:
    hiding = hides(declared) or _is_invisible_ink(declared, None)
    if not hiding and "display" not in declared and "visibility" not in declared:
        return
    for one in selectors.split(","):
        found = _SIMPLE.fullmatch(one.strip())
        if found:
            hidden[found[1]] = hiding


def _is_invisible_ink(style: str, background: Colour | None) -> bool:
    ink = text_colour(style)
    background = background_colour(style) or background
    return ink == (-1, -1, -1) or (ink is not None and background is not None and same_colour(ink, background))


def text_colour(style: str) -> Colour | None:
    """The colour of text that `style` sets, (-1, -1, -1) for a transparent one, None when it sets none that is understood."""
    found = _COLOUR.search(style)
    return _colour(found[1]) if found else None


def background_colour(style: str) -> Colour | None:
    """The colour of the background that `style` sets, None when it sets none that is understood."""
    found = _BACKGROUND.search(style)
    colour = _colour(found[1]) if found else None
    return colour if colour and colour[0] >= 0 else None


def _colour(text: str) -> Colour | None:
    low = text.strip().lower()
    if "transparent" in low:
        return (-1, -1, -1)
    if found := _HEX.search(low):
        if found[2] in ("0", "00"):
            return (-1, -1, -1)
        digits = found[1] if len(found[1]) == 6 else "".join(sign * 2 for sign in found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := _RGB.search(low):
        if found[4] is not None and float(found[4].rstrip("%")) == 0:
            return (-1, -1, -1)
        return int(found[1]), int(found[2]), int(found[3])
    if (found := _HSL.search(low)) and found[2] in ("0", "100"):
        return WHITE if found[2] == "100" else (0, 0, 0)
    return _NAMES.get(low.split()[0]) if low else None


def same_colour(one: Colour, other: Colour) -> bool:
    """Whether the eye cannot tell them apart."""
    return all(abs(mine - theirs) <= _NEAR for mine, theirs in zip(one, other, strict=True))
