"""What a running process reloads at SIGHUP: certificates and log level. In: the current settings on disk. Out: the log.

A mistake in the settings changes nothing: the process goes on with what it has. All other keys count at the next start, and are named.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from mailgate import config as reader
from mailgate import log
from mailgate.config import Settings
from mailgate.config.sections import Sections
from mailgate.errors import MailgateError
from mailgate.runtime import service_manager

LOG_KEYS = frozenset({"log.level", "log.format"})
UseCertificate = Callable[[str, str], None]

_log = log.get("process")


def wait_to_reload() -> None:
    """SIGHUP waits from now on: one that comes while a process starts must not end it. Threads and children begin with this, too."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])


def ready_to_reload() -> None:
    """SIGHUP reaches its handler from now on, also one that has waited."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGHUP])


def reload(settings: Settings, keys: tuple[str, str], use_certificate: UseCertificate | None) -> bool:
    """Read the settings again and take in what can be; whether they were good.

    `keys`: the settings of the certificate and its key. `use_certificate` gets the two files; None for a process without TLS.
    """
    service_manager.tell("RELOADING=1")
    try:
        new = reader.load(settings.file, reader.process_environment())
        certificate, key = (_value(new, name) for name in keys)
        if use_certificate and isinstance(certificate, Path) and isinstance(key, Path):
            use_certificate(str(certificate), str(key))
    except MailgateError as error:
        _log.error("reload_refused", error=str(error))
        return False
    finally:
        service_manager.tell("READY=1")
    log.configure(new.log.level, new.log.format, colours=not reader.process_environment().get("NO_COLOR"))
    taken = LOG_KEYS | (set(keys) if use_certificate else set())
    _log.warning("reloaded", restart_for=changed(settings, new, taken))
    return True


def changed(old: Settings, new: Settings, taken: Collection[str] = ()) -> Sequence[str]:
    """The keys, as `section.key`, that count at the next start only."""
    names = [f"{section}.{key}" for section in Sections.model_fields for key in type(getattr(new, section)).model_fields]
    return [name for name in names if name not in taken and _value(old, name) != _value(new, name)]


def _value(settings: Settings, name: str) -> object:
    section, _, key = name.partition(".")
    return getattr(getattr(settings, section), key)
