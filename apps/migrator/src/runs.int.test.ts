import { beginRun, listRuns } from '@rcm/db/migration';
import { processName } from '@rcm/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { runs } from './commands/runs.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import type { Filter } from './migration.ts';
import { startMigrator, runMigrator, type Ended } from './process.fixture.ts';
import { asRun, createCounts, filterOfRun } from './runs.ts';
import { CANARY, plant, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, type TestEnvironment } from './testing.fixture.ts';

const SLOW_MS = 600_000;
const PERSON = { actor: 'person:os:jane', reason: 'week 7' };
let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator();
  await plant(testEnvironment.db, seeds(12));
});
afterEach(() => testEnvironment.close());

/** Applies as the command line does. */
function applying(filter: Filter, migration = migrator) {
  const counts = createCounts();
  const filtered = { ...migration, filter, onEnd: counts.note };
  return asRun(filtered, { command: 'apply', person: PERSON }, counts, () => apply(filtered));
}
const listed = async () => (await runs(migrator)).json.runs as readonly { id: number; state: string; counts: object; filters: Filter }[];
const unfinished = async () => (await status(migrator)).json.unfinished as readonly { id: number; state: string }[];
const sql = (statement: string) => testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(statement));

describe('the book of runs', { timeout: SLOW_MS }, () => {
  it('says of each who asked for it and why, on which endpoints, how they ended and how it did', async () => {
    const { json } = await applying({ orgId: 'north-1' });
    await applying({ orgId: 'north-2', limit: 2 });
    expect(await listRuns(migrator.db, { limit: 10 })).toMatchObject([
      { filters: { orgId: 'north-2', limit: 2 }, counts: { migrated: 2 }, state: 'done' },
      { id: json.run, command: 'apply', ...PERSON, filters: { orgId: 'north-1' }, counts: { migrated: 3 }, state: 'done', holder: processName('migrator') },
    ]);
    expect(await unfinished()).toEqual([]);
  });

  it('tells one that was stopped, one that the store ended, one that failed and one whose process is gone apart, and status names them', async () => {
    const stopped = new AbortController();
    stopped.abort();
    await applying({ orgId: 'north-1' }, testEnvironment.migrator({}, { stopping: stopped.signal }));
    await applying({}, testEnvironment.migrator({ RCM_AWS_ENDPOINT: 'http://127.0.0.1:1', RCM_MIGRATOR_CONCURRENCY: '1' }));
    const counts = createCounts();
    await expect(asRun(migrator, { command: 'verify', person: null }, counts, () => Promise.reject(new Error('a defect')))).rejects.toThrow('a defect');
    const dead = processName('migrator').replace(/:\d+-/, ':4194303-');
    await beginRun(migrator.db, { command: 'scrub', filters: {}, ...PERSON, holder: dead });
    await beginRun(migrator.db, { command: 'rollback', filters: {}, ...PERSON, holder: 'migrator@elsewhere:7-abcdefabcdef-1' });
    await sql(`UPDATE migration_run SET seen_at = now() - interval '6 minutes' WHERE command = 'rollback'`);
    await beginRun(migrator.db, { command: 'rollback', filters: { orgId: 'north-1' }, ...PERSON, holder: 'migrator@elsewhere:7-abcdefabcdef-1' });
    const states = ['running', 'died', 'died', 'failed', 'breaker', 'stopped'];
    expect((await listed()).map(({ state }) => state)).toEqual(states);
    expect((await unfinished()).map(({ state }) => state)).toEqual(states);
    expect((await status(migrator)).lines.join('\n')).toMatch(/not finished: run 1 {2}apply --org north-1 .*stopped before its end \(apply --resume 1\)/);
  });

  it('names a run no more once one with its filters, or with wider ones, came to its end', async () => {
    await beginRun(migrator.db, { command: 'apply', filters: { orgId: 'north-1' }, ...PERSON, holder: 'migrator@elsewhere:7-abcdefabcdef-1' });
    await applying({ orgId: 'north-2' });
    expect(await unfinished()).toHaveLength(1);
    await applying({ orgId: 'north-1', limit: 1 });
    expect(await unfinished()).toHaveLength(1);
    await applying({});
    expect(await unfinished()).toEqual([]);
  });

  it('is gone on with by the filters of the run, less what that has done of its limit', async () => {
    const id = await beginRun(migrator.db, {
      command: 'apply',
      filters: { portalType: 'alpine', limit: 3 },
      ...PERSON,
      holder: 'migrator@gone:7-abcdefabcdef-1',
    });
    await sql(`UPDATE migration_run SET counts = '{"migrated": 1, "failed": 1}', seen_at = now() - interval '1 hour'`);
    expect(await filterOfRun(migrator.db, { id, command: 'apply' })).toEqual({ portalType: 'alpine', limit: 1 });
    await expect(filterOfRun(migrator.db, { id, command: 'scrub' })).rejects.toMatchObject({ code: 'input_invalid' });
    await expect(filterOfRun(migrator.db, { id: 99, command: 'apply' })).rejects.toMatchObject({ code: 'input_invalid' });
    await sql(`UPDATE migration_run SET seen_at = now()`);
    await expect(filterOfRun(migrator.db, { id, command: 'apply' })).rejects.toMatchObject({ code: 'state_conflict' });
  });

  it('is written to now and then, not with each endpoint', async () => {
    let written = 0;
    const counting = {
      ...migrator,
      db: {
        ...migrator.db,
        transaction: ((scope, work) => {
          if (scope === 'no tenant' && /beginRun|noteRun|endRun/.test(new Error().stack ?? '')) written += 1;
          return migrator.db.transaction(scope, work);
        }) as typeof migrator.db.transaction,
      },
    };
    await applying({}, counting);
    await verify(migrator);
    expect(written).toBeGreaterThanOrEqual(2);
    expect(written).toBeLessThanOrEqual(8);
  });
});

