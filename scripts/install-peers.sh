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
  "freeradius-utils:radclient, a RADIUS client"
  "freeradius:FreeRADIUS's server and its dictionaries"
  "eapoltest:eapol_test, which logs in by EAP as wpa_supplicant does"
  "python3-pyrad:a RADIUS client in Python"
  "iproute2:ip, which lays the cables of a network of one's own"
  "openssl:certificates, and a look at TLS from outside"
)

# Installing these would change how the machine itself logs people in or delivers mail; they are unpacked beside
# node_modules' programs instead, with the libraries that the system lacks. The tests lay them over /usr in a mount
# namespace.
unpacked=(
  nslcd libnss-ldapd libpam-ldapd pamtester
  sssd-ldap sssd-common sssd-tools libnss-sss libpam-sss
  postfix postfix-ldap
  dovecot-core dovecot-ldap
  hostapd wpasupplicant
  libpam-radius-auth
  radsecproxy
  network-manager
)
unpacked_folder=node_modules/.cache/interop-peers
unpacked_list=$unpacked_folder/packages

missing=()
missing_packages=()
for peer in "${peers[@]}"; do
  package=${peer%%:*}
  if ! { command -v dpkg-query && dpkg-query -W -f '${db:Status-Status}' "$package" | grep -qx installed; } >/dev/null 2>&1; then
    missing+=("$peer")
    missing_packages+=("$package")
  fi
done
is_unpacked() { [ "$(cat "$unpacked_list" 2>/dev/null)" = "${unpacked[*]}" ]; }
if ! is_unpacked; then
  for package in "${unpacked[@]}"; do missing+=("$package:unpacked into $unpacked_folder"); done
fi
if [ ${#missing[@]} -eq 0 ]; then
  echo "install-peers: all $((${#peers[@]} + ${#unpacked[@]})) are here"
  exit 0
fi

# give_up STATUS REASON: says what was not installed. The tests look for the programs themselves, wherever they come from.
give_up() {
  echo "install-peers: $2, so these are not installed here:"
  for peer in "${missing[@]}"; do echo "  ${peer%%:*} (${peer#*:})"; done
  echo "  On Debian or Ubuntu: sudo bash scripts/install-peers.sh"
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
  is_unpacked && return
  local work archive
  work=$(mktemp -d) || return 1
  # apt fetches as a user of its own where it can, which must be able to come here.
  chmod 755 "$work"
  mkdir -p "$work/archives/partial" "$work/root"
  # Named packages come along even where they are installed; of what they need, only what is not.
  "${apt[@]}" -o "Dir::Cache::archives=$work/archives" install -y --download-only --reinstall \
    --no-install-recommends "${unpacked[@]}" || return 1
  for archive in "$work"/archives/*.deb; do
    # As on a system whose /bin, /sbin and /lib lead to /usr.
    dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$work/root" --exclude='./usr/share/*/man*' --exclude=./usr/share/doc \
      --exclude=./usr/share/man --exclude=./usr/share/locale \
      --transform='flags=rh;s,^\./\(s\?bin\|lib\)/,./usr/\1/,' || return 1
  done
  mkdir -p "$(dirname "$unpacked_folder")"
  rm -rf "$unpacked_folder"
  mv "$work/root" "$unpacked_folder" || return 1
  echo "${unpacked[*]}" >"$unpacked_list"
  rm -rf "$work"
}
echo "install-peers: installing ${missing[*]%%:*}"
if ! { install_missing && unpack_missing; } </dev/null >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  rm -f "$log"
  give_up 1 "apt-get failed"
fi
rm -f "$log"
echo "install-peers: done"
