"""The sections of `mailgate.toml`: every key with its type, unit, default and meaning. Values only; nothing is read here.

Relative paths count from the folder of the settings file. docs/reference/settings.md is made from these descriptions.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from mailgate.config.values import (
    Accent,
    Addresses,
    BrokerUrl,
    Claim,
    DatabaseUrl,
    Domain,
    Endpoint,
    Endpoints,
    HttpUrl,
    IssuerUrl,
    LocalWord,
    Networks,
    OneLine,
    OptionalDomain,
    OptionalPath,
    SmarthostUrl,
    SmarthostUrls,
    Words,
    smarthost_endpoint,
)

EXAMPLE_DOMAIN = "example.test"
MIB = 1024 * 1024
DAY_S = 24 * 3600
MAX_DAYS = 3650
"""Ten years: longer times are typing errors, and the longest ones go past the end of the calendar."""
MOST = 2**31 - 1
"""Larger counts are typing errors, and databases cannot compare with the largest of them."""
Count = Annotated[int, Field(ge=1, le=MOST)]
CountOrNone = Annotated[int, Field(ge=0, le=MOST)]
Seconds = Annotated[float, Field(gt=0, le=MAX_DAYS * DAY_S, allow_inf_nan=False)]
Days = Annotated[int, Field(ge=0, le=MAX_DAYS)]
Percent = Annotated[int, Field(ge=1, le=100)]


MOVED = {
    ("intake", "reopen_days"): "workflow.reopen_days",
    ("intake", "answer_window_s"): "redirect.window_s",
    ("outbound", "window_s"): "notices.window_s",
}
"""Settings of earlier releases that moved to the policy document, and where each stands there."""


class SettingsSection(BaseModel):
    """One table of `mailgate.toml`. Frozen; unknown keys are refused; no text is taken for a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True, hide_input_in_errors=True)


class ServiceSection(SettingsSection):
    """Who we are: is in mails and links."""

    company: OneLine = Field("Supportweb", min_length=1, description="name of the company, as it stands in mails")
    domain: Domain = Field(EXAMPLE_DOMAIN, description="mail domain of the support addresses and of our Message-IDs")
    portal_name: OneLine = Field("supportweb", min_length=1, description="what the web portal is called in mails and answers")
    accent: Accent = Field("#00608a", description="colour of buttons and links in mails; must have a contrast of 4.5 to white")
    logo_file: OptionalPath = Field(None, description="PNG file of at most 40 KB that mails carry beside the company's name; empty: none")
    portal_url: HttpUrl = Field("https://supportweb.example.test", description="address of the case system's web portal")
    case_link: str = Field("{portal_url}/browse/{key}", description="link to one case; {portal_url} and {key} are filled in")
    default_language: Literal["nb", "nn", "en"] = Field("nb", description="language of mails to people whose language is not known")
    case_prefix: str = Field("SUP", pattern=r"^[A-Z][A-Z0-9]{0,9}$", description="letters before the number of a case key")

    @field_validator("case_link")
    @classmethod
    def _fillable(cls, value: str) -> str:
        left = value.replace("{portal_url}", "").replace("{key}", "")
        if "{key}" not in value or "{" in left or "}" in left:
            raise ValueError(f"{value!r} cannot be filled in; use {{portal_url}} and {{key}}, such as {{portal_url}}/browse/{{key}}")
        return value

    def link(self, key: str) -> str:
        """The web address of the case with this key."""
        return self.case_link.replace("{portal_url}", self.portal_url).replace("{key}", key)


class DatabaseSection(SettingsSection):
    """The only memory of the system."""

    url: DatabaseUrl = Field(
        "sqlite:///var/mailgate.db", repr=False, description="sqlite:///path or postgresql+psycopg://user:password@host/name"
    )
    pool_size: Count = Field(10, le=500, description="connections that one process holds at most (PostgreSQL)")


class BrokerSection(SettingsSection):
    """Wakeups between processes; may be lost at any time."""

    url: BrokerUrl = Field(
        "memory://", repr=False, description="memory:// (one process), redis://host:port/db or amqp://user:password@host:port"
    )


