"""HTML mail becomes text that reads as the mail did: lists, tables, links, quotes; nothing hidden, nothing lost, whatever the markup."""

from __future__ import annotations

import pytest

from mailgate.mail.mime.html_text import MAX_DEPTH, MAX_HTML_CHARS, to_marked, to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hei <b>Ola</b>,</p><p>takk.</p>", "Hei Ola,\n\ntakk."),
        ("<div>en</div><div>to</div><div><br></div><div>tre</div>", "en\nto\n\ntre"),
        ("en<br>to<br><br>tre", "en\nto\n\ntre"),
        ("<p>  mange \n\n mellomrom&nbsp;her  </p>", "mange mellomrom her"),
        (
            "<p class=MsoNormal>en</p><p class=MsoNormal>to</p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>tre</p>",
            "en\nto\n\ntre",
        ),
        ("<ul><li>en</li><li>to<ul><li>tre</li></ul></li></ul>", "- en\n- to\n\n  - tre"),
        ("<ol><li>en<li>to</ol>", "1. en\n2. to"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td><p>c</p></td><td><p>d</p></td></tr></table>", "a\tb\nc\td"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<a href='https://x.example/lang?a=b'>her</a>", "her <https://x.example/lang?a=b>"),
        ("<a href='https://x.example'>x.example</a>", "x.example"),
        ("<a href='mailto:ola@x.example'>ola@x.example</a>", "ola@x.example"),
        ("<a href='javascript:alert(1)'>her</a>", "her"),
        ("<div style='display:none'>skjult</div>synlig", "synlig"),
        ("<div style='max-height:0;overflow:hidden'>skjult</div>synlig", "synlig"),
        ("<style>p{}</style><script>x()</script><title>t</title>synlig<!-- nei -->", "synlig"),
        ("bra <img alt='👍' src=x><img alt='logo' src=y>", "bra 👍"),
        ("en<hr>to", "en\n________________________________\nto"),
        ("<blockquote type=cite>gammelt<blockquote type=cite>eldre</blockquote></blockquote>", "> gammelt\n>\n> > eldre"),
        ("<blockquote style='margin:0 0 0 40px;border:none'>innrykk</blockquote>", "    innrykk".strip()),
        ("blåbær &lt;3 &amp; mer", "blåbær <3 & mer"),
        ("<ol start=5><li>en<li>to<li value=9>tre</ol>", "5. en\n6. to\n9. tre"),
        ("<a href='https://bank.example'>bank.example.evil.example</a>", "bank.example.evil.example <https://bank.example>"),
        ("<a href='https://bank.example'>evil-bank.example</a>", "evil-bank.example <https://bank.example>"),
        ("<a href='https://x.example/a'>se www.x.example/a.</a>", "se www.x.example/a."),
        ("<A HREF='HTTPS://x.example/a'>her</A>", "her <HTTPS://x.example/a>"),
        ("<xml><o:OfficeDocumentSettings>96</o:OfficeDocumentSettings></xml>hei", "hei"),
        ("<div style='white-space: pre-wrap'>a\n  b<p>c\nd</p>\n<p style='white-space:normal'>e\nf</p></div>", "a\n  b\n\nc\nd\n\ne f"),
        ("", ""),
        ("ren tekst", "ren tekst"),
    ],
)
def test_given_markup_when_made_text_then_it_reads_as_it_looked(html: str, text: str) -> None:
    assert to_text(html).strip() == text


@pytest.mark.parametrize("unit", ["<div>", "<table><tr><td>", "<blockquote>", "<font size=1><p>"])
def test_given_nesting_that_no_client_writes_when_made_text_then_the_text_is_kept(unit: str) -> None:
    assert to_text(unit * (MAX_DEPTH * 3) + "innerst") == "innerst"


def test_given_code_in_markup_that_is_too_deep_when_made_text_then_the_code_is_left_out() -> None:
    html = "<style>p{}</style><script>x()</script>" + "<div>" * (MAX_DEPTH + 1) + "synlig"
    assert to_text(html) == "synlig"


def test_given_a_picture_inside_the_markup_when_it_is_large_then_the_text_after_it_is_kept() -> None:
    picture = "data:image/png;base64," + "A" * (MAX_HTML_CHARS + 1)
    assert to_text(f"<p>før</p><img src='{picture}'><p>etter</p>") == "før\n\netter"


def test_given_more_markup_than_is_parsed_when_made_text_then_no_word_is_lost() -> None:
    unit = "<p>ord</p>"
    count = MAX_HTML_CHARS // len(unit) + 10
    assert to_text(unit * count).count("ord") == count


def test_given_a_quote_container_when_marked_then_its_lines_are_named() -> None:
    marked = to_marked("<div>svar</div><div class=gmail_quote><div>gammelt</div></div><div>under</div>")
    assert marked.text.split("\n")[marked.quote_start : marked.quote_end] == ["gammelt"]
