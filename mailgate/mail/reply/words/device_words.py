"""Words of mobile signatures ("Sendt fra min iPhone"), in all locales. Data for `mobile_signature`; lower case."""

from __future__ import annotations

from mailgate.mail.words.word_lists import phrases, words

# Beginnings of mobile signatures; a device or app must follow.
MOBILE_STARTS = tuple(
    sorted(
        phrases(
            """
    sendt fra min | sendt frå min | sendt fra mitt | sendt frå mitt | sendt fra | sendt frå | sendt via | sendt med | sendt uten
    sendt på farten fra | sent from my | sent from a | sent from an | sent from the | sent from | sent via | sent with
    sent using | sent by | sent on | sent while | from my | composed on | composed on my | typed on my | written on my
    send fra min | send frå min
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
    sent úr | sent frá | sent af | sent með | denne meldingen er sendt fra | denne e-posten er sendt fra
    skrevet på min | skrevet på | skrevet fra min | skrevet fra | skrive på | skrive frå | išsiųsta iš mano | išsiųsta iš
    this message was sent from | this email was sent from
    this e-mail was sent from my | sendt fra yahoo mail | someone from
"""
        ),
        key=len,
        reverse=True,
    )
)
MOBILE_WHOLE = phrases(
    """
    yahoo mail: search, organize, conquer | sent with tuta; enjoy secure & ad-free emails. | sent with tuta; enjoy secure & ad-free emails
    sent with tutanota, the secure & ad-free mailbox | sent with tutanota, enjoy secure & ad-free emails.
    sendt fra em client | sendt med em client | sent from em client | sent with em client | gesendet mit em client | skickat från em client
    gesendet mit tuta; genieße sichere & werbefreie e-mails. | sendt med tuta
    sikret med tuta mail: | sikra med tuta mail: | secured with tuta mail: | säkrad med tuta mail: | sikret med tuta mail |
    secured with tuta mail | gesichert mit tuta mail: | mit tuta mail gesichert: | sendt via online.no | sendt via altibox
    | sent from mobile | sent via mobile | sent from phone | sendt fra mobil | sendt fra mobilen | sendt fra telefon
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
    síma símanum farsíma farsímanum spjaldtölvunni
    älypuhelimesta älypuhelimestani sähköpostista puhelimella
    puhelimesta puhelimestani galaxy-laitteestani laitteestani ipadsta
    iphonesta ipadista iphonom iphonu iphona iphonie lumia palm treo thuraya iphonen touch mailspring
    fastmail postbox edison shortwave tuta tutanota webmail nettmail outlookin outlookista ios-sovelluksesta android-sovelluksesta
    appareil dispositivo dispositif urządzenia
    smarttelefonen smartphonen smarttelefoner jobbmobilen jobbtelefonen tjenestetelefonen
    sovelluksesta samsungilta huaweista laitteesta androidista
""")
GET_WORDS = words("""
    få hent get hämta skaffa skaff télécharger obtenez obtenir obtener obtén scarica ottieni pobierz download lataa hanki
    sækja fáðu
""")
FOR_WORDS = words("for til till für pour para per voor dla fyrir systemu skirtą")
PLATFORMS = words("mobil mobile desktop ios android iphone ipad androidille iosille iphonelle lle stä sta")
APPS = words("""
    bluemail spark edison newton airmail mailbird typeapp mymail aquamail proton protonmail tuta superhuman missive boxer nine fastmail
    thunderbird gmail outlook yahoo canary
""")
GET_APP = (
    "hent outlook",
    "skaff deg outlook",
    "hent deg outlook",
    "få deg outlook",
    "pobierz program outlook",
    "pobierz aplikację outlook",
    "gauti „outlook“",
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
    "sækja outlook",
    "fáðu outlook",
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

# Words beside the device or app.
BESIDE = words("""
    mit mymail email emails e-mail sikker secure säker sikre trygg my min mitt a an the for til för für med with via på on og and
    app appen apps
    application klient client work pro plus ultra max mini se
    4g 5g lte edge note air os pc from fra från work touch mobile device business personal web.de gmx mail magenta telekom der dem meinem
    programu aplikacji dla systemu klienta
    mein gesendet using version free basic premium lite family series wireless network smart meine meiner aus wurde i en et ett din
    beziehen herunterladen windowsin
    androidille iosille online.no altibox
    mínum minni mínu í verkon kautta sähköposti mijn voor mon mio mi meu para pour per z na s de da do del dal gerät handset mobil mobile
""")
# Words of an excuse for brevity or typing errors, or of an advertisement, after the device.
SLOGAN = words("""
    excuse typo typos typoze brevity brief short sorry autocorrect misspellings spelling errors unnskyld beklager skrivefeil kort korte
    orsak reklamefri reklamefrie annonsefri annonsefrie annonsfri
    stavefejl stavfel ursäkta undskyld korthet kortfattet trykkfeil tastefeil entschuldigung tippfehler kürze fautes excusez
""")
