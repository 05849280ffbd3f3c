import { openDatabase } from '@rcm/db';
import { askWideAct, decideAct } from '@rcm/db/acts';
import { upsertPortalType } from '@rcm/db/admin';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { createLogger, createMetrics, systemClock } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import pg from 'pg';
import { expect, it } from 'vitest';
import type { RotatorConfig } from '../config.ts';
import type { Rotator } from '../rotator.ts';
import { choresForPeople } from './chores/people.ts';
import { startService } from './service.ts';

const LONG_MS = 600_000;
const NEVER_MS = 3_600_000;
/** More than a rotator has in hand at once. */
const PORTAL_TYPES = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'];
const config = {
  RCM_ROTATOR_ASKED_SCAN_MS: 1,
  RCM_ROTATOR_MANUAL_SCAN_MS: NEVER_MS,
  RCM_ROTATOR_MANUAL_READS: 1,
  RCM_ROTATOR_MANUAL_DUE_MS: NEVER_MS,
  RCM_ROTATOR_MANUAL_IDLE_MS: NEVER_MS,
} as unknown as RotatorConfig;

it('a rotator that is stopped ends what people asked for and it has in hand, and leaves to others what waits', { timeout: LONG_MS }, async () => {
  const database = await freshDatabase({ migrate: migrateWithLogins });
  const owner = new pg.Pool({ connectionString: database.url, max: 2 });
  const admin = openDatabase({ url: database.url, applicationName: 'test' });
  const people = openDatabase({ url: urlFor('rcm_console', database.url), applicationName: 'test', role: 'rcm_console' });
  const db = openDatabase({ url: urlFor('rcm_rotator', database.url), applicationName: 'test', role: 'rcm_rotator' });
  const asked = async () => {
    const { rows } = await owner.query<{ portal: string; taken: boolean; outcome: string | null }>(
      'SELECT portal_type_code AS portal, taken_at IS NOT NULL AS taken, outcome FROM login_request',
    );
    return { inHand: rows.filter(({ taken }) => taken), waiting: rows.filter(({ taken }) => !taken) };
  };
  try {
    for (const code of PORTAL_TYPES) {
      await upsertPortalType(admin, { ...PLAIN_PORTAL_TYPE, code });
      const { id } = await askWideAct(people, { kind: 'pause', portalTypeCode: code, actor: 'person:os:jane@desk', reason: 'new pages' });
      await decideAct(people, { id, orgId: null, decision: 'approved', actor: 'person:os:john@desk', reason: 'seen it' });
    }
    const rotator = {
      ...{ db, owner: 'rotator', clock: systemClock, logger: createLogger({ name: 'test', level: 'silent' }) },
      ...{ timing: { retryMs: 1 }, lease: { waitMs: 1 }, rules: { canary: false, probeMs: 1, lastingMs: 1 } },
    } as unknown as Rotator;
    const busy = await owner.connect();
    await busy.query('BEGIN; LOCK TABLE rotation_pause IN SHARE MODE');
    const service = startService({
      ...{ rotator, metrics: createMetrics(), concurrency: 1, scanMs: NEVER_MS, recoveryMs: NEVER_MS, beforeScan: () => Promise.resolve() },
      chores: choresForPeople(rotator, [], config),
    });
    await expect.poll(async () => (await asked()).inHand, { timeout: LONG_MS }).toHaveLength(4);
    const stopped = service.stop(NEVER_MS);
    await busy.query('ROLLBACK');
    busy.release();
    await stopped;
    const { inHand, waiting } = await asked();
    expect(inHand.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done', 'done']);
    expect(waiting.map(({ outcome }) => outcome)).toEqual([null, null, null]);
  } finally {
    await Promise.all([db.close(), people.close(), admin.close(), owner.end()]);
    await database.drop();
  }
});
