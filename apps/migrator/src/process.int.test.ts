import { backend, isLongForm } from '@rcm/test-services';
import { SHAPE } from '@rcm/telemetry/json-shape';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CANARY, plant, seeds } from './seeds.fixture.ts';
import { type Ended, runMigrator, startMigrator } from './process.fixture.ts';
import { expectEveryField, openTestEnvironment, stored, type TestEnvironment } from './testing.fixture.ts';

const SLOW_MS = 900_000;
let testEnvironment: TestEnvironment;
/** Every act by a person asks why. */
const WHY = ['--reason', 'a test'];

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
});
afterEach(() => testEnvironment.close());

/** Plain, JSON-, URL- and base64-encoded (at each of the three offsets). */
function expectNoSecretIn(...runs: readonly Ended[]): void {
  const shown = runs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
  const encoded = ['', 'x', 'xx'].map((lead) =>
    Buffer.from(lead + CANARY)
      .toString('base64')
      .slice(lead.length === 0 ? 0 : 4, -3),
  );
  for (const trace of [CANARY, 'JBSWY3DPEHPK3PXP', ...encoded]) expect(shown.toLowerCase()).not.toContain(trace.toLowerCase());
}

/** Exactly one JSON object on stdout. */
const resultOf = ({ stdout }: Ended): unknown => {
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  const { version, ...said } = JSON.parse(stdout) as Record<string, unknown>;
  expect(version).toBe(SHAPE);
  return said;
};

