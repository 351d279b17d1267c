"""The tree of parts: where our reader must agree with the stdlib's, and where it must do better."""

from email import message_from_bytes
from pathlib import Path

import pytest

from mailgate.mail.limits import DEFAULT_LIMITS
from mailgate.mail.mime.headers import read_section
from mailgate.mail.mime.prescan import scan
from mailgate.mail.mime.structure import Tree, build

GOLDEN = Path(__file__).parents[3] / "golden"
REPAIRED = {"qp-brutt-og-myk", "bare-cr", "tom", "multipart-i-base64", "hode-uten-kolon", "hode-uten-tom-linje", "mbox-linje"}
WELL_FORMED = [one for one in sorted(GOLDEN.rglob("*.eml")) if one.stem not in REPAIRED and not one.stem.startswith("grense")]


def tree(raw: bytes) -> Tree:
    looked = scan(raw, DEFAULT_LIMITS)
    return build(looked, read_section(looked.header, DEFAULT_LIMITS), DEFAULT_LIMITS)


def leaves_of_stdlib(raw: bytes) -> list[tuple[str, bytes]]:
    found = []

    def visit(part):
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            for child in part.get_payload():
                visit(child)
        elif not part.get_content_type().startswith("message/"):
            found.append((part.get_content_type(), part.get_payload(decode=True)))

    visit(message_from_bytes(raw))
    return found


@pytest.mark.parametrize("eml", WELL_FORMED, ids=[one.stem for one in WELL_FORMED])
def test_given_a_well_formed_mail_when_taken_apart_then_the_stdlib_finds_the_same_parts(eml):
    raw = eml.read_bytes()
    ours = tree(raw)
    mine = [(one.content_type, ours.content(one)) for one in ours.leaves if not one.content_type.startswith("message/")]
    theirs = leaves_of_stdlib(raw)
    assert [kind for kind, _ in mine] == [kind if kind != "multipart/mixed" else "text/plain" for kind, _ in theirs]
    if not any("base64" in defect for defect in ours.defects):
        assert [content.replace(b"\r\n", b"\n") for _, content in mine] == [content.replace(b"\r\n", b"\n") for _, content in theirs]


def mixed(body: bytes, boundary: bytes = b"b") -> bytes:
    return b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\n\n' + body


def texts(raw: bytes) -> list[bytes]:
    read = tree(raw)
    return [read.content(one) for one in read.leaves]


def test_given_a_line_end_before_a_delimiter_when_taken_apart_then_it_is_the_delimiters():
    assert texts(mixed(b"--b\n\none\n--b\n\ntwo\n\n--b--\n")) == [b"one", b"two\n"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("lines", [(b"--b", b"--b"), (b"--b", b"--b ", b"--b")], ids=["twice", "thrice"])
def test_given_a_delimiter_that_is_written_again_on_the_next_line_when_taken_apart_then_nothing_is_between(lines, end):
    assert texts(mixed(end.join((*lines, b"", b"one", *lines, b"", b"two", b"--b--", b"")))) == [b"one", b"two"]


def test_given_a_part_of_one_empty_line_when_taken_apart_then_it_is_a_part():
    """The counter-example: the empty line ends a header section without fields."""
    assert texts(mixed(b"--b\n\n--b\n\none\n--b--\n")) == [b"", b"one"]


def test_given_a_boundary_that_begins_another_when_taken_apart_then_they_are_told_apart():
    inner = b'Content-Type: multipart/mixed; boundary="bb"\n\n--bb\n\nin\n--bb--\n'
    assert texts(mixed(b"--b\n" + inner + b"--b\n\nout\n--b--\n")) == [b"in", b"out"]


def test_given_a_boundary_that_ends_in_dashes_when_taken_apart_then_the_inner_one_counts():
    raw = mixed(b'--a--\nContent-Type: multipart/mixed; boundary="a----"\n\n--a----\n\nbody\n--a------\n', b"a--")
    assert texts(raw) == [b"body"]


def test_given_blanks_after_a_delimiter_when_taken_apart_then_it_counts():
    assert texts(mixed(b"--b  \n\none\n--b--\t\n")) == [b"one"]


def test_given_an_outer_delimiter_inside_an_open_multipart_when_taken_apart_then_the_inner_one_ends():
    raw = mixed(b'--b\nContent-Type: multipart/mixed; boundary="c"\n\n--c\n\nin\n--b\n\nout\n--b--\n')
    assert texts(raw) == [b"in", b"out"]
    assert "missing_end_boundary" in tree(raw).defects


def test_given_a_part_without_header_or_empty_line_when_taken_apart_then_its_lines_are_its_text():
    assert texts(mixed(b"--b\njust text\n--b--\n")) == [b"just text\n\n"]


@pytest.mark.parametrize("head", [b"", b"preamble\n\n", b"Content-Type: text/plain\n\n"])
@pytest.mark.parametrize("ends", [b"--b--\n", b"--b--", b"--b--\n\n--b--\n"])
def test_given_a_multipart_whose_only_delimiter_is_its_end_when_taken_apart_then_its_words_are_text(head, ends):
    read = tree(mixed(head + b"Skrivaren er nede.\n" + ends))
    assert b"Skrivaren er nede." in read.content(read.leaves[0])
    assert "multipart_without_parts" in read.defects


def test_given_an_inner_multipart_whose_only_delimiter_is_its_end_when_taken_apart_then_its_words_are_text():
    inner = b"--b\nContent-Type: multipart/alternative; boundary=c\n\nSkrivaren er nede.\n--c--\n--b\n\ntwo\n--b--\n"
    assert texts(mixed(inner)) == [b"Skrivaren er nede.\n--c--", b"two"]


def test_given_a_part_behind_the_end_when_taken_apart_then_it_is_found_and_said():
    """The counter-example: a delimiter that begins a part stands behind the end."""
    read = tree(mixed(b"preamble\n--b--\n--b\n\none\n--b--\n"))
    assert ([read.content(one) for one in read.leaves], read.defects) == ([b"one"], ["parts_after_end"])


@pytest.mark.parametrize("control", [b"\x12", b"\x00", b"\x7f"])
def test_given_a_control_character_in_the_name_of_a_parameter_when_taken_apart_then_the_type_is_not_clear(control):
    assert "unclear_content_type" in tree(b"Content-Type: multipart/mixed;" + control + b'boundary="b"\n\n--b\n\none\n--b--\n').defects


def test_given_no_delimiter_at_all_when_taken_apart_then_all_is_text():
    read = tree(mixed(b"just text\n"))
    assert [one.content_type for one in read.leaves] == ["text/plain"]


def test_given_a_digest_when_taken_apart_then_its_parts_are_messages():
    raw = mixed(b"--b\n\nSubject: x\n\nhei\n--b--\n").replace(b"mixed", b"digest")
    assert [one.content_type for one in tree(raw).leaves] == ["message/rfc822"]
