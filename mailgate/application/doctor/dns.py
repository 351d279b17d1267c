"""The part of `mailgate doctor` that asks the DNS about our mail domain. In: settings and a resolver. Out: findings.

Whether others can send to us (MX, RFC 5321 section 5.1) and believe what we send (SPF RFC 7208, DKIM RFC 6376, DMARC RFC 7489).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from mailgate.application.doctor.findings import Finding, fail, ok, warn
from mailgate.config import Settings
from mailgate.config.sections import EXAMPLE_DOMAIN
from mailgate.errors import TransientFailure
from mailgate.inbound.auth import resolver
from mailgate.mail.auth.dkim_key import BadKey, same_key, usable
from mailgate.mail.auth.dkim_sign import SigningKey
from mailgate.outbound.signing import signing_keys

LIFETIME_S = 4.0


class ResolverSilent(TransientFailure):
    """The DNS gave no answer: neither yes nor no."""


class Resolver(Protocol):
    """What is asked of the DNS. An empty list is the answer "there is none"; no answer raises ResolverSilent."""

    def texts(self, name: str) -> list[str]:
        """TXT records, each with its strings joined."""
        ...

    def mail_hosts(self, name: str) -> list[str]:
        """Names of the MX records, the preferred first, without the final dot ("" is the null MX of RFC 7505)."""
        ...

    def addresses(self, name: str) -> list[str]:
        """A and AAAA records."""
        ...


class SystemResolver:
    """The resolver that the machine is set up with, or those that the settings name."""

    def __init__(self, servers: tuple[tuple[str, int], ...] = (), lifetime_s: float = LIFETIME_S) -> None:
        self._dns, self._lifetime_s = resolver.DnsResolver(resolver.ResolverOptions(lifetime_s, servers)), lifetime_s

    def texts(self, name: str) -> list[str]:
        """See Resolver."""
        return [text.decode("utf-8", "replace") for text in self._ask(name, "TXT")]

    def mail_hosts(self, name: str) -> list[str]:
        """See Resolver."""
        return [host for _, host in sorted(self._ask(name, "MX"))]

    def addresses(self, name: str) -> list[str]:
        """See Resolver."""
        return [*self._ask(name, "A"), *self._ask(name, "AAAA")]

    def _ask(self, name: str, kind: resolver.Kind) -> list[Any]:
        try:
            return list(self._dns.ask(name, kind, self._lifetime_s))
        except resolver.DnsTrouble as error:
            raise ResolverSilent(str(error)) from error


def authenticity(found: Settings) -> Iterator[Finding]:
    """Who is believed for what, and whether anyone finds out who a mail is from."""
    yield ok("believed", "; ".join(f"{what}: {whom}" for what, whom in found.believed.items()))
    wanted = found.intake
    if wanted.authentication == "verify":
        yield ok(
            "origin", "mailgate verifies SPF, DKIM, DMARC and ARC itself" + (" where no trusted server has" if wanted.authserv_ids else "")
        )
    elif wanted.authentication == "header" and wanted.authserv_ids:
        yield _believed(found)
    else:
        yield warn(
            "origin",
            "nobody checks who a mail is from, so a forged author who has a reply address is taken for a participant",
            'set intake.authentication = "verify", or intake.authserv_ids to the name of your mail server in front',
        )


def _believed(found: Settings) -> Finding:
    ids, relays = ", ".join(found.intake.authserv_ids), ", ".join(map(str, found.smtp.trusted_from))
    socket = f"the socket {found.smtp.lmtp_socket}" if found.smtp.lmtp_socket else ""
    if not relays and not socket:
        return warn(
            "origin",
            f"Authentication-Results of {ids} are believed from nobody, so nobody checks who a mail is from",
            "name the addresses of your mail server in front in smtp.trusted_from",
        )
    return ok("origin", f"Authentication-Results of {ids} are believed in mail from {', '.join(filter(None, (relays, socket)))}")


def dns_findings(found: Settings, dns: Resolver) -> Iterator[Finding]:
    """All that the DNS says of our domain. One silent answer ends it: the others would be as silent."""
    domain = found.service.domain
    if domain == EXAMPLE_DOMAIN:
        yield warn("dns", f"service.domain is still the example {domain}", "set service.domain to your own mail domain")
        return
    try:
        for receiving in dict.fromkeys((domain, found.addresses.reply_domain or domain)):
            yield _mx(receiving, dns)
        yield _spf(domain, dns)
        keys = signing_keys(found)
        for key in keys:
            yield _own_key(key, found.signing_domain, dns)
        if not keys:
            yield _dkim(domain, found.outbound.dkim_selector, dns)
        yield _dmarc(domain, dns)
    except ResolverSilent as error:
        yield fail("dns", f"no answer: {error}", "check /etc/resolv.conf and that a resolver can be reached")


def _mx(domain: str, dns: Resolver) -> Finding:
    hosts = dns.mail_hosts(domain)
    if hosts == [""]:
        return fail(
            "mx",
            f"{domain} says that it takes no mail (null MX)",
            "replace the MX record by one that names this gateway or the server before it",
        )
    if not hosts:
        if dns.addresses(domain):
            return warn("mx", f"{domain} has no MX; mail goes to its own address", f"add an MX record for {domain}")
        return fail("mx", f"{domain} has neither MX nor address: no mail can reach us", f"add an MX record for {domain}")
    lost = [host for host in hosts if not dns.addresses(host)]
    if lost:
        return fail("mx", f"MX {', '.join(lost)} of {domain} has no address", "add A or AAAA records for it")
    return ok("mx", f"{domain} -> {', '.join(hosts)}")


def _spf(domain: str, dns: Resolver) -> Finding:
    records = [text for text in dns.texts(domain) if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]
    if not records:
        return fail(
            "spf", f"{domain} has no SPF record: our mail looks forged", f'add a TXT record for {domain}: "v=spf1 ip4:<smarthost> -all"'
        )
    if len(records) > 1:
        return fail("spf", f"{domain} has {len(records)} SPF records: none counts (RFC 7208 section 4.5)", "merge them into one")
    terms = records[0].lower().split()[1:]
    if "+all" in terms or "all" in terms:
        return fail("spf", f"{domain} lets everyone send for it: {records[0]}", "end the record with -all or ~all")
    if not any(term in ("-all", "~all") or term.startswith("redirect=") for term in terms):
        return warn("spf", f"{domain} does not say who may not send: {records[0]}", "end the record with -all or ~all")
    return ok("spf", records[0])


def _dkim(domain: str, selector: str, dns: Resolver) -> Finding:
    if not selector:
        return warn(
            "dkim",
            "our mail is not signed here, and outbound.dkim_selector is not set, so the smarthost's key cannot be looked up",
            "make keys with mailgate dkim and name them in [dkim] as it says, or let the smarthost sign and set outbound.dkim_selector",
        )
    name = f"{selector}._domainkey.{domain}"
    records = [_tags(text) for text in dns.texts(name)]
    keys = [tags["p"] for tags in records if "p" in tags and tags.get("v", "DKIM1") == "DKIM1"]
    if not keys:
        return fail("dkim", f"{name} has no key: signatures cannot be checked", "publish the public key that the smarthost signs with")
    if not any(keys):
        return fail("dkim", f"the key at {name} is revoked (empty p=)", "publish the key that is in use, or name its selector")
    return ok("dkim", name)


def _own_key(key: SigningKey, domain: str, dns: Resolver) -> Finding:
    """Whether the DNS has the public half of a key that signs our mail."""
    name = f"{key.selector}._domainkey.{domain}"
    try:
        published = usable((text.encode() for text in dns.texts(name)), key.algorithm)
    except BadKey as error:
        return fail("dkim", f"{name}: {error}, so our signatures fail", "publish the record that mailgate dkim prints")
    if not same_key(published.key, key.private.public_key()):
        return fail("dkim", f"{name} has another key than ours, so our signatures fail", "publish the record that mailgate dkim prints")
    return ok("dkim", f"{name} ({key.algorithm})")


def _dmarc(domain: str, dns: Resolver) -> Finding:
    name = f"_dmarc.{domain}"
    records = [tags for tags in map(_tags, dns.texts(name)) if tags.get("v") == "DMARC1"]
    if len(records) != 1:
        count = "no DMARC record" if not records else f"{len(records)} DMARC records: none counts (RFC 7489 section 6.6.3)"
        return warn("dmarc", f"{domain} has {count}", f'publish one TXT record at {name}: "v=DMARC1; p=quarantine; rua=mailto:..."')
    if records[0].get("p", "none").lower() == "none":
        return warn(
            "dmarc", f"{domain} asks nobody to refuse forged mail (p=none)", "when the reports look well, set p=quarantine or p=reject"
        )
    return ok("dmarc", f"{domain} asks for p={records[0]['p']}")


def _tags(text: str) -> dict[str, str]:
    """`name=value` pairs of a tag list (RFC 6376 section 3.2)."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}
