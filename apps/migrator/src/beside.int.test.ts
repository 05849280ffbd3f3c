import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { scrub } from './commands/scrub.ts';
import { verify } from './commands/verify.ts';
import { readMigratorConfig } from './config.ts';
import { RowConfigs } from './row-configs.fixture.ts';
import { plant, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let rows: RowConfigs;
const ACT = { actor: 'person:os:jane', reason: 'the table is cleaned up' };

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
  rows = new RowConfigs(testEnvironment.db);
  await plant(testEnvironment.db, seeds(1));
});
afterEach(() => testEnvironment.close());

const own = { password: 'p-in-store' };
const another = { password: 'p-of-somebody-else' };
const scrubbing = (paths: readonly string[]) =>
  scrub(migrator, { config: readMigratorConfig(testEnvironment.environment), removal: 'proved', act: ACT, also: { paths, otherPaths: [] } });
const told = async () => {
  const [event] = await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ places: number }[]>`
      SELECT (details->>'alsoPlaces')::int AS places FROM audit_event WHERE subject = 'listed' AND action = 'endpoint.scrubbed'`,
  );
  return event?.places;
};

describe('what --also takes out of a list beside a login', { timeout: 300_000 }, () => {
  it.each([
    ['a path is said twice', [own, another, own, another], ['notes[]', 'notes[]'], [another, another], 2],
    ['two paths mean the same', [own, own, another], ['notes[]', '*[]'], [another], 2],
    ['one path lies inside of another', [own, another, own, another], ['notes[].password', 'notes[]'], [another, another], 4],
  ])('is what the store holds and nothing else, also where %s', async (_, notes, paths, left, places) => {
    await rows.put('listed', JSON.stringify({ credentials: { username: 'u', password: 'p-in-store' }, notes }));
    await apply(migrator);
    await verify(migrator);
    expect((await scrubbing(paths)).json).toMatchObject({ scrubbed: 2 });
    const now = JSON.parse(await rows.configOf('listed')) as { notes: unknown };
    expect(now).toEqual({ notes: left });
    expect(await told()).toBe(places);
  });
});
