"""Closing formulas and the words of signatures, over all locales. Data for `line_kinds`; decides nothing. All in lower case."""

from __future__ import annotations

from mailgate.mail.words.word_lists import phrases, words

# Formulas that nobody writes in a sentence: they prove a closing by themselves. Words only, no punctuation.
CLOSINGS = phrases(
    """
    mvh | m v h | vh | v h | vennlig hilsen | vennlig helsing | venleg helsing | vennleg helsing | med vennlig hilsen | med vennleg helsing
    med venleg helsing | med vennlige hilsener | med vennlig hilsning | hilsen | hilsning | helsing | beste helsing
    beste hilsen | beste hilsener | med hilsen | med helsing | mange hilsener | hyggelig hilsen | med beste hilsen
    hilsen fra | helsing frå | ærbødigst | venlig hilsen | med venlig hilsen | venlige hilsner | bedste hilsner
    bedste hilsen | de bedste hilsner | kærlig hilsen | kh | dbh | mange hilsner | hälsningar | hälsning
    vänliga hälsningar | vänlig hälsning | med vänlig hälsning | med vänliga hälsningar | bästa hälsningar | regards
    best regards | kind regards | kindest regards | warm regards | warmest regards | best wishes | with best regards
    with kind regards | many regards | yours sincerely | sincerely | sincerely yours | yours faithfully | yours truly
    kind wishes | rgds | mit freundlichen grüßen | mit freundlichem gruß | freundliche grüße | mit freundlichen grüssen
    freundliche grüsse | mfg | viele grüße | viele grüsse | liebe grüße | beste grüße | herzliche grüße | schöne grüße
    mit besten grüßen | gruß | grüße | hochachtungsvoll | mit lieben grüßen | best grüße | gruss | met vriendelijke groet
    met vriendelijke groeten | vriendelijke groet | vriendelijke groeten | groet | groeten | groetjes | mvg
    hartelijke groet | met hartelijke groet | cordialement | bien cordialement | bien à vous | salutations
    meilleures salutations | sincères salutations | cdt | cdlt | amicalement | très cordialement | ystävällisin terveisin
    terveisin | parhain terveisin | yst terv | saludos | un saludo | saludos cordiales | atentamente | cordialmente
    un cordial saludo | cordiali saluti | distinti saluti | saluti | un saluto | atenciosamente | cumprimentos
    com os melhores cumprimentos | melhores cumprimentos | um abraço | pozdrawiam | z poważaniem | z powazaniem
    pozdrowienia | z wyrazami szacunku | serdecznie pozdrawiam | s pozdravem | s pozdravom | s přátelským pozdravem
    с уважением | всего доброго | з повагою | с наилучшими пожеланиями | с уважение | поздрав | üdvözlettel | tisztelettel
    saygılarımla | cu stimă | cu respect | με εκτίμηση | φιλικά | lep pozdrav | srdačan pozdrav | lugupidamisega | pagarbiai
    kveðja | kær kveðja | kærar kveðjur | bestu kveðjur | bestu kveðju | með kveðju | með bestu kveðju | með bestu kveðjum
    með kærri kveðju | með vinsemd | virðingarfyllst | ystävällisesti | ystävällisin terveisin | terveiset | kunnioittavasti
    此致 | 敬具 | よろしくお願いします | med vennlig helsing | hilsing | helsingar | beste helsingar | vennlege helsingar
    med venlege helsingar | vh fra | mvh fra | med bedste hilsner | med venlige hilsner | mange helsingar
    de beste hilsener | varma hälsningar | hjertelig hilsen | bästa hälsning | vänl hälsn | m vänlig hälsning | hilsener
    dearvvuođaiguin | dearvvuođat | varre dearvuođat | ustitlaččat | hilsner | vennligst hilsen | yours respectfully
"""
)
# Thanks, wishes and abbreviations: also plain words ("LG" is a make of screens). A closing only right above the name of a person.
WEAK_CLOSINGS = phrases(
    """
    vennligst | b r | ha en fin dag | ha ein fin dag | ha en god dag | god helg | alt godt | klem | på forhånd tak | vänligen | hälsar
    allt gott | cheers | best | br | kr | hilser | respectfully | warmly | yours | take care | have a nice day | have a great day | lg
    kv | vg | bonne journée | t | terv | att | atte | buona giornata | hezký den | iyi çalışmalar | zdravím | all the best
    abraço | abraços | cordially | thanks | thank you | many thanks | thanks again | thx | thanks in advance | thanks a lot
    thank you very much | thanks so much | thanks and regards | takk | tusen takk | på forhånd takk | takk på forhånd
    takk for hjelpen | takk for hjelpa | mange takk | på førehand takk | takk på førehand | tack | tack på förhand
    tack för hjälpen | tack så mycket | tak | tak for hjælpen | mange tak | danke | vielen dank | danke schön | bedankt
    alvast bedankt | merci | merci d'avance | gracias | grazie | obrigado | obrigada | dzięki | díky | děkuji | kiitos
    спасибо | god helg videre | god påske | god jul | god sommer | ha en fin helg | ha en god helg | ha en fin dag videre
    ha ei fin helg | ha en fortsatt fin dag | trevlig helg | ha en bra dag | ha en trevlig dag | god weekend
    ha en god weekend | have a nice weekend | rock on | talk soon | vi snakkes | snakkes | vi sees
"""
)
# Words in a closing line between the formula and the name.
CLOSING_LINKS = words("fra frå from från von van av og and och und til to for alle all en et ei den")