class SmtpSection(SettingsSection):
    """The listener and what one client may do."""

    listen: Endpoints = Field(
        (Endpoint("127.0.0.1", 2525),), description="addresses that speak SMTP, with STARTTLS when a certificate is set"
    )
    listen_tls: Endpoints = Field((), description="addresses that speak SMTP with TLS from the first byte")
    lmtp_listen: Endpoints = Field(
        (), description="addresses that speak LMTP (RFC 2033) with the mail servers of trusted_from, and with nobody else"
    )
    lmtp_socket: OptionalPath = Field(None, description="Unix socket that speaks LMTP with whoever may open it (mode 0660); empty: none")
    hostname: OptionalDomain = Field("", description="our name in the greeting; empty: service.domain")
    tls_cert: OptionalPath = Field(None, description="PEM file with the certificate and its chain")
    tls_key: OptionalPath = Field(None, description="PEM file with the private key; not readable by others")
    proxy_from: Networks = Field((), description="balancers that must send a PROXY header; its address counts as the client's")
    trusted_from: Networks = Field(
        (),
        description="mail servers in front of us: they have no limits per client, may speak LMTP, and their Received and "
        "Authentication-Results fields are believed; empty: nobody",
    )
    max_message_bytes: int = Field(25 * MIB, ge=1024, le=1024 * MIB, description="largest message; said in SIZE (RFC 1870)")
    max_data_total_bytes: int = Field(
        256 * MIB, ge=MIB, le=MIB * MIB, description="memory for all messages that are coming in; more is put off with 452"
    )
    max_recipients: Count = Field(100, description="recipients of one message")
    max_connections: Count = Field(6_000, description="connections of all clients together")
    max_client_connections: Count = Field(20, description="connections of one client address at a time")
    max_client_connections_per_minute: Count = Field(120, description="connections of one client address in a minute")
    max_client_messages_per_minute: Count = Field(300, description="messages of one client address in a minute")
    max_errors: Count = Field(5, description="refused commands before 421 and the end of the session")
    command_timeout_s: Seconds = Field(120.0, description="seconds to wait for the next command or data")
    session_timeout_s: Seconds = Field(1_200.0, description="seconds that one session may last")
    min_data_bytes_per_s: CountOrNone = Field(500, description="slowest rate in DATA; 0: any")
    min_free_disk_percent: int = Field(5, ge=0, le=90, description="free disk below which mail is put off with 452")
    stress_percent: Percent = Field(80, description="share of max_connections from which all timeouts are shorter")


class AddressBookSection(SettingsSection):
    """What we take mail for. All else is answered with 550 5.1.1."""

    support: Addresses = Field((), description="addresses that people write to, aliases too; empty: support@ service.domain")
    reply_mailbox: LocalWord = Field("support", max_length=15, description="word before the + of a reply address")
    reply_domain: OptionalDomain = Field(
        "", description="domain of bare reply addresses (token@reply_domain); empty: reply_mailbox+token@ service.domain"
    )
    bounce_mailbox: LocalWord = Field("bounce", max_length=8, description="word before the + of a return path")


class DeskSection(SettingsSection):
    """The daily mail to the desk: what waits for a person, as `mailgate todo` says it. On days with nothing to say there is none."""

    report_to: Addresses = Field((), description="addresses that get the list of `mailgate todo` once a day; empty: off")
    report_hour: int = Field(7, ge=0, le=23, description="hour from which the list is sent, in the time zone of the policy")
    report_language: Literal["", "nb", "nn", "en"] = Field("", description="language of the list; empty: service.default_language")


class SecretFileSection(SettingsSection):
    """Where the keys are. The values are never part of this file."""

    file: OptionalPath = Field("var/secrets.toml", description="TOML file, mode 0600, with the token keys and the smarthost's password")  # type: ignore[assignment]


class PolicyFileSection(SettingsSection):
    """The operators' policy."""

    file: OptionalPath = Field(
        None,
        description="policy document that an empty database begins with; empty: the one that is built in. "
        "Later ones come into force by `mailgate policy activate`",
    )


