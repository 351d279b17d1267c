"""Signatures, mobile signatures and footers are told from the text, with and without a quote under them; layout of the text is not one."""

from __future__ import annotations

import pytest

from mailgate.mail.reply.extract import extract
from mailgate.mail.reply.signature import is_mobile_signature

TEXT = "Hei,\n\ndette er svaret vårt: ja.\nVi kommer på mandag."
QUOTE = "Den 3. mars 2024 kl. 10:12 skrev Ola Nordmann <ola@eksempel.no>:\n\n> gammel\n> tekst"

SIGNATURES = [
    "Mvh\nOla",
    "Mvh Ola",
    "mvh Ola Nordmann",
    "Med vennlig hilsen\n\nOla Nordmann\nDaglig leder",
    "Med vennlig hilsen / Best regards\n\nOla Nordmann\nNordlys AS\n+47 22 33 44 55\nwww.nordlys.no",
    "Vennleg helsing\nKari",
    "Hilsen Kari",
    "Hilsen\nKari Nordmann",
    "Hilsen fra Kari og Per",
    "Beste hilsen,\nKari",
    "Vh. Kari",
    "VH\nKari",
    "Helsing Kari",
    "Med vennlig hilsen,\nfor Nordlys AS\n\nKari Nordmann",
    "Best regards,\nKari",
    "Kind regards\nKari Nordmann\nHead of Ops",
    "Cheers,\nKari",
    "Thanks,\nKari",
    "Takk,\nKari",
    "Sincerely,\nKari",
    "Best,\nKari",
    "Mit freundlichen Grüßen\nMax Muster",
    "Viele Grüße\nMax",
    "LG Max",
    "Vänliga hälsningar\nAnna",
    "Mvh/Anna",
    "Med venlig hilsen\nPeter",
    "Kh Peter",
    "Cordialement,\nJean",
    "Saludos,\nAna",
    "Met vriendelijke groet,\n\nJan",
    "Pozdrawiam\nJan",
    "S pozdravem\nJan",
    "Ystävällisin terveisin\nMatti",
    "С уважением,\nИван",
    "-- \nKari Nordmann\nNordlys AS",
    "--\nKari Nordmann",
    "--\n\nKari Nordmann\n\nNordlys AS\n\nOslo",
    "—\nKari",
    "-Kari",
    "/Kari",
    "//Kari",
    "~Kari",
    "________________\nKari Nordmann\nNordlys AS\n22334455",
    "Mvh\n\n*Kari Nordmann*\nkonsulent | Nordlys AS\n+47 22 33 44 55 | kari@nordlys.no",
    "Sendt fra min iPhone\n\nMvh Ola",
    "Mvh Ola\n\nSendt fra min iPhone",
    (
        "Mvh\n"
        "Kari\n"
        "\n"
        "Denne e-posten og eventuelle vedlegg er konfidensiell og kun tiltenkt mottakeren. "
        "Har du mottatt den ved en feil, ber vi deg slette den."
    ),
    "CONFIDENTIALITY NOTICE: This message is intended only for the addressee.",
    "This e-mail and any attachments are confidential.\nIf you are not the intended recipient, please delete it.",
    "Tenk på miljøet før du skriver ut denne e-posten",
    (
        "Med vennlig hilsen\n"
        "Kari Nordmann\n"
        "Nordlys AS | Storgata 1, 0155 Oslo\n"
        "Tlf: 22 33 44 55 | Mob: 99 88 77 66\n"
        "[cid:image001.png@01DA]\n"
        "Følg oss på Facebook<https://fb.com/x>"
    ),
    "Med vennlig hilsen\n\n\n\nKari Nordmann\n\nAvdelingsleder\n\nNordlys AS\n\nBesøksadresse: Storgata 1\n\nwww.nordlys.no",
    "―\nKari",
    "──────────\nKari",
    "═══════\nKari\nNordlys",
    "＿＿＿＿＿\nKari",
    "+++\nKari\nwww.x.no",
    "====\nKari\nwww.x.no",
]