# Between the author's name and the place where they work: "Hilsen Ola på IT".
PLACES = words("på i hos ved hjå vid at in")

# Words of titles and departments, whole or as the end of a word.
TITLES = words("""
    leder leiar ledare sjef sjefen chef direktør direktör direktor rektor konsulent konsult rådgiver rådgivar rådgjevar rådgivare
    förvaltare systemförvaltare ingeniør ingenjör
    tekniker teknikar koordinator medarbeider medarbeidar medarbejder sekretær sekretær utvikler utviklar utvecklare udvikler arkitekt
    ansvarlig ansvarleg ansvarig administrator administratør administratör controller regnskapsfører rekneskapsførar økonom ekonom
    revisor advokat lege læge läkare sykepleier sjukepleiar sjuksköterska lærer lærar lärare pedagog bibliotekar vaktmester vaktmeister
    selger seljar säljare sælger innkjøper innkjøpar inköpare drift kundeservice kundtjänst brukerstøtte brukarstøtte helpdesk support
    servicedesk ikt it it-avdelingen it-avdelinga it-avdelningen it-afdelingen avdeling avdelinga avdelingen avdelning afdeling seksjon
    enhet administrasjon administrasjonen økonomi ekonomi regnskap rekneskap lønn hr personal marked marketing salg sal innkjøp logistikk
    kvalitet manager director officer engineer consultant developer administrator coordinator specialist analyst assistant lead head
    president ceo cto cfo coo cio founder partner owner secretary accountant supervisor technician architect professor lecturer
    department team operations sales finance services leiter leiterin geschäftsführer geschäftsführerin berater entwickler techniker
    saksbehandler sakshandsamar sagsbehandler sachbearbeiter fastlege tannlege helsesykepleier phd-kandidat
    spesialist spesialrådgiver seniorrådgiver førstekonsulent overingeniør avdelingsleder avdelingsleiar daglig dagleg teamleder
    driftsleder driftsleiar driftschef systemansvarlig fagansvarlig fagsjef prosjektleder prosjektleiar projektleder projektledare
    kontorsjef kontormedarbeider butikksjef verksmester formann arbeidsleder stipendiat forsker forskar tillitsvalgt styreleder
    virksomhetsleder enhetsleder rektor inspektør assistent lærling trainee student vikar resepsjon reception sentralbord logistik
    kerfisstjóri framkvæmdastjóri forstjóri ritari kennari ráðgjafi tæknimaður päällikkö johtaja sihteeri konsultti
    kierownik specjalista dyrektor responsable directeur directrice beheerder medewerker adviseur
    fastighetsskötare kontaktlærer faglærer barnehagelærer tillitsvalgt verneombud hovedtillitsvalgt eiendomsforvalter
    grundare grunnlegger gründer vd adm dir senior junior principal chief vice general global regional
""")
TITLE_ENDS = (
    "leder", "leiar", "ledare", "sjef", "chef", "ansvarlig", "ansvarleg", "ansvarig", "konsulent", "konsult", "ingeniør",
    "ingenjör", "tekniker",
    "teknikar", "medarbeider", "medarbeidar", "medarbetare", "medarbejder", "rådgiver", "rådgivar", "rådgjevar", "rådgivare",
    "förvaltare", "direktør",
    "direktör", "arkitekt",
    "utvikler", "utviklar", "utvecklare", "udvikler", "koordinator", "samordnare", "sekretær", "sekreterare", "administrator",
    "administratör",
    "administratør", "pedagog", "manager", "engineer", "developer", "consultant", "avdeling", "avdelingen", "avdelinga",
    "avdelning", "afdeling",
    "assistent", "handläggare", "spesialist", "specialist", "operatør", "operatör", "fører", "førar", "leiter", "berater",
    "entwickler", "mester",
    "meister", "selger", "seljar", "säljare", "inspektør", "inspektör", "analytiker", "analytikar",
    "skötare", "lærer", "lærar", "forvalter", "forvaltar", "saksbehandler",
    "redaktør", "redaktör",
    "terapeut", "ingeniören", "stjóri", "fræðingur", "päällikkö", "johtaja", "asiantuntija", "suunnittelija", "insinööri", "vastaava",
)  # fmt: skip
# Labels of opening hours: weekdays and hours follow.
HOURS = words(
    "kontortid kontortider telefontid telefontider åpningstid åpningstider opningstid opningstider öppettider telefontider "
    "åbningstid åbningstider åpent åpen opent ope öppet åbent open office hours aukioloajat öffnungszeiten"
)
# How the lines begin that law asks of companies.
REGISTER_STARTS = (
    "Sitz der Gesellschaft",
    "Amtsgericht ",
    "Handelsregister",
    "Registergericht",
    "Geschäftsführer:",
    "Geschäftsführung:",
    "USt-Id",
    "USt-ID",
    "Foretaksregisteret",
    "Føretaksregisteret",
    "Registered in England",
    "Registered office",
    "Company No",
    "Säte:",
    "Y-tunnus",
)
# What stands at the end or the beginning of a company's name.
COMPANY_FORMS = words("""
    as asa a/s aps ans da sa ba ks ab hb kb oy oyj ltd limited llc inc corp plc gmbh ag kg mbh bv nv sarl sas srl spa ehf hf is/s i/s k/s
    kommune fylkeskommune kommun region sykehus sjukehus sygehus universitet universitetet høgskole høyskole høgskule skole skule
    skola gruppen
    gruppa group holding partners solutions consulting
""")
# Labels of a line that says how somebody is reached. After one, a number, an address or a link must follow.
CONTACT_LABELS = words("""
    tlf tlf.nr mob.tlf mobiltelefon tfn tlfnr
    telefon telefonnr tel tel.nr t m p f e w mob mobil mobilnr mobiltlf mobile phone ph cell ddi dd direct direkte direktenummer
    dir kontor
    office sentralbord sentralbordet växel vxl switchboard fax faks telefax e-post epost e-postadresse email e-mail mail mailto web www
    nettside nettsted hjemmeside heimeside hemsida website internett skype teams linkedin facebook twitter instagram x org orgnr org.nr
    org.nummer organisasjonsnummer cvr cvr-nr mva vat org-nr orgnummer adresse adress address besøksadresse besøk postadresse postadr post
    fakturaadresse leveringsadresse besöksadress postadress visit sip vakttelefon kundeservice support telefontid åpningstider opningstider
    sími s gsm farsími netfang heimasíða puh puhelin matkapuhelin sähköposti osoite y-tunnus kt
    kundesenter öppettider åbningstider pgp gpg key id and og nr no
""")
STREET_ENDS = (
    "gata", "gaten", "gate", "gt", "veien", "vegen", "vei", "veg", "plass", "plassen", "torg", "torget", "brygge", "bryggen",
    "allé", "alle",
    "alléen", "gatan", "vägen", "väg", "gade", "gaden", "vænget", "katu", "kuja",
    "vej", "vejen", "stræde", "kaia", "kaien", "bakken", "street", "road", "avenue", "lane",
    "straße", "strasse", "weg", "laan", "straat", "ringen", "stien", "svingen", "tunet", "senter",
)  # fmt: skip
POSTBOX = words("p.b pb. postboks postbox boks pb box p.o. po postadresse")
# How a line begins that asks to follow or visit, as companies put under their names.
FOLLOW_STARTS = (
    "følg oss", "følg meg", "besøk oss", "besøk vår", "besøk våre", "les mer på", "follow us", "visit us", "visit our", "find us",
    "connect with",
    "följ oss", "besök oss", "besök vår", "følg os", "besøg os", "besøg vores", "folgen sie uns", "besuchen sie uns", "sjekk ut",
    "meld deg på vårt nyhetsbrev",
)  # fmt: skip
SOCIAL = words("facebook linkedin twitter instagram youtube x tiktok vimeo github mastodon snapchat")
