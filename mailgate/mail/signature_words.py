"""Closing formulas, mobile lines and footers of mail, over all locales. Data for `signature`; decides nothing. All in lower case."""

from __future__ import annotations

from mailgate.mail.word_lists import phrases, words

# Formulas after which only names follow. Words only, no punctuation.
CLOSINGS = phrases(
    """
    mvh | m v h | vh | v h | vennlig hilsen | venleg helsing | vennleg helsing | med vennlig hilsen | med vennleg helsing
    med venleg helsing | med vennlige hilsener | med vennlig hilsning | hilsen | hilsning | helsing | beste helsing
    beste hilsen | beste hilsener | med hilsen | med helsing | mange hilsener | hyggelig hilsen | med beste hilsen | klem
    ha en fin dag | ha ein fin dag | ha en god dag | god helg | hilsen fra | helsing frå | alt godt | ærbødigst | venlig hilsen
    med venlig hilsen | venlige hilsner | bedste hilsner | bedste hilsen | de bedste hilsner | kærlig hilsen | kh | dbh
    mange hilsner | på forhånd tak | hälsningar | hälsning | vänliga hälsningar | vänlig hälsning | med vänlig hälsning
    med vänliga hälsningar | bästa hälsningar | vänligen | hälsar | allt gott | regards | best regards | kind regards
    kindest regards | warm regards | warmest regards | best wishes | with best regards | with kind regards | many regards
    yours sincerely | sincerely | sincerely yours | yours faithfully | yours truly | cheers | best | all the best | kind wishes
    br | rgds | respectfully | cordially | warmly | yours | take care | have a nice day | have a great day
    mit freundlichen grüßen | mit freundlichem gruß | freundliche grüße | mit freundlichen grüssen | freundliche grüsse | mfg
    viele grüße | viele grüsse | liebe grüße | beste grüße | herzliche grüße | schöne grüße | mit besten grüßen | gruß | grüße
    lg | vg | hochachtungsvoll | mit lieben grüßen | best grüße | gruss | met vriendelijke groet | met vriendelijke groeten
    vriendelijke groet | vriendelijke groeten | groet | groeten | groetjes | mvg | hartelijke groet | met hartelijke groet
    cordialement | bien cordialement | bien à vous | salutations | meilleures salutations | sincères salutations | cdt | cdlt
    amicalement | bonne journée | très cordialement | ystävällisin terveisin | terveisin | parhain terveisin | yst terv | t
    terv | saludos | un saludo | saludos cordiales | atentamente | cordialmente | un cordial saludo | atte | cordiali saluti
    distinti saluti | saluti | un saluto | buona giornata | atenciosamente | att | cumprimentos | com os melhores cumprimentos
    melhores cumprimentos | abraço | abraços | um abraço | pozdrawiam | z poważaniem | z powazaniem | pozdrowienia
    z wyrazami szacunku | serdecznie pozdrawiam | s pozdravem | s pozdravom | zdravím | hezký den | s přátelským pozdravem
    с уважением | всего доброго | з повагою | с наилучшими пожеланиями | с уважение | поздрав | üdvözlettel | tisztelettel
    saygılarımla | iyi çalışmalar | cu stimă | cu respect | με εκτίμηση | φιλικά | lep pozdrav | srdačan pozdrav
    lugupidamisega | pagarbiai | 此致 | 敬具 | よろしくお願いします
"""
)
# Formulas that are also plain words: a closing only when a name follows on the next line.
WEAK_CLOSINGS = phrases(
    """
    thanks | thank you | many thanks | thanks again | thx | thanks in advance | thanks a lot | thank you very much
    thanks so much | takk | tusen takk | på forhånd takk | takk på forhånd | takk for hjelpen | tack | tack på förhand | tak
    på forhånd tak | mange tak | danke | vielen dank | danke schön | bedankt | alvast bedankt | merci | merci d'avance | gracias
    grazie | obrigado | obrigada | dzięki | díky | děkuji | kiitos | спасибо
"""
)

