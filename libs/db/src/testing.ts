/**
 * For tests of whatever stands on this package: a database as an operator would have made it, and the URLs that each app is given for it.
 * Only for throw-away servers: the logins' passwords follow from the superuser's.
 */
import { createHash } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import pg from 'pg';
import type { NewPortalType } from './endpoints/endpoint.ts';
import { applyMigrations } from './migrations/apply.ts';
import { ALL_ROLES, type AppRole } from './roles/app-role.ts';
import { ensureAppLogin } from './roles/login.ts';

export { keepStorage, type KeptStorage } from './testing-storage.ts';

/** Migrates an empty database and makes a login for each app. For `freshDatabase`. */
export async function migrateWithLogins(adminUrl: string): Promise<void> {
  await applyMigrations({ url: adminUrl });
  for (const role of ALL_ROLES) await ensureAppLogin({ adminUrl, role, name: loginOf(role), password: passwordOf(role, adminUrl) });
}

/** URL of the same database with the rights of one app. */
export function urlFor(role: AppRole, adminUrl: string): string {
  const url = new URL(adminUrl);
  [url.username, url.password] = [loginOf(role), passwordOf(role, adminUrl).reveal()];
  return url.href;
}

const loginOf = (role: AppRole): string => `test_${role}`;
const passwordOf = (role: AppRole, adminUrl: string): Secret<string> =>
  new Secret(
    createHash('sha256')
      .update(`${role} ${new URL(adminUrl).password}`)
      .digest('hex')
      .slice(0, 32),
  );

/** Statements in one session, by whoever has every right: what a test starts from, or what the database's own administrator might do. */
export async function asSuperuser(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** What a portal type says where programs may log in, for tests that are not about it. */
export const ALLOWED = {
  automation: 'allowed',
  termsVersion: 'a test portal of our own',
  termsDate: new Date('2026-11-29'),
  automationDecidedBy: 'test',
} as const;

/** A portal type of which nothing matters, for whoever needs one: a copy says what does. */
export const PLAIN_PORTAL_TYPE: NewPortalType = {
  code: 'alpine',
  name: 'Alpine Health',
  hosts: ['alpine.example'],
  driver: 'recipe',
  recipe: { login: [] },
  passwordRules: 'length 12-20',
  rotationMode: 'automatic',
  rotationIntervalDays: 60,
  rotationSpreadDays: 0,
  lockoutThreshold: 4,
  lockoutMargin: 1,
  lockoutWindowSeconds: 900,
  propagationDelayMs: 1000,
  totpSkew: 1,
  totpPeriodSeconds: 30,
  maxSessionsPerAccount: 2,
  maxConcurrency: 4,
  ...ALLOWED,
};
