"""The peer of `end_to_end`: Roundup's mail gateway in process. Runs in a virtual environment of its own, without mailgate.

    python roundup_peer.py HOME SINK-PORT MAILS

makes a tracker from the template `classic` with SQLite, an issue with two people for each mail, and puts the mails (files `0`, `1`, ...
in the folder MAILS; the subject names the issue) through `MailGW.main` one after another. Each becomes a message on its issue, moves its
status and sends one mail to the sink. Prints the seconds as JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from pathlib import Path

from roundup import configuration, init, instance, mailgw, password
from roundup.scripts.roundup_mailgw import parse_arguments

PEOPLE = 200


def made(home: Path, sink_port: int, issues: int):
    """An open tracker with people and issues."""
    template = Path(sys.prefix, "share/roundup/templates/classic")
    config = configuration.CoreConfig()
    values = {
        "RDBMS_BACKEND": "sqlite", "ADMIN_EMAIL": "admin@firma.test", "MAIL_DOMAIN": "firma.test", "MAIL_HOST": "127.0.0.1",
        "MAIL_PORT": str(sink_port), "TRACKER_WEB": "http://firma.test/", "TRACKER_EMAIL": "support@firma.test", "LOGGING_LEVEL": "ERROR",
    }  # fmt: skip
    init.install(str(home), str(template))
    for name, value in values.items():
        config[name] = value
    config.save(str(home / "config.ini"))
    tracker = instance.open(str(home))
    tracker.init(password.Password("secret", config=tracker.config))
    fill(tracker, issues)
    return tracker


def fill(tracker, issues: int) -> None:
    """People, then an issue for each mail with two of them on its list."""
    db = tracker.open("admin")
    people = [db.user.create(username=f"person{n}", address=f"person{n}@kunde.example", roles="User") for n in range(PEOPLE)]
    for n in range(issues):
        db.issue.create(title=f"Feil {n}", nosy=[people[n % PEOPLE], people[(n + 1) % PEOPLE]])
    db.commit()
    db.close()


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("sink_port", type=int)
    parser.add_argument("mails", type=Path)
    given = parser.parse_args()
    mails = [path.read_bytes() for path in sorted(given.mails.iterdir(), key=lambda path: int(path.name))]
    tracker = made(given.home, given.sink_port, len(mails))
    _, arguments = parse_arguments([str(given.home)])
    gateway = getattr(tracker, "MailGW", mailgw.MailGW)(tracker, arguments)
    started_s, cpu_s = time.perf_counter(), time.process_time()
    for mail in mails:
        gateway.main(io.BytesIO(mail))
    print(json.dumps({"seconds": time.perf_counter() - started_s, "cpu_s": time.process_time() - cpu_s, "mails": len(mails)}))


if __name__ == "__main__":
    os.umask(0o077)
    main()
