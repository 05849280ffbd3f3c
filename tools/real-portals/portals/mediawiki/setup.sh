#!/usr/bin/env bash
# Makes a folder from which start.sh runs, below CACHE, and prints its path: the configuration and the sqlite database of a MediaWiki
# that takes no more logins of an account for a while after four bad ones, with the accounts of portal.json and some pages.
# Kept until the package or one of these files changes. --install installs Debian's packages (as root), else exit code 3 says that
# they are missing.
#   setup.sh [--install] CACHE
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
run=/usr/share/mediawiki/maintenance/run.php

here_already() { [[ -f "$run" ]] && command -v php >/dev/null && php -r 'exit(extension_loaded("pdo_sqlite") && extension_loaded("mbstring") && extension_loaded("dom") && extension_loaded("intl") ? 0 : 1);'; }

if [[ "${1:-}" == --install ]]; then
  shift
  if ! here_already; then
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends mediawiki php-cli php-sqlite3 php-mbstring php-xml php-intl; } >&2
  fi
fi
cache="${1:?setup.sh [--install] CACHE}"
if ! here_already; then
  echo 'MediaWiki is not installed: apt-get install mediawiki php-cli php-sqlite3 php-mbstring php-xml php-intl' >&2
  exit 3
fi

stamp="$(cat "$here"/setup.sh "$here"/settings.php "$here"/seed.php "$here"/portal.json <(dpkg-query -W mediawiki) | sha256sum | cut -c1-16)"
mkdir -p "$cache"
folder="$(cd "$cache" && pwd)/$stamp"
if [[ -d "$folder" ]]; then
  echo "$folder"
  exit 0
fi
work="$(mktemp -d "$(cd "$cache" && pwd)/making-XXXXXX")"
trap 'rm -rf "$work"' EXIT

# Debian's own configuration, which may be another wiki's, is not looked at: MediaWiki takes the one that this names.
export MW_CONFIG_FILE="$work/LocalSettings.php" PORTAL_DATA="$work"
{
  php "$run" install --confpath "$work" --dbtype sqlite --dbpath "$work" --dbname wiki --scriptpath '' --server http://127.0.0.1 \
    --pass "$(head -c 24 /dev/urandom | base64 -w0)" Practice Administrator &&
    sed -i "s#^\$wgSQLiteDataDir = .*#\$wgSQLiteDataDir = getenv( 'PORTAL_DATA' );#" "$work/LocalSettings.php" &&
    echo "require '$here/settings.php';" >>"$work/LocalSettings.php" &&
    php "$run" update --quick &&
    php "$run" "$here/seed.php" --portal "$here/portal.json"
} >"$work/setup.log" 2>&1 || {
  tail -30 "$work/setup.log" >&2
  exit 1
}
mv -T "$work" "$folder" 2>/dev/null || [[ -d "$folder" ]]
echo "$folder"
