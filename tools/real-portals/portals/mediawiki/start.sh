#!/usr/bin/env bash
# Serves the folder that setup.sh made on 127.0.0.1:PORT by PHP’s own server, one request at a time, with its data in DATA (begun as a
# copy). The process becomes PHP itself, so SIGTERM to it stops everything.
#   start.sh FOLDER PORT DATA
set -euo pipefail
folder="${1:?start.sh FOLDER PORT DATA}"
port="${2:?start.sh FOLDER PORT DATA}"
export PORTAL_DATA="${3:?start.sh FOLDER PORT DATA}" MW_CONFIG_FILE="$folder/LocalSettings.php"
mkdir -p "$PORTAL_DATA"
if [[ ! -f "$PORTAL_DATA/wiki.sqlite" ]]; then cp "$folder"/*.sqlite* "$PORTAL_DATA/"; fi
exec php -d display_errors=0 -S "127.0.0.1:$port" -t /usr/share/mediawiki
