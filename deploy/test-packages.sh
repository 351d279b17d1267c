#!/bin/sh
# Installs the Debian packages that the tests need (tests/packages.txt) when some are missing. Says so first; asks nothing.
# Where a line has `one|other`, either will do; one is installed when both are missing.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
wanted=$(sed 's/#.*//' "$here/tests/packages.txt")

missing=
for choice in $wanted; do
    for package in "${choice%%|*}" "${choice##*|}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' && continue 2
    done
    missing="$missing ${choice%%|*}"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "test: this is no Debian; install these yourself, or run make test-fast:$missing" >&2; exit 2
fi
sudo=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "test: not root and no sudo; run as root: apt-get install$missing" >&2; exit 2; }
    sudo=sudo
fi
echo "test: installing Debian packages${sudo:+ through sudo}:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# A Postfix that comes with the tests must not serve the network of the machine.
case " $missing " in *" postfix "*) echo 'postfix postfix/main_mailer_type select Local only' | $sudo debconf-set-selections ;; esac
# Nor must a web server: the tests start their own. `systemctl unmask NAME` makes it a service.
for server in nginx caddy; do
    case " $missing " in *" $server "*) $sudo systemctl mask "$server.service" >/dev/null 2>&1 || : ;; esac
done
install() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; }
install 2>/dev/null || { $sudo apt-get update -qq && install; }
