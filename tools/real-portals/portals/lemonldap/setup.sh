#!/usr/bin/env bash
# Makes a folder from which start.sh runs, below CACHE, and prints its path: LemonLDAP::NG's portal and handler, and Trac as an application
# behind them, unpacked from Debian's packages (nothing of the machine is changed, no script of a package runs), with the accounts of
# portal.json. Kept until the packages or one of these files change. --install fetches the packages (as root, which apt's lists want);
# without it, exit code 3 says that they were not.
#   setup.sh [--install] CACHE
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
packages=(liblemonldap-ng-portal-perl lemonldap-ng-fastcgi-server libdbd-sqlite3-perl libemail-sender-perl libmime-tools-perl libstring-random-perl libhttp-parser-xs-perl nginx-light trac python3)

install=no
if [[ "${1:-}" == --install ]]; then
  install=yes
  shift
fi
cache="${1:?setup.sh [--install] CACHE}"
mkdir -p "$cache"
cache="$(cd "$cache" && pwd)"
stamp="$(cat "$here"/{setup.sh,paths.sh,seed.*,portal.json} | sha256sum | cut -c1-16)"

if [[ "$install" == no ]]; then
  kept="$(find "$cache" -maxdepth 1 -type d -name "$stamp-*" | sort | tail -1)"
  if [[ -z "$kept" ]]; then
    echo 'LemonLDAP::NG is not here: tools/real-portals/portals/lemonldap/setup.sh --install .rcm/real-portals/lemonldap' >&2
    exit 3
  fi
  echo "$kept"
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
versions="$(apt-cache policy "${packages[@]}" | grep -E '^[a-z]|Candidate' | sha256sum | cut -c1-8)"
folder="$cache/$stamp-$versions"
if [[ -d "$folder" ]]; then
  echo "$folder"
  exit 0
fi

# What the machine had already was not unpacked: links to it lead there.
link_to_machine() {
  local link target
  find "$work/tree" -xtype l | while read -r link; do
    target="$(realpath -m "$link")"
    target="${target#"$work/tree"}"
    if [[ -e "$target" ]]; then ln -sfn "$target" "$link"; fi
  done
}

# Made beside the folder and moved into place whole: a set-up that was killed leaves nothing that looks finished.
work="$(mktemp -d "$cache/making-XXXXXX")"
trap 'rm -rf "$work"' EXIT
# Its programs may run as a user of their own.
chmod 755 "$work"
mkdir -p "$work/packages/partial" "$work/tree"
{
  apt-get install -y -qq --no-install-recommends --download-only -o Dir::Cache::archives="$work/packages" -o APT::Sandbox::User=root "${packages[@]}" &&
    for package in "$work"/packages/*.deb; do dpkg -x "$package" "$work/tree" || exit 1; done &&
    rm -rf "$work/packages" &&
    link_to_machine &&
    "$here/seed.sh" "$work"
} >"$work/setup.log" 2>&1 || {
  tail -30 "$work/setup.log" >&2
  exit 1
}
# Two set-ups at the same time make the same: the second is dropped.
mv -T "$work" "$folder" 2>/dev/null || [[ -d "$folder" ]]
echo "$folder"
