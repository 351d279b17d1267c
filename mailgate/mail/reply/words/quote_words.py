"""The words with which mail clients announce quoted text, by kind, over all locales. Data for `attribution` and `header_block`.

All words are in lower case. A word may stand for several languages at once; their grammar asks for several
kinds of evidence together, so no single word ever cuts a mail.
"""

from __future__ import annotations

from mailgate.mail.words.word_lists import phrases, words

# The verb of an attribution line, as one token.
VERBS = words(
    """
    skrev skreiv skreif skriver skriv wrote writes schrieb schrieben schreibt geschrieben schreef schrijft geschreven écrit
    ecrit escribió escribio escribía escriu escrigué escriure escreveu scritto scrive scrisse napisana napisał napisała napisali napisal
    napisala napsal napsala napsali napísal napísala pisze píše kirjoitti написал написала писал писала написали пишет пише
    написав писав написа напісаў írta yazdı yazmış scris έγραψε γράψει kirjutas rašė parašė rakstīja napisao menulis escrito
    viết skrifaði idatzi scríobh כתב כתבה كتب נכתב نوشت เขียนว่า
"""
)
# Verbs of scripts that do not part words with spaces.
JOINED_VERBS = ("写道", "寫道", "のメール", "書きました", "は書き", "작성", "님이", "เขียน", "のメッセージ")

MONTHS = words(
    """
    januar februar mars april mai juni juli august september oktober november desember jan feb mar apr jun jul aug sep sept okt
    nov des januari februari maj augusti december dec marts january february march may june july october oct jänner jän januarja
    mär märz mrz dez dezember maart mrt mei juin juillet août aout janvier janv février fevrier févr fevr avril avr septembre
    octobre novembre décembre decembre déc enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre
    noviembre diciembre ene abr ago dic gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre gen mag giu lug
    set ott janeiro fevereiro março marco maio junho julho setembro outubro novembro dezembro fev out stycznia lutego marca
    kwietnia maja czerwca lipca sierpnia września wrzesnia października listopada grudnia sty lut kwi cze lip sie wrz paź lis
    gru ledna února března dubna května června července srpna září října listopadu prosince led úno bře dub kvě čvn čvc srp zář
    říj pro januára februára apríla mája júna júla augusta septembra októbra novembra decembra января февраля марта апреля мая
    июня июля августа сентября октября ноября декабря янв фев февр мар апр июн июл авг сен сент окт ноя нояб дек січня лютого
    березня квітня травня червня липня серпня вересня жовтня листопада грудня січ лют бер квіт трав черв лип серп вер жовт лист
    груд tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta
    joulukuuta tammik helmik maalisk huhtik toukok kesäk heinäk elok syysk lokak marrask jouluk ocak şubat mart nisan mayıs
    haziran temmuz ağustos eylül ekim kasım aralık oca şub nis haz tem ağu eyl eki kas ara január február március április május
    június július augusztus szeptember október febr márc ápr máj jún júl szept ianuarie februarie martie aprilie iunie iulie
    septembrie octombrie noiembrie decembrie ian iun iul noi ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου
    αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου ιαν φεβ μαρ απρ μαΐ ιουν ιουλ αυγ σεπ οκτ νοε δεκ gener febrer març
    juny juliol setembre desembre jaanuar veebruar märts aprill juuni juuli detsember siječnja veljače ožujka travnja svibnja
    lipnja srpnja kolovoza rujna studenoga prosinca janúar febrúar maí júní ágúst nóvember
"""
)
WEEKDAYS = words(
    """
    mandag tirsdag onsdag torsdag fredag lørdag søndag man tir tirs ons tor tors fre lør søn måndag tysdag laurdag sundag mån
    tis tys lau laur sun tisdag lördag söndag lör sön monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu
    thur thurs fri sat montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so don maandag
    dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo lundi mardi mercredi jeudi vendredi samedi dimanche lun
    mer jeu ven sam dim lunes martes miércoles miercoles jueves viernes sábado sabado domingo mié jue vie sáb sab dom lunedì
    lunedi martedì martedi mercoledì mercoledi giovedì giovedi venerdì venerdi sabato gio segunda terça quarta quinta sexta seg
    ter qua qui sex feira poniedziałek wtorek środa sroda czwartek piątek sobota niedziela poniedziałku środę sobotę niedzielę
    pon wt śr czw pt sob niedz ndz pondělí úterý středa čtvrtek pátek neděle po út st čt pá ne pondelok utorok streda štvrtok
    piatok nedeľa понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье пн вт ср чт пт сб вс
    понеділок вівторок середа четвер пʼятниця субота неділя нд maanantai tiistai keskiviikko torstai perjantai lauantai
    sunnuntai maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntaina ti ke pe la su pazartesi salı
    çarşamba perşembe cuma cumartesi pazar pzt çar per cum cmt paz hétfő kedd szerda csütörtök péntek szombat vasárnap luni
    mánudagur þriðjudagur miðvikudagur fimmtudagur föstudagur laugardagur sunnudagur mán þri mið fim fös lau
    marți marţi miercuri joi vineri sâmbătă duminică mie δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή δευ τρί τετ πέμ
    παρ σάβ κυρ dilluns dimarts dimecres dijous divendres dissabte diumenge
"""
)
# Webmail of the Horde family writes "Quoting Author <address>:".
QUOTING = words("quoting citerar sitat citat siterer zitat citando cytat cytuje citation цитирую")

