#!/usr/bin/env bash
# Installs the Debian packages that are missing: `tools/packages.sh build demo check`.
# The one list that make demo, make check and .ci/run share.  Does nothing when all is there.
set -euo pipefail

build=(build-essential pkg-config git ca-certificates libmicrohttpd-dev libgnutls28-dev libcurl4-gnutls-dev
       libpq-dev libsodium-dev libsqlite3-dev libhyperscan-dev libroaring-dev libzstd-dev libxxhash-dev
       libcyaml-dev libyaml-dev libseccomp-dev zlib1g-dev tzdata)
demo=(postgresql-15 postgresql-client-15)
check=(clang clang-format clang-tidy clang-tools cppcheck llvm libclang-rt-14-dev python3 python3-pytest
       python3-psycopg2 python3-requests python3-elasticsearch curl jq rsyslog rsyslog-elasticsearch
       libsearch-elasticsearch-perl libio-socket-ssl-perl prometheus-elasticsearch-exporter
       redis-server memcached etcd-server)

wanted=()
for group in "$@"; do
    case $group in
        build) wanted+=("${build[@]}") ;;
        demo) wanted+=("${demo[@]}") ;;
        check) wanted+=("${check[@]}") ;;
        *) echo "packages.sh: no group '$group'; there are build, demo and check" >&2; exit 2 ;;
    esac
done

# node and npm may be there from elsewhere than Debian; only their absence is a reason to install.
if [[ " $* " == *" check "* ]] && ! command -v npm >/dev/null; then
    wanted+=(nodejs npm)
fi

missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
    if ! command -v sudo >/dev/null; then
        echo "These Debian packages are missing; install them as root, then try again:" >&2
        echo "    apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

# Debian's postgresql package starts a server of its own; the demo starts its own and needs none.
echo "installing ${#missing[@]} missing Debian packages: ${missing[*]}" >&2
log=$(mktemp)
install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >"$log" 2>&1
}
if ! install; then
    "${as_root[@]}" apt-get update -q >>"$log" 2>&1 || true
    install || { tail -n 20 "$log" >&2; exit 1; }
fi
rm -f "$log"
