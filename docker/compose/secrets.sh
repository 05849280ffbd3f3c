#!/bin/bash
# Makes the secrets of `docker compose --profile apps` where they are missing, a file each: `RCM_COMPOSE_POSTGRES_PASSWORD=… docker/compose/secrets.sh [FOLDER]` (.rcm/compose).
# The folder is its owner's alone; the files in it are readable for whichever user a container runs as. For this machine, with LocalStack: a deployment has its own.
set -euo pipefail
: "${RCM_COMPOSE_POSTGRES_PASSWORD:?set it to the password that docker compose gives Postgres}"
folder="${1:-$(dirname "$0")/../../.rcm/compose}"
mkdir -p "$folder"
chmod 0700 "$folder"

keep() { [[ -s "$folder/$1" ]] || printf '%s\n' "$2" >"$folder/$1"; }
random() { od --address-radix=n --format=x1 --read-bytes=32 /dev/urandom | tr --delete ' \n'; }
# A password may hold what means something in an address. Byte by byte.
encoded() {
  local LC_ALL=C rest="$1" byte
  while [[ -n "$rest" ]]; do
    byte="${rest:0:1}" rest="${rest:1}"
    case "$byte" in
      [A-Za-z0-9._~-]) printf '%s' "$byte" ;;
      *) printf '%%%02X' "$(($(printf '%d' "'$byte") & 255))" ;;
    esac
  done
}
url() { printf 'postgresql://%s:%s@postgres:5432/postgres?sslmode=disable' "$1" "$(encoded "$2")"; }

keep identity-key "$(random)"
keep owner-database-url "$(url postgres "$RCM_COMPOSE_POSTGRES_PASSWORD")"
for app in agent rotator console; do
  keep "$app-password" "$(random)"
  keep "$app-database-url" "$(url "$app" "$(<"$folder/$app-password")")"
done
keep console-client-secret "$(random)"
keep aws-credentials "$(printf '[default]\naws_access_key_id = %s\naws_secret_access_key = local' "${RCM_COMPOSE_AWS_ACCOUNT_ID:-123456789012}")"
chmod 0444 "$folder"/*
