"""Quote headers beyond the listed forms, in many locales, and prose that looks like them: the grammar must hold for mail never seen."""

from __future__ import annotations

import pytest

from mailgate.mail.reply.extract import extract

REPLY = "Hei,\n\ndette er svaret vårt: ja.\nVi kommer på mandag."
MARKED = "> gammel tekst her\n> og mer"
BARE = "gammel tekst her\nog mer\n\nHilsen Ola"

ATTRIBUTIONS = [
    "El mar, 3 mar 2024 a las 10:12, Ana López (<ana@ejemplo.es>) escribió:",
    "El 3 de marzo de 2024, 10:12, Ana López <ana@ejemplo.es> escribió:",
    "Il giorno dom 3 mar 2024 alle ore 10:12 Mario Rossi <mario@esempio.it> ha scritto:",
    "Il 03/03/2024 10:12, Mario Rossi ha scritto:",
    "W dniu 3.03.2024 o 10:12, Jan Kowalski pisze:",
    "niedz., 3 mar 2024 o 10:12 Jan Kowalski <jan@przyklad.pl> napisał(a):",
    "Wiadomość napisana przez Jan Kowalski <jan@przyklad.pl> w dniu 3 mar 2024, o godz. 10:12:",
    "Em dom., 3 de mar. de 2024 às 10:12, João Silva <joao@exemplo.pt> escreveu:",
    "João Silva <joao@exemplo.pt> escreveu no dia domingo, 3/03/2024 à(s) 10:12:",
    "ne 3. 3. 2024 v 10:12 odesílatel Jan Novák <jan@priklad.cz> napsal:",
    "Dne 03. 03. 24 v 10:12 Jan Novák napsal(a):",
    "3. 3. 2024 v 10:12, Jan Novák <jan@priklad.cz>:",
    "вс, 3 мар. 2024 г. в 10:12, Иван Петров <ivan@primer.ru>:",
    "воскресенье, 3 марта 2024 г., 10:12 +03:00 от Иван Петров <ivan@primer.ru>:",
    '3 марта 2024, 10:12, "Иван Петров" <ivan@primer.ru>:',
    "03.03.2024 10:12, Иван Петров пишет:",
    "нд, 3 бер. 2024 р. о 10:12 Іван Петренко <ivan@pryklad.ua> пише:",
    "Іван Петренко <ivan@pryklad.ua> 3 березня 2024 р. 10:12 написав:",
    "在 2024年3月3日，10:12，王伟 <wang@lizi.cn> 写道：",
    "王伟 <wang@lizi.cn> 于2024年3月3日周日 10:12写道：",
    "2024年3月3日(日) 10:12 山田太郎 <taro@rei.jp>:",
    "2024/03/03 10:12、山田太郎 <taro@rei.jp>のメール:",
    "2024년 3월 3일 (일) 오전 10:12, 김철수 <kim@ye.kr>님이 작성:",
    "Kovács János <janos@pelda.hu> ezt írta (időpont: 2024. márc. 3., V, 10:12):",
    "2024. 03. 03. 10:12 keltezéssel, Kovács János írta:",
    "Ahmet Yılmaz <ahmet@ornek.tr>, 3 Mar 2024 Paz, 10:12 tarihinde şunu yazdı:",
    "3 Mar 2024 tarihinde 10:12 saatinde Ahmet Yılmaz <ahmet@ornek.tr> şunları yazdı:",
    "În dum., 3 mar. 2024 la 10:12, Ion Popescu <ion@exemplu.ro> a scris:",
    "Pe 3 mar. 2024, la 10:12, Ion Popescu <ion@exemplu.ro> a scris:",
    "Στις Κυρ 3 Μαρ 2024 στις 10:12 π.μ., ο/η Γιώργος Παπάς <g@paradeigma.gr> έγραψε:",
    "Le 3 mars 2024 à 10:12, Jean Dupont <jean@exemple.fr> a écrit :",
    "Jean Dupont <jean@exemple.fr> a écrit le 3 mars 2024 à 10:12 :",
    "Op 03-03-2024 om 10:12 schreef Jan Jansen:",
    "Jan Jansen <jan@voorbeeld.nl> schreef op 3 maart 2024 10:12:",
    "Matti Meikäläinen kirjoitti 3.3.2024 klo 10.12:",
    "Matti Meikäläinen <matti@esimerkki.fi> kirjoitti 3.3.2024 kello 10.12:",
    "Am So., 3. März 2024 um 10:12 Uhr schrieb Max Muster <max@beispiel.de>:",
    "Max Muster schrieb am 03.03.2024 um 10:12:",
    "Am 03.03.24 um 10:12 schrieb Max Muster:",
    "am Sonntag, 3. März 2024 um 10:12 schrieben Sie:",
    "On 3/3/2024 10:12 AM, Ola Nordmann wrote:",
    "On 2024-03-03 10:12, Ola Nordmann wrote:",
    "On Sun, 3 Mar 2024 10:12:00 +0100, Ola Nordmann <ola@eksempel.no> wrote:",
    "On Sun, Mar 03, 2024 at 10:12:00AM +0100, Ola Nordmann wrote:",
    "Ola Nordmann <ola@eksempel.no> wrote on 03/03/2024 10:12:00 AM:",
    "Ola Nordmann wrote on 3/3/2024 10:12 AM:",
    "Ola Nordmann <ola@eksempel.no> writes:",
    '"Ola Nordmann" <ola@eksempel.no> wrote:',
    "Quoting Ola Nordmann <ola@eksempel.no>:",
    "Citerar Ola Nordmann <ola@eksempel.no>:",
    "Zitat von Ola Nordmann <ola@eksempel.no>:",
    "Sitat Ola Nordmann <ola@eksempel.no>:",
    "On Mar 3, 2024, 10:12 AM +0100, Ola Nordmann <ola@eksempel.no>, wrote:",
    "--- On Sun, 3/3/24, Ola Nordmann <ola@eksempel.no> wrote:",
    "-----Ola Nordmann <ola@eksempel.no> wrote: -----",
    "søn. 3. mar. 2024 kl. 10:12 skrev Ola Nordmann <ola@eksempel.no>:",
    "3. mar. 2024 10:12 skrev Ola Nordmann <ola@eksempel.no>:",
    "Den søn. 3. mar. 2024, 10:12 skrev Ola Nordmann <ola@eksempel.no>:",
    "Den ons. 26. aug. 2026 kl. 14:05 skrev Ola Nordmann via Sak <ola@eksempel.no>:",
    "laurdag 2. mars 2024 skreiv Ola Nordmann <ola@eksempel.no>:",
    "lør. 2. mars 2024 kl. 10:12 skrev ola@eksempel.no <ola@eksempel.no>:",
    "lør. 2. mars 2024 kl. 10:12 skrev <ola@eksempel.no>:",
    "Den 2. mars 2024 kl. 10:12 skrev support@eksempel.no:",
    "Ola Nordmann skreiv 02.03.2024 10:12:",
    "Ola Nordmann <ola@eksempel.no> skrev:",
    "Den lördag 2 mars 2024 skrev Anna Andersson <anna@exempel.se>:",
    "Den lör 2 mars 2024 kl 10:12 skrev Anna Andersson <anna@exempel.se>:",
    "2 mars 2024 kl. 10:12 skrev Anna Andersson <anna@exempel.se>:",
    "Anna Andersson skrev den 2024-03-02 10:12:",
    "Citerar Anna Andersson <anna@exempel.se>:",
    "Dňa 3. 3. 2024 o 10:12 Ján Novák napísal(a):",
    "ne 3. 3. 2024 o 10:12 Ján Novák <jan@priklad.sk> napísal(a):",
    "V ned., 3. mar. 2024 ob 10:12 je oseba Janez Novak <janez@primer.si> napisala:",
    "Dana ned, 3. ožu 2024. u 10:12 Ivan Horvat <ivan@primjer.hr> napisao je:",
    "El dg., 3 de març 2024, 10:12, Joan Puig <joan@exemple.cat> va escriure:",
    "Kontakt Ola Nordmann (<ola@eksempel.no>) kirjutas kuupäeval P, 3. märts 2024 kell 10:12:",
    "Vào CN, 3 thg 3, 2024 vào lúc 10:12 Nguyễn Văn A <a@vidu.vn> đã viết:",
    "Pada tanggal Min, 3 Mar 2024 pukul 10.12 Budi <budi@contoh.id> menulis:",
    "‫בתאריך יום א׳, 3 במרץ 2024 ב-10:12 מאת ‪דוד כהן‬‏ <‪david@dugma.il‬‏>:‬",
    "في الأحد، 3 مارس 2024 في 10:12 ص تمت كتابة ما يلي بواسطة ‪أحمد‬‏ <‪ahmad@mithal.sa‬‏>:",
    "On Sun, Mar 3, 2024 at 10:12 AM 'Ola Nordmann' via Support <support@eksempel.no> wrote:",
    'On Mar 3, 2024 10:12 AM, "Ola Nordmann" <ola@eksempel.no> wrote:',
    "On Sunday, March 3, 2024, Ola Nordmann <ola@eksempel.no> wrote:",
    "On 3 Mar 2024 at 10:12, Ola Nordmann wrote:",
    "On Sunday 03 March 2024 10:12:00 Ola Nordmann wrote:",
    "Sunday, March 3, 2024 10:12 AM +01:00 from Ola Nordmann <ola@eksempel.no>:",
    'March 3, 2024 10:12 AM, "Ola Nordmann" <ola@eksempel.no> wrote:',
    "3 Mar 2024 10:12, Ola Nordmann <ola@eksempel.no> wrote:",
    "2024-03-03 10:12 GMT+01:00 Ola Nordmann <ola@eksempel.no>:",
    "From Ola Nordmann <ola@eksempel.no> on 03.03.2024 10:12:",
    "On Mon, Mar 3, 2024 at 10:12 AM Ola Nordmann <ola@x.no> wrote:Hei Kari, hvordan går det?",
    "On Mon, Mar 3, 2024 at 10:12 AM Ola Nordmann <ola@x.no> wrote: Hei Kari",
    "Sent from Samsung MobileOla Nordmann <ola@x.no> wrote:",
    'On Mon, Mar 3, 2024 at 10:12 AM "O\'Brien, Mary-Jane (External) [Dept. of Works / Unit 7]" <m@x.ie> wrote:',
    (
        'On Mon, 3 Mar 2024 10:12:33 -0800, "Some Very Long Department Name via Customer Support of Company" '
        "<reply+abcdefghijklmnop@x.no> wrote:"
    ),
    "*On Mon, Mar 3, 2024 at 10:12 AM Ola <ola@x.no> wrote:*",
    "  On Mon, Mar 3, 2024 at 10:12 AM Ola <ola@x.no> wrote:",
    "On 2024-01-15 at 14:30:00 UTC, Ola Nordmann <ola@x.no> wrote:",
    "On 15/01/2024 14h30, Ola wrote:",
    "On Jan 15, 2024, at 2:30:15 PM PST, Ola <ola@x.no> wrote:",
    "On 3. mars 2024, at 10:12, Ola <ola@x.no> wrote:",
    "El 15/01/2024 a las 14:30, Ola escribió:",
    "On Jan 15, 2024 2:30 PM, Ola <ola@x.no> wrote:",
    "2024年1月15日(月) 14:30 Ola <ola@x.no>:",
    '15.01.2024, 14:30, "Ola" <ola@x.no>:',
    "Mon, 15 Jan 2024 14:30:51 +0400 Ola <ola@x.no>:",
    "On Mon Jan 15, 2024 at 2:30 PM CET, Ola wrote:",
    "On Monday, 15 January 2024 14:30:00 CET Ola Nordmann wrote:",
    "--- Ola <ola@x.no> wrote:",
    "<ola@x.no> wrote:",
    "ola@x.no wrote:",
    "Ola via GitHub <notifications@github.com> writes:",
    "Le 15/01/2024 à 14:30, Ola a écrit :",
    "Em 15/01/2024 14:30, Ola escreveu:",
    "W dniu 15.01.2024 o 14:30, Ola pisze:",
    "Dnia 15 stycznia 2024 14:30 Ola <ola@x.no> napisał(a):",
    "2024-01-15 14:30 GMT+01:00, Ola <ola@x.no>:",
    "Le lun. 15 janv. 2024 à 14:30, Ola <ola@x.no> a\nécrit :",
    "På 14 september 2015 på 02:23:18, Ola Nordmann (ola@x.no) skrev:",
    "Op 17-feb.-2015, om 13:18 heeft Jan Jansen <jan@x.nl> het volgende geschreven:",
    "Vào 14:24 8 tháng 6, 2017, Hùng Nguyễn <hung@x.vn> đã viết:",
    "W dniu 28 stycznia 2015 01:53 użytkownik Zoe <zoe@x.pl> napisał:",
    "On 2012-10-16 at 17:02 , Ola < ola@x.no > wrote:",
    "On Thursday, March 3, 2016 3:02 PM, Ola <ola@x.no> wrote:",
    '02.04.2012 14:20 пользователь "ola@x.no" <\nola@x.no> написал:',
    "04.06.2014 14:20, Ola пишет:",
    "On Apr 4, 2012, at 3:59 PM, ola@x.no wrote:",
    "On Wed, Apr 4, 2012 at 3:59 PM, <ola@x.no> wrote:",
    "On 04/19/2011 07:10 AM, Ola Nordmann wrote:",
    "On Tue, 04 Apr 2012 15:59:00\n-0700, Ola Nordmann\n<ola@x.no> wrote:",
    "Ola Nordmann <ola@x.no> on Tuesday, April 4, 2012 at 3:59 PM wrote:",
    'On 4 Apr 2012 15:59, "Ola" <ola@x.no>\nwrote:',
    "Ola Nordmann <ola@x.no> (03.03.2024 10:12):",
    "* Ola Nordmann <ola@x.no> [2024-03-03 10:12]:",
    "Ola Nordmann wrote (on 03.03.2024):",
    "[Ola Nordmann] wrote on 03.03.2024 10:12:",
    "In article <abc@x.no>, Ola wrote:",
    "In message <abc@x.no>, Ola Nordmann writes:",
    'At 2024-03-03 10:12:00, "王伟" <wang@x.cn> wrote:',
    "12. mars 2024, 09:31 +0100, Support <s@x.no>, skrev:",
    "On Tue, 12 Mar 2024, at 09:31, Support wrote:",
    "On March 12, 2024, Support <s@x.no> wrote:",
    "On Tue, Mar 12 2024 at 9:31 AM, Support <s@x.no> wrote:",
    "On March 12, 2024 at 9:31 AM GMT+1 s@x.no wrote:",
    "Den 12. mars 2024 09:31:00 CET skrev Support <s@x.no>:",
    "On 12.03.2024 09:31:00, Support <s@x.no> wrote:",
    "ti., 12.03.2024 kl. 09.31 +0100, skrev Support:",
    "tirsdag 12. mars 2024 09:31:00 CET skrev Support:",
    "På tirsdag 12. mars 2024 kl. 09:31:00 CET, skrev Support:",
    "On Tue, 12 Mar 2024 09:31:00 +0100\nSupport <s@x.no> wrote:",
    "Siterer Support <s@x.no>:",
    "tirsdag 12. mars 2024 kl. 09:31 skrev Support <s@x.no>:",
    "12. mars 2024, 09:31 av s@x.no:",
    "Mar 12, 2024, 09:31 by s@x.no:",
    "Support <s@x.no> skrev (12. mars 2024 kl. 09:31):",
    "Support for Fjord kommune skrev den 12.03.2024 09:31:",
    "Fra Support <s@x.no> 12.03.2024 09:31:",
    "søn. den 3. mar. 2024 kl. 10.12 skrev Peter <p@x.dk>:",
    "Den lør. 2. mar. 2024 kl. 10.12 skrev Peter <p@x.dk>:",
    "lau. 2. mars 2024 kl. 10:12 skreiv Siri <s@x.no>:",
    "måndag 4. mars 2024 kl. 10:12 skreiv Siri Bø <s@x.no>:",
    "Siri Bø skreiv fylgjande den 04/03/2024, 10:12:",
    "Den mån 4 mars 2024 kl 10:12 skrev Anna via Support <a@x.se>:",
    "tis 12 mars 2024 kl. 09:31 skrev Anna Åkesson\n<anna@x.se>:",
]

