#!/bin/sh
# Run once by docker compose when the database is migrated: a login of Postgres for each app, as a member of its role and of nothing else (docs/database-roles.md). May be repeated.
set -eu
for app in agent rotator console; do
  # On standard input: what stands in arguments is shown by `ps`.
  psql --no-psqlrc --quiet --tuples-only --set=ON_ERROR_STOP=1 "$(cat /run/secrets/owner_database_url)" <<SQL
\set password '$(cat "/run/secrets/${app}_password")'
SELECT 'CREATE ROLE $app LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$app') \gexec
SELECT format('ALTER ROLE $app PASSWORD %L', :'password') \gexec
GRANT rcm_$app TO $app;
SQL
done
