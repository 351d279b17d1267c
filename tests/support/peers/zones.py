"""The zones that the tests of authentication ask: one root, so that every name has an answer, and some that cannot be served."""

from __future__ import annotations

from tests.support.peers import signing

MANY_MX = "\n".join(f"mange-mx.no. IN MX {number} mx{number}.mange-mx.no." for number in range(12))
CHAIN = "\n".join(f'kjede{number}.no. IN TXT "v=spf1 include:kjede{number + 1}.no -all"' for number in range(12))
TEN = " ".join(f"a:a{number}.ti.no" for number in range(10))
TEN_HOSTS = "\n".join(f"a{number}.ti.no. IN A 198.51.100.{number + 10}" for number in range(11))
HUGE = " ".join(f'"{"x" * 250}"' for _ in range(40))
LONG = " ".join('"ip4:198.51.100.1 "' for _ in range(30))

SPF = rf"""
ns.test. IN A 127.0.0.1
kunde.no. IN TXT "v=spf1 ip4:192.0.2.0/24 -all"
myk.no. IN TXT "v=spf1 ip4:192.0.2.0/24 ~all"
noytral.no. IN TXT "v=spf1 ip4:192.0.2.0/24 ?all"
apen.no. IN TXT "v=spf1 +all"
tom.no. IN TXT "v=spf1"
annet.no. IN TXT "google-site-verification=abc"
to.no. IN TXT "v=spf1 -all"
to.no. IN TXT "v=spf1 +all"
store.no. IN TXT "V=SPF1 IP4:192.0.2.0/24 -ALL"
nesten.no. IN TXT "v=spf10 -all"
delt.no. IN TXT "v=spf1 ip4:192.0." "2.0/24 -all"
vert.no. IN A 192.0.2.1
vert.no. IN AAAA 2001:db8::1
vert.no. IN MX 10 post.vert.no.
post.vert.no. IN A 192.0.2.25
post.vert.no. IN AAAA 2001:db8::25
vert.no. IN TXT "v=spf1 a mx -all"
nett.no. IN TXT "v=spf1 a:vert.no/24 -all"
nett6.no. IN TXT "v=spf1 a:vert.no/24//64 -all"
seks.no. IN TXT "v=spf1 ip6:2001:db8::/32 -all"
med.no. IN TXT "v=spf1 include:kunde.no -all"
medmyk.no. IN TXT "v=spf1 include:myk.no ?all"
medingen.no. IN TXT "v=spf1 include:finnesikke.no -all"
medbroken.no. IN TXT "v=spf1 include:broken.test -all"
videre.no. IN TXT "v=spf1 redirect=kunde.no"
videreingen.no. IN TXT "v=spf1 redirect=finnesikke.no"
viderealle.no. IN TXT "v=spf1 -all redirect=kunde.no"
runde.no. IN TXT "v=spf1 include:runde2.no -all"
runde2.no. IN TXT "v=spf1 include:runde.no -all"
selv.no. IN TXT "v=spf1 redirect=selv.no"
feil.no. IN TXT "v=spf1 ip4:192.0.2.300 -all"
ukjent.no. IN TXT "v=spf1 foo:bar -all"
ukjentmod.no. IN TXT "v=spf1 foo=bar ip4:192.0.2.1 -all"
cidr.no. IN TXT "v=spf1 ip4:192.0.2.0/33 -all"
finnes.no. IN TXT "v=spf1 exists:%{{ir}}.%{{v}}.liste.finnes.no -all"
1.2.0.192.in-addr.liste.finnes.no. IN A 127.0.0.2
makro.no. IN TXT "v=spf1 exists:%{{l}}.bruker.makro.no -all"
ola.bruker.makro.no. IN A 127.0.0.2
darligmakro.no. IN TXT "v=spf1 exists:%{{x}}.no -all"
tommerom.no. IN TXT "v=spf1 a:ingen1.no a:ingen2.no a:ingen3.no ip4:192.0.2.1 -all"
toderom.no. IN TXT "v=spf1 a:ingen1.no a:ingen2.no ip4:192.0.2.1 -all"
ti.no. IN TXT "v=spf1 {TEN} -all"
elleve.no. IN TXT "v=spf1 {TEN} a:a10.ti.no ip4:192.0.2.1 -all"
{TEN_HOSTS}
{CHAIN}
mange-mx.no. IN TXT "v=spf1 mx -all"
{MANY_MX}
kjent.no. IN TXT "v=spf1 ptr -all"
1.2.0.192.in-addr.arpa. IN PTR klient.kjent.no.
klient.kjent.no. IN A 192.0.2.1
9.2.0.192.in-addr.arpa. IN PTR klient.kjent.no.
alias.no. IN CNAME kunde.no.
sirkel1.no. IN CNAME sirkel2.no.
sirkel2.no. IN CNAME sirkel1.no.
medsirkel.no. IN TXT "v=spf1 a:sirkel1.no ip4:192.0.2.1 -all"
fremmed.no. IN TXT "v=spf1 ip4:192.0.2.1 \195\184 -all"
kjempe.no. IN TXT "v=spf1 " {LONG} "ip4:192.0.2.1 -all"
svaer.no. IN TXT {HUGE}
svaer.no. IN TXT "v=spf1 ip4:192.0.2.1 -all"
helo.vert.no. IN TXT "v=spf1 a:vert.no -all"
xn--bl-zia.no. IN TXT "v=spf1 ip4:192.0.2.1 -all"
"""

DMARC = """
_dmarc.kunde.no. IN TXT "v=DMARC1; p=reject"
_dmarc.streng.no. IN TXT "v=DMARC1; p=quarantine; adkim=s; aspf=s"
_dmarc.lose.no. IN TXT "v=DMARC1; p=none; adkim=r; aspf=r"
_dmarc.butikk.co.uk. IN TXT "v=DMARC1; p=none; sp=reject"
_dmarc.dobbel.no. IN TXT "v=DMARC1; p=none"
_dmarc.dobbel.no. IN TXT "v=DMARC1; p=reject"
_dmarc.feil.no. IN TXT "v=DMARC1; p=kanskje"
_dmarc.rapport.no. IN TXT "v=DMARC1; p=kanskje; rua=mailto:d@rapport.no"
_dmarc.gammel.no. IN TXT "v=DMARC0; p=reject"
_dmarc.rekke.no. IN TXT "p=reject; v=DMARC1"
_dmarc.prosent.no. IN TXT "v=DMARC1; p=reject; pct=10; fo=1"
_dmarc.delt.no. IN TXT "v=DMARC1; " "p=reject"
_dmarc.peker.no. IN CNAME _dmarc.kunde.no.
_dmarc.sub.egen.no. IN TXT "v=DMARC1; p=none"
_dmarc.egen.no. IN TXT "v=DMARC1; p=reject"
"""

ZONES = {".": SPF + DMARC + signing.zone(), "broken.test.": None}