BLOCKS = [
    "De : Jean Dupont <jean@exemple.fr>\nEnvoyé : dimanche 3 mars 2024 10:12\nÀ : Marie <marie@exemple.fr>\nObjet : RE: Visite",
    "De: Ana López <ana@ejemplo.es>\nEnviado: domingo, 3 de marzo de 2024 10:12\nPara: Luis <luis@ejemplo.es>\nAsunto: RE: Visita",
    "Da: Mario Rossi <mario@esempio.it>\nInviato: domenica 3 marzo 2024 10:12\nA: Luca <luca@esempio.it>\nOggetto: R: Visita",
    "Od: Jan Kowalski <jan@przyklad.pl>\nWysłano: niedziela, 3 marca 2024 10:12\nDo: Anna <anna@przyklad.pl>\nTemat: RE: Wizyta",
    "Van: Jan Jansen <jan@voorbeeld.nl>\nVerzonden: zondag 3 maart 2024 10:12\nAan: Piet <piet@voorbeeld.nl>\nOnderwerp: RE: Bezoek",
    (
        "Lähettäjä: Matti <matti@esimerkki.fi>\nLähetetty: sunnuntai 3. maaliskuuta 2024 10.12\nVastaanottaja: Maija "
        "<maija@esimerkki.fi>\nAihe: VS: Käynti"
    ),
    "От: Иван Петров <ivan@primer.ru>\nОтправлено: 3 марта 2024 г. 10:12\nКому: Мария <m@primer.ru>\nТема: RE: Визит",
    "发件人: 王伟 <wang@lizi.cn>\n发送时间: 2024年3月3日 10:12\n收件人: 李娜 <li@lizi.cn>\n主题: 回复: 参观",
    "差出人: 山田太郎 <taro@rei.jp>\n送信日時: 2024年3月3日 10:12\n宛先: 花子 <h@rei.jp>\n件名: RE: 訪問",
    "Od: Jan Novák <jan@priklad.cz>\nOdesláno: neděle 3. března 2024 10:12\nKomu: Eva <eva@priklad.cz>\nPředmět: RE: Návštěva",
    "Feladó: Kovács János <janos@pelda.hu>\nElküldve: 2024. március 3. 10:12\nCímzett: Éva <eva@pelda.hu>\nTárgy: RE: Látogatás",
    "Kimden: Ahmet <ahmet@ornek.tr>\nGönderildi: 3 Mart 2024 Pazar 10:12\nKime: Ayşe <ayse@ornek.tr>\nKonu: YNT: Ziyaret",
    "De la: Ion <ion@exemplu.ro>\nTrimis: duminică, 3 martie 2024 10:12\nCătre: Ana <ana@exemplu.ro>\nSubiect: RE: Vizită",
    "Από: Γιώργος <g@paradeigma.gr>\nΣτάλθηκε: Κυριακή, 3 Μαρτίου 2024 10:12\nΠρος: Μαρία <m@paradeigma.gr>\nΘέμα: RE: Επίσκεψη",
    "De: João <joao@exemplo.pt>\nEnviada: 3 de março de 2024 10:12\nPara: Maria <maria@exemplo.pt>\nAssunto: RE: Visita",
    "Від: Іван <ivan@pryklad.ua>\nНадіслано: 3 березня 2024 р. 10:12\nКому: Марія <m@pryklad.ua>\nТема: RE: Візит",
    "From:\tOla Nordmann/Oslo/Firma\nTo:\tKari Nordmann/Bergen/Firma@Firma\nDate:\t03.03.2024 10:12\nSubject:\tRe: Befaring",
    "**Fra:** Ola <ola@eksempel.no>\n**Sendt:** søndag 3. mars 2024 10:12\n**Til:** Kari <k@eksempel.no>\n**Emne:** x",
    "Fra:     Ola Nordmann <ola@eksempel.no>\n\nSendt:   søndag 3. mars 2024 10:12\n\nTil:     Kari <k@eksempel.no>\n\nEmne:    x",
    (
        "________________________________________\nFra: Ola Nordmann [ola@eksempel.no]\nSendt: 3. mars 2024 10:12\n"
        "Til: Kari; Per;\n    Pål; Espen\nEmne: x"
    ),
    (
        "From: Ola Nordmann <ola@eksempel.no<mailto:ola@eksempel.no>>\nDate: Sunday, 3 March 2024 at 10:12\nTo: Kari "
        "<kari@eksempel.no<mailto:kari@eksempel.no>>\nCc: Per <per@eksempel.no>\nSubject: Re: a"
    ),
    "Fra: Ola Nordmann <ola@eksempel.no>\nSendt: søndag 3. mars 2024 10:12\nTil: Kari\nEmne: Re: x\nViktighet: Høy",
    "Fra: support@eksempel.no <support@eksempel.no> På vegne av Ola\nSendt: søndag 3. mars 2024 10:12\nTil: Kari\nEmne: Re: x",
    "-----Original Message-----\nFrom: ola@eksempel.no\nTo: kari@eksempel.no\nSent: Sun, Mar 3, 2024 10:12 am\nSubject: Re: x",
    (
        "-------- Original message --------\nFrom: Ola <ola@eksempel.no>\nDate: 03/03/2024 10:12 (GMT+01:00)\nTo: "
        "kari@eksempel.no\nSubject: Re: x"
    ),
    "----- Opprinnelig melding -----",
    "----Opprinnelig melding----",
    "---------- Original Message ----------\nFrom: Ola <ola@eksempel.no>\nDate: 3 March 2024 at 10:12",
    "_____Original message_____",
    "--- Original Message ---",
    "-----Message d'origine-----\nDe : Jean <jean@exemple.fr>",
    "##- Skriv svaret ditt over denne linjen -##",
    "--- Please reply above this line ---",
    "=-=-=-= Reply above this line =-=-=-=",
    "----- Forwarded by Ola Nordmann/Oslo on 03.03.2024 10:12 -----",
    "Begin forwarded message:\n\nFrom: Ola <ola@eksempel.no>\nSubject: x\nDate: 3 March 2024\nTo: k@eksempel.no",
    "From: Ola Nordmann <ola@x.no>\nQweqwe: Sunday, March 3, 2024 10:12\nZxc: x",
    "-------- Forwarded Message --------\nSubject: x\nDate: Sun, 3 Mar 2024 10:12:30 +0100\nFrom: Ola <ola@x.no>\nTo: k@x.no",
    "---Original Message---",
    "—Original Message—",
    "=== Original Message ===",
    "*** Original Message ***",
    "----- Original Message -----From: Ola <ola@x.no>To: k",
    "-----Original Appointment-----\nFrom: Ola",
    "---------- Original Message ----------\nOn March 3, 2024 at 10:12 AM Ola <ola@x.no> wrote:",
    "-----Original Message-----\nFrom: Ola <ola@x.no>\nReply-To: x@x.no\nSent: 3. mars",
    "Von: Ola <ola@x.no>\nAntworten an: x <x@x.no>\nDatum: Dienstag, 3. März 2024 um 10:12\nAn: k@x.no\nBetreff: x",
    (
        "From: Ola Nordmann\n<ola@x.no>\nSent: Sunday, March 3, 2024 10:12 AM\nTo: Kari\n<kari@x.no>; Per\n<per@x.no>\n"
        "Subject: Re: a very long subject that\nwraps"
    ),
    "From: ola@x.no\nSent: March-19-11 5:42 PM\nTo: Kari\nSubject: x",
    "From:Ola<ola@x.no>\nDate:2024-03-03 10:12\nTo:k@x.no\nSubject:x",
    "De : Ola <ola@x.no>\nDate : 3 mars 2024\nÀ : k@x.no",
    "发件人： 王伟\n发送时间： 2024-03-03 10:12\n收件人： 李\n主题： x",
    '------------------ 原始邮件 ------------------\n发件人: "王" <w@x.cn>;\n发送时间: 2024年3月3日',
    "From: Ola Nordmann\nDate: Sunday, March 3, 2024 at 10:12 AM\nTo: Kari\nSubject: x",
    "Sent: Sunday, March 3, 2024 10:12 AM\nFrom: Ola <ola@x.no>\nTo: Kari\nSubject: x",
    "Subject: x\nFrom: ola@x.no\nTo: kari@x.no\nDate: Sun, 3 Mar 2024 10:12:30 +0100",
    "Begin forwarded message:\n\n> From: Ola <ola@x.no>\n> Date: 3. mars",
    '------ Opprinnelig melding ------\nFra "Support" <s@x.no>\nTil k@x.no\nDato 12.03.2024 09:31:00\nEmne Sak',
    ">>> Support <s@x.no> 12.03.2024 09:31 >>>",
    '>>> "Support" <s@x.no> 12.03.24 09:31 >>>',
    "---- På tir., 12 mar. 2024 09:31:00 +0100 s@x.no skrev ----",
    "Fra:\tSupport <s@x.no>\nSendt:\ttirsdag 12. mars 2024 09.31\nTil:\tKari\nEmne:\tSak",
    "  Fra: Support <s@x.no>\n  Sendt: tirsdag 12. mars 2024 09.31\n  Til: Kari\n  Emne: Sak",
    "Fra: Support\nSendt: 12. mars 2024\nTil: Kari\nEmne: Sak",
    "Avsender: Support <s@x.no>\nSendt: 12. mars 2024 09:31\nMottaker: Kari\nEmne: Sak",
    "Fra: Support <s@x.no>\nDato: 12. mars 2024 kl. 09:31:00 CET\nTil: Kari <k@x.no>\nEmne: Sak\nSvar til: s@x.no",
    "Fra: Support <s@x.no>\nSendt: Tuesday, March 12, 2024 9:31:00 AM\nTil: Kari\nKopi: Per\nEmne: Sak",
    "Ola Nordmann---12.03.2024 09:31:12---Hei",
    "-----Opprinnelig avtale-----\nFra: Ola",
    "-------- Oprindelig mail --------\nFra: x",
    "-------- Opprinnelig e-post --------",
    "Videresendt melding:\n\nFra: Ola <o@x.no>\nEmne: x\nDato: 12. mars 2024 kl. 09:31:00 CET\nTil: k@x.no",
    "Start på videresendt melding:",
]

