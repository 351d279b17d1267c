#!/bin/sh
# Makes a virtual environment with mailgate and everything that constraints.txt pins. The Makefile and the Dockerfile both call it.
#
#   deploy/install.sh [--editable] FOLDER [EXTRA]     EXTRA: dev, for the tools of tests and checks; fuzz, for atheris;
#                                                   fast, for the listener's other event loop
#
# PYTHON names the interpreter (default python3). Run it again at any time: it only changes what is missing or too old.
set -eu
how=
# Here Python compiles what it imports, when it does; an image is compiled as a whole, since nothing can be written there later.
if [ "${1:-}" = --editable ]; then how='--no-compile --editable'; shift; fi
folder=${1:?usage: deploy/install.sh [--editable] FOLDER [EXTRA]}
extra=${2:-}
python=${PYTHON:-python3}
here=$(cd "$(dirname "$0")/.." && pwd)

say() { echo "install: $*" >&2; }

if ! "$python" -c '' >/dev/null 2>&1; then
    say "there is no $python that runs; on Debian: apt-get install python3 python3-venv"; exit 2
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    say "$python is $("$python" -V 2>&1); mailgate needs 3.11 or newer, name one with PYTHON=python3.12"; exit 2
fi
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    say "$python cannot make virtual environments; on Debian: apt-get install python3-venv"; exit 2
fi

version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ ! -x "$folder/bin/python" ] || [ "$("$folder/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" != "$version" ]; then
    "$python" -m venv --clear "$folder"
fi

# The constraints count for the build's own environment, too.
PIP_CONSTRAINT=$here/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    "$folder/bin/python" -m pip install -qq $how "$here${extra:+[$extra]}"

if [ -z "$how" ]; then
    say "$("$folder/bin/mailgate" --version) is in $folder; it has changed nothing else. Next, for a first look:"
    say "    export PATH=$(cd "$folder" && pwd)/bin:\$PATH"
    say "    mailgate init gateway && cd gateway && mailgate doctor && mailgate run"
    say "For a host with systemd go on in docs/howto/install.md. Man pages and completions are in $folder/share."
fi
