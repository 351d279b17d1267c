"""A real vacation responder: Debian's `vacation`, fed as a mail server's local delivery does. In: a mail with its envelope. Out: its reply.

The program hands its reply to /usr/sbin/sendmail. Here that is a script, bound over the real one in a mount namespace of the process's own,
which keeps arguments and mail. Needs root, as the tests of Postfix do.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.processes.servers import program

_SENDMAIL = '#!/bin/sh\necho "$@" >"{folder}/arguments"\ncat >"{folder}/reply"\n'
_RUN = 'mount --bind "$1" /usr/sbin/sendmail || exit 70; shift; exec "$@"'
_WORDS = "From: {owner}\nSubject: Borte: $SUBJECT\n\nJeg er bortreist til 4. januar og leser ikke e-post.\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """What it sends: to whom, under which reverse-path, and the mail with CRLF line ends."""

    reverse_path: str
    recipient: str
    raw: bytes


class Vacation:
    """The responder of one mailbox. It answers each time (interval 0, which its manual calls dangerous): nothing but marks stop it."""

    def __init__(self, owner: str, folder: Path) -> None:
        self.owner, self.folder, self._count = owner, folder, 0
        self._program = program("vacation", "vacation")
        folder.mkdir(parents=True, exist_ok=True)
        sendmail = folder / "sendmail"
        sendmail.write_text(_SENDMAIL.format(folder=folder))
        sendmail.chmod(0o755)
        (folder / "words").write_text(_WORDS.format(owner=owner))
        subprocess.run([self._program, "-f", str(folder / "seen"), "-i", "-r", "0", "root"], check=True, timeout=30)

    def deliver(self, raw: bytes, reverse_path: str) -> Reply | None:
        """Give it a mail as local delivery would, with the reverse-path in the From line; its reply, None when it keeps silent."""
        for name in ("arguments", "reply"):
            (self.folder / name).unlink(missing_ok=True)
        envelope = f"From {reverse_path or 'MAILER-DAEMON'} Mon Nov 23 08:00:00 2026\n".encode()
        command = [self._program, "-d", "-f", str(self.folder / "seen"), "-m", str(self.folder / "words")]
        inside = ["unshare", "--mount", "sh", "-c", _RUN, "sh", str(self.folder / "sendmail")]
        done = subprocess.run(
            [*inside, *command, "-a", self.owner.partition("@")[0], "root"],
            input=envelope + raw.replace(b"\r\n", b"\n"), capture_output=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done
        if not (self.folder / "reply").exists():
            return None
        self._count += 1
        recipient = (self.folder / "arguments").read_text().split("--")[-1].strip()
        marks = f"Message-ID: <borte-{self._count}@{self.owner.partition('@')[2]}>\n".encode()
        return Reply(self.owner, recipient, (marks + (self.folder / "reply").read_bytes()).replace(b"\n", b"\r\n"))