PROSE = [
    ("Hei,\n\nDen 3. mars skrev vi under avtalen. Den gjelder fortsatt.\n\nDen 3. mars 2024 skrev vi under avtalen:\nden har fem punkter."),
    "Reisen:\n\nFra: Oslo\nTil: Bergen\n\nVi tar toget.",
    "Til: styret\nEmne: budsjett\n\nSe vedlegg.",
    "On Monday I wrote a letter to John:\n\nDear John, hello.",
    "Fra: Oslo\nTil: Bergen\nDato: 3. mars\nAntall: 2\n\nKan dere bestille?",
    "Hei,\n\nFra: kl. 10\nTil: kl. 12\nDato: fredag 3. mars\n\nPasser det?",
    "Vi fikk denne feilen:\n\nFrom: line 3\nTo: line 9\nError: bad\n\nHva gjør vi?",
    "Jeg skrev dette i går:\nsystemet er nede\nog det er det fortsatt.",
    "Kari skrev at hun kommer kl. 10:30, og da sa jeg:\n\nDet er greit.\n\nMen hun kom ikke.",
    "Ola skrev 3. mars 2024 at det var ordnet, men:\n\ndet var det ikke.",
    "I den siste mailen skrev dere:\n\nAt dette var ordnet. Det er det ikke.",
    "On the 3rd of March 2024 we wrote to you about this:\n\nno answer came.",
    (
        "Punkter:\n- en\n- to\n\n-----\n\nSom nevnt over er det mye å gjøre, og vi må derfor få flere folk på plass. "
        "Det tar tid.\n\nDet neste er viktig: vi trenger dere.\n\nOg så dette.\n\nOg dette.\n\nOg dette også.\n\nOg så "
        "til slutt.\n\nFerdig snart.\n\nFerdig nå.\n\nHelt ferdig."
    ),
    "Tabell:\n\nNavn   Antall\n------ ------\nBolt   3\nMutter 4\n\nStemmer det?",
    "Overskrift\n==========\n\nTekst her.\n\nNeste\n-----\nMer tekst.",
    "Se koden:\n\n```\nOn Mon, Mar 3, 2024 at 10:12 AM Ola <ola@x.no> wrote:\n> hei\n--\n```\n\nDen virker ikke.",
    "Loggen:\n\n2024-03-03 10:12:01 ERROR Kunne ikke koble til\n2024-03-03 10:12:02 INFO prøver igjen\n\nHva betyr det?",
    "Original message was sent to you last week. Did you see it?\n\nThe forwarded message is attached.",
    "Regards the second point: we disagree.\n\nBest to do it now. Thanks to all.",
    "Hilsen fra styret er vedlagt, som avtalt på møtet. Den skal leses opp.",
    "Sendt fra oss i går, kom den fram til dere?",
    "Sent from our office yesterday, did you get the parcel?",
    "> Passer torsdag?\nJa.\n> Trenger dere nøkkel?\nNei.",
    "From what I can see: it works.\nTo be clear: it did not before.\nSubject: to change.",
    "Dato: 3. mars 2024\nSak: 17\nEmne: vann i kjelleren\n\nDet renner vann inn.",
    "Kontakt oss på support@eksempel.no, skrev dere:\n\nDet gjorde vi.",
    "On the other hand, John wrote: that is not true.",
    "See https://blog.example.com/2024/01/15/what-he-wrote: it is good.",
    "I told Ola <ola@x.no> on 3 March 2024 10:12 that: yes.",
    "From my perspective: fine.\nFrom: the beginning it was clear.",
    "Kontakt: Kari Nordmann <kari@x.no>: ring henne 3. mars 2024.",
    "Navn: Kari\nE-post: kari@x.no\nDato: 3. mars 2024 10:12\nTelefon: 22334455\n\nKan dere ringe?",
    "Møtet er den 3. mars 2024 kl. 10:12. Ta kontakt med ola@x.no: han vet mer.",
    "Den 3. mars 2024 skrev ola@x.no til oss om dette: se vedlegg.",
    "The package was sent from our warehouse in Oslo.\nSent from Bergen by truck.",
    "Regards to the second item, I think we should wait. Kind regards matter.",
    (
        "Ved feil skriver systemet:\n\n2024-03-03 10:12 kunne ikke sende til ola@x.no: timeout\n2024-03-03 10:13 kunne "
        "ikke sende til kari@x.no: timeout\n\nHva nå?"
    ),
    "Den 3. mars 2024 kl. 10:12 sendte vi dette til ola@x.no:\n\nHei Ola, se vedlegg.\n\nVi har ikke fått svar.",
    "Hun sa:\n> dette går bra\nmen det gjorde det ikke.",
    "Logg:\n\n2024-03-12 09:31:01 GMT ERROR skriver svarer ikke\n2024-03-12 09:31:02 GMT INFO ok\n\nHva nå?",
    (
        "Logg fra serveren:\n\n2024-03-12 09:31 GMT+01:00 ERROR ingen kontakt\n2024-03-12 09:32 GMT+01:00 ERROR "
        "fortsatt ingen kontakt\n\nHva nå?"
    ),
    "Feilmeldingen var:\n\n> Error 17: paper jam",
    "Se resultat 3. mars 2024 10:12:\n| a | b |\n| 1 | 2 |\n\nStemmer det?",
    "Resultat 3. mars 2024 10:12:\n\n| a | b |\n| 1 | 2 |",
    "On Monday 3 March we wrote to you about this\nand you answered this:\n> quote\nBut that's wrong.",
    "---\nhallo",
    "2024-03-03 10:12 kunne ikke sende til ola@x.no:\n\ntimeout",
    "--\nhei",
    "________\nNavn: Kari",
]


