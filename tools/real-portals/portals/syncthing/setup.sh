#!/usr/bin/env bash
# Makes a folder from which start.sh runs, below CACHE, and prints its path: a Syncthing that talks to nobody but its own pages, with
# the account of portal.json and some folders to list. Kept until the package or one of these files changes. --install installs
# Debian's package (as root), else exit code 3 says that it is missing.
#   setup.sh [--install] CACHE
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"

if [[ "${1:-}" == --install ]]; then
  shift
  if ! command -v syncthing >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends syncthing; } >&2
  fi
fi
cache="${1:?setup.sh [--install] CACHE}"
if ! command -v syncthing >/dev/null; then
  echo 'Syncthing is not installed: apt-get install syncthing' >&2
  exit 3
fi

stamp="$(cat "$here"/setup.sh "$here"/portal.json <(dpkg-query -W syncthing) | sha256sum | cut -c1-16)"
mkdir -p "$cache"
folder="$(cd "$cache" && pwd)/$stamp"
if [[ -d "$folder" ]]; then
  echo "$folder"
  exit 0
fi
work="$(mktemp -d "$(cd "$cache" && pwd)/making-XXXXXX")"
trap 'rm -rf "$work"' EXIT

field() { sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" "$here/portal.json" | head -1; }
HOME="$work" syncthing generate --home "$work" --no-default-folder --gui-user "$(field username)" --gui-password "$(field password)" >"$work/setup.log" 2>&1 || {
  tail -30 "$work/setup.log" >&2
  exit 1
}
# Practice folders to list: below DATA, which start.sh makes their home, and paused, so that their state stays what it is. Nothing leaves this machine.
rows=''
for number in $(seq -w 1 12); do
  rows+="<folder id=\"claims-$number\" label=\"Claims $number\" path=\"~/claims-$number\" type=\"sendonly\"><paused>true</paused></folder>"
done
sed -i \
  -e "s#<gui #$rows<gui #" \
  -e 's#<listenAddress>default#<listenAddress>tcp://127.0.0.1:0#' \
  -e 's#<\(globalAnnounceEnabled\|localAnnounceEnabled\|relaysEnabled\|natEnabled\|startBrowser\|crashReportingEnabled\)>true#<\1>false#' \
  -e 's#<urAccepted>0#<urAccepted>-1#' \
  -e 's#<autoUpgradeIntervalH>12#<autoUpgradeIntervalH>0#' \
  "$work/config.xml"
mv -T "$work" "$folder" 2>/dev/null || [[ -d "$folder" ]]
echo "$folder"
