"""Fuzzing led by coverage: atheris (libFuzzer) on reader, header decoder, replies, bounces and verifiers. `make fuzz` runs it.

    python -m tests.fuzz.guided [reader|header|reply|report|origin]...

Seeds are the golden mails. MAILGATE_FUZZ_S seconds in all (default 60), shared by the targets named, or by all five. What raises, hangs for
30 s or takes more than 2 GiB is kept in build/fuzz/<target>/ and makes the exit code 1; put it into the tests with its mend.
Without atheris (it has no build for each Python) it says so and does nothing.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "fuzz"
CHECKS = {"reader": "check_mail", "header": "check_header", "reply": "check_reply", "report": "check_report", "origin": "check_origin"}
HANG_S = 30
MEMORY_MIB = 2_048
MAX_BYTES = 32_768
# What libFuzzer puts into inputs: the words that the grammars turn on.
WORDS = (
    *(
        "From: ",
        "Subject: ",
        "Content-Type: multipart/mixed; boundary=b",
        "--b",
        "--b--",
        "=?utf-8?q?",
        "=?utf-8?b?",
        "?=",
        "\\x0d\\x0a\\x0d\\x0a",
    ),
    *("filename*0*=utf-8''%", "Content-Transfer-Encoding: base64", "quoted-printable", "charset=utf-7", "Content-Disposition: attachment;"),
    *(
        "message/delivery-status",
        "Final-Recipient: rfc822;",
        "Action: failed",
        "Status: 5.1.1",
        "message/rfc822",
        "begin 644 x",
        "application/ms-tnef",
    ),
    *(
        "text/html",
        "text/calendar",
        "BEGIN:VEVENT",
        "<blockquote type=cite>",
        "<div class=gmail_quote>",
        "<table><tr><td>",
        "could not be delivered",
    ),
    *(
        "skrev Ola:",
        "On Mon, Mar 3, 2024 at 10:12 AM",
        "wrote:",
        "Fra: ",
        "Sendt: ",
        "Til: ",
        "Emne: ",
        "> ",
        "-- \\x0a",
        "Mvh",
        "550 5.1.1 ",
    ),
    *(
        "DKIM-Signature: v=1; a=rsa-sha256; d=kunde.no; s=s; h=from; bh=; b=",
        "ARC-Seal: i=1; cv=none;",
        "dmarc=pass",
        "v=spf1 ",
        "v=DMARC1; p=",
    ),
)


def main(names: list[str]) -> int:
    """Run the targets one after the other, each in a process of its own; a line for each. 1 when one found something, else 0."""
    if importlib.util.find_spec("atheris") is None:
        print(f"fuzz: no atheris for Python {sys.version_info[0]}.{sys.version_info[1]} here; the part led by coverage is left out")
        return 0
    targets = names or list(CHECKS)
    total_s = int(float(os.environ.get("MAILGATE_FUZZ_S", "60")))
    found = [_run(target, max(1, total_s // len(targets))) for target in targets]
    return int(any(found))


def _run(target: str, seconds: int) -> bool:
    """Fuzz one target in a child; True when it found something."""
    corpus, kept = KEPT / "corpus" / target, KEPT / target
    for folder in (corpus, kept):
        folder.mkdir(parents=True, exist_ok=True)
    words = KEPT / "words"
    words.write_text("".join('"' + word.replace('"', '\\"') + '"\n' for word in WORDS))
    limits = [
        f"-max_total_time={seconds}",
        f"-timeout={HANG_S}",
        f"-rss_limit_mb={MEMORY_MIB}",
        f"-max_len={MAX_BYTES}",
        "-print_final_stats=1",
    ]
    command = [
        sys.executable,
        "-m",
        __spec__.name,
        "--child",
        target,
        *limits,
        f"-dict={words}",
        f"-artifact_prefix={kept}/",
        str(corpus),
        _seeds(target),
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    print(_line(target, run.stderr + run.stdout, run.returncode), flush=True)
    if run.returncode:
        print(run.stdout[-3_000:] + run.stderr[-3_000:])
    return run.returncode != 0


def _line(target: str, said: str, code: int) -> str:
    """What libFuzzer said of a run, as one line."""
    runs = re.findall(r"stat::number_of_executed_units:\s+(\d+)", said) or re.findall(r"(?m)^#(\d+)", said) or ["0"]
    coverage = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", said) or [("0", "0", "0")]
    edges, features, inputs = coverage[-1]
    state = "nothing found" if code == 0 else f"FOUND something, see build/fuzz/{target}/"
    return f"fuzz: {target:<7} {int(runs[-1]):>9,} runs  {edges} edges  {features} features  {inputs} inputs kept  {state}"


def _seeds(target: str) -> str:
    """A folder with the golden mails as this target reads them."""
    folder = KEPT / "seeds" / target
    folder.mkdir(parents=True, exist_ok=True)
    for mail in (ROOT / "tests" / "golden").rglob("*.eml"):
        (folder / f"{mail.parent.name}-{mail.stem}").write_bytes(SEED_OF[target](mail.read_bytes()))
    return str(folder)


def _body(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n" if b"\r\n\r\n" in raw else b"\n\n")[2]


def _header(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n" if b"\r\n\r\n" in raw else b"\n\n")[0]


def _with_dns(raw: bytes) -> bytes:
    from tests.fuzz.origin import records

    return records() + b"\0\0" + raw


SEED_OF: dict[str, Callable[[bytes], bytes]] = {"reader": bytes, "header": _header, "reply": _body, "report": _body, "origin": _with_dns}


def child(target: str, arguments: list[str]) -> None:
    """Fuzz `target` until its time is over; libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["mailgate.mail", "mailgate.inbound", "dkim", "spf"]):
        from tests.fuzz import origin, properties
    properties.warm_up()
    check = origin.check_origin if target == "origin" else getattr(properties, CHECKS[target])
    atheris.Setup([f"fuzz-{target}", *arguments], check)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main(sys.argv[1:]))
