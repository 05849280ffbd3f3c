import { serverTime } from '@rcm/db';
import { recordBackupRun } from '@rcm/db/admin';
import { createMetrics, type Metrics } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { backupAge } from '../../backup/backup-age.ts';
import { countBooks } from './books.ts';
import type { Chore } from '../service.ts';

// Only a test that hangs takes so long.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const HOUR_MS = 3_600_000;
const RULES = { windowMs: 600_000, suspects: 3, failures: 3 };

let testEnvironment: TestEnvironment;
let metrics: Metrics;
const { signal } = new AbortController();
let books: Chore;
let now: number;
beforeAll(async () => void (testEnvironment = await openTestEnvironment({ endpoints: ['alpine', 'alpine', 'alpine'] })));
afterAll(() => testEnvironment?.close());
beforeEach(() => {
  metrics = createMetrics();
  now = 0;
  books = countBooks({ db: testEnvironment.databaseAs('rcm_rotator'), breaker: RULES }, metrics, () => now);
});

const sql = (text: string) => testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(text));
const login = (end: string) =>
  sql(`INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, started_at, finished_at, outcome, effect, rests_until)
       SELECT login_identity, org_id, id, gen_random_uuid(), 'agent', '1', '1:' || login_identity, now(), now(), ${end} FROM integration_endpoint`);
const forget = () =>
  sql(`UPDATE login_attempt SET started_at = started_at - interval '1 year', finished_at = finished_at - interval '1 year', rests_until = NULL`);

/** Conditions that the books have, each with what makes it and what ends it, and which alarms it is told by. */
const CONDITIONS: readonly (readonly [alarms: readonly string[], make: () => Promise<unknown>, end: () => Promise<unknown>])[] = [
  [['rcm-account-locked'], () => login(`'locked', 'none', NULL`), forget],
  [
    ['rcm-password-known-bad', 'rcm-portal-ill'],
    () => login(`'rejected', 'bad', now() + interval '1 hour'`),
    async () => {
      await forget();
      await login(`'accepted', 'none', NULL`);
      await sql(`UPDATE login_attempt SET proved = true WHERE outcome = 'accepted'`);
    },
  ],
  [
    ['rcm-rotations-overdue'],
    () => sql(`UPDATE integration_endpoint SET next_rotation_at = now() - interval '25 hours'`),
    () => sql(`UPDATE integration_endpoint SET next_rotation_at = now() + interval '25 hours'`),
  ],
  [
    ['rcm-passwords-expire'],
    async () => {
      await sql(`UPDATE portal_type SET password_expires_days = 60`);
      await sql(`UPDATE integration_endpoint SET last_rotated_at = now() - interval '58 days'`);
    },
    () => sql(`UPDATE integration_endpoint SET last_rotated_at = now()`),
  ],
  [
    ['rcm-rotation-blocked'],
    () =>
      sql(`INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, waiting_from, fence, owner, reason, secret_arn, base_version, recipe_hash)
           SELECT gen_random_uuid(), login_identity, org_id, id, portal_type_code, 'blocked', 'submitting', 1, 'r', 'due', secret_arn, '1', 'h' FROM integration_endpoint LIMIT 1`),
    () => sql(`UPDATE rotation_attempt SET state = 'abandoned', waiting_from = NULL, ended_at = now()`),
  ],
  [
    ['rcm-portal-stopped'],
    () =>
      sql(`INSERT INTO portal_gate (portal_type_code, opened_at, cause, detail) VALUES ('alpine', now(), 'page_changed', 'd')
           ON CONFLICT (portal_type_code) DO UPDATE SET opened_at = now(), cause = 'page_changed', detail = 'd', closed_at = NULL`),
    () => sql(`UPDATE portal_gate SET closed_at = now(), closed_by = 'jane'`),
  ],
];

it.each(CONDITIONS)('%j is told of in Prometheus and in CloudWatch while its condition lasts, and no other', async (alarms, make, end) => {
  const told = async () => {
    await books.round(signal, signal);
    return alarmsTold(metrics, 'rotator');
  };
  expect(await told()).toEqual({ prometheus: [], cloudWatch: [] });
  await make();
  expect(await told()).toEqual({ prometheus: alarms, cloudWatch: alarms });
  await end();
  expect(await told()).toEqual({ prometheus: [], cloudWatch: [] });
});

it('books that cannot be counted grow old, and that is told of', async () => {
  const away = countBooks({ db: { transaction: async () => Promise.reject(new Error('away')) } as never, breaker: RULES }, metrics, () => now);
  now += HOUR_MS;
  await expect(away.round(signal, signal)).rejects.toThrow('away');
  expect(await alarmsTold(metrics, 'rotator')).toEqual({ prometheus: ['rcm-books-not-counted'], cloudWatch: ['rcm-books-not-counted'] });
  books = countBooks({ db: testEnvironment.databaseAs('rcm_rotator'), breaker: RULES }, metrics, () => now);
  await books.round(signal, signal);
  expect(await alarmsTold(metrics, 'rotator')).toEqual({ prometheus: [], cloudWatch: [] });
});

it('backups that nobody makes any more, or never made, are told of until there is a new one; before the database was asked, nothing is', async () => {
  metrics = createMetrics();
  const db = testEnvironment.databaseAs('rcm_rotator');
  const age = backupAge(db, metrics, { now: () => Date.now(), elapsed: () => now });
  const none = { prometheus: [], cloudWatch: [] };
  const old = { prometheus: ['rcm-backup-old'], cloudWatch: ['rcm-backup-old'] };
  expect(await alarmsTold(metrics, 'rotator')).toEqual(none);
  await age.round(signal, signal);
  expect(await alarmsTold(metrics, 'rotator')).toEqual(old);
  const backedUp = async (hoursAgo: number) =>
    recordBackupRun(db, {
      ...{ beganAt: new Date((await serverTime(db)).getTime() - hoursAgo * HOUR_MS), place: '/backups' },
      ...{ organizations: 1, logins: 3, copies: 0, missing: 0 },
    });
  await backedUp(37);
  await age.round(signal, signal);
  expect(await alarmsTold(metrics, 'rotator')).toEqual(old);
  await backedUp(0);
  await age.round(signal, signal);
  expect(await alarmsTold(metrics, 'rotator')).toEqual(none);
  // While the database is away nobody asks, and it grows older all the same.
  now += 37 * HOUR_MS;
  expect(await alarmsTold(metrics, 'rotator')).toEqual(old);
});