class IntakeSection(SettingsSection):
    """The stage that reads and decides."""

    batch: Count = Field(50, le=1_000, description="mails that a worker takes at a time")
    lease_s: Seconds = Field(60.0, ge=5, description="seconds after which another worker takes over what was not finished")
    max_attempts: Count = Field(3, le=100, description="tries before a mail is set aside as shunted")
    read_timeout_s: Seconds = Field(2.0, description="seconds to read one mail; then what is known is used")
    read_memory_bytes: int = Field(512 * MIB, ge=64 * MIB, le=MIB * MIB, description="memory to read one mail")
    authentication: Literal["off", "header", "verify"] = Field(
        "header",
        description="how authors are authenticated. header: the servers of authserv_ids; verify: they, and for all other mail "
        "mailgate itself (SPF, DKIM, DMARC, ARC; asks the DNS); off: nobody",
    )
    authserv_ids: Words = Field(
        (),
        description="names whose Authentication-Results are believed (RFC 8601), as set by our mail server in front, in mail that comes "
        "from smtp.trusted_from, from an LMTP client on a local socket, or by mailgate inject; from nobody else",
    )
    dns_servers: Endpoints = Field((), description="resolvers to ask when mailgate verifies, address:port; empty: those of the machine")
    dns_timeout_s: Seconds = Field(2.0, description="seconds to wait for one answer of the DNS")
    verify_timeout_s: Seconds = Field(5.0, description="seconds for all answers of the DNS that verifying one mail takes")
    answers_per_address_per_day: Count = Field(4, description="automatic answers of all kinds to one address in a day")
    answers_per_domain_per_hour: Count = Field(100, description="automatic answers to one domain in an hour")
    answers_per_hour: Count = Field(1_000, description="automatic answers to all in an hour")
    case_changes_per_hour: Count = Field(
        10, description="comments by mail on one case in an hour; more are kept as comments, but change no status and cause no notices"
    )
    case_changes_per_day: Count = Field(50, description="the same in a day, against slow loops")
    cases_per_address_per_day: Count = Field(20, description="cases that mail of one address makes in a day; more are held for a person")
    cases_per_domain_per_hour: Count = Field(100, description="cases that mail of one domain makes in an hour; more are held")
    cases_per_hour: Count = Field(500, description="cases that all mail makes in an hour; more are held")
    team_mails_per_hour: Count = Field(60, description="notify mails to one address in an hour; beyond that the team gets none")
    forwards_per_hour: Count = Field(500, description="mails that rules forward to one address in an hour; more are held for a person")


class BouncesSection(SettingsSection):
    """Mail of ours that comes back. A hard bounce suppresses its address at once; soft ones are counted, one for each mail."""

    soft_max: CountOrNone = Field(5, description="mails that came back softly before their address pauses; 0: it never does")
    soft_window_days: int = Field(14, ge=1, le=60, description="days in which they are counted")
    soft_pause_days: int = Field(7, ge=1, le=365, description="days that the address gets no mail then")


