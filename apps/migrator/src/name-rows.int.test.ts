import { findEndpoint } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { verify } from './commands/verify.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, scrubbing, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let stop: AbortController;
beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  stop = new AbortController();
  migrator = testEnvironment.migrator({}, { stopping: stop.signal });
});
afterEach(() => testEnvironment.close());

const sql = (text: string) => testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(text));
const NORTH: Seed = { id: 'north', orgId: 'north-1', portal: 'alpine', credentials: { username: 'one-account', password: 'p-of-both' } };

describe('before a row is moved', { timeout: 120_000 }, () => {
  it('one that is retired, and into which somebody has written a login, gets no name, and stops no other', async () => {
    await plant(testEnvironment.db, [...seeds(1), { ...NORTH, id: 'retired' }]);
    await sql(`UPDATE integration_endpoint SET retired_at = now() WHERE id = 'retired'`);
    expect((await apply(migrator)).json).toMatchObject({ migrated: 1, failed: [{ endpointId: 'retired', code: 'endpoint_retired' }] });
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ failed: [{ endpointId: 'endpoint-001' }, { endpointId: 'retired' }] });
    expect(await findEndpoint(migrator.db, { endpointId: 'retired' })).toMatchObject({ loginIdentity: null, secretArn: null });
  });

  it('one of an account that is being rotated under another endpoint waits for the end of that', async () => {
    await plant(testEnvironment.db, [NORTH]);
    await apply(migrator);
    await sql(`INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash)
      SELECT gen_random_uuid(), login_identity, org_id, id, portal_type_code, 'staged', 1, 'rotator', 'due', secret_arn, current_version, 'h' FROM integration_endpoint`);
    await plant(testEnvironment.db, [{ ...NORTH, id: 'south', orgId: 'south-1' }]);
    const waits = await apply(migrator);
    expect(waits.json).toMatchObject({ migrated: 0, failed: [{ endpointId: 'south', code: 'state_conflict' }] });
    expect(waits.lines.join('\n')).toMatch(/being rotated under endpoint north.*Nothing was written/);
    await sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now()`);
    expect((await apply(migrator)).json).toMatchObject({ migrated: 1, failed: [] });
  });

  it('a stop that is asked for while rows are named ends the run as any stop does', async () => {
    await plant(testEnvironment.db, [NORTH]);
    const stopped = {
      ...migrator,
      get vocabulary() {
        stop.abort();
        return migrator.vocabulary;
      },
    };
    expect(await apply(stopped)).toMatchObject({ complete: false, end: 'stopped', json: { migrated: 0, failed: [], interrupted: true } });
  });

  it('one that cannot be named stops no other; but nothing is removed then, which would let rotations begin', async () => {
    await plant(testEnvironment.db, [NORTH]);
    const nameless: OpenMigration = {
      ...migrator,
      db: {
        ...migrator.db,
        transaction: (scope, act) =>
          act.toString().includes('settleLogin') && !act.toString().includes('firstSecretIsNamed')
            ? Promise.reject(new RcmError('database_failed', 'not this row'))
            : migrator.db.transaction(scope, act),
      },
    };
    expect((await apply(nameless)).json).toMatchObject({ migrated: 1, failed: [] });
    await verify(migrator);
    await plant(testEnvironment.db, [{ ...NORTH, id: 'south', orgId: 'south-1' }]);
    await expect(scrubbing(testEnvironment, nameless)).rejects.toMatchObject({ code: 'database_failed' });
    expect(await findEndpoint(migrator.db, { endpointId: 'north' })).toMatchObject({ hasLegacyCredentials: true });
  });
});
