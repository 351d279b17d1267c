"""Settings: the only reader of settings files and of the environment. In: a path and the environment. Out: `Settings`, checked.

`load` refuses with one ConfigError that names file and line or the variable. It writes nothing but a fresh secrets file, and that only
when all else is right and the embedded default has none yet.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mailgate import killpoint
from mailgate.config import checks, secret_file, signing_keys
from mailgate.config.document import SettingsDocument, read, section_model, suggest
from mailgate.config.secret_file import Secrets
from mailgate.config.sections import (
    MOVED,
    AddressBookSection,
    BouncesSection,
    BrokerSection,
    DatabaseSection,
    DeskSection,
    DkimSection,
    IntakeSection,
    LogSection,
    MetricsSection,
    OpenIdSection,
    OutboundSection,
    PolicyFileSection,
    RetentionSection,
    SecretFileSection,
    Sections,
    ServiceSection,
    SmtpSection,
    WebSection,
    WorkerSection,
)
from mailgate.config.signing_keys import SigningKeys
from mailgate.config.values import Endpoint, Network
from mailgate.errors import ConfigError
from mailgate.masking import without_password

__all__ = ["Endpoint", "Network", "Secrets", "Settings", "find", "is_named", "load", "without_password"]
FILE_NAME = "mailgate.toml"
SYSTEM_FILE = Path("/etc/mailgate") / FILE_NAME
URLS = frozenset({"url", "smarthost", "portal_url"})
"""Keys whose value may hold a password: an error does not repeat it."""


@dataclass(frozen=True)
class Settings:
    """All settings of one process. Sections hold what `mailgate.toml` says; the properties say what follows from it."""

    service: ServiceSection
    database: DatabaseSection
    broker: BrokerSection
    smtp: SmtpSection
    addresses: AddressBookSection
    desk: DeskSection
    secrets: SecretFileSection
    policy: PolicyFileSection
    intake: IntakeSection
    bounces: BouncesSection
    outbound: OutboundSection
    dkim: DkimSection
    worker: WorkerSection
    retention: RetentionSection
    metrics: MetricsSection
    web: WebSection
    openid: OpenIdSection
    log: LogSection
    vault: Secrets
    signing: SigningKeys
    file: Path | None = None
    kill_spec: str = ""

    @property
    def hostname(self) -> str:
        """Our name in greetings and trace lines."""
        return self.smtp.hostname or self.service.domain

    @property
    def support_addresses(self) -> tuple[str, ...]:
        """The addresses that people write to, in lower case, the main one first."""
        return self.addresses.support or (f"support@{self.service.domain}",)

    @property
    def mailboxes(self) -> frozenset[str]:
        """All plain addresses that we take mail for, the one of reply addresses (without its token) included."""
        return frozenset({*self.support_addresses, f"{self.addresses.reply_mailbox}@{self.service.domain}"})

    @property
    def from_name(self) -> str:
        """Display name of our mails."""
        return self.outbound.from_name or self.service.company

    @property
    def has_own_portal(self) -> bool:
        """Whether the pages that links in mails open are ours, and not those of another case system."""
        return bool(self.web.listen) and self.service.case_link == ServiceSection().case_link

    @property
    def signing_domain(self) -> str:
        """The domain that signs our mail."""
        return self.dkim.domain or self.service.domain

    @property
    def believed(self) -> dict[str, str]:
        """Who is believed for what, for people: nothing is believed that no setting names."""
        servers = ", ".join(map(str, self.smtp.trusted_from)) or "nobody"
        balancers = ", ".join(map(str, self.smtp.proxy_from)) or "nobody"
        results = ", ".join(self.intake.authserv_ids) if self.intake.authentication != "off" else ""
        return {
            "mail servers in front (Received, LMTP, no limits per client)": servers,
            "LMTP without a named client": f"programs that may open {self.smtp.lmtp_socket}" if self.smtp.lmtp_socket else "nobody",
            "PROXY header": balancers,
            "Authentication-Results": f"{results} in mail from these servers" if results else "nobody",
            "SPF, DKIM, DMARC and ARC": "verified here" if self.intake.authentication == "verify" else "not verified here",
        }

    @property
    def sqlite_file(self) -> Path | None:
        """The database's file; None on PostgreSQL."""
        url = self.database.url
        return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:") else None

    @property
    def lacks_database(self) -> bool:
        """Whether the database is a file that is not there yet. Where we may not look it may be: opening it says what is wrong."""
        try:
            return self.sqlite_file is not None and not self.sqlite_file.exists()
        except OSError:
            return False

    def require_database(self) -> None:
        """Raise ConfigError for a file that is not there yet: opening it would make an empty one, which looks like an installation."""
        if self.lacks_database:
            made = "mailgate db upgrade makes it, and so does mailgate run"
            raise ConfigError(f"there is no database {self.sqlite_file} yet", file=str(self.file or ""), hint=made)

    @property
    def embedded(self) -> bool:
        """Whether all parts must run in one process."""
        return self.broker.url.startswith("memory:")


def process_environment() -> Mapping[str, str]:
    """The variables that this process was given: the one place that reads them."""
    return dict(os.environ)


def find(environment: Mapping[str, str], folder: Path) -> Path | None:
    """The settings file to use when none is named: `MAILGATE_CONFIG`, else `mailgate.toml` in `folder`, else the system's, else none."""
    named = environment.get("MAILGATE_CONFIG", "")
    if named:
        return Path(named)
    here = folder / FILE_NAME
    return here if _can_be_seen(here) else SYSTEM_FILE if SYSTEM_FILE.exists() else None


