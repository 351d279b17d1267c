"""The only wiring: settings in, running parts out. Every part is made here and handed what it needs; nothing else knows them all.

`application` is for commands and pages; the rest is for the processes of `gateway`.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailgate.application.app import App, Installation
from mailgate.application.parts import FirstPolicy
from mailgate.cases.tokens import TokenKeys
from mailgate.clock import Clock, utc_now
from mailgate.config import Settings
from mailgate.inbound.smtp.recipients import OwnAddresses, Recipients, own_recipients
from mailgate.mail.auth.org_domain import organisational
from mailgate.mail.limits import Ours
from mailgate.mail.model import Envelope, Mail
from mailgate.rules.agreements import is_holiday
from mailgate.rules.policy import Policy
from mailgate.runtime.active_policy import ActivePolicy, beginning, compiled, differs
from mailgate.store import opening
from mailgate.store.rows import PolicyVersion
from mailgate.store.unit_of_work import Store

if (
    TYPE_CHECKING
):  # the parts of the processes take a second to load, and most commands need none of them: each is imported where it is made
    from mailgate.backtest.backtest import Backtest
    from mailgate.inbound.auth.verify import Verifier
    from mailgate.inbound.guards.sender_gate import SenderGate, Senders
    from mailgate.inbound.intake.intake import IntakeOptions, IntakeStage
    from mailgate.inbound.intake.matcher import CaseFinder
    from mailgate.inbound.intake.reader_process import ReaderProcess
    from mailgate.inbound.smtp import limits
    from mailgate.inbound.smtp.admission import DiskSpace
    from mailgate.inbound.smtp.endpoint import ListenAddress
    from mailgate.inbound.smtp.journal import GroupCommitJournal
    from mailgate.inbound.smtp.listener import Listener
    from mailgate.outbound.previews.preview import Preview
    from mailgate.runtime.worker import Stage


def open_store(settings: Settings, clock: Clock = utc_now) -> Store:
    """The store that the settings name, checked to keep its promises and to have this program's schema; SQLite migrates itself.

    Raises ConfigError, SchemaMismatch, StoreUnavailable.
    """
    return opening.open_store(settings.database.url, pool_size=settings.database.pool_size, clock=clock)


def installation(settings: Settings) -> Installation:
    """The installation for use cases that open no database."""
    return Installation(settings, Workshop(settings))


@contextlib.contextmanager
def application(settings: Settings, clock: Clock = utc_now) -> Iterator[App]:
    """The application, open for the block: the only way in which commands open the store and close it again.

    Raises ConfigError, SchemaMismatch, StoreUnavailable.
    """
    store = open_store(settings, clock)
    try:
        yield App(store, settings, make_active_policy(settings, store), Workshop(settings))
    finally:
        store.database.close()


@contextlib.contextmanager
def application_for_reading(settings: Settings) -> Iterator[App]:
    """The same for commands that must leave nothing behind: without a database there is an empty one that is deleted at the end."""
    with contextlib.ExitStack() as ending:
        if settings.lacks_database:
            folder = ending.enter_context(tempfile.TemporaryDirectory(prefix="mailgate-"))
            database = settings.database.model_copy(update={"url": f"sqlite:///{folder}/empty.db"})
            settings = replace(settings, database=database)
        yield ending.enter_context(application(settings))


class Workshop:
    """Makes the parts that use cases ask for (`application.parts.Parts`), from the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def own_mailboxes(self) -> frozenset[str]:
        """See Parts."""
        return own_addresses(self._settings).mailboxes

    def ours(self) -> Ours:
        """See Parts."""
        return ours(self._settings)

    def recipients(self) -> Recipients:
        """See Parts."""
        return own_recipients(own_addresses(self._settings))

    def senders(self, store: Store) -> Senders:
        """See Parts."""
        return make_gate(self._settings, store.clock, make_active_policy(self._settings, store).peek()).check

    def intake(self, store: Store, policy: Policy) -> contextlib.closing[IntakeStage]:
        """See Parts."""
        return contextlib.closing(make_intake(self._settings, store, lambda _stage: None, reads_aside=False, policy=lambda: policy))

    def read(self, raw: bytes) -> Mail:
        """See Parts."""
        with contextlib.closing(_reader_process(self._settings)) as reader:
            return reader.read_all([(raw, Envelope(None, ()))])[0]

    def html(self, raw: bytes) -> str:
        """See Parts."""
        with contextlib.closing(_reader_process(self._settings)) as reader:
            return reader.html(raw)

    def backtest(self, store: Store) -> Backtest[Any]:
        """See Parts."""
        return make_backtest(self._settings, store)

    def compiled(self, version: PolicyVersion) -> Policy:
        """See Parts."""
        return compiled(version, self.own_mailboxes)

    def first_policy(self) -> FirstPolicy:
        """See Parts."""
        start = beginning(self._settings.policy.file)

        def check() -> None:
            from mailgate.rules.document.file import policy_of

            policy_of(start.text(), self.own_mailboxes, start.source, tested=True, folder=start.folder)

        return FirstPolicy(start.source, start.text, check)

    def file_not_in_force(self, version: PolicyVersion) -> str:
        """See Parts."""
        return differs(beginning(self._settings.policy.file), version)

    def preview(self, policy: Policy) -> Preview:
        """See Parts."""
        from mailgate.outbound.identity import identity, wording
        from mailgate.outbound.previews.preview import Preview

        return Preview(identity(self._settings), wording(self._settings), policy)

    def broker_state(self) -> str:
        """See Parts."""
        from mailgate.runtime.broker.probe import probe

        return probe(self._settings.broker.url)


