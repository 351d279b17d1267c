"""Bytes to text, the one place where mail's charsets are known. In: bytes and a declared charset. Out: clean text. Never raises on content.

Order: the declared charset if it is on the list, then UTF-8, cp1252, latin-1; what is declared Latin-1 and is UTF-8 is read as UTF-8.
Only codecs that turn bytes into text are on the list;
`utf-7`, `idna`, `unicode_escape`, `rot13` and the like are never run on mail, since they hide text from filters or do worse.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

# WHATWG Encoding Standard, section 4.2: pages and mails labelled ASCII or Latin-1 are written in its superset windows-1252.
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "big5": "cp950",
}
_ALIASES = {
    "ansi": "cp1252",
    "ansi_x3.110-1983": "latin-1",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-10646-ucs-2": "utf-16",
    "ks_c_5601": "cp949",
    "mac": "mac_roman",
    "macintosh": "mac_roman",
    "sjis": "cp932",
    "unicode-1-1-utf-8": "utf-8",
    "unknown-8bit": "utf-8",
    "utf-8mb4": "utf-8",
    "windows-874": "cp874",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-mac-roman": "mac_roman",
    "x-sjis": "cp932",
    "x-unknown": "utf-8",
    "unicode": "utf-8",
    "8bit": "utf-8",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "default_charset": "utf-8",
    "binary": "utf-8",
}
_ALLOWED_NAMES = """
    ascii utf-8 utf-8-sig utf-16 utf-16-le utf-16-be latin-1 iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8
    iso8859-9 iso8859-10 iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-16 cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860
    cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874 cp932 cp949 cp950 cp1125 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258
    koi8-r koi8-t koi8-u kz1048 mac-roman mac-cyrillic mac-greek mac-iceland mac-latin2 mac-turkish big5 big5hkscs gb2312 gbk gb18030 hz
    shift_jis shift_jis_2004 shift_jisx0213 euc_jp euc_jis_2004 euc_jisx0213 iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_3
    iso2022_jp_ext iso2022_jp_2004 iso2022_kr euc_kr johab tis-620 ptcp154
"""
_ALLOWED = frozenset(_ALLOWED_NAMES.split())
_LATIN = frozenset({"cp1252", "iso8859-15"})
_UNICODE_OR_SEVEN_BIT = ("utf", "iso2022", "hz")
_OF_MANY_OCTETS = ("gb", "big5", "cp9", "shift", "euc", "johab", "cp874")
_UTF8_LEAD, _LOOK_OCTETS, _LEAST_BY_CHANCE = 0xC0, 4_096, 6
_UTF7 = frozenset({"utf-7", "utf7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7"})
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]+")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\u0085\u2028\u2029]")
_CHARSET_NAME = re.compile(r"[a-z0-9][a-z0-9_.:+-]{1,39}")
_CODE_PAGE = re.compile(r"(?:cp|ibm|dos|oem|win|windows|x-windows|x-cp)[-_ ]?(\d{3,5})")
"""A code page under one of the names that programs make up: `cp-865`, `windows1252`, `dos850`."""
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_ODD_OCTETS = bytes([*range(9), *range(0x0B, 0x20), *range(0x7F, 0xA0)])
"""Those of `_ODD` that ISO 8859-1 has."""
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MIXED_BYTES = 256 * 1024  # each wrong octet costs a call
_PAIR = re.compile(rb"\xc3[\x80-\xbf]|\xe2\x80[\x80-\xbf]")
"""Letters of UTF-8 that windows-1252 would read as `Ã` or `â€` and a sign: such a text was put together from both."""
_FOLDS = re.compile("\n+")
_BIDI = re.compile("[\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb]")


@lru_cache(maxsize=512)
def codec_name(declared: str) -> str | None:
    """The Python codec for a charset as declared in a mail, None when it is not on the list. Case and quotes do not matter."""
    found = _CHARSET_NAME.search(declared.lower())
    if not found or len(declared) > 100:
        return None
    known = _known_codec(_ALIASES.get(found.group(), found.group()))
    if known is None and (page := _CODE_PAGE.fullmatch(found.group())):
        known = _known_codec("cp" + page.group(1))
    if known is None:
        return None
    if known not in _ALLOWED and known.replace("_", "-") not in _ALLOWED:
        return None
    return _SUPERSETS.get(known, known)


def _known_codec(name: str) -> str | None:
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError, UnicodeError):
        return None


def is_seven_bit(declared: str) -> bool:
    """Whether the charset writes its letters as escape sequences of ASCII (RFC 1468, RFC 1557)."""
    return (codec_name(declared) or "").startswith("iso2022")


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """Text of `data` and a defect name, "" when all is well. Line ends and controls are as they came: see `clean`."""
    if not declared:
        return _guess(data), ""
    name = declared.strip(" \t\"'").lower()
    codec = codec_name(name)
    if codec is None:
        return (_utf7(data), "utf7_charset") if name in _UTF7 else (_guess(data), "unknown_charset")
    if codec in ("cp1252", "utf-8") and data.isascii():
        return data.decode("ascii"), ""
    if codec == "utf-16" or (data.startswith(_UTF16_MARKS) and b"\0" in data[2:]):
        return _utf16(data), "" if codec.startswith("utf-16") else "charset_mismatch"
    if name in ("us-ascii", "ascii"):
        return _guess(data), "charset_mismatch"
    if _is_mislabelled(data, codec):
        return data.decode("utf-8"), "charset_mismatch"
    try:
        return data.decode(codec), ""
    except (UnicodeError, ValueError):
        return _cut_in_a_character(data, codec) or _rescue(data, codec), "charset_mismatch"


def _is_mislabelled(data: bytes, codec: str) -> bool:
    """Whether a text that is said to be in an older charset is UTF-8: in its own it would be letters that nobody writes together.

    Where octets past ASCII follow each other in all words, a few letters can be both by chance.
    """
    if codec in _LATIN:
        return _is_utf8(data)
    if codec.startswith(_UNICODE_OR_SEVEN_BIT) or data.isascii() or not _is_utf8(data):
        return False
    letters = sum(octet >= _UTF8_LEAD for octet in data[:_LOOK_OCTETS])
    if codec.startswith(_OF_MANY_OCTETS):
        return letters >= _LEAST_BY_CHANCE
    return letters > 1 or _PAIR.search(data) is not None


def _is_utf8(data: bytes) -> bool:
    """True for octets past ASCII that are UTF-8: as Latin-1 they would be pairs such as `Ã¥`, which nobody writes without a lone `å`."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _utf7(data: bytes) -> str:
    """RFC 2152, which some old senders still use. It is undone only where it hides letters: with markup or controls behind it, it stays."""
    plain = _guess(data)
    text = data.decode("utf-7", "replace")
    if any(text.count(sign) > plain.count(sign) for sign in "<>&\0\x1b"):
        return plain
    return text


