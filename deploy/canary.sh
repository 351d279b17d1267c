#!/bin/sh
# Runs the SMTP sessions of tests/dialogs against the newest aiosmtpd, in an environment of its own: what will the next upgrade break?
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$here/deploy/install.sh" --editable "$folder/venv" dev
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check --upgrade aiosmtpd
"$folder/venv/bin/python" -m pip list --format=freeze --disable-pip-version-check | grep '^aiosmtpd=='
cd "$here" && "$folder/venv/bin/pytest" tests/dialogs tests/unit/inbound
