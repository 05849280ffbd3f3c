import { randomBytes } from 'node:crypto';
import { findEndpoint } from '@rcm/db';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { scrub } from './commands/scrub.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import { readMigratorConfig } from './config.ts';
import { plant, type Seed, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, rotate, scrubbing, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let planted: Seed[];

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
  planted = seeds(3);
  await plant(testEnvironment.db, planted);
});
afterEach(() => testEnvironment.close());

const leftAlone = seeds(3).map(({ id }) => ({ endpointId: id, code: 'state_conflict' }));

async function expectPlaintextKept(): Promise<void> {
  for (const { id } of planted) expect(await findEndpoint(migrator.db, { endpointId: id })).toMatchObject({ hasLegacyCredentials: true });
}

/** An administrator's login that may do everything about WAL and nothing about tables. */
async function withLoginThatMaySwitchWal(act: (url: string) => Promise<void>): Promise<void> {
  const login = `switcher_${randomBytes(6).toString('hex')}`;
  const sql = (...statements: string[]) =>
    testEnvironment.db.transaction('no tenant', async (tx) => {
      for (const statement of statements) await tx.$executeRawUnsafe(statement);
    });
  await sql(
    `CREATE ROLE ${login} LOGIN PASSWORD 'local'`,
    `GRANT pg_checkpoint, pg_monitor TO ${login}`,
    `GRANT EXECUTE ON FUNCTION pg_switch_wal() TO ${login}`,
  );
  const url = new URL(testEnvironment.url);
  [url.username, url.password] = [login, 'local'];
  try {
    await act(url.href);
  } finally {
    await sql(`DROP OWNED BY ${login}`, `DROP ROLE ${login}`);
  }
}

describe('scrub', { timeout: 600_000 }, () => {
  it('leaves a row that is not migrated: its plaintext is the only copy', async () => {
    expect(await scrubbing(testEnvironment, migrator)).toMatchObject({ complete: false, json: { scrubbed: 0, rewritten: false, failed: leftAlone } });
    await expectPlaintextKept();
  });

  it('leaves a row that was never verified', async () => {
    await apply(migrator);
    expect(await scrubbing(testEnvironment, migrator)).toMatchObject({ complete: false, json: { scrubbed: 0, failed: leftAlone } });
    await expectPlaintextKept();
  });

  it('leaves a row whose proof is too old', async () => {
    await apply(migrator);
    await verify(migrator);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const report = await scrubbing(testEnvironment, migrator, { RCM_MIGRATOR_PROOF_MAX_AGE_MINUTES: '0.001' });
    expect(report).toMatchObject({ complete: false, json: { scrubbed: 0, rewritten: false, failed: leftAlone } });
    expect(report.lines.join('\n')).toContain('run verify');
    await expectPlaintextKept();
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 3, failed: [] });
  });

  it('leaves a row whose login was rotated after it was proved, until it is proved again', async () => {
    await apply(migrator);
    await verify(migrator);
    const [seed] = planted;
    if (!seed) throw new Error('no seed');
    await rotate(testEnvironment, migrator, seed, (payload) => payload);
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 2, failed: [{ endpointId: seed.id, code: 'state_conflict' }] });
    await verify(migrator);
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 1, already: 2, failed: [] });
  });

  it('removes nothing when it could not rewrite the storage afterwards', async () => {
    await apply(migrator);
    await verify(migrator);
    await expect(scrubbing(testEnvironment, migrator, { RCM_MIGRATOR_ADMIN_DATABASE_URL_FILE: '' })).rejects.toMatchObject({ code: 'config_invalid' });
    await expectPlaintextKept();
  });

  it('refuses before it removes anything when the rewrite would only be skipped with a warning, and says which right is missing', async () => {
    await apply(migrator);
    await verify(migrator);
    await withLoginThatMaySwitchWal(async (url) => {
      const settings = { RCM_MIGRATOR_ADMIN_DATABASE_URL_FILE: '', RCM_MIGRATOR_ADMIN_DATABASE_URL: url };
      await expect(scrubbing(testEnvironment, migrator, settings)).rejects.toMatchObject({
        code: 'config_invalid',
        message: expect.stringMatching(/nothing was removed.*VACUUM FULL of integration_endpoint/) as string,
      });
    });
    await expectPlaintextKept();
    const told = await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ action: string }[]>`SELECT action FROM audit_event WHERE action IN ('endpoint.scrubbed', 'storage.rewritten')`,
    );
    expect(told).toEqual([]);
    expect((await scrubbing(testEnvironment, migrator)).json).toMatchObject({ scrubbed: 3, rewritten: true });
  });

  it('rewrites again when asked to, with nothing left to remove', async () => {
    await apply(migrator);
    const report = await scrub(migrator, { config: readMigratorConfig(testEnvironment.environment), removal: 'none' });
    expect(report).toMatchObject({ complete: true, json: { scrubbed: 0, rewritten: true } });
    await expectPlaintextKept();
    expect((await status(migrator)).json).toMatchObject({ legacy: 3, rewritePending: false });
  });

  it('is not complete while the server keeps renamed WAL with its old bytes', async () => {
    await apply(migrator);
    const config = readMigratorConfig(testEnvironment.environment);
    const database = new URL(testEnvironment.url).pathname.slice(1);
    const setting = (set: string) => testEnvironment.db.transaction('no tenant', (tx) => tx.$executeRawUnsafe(`ALTER DATABASE "${database}" ${set}`));
    const kept = { walClean: false, outside: expect.arrayContaining(['recycled_wal']) as string[] };
    // What a session is told for its database says nothing of the server, even where it says off.
    for (const as of ['on', 'off']) {
      await setting(`SET wal_recycle = ${as}`);
      expect(await scrub(migrator, { config, removal: 'none' })).toMatchObject({ complete: false, json: kept });
    }
    await setting('RESET wal_recycle');
    expect(await scrub(migrator, { config, removal: 'none' })).toMatchObject({ complete: true, json: { walClean: true } });
  });
});
