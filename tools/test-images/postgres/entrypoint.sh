#!/bin/bash
# Stands in for the entrypoint of the official image, as far as this workspace uses it:
# POSTGRES_USER, POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, POSTGRES_DB, POSTGRES_INITDB_ARGS, PGDATA, and a command with `-c` settings.
set -euo pipefail

[[ "${1:-postgres}" == -* ]] && set -- postgres "$@"
if [[ "${1:-postgres}" != postgres ]]; then exec "$@"; fi

if [[ "$(id -u)" == 0 ]]; then
  mkdir -p "$PGDATA"
  chown -R postgres:postgres "$PGDATA"
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

initialise() {
  local user="${POSTGRES_USER:-postgres}" password="${POSTGRES_PASSWORD:-}"
  [[ -n "${POSTGRES_PASSWORD_FILE:-}" ]] && password="$(<"$POSTGRES_PASSWORD_FILE")"
  if [[ -z "$password" ]]; then
    echo 'POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE must be given' >&2
    exit 1
  fi
  # shellcheck disable=SC2086  # several arguments in one variable, as the official image takes them
  initdb --pgdata="$PGDATA" --username="$user" --pwfile=<(printf '%s\n' "$password") --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 ${POSTGRES_INITDB_ARGS:-}
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  local database="${POSTGRES_DB:-$user}"
  [[ "$database" == postgres ]] && return
  # Listening nowhere: a health check over TCP must not pass before the real server runs.
  pg_ctl --pgdata="$PGDATA" --wait --options="-c listen_addresses='' -k $PGDATA" start
  psql --host="$PGDATA" --username="$user" --dbname=postgres --no-psqlrc --set=ON_ERROR_STOP=1 --set=name="$database" <<<'CREATE DATABASE :"name";'
  pg_ctl --pgdata="$PGDATA" --wait --mode=fast stop
}

[[ -s "$PGDATA/PG_VERSION" ]] || initialise
shift || true
exec postgres -D "$PGDATA" -c listen_addresses='*' "$@"
