"""Every kind of mail that we send, in every language, as text and as HTML, is what is written down, and good HTML mail.

`MAILGATE_GOLDEN=write` writes the files anew: look at the difference first.
"""

from __future__ import annotations

import os
import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from mailgate.catalogue import LANGUAGES
from mailgate.outbound.previews import samples
from mailgate.outbound.render import KINDS
from tests.support.mails import notice_samples
from tests.support.mails.html_mail import complaints, html_of
from tests.support.mails.plain_text import plain_text
from tests.support.processes.nu import invalid

HERE = Path(__file__).parent / "notices"
NAMES = sorted(samples.groups("nb"))
FREEZERS = {language: notice_samples.freezer(language) for language in LANGUAGES}


def frozen(name: str, language: str) -> tuple[str, str]:
    """The mail as text, with its sender, subject and files on top, and as HTML."""
    row = FREEZERS[language].freeze(samples.groups(language)[name], samples.NOW)
    message = message_from_bytes(row.raw, policy=policy.default)
    head = "".join(f"{field}: {message[field]}\n" for field in ("From", "To", "Subject"))
    files = "".join(f"File: {part.get_filename()}\n" for part in message.iter_attachments())
    text = plain_text(message)
    return f"{head}{files}\n{text}", html_of(message)


def test_given_the_samples_then_every_kind_of_mail_is_among_them():
    assert {name.partition(".")[0] for name in NAMES} == set(KINDS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_given_a_sample_when_frozen_then_it_is_as_written_down(name, language):
    for form, found in zip(("txt", "html"), frozen(name, language), strict=True):
        file = HERE / f"{name}.{language}.{form}"
        if os.environ.get("MAILGATE_GOLDEN") == "write":
            file.write_text(found, "utf-8")
        assert found == file.read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_given_a_sample_when_looked_at_as_html_mail_then_there_is_nothing_to_complain_about(name, language):
    text, html = frozen(name, language)
    assert complaints(html, text) == []


@pytest.mark.slow
@pytest.mark.packages
def test_given_all_mails_when_the_nu_checker_reads_them_then_only_what_outlook_needs_is_not_valid():
    """Outlook lays out by attributes of tables that HTML 5 has dropped; `supported-color-schemes` is Apple Mail's."""
    outlook = re.compile(r"The “(width|height|align|border|cellpadding|cellspacing)” attribute on the “(table|td)” element is obsolete")
    assert [one for one in invalid(HERE) if not outlook.search(one) and "“supported-color-schemes”" not in one] == []


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ('<img src="https://x.example/a.png" alt="a">', "fetches"), ('<img src="cid:a">', "without words"), ("<b>x", "element b"),
        ('<p style="color: #999999">blek</p>', "#999999"), ('<a href="https://x.example">x</a>', "only the HTML"),
        ('<a href="javascript:x">x</a>', "a link to"), ("<p>x", "closes"), ('<p onclick="x">x</p>', "attribute"), ("x" * 110_000, "bytes"),
        ("<table><tbody></tbody></table>", "role"),
    ],
)  # fmt: skip
def test_given_a_mail_with_a_fault_when_checked_then_it_is_named(wrong, named):
    text, html = frozen("comment_added", "nb")
    assert any(named in one for one in complaints(html.replace("</p>", f"</p>{wrong}", 1), text))


def test_given_the_longest_and_worst_comments_when_frozen_then_the_mail_stays_below_what_clients_cut():
    for said in ("<&\"'> " * 20_000, "x\n" * 30_000, "http://a.b/c " * 5_000, "x  " * 30_000, "😀<" * 20_000):
        sample = samples.Sample("nb")
        spoken = [sample("comment_added", number, text=said, comment_id=f"c{number}") for number in (31, 32, 33)]
        row = FREEZERS["nb"].freeze(sample.group(*spoken), samples.NOW)
        message = message_from_bytes(row.raw, policy=policy.default)
        html, text = message.get_body(("html",)).get_content(), message.get_body(("plain",)).get_content()
        assert len(html.encode()) <= 100 * 1024
        assert "Hele teksten står i supportweb." in text
