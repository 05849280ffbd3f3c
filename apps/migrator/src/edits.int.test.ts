import { findEndpoint } from '@rcm/db';
import { isLongForm } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { rollback } from './commands/rollback.ts';
import { verify } from './commands/verify.ts';
import { hirePerson, interrupted, type Person, placesOf } from './person.fixture.ts';
import type { Report } from './report.ts';
import { CANARY, plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, rotate, scrubbing, type TestEnvironment } from './testing.fixture.ts';

/** Every 17th instant is tried on a change, of each command others; each of them in the long form. */
const NEXT_INSTANT = isLongForm() ? 1 : 17;
const ACT = { actor: 'person:os:jane', reason: 'a test' };
let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let person: Person;

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  // One at a time: the n-th instant is always the same one.
  migrator = testEnvironment.migrator({ RCM_MIGRATOR_CONCURRENCY: '1' });
  person = hirePerson(testEnvironment);
});
afterEach(async () => {
  await person.close();
  await testEnvironment.close();
});

const rollbackAll = (migration: OpenMigration): Promise<Report> => rollback(migration, 'all', ACT);
const named = (report: Report): { endpointId: string; code: string; reason: string }[] => (report.json as { failed: never[] }).failed;
const planned = (n: number): string => `${CANARY}-Pass-${n}`;

describe('a row that a person edits', { timeout: 600_000 }, () => {
  let planted: Seed[];
  let edited: Seed;
  beforeEach(async () => {
    planted = seeds(2);
    edited = planted[0] as Seed;
    await plant(testEnvironment.db, planted);
    await apply(migrator);
  });

  it('keeps what was typed between verify and scrub, and is named', async () => {
    await verify(migrator);
    await person.types(edited, 'typed');
    const report = await scrubbing(testEnvironment, migrator);
    expect(report).toMatchObject({ complete: false, json: { scrubbed: 1, failed: [{ endpointId: edited.id, code: 'row_edited' }] } });
    expect(await placesOf(testEnvironment, migrator, edited, 'typed')).toEqual(['row']);
    expect(named(await verify(migrator))).toMatchObject([{ endpointId: edited.id, code: 'row_edited' }]);
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 0, already: 1, failed: [{ endpointId: edited.id }] });
    expect(await placesOf(testEnvironment, migrator, edited, 'typed')).toEqual(['row']);
  });

  it.each([
    ['after apply', async () => {}],
    ['after verify', async () => void (await verify(migrator))],
    [
      'after verify, with the other one scrubbed',
      async () => {
        await verify(migrator);
        await scrubOther();
      },
    ],
  ])('is not written over by a rollback when it was edited %s, and is named', async (_, before) => {
    await before();
    await person.types(edited, 'typed');
    const report = await rollbackAll(migrator);
    expect(report).toMatchObject({ complete: false, json: { restored: 1, failed: [{ endpointId: edited.id, code: 'row_edited' }] } });
    expect(await placesOf(testEnvironment, migrator, edited, 'typed')).toEqual(['row']);
    expect(await findEndpoint(migrator.db, { endpointId: edited.id })).toMatchObject({ secretArn: expect.stringContaining('arn:') as string });
  });

  async function scrubOther(): Promise<void> {
    await person.types(edited, 'meanwhile');
    await scrubbing(testEnvironment, migrator);
    await person.types(edited, planned(0));
  }

  it('is not written over by a rollback when it was scrubbed before it was typed into', async () => {
    await verify(migrator);
    await scrubbing(testEnvironment, migrator);
    await person.types(edited, 'typed');
    expect(named(await rollbackAll(migrator))).toMatchObject([{ endpointId: edited.id, code: 'state_conflict' }]);
    expect(await placesOf(testEnvironment, migrator, edited, 'typed')).toEqual(['row']);
  });

  it('is never taken for rotated, although the journal knows a rotation since', async () => {
    await rotate(testEnvironment, migrator, edited, (payload) => payload);
    await person.types(edited, 'typed');
    expect(named(await verify(migrator))).toMatchObject([{ endpointId: edited.id, code: 'row_edited' }]);
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 1, failed: [{ endpointId: edited.id }] });
    expect(await placesOf(testEnvironment, migrator, edited, 'typed')).toEqual(['row']);
  });

  it('can be gone on with once it and the store are one again', async () => {
    await verify(migrator);
    await person.types(edited, 'typed');
    await scrubbing(testEnvironment, migrator);
    await person.types(edited, planned(0));
    expect(await verify(migrator)).toMatchObject({ complete: true });
    expect(await scrubbing(testEnvironment, migrator)).toMatchObject({ complete: true, json: { scrubbed: 1 } });
    expect(await placesOf(testEnvironment, migrator, edited, planned(0))).toEqual(['store']);
  });
});

