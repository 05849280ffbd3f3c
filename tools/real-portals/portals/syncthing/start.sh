#!/usr/bin/env bash
# Serves a copy of the folder that setup.sh made, kept in DATA, on 127.0.0.1:PORT. The process becomes Syncthing itself, so SIGTERM to it
# stops everything.
#   start.sh FOLDER PORT DATA
set -euo pipefail
folder="${1:?start.sh FOLDER PORT DATA}"
port="${2:?start.sh FOLDER PORT DATA}"
data="${3:?start.sh FOLDER PORT DATA}"
mkdir -p "$data"
if [[ ! -f "$data/config.xml" ]]; then cp -r "$folder/." "$data/"; fi
export HOME="$data" STNOUPGRADE=1 STNORESTART=1
exec syncthing serve --home "$data" --gui-address "http://127.0.0.1:$port" --no-browser --no-restart --no-upgrade
