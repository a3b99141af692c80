#!/usr/bin/env bash
# Installs the programs that the interop tests and benchmarks talk to, on Debian and Ubuntu as root.
# Anywhere else, or where the installation fails, it names what is missing and how to get it; on Debian and Ubuntu with
# CI=true that is an error. Elsewhere the tests decide: with CI=true one that misses its peer fails.
set -euo pipefail

# Debian package, what it is for. The names are those of Debian 12; Ubuntu has the same.
peers=(
  "ldap-utils:ldapsearch, ldapwhoami and the other clients of OpenLDAP"
  "python3-ldap3:an LDAP client in Python"
  "apache2-bin:Apache with mod_authnz_ldap"
  "slapd:OpenLDAP's server, the yardstick of the benchmarks"
  "openssl:certificates, and a look at TLS from outside"
)

missing=()
missing_packages=()
for peer in "${peers[@]}"; do
  package=${peer%%:*}
  if ! { command -v dpkg-query && dpkg-query -W -f '${db:Status-Status}' "$package" | grep -qx installed; } >/dev/null 2>&1; then
    missing+=("$peer")
    missing_packages+=("$package")
  fi
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "install-peers: all ${#peers[@]} are here"
  exit 0
fi

# give_up STATUS REASON: says what was not installed. The tests look for the programs themselves, wherever they come from.
give_up() {
  echo "install-peers: $2, so these are not installed here:"
  for peer in "${missing[@]}"; do echo "  ${peer%%:*} (${peer#*:})"; done
  echo "  On Debian or Ubuntu: sudo apt-get install --no-install-recommends ${missing_packages[*]}"
  echo "  Tests use what is on the PATH; those that miss a program are left out and named at the end of the run."
  [ "${CI:-}" = true ] && exit "$1"
  exit 0
}

command -v apt-get >/dev/null || give_up 0 "this system has no apt-get"
[ "$(id -u)" -eq 0 ] || give_up 1 "not running as root"

# No server may start because it was installed: invoke-rc.d asks this file first.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
log=$(mktemp)
install_missing() {
  "${apt[@]}" update || return 1
  # slapd would otherwise make a database under /var/lib/ldap; the benchmarks bring their own configuration.
  if command -v debconf-set-selections >/dev/null; then
    echo "slapd slapd/no_configuration boolean true" | debconf-set-selections || return 1
  fi
  "${apt[@]}" install -y --no-install-recommends "${missing_packages[@]}"
}
echo "install-peers: installing ${missing_packages[*]}"
if ! install_missing </dev/null >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  rm -f "$log"
  give_up 1 "apt-get failed"
fi
rm -f "$log"
echo "install-peers: done"
