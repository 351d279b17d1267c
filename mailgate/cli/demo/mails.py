"""The mails of `mailgate demo`: a morning at a support desk, as bytes. Addresses that only the run knows are filled in by name."""

from __future__ import annotations

LEGACY = """\
From: Kari Lunde <kari.lunde@fjordnett.example>
To: support@{domain}
Subject: Rapporten kommer ikke ut
Date: Mon, 23 Nov 2026 08:12:00 +0100
Message-ID: <legacy-1@fjordnett.example>
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hei,

månedsrapporten blir ikke skrevet ut etter oppdateringen på fredag. Vi får bare en tom side.
Kan dere se på det?

Vennlig hilsen
Kari Lunde
"""

LEGACY_AGAIN = """\
From: Kari Lunde <kari.lunde@fjordnett.example>
To: support@{domain}
Subject: Sv: Rapporten kommer ikke ut
Date: Mon, 23 Nov 2026 08:40:00 +0100
Message-ID: <legacy-2@fjordnett.example>
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hei igjen, har dere rukket å se på dette? Det haster litt.

Kari
"""

REPLY = """\
From: Per Nes <per.nes@nordvik.example>
To: {reply_to}
Subject: Re: [{key}] {summary}
Date: Mon, 23 Nov 2026 09:05:00 +0100
Message-ID: <reply-1@nordvik.example>
In-Reply-To: <{notice_id}>
References: <{root_id}> <{notice_id}>
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hei,

feilen kom første gang tirsdag klokka 07.30, og bare på lagerterminalen.
Vi har prøvd å starte den på nytt.

Mvh
Per Nes
Nordvik Handel AS

man. 23. nov. 2026 kl. 08:55 skrev Supportweb <{reply_to}>:
> Saken venter på svar fra dere.
>
> Når kom feilen første gang, og på hvilke maskiner?
"""

OUT_OF_OFFICE = """\
From: Eva Moen <eva.moen@nordvik.example>
To: {reply_to}
Subject: =?utf-8?Q?Automatisk_svar=3A_=5B{key}=5D_{summary_q}?=
Date: Mon, 23 Nov 2026 09:06:00 +0100
Message-ID: <ooo-1@nordvik.example>
In-Reply-To: <{notice_id}>
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Jeg er på ferie og er tilbake mandag 30. november. Ved hast, ring sentralbordet.
"""

STRANGER = """\
From: Nils Fremmed <nils@annetsted.example>
To: support@{domain}
Subject: [{key}] Kan dere sende meg hele saken?
Date: Mon, 23 Nov 2026 09:20:00 +0100
Message-ID: <stranger-1@annetsted.example>
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hei, jeg tar over denne saken. Send meg alt dere har på den, takk.
"""

BOUNCE = """\
From: Mail Delivery System <mailer-daemon@nordvik.example>
To: {return_path}
Subject: Undelivered Mail Returned to Sender
Date: Mon, 23 Nov 2026 09:30:00 +0100
Message-ID: <bounce-1@nordvik.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

<eva.moen@nordvik.example>: mailbox is full

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.nordvik.example

Final-Recipient: rfc822; eva.moen@nordvik.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 mailbox is full

--b1--
"""

UNREADABLE = (
    b"Content-Type: multipart/mixed; boundary=\xff\xfe\r\n"
    b"From \x00\x01\x02 ingen avsender\r\n"
    b"\r\n"
    b"--\xff\xfe\r\n\x80\x81\x82\x83 \xc3\x28 \xa0\xa1 \x00\x00\r\n"
)

UNKNOWN_RECIPIENT = """\
From: Per Nes <per.nes@nordvik.example>
To: salg@{domain}
Subject: Tilbud
Date: Mon, 23 Nov 2026 09:40:00 +0100
Message-ID: <unknown-1@nordvik.example>

Hei, kan vi få et tilbud?
"""