def make_active_policy(settings: Settings, store: Store) -> ActivePolicy:
    """The policy that decides, followed through the database. An empty one begins with the document that the settings name."""
    return ActivePolicy(store, own_addresses(settings).mailboxes, beginning(settings.policy.file))


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
    loops = frozenset({settings.service.domain.lower()})  # another mailgate's mail is no loop: its people may have written it
    return Ours(addresses=own.mailboxes, domains=own.domains, message_id_domains=own.domains, loop_values=loops)


def make_intake(
    settings: Settings,
    store: Store,
    notify: Callable[[str], None],
    *,
    reads_aside: bool = True,
    policy: Callable[[], Policy] | None = None,
) -> IntakeStage:
    """The intake stage. Its reader process is started with the first mail; without `reads_aside`, small mail is read in this one.

    `policy` is asked once for each batch; None: the active one.
    """
    from mailgate.inbound.intake.intake import IntakeStage
    from mailgate.inbound.intake.reader_process import read_near

    reader = _reader_process(settings)
    options = replace(
        _intake_options(settings),
        reader=reader.read_all if reads_aside else partial(read_near, process=reader, ours=ours(settings)),
        start_reader=reader.start if reads_aside else lambda: None,
        close_reader=reader.close,
        verifier=_verifier(settings) if settings.intake.authentication == "verify" else None,
    )
    asked = policy or make_active_policy(settings, store).current
    return IntakeStage(store, _finder(settings), asked, options, notify)


def make_backtest(settings: Settings, store: Store) -> Backtest[Any]:
    """What runs stored mail by two policies. Begins its readers when it runs."""
    from mailgate.backtest.backtest import Backtest
    from mailgate.runtime.replay_steps import ReplaySteps

    return Backtest(store, ReplaySteps(_finder(settings), _intake_options(settings), partial(_reader_process, settings)))


