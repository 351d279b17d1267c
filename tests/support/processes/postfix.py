"""A private Postfix: own configuration, queue and data folders under a temporary folder, loopback only, log in a file.

It runs as Debian packages it (users postfix and postdrop), without chroot, and beside any Postfix of the machine. Needs root, as
`postfix start` does.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.support.waiting import answers, until

SENDMAIL = "/usr/sbin/sendmail"
START_S = 20.0

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
meta_directory = /etc/postfix
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.front.test
mydomain = front.test
mynetworks = 127.0.0.0/8
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
local_transport = error:no local mail here
smtp_host_lookup = native
smtp_dns_support_level = disabled
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_client_restrictions =
smtputf8_enable = yes
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
address_verify_poll_delay = 1s
transport_retry_time = 1s
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
local     unix  - n n - - local
virtual   unix  - n n - - virtual
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """One instance. `settings` go into main.cf after the base above (the last one wins); `texts` are further files of its folder.

    In settings and texts `{home}` is the instance's folder. Texts that settings name as `hash:{home}/conf/<name>` are indexed at the start.
    """

    def __init__(self, port: int, settings: Mapping[str, str] | str, texts: Mapping[str, str] | None = None, master: str = "") -> None:
        self.port = port
        self.home = Path(tempfile.mkdtemp(prefix="pf-", dir="/tmp"))
        self.home.chmod(0o755)  # the postfix user must get through; folders of pytest are closed to others
        for name in ("conf", "queue", "data", "mail"):
            (self.home / name).mkdir()
        shutil.chown(self.home / "data", "postfix")
        self.log_file = self.home / "mail.log"
        self._write(settings, texts or {}, master)

    def __enter__(self) -> Postfix:
        self._postfix("start")
        until(lambda: answers(self.port), START_S, "Postfix listens", detail=self.log)
        return self

    def __exit__(self, *_: object) -> None:
        self._postfix("stop", check=False)
        shutil.rmtree(self.home, ignore_errors=True)

    def configure(self, lines: str) -> None:
        """Run lines as an administrator types them into a shell on its host, `postfix reload` included."""
        done = subprocess.run(
            ["sh", "-eu"],
            input=lines,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "MAIL_CONFIG": str(self.home / "conf")},
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def submit(self, raw: bytes, reverse_path: str, *recipients: str) -> None:
        """Put a mail into its queue, over SMTP with swaks, as a client would. `raw` has CRLF line ends."""
        mail = self.home / "mail" / "submit.eml"
        mail.write_bytes(raw.replace(b"\r\n", b"\n"))
        envelope = ["--from", reverse_path or "<>", "--to", ",".join(recipients)]
        done = subprocess.run(
            ["swaks", "--server", f"127.0.0.1:{self.port}", *envelope, "--data", f"@{mail}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def flush(self) -> None:
        """Try all deferred mail again now."""
        self._tool("postqueue", "-f")

    def waiting(self) -> int:
        """Mails in its queue."""
        return len(re.findall(r"^[0-9A-Za-z]{6,}[*!]?\s", self._tool("postqueue", "-p"), re.MULTILINE))

    def log(self) -> str:
        """All it has logged."""
        return self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""

    def wait_for_log(self, pattern: str, timeout_s: float = 20.0) -> str:
        """The first line of the log that matches, waited for."""
        line = re.compile(rf"^.*(?:{pattern}).*$", re.MULTILINE)
        found = until(lambda: line.search(self.log()), timeout_s, f"Postfix logs {pattern!r}", detail=self.log)
        return found.group(0)

    def _write(self, settings: Mapping[str, str] | str, texts: Mapping[str, str], master: str) -> None:
        conf = self.home / "conf"
        added = settings if isinstance(settings, str) else "".join(f"{key} = {value}\n" for key, value in settings.items())
        main = _MAIN.format(home=self.home) + added.replace("{home}", str(self.home))
        (conf / "main.cf").write_text(main)
        (conf / "master.cf").write_text(_MASTER.format(port=self.port) + master.replace("{home}", str(self.home)))
        for name, text in texts.items():
            (conf / name).write_text(text.replace("{home}", str(self.home)))
        for name in re.findall(rf"hash:{re.escape(str(conf))}/(\S+)", main):
            self._tool("postmap", f"hash:{conf / name.rstrip(',')}")

    def _postfix(self, verb: str, *, check: bool = True) -> None:
        done = subprocess.run(["postfix", "-c", str(self.home / "conf"), verb], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0 or not check, f"postfix {verb}: {done.stdout}{done.stderr}\n{self.log()}"

    def _tool(self, name: str, *arguments: str) -> str:
        environment = {**os.environ, "MAIL_CONFIG": str(self.home / "conf")}
        command = [name, "-c", str(self.home / "conf"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30, env=environment).stdout
