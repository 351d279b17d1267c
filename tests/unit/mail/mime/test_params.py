"""Content-Type and Content-Disposition, as RFC 2045 and 2231 say and as senders break them."""

import pytest

from mailgate.mail.mime.params import read_value


@pytest.mark.parametrize(
    ("text", "main", "params"),
    [
        ('text/plain; charset="utf-8"', "text/plain", {"charset": "utf-8"}),
        ("Text/HTML;charset=utf-8;", "text/html", {"charset": "utf-8"}),
        ('multipart/mixed boundary="x y"', "multipart/mixed", {"boundary": "x y"}),
        ("text/plain; charset=utf-8 format=flowed", "text/plain", {"charset": "utf-8", "format": "flowed"}),
        ('; filename="i.png"', "", {"filename": "i.png"}),
        ('filename="i.png"', "", {"filename": "i.png"}),
        ("attachment; filename=min fil.pdf; size=3", "attachment", {"filename": "min fil.pdf", "size": "3"}),
        ('attachment; filename="uten slutt.pdf', "attachment", {"filename": "uten slutt.pdf"}),
        ("attachment; filename*=utf-8''%C3%A5.txt; filename=a.txt", "attachment", {"filename": "å.txt"}),
        ("attachment; filename*0*=utf-8''%c3%a5; filename*1=\"b.txt\"", "attachment", {"filename": "åb.txt"}),
        ("attachment; filename*1=b; filename*0=a", "attachment", {"filename": "ab"}),
        ("attachment; filename==?utf-8?Q?=C3=A5.txt?=", "attachment", {"filename": "å.txt"}),
        ('x/y; a="1"; a="2"', "x/y", {"a": "1"}),
        ('x/y; a="b\\"c"', "x/y", {"a": 'b"c'}),
        ("x/y; charset = utf-8", "x/y", {"charset": "utf-8"}),
        ("", "", {}),
    ],
)
def test_given_a_value_when_read_then_its_parameters_are_as_meant(text, main, params):
    value = read_value(text)
    assert (value.main, value.params) == (main, params)


def test_given_too_many_parameters_when_read_then_it_is_said():
    assert read_value("x/y" + "; a=b" * 1_000).defects == ("too_many_parameters",)