# The word that opens a date: "Den 3. mars", "On Sun", "Am 3.", "Le dim.".
OPENERS = words(
    """
    no den d þann á på on at in the am vom le el il em op dnia w dne dňa a la în pe at'te tarihinde date data στις την ngày vào pada dia
    giorno kell'e 在 于 2014年 dana sent el'dia los az aikana på'n в у on: nuit ב ב- בתאריך
"""
)
# A sentence of a person has one of these beside its verb; an attribution has not. "you" and "du" are not here: Eudora writes "you wrote:".
PRONOUNS = words(
    "i we us he she they who vi oss jeg eg ho hun han dei dere dokker jag ich wir ik wij hij zij nous ils elles yo nosotros ella"
    " that this which what som dette det slik was were had have has when då da når att dass que"
)

FROM, SENT, DATE, TO, CC, SUBJECT, OTHER = "from", "sent", "date", "to", "cc", "subject", "other"

_LABELS = {
    FROM: """
    from | fra | frå | frá | från | von | sendandi
    de | van | da | od | lähettäjä | от | від | от кого | від кого | 发件人 | 發件人 | 寄件者
    寄件人 | 差出人 | 送信者 | 보낸 사람 | feladó | kimden | gönderen | de la | από | expéditeur | mittente | remitente | saatja
    no | nuo | pošiljatelj | odesílatel | odosielateľ | מאת | من | afsender | avsender | avsändare | absender | afzender
    remetente | nadawca | expeditor | kto
""",
    SENT: """
    sent | sendt | išsiųsta | sent þann | skickat | skickades | gesendet | verzonden | envoyé | envoye | envoyé le |
    envoyé à | enviado | enviado el
    enviada em | enviado em | enviada | inviato | inviato il | wysłano | wyslano | odesláno | odoslané | lähetetty | отправлено
    надіслано | 发送时间 | 發送時間 | 寄件日期 | 送信日時 | 보낸 날짜 | elküldve | gönderildi | gönderme tarihi | trimis
    στάλθηκε | saadetud | poslano | sent at | sent on | date sent | נשלח
""",
    DATE: """
    date | dato | datum | dagsetning | data | fecha | päivämäärä | päiväys | pvm | päivä | дата | 日期 | 日付 | 日時 | 날짜 | dátum | tarih
    ημερομηνία | kuupäev | data wysłania | message du | date d'envoi | message du | data e ora | تاريخ | תאריך | time | when
""",
    TO: """
    to | til | till | kam | viðtakandi | an | aan | à | a | para | do | dla | komu | кому | до | adresat | adresát | 收件人 | 收件者 | 宛先
    받는 사람 | címzett | kime | alıcı | către | προς | vastaanottaja | destinataire | destinatario | destinatário | mottaker
    mottagare | modtager | ontvanger | empfänger | per | pre | pro | saaja | אל | إلى | recipients | recipient
""",
    CC: """
    cc | kopi | afrit | kopi til | kopia | kopie | copie à | copie | copia | bcc | cci | cco | cc til | кому копия | копия | копія | dw
    udw | másolat | bilgi | 抄送 | 副本 | 참조 | kopio | κοιν
""",
    SUBJECT: """
    subject | emne | ämne | betreff | onderwerp | objet | sujet | asunto | oggetto | assunto | temat | předmět | predmet | aihe
    тема | 主题 | 主旨 | 主題 | 件名 | 제목 | tárgy | konu | subiect | θέμα | teema | tēma | re | betr | vedr | efni | נושא
    الموضوع | title
""",
    OTHER: """
    reply-to | reply to | svar til | antwort an | répondre à | responder a | responder para | rispondi a | risposta
    odpowiedz do | importance | priority | viktighet | prioritet | vigtighed | wichtigkeit | priorität | attachments
    attachment | vedlegg | vedhæftede filer | bilagor | anlagen | bijlagen | pièces jointes | organization | organisation
    message-id | in-reply-to | references | mailed-by | signed-by | sent by | newsgroups | user-agent | x-mailer | mime-version
    content-type | sender | return-path | list | categories | sensitivity | importancia | conversation | bijlage | liitteet
""",
}
LABELS: dict[str, str] = {phrase: role for role, text in _LABELS.items() for phrase in phrases(text)}
# Labels that prose and tables use as well ("Til: styret", "Dato: fredag"): alone they are no evidence.
LABEL_CHARS = max(map(len, LABELS))