@pytest.mark.parametrize("history", [MARKED, BARE], ids=["marked", "bare"])
@pytest.mark.parametrize("header", ATTRIBUTIONS)
def test_given_an_attribution_of_any_locale_when_cut_then_exactly_the_reply_is_left(header: str, history: str) -> None:
    got = extract(f"{REPLY}\n\n{header}\n\n{history}\n")
    assert got.text == REPLY
    assert got.quoted.startswith(header)


@pytest.mark.parametrize("gap", ["\n\n", "\n"], ids=["blank-line", "no-blank-line"])
@pytest.mark.parametrize("header", BLOCKS)
def test_given_a_header_block_of_any_locale_when_cut_then_exactly_the_reply_is_left(header: str, gap: str) -> None:
    assert extract(f"{REPLY}{gap}{header}\n\n{BARE}\n").text == REPLY


@pytest.mark.parametrize("text", PROSE)
def test_given_prose_that_looks_like_a_header_when_cut_then_all_of_it_is_kept(text: str) -> None:
    got = extract(text)
    assert got.text == text
    assert (got.signature, got.quoted) == ("", "")


@pytest.mark.parametrize("header", ["Ola Nordmann, 03.03.2024 10:12:", "Ola Nordmann (03.03.2024 10:12):"])
def test_given_a_name_and_a_time_when_quoted_lines_follow_then_it_is_an_attribution(header: str) -> None:
    assert extract(f"{REPLY}\n\n{header}\n\n{MARKED}\n").text == REPLY


def test_given_a_bare_author_when_lines_under_it_are_quoted_then_it_is_an_attribution_else_prose() -> None:
    assert extract(f"{REPLY}\n\nOla Nordmann skrev:\n\n{MARKED}\n").text == REPLY
    assert "Ola Nordmann skrev:" in extract(f"{REPLY}\n\nOla Nordmann skrev:\n\n{BARE}\n").text
