"""Several smarthosts in order: mail goes to the first that works. In: one mail at a time. Out: the answer of the one that was asked last.

A host that takes no session, ends one with 421, or is silent about several domains rests (a circuit breaker), longer each time. After its
rest it is half-open: one mail at a time tries it until one gets an answer. A mail goes to the next host only when the one before surely has
not taken it. It must never repeat an `uncertain` mail.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from mailgate import log
from mailgate.clock import monotonic_s
from mailgate.outbound.outgoing_message import OutgoingMessage
from mailgate.outbound.queue.schedule import Backoff
from mailgate.outbound.smarthost import Confirm
from mailgate.outbound.smarthost_session import SubmitResult

_log = log.get("smarthost")


class Host(Protocol):
    """One next hop, as `Smarthost`."""

    @property
    def name(self) -> str:
        """`host:port`."""
        ...

    def submit(self, message: OutgoingMessage, confirm: Confirm) -> SubmitResult:
        """Try to send one mail."""
        ...

    def close(self) -> None:
        """Close kept connections."""
        ...


_ALL_ON_TRIAL = SubmitResult("deferred", "connect", text="each smarthost rests, and is tried by another mail", lost=True, session=True)


@dataclass(slots=True)
class _Breaker:
    """A host. `on_trial`: a mail finds out whether it works again, so that no other mail is given to it."""

    host: Host
    backoff: Backoff = field(default_factory=Backoff)
    on_trial: bool = False


class Failover:
    """Safe to use from several threads."""

    def __init__(self, hosts: Sequence[Host], now_s: Callable[[], float] = monotonic_s) -> None:
        self._breakers, self._now_s = [_Breaker(host) for host in hosts], now_s
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The host that the next mail goes to."""
        return self._in_turn()[0].host.name

    def submit(self, message: OutgoingMessage, confirm: Confirm) -> SubmitResult:
        """Try to send one mail, by the next host when one takes no session. Raises what `Smarthost.submit` raises."""
        answer = replace(_ALL_ON_TRIAL, host=self.name)
        for breaker in self._in_turn():
            with self._lock:
                is_trial = breaker.backoff.failing
                if is_trial and breaker.on_trial:
                    continue
                breaker.on_trial |= is_trial
            answer = self._try(breaker, is_trial, message, confirm)
            if not answer.session:
                break
        return answer

    def _try(self, breaker: _Breaker, is_trial: bool, message: OutgoingMessage, confirm: Confirm) -> SubmitResult:
        try:
            answer = replace(breaker.host.submit(message, confirm), host=breaker.host.name)
            if answer.session or (is_trial and answer.lost):
                self._failed(breaker, answer.text)
            elif is_trial or answer.fate == "sent":
                with self._lock:
                    breaker.backoff.succeeded()
            return answer
        finally:
            if is_trial:
                with self._lock:
                    breaker.on_trial = False

    def trip(self, host: str) -> bool:
        """Let this host rest: it answers nothing for several domains. True when another one can go on."""
        for breaker in self._breakers:
            if breaker.host.name == host:
                self._failed(breaker, "no reply for several domains")
        return not self._pausing(self._in_turn()[0])

    def close(self) -> None:
        """Close the connections of all hosts."""
        for breaker in self._breakers:
            breaker.host.close()

    def _in_turn(self) -> list[_Breaker]:
        """The hosts that do not rest and are not on trial, in order; all of them when there is none: the stage rests itself then."""
        awake = [breaker for breaker in self._breakers if not (self._pausing(breaker) or breaker.on_trial)]
        return awake or self._breakers

    def _pausing(self, breaker: _Breaker) -> bool:
        with self._lock:
            return breaker.backoff.pausing(self._now_s())

    def _failed(self, breaker: _Breaker, reason: str) -> None:
        with self._lock:
            if breaker.backoff.pausing(self._now_s()):
                return
            pause_s = breaker.backoff.failed(self._now_s())
        _log.warning("smarthost_rests", host=breaker.host.name, pause_s=pause_s, reason=reason)
