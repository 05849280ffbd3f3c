import { type Clock, systemClock } from '@rcm/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { rollback } from './commands/rollback.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import { hirePerson, type Person, placesOf } from './person.fixture.ts';
import type { Report } from './report.ts';
import { CANARY, plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { expectEveryField, openTestEnvironment, scrubbing, type TestEnvironment } from './testing.fixture.ts';

const ACT = { actor: 'person:os:jane', reason: 'a test' };
let testEnvironment: TestEnvironment;
let [one, two]: OpenMigration[] = [];
let person: Person;

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  [one, two] = [testEnvironment.migrator(), testEnvironment.migrator()];
  person = hirePerson(testEnvironment);
});
afterEach(async () => {
  await person.close();
  await testEnvironment.close();
});

const failed = (report: Report): { endpointId: string; code: string }[] => (report.json as { failed: never[] }).failed;

describe('two migrators at once', { timeout: 600_000 }, () => {
  it('do the whole path as one would', async () => {
    const planted = seeds(12);
    await plant(testEnvironment.db, planted);
    const both = async (command: (migration: OpenMigration) => Promise<Report>): Promise<Report[]> => {
      const reports = await Promise.all([one, two].flatMap((migration) => (migration ? [command(migration)] : [])));
      expect(reports.flatMap(failed)).toEqual([]);
      return reports;
    };
    const sum = (reports: Report[], field: string) => reports.reduce((total, { json }) => total + (json[field] as number), 0);
    expect(sum(await both(apply), 'migrated')).toBe(12);
    await both(verify);
    expect(sum(await both((migration) => scrubbing(testEnvironment, migration)), 'scrubbed')).toBe(12);
    expect((await status(one as OpenMigration)).json).toMatchObject({ legacy: 0, scrubbed: 12, rewritePending: false });
    for (const [n, seed] of planted.entries()) {
      if (n !== 3) expect(await placesOf(testEnvironment, one as OpenMigration, seed, `${CANARY}-Pass-${n}`)).toEqual(['store']);
    }
  });

  /** As one on another machine claims a row, of which nobody here can say whether it lives. */
  const claimedElsewhere = (seed: Seed, forMs: number) =>
    testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`
        INSERT INTO migration_claim (endpoint_id, org_id, holder, claimed_until)
        SELECT id, org_id, 'migrator@elsewhere:7', clock_timestamp() + make_interval(secs => ${forMs / 1000}::float8) FROM integration_endpoint WHERE id = ${seed.id}`,
    );

  it('wait for what the other one is at, and do it when that one has died', async () => {
    const planted = seeds(3);
    await plant(testEnvironment.db, planted);
    await claimedElsewhere(planted[0] as Seed, 2_500);
    const report = await apply(one as OpenMigration);
    expect(report.json).toMatchObject({ migrated: 3, failed: [] });
    await expectEveryField(one as OpenMigration, planted);
  });

  it('name what the other one is at for longer than any move takes, and leave it to that one', async () => {
    const planted = seeds(3);
    await plant(testEnvironment.db, planted);
    await claimedElsewhere(planted[0] as Seed, 3_600_000);
    let slept = 0;
    const clock: Clock = {
      ...systemClock,
      // Somebody sets it back in the middle of the wait.
      now: () => new Date(Date.now() + slept - (slept > 60_000 ? 3_600_000 : 0)),
      elapsed: () => performance.now() + slept,
      sleep: (ms) => Promise.resolve(void (slept += ms)),
    };
    const report = await apply({ ...(one as OpenMigration), clock });
    const reason = expect.stringContaining('migrator@elsewhere:7') as string;
    expect(report.json).toMatchObject({ migrated: 2, failed: [{ endpointId: planted[0]?.id, code: 'lease_unavailable', reason }] });
    expect(slept).toBeGreaterThan(180_000);
    expect(slept).toBeLessThan(600_000);
    const [left] = await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ id: string }[]>`SELECT id FROM integration_endpoint WHERE secret_arn IS NULL`,
    );
    expect(left).toEqual({ id: planted[0]?.id });
  });

  it('who work against each other, with a person between them, lose nothing and meet no failure that is nobody’s', async () => {
    const planted = seeds(6);
    await plant(testEnvironment.db, planted);
    const newest = new Map(planted.flatMap((seed, n) => (n === 3 ? [] : [[seed, `${CANARY}-Pass-${n}`] as [typeof seed, string]])));
    const rollbackAll = (migration: OpenMigration) => rollback(migration, 'all', ACT);
    const scrub = (migration: OpenMigration) => scrubbing(testEnvironment, migration);
    const rounds = [
      [apply, apply],
      [verify, rollbackAll],
      [apply, verify],
      [verify, scrub],
      [scrub, rollbackAll],
      [rollbackAll, rollbackAll],
      [apply, rollbackAll],
      [apply, scrub],
      [verify, verify],
      [scrub, scrub],
      [scrub, apply],
    ] as const;
    for (const [round, [first, second]] of rounds.entries()) {
      const edited = planted[round % 3];
      const reports = await Promise.all([
        first(one as OpenMigration),
        second(two as OpenMigration),
        ...(edited ? [person.types(edited, `typed-${round}`).then(() => null)] : []),
      ]);
      await person.done();
      if (edited) newest.set(edited, `typed-${round}`);
      const codes = reports.flatMap((report) => (report ? failed(report).map(({ code }) => code) : []));
      expect(
        codes.filter((code) => !['row_edited', 'state_conflict', 'store_conflict', 'lease_unavailable'].includes(code)),
        `round ${round}`,
      ).toEqual([]);
      for (const [seed, password] of newest)
        expect(await placesOf(testEnvironment, one as OpenMigration, seed, password), `round ${round}: ${seed.id}`).not.toEqual([]);
    }
  });
});