class OutboundSection(SettingsSection):
    """Notices and their delivery."""

    delivery: Literal["capture", "smtp"] = Field("capture", description="capture: mail stays in the database; smtp: it is sent")
    smarthost: SmarthostUrl = Field("smtp://127.0.0.1:25", description="the next hop, smtp://host:port")
    fallback_smarthosts: SmarthostUrls = Field(
        (), description="next hops to use, in order, while the one before takes nothing; with the same TLS, user and password"
    )
    tls: Literal["none", "opportunistic", "starttls", "implicit"] = Field(
        "opportunistic",
        description="TLS to the smarthost; opportunistic: when it is offered, whatever the certificate; starttls, implicit: always",
    )
    tls_verify: bool = Field(True, description="whether starttls and implicit check the smarthost's certificate (chain and name)")
    tls_ca_file: OptionalPath = Field(
        None, description="PEM file with the authorities for the smarthost's certificate; empty: the system's"
    )
    username: str = Field("", description="user at the smarthost; empty: no AUTH. The password stands in the secrets file")
    auth: Literal["password", "xoauth2"] = Field(
        "password",
        description="how we log in: password, or xoauth2 by a token (Microsoft 365 takes no passwords from the end of 2026). "
        "Its secret stands in the secrets file",
    )
    oauth_token_url: str = Field("", description="token endpoint for xoauth2, https://...")
    oauth_client_id: str = Field("", description="our client id at the token endpoint")
    oauth_scope: str = Field("", description="scope of the token, such as https://outlook.office365.com/.default")
    allow_unverified_auth: bool = Field(
        False, description="whether the password may be sent over TLS with a certificate that is not verified; never without TLS"
    )
    from_name: OneLine = Field("", description="display name of our mails; empty: service.company")
    dkim_selector: OptionalDomain = Field(
        "", description="selector of the key that the smarthost signs with; `mailgate doctor` looks it up"
    )
    hold_back_s: float = Field(
        30.0,
        ge=0,
        le=3600,
        description="seconds before mail about a change by staff is sent, and before a released mail is read again: until then it "
        "can be taken back. At least the window of the policy's notices",
    )
    batch: Count = Field(50, le=1_000, description="mails that a worker takes at a time")
    connections: int = Field(2, ge=1, le=50, description="connections of one process to the smarthost")
    domain_connections: CountOrNone = Field(0, description="connections for one recipient domain; 0: one less than all of them")
    domain_per_minute: CountOrNone = Field(0, description="mails of one process to one recipient domain in a minute; 0: any number")
    lease_s: Seconds = Field(
        60.0, ge=15, description="seconds after which another worker takes over what was not finished; a try that lasts prolongs it"
    )
    expires_after_s: Seconds = Field(
        5.0 * DAY_S, ge=60, description="seconds after which a deferred mail has failed (RFC 5321 section 4.5.4.1)"
    )
    retry_first_s: Seconds = Field(60.0, description="seconds to the second try; doubled for each one more")
    retry_max_s: Seconds = Field(4 * 3600.0, description="longest pause between two tries")
    templates_dir: OptionalPath = Field(
        None, description="folder with templates and words that replace built-in ones; empty: built-in only"
    )

    @property
    def smarthost_endpoint(self) -> Endpoint:
        """Host and port of the next hop."""
        return smarthost_endpoint(self.smarthost)

    @property
    def fallback_endpoints(self) -> tuple[Endpoint, ...]:
        """Host and port of the next hops that stand in for it."""
        return tuple(map(smarthost_endpoint, self.fallback_smarthosts))


class DkimSection(SettingsSection):
    """Keys that sign our mail; `mailgate dkim` makes them and prints the DNS records. Without keys mail is not signed here."""

    domain: OptionalDomain = Field("", description="domain that signs: that of our support address or one above it; empty: service.domain")
    selector: Domain = Field("mailgate", description="where the RSA key is published: selector._domainkey.domain")
    rsa_key: OptionalPath = Field(None, description="PEM file with an RSA key of 2048 to 4096 bits, not readable by others")
    ed25519_key: OptionalPath = Field(
        None, description="PEM file with an Ed25519 key, published at selector-ed25519; signs beside the RSA key, never alone"
    )

    @property
    def ed25519_selector(self) -> str:
        """Where the Ed25519 key is published: one name has one key (RFC 6376 section 3.6.2.2)."""
        return f"{self.selector}-ed25519"


class WorkerSection(SettingsSection):
    """The processes that run intake, notices and sending."""

    processes: Count = Field(1, le=64, description="processes of `mailgate worker`")
    sweep_interval_s: float = Field(5.0, ge=0.1, le=300, description="seconds between two searches for due rows that no wakeup announced")
    stop_timeout_s: Seconds = Field(30.0, description="seconds to finish running work at a stop")


