"""What shells complete and the man pages are made from the program, and work in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.support.harness.repository import ROOT
from tools import reference

SHARE = ROOT / "deploy" / "share"
BASH = """
source {file}
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); _mailgate; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
compadd() {{ shift; for one in $@; do [[ $one == ${{words[CURRENT]}}* ]] && print -r -- $one; done; true }}
complete_here() {{ words=({words}); CURRENT=$#words; source {file} }}
complete_here
"""
FISH = 'source {file}; complete -C "{line}"'
CASES = [
    ("mailgate jour", {"journal"}),
    ("mailgate case li", {"list"}),
    ("mailgate case list --una", {"--unanswered"}),
    ("mailgate outbox list --state se", {"sending", "sent"}),
]


@pytest.mark.parametrize("name", list(reference.shared()))
def test_given_the_program_when_a_shared_file_is_made_then_it_is_the_one_that_is_kept(name: str) -> None:
    assert (SHARE / name).read_text(encoding="utf-8") == reference.shared()[name], "run make docs"


def test_given_the_shared_files_when_counted_then_none_is_left_over() -> None:
    assert {str(file.relative_to(SHARE)) for file in SHARE.rglob("*") if file.is_file()} == set(reference.shared())


@pytest.mark.parametrize(("line", "offered"), CASES)
def test_given_a_line_when_bash_completes_it_then_the_words_are_offered(line: str, offered: set[str]) -> None:
    words = " ".join(f'"{word}"' for word in line.split(" "))
    script = BASH.format(file=SHARE / "bash-completion/completions/mailgate", words=words)
    assert set(_out("bash", "--norc", "-c", script)) == offered


@pytest.mark.packages
@pytest.mark.parametrize(("line", "offered"), CASES)
def test_given_a_line_when_zsh_completes_it_then_the_words_are_offered(line: str, offered: set[str]) -> None:
    words = " ".join(f'"{word}"' for word in line.split(" "))
    assert set(_out("zsh", "-f", "-c", ZSH.format(file=SHARE / "zsh/site-functions/_mailgate", words=words))) == offered


@pytest.mark.packages
@pytest.mark.parametrize(("line", "offered"), CASES)
def test_given_a_line_when_fish_completes_it_then_the_words_are_offered(line: str, offered: set[str]) -> None:
    script = FISH.format(file=SHARE / "fish/vendor_completions.d/mailgate.fish", line=line)
    assert {found.partition("\t")[0] for found in _out("fish", "--no-config", "-c", script)} == offered


@pytest.mark.packages
def test_given_the_man_pages_when_formatted_then_groff_has_no_complaint() -> None:
    pages = sorted(str(page) for page in (SHARE / "man/man1").glob("*.1"))
    done = subprocess.run(["groff", "-man", "-ww", "-z", *pages], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""


def _out(*command: str) -> list[str]:
    if shutil.which(command[0]) is None:
        pytest.fail(f"{command[0]} is not installed; deploy/test-packages.sh installs it")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]