# How lines that phones and apps add begin; a device or app must be named after it.
MOBILE_STARTS = tuple(
    sorted(
        phrases(
            """
    sendt fra min | sendt frå min | sendt fra mitt | sendt frå mitt | sendt fra | sendt frå | sendt via | sendt med | sendt uten
    sendt på farten fra | sent from my | sent from a | sent from an | sent from the | sent from | sent via | sent with
    sent using | sent by | sent on | sent while | from my | composed on | composed on my | typed on my | written on my
    send from my | send from | skickat från min | skickat från mitt | skickat från | skickat med | skickades från | skickat via
    skickad från | sendt fra mobil | von meinem | von meiner | gesendet von meinem | gesendet mit | gesendet von | gesendet über
    gesendet aus | diese nachricht wurde von meinem | diese nachricht wurde von | diese mail wurde | envoyé depuis mon
    envoyé de mon | envoyé depuis | envoyé de | envoyé à partir de | envoyé avec | envoyé par | verzonden vanaf mijn
    verzonden met | verzonden vanaf | verstuurd vanaf mijn | verstuurd vanaf | verstuurd met | verzonden van mijn
    verstuurd van | enviado desde mi | enviado desde | enviado do meu | enviado de mi | enviado a partir de
    enviado a partir do | enviado con | enviado via | enviado do | enviado por | inviato da | inviato dal | inviato dal mio
    inviato con | inviato tramite | lähetetty | lähetetty laitteesta | wysłane z | wysłano z | wysłane z mojego
    wysłano z mojego | odesláno z | odesláno z mého | odoslané z | odoslané z môjho | отправлено с | отправлено из | надіслано з
    надіслано із | отправлено с моего | iphone'umdan gönderildi | trimis de pe | elküldve az | küldve | elküldve
    στάλθηκε από το | saadetud minu | poslano z | poslano s | 发自我的 | 從我的 | 寄自 | 從 | 发自 | 来自 | mobil | enviat des
    denne meldingen er sendt fra | denne e-posten er sendt fra | this message was sent from | this email was sent from
    this e-mail was sent from my | sendt fra yahoo mail | someone from
"""
        ),
        key=len,
        reverse=True,
    )
)
MOBILE_WHOLE = phrases(
    """
    sent from mobile | sent via mobile | sent from phone | sendt fra mobil | sendt fra mobilen | sendt fra telefon
    sendt fra telefonen | sendt frå mobilen | sendt på farten | sent on the go | iphoneから送信 | ipadから送信
    iphoneから送信されました | 나의 iphone에서 보냄 | 내 iphone에서 보냄 | iphone'umdan gönderildi | sent by galaxy
    von meinem mobilgerät gesendet | 發自我的 iphone | 发自我的 iphone | 发自我的iphone | 从我的 iphone 发送
    從我的 iphone 傳送 | נשלח מה-iphone שלי | أرسلت من الـ iphone
"""
)
DEVICES = words("""
    iphone ipad ipod ios android mobile mobil mobilen mobiltelefon mobiltelefonen mobilgerät mobiltelefonu mobilnog phone phones
    telefon telefonen telefonem telefonu cell cellphone smartphone smarttelefon tablet nettbrett nettbrettet samsung galaxy htc
    lg nokia huawei honor xiaomi redmi oneplus pixel motorola moto sony xperia blackberry windows outlook yahoo gmail mail
    e-post epost mailbox airmail spark proton protonmail bluemail mailapp k-9 nine aquamail thunderbird zoho alto acompli boxer
    nexus verizon telenor at&t t-mobile vodafone device enhet eining håndholdte mobiltlf handy smartphon mac macbook apple watch
    kindle ti-85 superhuman hey missive newton téléphone portable teléfono móvil movil celular telemóvel gsm mobiele telefoon
    puhelimesta puhelimestani iphonesta ipadista iphonom iphonu iphona iphonie lumia palm treo thuraya iphonen touch mailspring
    fastmail postbox edison samsungilta huaweista laitteesta androidista
""")
GET_WORDS = words("få hent get hämta skaffa skaff télécharger obtenez obtenir obtener obtén scarica ottieni pobierz download lataa hanki")
FOR_WORDS = words("for til till für pour para per voor dla")
PLATFORMS = words("ios android iphone ipad")
APPS = words("""
    bluemail spark edison newton airmail mailbird typeapp mymail aquamail proton protonmail tuta superhuman missive boxer nine fastmail
    thunderbird gmail outlook yahoo canary
""")
GET_APP = (
    "hent outlook",
    "få outlook",
    "last ned outlook",
    "skaff outlook",
    "get outlook",
    "get [outlook",
    "hämta outlook",
    "skaffa outlook",
    "outlook für ios",
    "outlook für android",
    "télécharger outlook",
    "obtenir outlook",
    "obtenez outlook",
    "obtener outlook",
    "obtén outlook",
    "scarica outlook",
    "ottieni outlook",
    "obter o outlook",
    "pobierz outlook",
    "download outlook",
    "outlook voor",
    "získat outlook",
    "stáhnout outlook",
    "hanki outlook",
    "lataa outlook",
    "скачать outlook",
    "get gmail",
    "yahoo mail:",
    "get boxer",
    "sikker e-post fra proton",
    "secured with proton",
    "sendt med proton",
    "获取 outlook",
    "下载 outlook",
    "holen sie sich outlook",
    "laden sie outlook",
)