describe('the migrator as a process', { timeout: SLOW_MS }, () => {
  it('goes the whole path, one JSON object each, and shows no secret at the most talkative level', async () => {
    await plant(testEnvironment.db, seeds(24));
    const environment = { ...testEnvironment.environment, RCM_LOG_LEVEL: 'trace' };
    const runs: Ended[] = [];
    const run = async (...args: string[]) => {
      const ended = await runMigrator(args, environment);
      runs.push(ended);
      return { code: ended.code, result: resultOf(ended) };
    };
    expect(await run('plan', '--json')).toMatchObject({ code: 0, result: { create: 24 } });
    expect(await run('apply', '--dry-run', '--json')).toMatchObject({ code: 0, result: { create: 24 } });
    expect(await run('status', '--json')).toEqual({
      code: 1,
      result: { endpoints: 24, legacy: 24, migrated: 0, verified: 0, scrubbed: 0, rewritePending: false, elsewhere: [], outside: [], unfinished: [] },
    });
    expect(await run('apply', '--reason', 'the move', '--json')).toMatchObject({ code: 0, result: { migrated: 24, already: 0, failed: [] } });
    expect(await run('scrub', '--reason', 'the move is proved', '--json')).toMatchObject({ code: 1, result: { scrubbed: 0 } });
    expect(await run('verify', '--json')).toMatchObject({ code: 0, result: { verified: 24, failed: [] } });
    expect(await run('scrub', '--reason', 'the move is proved', '--json')).toMatchObject({ code: 0, result: { scrubbed: 24, failed: [] } });
    expect(await run('status', '--json')).toEqual({
      code: 1,
      result: {
        endpoints: 24,
        legacy: 0,
        migrated: 24,
        verified: 24,
        scrubbed: 24,
        rewritePending: false,
        elsewhere: [],
        outside: expect.arrayContaining([{ kind: 'base_backups', since: expect.any(String) as string }]) as unknown,
        unfinished: [],
      },
    });
    expect(await run('rollback', '--all', '--yes', '--reason', 'a test', '--actor', 'the-ceo', '--json')).toMatchObject({
      code: 0,
      result: { restored: 24, failed: [] },
    });
    const begun = await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ action: string; actor: string; reason: string }[]>`
        SELECT DISTINCT action, regexp_replace(actor, '^(person:[a-z]+):.*$', '\\1') AS actor, reason FROM audit_event WHERE action LIKE 'migration.%' ORDER BY 1`,
    );
    expect(begun).toEqual([
      { action: 'migration.apply', actor: 'person:sts', reason: 'the move' },
      { action: 'migration.scrub', actor: 'person:sts', reason: 'the move is proved' },
    ]);
    const actors = await testEnvironment.db.transaction(
      'every tenant',
      (tx) =>
        tx.$queryRaw<
          { actor: string }[]
        >`SELECT DISTINCT actor FROM audit_event WHERE action IN ('credential.rollback', 'endpoint.restored') AND reason = 'a test'`,
    );
    // An emulator in a container says the same of every caller.
    const caller = backend() === 'containers' ? String.raw`arn:aws:\S+` : String.raw`arn:aws:sts::\d+:assumed-role/rcm-migrator-task/\S+`;
    expect(actors).toEqual([{ actor: expect.stringMatching(new RegExp(`^person:sts:${caller} says the-ceo$`)) as string }]);
    expectNoSecretIn(...runs);
    expect(runs[3]?.stderr).toContain('apply: 24/24 · ');
  });

  it('shows no secret when payloads are broken, the store refuses or the database is gone', async () => {
    await plant(testEnvironment.db, [
      ...seeds(2),
      { id: 'broken', orgId: 'north-1', portal: 'alpine', credentials: { username: `${CANARY}-u`, password: [`${CANARY}-p`] } },
    ]);
    const environment = { ...testEnvironment.environment, RCM_LOG_LEVEL: 'trace' };
    const broken = await runMigrator(['apply', ...WHY], environment);
    expect(broken).toMatchObject({ code: 1 });
    expect(broken.stdout).toMatch(/Migrated: 2\. .* Failed: 1\.\n {2}broken: payload_invalid: /);
    const noDatabase = await runMigrator(['apply', ...WHY, '--json'], {
      ...environment,
      RCM_DATABASE_URL_FILE: '',
      RCM_DATABASE_URL: `postgres://${CANARY}:${CANARY}@127.0.0.1:1/none`,
    });
    expect(noDatabase).toMatchObject({ code: 1, stderr: expect.stringMatching(/^Postgres cannot be used right now[^\n]*\.\n$/) as string });
    expect(resultOf(noDatabase)).toMatchObject({ error: { code: 'database_unavailable' } });
    const noStore = await runMigrator(['verify'], { ...environment, RCM_AWS_ENDPOINT: 'http://127.0.0.1:1' });
    expect(noStore).toMatchObject({ code: 1, stdout: expect.stringContaining('store_unavailable') as string });
    expectNoSecretIn(broken, noDatabase, noStore);
  });

  it('says in one line each what is wrong with the configuration or the call, with exit code 2', async () => {
    const lines = async (args: readonly string[], environment: Record<string, string>) => {
      const ended = await runMigrator(args, environment);
      expectNoSecretIn(ended);
      return { code: ended.code, lines: ended.stderr.trimEnd().split('\n') };
    };
    const bad = {
      ...testEnvironment.environment,
      RCM_MIGRATOR_STORE: CANARY,
      RCM_MIGRATOR_WRITES_PER_SECOND: 'many',
      RCM_IDENTITY_KEY_FILE: '/nowhere',
      RCM_AWS_ACCOUNT_ID: CANARY,
      RCM_IDENTITY_KEY_ID: `${CANARY}:1`,
    };
    const [wrong, foreign, unsaid, confirm, unreasoned, unscrubbable] = await Promise.all([
      lines(['apply', ...WHY], bad),
      lines(['migrate-all'], testEnvironment.environment),
      lines(['rollback'], testEnvironment.environment),
      lines(['rollback', '--all'], testEnvironment.environment),
      lines(['rollback', '--all', '--yes', '--reason', ' '], testEnvironment.environment),
      lines(['scrub', ...WHY], { ...testEnvironment.environment, RCM_MIGRATOR_ADMIN_DATABASE_URL_FILE: '' }),
    ]);
    expect(wrong.code).toBe(2);
    expect(wrong.lines[0]).toBe('The configuration is not usable; each variable is in docs/configuration.md:');
    expect(
      wrong.lines
        .slice(1)
        .map((line) => line.split(':')[0]?.trim())
        .sort(),
    ).toEqual(['RCM_AWS_ACCOUNT_ID', 'RCM_IDENTITY_KEY', 'RCM_IDENTITY_KEY_ID', 'RCM_MIGRATOR_STORE', 'RCM_MIGRATOR_WRITES_PER_SECOND']);
    expect(resultOf(await runMigrator(['status', '--no-such', '--json'], testEnvironment.environment))).toEqual({
      error: { code: 'input_invalid', message: "unknown option '--no-such'", todo: null },
    });
    expect(foreign).toEqual({ code: 2, lines: ["error: unknown command 'migrate-all'"] });
    expect(unsaid).toMatchObject({ code: 2, lines: [expect.stringContaining('--endpoint <id>')] });
    expect(confirm).toMatchObject({ code: 2, lines: [expect.stringContaining('--yes')] });
    expect(unreasoned).toMatchObject({ code: 2, lines: [expect.stringMatching(/--reason .* Nothing was done/)] });
    expect(unscrubbable).toMatchObject({ code: 2, lines: [expect.stringContaining('RCM_MIGRATOR_ADMIN_DATABASE_URL_FILE')] });
  });

  it('helps without any configuration', async () => {
    const [all, one] = await Promise.all([runMigrator(['--help'], { PATH: '' }), runMigrator(['rollback', '--help'], { PATH: '' })]);
    expect(all).toMatchObject({ code: 0, stdout: expect.stringMatching(/plan[\s\S]*apply[\s\S]*verify[\s\S]*scrub[\s\S]*rollback[\s\S]*status/) as string });
    expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining('--endpoint <id>') as string });
  });

  it('stops on SIGTERM with the work in hand finished, and says how far it came', async () => {
    const planted = seeds(24);
    await plant(testEnvironment.db, planted);
    const running = startMigrator(['apply', ...WHY, '--json'], { ...testEnvironment.environment, RCM_MIGRATOR_WRITES_PER_SECOND: '2' });
    await running.says('apply:');
    running.kill('SIGTERM');
    const ended = await running.ended;
    const result = resultOf(ended) as { migrated: number; interrupted: boolean };
    expect({ code: ended.code, ...result }).toMatchObject({ code: 1, interrupted: true });
    expect(result.migrated).toBeLessThan(24);
    expect(await runMigrator(['status', '--json'], testEnvironment.environment).then(resultOf)).toMatchObject({ migrated: result.migrated, legacy: 24 });
  });

  it('ends the same however often it is killed', async () => {
    const watching = testEnvironment.migrator();
    const planted = seeds(24);
    await plant(testEnvironment.db, planted);
    const environment = { ...testEnvironment.environment, RCM_MIGRATOR_WRITES_PER_SECOND: '10' };
    for (let kills = 0; kills < (isLongForm() ? 5 : 2); kills += 1) {
      const running = startMigrator(['apply', ...WHY, '--json'], environment);
      await Promise.race([running.says('apply:'), running.ended]);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      running.kill('SIGKILL');
      await running.ended;
    }
    const last = await runMigrator(['apply', ...WHY, '--json'], environment);
    expect({ code: last.code, result: resultOf(last) }).toMatchObject({ code: 0, result: { failed: [], interrupted: false } });
    await expectEveryField(watching, planted);
    for (const seed of planted) expect((await stored(watching, seed)).version).toBe('1');
  });
});
