import { openClient } from '@rcm/test-services';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { scrub } from './commands/scrub.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import { readMigratorConfig } from './config.ts';
import type { Migration } from './migration.ts';
import { RowConfigs } from './row-configs.fixture.ts';
import { plant, seeds } from './seeds.fixture.ts';
import { openTestEnvironment, type TestEnvironment } from './testing.fixture.ts';

const IDS = ['first', 'second'];
/** With the one that comes with its organization and portal type. */
const LOGINS = IDS.length + 1;

let testEnvironment: TestEnvironment;
let rows: RowConfigs;
let migrator: Migration;

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  rows = new RowConfigs(testEnvironment.db);
  migrator = testEnvironment.migrator();
  await plant(testEnvironment.db, seeds(1));
  for (const id of IDS) await rows.put(id, JSON.stringify({ credentials: { username: `u-${id}`, password: `p-${id}` }, history: [{ password: 'p-old' }] }));
  await apply(migrator);
  await verify(migrator);
});
afterEach(() => testEnvironment.close());

const scrubbing = (migration: Migration, otherPaths: readonly string[] = []) =>
  scrub(migration, { config: readMigratorConfig(testEnvironment.environment), removal: 'proved', also: { paths: [], otherPaths: [...otherPaths] } });

/** A migrator that somebody asks to stop once it has asked the database so many times what may take a while. */
function stoppedAfter(asked: number): Migration {
  const stopping = new AbortController();
  const real = testEnvironment.migrator({ RCM_MIGRATOR_CONCURRENCY: '1' }, { stopping: stopping.signal });
  let done = 0;
  return {
    ...real,
    async patience(place, act) {
      const answer = await real.patience(place, act);
      if (place === null && (done += 1) === asked) stopping.abort();
      return answer;
    },
  };
}

describe('a scrub that is asked to stop', { timeout: 600_000 }, () => {
  it.each([
    ['after the last row', LOGINS],
    ['right before the rewrite', LOGINS + 1],
  ])('%s is not done: what was removed still lies in the storage', async (_, asked) => {
    const report = await scrubbing(stoppedAfter(asked));
    expect(report).toMatchObject({ complete: false, end: 'stopped', json: { scrubbed: LOGINS, failed: [], rewritten: false, interrupted: true } });
    expect(report.lines[0]).toBe(
      'Scrubbed: 3. Held no plaintext any more: 0. Left: 0. Storage not rewritten: what was removed may still lie in it. Stopped before the end; run it again.',
    );
    expect((await status(migrator)).json).toMatchObject({ legacy: 0, rewritePending: true });
    expect(await scrubbing(migrator)).toMatchObject({ end: 'done', json: { scrubbed: 0, rewritten: true, interrupted: false } });
    expect((await status(migrator)).json).toMatchObject({ rewritePending: false });
  });

  it('while the rewrite waits for a table that others use is not done, and ends at once', async () => {
    const stopping = new AbortController();
    await using others = await openClient(testEnvironment.url);
    await others.query('BEGIN; LOCK TABLE integration_endpoint IN SHARE UPDATE EXCLUSIVE MODE');
    const scrubbed = scrubbing(testEnvironment.migrator({}, { stopping: stopping.signal }));
    const waits = `SELECT FROM pg_locks WHERE NOT granted AND relation = 'integration_endpoint'::regclass`;
    await expect.poll(async () => (await others.query(waits)).rows.length, { timeout: 60_000 }).toBe(1);
    stopping.abort();
    expect(await scrubbed).toMatchObject({ complete: false, end: 'stopped', json: { scrubbed: LOGINS, rewritten: false, interrupted: true } });
    await others.query('ROLLBACK');
    expect(await scrubbing(migrator)).toMatchObject({ end: 'done', json: { scrubbed: 0, rewritten: true } });
  });

  it('among the copies beside logins is not done, and the next one removes the rest', async () => {
    await scrubbing(migrator);
    const otherPaths = ['history[].password'];
    expect(await scrubbing(stoppedAfter(1), otherPaths)).toMatchObject({
      complete: false,
      end: 'stopped',
      json: { beside: 1, rewritten: false, interrupted: true },
    });
    expect(await scrubbing(migrator, otherPaths)).toMatchObject({ complete: true, end: 'done', json: { beside: 1, rewritten: true, interrupted: false } });
    for (const id of IDS) expect(await rows.configOf(id)).not.toContain('p-old');
  });
});