it('is moved as it is by then when it was edited while others were moved', { timeout: 600_000 }, async () => {
  const [first, second] = seeds(2) as [Seed, Seed];
  await plant(testEnvironment.db, [first, second]);
  let creates = 0;
  const { forTenant } = migrator.stores;
  const beside: OpenMigration = {
    ...migrator,
    stores: {
      ...migrator.stores,
      forTenant: (orgId) => ({
        ...forTenant(orgId),
        async create(...args) {
          if ((creates += 1) === 1) await person.types(second, 'typed');
          return forTenant(orgId).create(...args);
        },
      }),
    },
  };
  expect(await apply(beside)).toMatchObject({ complete: true, json: { migrated: 2 } });
  expect(await placesOf(testEnvironment, migrator, second, 'typed')).toEqual(['row', 'store']);
  expect(await verify(migrator)).toMatchObject({ complete: true });
});

describe('a person who edits a row at every moment between any two steps', { timeout: 3_600_000 }, () => {
  const COMMANDS: readonly (readonly [string, number, (migration: OpenMigration) => Promise<Report>, (migration: OpenMigration) => Promise<unknown>])[] = [
    ['apply', 20, apply, async () => {}],
    ['verify', 12, verify, apply],
    ['scrub', 12, (migration) => scrubbing(testEnvironment, migration), async (migration) => (await apply(migration), verify(migration))],
    ['rollback', 24, rollbackAll, async (migration) => (await apply(migration), verify(migration))],
    [
      'rollback of what was scrubbed',
      24,
      rollbackAll,
      async (migration) => (await apply(migration), await verify(migration), scrubbing(testEnvironment, migration)),
    ],
  ];

  it.each(COMMANDS)('loses nothing to %s, nor to what comes after it', async (name, atLeast, command, prepare) => {
    const first = isLongForm() ? 1 : 1 + 3 * COMMANDS.findIndex(([each]) => each === name);
    for (let at = first; ; at += NEXT_INSTANT) {
      const planted = seeds(2).map((seed) => ({ ...seed, id: `g${at}-${seed.id}` }));
      const [edited, other] = planted as [Seed, Seed];
      const password = `typed-${at}`;
      await plant(testEnvironment.db, planted);
      await prepare(migrator);
      const beside = interrupted(migrator, { at, act: () => person.types(edited, password) });
      const reports = [await command(beside.migration)];
      await person.done();
      if (!beside.came()) return void expect(at).toBeGreaterThan(atLeast);
      const where = `edited at instant ${at}`;
      expect(await placesOf(testEnvironment, migrator, edited, password), where).not.toEqual([]);
      for (const next of [apply, verify, (migration: OpenMigration) => scrubbing(testEnvironment, migration), rollbackAll]) {
        reports.push(await next(migrator));
        const places = await placesOf(testEnvironment, migrator, edited, password);
        expect(places, where).not.toEqual([]);
        const names = reports.flatMap(named);
        // Left alone is not enough: somebody must be told that the two differ.
        if (places.length === 1 && places[0] === 'row' && reports.length > 2)
          expect(
            names.map(({ endpointId }) => endpointId),
            where,
          ).toContain(edited.id);
        for (const { endpointId, code } of names)
          expect([endpointId, code], where).toEqual([edited.id, expect.stringMatching(/^(row_edited|store_conflict|state_conflict)$/)]);
      }
      expect(await placesOf(testEnvironment, migrator, other, planned(1)), where).toEqual(['row', 'store']);
      await testEnvironment.db.transaction(
        'every tenant',
        (tx) => tx.$executeRaw`UPDATE integration_endpoint SET secret_arn = NULL, config = '{}' WHERE id IN (${edited.id}, ${other.id})`,
      );
    }
  });
});
