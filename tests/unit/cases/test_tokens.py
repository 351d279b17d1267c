"""Tokens: what is signed is read back, in any case of letters; any change, age or foreign key is refused."""

import hmac
from base64 import b32decode, b32encode
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.cases.ids import made_at, new_id
from mailgate.cases.tokens import (
    BOUNCE_VALID_DAYS,
    FIRST_LETTER,
    MAX_NUMBER,
    BounceToken,
    ReplyToken,
    TokenKeys,
    TokenRefusal,
    bounce_token,
    examine,
    has_form,
    reply_token,
)

KEYS = TokenKeys({1: b"a" * 32, 7: b"b" * 40})
TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NUMBERS = st.integers(0, MAX_NUMBER)
DAYS = st.dates(TODAY, date(2199, 1, 1))
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def read_token(keys, text, today):
    """What a good token says, None for no good one."""
    found = examine(keys, text, today)
    return None if isinstance(found, TokenRefusal) else found


def a_token(keys=KEYS):
    return reply_token(keys, 123, 45, TODAY + timedelta(days=90))


@given(NUMBERS, NUMBERS, DAYS)
def test_given_any_legal_numbers_when_signed_then_read_back_and_within_48_characters(case_number, contact_number, expires_on):
    text = reply_token(KEYS, case_number, contact_number, expires_on)
    assert read_token(KEYS, text, TODAY) == ReplyToken(case_number, contact_number, expires_on, key_id=7)
    assert len(text) <= 48
    assert set(text) <= set(ALPHABET)
    assert has_form(text)
    assert len(f"support+{text}") <= 64


@pytest.mark.parametrize("secret", [b"k" * 32, b"k" * 64, b"k" * 65, bytes(range(200))])
def test_given_a_key_of_any_length_when_signed_then_the_signature_is_the_librarys(secret):
    text = reply_token(TokenKeys({1: secret}), 123, 45, TODAY)
    octets = b32decode(text.upper() + "=" * (-len(text) % 8))
    assert octets[-16:] == hmac.digest(secret, b"mailgate token v1\0" + octets[:-16], "sha256")[:16]
    assert b32encode(octets).decode().rstrip("=").lower() == text


def test_given_an_outbox_id_when_signed_then_read_back_and_within_a_local_part():
    outbox_id = new_id(NOW)
    text = bounce_token(KEYS, outbox_id)
    ends = made_at(outbox_id).date() + timedelta(days=BOUNCE_VALID_DAYS)
    assert read_token(KEYS, text, TODAY) == BounceToken(outbox_id, ends, key_id=7)
    assert len(f"support+{text}") <= 64


def test_given_a_bounce_token_when_two_months_are_over_then_it_is_expired():
    outbox_id = new_id(NOW)
    last_day = made_at(outbox_id).date() + timedelta(days=BOUNCE_VALID_DAYS)
    text = bounce_token(KEYS, outbox_id)
    assert isinstance(examine(KEYS, text, last_day), BounceToken)
    assert examine(KEYS, text, last_day + timedelta(days=1)).reason == "expired"


@given(NUMBERS, st.randoms(use_true_random=False))
def test_given_any_case_of_letters_when_read_then_it_is_the_same_token(number, random):
    text = reply_token(KEYS, number, number, TODAY)
    mixed = "".join(random.choice((letter.upper(), letter)) for letter in text)
    assert read_token(KEYS, mixed, TODAY) == read_token(KEYS, text, TODAY)


@pytest.mark.parametrize(
    "text",
    [
        reply_token(KEYS, 0, 0, TODAY),
        reply_token(KEYS, 123, 45, TODAY),
        reply_token(KEYS, MAX_NUMBER, MAX_NUMBER, TODAY),
        bounce_token(KEYS, new_id(NOW)),
    ],
    ids=["smallest", "usual", "largest", "bounce"],  # fixed: processes of one run must agree on the names
)
def test_given_a_token_when_any_one_bit_is_flipped_then_it_is_refused(text):
    for at, letter in enumerate(text):
        for bit in range(5):
            flipped = text[:at] + ALPHABET[ALPHABET.index(letter) ^ 1 << bit] + text[at + 1 :]
            assert read_token(KEYS, flipped, TODAY) is None, f"bit {bit} of character {at}"


@given(st.integers(0, 60), st.sampled_from(["", "a", "=", " ", "1", "\u017f", "\u212a"]))
def test_given_a_token_when_a_character_is_put_in_or_taken_out_then_it_is_refused(at, extra):
    text = a_token()
    at = min(at, len(text) - 1)
    changed = text[:at] + extra + text[at:] if extra else text[:at] + text[at + 1 :]
    assert read_token(KEYS, changed, TODAY) is None


