"""Replaces names, words, numbers, addresses and domains in a text. In: text and a secret key. Out: text of the same shape. Pure.

The same word becomes the same pseudonym within one report, of the same length and case; without the key nobody finds the way back. Kept:
blanks, punctuation, words of the reading's own lists, numbers of up to three digits, and dates near the mail's own date.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Set
from dataclasses import dataclass

from mailgate.mail.anonymous.vocabulary import ROLES, is_kept

_TLDS = (
    "no|com|net|org|se|dk|fi|is|de|at|ch|nl|be|fr|uk|ie|it|es|pt|pl|cz|ru|ua|jp|cn|us|ca|au|eu|io|ai|dev|app|cloud|info|biz|me|tv|online|shop|"
    "gov|edu|mil|int|local|lan|internal|example|test|invalid|ms|cc|co|as"
)
_TOKEN = re.compile(
    rf"""
    (?P<address>[\w.!#$%&'*+/=?^`{{|}}~-]{{1,128}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,10}})
    |(?P<url>https?://(?P<host>[\w.-]+)(?P<path>[^\s<>"]*))
    |(?P<domain>(?<![\w.])(?:[\w-]{{1,63}}\.){{1,10}}(?:{_TLDS})(?![\w.]\w|\w))
    |(?P<ip>(?<![\d.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?![\d.]*\d))
    |(?P<status>(?<![\d.])(?:[245]\d\d[ -])?[245]\.[0-7]\.(?:[12]?\d|30)(?![\d.]*\d))
    |(?P<date>(?<!\d)(?:\d{{1,2}}(?P<sep>[./-])\d{{1,2}}(?P=sep)(?:\d{{4}}|\d{{2}})|\d{{4}}-\d{{2}}-\d{{2}})(?!\d))
    |(?P<time>(?<![\d+])(?:[01]?\d|2[0-3])[:.][0-5]\d(?:[:.][0-5]\d)?(?![\d ]?\d))
    |(?P<zone>(?<=:\d\d[ ])[+-](?:0\d|1[0-4])[0-5]0(?!\d))
    |(?P<year>(?<![\d+])(?:19|20)\d\d(?![\d-]|[ .]\d{{2,}}(?![:.\d]\d)))
    |(?P<number>\+?\d(?:[ \u00a0().-]{{0,2}}\d)+)
    |(?P<token>[^\W_]+)
    """,
    re.VERBOSE,
)
_ALNUM = re.compile(r"[^\W_]+")
_PROVIDERS = re.compile(
    r"(?:.+\.)?(?:outlook|hotmail|live|office|office365|microsoft|gmail|googlemail|google|yahoo|icloud|apple|me|proton|protonmail)\.com|aka\.ms|proton\.me"
)
_MAX_SHORT_DIGITS = 3
_CONSONANTS, _VOWELS, _ACCENTED = "bdfgklmnprstv", "aeiou", "åæøäöéü"
_SCRIPTS = (
    (0x370, 0x3FF, "αεικλμνορστ"),
    (0x400, 0x4FF, "авдеклмнорст"),
    (0x3040, 0x30FF, "あいうえおかきくけこ"),
    (0x4E00, 0x9FFF, "日本人大小中山川田口"),
    (0xAC00, 0xD7AF, "가나다라마바사"),
)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """`names`: words in lower case that are replaced although they are common ("Dag"). `year`: of the mail, None without a date."""

    key: bytes
    names: Set[str] = frozenset()
    year: int | None = None

    def text(self, text: str) -> str:
        """`text` with all that could name somebody replaced; as many lines, and nearly as many characters in each."""
        return _TOKEN.sub(self._replaced, text)

    def domain(self, domain: str) -> str:
        """A domain that belongs to nobody (RFC 2606). Those of large providers stay: mail clients are told by them."""
        low = domain.lower()
        if _PROVIDERS.fullmatch(low):
            return domain if low.count(".") == 1 else self._letters(low.rsplit(".", 2)[0]) + "." + ".".join(low.rsplit(".", 2)[1:])
        *above, name, _ = low.split(".") if "." in low else (low, "")
        return ".".join([*(self._letters(one) for one in above), self._letters(name), "example"])

    def address(self, address: str) -> str:
        """An address: roles such as `postmaster` stay in its local part, as do its separators."""
        local, _, domain = address.rpartition("@")
        return (
            _ALNUM.sub(lambda found: found[0] if found[0].lower() in ROLES else self._characters(found[0]), local)
            + "@"
            + self.domain(domain)
        )

    def _replaced(self, found: re.Match[str]) -> str:
        kind, value = found.lastgroup, found.group()
        match kind:
            case "address":
                return self.address(value)
            case "url":
                return self._url(found)
            case "domain":
                return self.domain(value)
            case "ip":
                return self._ip(value)
            case "date":
                return self._date(value)
            case "year":
                return self._year(value)
            case "number":
                return self._number(value)
            case "token":
                return self._token(value)
            case _:
                return value

    def _url(self, found: re.Match[str]) -> str:
        path = _ALNUM.sub(lambda part: self._characters(part[0]), found["path"])
        return found["url"][: found["url"].index("//") + 2] + self.domain(found["host"]) + path

    def _ip(self, value: str) -> str:
        return f"192.0.2.{self._digest('ip ' + value)[0]}"

    def _date(self, value: str) -> str:
        years = [part for part in re.split(r"[./-]", value) if len(part) == 4] or [value[-2:]]
        if self._is_near(years[0]):
            return value
        return self._characters(value)

    def _year(self, value: str) -> str:
        return value if self._is_near(value) else str(1950 + self._digest("year " + value)[0] % 50)

    def _is_near(self, year: str) -> bool:
        return self.year is not None and any(str(near)[-len(year) :] == year for near in range(self.year - 1, self.year + 2))

    def _number(self, value: str) -> str:
        digits = [char for char in value if char.isdigit()]
        return value if len(digits) <= _MAX_SHORT_DIGITS else self._with_digits(value, "".join(digits))

    def _with_digits(self, value: str, digits: str) -> str:
        stream = iter(self._stream("digits " + digits, len(digits)))
        return "".join(str(next(stream) % 10) if char.isdigit() else char for char in value)

    def _token(self, value: str) -> str:
        if value.isdigit():
            return self._number(value)
        if value.isalpha() and is_kept(value) and not (value[0].isupper() and value.lower() in self.names):
            return value
        return self._characters(value)

    def _characters(self, value: str) -> str:
        """The same number of letters and digits, other ones."""
        if value.isdigit():
            return self._with_digits(value, value)
        stream = self._stream("word " + value.lower(), len(value))
        return "".join(_other(char, number, place) for place, (char, number) in enumerate(zip(value, stream, strict=True)))

    def _letters(self, value: str) -> str:
        return self._characters(value.lower())

    def _stream(self, value: str, length: int) -> bytes:
        found = b""
        while len(found) < length:
            found += self._digest(f"{len(found)} {value}")
        return found[:length]

    def _digest(self, value: str) -> bytes:
        return hmac.digest(self.key, value.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _other(char: str, number: int, place: int) -> str:
    """Another character of the same kind."""
    if char.isdigit():
        return str(number % 10)
    if not char.isalpha():
        return char
    letters = _VOWELS if place % 2 else _CONSONANTS
    if not char.isascii():
        letters = next((found for low, high, found in _SCRIPTS if low <= ord(char) <= high), _ACCENTED)
    other = letters[number % len(letters)]
    return other.upper() if char.isupper() else other