# Lines between dashes above a quoted mail.
ORIGINAL = phrases(
    """
    original message | upprunaleg skilaboð | upphafleg skilaboð | original mail | original e-mail | original email | original meeting
    originalmelding | original melding | opprinnelig avtale | opphavleg avtale | opprinnelig møte | original appointment
    reply message | quoted message | opprinnelig melding | opprinnelig e-post | opprinnelig beskjed | opphavleg melding
    opphavleg e-post | opprinneleg melding | originalmeddelelse | original besked
    oprindelig meddelelse | oprindelig besked | oprindelig mail
    ursprungligt meddelande | originalmeddelande | ursprungligt mail | ursprüngliche nachricht | ursprüngliche mail
    ursprüngliche e-mail | original-nachricht | originalnachricht | originalmail | oorspronkelijk bericht
    oorspronkelijke bericht | origineel bericht | message d'origine | message original | message initial | courriel original
    mensaje original | messaggio originale | messaggio original | mensagem original | mensagem de origem | missatge original
    wiadomość oryginalna | oryginalna wiadomość | treść oryginalnej wiadomości | původní zpráva | pôvodná správa
    исходное сообщение | оригинальное сообщение | пересылаемое сообщение | початкове повідомлення | оригінальне повідомлення
    alkuperäinen viesti | eredeti üzenet | orijinal mesaj | özgün ileti | orijinal ileti | mesaj original
    mesajul original | αρχικό μήνυμα | originální zpráva | algne kiri | originalna poruka | izvorna poruka | 原始邮件 | 原始郵件
    原郵件 | 邮件原件 | 元のメッセージ | 元のメール | 원본 메시지 | 원본메시지 | thư gốc | pesan asli | הודעה מקורית
"""
)
FORWARDED = phrases(
    """
    forwarded message | begin forwarded message | forwarded mail | forwarded by | forwarded e-mail | forwarded email
    start of forwarded message | videresendt melding | videresendt e-post | vidaresend melding | vidaresendt melding
    framsend skilaboð | áframsend skilaboð | upphaf framsendra skilaboða
    start på videresendt melding | starten på videresendt melding | begynnelse på videresendt melding
    begynnelsen på videresendt melding | byrjing på vidaresend melding | byrjinga på vidaresend melding
    start på vidaresend melding | videresendt meddelelse | videresendt besked
    start på videresendt besked | videresendt mail | vidarebefordrat meddelande | vidarebefordrat mejl | vidarebefordrat brev
    börjar vidarebefordrat meddelande | börjar vidarebefordrat mejl | början på vidarebefordrat meddelande
    början av vidarebefordrat meddelande | vidarebefordrat meddelande börjar
    vidarebefordrat mail | vidarebefordrat e-postmeddelande | weitergeleitete nachricht | anfang der weitergeleiteten nachricht
    weitergeleitete mail | message transmis | courriel transféré | doorgestuurd bericht | begin doorgestuurd bericht
    message transféré | début du message transféré
    début du message réexpédié | message réexpédié | mensaje reenviado | inicio del mensaje reenviado | messaggio inoltrato
    inizio messaggio inoltrato | mensagem encaminhada | mensagem reencaminhada | início da mensagem encaminhada
    início da mensagem reencaminhada | wiadomość przekazana dalej | początek przekazywanej wiadomości | przekazana wiadomość
    treść przekazanej wiadomości | přeposlaná zpráva | preposlaná správa | začátek přeposlané zprávy | пересылаемое сообщение
    пересланное сообщение | начало переадресованного сообщения | начало переадресованного письма | переслане повідомлення
    початок листа, що пересилається | välitetty viesti | edelleenlähetetty viesti | välitetty viesti alkaa | továbbított üzenet
    továbbított levél | iletilen mesaj | iletilmiş mesaj | yönlendirilen mesaj | mesaj redirecționat | προωθημένο μήνυμα
    转发的邮件 | 转发邮件 | 轉寄的郵件 | 開始轉寄郵件 | 転送されたメッセージ | 転送メール | 전달된 메시지 | 전달 메시지
    missatge reenviat | proslijeđena poruka
"""
)
# "Reply above this line" markers that ticket systems put on top of their notices.
REPLY_ABOVE = (
    "reply above this line",
    "type your reply above",
    "write above this line",
    "reply above the line",
    "above this line to reply",
    "svar over denne linj",
    "svaret ditt over denne linj",
    "skriv over denne linj",
    "skriv svaret over denne linj",
    "svara ovanför den",
    "skriv ditt svar ovanför",
    "svar venligst over denne linj",
    "skriv dit svar over denne linj",
    "skriv svaret ditt over",
    "vastaa tämän rivin yläpuolelle",
    "vastauksesi tämän rivin yläpuolelle",
    "svaraðu fyrir ofan þessa línu",
    "svar over denne linie",
    "antworten sie oberhalb",
    "oberhalb dieser zeile",
    "répondez au-dessus",
    "répondre au-dessus",
    "boven deze regel",
    "responda por encima",
    "responde por encima",
)
# The words with which short answers begin: under a quoted line they are never the rest of it.
ANSWER_STARTS = words(
    "ja nei nej nein jo yes no yep nope ok okei okay ikke ikkje inte not nicht vet veit takk tack tak thanks danke stemmer joo kyllä ei "
    "kiitos já"
)
