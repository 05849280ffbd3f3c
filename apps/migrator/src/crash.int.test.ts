import { listLegacyEndpoints, listProofs } from '@rcm/db/migration';
import { isLongForm } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import { deaths, mortal } from './crash.fixture.ts';
import type { Report } from './report.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { expectEveryField, openTestEnvironment, scrubbing, stored, type TestEnvironment } from './testing.fixture.ts';

const SLOW_MS = 180_000;
let testEnvironment: TestEnvironment;
let migrator: OpenMigration;

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  // One at a time: the n-th call is always the same one.
  migrator = testEnvironment.migrator({ RCM_MIGRATOR_CONCURRENCY: '1' });
});
afterEach(() => testEnvironment.close());

/** Lets `command` die at one call after another, until one run gets through; `settle` looks at each. */
async function dieEverywhere(
  command: (dying: OpenMigration) => Promise<Report>,
  settle: (where: string) => Promise<void>,
  prepare: () => Promise<void> = async () => {},
): Promise<number> {
  let calls = 0;
  for (const { at, when } of deaths(3)) {
    await prepare();
    const dying = mortal(migrator, { at, when });
    await command(dying.migration).catch(() => {});
    calls = at - 1;
    if (!dying.died()) break;
    await settle(`died ${when} call ${at}`);
  }
  return calls;
}

/** Every login is in its row or in the store, whole. */
async function expectNothingLost(planted: readonly Seed[], where: string): Promise<void> {
  const rows = await listLegacyEndpoints(migrator.db, { limit: 1000 });
  const inRows = new Map(rows.map(({ endpoint, credentials }) => [endpoint.id, credentials.reveal()]));
  for (const seed of planted) {
    const text = inRows.get(seed.id) ?? (await stored(migrator, seed)).text;
    expect(JSON.parse(text), `${where}: ${seed.id}`).toEqual(JSON.parse(JSON.stringify(seed.credentials)));
  }
}

describe('a migrator that dies and is started again', () => {
  it('applies as if it had not died, wherever that was', { timeout: SLOW_MS }, async () => {
    let planted: Seed[] = [];
    let generation = 0;
    // Two new endpoints for each death; those of the deaths before are migrated already.
    const prepare = async () => {
      generation += 1;
      planted = seeds(2).map((seed) => ({ ...seed, id: `g${generation}-${seed.id}` }));
      await plant(testEnvironment.db, planted);
    };
    const deaths = await dieEverywhere(
      apply,
      async (where) => {
        await expectNothingLost(planted, where);
        expect(await apply(migrator), where).toMatchObject({ complete: true, json: { failed: [] } });
        await expectEveryField(migrator, planted);
        for (const seed of planted) {
          expect((await stored(migrator, seed)).version, `${where}: written once`).toBe('1');
          expect(await listProofs(migrator.db, { endpointId: seed.id, limit: 10 }), where).toHaveLength(1);
        }
      },
      prepare,
    );
    expect(deaths).toBeGreaterThanOrEqual(10);
  });

  it('verifies as if it had not died, wherever that was', { timeout: SLOW_MS }, async () => {
    const planted = seeds(3);
    await plant(testEnvironment.db, planted);
    await apply(migrator);
    const deaths = await dieEverywhere(verify, async (where) => {
      expect(await verify(migrator), where).toMatchObject({ complete: true, json: { verified: 3 } });
      await expectNothingLost(planted, where);
    });
    expect(deaths).toBeGreaterThanOrEqual(6);
  });

  it('scrubs as if it had not died, and knows when removed plaintext was never rewritten away', { timeout: SLOW_MS }, async () => {
    let planted: Seed[] = [];
    let generation = 0;
    const prepare = async () => {
      generation += 1;
      planted = seeds(1).map((seed) => ({ ...seed, id: `g${generation}-${seed.id}` }));
      await plant(testEnvironment.db, planted);
      await apply(migrator);
      await verify(migrator);
    };
    let seenPending = 0;
    await dieEverywhere(
      (dying) => scrubbing(testEnvironment, dying),
      async (where) => {
        await expectNothingLost(planted, where);
        const before = (await status(migrator)).json as { legacy: number; rewritePending: boolean };
        if (before.rewritePending) seenPending += 1;
        const report = await scrubbing(testEnvironment, migrator);
        expect(report, where).toMatchObject({ complete: true, json: { scrubbed: before.legacy, rewritten: before.legacy > 0 || before.rewritePending } });
        expect((await status(migrator)).json, where).toMatchObject({ legacy: 0, rewritePending: false });
      },
      prepare,
    );
    expect(seenPending).toBeGreaterThanOrEqual(isLongForm() ? 3 : 1);
  });

  it('removes nothing when the rewrite cannot be reached', async () => {
    await plant(testEnvironment.db, seeds(3));
    await apply(migrator);
    await verify(migrator);
    const settings = { RCM_MIGRATOR_ADMIN_DATABASE_URL_FILE: '', RCM_MIGRATOR_ADMIN_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    await expect(scrubbing(testEnvironment, migrator, settings)).rejects.toMatchObject({ code: 'database_unavailable' });
    expect((await status(migrator)).json).toMatchObject({ legacy: 3, scrubbed: 0, rewritePending: false });
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 3, rewritten: true });
    expect((await status(migrator)).json).toMatchObject({ rewritePending: false });
  });
});
