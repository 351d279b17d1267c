"""Reads hostile inputs by name, each in a process of its own with hard limits. One name per line in, one JSON object per line out."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

from mailgate.mail.read import read
from tests.support.harness.pace import at_rest
from tests.unit.mail.hostile.hostile_inputs import HOSTILE

CPU_S = 10
MEMORY_BYTES = 512 * 1024 * 1024


def _one(name: str) -> dict[str, object]:
    raw = HOSTILE[name]()
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    used_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used_bytes + MEMORY_BYTES, used_bytes + MEMORY_BYTES))
    start_s = time.process_time()
    mail = read(raw)
    took_s = time.process_time() - start_s
    return {
        "cpu_s": at_rest(took_s),
        "grown_mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024,
        "size_bytes": mail.size_bytes,
        "defects": mail.defects,
        "kind": mail.kind,
        "doubtful": mail.identity_doubtful,
        "text": mail.text[:200],
        "subject": mail.subject[:2_000],
        "to": len(mail.to),
        "references": [len(mail.references), *mail.references[:1], *mail.references[-1:]],
        "attachments": [one.filename for one in mail.attachments[:20]],
    }


def _forked(name: str) -> dict[str, object]:
    """The answer of a child, or how it died."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(CPU_S * 3)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        os.write(writer, json.dumps(_one(name)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(answer) if answer and status == 0 else {"died": status}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(_forked(line.strip())), flush=True)