FOOTER_STARTS = (
    "confidentiality",
    "disclaimer",
    "this e-mail and any",
    "this email and any",
    "this message and any",
    "this e-mail message and",
    "this email message and",
    "this e-mail is confidential",
    "this email is confidential",
    "this message is confidential",
    "the information contained in this",
    "the information in this e",
    "the contents of this e",
    "important notice",
    "privileged and confidential",
    "privacy notice",
    "notice: this",
    "konfidensiell",
    "konfidensialitet",
    "fortrolig",
    "denne e-posten og eventuelle",
    "denne e-post og eventuelle",
    "denne e-posten er kun",
    "denne e-posten kan inneholde",
    "denne meldingen er kun",
    "denne meldingen kan inneholde",
    "denne meldinga kan",
    "denne e-posten inneholder",
    "innholdet i denne e-posten",
    "informasjonen i denne e-posten",
    "denne e-mail",
    "sekretess",
    "detta e-postmeddelande",
    "detta meddelande kan",
    "detta mejl",
    "diese e-mail enthält",
    "diese e-mail kann",
    "diese nachricht enthält",
    "der inhalt dieser e-mail",
    "vertraulichkeit",
    "dit bericht is",
    "dit e-mailbericht",
    "de informatie in dit",
    "ce message et",
    "ce courriel",
    "este mensaje",
    "aviso legal",
    "questo messaggio",
    "le informazioni contenute",
    "esta mensagem",
    "ta wiadomość",
    "informacja zawarta",
    "this email has been scanned",
    "this email has been checked",
    "this e-mail has been scanned",
    "denne e-posten er sjekket",
    "denne e-posten har blitt kontrollert",
    "virus-free",
    "virusfree",
    "virenfrei",
    "no virus found",
    "scanned by",
    "please consider the environment",
    "tenk på miljøet",
    "tenk miljø",
    "tenk deg om før du skriver ut",
    "vis miljøhensyn",
    "think before you print",
    "p please consider",
    "save a tree",
    "tänk på miljön",
)
FOOTER_WORDS = (
    "confidential",
    "intended recipient",
    "intended solely",
    "intended only",
    "privileged",
    "unauthorized",
    "unauthorised",
    "received this email in error",
    "received this e-mail in error",
    "received this message in error",
    "have received this",
    "notify the sender",
    "delete this",
    "disclosure",
    "konfidensiell",
    "taushetsplikt",
    "taushetsbelagt",
    "taushetsbelagde",
    "tiltenkt",
    "rette mottaker",
    "rett mottakar",
    "ved en feil",
    "ved ein feil",
    "slett",
    "underrett avsender",
    "varsle avsender",
    "gi beskjed til avsender",
    "fortrolig",
    "utilsigtet",
    "sekretess",
    "avsedd",
    "av misstag",
    "vertraulich",
    "bestimmungsgemäß",
    "irrtümlich",
    "unbefugt",
    "vertrouwelijk",
    "geadresseerde",
    "per abuis",
    "confidentiel",
    "destinataire",
    "par erreur",
    "confidencial",
    "destinatario",
    "por error",
    "riservat",
    "destinatari",
    "poufn",
    "adresat",
)
LIST_FOOTERS = (
    "mailing list",
    "to unsubscribe",
    "unsubscribe from this",
    "unsubscribe:",
    "you received this message because",
    "you are receiving this",
    "du mottar denne",
    "meld deg av",
    "avmelding",
    "list-unsubscribe",
    "view it on github",
    "reply to this email directly",
    "manage your subscription",
    "att avsluta prenumeration",
)
# Banners that a mail server sets above the text.
BANNER_STARTS = (
    "caution: this",
    "caution: external",
    "caution - external",
    "caution! this",
    "warning: this email",
    "warning: external",
    "external email",
    "external sender",
    "[external",
    "*** external",
    "this email originated from outside",
    "this email originates from outside",
    "this message originated from outside",
    "this message was sent from outside",
    "you don't often get email from",
    "you don’t often get email from",
    "some people who received this message don't often get email from",
    "some people who received this message don’t often get email from",
    "du mottar ikke ofte e-post fra",
    "du får ikke ofte e-post fra",
    "du får ikkje ofte e-post frå",
    "noen personer som mottok denne meldingen",
    "denne e-posten kommer fra en ekstern",
    "denne e-posten er sendt fra en ekstern",
    "denne e-posten er fra en ekstern",
    "denne meldingen kommer fra en ekstern",
    "ekstern e-post:",
    "ekstern avsender",
    "obs! denne e-posten",
    "obs: denne e-posten",
    "advarsel: denne e-posten",
    "du får inte ofta e-post från",
    "du modtager ikke ofte mails fra",
    "achtung: diese e-mail",
    "achtung: externe e-mail",
    "externe e-mail",
    "attention : ce courriel",
    "let op: deze e-mail",
)