def _utf16(data: bytes) -> str:
    """UTF-16 with or without its mark, whose halves are told by where the zeros stand; without any it is what the name alone says.

    The WHATWG Encoding Standard reads a page that calls itself UTF-16 in ASCII letters as UTF-8, too.
    """
    if data.startswith(_UTF16_MARKS):
        return data.decode("utf-16", "replace")
    high, low = data[::2].count(0), data[1::2].count(0)
    if not high and not low and _is_utf8(data):
        return data.decode("utf-8")
    return data.decode("utf-16-be" if high > low else "utf-16-le", "replace")


def _guess(data: bytes) -> str:
    if _is_utf8(data):
        return data.decode("utf-8")
    mixed = len(data) <= _MIXED_BYTES and _PAIR.search(data)
    return data.decode("utf-8", _CP1252_INSTEAD) if mixed else _latin(data)


def _latin(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _cut_in_a_character(data: bytes, codec: str) -> str:
    """The text when only its end is broken, with U+FFFD for the half character; "" when more is. Gateways cut texts at a number of octets.

    What comes before the cut must speak for the charset, else a text in another one that ends in a letter past ASCII looks the same.
    """
    whole = data.rstrip(b"\r\n \t")
    try:
        head = codecs.getincrementaldecoder(codec)().decode(whole)
    except (UnicodeError, ValueError):
        return ""
    return "" if head.isascii() else head + "\ufffd" + data[len(whole) :].decode("ascii")


def _rescue(data: bytes, codec: str) -> str:
    """A few broken bytes do not turn a whole text into another charset's: keep the declared one when most of it holds.

    In UTF-8 they are read as cp1252, as in a text that a gateway put together from two.
    """
    if codec == "cp1252":
        return _guess(data)
    if codec == "utf-8":
        return data.decode("utf-8", _CP1252_INSTEAD)
    text = data.decode(codec, "replace")
    return _guess(data) if text.count("\ufffd") * 20 > len(text) else text


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """What stands for octets that are no UTF-8."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    try:
        return wrong.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return wrong.decode("latin-1"), error.end


_CP1252_INSTEAD = "mailgate.cp1252_instead"
codecs.register_error(_CP1252_INSTEAD, _as_cp1252)


def clean(text: str) -> str:
    """`text` with LF line ends and no control characters but LF and TAB, no NUL, no surrogates, no byte order mark."""
    text = text.replace("\r\n", "\n")
    if not _is_odd(text):
        return text
    return _NOT_TEXT.sub("", _LINE_ENDS.sub("\n", text))


def _is_odd(text: str) -> bool:
    """Whether `text` holds more than printable characters, LF and TAB. The ways that cost least come first: a pattern costs most."""
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        return not text.replace("\n", "").isprintable() and _ODD.search(text) is not None
    return len(octets.translate(None, _ODD_OCTETS)) != len(octets)


def one_line(text: str) -> str:
    """`text` for a header, title or name: no line ends, no controls, none that turn the reading direction, folding made one space.

    CR and LF out of encoded words end here.
    """
    spaced = text.replace("\t", " ")
    if spaced.isprintable():
        return spaced.strip()
    lines = _FOLDS.split(without_bidi(clean(text)))  # a pattern of spaces and line ends would try each of many spaces as its beginning
    return " ".join(line.strip(" \t") for line in lines).replace("\t", " ").strip()


def without_bidi(text: str) -> str:
    """`text` without marks that turn the reading direction or stand for line ends, which make `exe.txt` look like `txt.exe`."""
    return _BIDI.sub("", text) if not text.isascii() else text
