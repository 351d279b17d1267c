"""DKIM and ARC (RFC 6376, 8463, 8301, 8617): who signed this mail? In: its parts and lookups. Out: results in the words of RFC 8601.

dkimpy checks signatures; what it leaves to its caller is done here: which keys count, whether From is signed, when a signature ends, and
whether it covers the whole body. Nothing that a mail or a key holds, and nothing that dkimpy stumbles over, leaves here as an exception.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dkim
import dkim.canonicalization
import dkim.crypto
import dkim.util
import nacl.exceptions

from mailgate.inbound.auth.resolver import DnsTrouble, Lookups
from mailgate.mail.auth.dkim_key import BadKey, usable
from mailgate.mail.auth.org_domain import aligned, ascii_name
from mailgate.mail.auth.signed_parts import SignedParts

SIGNATURES_MAX = 8
FIELD_MAX_BYTES = 8 * 1024
NAMES_MAX = 200
ARC_SETS_MAX = 50
CLOCK_SLACK_S = 300
REASON_MAX_CHARS = 200
LIBRARY_ERRORS = (
    dkim.DKIMException, dkim.util.InvalidTagValueList, dkim.crypto.UnparsableKeyError, dkim.crypto.DigestTooLargeError,
    dkim.canonicalization.InvalidCanonicalizationPolicyError, nacl.exceptions.CryptoError,
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError,
)  # fmt: skip
"""What dkimpy and its dependencies raise on malformed input."""
_ALGORITHMS = {b"rsa-sha256": "rsa-sha256", b"ed25519-sha256": "ed25519-sha256"}
_SPACE = re.compile(rb"\s+")
_BODY_RELAXED = re.compile(rb"(?:^|;)\s*c\s*=\s*[a-z]+/relaxed\s*(?:;|$)")
_NO_C = re.compile(rb"(?:^|;)\s*c\s*=")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature: the domain that signed (`d=`, lower case) and what came of it."""

    domain: str
    result: str
    reason: str = ""


class _Refused(ValueError):
    """A signature that is not worth checking, or that cannot be. `result` is the word of RFC 8601."""

    def __init__(self, reason: str, result: str = "permerror") -> None:
        super().__init__(reason)
        self.result = result


def signatures(parts: SignedParts, author_domain: str, lookups: Lookups, accepted_at_s: float) -> list[Signature]:
    """The result of each signature, those of the author's domain first; no more than SIGNATURES_MAX. Never raises for what is in a mail."""
    values = parts.values(b"dkim-signature")
    order = sorted(range(len(values)), key=lambda index: not aligned(_claimed_domain(values[index]), author_domain))
    return [_result(parts, values[index], lookups, accepted_at_s) for index in order[:SIGNATURES_MAX]]


def chain(parts: SignedParts, lookups: Lookups) -> tuple[str, str]:
    """ARC: `pass`, `fail`, `none` or `temperror` and the reason. A pass says that the last sealer saw this mail, not that it is good."""
    seals, signed = parts.values(b"arc-seal"), parts.values(b"arc-message-signature")
    if not seals and not signed:
        return "none", ""
    if len(seals) > ARC_SETS_MAX or len(signed) > ARC_SETS_MAX or max(map(len, (*seals, *signed))) > FIELD_MAX_BYTES:
        return "fail", "the chain is too long"
    if any(value.count(b":") > NAMES_MAX for value in signed):
        return "fail", "a signature of the chain names too many fields"
    body = parts.canonical(b"relaxed") if all(_is_relaxed(value) for value in signed) else _plain_body(parts)
    if body is None:
        return "fail", "the body cannot be checked as the chain demands"
    try:
        result, _, words = _loaded(dkim.ARC(), parts, body).verify(dnsfunc=_key_source(lookups))
    except DnsTrouble as error:
        return "temperror", str(error)
    except LIBRARY_ERRORS as error:
        return "fail", _short(f"{type(error).__name__}: {error}")
    verdict = {dkim.CV_Pass: "pass", dkim.CV_None: "none"}.get(result, "fail")
    return verdict, "" if verdict == "pass" else _short(str(words))


def _result(parts: SignedParts, value: bytes, lookups: Lookups, accepted_at_s: float) -> Signature:
    domain = _claimed_domain(value)
    try:
        passed = _verified(parts, value, domain, lookups, accepted_at_s)
    except DnsTrouble as error:
        return Signature(domain, "temperror", str(error))
    except (_Refused, BadKey) as error:
        return Signature(domain, error.result, str(error))
    except dkim.ValidationError as error:
        return Signature(domain, "permerror", _short(str(error)))
    except LIBRARY_ERRORS as error:
        return Signature(domain, "permerror", _short(f"{type(error).__name__}: {error}"))
    return Signature(domain, "pass") if passed else Signature(domain, "fail", "the signature does not fit")


