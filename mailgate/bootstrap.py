"""The only wiring: settings in, running parts out. Every part is made here and handed what it needs; nothing else knows them all.

`open_store` is for commands; the rest is for the processes of `gateway`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mailgate import metrics
from mailgate.cases.tokens import TokenKeys
from mailgate.clock import Clock, utc_now
from mailgate.config import Settings
from mailgate.inbound import limits
from mailgate.inbound.admission import DiskSpace, disk_space_of
from mailgate.inbound.backtest import Backtest, BacktestOptions
from mailgate.inbound.breaker import CaseLimits
from mailgate.inbound.caps import CapLimits
from mailgate.inbound.endpoint import Endpoint, ListenerOptions
from mailgate.inbound.intake import Intake, IntakeOptions
from mailgate.inbound.journal import Journal
from mailgate.inbound.listener import Listener
from mailgate.inbound.matcher import CaseFinder
from mailgate.inbound.reading import ReadingOptions, ReadingRoom, read_here, read_near
from mailgate.inbound.recipients import OwnAddresses, own_recipients
from mailgate.inbound.redirect import AnswerLimits
from mailgate.inbound.sender_gate import Doors, SenderGate, Senders
from mailgate.inbound.smtp_tls import server_context
from mailgate.mail.limits import Ours
from mailgate.outbound import actors
from mailgate.policy_in_force import PolicyInForce, beginning
from mailgate.rules.policy import Policy
from mailgate.rules.reachability import BounceLimits
from mailgate.store import opening
from mailgate.store.unit_of_work import Store
from mailgate.worker import Stage

if TYPE_CHECKING:
    from mailgate.inbound.verify import Verifier


def open_store(settings: Settings, clock: Clock = utc_now) -> Store:
    """The store that the settings name, checked to keep its promises and to have this program's schema; SQLite migrates itself.

    Raises ConfigError, SchemaMismatch, StoreUnavailable.
    """
    return opening.open_store(settings.database.url, pool_size=settings.database.pool_size, clock=clock)


def policy_in_force(settings: Settings, store: Store) -> PolicyInForce:
    """The policy that decides, followed through the database. An empty one begins with the document that the settings name."""
    return PolicyInForce(store, own_addresses(settings).mailboxes, beginning(settings.policy.file))


def token_keys(settings: Settings) -> TokenKeys:
    """The keys that sign and verify reply addresses."""
    return TokenKeys(settings.vault.token_keys, settings.vault.valid_until)


def own_addresses(settings: Settings) -> OwnAddresses:
    """The addresses that we take mail for."""
    book, domain = settings.addresses, settings.service.domain
    reply_mailbox = frozenset({f"{book.reply_mailbox}@{domain}"})
    token_domains = frozenset({book.reply_domain}) if book.reply_domain else frozenset()
    return OwnAddresses(domain, frozenset(settings.support_addresses) | reply_mailbox, token_domains, book.bounce_mailbox)


def ours(settings: Settings) -> Ours:
    """How mail of our own is recognised when it comes back."""
    own = own_addresses(settings)
    return Ours(addresses=own.mailboxes, domains=own.domains, message_id_domains=own.domains)


def make_intake(
    settings: Settings,
    store: Store,
    ring: Callable[[str], None],
    *,
    reads_aside: bool = True,
    policy: Callable[[], Policy] | None = None,
) -> Intake:
    """The intake stage. Its reader is a process of its own, begun with the first mail; not `reads_aside`, small mail is read in this one.

    `policy` is asked once for each batch; None: the one in force.
    """
    room = _reading_room(settings)
    options = replace(
        _intake_options(settings),
        reader=room.read_all if reads_aside else partial(read_near, room=room, ours=ours(settings)),
        close_reader=room.close,
        verifier=_verifier(settings) if settings.intake.authentication == "verify" else None,
    )
    asked = policy or policy_in_force(settings, store).current
    return Intake(store, _finder(settings), asked, options, ring)


def make_backtest(settings: Settings, store: Store) -> Backtest:
    """What runs stored mail by two policies. Begins its readers when it runs."""
    return Backtest(store, _finder(settings), BacktestOptions(_intake_options(settings), partial(_reading_room, settings)))


def _intake_options(settings: Settings) -> IntakeOptions:
    """How mail is decided. Nobody verifies, and small mail is read here, until the caller says otherwise."""
    wanted, own = settings.intake, own_addresses(settings)
    return IntakeOptions(
        own_addresses=own.mailboxes,
        own_domains=own.domains,
        reader=partial(read_here, ours=ours(settings)),
        case_prefix=settings.service.case_prefix,
        default_language=settings.service.default_language,
        authserv_ids=frozenset(wanted.authserv_ids) if wanted.authentication != "off" else frozenset(),
        relays=tuple(settings.smtp.trusted_from),
        batch=wanted.batch,
        lease=timedelta(seconds=wanted.lease_s),
        max_attempts=wanted.max_attempts,
        case_limits=CaseLimits(wanted.case_changes_per_hour, wanted.case_changes_per_day),
        caps=CapLimits(
            cases_per_address_per_day=wanted.cases_per_address_per_day,
            cases_per_domain_per_hour=wanted.cases_per_domain_per_hour,
            cases_per_hour=wanted.cases_per_hour,
            team_mails_per_hour=wanted.team_mails_per_hour,
            forwards_per_hour=wanted.forwards_per_hour,
        ),
        limits=AnswerLimits(
            per_address_per_day=wanted.answers_per_address_per_day,
            per_domain_per_hour=wanted.answers_per_domain_per_hour,
            global_per_hour=wanted.answers_per_hour,
        ),
        bounces=BounceLimits(**settings.bounces.model_dump()),
    )


def _reading_room(settings: Settings) -> ReadingRoom:
    return ReadingRoom(ReadingOptions(ours(settings), settings.intake.read_timeout_s, settings.intake.read_memory_bytes))


def _finder(settings: Settings) -> CaseFinder:
    return CaseFinder(token_keys(settings), settings.service.case_prefix)


def _verifier(settings: Settings) -> Verifier:
    """Who verifies mail. Imported here, since who verifies nothing needs none of its libraries."""
    from mailgate.inbound.resolver import Resolver, ResolverOptions
    from mailgate.inbound.verify import Verifier, VerifyOptions

    wanted = settings.intake
    servers = tuple((server.host, server.port) for server in wanted.dns_servers)
    options = VerifyOptions(wanted.verify_timeout_s, wanted.lease_s / 3, tuple(settings.smtp.trusted_from))
    return Verifier(Resolver(ResolverOptions(wanted.dns_timeout_s, servers)), options)


def make_stages(settings: Settings, store: Store, policies: PolicyInForce, ring: Callable[[str], None]) -> Mapping[str, Stage]:
    """All stages of a worker by name, all by the same policy."""
    notices, send = actors.make_stages(settings, store, token_keys(settings), ring, policies.recent)
    return {"intake": make_intake(settings, store, ring, policy=policies.current), "notices": notices, "send": send}


def make_gate(settings: Settings, clock: Clock, policy: Policy) -> SenderGate:
    """Who refuses legacy senders at RCPT, as this policy says until it is given another."""
    mailboxes = frozenset(map(str.lower, settings.support_addresses))
    doors = Doors(mailboxes, own_addresses(settings).domains, settings.service.portal_url, settings.service.default_language)
    return SenderGate(doors, clock, policy)


def make_listener(settings: Settings, store: Store, journal: Journal, senders: Senders) -> Listener:
    """The listener on all endpoints of the settings, not yet bound. Raises ConfigError for a certificate that cannot be used."""
    smtp = settings.smtp
    context = server_context(str(smtp.tls_cert), str(smtp.tls_key)) if smtp.tls_cert and smtp.tls_key else None
    options = ListenerOptions(settings.hostname, _endpoints(settings), context, proxy_from=tuple(smtp.proxy_from), senders=senders)
    recipients = own_recipients(own_addresses(settings))
    return Listener(options, _limits(settings), recipients, journal, _observe, disk_space=_disk_space(store))


def _endpoints(settings: Settings) -> tuple[Endpoint, ...]:
    smtp, proxy = settings.smtp, bool(settings.smtp.proxy_from)
    return (
        *(Endpoint(a.host, a.port, proxy=proxy) for a in smtp.listen),
        *(Endpoint(a.host, a.port, tls="implicit", proxy=proxy) for a in smtp.listen_tls),
        *(Endpoint(a.host, a.port, protocol="lmtp", proxy=proxy) for a in smtp.lmtp_listen),
    )


def _limits(settings: Settings) -> limits.Limits:
    smtp = settings.smtp
    return replace(
        limits.Limits(),
        message_bytes=smtp.max_message_bytes,
        data_budget_bytes=smtp.max_data_total_bytes,
        recipients=smtp.max_recipients,
        connections=smtp.max_connections,
        stress_share=smtp.stress_percent / 100,
        address_connections=smtp.max_client_connections,
        address_connections_minute=smtp.max_client_connections_per_minute,
        address_messages_minute=smtp.max_client_messages_per_minute,
        errors=smtp.max_errors,
        data_min_bytes_s=smtp.min_data_bytes_per_s,
        disk_free_share=smtp.min_free_disk_percent / 100,
        exempt=tuple(smtp.trusted_from),
        timeouts=replace(limits.Timeouts(), command_s=smtp.command_timeout_s, session_s=smtp.session_timeout_s),
    )


def _disk_space(store: Store) -> Callable[[], DiskSpace] | None:
    """SQLite lies on a disk of ours; a PostgreSQL server watches its own."""
    path = store.database.path
    return disk_space_of(str(Path(path).parent)) if path else None


_COUNTED: Mapping[str, str] = {
    "accepted": "accepted", "duplicate": "duplicates", "refused": "refused", "turned_away": "refused", "expired": "refused",
    "connected": "connections", "fault": "faults",
}  # fmt: skip


def _observe(event: str, reason: str) -> None:
    if event in _COUNTED:
        metrics.count(_COUNTED[event], reason)