MOBILE = [
    "Sendt fra min iPhone",
    "Sendt frå min iPhone",
    "Sendt fra min iPad",
    "Sendt fra Outlook for Android",
    "Hent Outlook for iOS",
    "Få Outlook for Android",
    "Få Outlook for Android<https://aka.ms/x>",
    "Last ned Outlook for Android",
    "Hent Outlook for iOS<https://aka.ms/o0ukef>",
    "Get Outlook for iOS",
    "Get Outlook for iOS <https://aka.ms/o0ukef>",
    "Sendt fra min Samsung Galaxy-smarttelefon.",
    "Sendt fra Samsung-mobilen min",
    "Sendt fra Yahoo Mail på Android",
    "Sendt fra Proton Mail for iOS",
    "Sendt fra Mail for Windows",
    "Sendt fra E-post for Windows 10",
    "Sendt fra mobilen",
    "Sendt fra min Huawei-mobiltelefon",
    "Sendt med Gmail Mobile",
    "Sent from my iPhone",
    "Sent from my Galaxy",
    "Sent from Mail for Windows 10",
    "Sent from Yahoo Mail for iPhone",
    "Sent from Outlook for Android",
    "Skickat från min iPhone",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Enviado do meu iPhone",
    "Wysłane z iPhone'a",
    "Odesláno z iPhonu",
    "Отправлено с iPhone",
    "Lähetetty iPhonesta",
    "iPhoneから送信",
    "发自我的iPhone",
    "Gesendet mit der WEB.DE Mail App",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Sent from my T-Mobile 4G LTE Device",
    "Sent via the Samsung Galaxy S21 5G, an AT&T 5G smartphone",
    "Sent from ProtonMail mobile",
    "Sent from myMail for iOS",
    "Sendt fra min Android-telefon med Mail. Unnskyld eventuelle skrivefeil.",
]


@pytest.mark.parametrize("tail", ["", f"\n\n{QUOTE}\n"], ids=["last", "above-quote"])
@pytest.mark.parametrize("signature", SIGNATURES + MOBILE)
def test_given_a_signature_when_split_then_text_and_signature_are_apart(signature: str, tail: str) -> None:
    got = extract(f"{TEXT}\n\n{signature}\n{tail}")
    assert (got.text, got.signature) == (TEXT, signature)


@pytest.mark.parametrize("line", MOBILE)
def test_given_a_line_that_an_app_adds_when_asked_then_it_is_one(line: str) -> None:
    assert is_mobile_signature(line)


@pytest.mark.parametrize(
    "line",
    [
        "Sendt fra oss i går, kom den fram til dere?",
        "Sent from our office yesterday, did you get the parcel?",
        "Sendt fra lageret i Bergen på mandag, men ikke mottatt her",
        "Hent nøkkelen i resepsjonen",
        "Få Outlooken til å virke, takk",
    ],
)
def test_given_prose_about_sending_when_asked_then_it_is_no_app_line(line: str) -> None:
    assert not is_mobile_signature(line)


@pytest.mark.parametrize(
    "text",
    [
        "Handleliste:\n\n- Melk\n- Brød\n- Ost",
        "Vi trenger:\n\n-Melk\n\n-Brød\n\n-Ost",
        "Filen ligger her:\n\n/etc/passwd",
        "Kjør med:\n\n--verbose",
        "Svaret er:\n\n-Feil",
        "Del en\n-----\nKan dere svare på dette?",
        "Hei\n\nHilsen til alle på kontoret!\n\nVi sees. Jeg har mer å si om dette, og jeg sier det her og nå.",
        "Kan du sende koden?\n\nTakk\n\nHar du tid?",
        "Mvh Ola",
    ],
)
def test_given_text_that_looks_like_a_signature_when_split_then_it_is_kept(text: str) -> None:
    assert extract(text).text == text


def test_given_a_postscript_under_the_closing_when_split_then_it_is_not_hidden() -> None:
    text = f"{TEXT}\n\nMvh\nOla\n\nPS: Jeg er på ferie neste uke, men Kari kan svare på alt som haster."
    assert extract(text).text == text


def test_given_a_delimiter_when_a_closing_stands_above_it_then_the_delimiter_decides() -> None:
    got = extract(f"{TEXT}\n\nMvh\nKari\n\n-- \nNordlys AS\nStorgata 1")
    assert (got.text, got.signature) == (f"{TEXT}\n\nMvh\nKari", "-- \nNordlys AS\nStorgata 1")


def test_given_rules_between_sections_when_split_then_the_sections_are_kept() -> None:
    section = "Denne delen har mange ord og flere setninger, slik at den ikke kan være en signatur. Den fortsetter lenge."
    text = f"Først dette.\n\n---\n\n{section}\n\n---\n\n{section}"
    assert extract(text).text == text


@pytest.mark.parametrize(
    "banner",
    [
        "CAUTION: This email originated from outside of the organization. Do not click links.",
        "Du mottar ikke ofte e-post fra kari@x.no. Finn ut hvorfor dette er viktig<https://aka.ms/x>",
        "[EXTERNAL EMAIL]",
    ],
)
def test_given_a_banner_that_a_server_set_on_top_when_split_then_it_is_no_text(banner: str) -> None:
    got = extract(f"{banner}\n\n{TEXT}\n")
    assert (got.text, got.signature) == (TEXT, banner)
