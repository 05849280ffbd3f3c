#!/usr/bin/env bash
# Fills FOLDER/data: the portal's accounts and second factors, and Trac with a project of claims.
#   seed.sh FOLDER
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
folder="${1:?seed.sh FOLDER}"
tree="$folder/tree"
# shellcheck source=paths.sh
source "$here/paths.sh"
data="$folder/data"
mkdir -p "$data"/{sessions,persistent}/lock "$data/conf"
perl "$here/seed.pl" "$here/portal.json" "$data"
python3 "$tree/usr/bin/trac-admin" "$data/trac" initenv Claims sqlite:db/trac.db
python3 "$here/seed.py" "$data/trac"
