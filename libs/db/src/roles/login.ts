import pg from 'pg';
import { RcmError, type Secret } from '@rcm/telemetry';
import { connectionOf } from '../connection.ts';
import { translated } from '../failure.ts';
import { TIMEOUTS } from '../pool.ts';
import type { AppRole } from './app-role.ts';
import { scramVerifier } from './scram.ts';

export interface AppLogin {
  /** URL of a role that may create roles, on the migrated database. */
  readonly adminUrl: string;
  readonly role: AppRole;
  /** Of the login: lower-case letters, digits and `_`. */
  readonly name: string;
  /** Printable ASCII. */
  readonly password: Secret<string>;
}

/** Roles are the whole cluster's, so several may be changing this one; a lost race is run again this often. */
const TRIES = 10;
/** duplicate_object, unique_violation, internal_error ("tuple concurrently updated"). */
const LOST_RACE: ReadonlySet<unknown> = new Set(['42710', '23505', 'XX000']);

/**
 * Makes a login for an app, or gives the one that is there this password; returns its URL on the same database. Safe to repeat and for
 * several at once. Where an operator makes the logins (docs/database-roles.md) nothing calls this.
 * Fails with `input_invalid`, `database_unavailable`, `database_failed`.
 */
export async function ensureAppLogin({ adminUrl, role, name, password }: AppLogin): Promise<string> {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw new RcmError('input_invalid', 'The name of a login is lower-case letters, digits and underscores.');
  if (!/^[\x21-\x7e]{12,}$/.test(password.reveal())) throw new RcmError('input_invalid', 'The password of a login is 12 or more printable ASCII characters.');
  const verifier = scramVerifier(password);
  await withClient(adminUrl, async (client) => {
    for (let left = TRIES; ; left -= 1) {
      try {
        return void (await makeLogin(client, { role, name, verifier }));
      } catch (error) {
        if (left === 0 || !LOST_RACE.has((error as { code?: unknown }).code)) throw error;
      }
    }
  });
  const url = new URL(adminUrl);
  [url.username, url.password] = [name, encodeURIComponent(password.reveal())];
  return url.href;
}

async function makeLogin(
  client: pg.Client,
  { role, name, verifier }: { readonly role: AppRole; readonly name: string; readonly verifier: string },
): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  const [login, group] = [client.escapeIdentifier(name), client.escapeIdentifier(role)];
  // INHERIT: policies are for members that have the role's rights without asking for them.
  await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${login} LOGIN INHERIT PASSWORD ${client.escapeLiteral(verifier)}`);
  const member = await client.query('SELECT WHERE pg_has_role($1::name, $2::name, $3)', [name, role, 'USAGE']);
  if (member.rowCount === 0) await client.query(`GRANT ${group} TO ${login}`);
}

async function withClient(url: string, act: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({
    ...connectionOf(url),
    application_name: 'rcm logins',
    connectionTimeoutMillis: TIMEOUTS.connect,
    statement_timeout: TIMEOUTS.statement,
  });
  client.on('error', () => {});
  await translated(async () => {
    try {
      await client.connect();
      await act(client);
    } finally {
      await client.end().catch(() => {});
    }
  });
}
