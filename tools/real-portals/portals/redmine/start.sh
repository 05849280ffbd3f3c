#!/usr/bin/env bash
# Serves the folder that setup.sh made on 127.0.0.1:PORT, with its data in DATA (begun as a copy of the seeded database). The
# process becomes puma itself, so SIGTERM to it stops everything.
#   start.sh FOLDER PORT DATA
set -euo pipefail
folder="${1:?start.sh FOLDER PORT DATA}"
port="${2:?start.sh FOLDER PORT DATA}"
export PORTAL_DATA="${3:?start.sh FOLDER PORT DATA}" REDMINE_INSTANCE=practice RAILS_ENV=production
mkdir -p "$PORTAL_DATA"
if [[ ! -f "$PORTAL_DATA/redmine.sqlite3" ]]; then cp "$folder"/redmine.sqlite3* "$PORTAL_DATA/"; fi
cd "$folder/tree"
exec puma --quiet --environment production --threads 1:4 --bind "tcp://127.0.0.1:$port" config.ru
