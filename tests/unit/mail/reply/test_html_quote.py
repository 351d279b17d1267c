"""History in the containers of every client is found, also in locales whose words nobody listed; what only looks like a quote stays."""

from __future__ import annotations

import pytest

from mailgate.mail.mime.html_text import to_text
from mailgate.mail.reply.extract import extract
from mailgate.mail.reply.html_quote import quote_lines

WRITTEN = "Hei, dette er svaret. Vi kommer."
REPLY = "<div dir=ltr>Hei,<div><br></div><div>dette er svaret. Vi kommer.</div></div>"
ADDRESS = "&lt;<a href='mailto:ola@x.no'>ola@x.no</a>&gt;"
HISTORY = "<p>Hei Kari</p><p>gammel tekst med <b>fet</b></p><p>Mvh Ola</p>"

CASES = {
    "gmail": (
        (
            f"{REPLY}<br><div class='gmail_quote gmail_quote_container'><div dir=ltr class=gmail_attr>ons. 26. aug. 2026 "
            f"kl. 14:05 skrev Ola Nordmann {ADDRESS}:<br></div><blockquote class=gmail_quote style='margin:0px 0px 0px "
            f"0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex'>{HISTORY}</blockquote></div>"
        ),
        WRITTEN,
    ),
    "gmail unk locale": (
        (
            f"{REPLY}<br><div class='gmail_quote'><div dir=ltr class=gmail_attr>zxcv qwe Ola Nordmann asdf:<br></div>"
            f"<blockquote class=gmail_quote style='margin:0'>{HISTORY}</blockquote></div>"
        ),
        WRITTEN,
    ),
    "gmail bottom": (
        (
            f"<div class='gmail_quote'><div dir=ltr class=gmail_attr>ons. 26. aug. 2026 kl. 14:05 skrev Ola {ADDRESS}:<br>"
            f"</div><blockquote class=gmail_quote style='margin:0px 0px 0px 0.8ex;border-left:1px solid'>{HISTORY}"
            "</blockquote></div><div>Svaret her.</div>"
        ),
        "Svaret her.",
    ),
    "gmail sig under": (
        (
            f"{REPLY}<br><div class='gmail_quote'><div dir=ltr class=gmail_attr>ons. 26. aug. 2026 kl. 14:05 skrev Ola "
            f"{ADDRESS}:<br></div><blockquote class=gmail_quote style='margin:0px 0px 0px 0.8ex;border-left:1px "
            f"solid'>{HISTORY}</blockquote></div><br clear=all><div><br></div><span class=gmail_signature_prefix>-- </span>"
            "<br><div class=gmail_signature>Kari Nordmann<br>Nordlys AS</div>"
        ),
        WRITTEN,
    ),
    "apple": (
        (
            f"<html><body>{REPLY}<div><br><blockquote type=cite><div>Den 3. mars 2024 kl. 10:12 skrev Ola Nordmann "
            f"{ADDRESS}:</div><br class=Apple-interchange-newline><div>{HISTORY}</div></blockquote></div></body></html>"
        ),
        WRITTEN,
    ),
    "ios": (
        (
            f"{REPLY}<br id=lineBreakAtBeginningOfSignature><div dir=ltr>Sendt fra min iPhone</div><div dir=ltr><br>"
            f"<blockquote type=cite>3. mars 2024 kl. 10:12 skrev Ola {ADDRESS}:<br><br></blockquote></div><blockquote "
            f"type=cite><div dir=ltr>{HISTORY}</div></blockquote>"
        ),
        WRITTEN,
    ),
    "owa": (
        (
            f"{REPLY}<div id=appendonsend></div><hr style='display:inline-block;width:98%'><div id=divRplyFwdMsg dir=ltr>"
            "<font face=Calibri><b>Fra:</b> Ola Nordmann &lt;ola@x.no&gt;<br><b>Sendt:</b> søndag 3. mars 2024 10:12<br>"
            f"<b>Til:</b> Kari<br><b>Emne:</b> x</font><div>&nbsp;</div></div><div>{HISTORY}</div>"
        ),
        WRITTEN,
    ),
    "owa unk locale": (
        (
            f"{REPLY}<div id=x_appendonsend></div><hr style='display:inline-block;width:98%'><div id=x_divRplyFwdMsg "
            "dir=ltr><font face=Calibri><b>Zxx:</b> Ola Nordmann<br><b>Qwe:</b> 3/3<br></font><div>&nbsp;</div></div>"
            f"<div>{HISTORY}</div>"
        ),
        WRITTEN,
    ),
    "outlook desktop": (
        (
            "<div class=WordSection1><p class=MsoNormal>Hei,<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p "
            "class=MsoNormal>dette er svaret. Vi kommer.<o:p></o:p></p><div><div style='border:none;border-top:solid "
            "#E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>Fra:</b> Ola &lt;ola@x.no&gt; <br><b>Sendt:"
            "</b> søndag 3. mars 2024 10:12<br><b>Til:</b> Kari<br><b>Emne:</b> x</p></div></div><p "
            f"class=MsoNormal>{HISTORY}</p></div>"
        ),
        WRITTEN,
    ),
    "outlook unk": (
        (
            "<div class=WordSection1><p class=MsoNormal>Hei,</p><p class=MsoNormal>dette er svaret. Vi kommer.</p><div>"
            "<div style='border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>Qqq:"
            f"</b> Ola<br><b>Sss:</b> x<br></p></div></div><p class=MsoNormal>{HISTORY}</p></div>"
        ),
        WRITTEN,
    ),
    "thunderbird": (
        (
            f"{REPLY}<br><div class=moz-cite-prefix>Den 03.03.2024 10:12, skrev Ola Nordmann:<br></div><blockquote "
            f"type=cite cite='mid:x@y'>{HISTORY}</blockquote><br>"
        ),
        WRITTEN,
    ),
    "tb sig under": (
        (
            f"{REPLY}<br><div class=moz-cite-prefix>Den 03.03.2024 10:12, skrev Ola Nordmann:<br></div><blockquote "
            f"type=cite cite='mid:x@y'>{HISTORY}</blockquote><pre class=moz-signature>-- \nKari</pre>"
        ),
        WRITTEN,
    ),
    "tb inline": (
        (
            "<div class=moz-cite-prefix>Den 03.03.2024 10:12, skrev Ola Nordmann:<br></div><blockquote type=cite>Passer "
            "torsdag?</blockquote>Ja.<blockquote type=cite>Nøkkel?</blockquote>Nei."
        ),
        "Den 03.03.2024 10:12, skrev Ola Nordmann: > Passer torsdag? Ja. > Nøkkel? Nei.",
    ),
    "yahoo": (
        (
            f"{REPLY}<div id=ydpabcyahoo_quoted_1234 class=yahoo_quoted><div><div>På søndag 3. mars 2024 kl. 10:12:18 CET "
            f"skrev Ola {ADDRESS}:</div><div><br></div><div>{HISTORY}</div></div></div>"
        ),
        WRITTEN,
    ),
    "proton": (
        (
            f"{REPLY}<div class=protonmail_signature_block><div>Sendt med <a href='https://proton.me'>Proton Mail</a> "
            f"sikker e-post.</div></div><div class=protonmail_quote>Den søndag 3. mars 2024 kl. 10:12, skrev Ola {ADDRESS}:"
            f"<br><blockquote class=protonmail_quote type=cite>{HISTORY}</blockquote></div>"
        ),
        WRITTEN,
    ),
    "gmx": (
        (
            f"{REPLY}<div name=quote style='margin:10px 5px 5px 10px;border-left:2px solid #C3D9E5'><div><b>Gesendet:</b> "
            f"Montag, 10. April 2017 um 12:40 Uhr<br><b>Von:</b> Max {ADDRESS}<br><b>An:</b> x<br><b>Betreff:</b> y</div>"
            f"<div name=quoted-content>{HISTORY}</div></div>"
        ),
        WRITTEN,
    ),
    "zoho": (
        (
            f"{REPLY}<div class=zmail_extra><br>---- On Wed, 24 Feb 2021 14:02:50 +0530 <b>ola@x.no</b> wrote ----<br>"
            f"<blockquote>{HISTORY}</blockquote></div>"
        ),
        WRITTEN,
    ),
    "tutanota": (
        (
            f"{REPLY}<br>3. mars 2024, 10:12 av ola@x.no:<br><blockquote class=tutanota_quote style='border-left:1px solid "
            f"#93A3B8'>{HISTORY}</blockquote>"
        ),
        WRITTEN,
    ),
    "mac outlook": (
        (
            f"{REPLY}<span id=OLK_SRC_BODY_SECTION><div style='border-top:#b5c4df 1pt solid'><span>From: </span>Ola<br>"
            f"</div>{HISTORY}</span>"
        ),
        WRITTEN,
    ),
    "hotmail": (
        (
            f"{REPLY}<hr id=stopSpelling>Date: Fri, 23 Mar 2012 12:35:31 -0600<br>From: ola@x.no<br>To: k@x.no<br>Subject: z"
            f"<br><br>{HISTORY}"
        ),
        WRITTEN,
    ),
    "indent blockquote": (
        (
            "<div>Sitat fra boka:</div><blockquote style='margin:0 0 0 40px;border:none;padding:0'>Det var en gang"
            "</blockquote><div>Fin, ikke sant?</div>"
        ),
        "Sitat fra boka: Det var en gang Fin, ikke sant?",
    ),
    "gmail unattributed quote": (
        ("Melding<blockquote class=gmail_quote><div class=gmail_default>Jeg heter Kari.<br></div></blockquote>"),
        "Melding Jeg heter Kari.",
    ),
    "plain bq trailing": (
        ("Svar<br><blockquote>Sitat</blockquote>"),
        "Svar",
    ),
    "list": (
        ("<p>Vi vil ha:</p><ul><li>en</li><li>to<ul><li>tre</li></ul></li></ul><ol><li>a</li><li>b</li></ol>"),
        "Vi vil ha: - en - to - tre 1. a 2. b",
    ),
    "hidden": (
        ("<style>p{}</style><div style='display:none'>skjult</div><p>synlig</p><script>x</script>"),
        "synlig",
    ),
    "spark": (
        (
            f"{REPLY}<div name=messageSignatureSection><br>Mvh<br>Kari</div><div name=messageReplySection>På 3. mars 2024 "
            f"kl. 10:12 +0100, skrev Ola {ADDRESS}:<br><blockquote type=cite style='border-left-width:thin'>{HISTORY}"
            "</blockquote></div>"
        ),
        WRITTEN,
    ),
    "outlook mobile": (
        (
            f"<div>{REPLY}</div><div id=ms-outlook-mobile-signature><div><br></div>Hent <a "
            "href='https://aka.ms/o0ukef'>Outlook for iOS</a></div><hr style='display:inline-block;width:98%' tabindex=-1>"
            "<div id=divRplyFwdMsg dir=ltr><font><b>Fra:</b> Ola &lt;o@x.no&gt;<br><b>Sendt:</b> Sunday, March 3, 2024 "
            f"10:12:00 AM<br><b>Til:</b> K<br><b>Emne:</b> z</font></div>{HISTORY}"
        ),
        WRITTEN,
    ),
    "new outlook reference": (
        (
            f"{REPLY}<div id=mail-editor-reference-message-container><hr><p><b>Fra:</b> Ola {ADDRESS}<br><b>Dato:</b> "
            f"søndag, 3. mars 2024 kl. 10:12<br><b>Til:</b> K<br><b>Emne:</b> z</p>{HISTORY}</div>"
        ),
        WRITTEN,
    ),
    "table cells from block": (
        (
            f"{REPLY}<table><tr><td>Fra:</td><td>Ola {ADDRESS}</td></tr><tr><td>Til:</td><td>Kari</td></tr><tr><td>Dato:"
            f"</td><td>3. mars 2024 10:12</td></tr><tr><td>Emne:</td><td>x</td></tr></table>{HISTORY}"
        ),
        WRITTEN,
    ),
    "fwd gmail": (
        (
            f"<div dir=ltr><br><div class=gmail_quote>---------- Forwarded message ----------<br>Fra: <b>Ola</b> {ADDRESS}"
            f"<br>Date: fre. 11. feb. 2010 kl. 17:59<br>Subject: Hjemme i dag<br>To: Kari {ADDRESS}<br><br><br><div "
            "dir=ltr>innhold her</div></div><br></div>"
        ),
        "innhold her",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_given_html_alone_when_cut_then_exactly_the_reply_is_left(case: str) -> None:
    html, written = CASES[case]
    assert " ".join(extract(to_text(html), html).text.split()) == written


def test_given_no_container_when_asked_then_there_is_no_quote() -> None:
    assert quote_lines("hei", "<p>hei</p>") is None


def test_given_a_text_part_when_the_container_says_a_line_of_it_then_the_line_is_found() -> None:
    html = "<div>svar</div><div class=gmail_quote><div>qwe zxc Support via portal</div><div>gammelt</div></div>"
    assert quote_lines("svar\n\nqwe zxc Support via\nportal\ngammelt", html) == (2, None)


def test_given_a_text_part_when_the_line_stands_in_it_twice_then_nothing_is_guessed() -> None:
    html = "<div>svar</div><div class=gmail_quote><div>en linje som går igjen</div></div>"
    assert quote_lines("en linje som går igjen\n\nen linje som går igjen", html) is None


def test_given_an_empty_container_on_top_when_cut_then_the_text_is_kept() -> None:
    html = "<br><br><div class=gmail_quote><br></div><p></p>svar"
    got = extract(to_text(html), html)
    assert (got.text, got.quoted) == ("svar", "")


def test_given_answers_inside_a_container_of_an_unknown_locale_when_cut_then_they_are_kept() -> None:
    html = (
        "<div>Se under.</div><div class=gmail_quote><div class=gmail_attr>qwe zxc</div>"
        "<blockquote type=cite>Passer torsdag?</blockquote><div>Ja, det gjør det.</div>"
        "<blockquote type=cite>Hvor?</blockquote><div>Ved porten.</div></div>"
    )
    assert "Ja, det gjør det." in extract(to_text(html), html).text
    assert "Ved porten." in extract(to_text(html), html).text