def _intake_options(settings: Settings) -> IntakeOptions:
    """How mail is decided. Nobody verifies, and small mail is read here, until the caller says otherwise."""
    from mailgate.inbound.guards.answer_gate import AnswerLimits
    from mailgate.inbound.guards.caps import CapLimits
    from mailgate.inbound.guards.case_breaker import CaseLimits
    from mailgate.inbound.intake.intake import IntakeOptions
    from mailgate.inbound.intake.reader_process import read_here
    from mailgate.rules.reachability import BounceLimits

    wanted, own = settings.intake, own_addresses(settings)
    return IntakeOptions(
        own_addresses=own.mailboxes,
        own_domains=own.domains,
        reader=partial(read_here, ours=ours(settings)),
        case_prefix=settings.service.case_prefix,
        default_language=settings.service.default_language,
        authserv_ids=frozenset(wanted.authserv_ids),
        authenticate=wanted.authentication != "off",
        relays=tuple(settings.smtp.trusted_from),
        reserved_names=frozenset({settings.service.company, settings.from_name}),
        hold_back=timedelta(seconds=settings.outbound.hold_back_s),
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


def _reader_process(settings: Settings) -> ReaderProcess:
    from mailgate.inbound.intake.reader_process import ReaderProcess, ReadingOptions

    return ReaderProcess(ReadingOptions(ours(settings), settings.intake.read_timeout_s, memory_bytes=settings.intake.read_memory_bytes))


def _finder(settings: Settings) -> CaseFinder:
    from mailgate.application.access import may_answer_by_mail
    from mailgate.inbound.intake.matcher import CaseFinder

    return CaseFinder(token_keys(settings), settings.service.case_prefix, may_answer_by_mail)


def _verifier(settings: Settings) -> Verifier:
    """Who verifies mail. Imported here, since who verifies nothing needs none of its libraries."""
    from mailgate.inbound.auth.resolver import DnsResolver, ResolverOptions
    from mailgate.inbound.auth.verify import Verifier, VerifyOptions

    wanted = settings.intake
    servers = tuple((server.host, server.port) for server in wanted.dns_servers)
    options = VerifyOptions(wanted.verify_timeout_s, trusted=tuple(settings.smtp.trusted_from))
    return Verifier(DnsResolver(ResolverOptions(wanted.dns_timeout_s, servers)), options)


def make_stages(settings: Settings, store: Store, policies: ActivePolicy, notify: Callable[[str], None]) -> Mapping[str, Stage]:
    """All stages of a worker by name, all by the same policy."""
    from mailgate.outbound import send_stage

    is_holiday(store.now().date())  # loads the calendar, which would hold up the first mail
    organisational(settings.service.domain)  # and the public suffixes, which would hold up the first flood
    notices, send = send_stage.make_stages(settings, store, token_keys(settings), notify, policies.recent)
    return {"intake": make_intake(settings, store, notify, policy=policies.current), "notices": notices, "send": send}


def make_gate(settings: Settings, clock: Clock, policy: Policy) -> SenderGate:
    """Who refuses legacy senders at RCPT, as this policy says until it is given another."""
    from mailgate.inbound.guards.sender_gate import PortalReply, SenderGate

    mailboxes = frozenset(map(str.lower, settings.support_addresses))
    service = settings.service
    domains = own_addresses(settings).domains
    portal = PortalReply(mailboxes, domains, service.portal_url, service.default_language, service.portal_name)
    return SenderGate(portal, clock, policy)


def make_listener(settings: Settings, store: Store, journal: GroupCommitJournal, senders: Senders) -> Listener:
    """The listener on all endpoints of the settings, not yet bound. Raises ConfigError for a certificate that cannot be used."""
    from mailgate.inbound.smtp.endpoint import ListenerOptions
    from mailgate.inbound.smtp.listener import Listener
    from mailgate.inbound.smtp.tls import server_context

    smtp = settings.smtp
    context = server_context(str(smtp.tls_cert), str(smtp.tls_key)) if smtp.tls_cert and smtp.tls_key else None
    options = ListenerOptions(
        settings.hostname,
        _endpoints(settings),
        context,
        proxy_from=tuple(smtp.proxy_from),
        lmtp_from=tuple(smtp.trusted_from),
        senders=senders,
    )
    recipients = own_recipients(own_addresses(settings))
    return Listener(options, _limits(settings), recipients, journal, _observer(), disk_space=_disk_space(store))


def _endpoints(settings: Settings) -> tuple[ListenAddress, ...]:
    from mailgate.inbound.smtp.endpoint import ListenAddress

    smtp, proxy = settings.smtp, bool(settings.smtp.proxy_from)
    return (
        *(ListenAddress(a.host, a.port, proxy=proxy) for a in smtp.listen),
        *(ListenAddress(a.host, a.port, tls="implicit", proxy=proxy) for a in smtp.listen_tls),
        *(ListenAddress(a.host, a.port, protocol="lmtp", proxy=proxy) for a in smtp.lmtp_listen),
        *((ListenAddress(protocol="lmtp", unix_path=str(smtp.lmtp_socket)),) if smtp.lmtp_socket else ()),
    )


def _limits(settings: Settings) -> limits.SmtpLimits:
    from mailgate.inbound.smtp import limits

    smtp = settings.smtp
    return replace(
        limits.SmtpLimits(),
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
        timeouts=replace(limits.ClientTimeouts(), command_s=smtp.command_timeout_s, session_s=smtp.session_timeout_s),
    )


def _disk_space(store: Store) -> Callable[[], DiskSpace] | None:
    """SQLite lies on a disk of ours; a PostgreSQL server watches its own."""
    from mailgate.inbound.smtp.admission import disk_space_of

    path = store.database.path
    return disk_space_of(str(Path(path).parent)) if path else None


_COUNTED: Mapping[str, str] = {
    "accepted": "accepted", "duplicate": "duplicates", "refused": "refused", "turned_away": "refused", "expired": "refused",
    "connected": "connections", "fault": "faults",
}  # fmt: skip


def _observer() -> Callable[[str, str], None]:
    from mailgate import metrics

    def observe(event: str, reason: str) -> None:
        if event in _COUNTED:
            metrics.count(_COUNTED[event], reason)

    return observe
