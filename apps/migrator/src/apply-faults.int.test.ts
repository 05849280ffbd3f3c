import { listLegacyEndpoints } from '@rcm/db/migration';
import { backend } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { verify } from './commands/verify.ts';
import { plant, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { expectEveryField, openTestEnvironment, stored, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
});
afterEach(() => testEnvironment.close());

describe.runIf(backend() === 'embedded')('apply against a store that is not well (local-aws alone can be told to fail)', { timeout: 180_000 }, () => {
  it('slows down when throttled and gets everything through', async () => {
    const slow = await openTestEnvironment({ quotas: { writes: 3, reads: 20 } });
    try {
      const eager = slow.migrator({ RCM_MIGRATOR_CONCURRENCY: '4' });
      const planted = seeds(12);
      await plant(slow.db, planted);
      expect(await apply(eager)).toMatchObject({ complete: true, json: { migrated: 12, failed: [] } });
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect((await verify(eager)).json).toMatchObject({ verified: 12 });
    } finally {
      await slow.close();
    }
  });

  it.each(['drop', 'error500'] as const)('adopts what it wrote when the answer was lost (%s after the act)', async (kind) => {
    const planted = seeds(6);
    await plant(testEnvironment.db, planted);
    testEnvironment.aws?.setFaults({ match: 'ssm:PutParameter', kind, when: 'after', count: 4 });
    expect(await apply(migrator)).toMatchObject({ complete: true, json: { migrated: 6, failed: [] } });
    for (const seed of planted) expect((await stored(migrator, seed)).version).toBe('1');
    await expectEveryField(migrator, planted);
  });

  it('ends in one sentence where the account is full, and goes on with the advanced tier where it may', async () => {
    const small = await openTestEnvironment({ parameterLimits: { Standard: 5 } });
    try {
      const planted = seeds(40);
      await plant(small.db, planted);
      const report = await apply(small.migrator({ RCM_MIGRATOR_CONCURRENCY: '2' }));
      expect(report).toMatchObject({ complete: false, json: { migrated: 5 } });
      expect(report.lines.join('\n')).toMatch(/Stopped: .*has no room for another parameter.*The remaining ones were not touched/);
      const failed = (report.json as { failed: { code: string }[] }).failed.map(({ code }) => code);
      expect(new Set(failed)).toEqual(new Set(['store_full']));
      // Those that were in hand: the others were not tried, and the audit trail has nothing of them.
      expect(failed.length).toBeLessThanOrEqual(2);
      expect(await listLegacyEndpoints(small.migrator().db, { limit: 100 })).toHaveLength(40);
      const more = small.migrator({ RCM_LARGE_PAYLOADS: 'advanced' });
      expect((await apply(more)).json).toMatchObject({ migrated: 35, already: 5, failed: [] });
      await expectEveryField(more, planted);
    } finally {
      await small.close();
    }
  });

  it('gives up soon when the store stays down, and has changed nothing', async () => {
    const planted = seeds(24);
    await plant(testEnvironment.db, planted);
    testEnvironment.aws?.setFaults({ match: 'ssm', kind: 'error500' });
    const report = await apply(migrator);
    expect(report.complete).toBe(false);
    // The breaker ends the run before each of them has met the same outage.
    const codes = (report.json as { failed: { code: string }[] }).failed.map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set(['store_unavailable']));
    expect(codes.length).toBeLessThan(24);
    expect(await listLegacyEndpoints(migrator.db, { limit: 100 })).toHaveLength(24);
    testEnvironment.aws?.setFaults({ kind: 'none' });
    expect((await apply(migrator)).json).toMatchObject({ migrated: 24, failed: [] });
  });
});