@given(st.text(max_size=100) | st.text(ALPHABET, min_size=36, max_size=80))
def test_given_any_text_when_read_then_it_is_refused_without_an_error(text):
    assert isinstance(examine(KEYS, text, TODAY), TokenRefusal)


def test_given_a_token_when_its_last_day_is_over_then_it_is_expired_and_says_what_it_was():
    text = reply_token(KEYS, 123, 45, TODAY)
    assert isinstance(examine(KEYS, text, TODAY), ReplyToken)
    late = examine(KEYS, text, TODAY + timedelta(days=1))
    assert (late.reason, late.token.case_number) == ("expired", 123)
    assert read_token(KEYS, text, TODAY + timedelta(days=1)) is None


def test_given_a_key_that_is_not_ours_when_read_then_the_key_is_unknown():
    assert examine(TokenKeys({1: b"a" * 32}), a_token(), TODAY).reason == "unknown_key"


def test_given_the_same_key_id_with_another_secret_when_read_then_it_is_forged():
    assert examine(TokenKeys({7: b"c" * 40}), a_token(), TODAY).reason == "forged"


def test_given_a_rotation_when_both_keys_are_there_then_the_new_signs_and_the_old_still_counts():
    before = TokenKeys({1: b"a" * 32})
    old = a_token(before)
    after = TokenKeys({1: b"a" * 32, 2: b"z" * 32}, valid_until={1: TODAY + timedelta(days=30)})
    assert read_token(after, a_token(after), TODAY).key_id == 2
    assert read_token(after, old, TODAY + timedelta(days=30)).key_id == 1
    assert examine(after, old, TODAY + timedelta(days=31)).reason == "retired_key"
    assert read_token(before, a_token(after), TODAY) is None


def test_given_a_scope_changed_by_hand_when_read_then_it_is_refused():
    octets = b32decode(a_token().upper() + "=" * (-len(a_token()) % 8))
    for scope in (0x10, 0x12, 0x13, 0x1F, 0x21):
        changed = b32encode(bytes((scope,)) + octets[1:]).decode().rstrip("=")
        assert isinstance(examine(KEYS, changed, TODAY), TokenRefusal)


def test_given_a_signed_layout_of_another_length_when_read_then_it_is_malformed_not_an_error():
    from mailgate.cases import tokens

    for scope in ("reply", "bounce"):
        for content in (b"\xff" * 4, b"\x01" * 4, b"\x80" * 9, b"\x01" * 17):
            found = examine(KEYS, tokens._sign(KEYS, scope, content), TODAY)
            assert not isinstance(found, BounceToken) or scope == "bounce"


@pytest.mark.parametrize("number", [-1, MAX_NUMBER + 1])
def test_given_a_number_out_of_range_when_signed_then_it_is_an_error(number):
    with pytest.raises(ValueError, match="range"):
        reply_token(KEYS, number, 1, TODAY)
    with pytest.raises(ValueError, match="range"):
        reply_token(KEYS, 1, number, TODAY)


@pytest.mark.parametrize("day", [date(2019, 12, 31), date(2200, 1, 1)])
def test_given_a_day_out_of_range_when_signed_then_it_is_an_error(day):
    with pytest.raises(ValueError, match="range"):
        reply_token(KEYS, 1, 1, day)


@pytest.mark.parametrize(
    ("secrets", "said"), [({}, "no token key"), ({0: b"a" * 32}, "1 to 255"), ({256: b"a" * 32}, "1 to 255"), ({1: b"a" * 31}, "31 octets")]
)
def test_given_keys_that_are_unsafe_when_made_then_it_is_an_error_that_shows_no_secret(secrets, said):
    with pytest.raises(ValueError, match=said) as caught:
        TokenKeys(secrets)
    assert "aaa" not in str(caught.value)


def test_given_keys_when_shown_then_no_secret_is_in_it():
    assert "aaa" not in repr(KEYS)
    assert "bbb" not in repr(KEYS)


def test_given_another_spelling_of_the_same_octets_when_read_then_it_is_refused():
    text = reply_token(KEYS, 0, 0, TODAY)  # 22 octets leave 4 spare bits in the last character
    assert len(b32encode(b"x" * 22).rstrip(b"=")) == len(text)
    others = [text[:-1] + letter for letter in ALPHABET if letter != text[-1]]
    assert all(read_token(KEYS, other, TODAY) is None for other in others)


@given(NUMBERS, NUMBERS)
def test_given_a_token_of_any_scope_when_looked_for_then_it_begins_with_the_letter_that_is_searched(case_number, contact_number):
    made = reply_token(KEYS, case_number, contact_number, TODAY), bounce_token(KEYS, new_id(NOW))
    assert {text[0] for text in made} <= set(FIRST_LETTER)
