/** What a machine lends a Postgres that is started on it, for tests and for `npm start` alike; it loads nothing that belongs to tests. */
export { freePort } from './free-port.ts';
export { type ServerAccount, serverAccount } from './postgres/account.ts';
export { type PostgresPrograms, postgresPrograms } from './postgres/programs.ts';
