import { acquireExclusiveLease } from '@rcm/db/leases';
import { claimLegacy, readLegacy } from '@rcm/db/migration';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { resolve } from './commands/resolve.ts';
import type { Take } from './credential/resolve.ts';
import { hirePerson, type Person } from './person.fixture.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, type TestEnvironment } from './testing.fixture.ts';

const TAKES = ['row', 'store'] as const;
const DEAD = 'migrator@elsewhere:7';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let person: Person;
let seed: Seed;

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
  person = hirePerson(testEnvironment);
  seed = seeds(1)[0] as Seed;
  await plant(testEnvironment.db, [seed]);
  await apply(migrator);
  await person.types(seed, 'typed');
});
afterEach(async () => {
  await person.close();
  await testEnvironment.close();
});

const sql = (statement: string) => testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(statement));
const decide = (take: Take, migration: OpenMigration) =>
  resolve(migration, { endpointId: seed.id, take, seen: '1', proof: 'none', actor: 'person:os:jane', reason: 'the portal was asked' });
const inRow = async () => (await readLegacy(migrator.db, { endpointId: seed.id, orgId: seed.orgId }))?.reveal();
const whenAndWhatThen = (who: string): string =>
  expect.stringMatching(new RegExp(`${who} \\d{4}-\\d\\d-\\d\\dT[\\d:]{8}Z.* Nothing was changed; run it again once that is over\\.$`)) as string;

describe('a login that a run holds which died on another machine', { timeout: 600_000 }, () => {
  beforeEach(async () => {
    const lease = { endpointId: seed.id, orgId: seed.orgId, holder: DEAD, ttlMs: 3_600_000, wantMs: 0 };
    expect(await acquireExclusiveLease(migrator.db, lease)).toMatchObject({ granted: true });
  });

  /** Half a minute passes at each look; that the lease is over is Postgres's to say. */
  const inHaste = (endsAfterMs: number): OpenMigration => {
    let passed = 0;
    const sleep = async () => {
      passed += 30_000;
      if (passed >= endsAfterMs) await sql('UPDATE login_lease SET expires_at = clock_timestamp()');
    };
    return { ...migrator, clock: { now: () => new Date(passed), elapsed: () => passed, sleep } };
  };

  it('is decided about once its lease is over, two minutes later at most, without another call', async () => {
    expect(await decide('row', inHaste(120_000))).toMatchObject({ complete: true });
    expect(await inRow()).toContain('typed');
  });

  it('is left as it is where that one lives, and the answer says who has it, until when, and what to do', async () => {
    const message = whenAndWhatThen(`^The login is not free: ${DEAD} holds it until`);
    for (const take of TAKES) await expect(decide(take, inHaste(Infinity))).rejects.toMatchObject({ code: 'lease_unavailable', message });
    expect(await inRow()).toContain('typed');
  });
});

it('a row that a migrator of another machine has in hand is left to it, and the answer says until when', async () => {
  await sql(`UPDATE integration_endpoint SET secret_arn = NULL WHERE id = '${seed.id}'`);
  await claimLegacy(migrator.db, { endpointId: seed.id, orgId: seed.orgId, holder: DEAD, ttlMs: 60_000 });
  const message = whenAndWhatThen(`in hand: ${DEAD}, until`);
  for (const take of TAKES) await expect(decide(take, migrator)).rejects.toMatchObject({ code: 'lease_unavailable', message });
  expect(await inRow()).toContain('typed');
});