def _can_be_seen(file: Path) -> bool:
    """False also in a folder that we may not enter, such as root's own when root types `sudo -u mailgate mailgate`."""
    try:
        return file.exists()
    except PermissionError:
        return False


_SECRETS_GONE = (
    "put it back from where mailgate backup --secrets copied it; mailgate init in an empty folder makes another one, "
    "with which replies to older notices are not recognised"
)


def is_named(environment: Mapping[str, str]) -> bool:
    """Whether the environment says which database is meant, so that no file has to (as in a container)."""
    return bool(environment.get("MAILGATE_DATABASE__URL"))


def load(path: Path | None, environment: Mapping[str, str], *, make_secrets: bool = True) -> Settings:
    """Read, check and complete the settings. `path` None means defaults and environment only.

    With `make_secrets` a missing secrets file of the default name is made (mode 0600); without it, keys that end with the process are used.
    Raises ConfigError: one line, with the place and what to do.
    """
    document = read(path, environment)
    base = path.parent.absolute() if path else Path.cwd()
    try:
        sections = Sections.model_validate(document.values, context={"base": base})
    except ValidationError as error:
        raise _first_problem(document, error) from None
    checks.run(document, sections)
    kill_spec = _kill_spec(environment.get("MAILGATE_KILL", ""))
    signing = signing_keys.load(document, sections.dkim.rsa_key, sections.dkim.ed25519_key)
    no_installation = path is None and not make_secrets  # such as of init, wherever it is typed
    vault = _secrets(document, sections, make_secrets, there=_can_be_seen if no_installation else secret_file.is_there)
    named = {name: getattr(sections, name) for name in Sections.model_fields}
    return Settings(**named, vault=vault, signing=signing, file=path, kill_spec=kill_spec)


def _secrets(document: SettingsDocument, sections: Sections, make: bool, there: Callable[[Path], bool]) -> Secrets:
    path = sections.secrets.file
    if path is None:
        document.fail("secrets", "file", "secrets.file is empty", "name a file; mailgate init makes one")
    if there(path):
        vault = secret_file.load(path)
    elif document.values["secrets"].get("file"):
        document.fail("secrets", "file", f"secrets.file {path} does not exist", _SECRETS_GONE)
    else:
        vault = secret_file.create(path) if make else secret_file.passing()
    if sections.outbound.username and not vault.smarthost_password:
        document.fail("outbound", "username", "outbound.username has no password", f"set smarthost_password in {path}")
    if sections.openid.issuer and not vault.openid_client_secret:
        document.fail("openid", "issuer", "openid.issuer has no client secret", f"set openid_client_secret in {path}")
    return vault


def _kill_spec(text: str) -> str:
    step, colon, count = text.partition(":")
    if text and (step not in killpoint.STEPS or (colon and not (count.isascii() and count.isdigit() and int(count) > 0))):
        raise ConfigError(f"{text[:40]!r} is no kill point", file="MAILGATE_KILL", hint=suggest(step, sorted(killpoint.STEPS), "steps are"))
    return text


def _first_problem(document: SettingsDocument, error: ValidationError) -> ConfigError:
    """The first thing that is wrong, as one line at its place."""
    problem = error.errors(include_url=False, include_input=True)[0]
    section, key = str(problem["loc"][0]), str(problem["loc"][1]) if len(problem["loc"]) > 1 else ""
    what, hint = _words(section, key, dict(problem))
    try:
        document.fail(section, key, what, hint)
    except ConfigError as found:
        return found


def _words(section: str, key: str, problem: Mapping[str, Any]) -> tuple[str, str]:
    name, kind, context = f"{section}.{key}", problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(section, key)
    if kind == "value_error":
        what, _, hint = str(context["error"]).partition("; ")
        return f"{name}: {what}", hint
    shown = "what stands there" if key in URLS else _as_written(problem.get("input"))[:60]
    return f"{name} must be {_wanted(kind, context)}, not {shown}", ""


def _wanted(kind: str, context: Mapping[str, Any]) -> str:
    """What pydantic wanted instead of a value, in words. `kind`, `context`: `type` and `ctx` of its error."""
    return {
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "finite_number": "a finite number",
        "bool_type": "true or false",
        "string_type": "a text in quotes",
        "tuple_type": 'a list of texts, such as ["a", "b"]',
        "is_instance_of": "a text in quotes",
        "dataclass_type": "a text in quotes",
        "dataclass_exact_type": "a text in quotes",
        "greater_than_equal": f"{context.get('ge')} or more",
        "greater_than": f"more than {context.get('gt')}",
        "less_than_equal": f"{context.get('le')} or less",
        "literal_error": f"one of {context.get('expected')}",
        "string_too_short": "a text that is not empty",
        "string_too_long": f"{context.get('max_length')} characters or fewer",
        "too_long": f"a list of {context.get('max_length')} or fewer",
        "string_pattern_mismatch": "capital letters and digits, such as SUP",
    }.get(kind, "something else")


def _as_written(value: object) -> str:
    """A value as TOML writes it, so that the operator finds it; not as Python does."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | time) else repr(value)


def _unknown(section: str, key: str) -> tuple[str, str]:
    if (section, key) in MOVED:
        return f"{section}.{key} is no setting any more", f"the policy says it, as {MOVED[section, key]}; take the line out"
    if "password" in key or "secret" in key:
        return f"unknown key {section}.{key}", "secrets stand in the file that secrets.file names"
    elsewhere = [name for name in Sections.model_fields if key in section_model(name).model_fields]
    if elsewhere:
        return f"unknown key {section}.{key}", f"{key} belongs in [{elsewhere[0]}]"
    return f"unknown key {section}.{key}", suggest(key, section_model(section).model_fields, f"keys of [{section}] are")
