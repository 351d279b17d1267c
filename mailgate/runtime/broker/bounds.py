"""What all brokers share: the queue's name and the bounds that keep a broker from delaying or filling anything. Constants only."""

from __future__ import annotations

QUEUE = "mailgate"
WAKEUP_MAX_AGE_MS = 60_000  # an older wakeup says nothing that the sweeper has not found by itself
SOCKET_TIMEOUT_S = 2.0
WAKEUPS_WAITING_MAX = 30  # nobody answers: more wakeups would only fill the broker's memory