def _verified(parts: SignedParts, value: bytes, domain: str, lookups: Lookups, accepted_at_s: float) -> bool:
    tags = _tags(value)
    names = _signed_names(tags)
    _check_times(tags, accepted_at_s)
    # Times are judged at acceptance, above: the verifier would judge them by the clock of a later look.
    dkim.validate_signature_fields({name: text for name, text in tags.items() if name not in (b"t", b"x")})
    algorithm = _ALGORITHMS[tags[b"a"]]
    hashed = _body_hash(tags, parts.canonical(_body_algorithm(tags)))
    selector = tags[b"s"].decode("ascii", "replace")
    record = usable(lookups.texts(f"{selector}._domainkey.{domain}"), algorithm)
    if record.exact_domain and _identity_domain(tags) not in ("", domain):
        raise _Refused("the key is for the domain itself, and i= names one below it")
    if hashed != base64.b64decode(_SPACE.sub(b"", tags[b"bh"])):
        raise _Refused("the body was changed", "fail")
    verifier = _loaded(dkim.DKIM(), parts, b"")
    without_body = {name: text for name, text in tags.items() if name not in (b"bh", b"l")}  # it would canonicalise a large one again
    return bool(verifier.verify_sig(without_body, names, _own_field(parts, value), lambda name, timeout=0: record.text))


def _tags(value: bytes) -> dict[bytes, bytes]:
    if len(value) > FIELD_MAX_BYTES:
        raise _Refused(f"the signature field has {len(value)} bytes")
    tags: dict[bytes, bytes] = dkim.util.parse_tag_value(value)
    if tags.get(b"a") not in _ALGORITHMS:
        raise _Refused(f"a={tags.get(b'a', b'').decode('ascii', 'replace')[:30]} is not accepted (RFC 8301)")
    return tags


def _signed_names(tags: dict[bytes, bytes]) -> list[bytes]:
    names = [name.strip().lower() for name in tags.get(b"h", b"").split(b":")]
    if len(names) > NAMES_MAX:
        raise _Refused(f"the signature names {len(names)} fields")
    if b"from" not in names:
        raise _Refused("From is not signed (RFC 6376 section 6.1.1)")
    return names


def _check_times(tags: dict[bytes, bytes], accepted_at_s: float) -> None:
    begins, ends = (int(tags[name]) if re.fullmatch(rb"\d{1,12}", tags.get(name, b"")) else None for name in (b"t", b"x"))
    if b"x" in tags and (ends is None or (begins is not None and ends <= begins)):
        raise _Refused("x= is no time after t=")
    if ends is not None and ends + CLOCK_SLACK_S < accepted_at_s:
        raise _Refused("the signature has expired", "fail")
    if begins is not None and begins - CLOCK_SLACK_S > accepted_at_s:
        raise _Refused("the signature is from the future")


def _body_hash(tags: dict[bytes, bytes], body: bytes) -> bytes:
    """SHA-256, which every algorithm that is accepted uses (RFC 8301, RFC 8463)."""
    _check_length(tags, body)
    return hashlib.sha256(body).digest()


def _check_length(tags: dict[bytes, bytes], body: bytes) -> None:
    """`l=` lets anyone add to the body (RFC 6376 section 8.2): only a length that covers all of it counts."""
    length = tags.get(b"l")
    if length is None:
        return
    if not re.fullmatch(rb"\d{1,12}", length) or int(length) > len(body):
        raise _Refused("l= is longer than the body")
    if int(length) < len(body):
        raise _Refused(f"the signature covers {int(length)} of {len(body)} bytes of the body", "policy")


def _body_algorithm(tags: dict[bytes, bytes]) -> bytes:
    return tags.get(b"c", b"simple/simple").partition(b"/")[2].strip() or b"simple"


def _identity_domain(tags: dict[bytes, bytes]) -> str:
    return ascii_name(tags.get(b"i", b"").decode("utf-8", "replace").rpartition("@")[2])


def _claimed_domain(value: bytes) -> str:
    """`d=` as a name; "" when it has none. A name with a backslash is refused: in the DNS an escaped dot separates no labels."""
    found = re.search(rb"(?:^|;)\s*d\s*=\s*([^;\s\\]{1,253})\s*(?:;|$)", value[:FIELD_MAX_BYTES])
    return ascii_name(found.group(1).decode("utf-8", "replace")) if found else ""


def _own_field(parts: SignedParts, value: bytes) -> tuple[bytes, bytes]:
    return next(field for field in parts.fields if field[1] is value)


def _loaded(verifier: dkim.DKIM | dkim.ARC, parts: SignedParts, body: bytes) -> dkim.DKIM | dkim.ARC:
    """The mail goes in as parts: the verifier's own reader takes a time that grows with the square of the folds."""
    verifier.headers = [[name, value] for name, value in parts.fields]
    verifier.body = body
    return verifier


def _key_source(lookups: Lookups) -> Callable[..., bytes]:
    """A key for the verifier when it may be used; otherwise none, which the verifier reports as a failed signature."""

    def source(name: bytes, timeout: float = 0) -> bytes:
        texts: Sequence[bytes] = lookups.texts(name.decode("utf-8", "replace"))
        for algorithm in _ALGORITHMS.values():
            try:
                return usable(texts, algorithm).text
            except BadKey:
                continue
        return b""

    return source


def _is_relaxed(value: bytes) -> bool:
    return _BODY_RELAXED.search(value) is not None or _NO_C.search(value) is None


def _plain_body(parts: SignedParts) -> bytes | None:
    """The body for a chain of which a part is not `relaxed`; None when its spaces would take the verifier too long."""
    return None if re.search(rb"[ \t]{256}", parts.body) else parts.body


def _short(text: str) -> str:
    return _SPACE.sub(b" ", text.encode("ascii", "replace")).decode()[:REASON_MAX_CHARS]