describe('as a process', { timeout: SLOW_MS }, () => {
  const linesOf = ({ stdout }: Ended) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('is shown as died when it was killed, and --resume goes on with it', async () => {
    const slow = { ...testEnvironment.environment, RCM_MIGRATOR_WRITES_PER_SECOND: '1' };
    const running = startMigrator(['apply', '--org', 'north-1', '--reason', 'week 7', '--json-lines'], slow);
    await running.printed('"migrated"');
    running.kill('SIGKILL');
    await running.ended;
    const shown = linesOf(await runMigrator(['runs', '--json'], testEnvironment.environment))[0] as { runs: { id: number; state: string; filters: object }[] };
    expect(shown.runs).toMatchObject([{ command: 'apply', filters: { orgId: 'north-1' }, state: 'died' }]);
    const id = String(shown.runs[0]?.id);
    const other = await runMigrator(['apply', '--org', 'north-2', '--resume', id, '--reason', 'x', '--json'], testEnvironment.environment);
    expect([other.code, linesOf(other)]).toMatchObject([2, [{ error: { code: 'input_invalid' } }]]);
    const resumed = await runMigrator(['apply', '--resume', id, '--reason', 'on', '--json'], testEnvironment.environment);
    expect(resumed).toMatchObject({ code: 0 });
    const rest = linesOf(resumed)[0] as { migrated: number };
    expect(rest.migrated).toBeGreaterThanOrEqual(1);
    expect(rest.migrated).toBeLessThanOrEqual(2);
    expect((await status(migrator)).json).toMatchObject({ migrated: 3, unfinished: [] });
  });

  it('stops when somebody asks it to from elsewhere, once, and is gone on with', async () => {
    const slow = { ...testEnvironment.environment, RCM_MIGRATOR_WRITES_PER_SECOND: '0.2', RCM_MIGRATOR_CONCURRENCY: '1' };
    const running = startMigrator(['apply', '--reason', 'week 7', '--json-lines'], slow);
    await running.printed('"migrated"');
    const [run] = await listed();
    const ask = (id: string) => runMigrator(['stop', id, '--reason', 'the payer asked us to wait', '--json'], testEnvironment.environment);
    const asked = await ask(String(run?.id));
    expect([asked.code, linesOf(asked)]).toMatchObject([0, [{ stopAsked: run?.id }]]);
    expect(await ask(String(run?.id))).toMatchObject({ code: 1 });
    const { code } = await running.ended;
    expect(code).toBe(1);
    expect(await listRuns(migrator.db, { limit: 1 })).toMatchObject([{ id: run?.id, state: 'stopped', stopReason: 'the payer asked us to wait' }]);
    const events = await testEnvironment.db.transaction(
      'every tenant',
      (tx) =>
        tx.$queryRaw<
          { subject: string }[]
        >`SELECT DISTINCT subject FROM audit_event WHERE action = 'migration.stop_asked' AND actor LIKE 'person:%' AND reason = 'the payer asked us to wait'`,
    );
    expect(events).toEqual([{ subject: `run ${run?.id}` }]);
    for (const [id, exit] of [
      ['99', 2],
      ['x', 2],
    ] as const)
      expect((await ask(id)).code, id).toBe(exit);
    expect(await runMigrator(['apply', '--resume', String(run?.id), '--reason', 'on', '--json'], testEnvironment.environment)).toMatchObject({ code: 0 });
  });

  it('prints a line for each endpoint as it ends, the summary last, and no value', async () => {
    await plant(testEnvironment.db, [
      { id: 'broken', orgId: 'north-1', portal: 'alpine', credentials: { username: `${CANARY}-u`, password: [`${CANARY}-p`] } },
    ]);
    const planned = linesOf(await runMigrator(['plan', '--json-lines'], testEnvironment.environment));
    expect(planned).toHaveLength(14);
    expect(planned.at(-1)).toMatchObject({ create: 12, endpoints: [] });
    const applied = await runMigrator(['apply', '--reason', 'x', '--json-lines'], testEnvironment.environment);
    const lines = linesOf(applied);
    expect(applied.code).toBe(1);
    expect(lines).toHaveLength(14);
    expect(lines).toContainEqual({ version: 1, endpoint: 'endpoint-001', organization: 'north-1', outcome: 'migrated' });
    expect(lines).toContainEqual({ version: 1, endpoint: 'broken', organization: 'north-1', outcome: 'failed', code: 'payload_invalid', class: 'mend' });
    expect(lines.at(-1)).toMatchObject({ run: 1, migrated: 12, failed: [{ endpointId: 'broken' }] });
    const verified = linesOf(await runMigrator(['verify', '--json-lines'], testEnvironment.environment));
    expect(verified.filter(({ outcome }) => outcome === 'verified')).toHaveLength(12);
    const scrubbed = linesOf(await runMigrator(['scrub', '--reason', 'x', '--json-lines'], testEnvironment.environment));
    expect(scrubbed.filter(({ outcome }) => outcome === 'scrubbed')).toHaveLength(12);
    const back = linesOf(await runMigrator(['rollback', '--endpoint', 'endpoint-001', '--reason', 'x', '--json-lines'], testEnvironment.environment));
    expect(back).toMatchObject([{ endpoint: 'endpoint-001', outcome: 'restored' }, { restored: 1 }]);
    expect(JSON.stringify([planned, lines, verified, scrubbed, back])).not.toContain(CANARY);
  });
});
