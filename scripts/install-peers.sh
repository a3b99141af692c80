#!/usr/bin/env bash
# Installs the programs that the interop tests and benchmarks talk to, on Debian and Ubuntu as root.
# Anywhere else, or where the installation fails, it names what is missing and how to get it; on Debian and Ubuntu with
# CI=true that is an error. Elsewhere the tests decide: with CI=true one that misses its peer fails.
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian package, what it is for. The names are those of Debian 12; Ubuntu has the same.
peers=(
  "ldap-utils:ldapsearch, ldapwhoami and the other clients of OpenLDAP"
  "python3-ldap3:an LDAP client in Python"
  "apache2-bin:Apache with mod_authnz_ldap"
  "slapd:OpenLDAP's server, the yardstick of the benchmarks"
  "openssl:certificates, and a look at TLS from outside"
)

# Installing these would change how the machine itself logs people in; they are unpacked beside node_modules' programs
# instead, and the tests run them in a mount namespace.
unpacked=(nslcd libnss-ldapd libpam-ldapd pamtester)
unpacked_folder=node_modules/.cache/directorykit-peers

missing=()
missing_packages=()
for peer in "${peers[@]}"; do
  package=${peer%%:*}
  if ! { command -v dpkg-query && dpkg-query -W -f '${db:Status-Status}' "$package" | grep -qx installed; } >/dev/null 2>&1; then
    missing+=("$peer")
    missing_packages+=("$package")
  fi
done
for package in "${unpacked[@]}"; do
  [ -e "$unpacked_folder/$package.done" ] || missing+=("$package:PAM and NSS over LDAP, unpacked into $unpacked_folder")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "install-peers: all $((${#peers[@]} + ${#unpacked[@]})) are here"
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
  if [ ${#missing_packages[@]} -gt 0 ]; then
    "${apt[@]}" install -y --no-install-recommends "${missing_packages[@]}" || return 1
  fi
}
unpack_missing() {
  mkdir -p "$unpacked_folder"
  for package in "${unpacked[@]}"; do
    [ -e "$unpacked_folder/$package.done" ] && continue
    download=$(mktemp -d)
    # apt fetches as a user of its own where it can, which must be able to write there.
    chmod 777 "$download"
    (cd "$download" && "${apt[@]}" download "$package") || return 1
    dpkg-deb -x "$download"/*.deb "$unpacked_folder" || return 1
    rm -rf "$download"
    touch "$unpacked_folder/$package.done"
  done
}
echo "install-peers: installing ${missing[*]%%:*}"
if ! { install_missing && unpack_missing; } </dev/null >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  rm -f "$log"
  give_up 1 "apt-get failed"
fi
rm -f "$log"
echo "install-peers: done"