class RetentionSection(SettingsSection):
    """How long what people wrote, and who they are, is kept, in days; 0: for ever. Held, shunted and pending mail is never removed, nor
    the count of what happened. docs/howto/personal-data.md says why these are the defaults.
    """

    raw_days: Days = Field(180, description="bytes of finished mail, in and out; at least 8. Attachments of comments stay")
    journal_days: Days = Field(365, description="who sent finished mail, from where and about what; backtests and reports look at it")
    outbox_days: Days = Field(365, description="to whom mail was sent, and what servers answered")
    case_days: Days = Field(1825, description="what was said in a case, with its files, counted from the last change of a closed case")
    audit_days: Days = Field(1825, description="who changed what")


class MetricsSection(SettingsSection):
    """Prometheus metrics, health and readiness over HTTP. Meant for loopback or an inner network."""

    listen: Endpoints = Field(
        (Endpoint("127.0.0.1", 9125),),
        max_length=1,
        description="address of /metrics, /health and /ready; process n of a worker takes port + n; empty list: off",
    )


class WebSection(SettingsSection):
    """The pages: supportweb. Served by a separate process, which `mailgate run` starts, too."""

    listen: Endpoints = Field(
        (Endpoint("127.0.0.1", 8080),),
        max_length=1,
        description="address of the pages, for a proxy that speaks https or with tls_cert; empty: off",
    )
    trusted_proxies: Networks = Field((), description="proxies whose X-Forwarded-For and X-Forwarded-Proto are believed")
    tls_cert: OptionalPath = Field(None, description="PEM file with the certificate and its chain, where there is no proxy in front")
    tls_key: OptionalPath = Field(None, description="PEM file with the private key; not readable by others")
    threads: Count = Field(8, le=200, description="requests that run at the same time; more than database.pool_size are of no use")
    stop_timeout_s: Seconds = Field(10.0, description="seconds to finish running requests at a stop")
    staff_second_factor: Literal["optional", "required"] = Field(
        "optional", description="whether staff who log in with a password must have a second factor (an app's codes)"
    )


class OpenIdSection(SettingsSection):
    """Log in for staff at the company's OpenID provider (OpenID Connect Core 1.0). Its client secret is in the secrets file."""

    issuer: IssuerUrl = Field("", description="the provider's address, such as https://login.firma.example/realms/main; empty: off")
    client_id: str = Field("", description="our client id at the provider; its redirect address is portal_url/login/openid/callback")
    label: OneLine = Field("OpenID", min_length=1, description="the provider's name on the button")
    groups_claim: Claim = Field("groups", description="claim that lists the groups of the user")
    agent_groups: Words = Field((), description="groups whose members are agents")
    operator_groups: Words = Field((), description="groups whose members are operators")
    admin_groups: Words = Field((), description="groups whose members are administrators; all three empty: roles are given here")


class LogSection(SettingsSection):
    """The log goes to standard error, one line for each change of state."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is written")
    format: Literal["json", "console"] = Field("json", description="json: one object per line; console: for people")


class Sections(BaseModel):
    """All of `mailgate.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True, hide_input_in_errors=True)

    service: ServiceSection = Field(default_factory=ServiceSection)
    database: DatabaseSection = Field(default_factory=DatabaseSection)
    broker: BrokerSection = Field(default_factory=BrokerSection)
    smtp: SmtpSection = Field(default_factory=SmtpSection)
    addresses: AddressBookSection = Field(default_factory=AddressBookSection)
    desk: DeskSection = Field(default_factory=DeskSection)
    secrets: SecretFileSection = Field(default_factory=SecretFileSection)
    policy: PolicyFileSection = Field(default_factory=PolicyFileSection)
    intake: IntakeSection = Field(default_factory=IntakeSection)
    bounces: BouncesSection = Field(default_factory=BouncesSection)
    outbound: OutboundSection = Field(default_factory=OutboundSection)
    dkim: DkimSection = Field(default_factory=DkimSection)
    worker: WorkerSection = Field(default_factory=WorkerSection)
    retention: RetentionSection = Field(default_factory=RetentionSection)
    metrics: MetricsSection = Field(default_factory=MetricsSection)
    web: WebSection = Field(default_factory=WebSection)
    openid: OpenIdSection = Field(default_factory=OpenIdSection)
    log: LogSection = Field(default_factory=LogSection)
