import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vocabularyOf } from '@rcm/credentials/legacy';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './cli.ts';
import { apply } from './commands/apply.ts';
import { plan } from './commands/plan.ts';
import { rollback } from './commands/rollback.ts';
import { scrub } from './commands/scrub.ts';
import type { Filter } from './migration.ts';
import { status } from './commands/status.ts';
import { verify } from './commands/verify.ts';
import { readMigratorConfig } from './config.ts';
import { type LegacyRow, legacyTable } from './legacy-table.fixture.ts';
import { RowConfigs, unfolded } from './row-configs.fixture.ts';
import { plant, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, rotate, stored, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let rows: RowConfigs;
const ACT = { actor: 'person:os:jane', reason: 'the old agents come back' };

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator({ RCM_MIGRATOR_STORE: 'secrets-manager' });
  rows = new RowConfigs(testEnvironment.db);
  await plant(testEnvironment.db, seeds(1));
});
afterEach(() => testEnvironment.close());

const scrubbing = (also: { paths?: string[]; otherPaths?: string[] } = {}, filter: Filter = {}) =>
  scrub(
    { ...migrator, filter },
    {
      config: readMigratorConfig(testEnvironment.environment),
      removal: 'proved',
      act: ACT,
      also: { paths: also.paths ?? [], otherPaths: also.otherPaths ?? [] },
    },
  );
const seedOf = (row: LegacyRow) => ({ id: row.id, orgId: 'north-1', portal: 'alpine', credentials: null });
const pathsOf = (report: { json: Readonly<Record<string, unknown>> }) => (report.json.elsewhere as { path: string }[]).map(({ path }) => path);

describe('logins of every shape', { timeout: 300_000 }, () => {
  it('are moved as what they are or named, proved by the row they came from, and written back as they were', async () => {
    const table = legacyTable(40, 3);
    const [logins, others] = [table.filter(({ truth }) => truth.is === 'login'), table.filter(({ truth }) => truth.is !== 'login')];
    const refused = others.filter(({ truth }) => truth.is === 'refused').map(({ id }) => id);
    for (const row of table) await rows.put(row.id, row.config);
    const planned = await plan(migrator);
    expect(planned.json).toMatchObject({ create: logins.length + 1, nothing: others.length - refused.length });
    const said = JSON.stringify(planned);
    expect(table.flatMap(({ values }) => values).filter((value) => said.includes(value))).toEqual([]);

    const applied = await apply(migrator);
    expect((applied.json.failed as { endpointId: string }[]).map(({ endpointId }) => endpointId)).toEqual(refused);
    expect(applied.json).toMatchObject({ migrated: logins.length + 1, empty: others.length - refused.length });
    for (const row of logins) {
      const { legacy_form: _form, ...fields } = JSON.parse((await stored(migrator, seedOf(row))).text) as Record<string, unknown>;
      expect(fields, row.id).toMatchObject(row.truth.is === 'login' ? row.truth.fields : {});
    }
    expect((await verify(migrator)).json).toMatchObject({ verified: logins.length + 1, failed: [] });

    // A row whose own secret also lies beside its login is left, and says where.
    const twice = logins.filter(({ elsewhere }) => elsewhere.some((one) => one.same));
    const first = await scrubbing();
    expect(first).toMatchObject({ complete: false, json: { scrubbed: logins.length + 1 - twice.length } });
    const left = first.json.failed as { endpointId: string; reason: string }[];
    for (const row of twice) expect(left.find(({ endpointId }) => endpointId === row.id)?.reason).toContain(row.elsewhere[0]?.path);

    const paths = [...new Set(table.flatMap(({ elsewhere }) => elsewhere.map(({ path }) => path)))];
    const second = await scrubbing({ paths });
    expect(second.json).toMatchObject({ scrubbed: twice.length });
    const third = await scrubbing({ otherPaths: paths });
    // What is left lies beside logins that were not moved.
    const stay = others.flatMap(({ elsewhere }) => elsewhere.map(({ path }) => path));
    expect(new Set(pathsOf(third))).toEqual(new Set(stay));
    for (const { id, values } of logins) {
      const text = await rows.configOf(id);
      expect(
        values.filter((value) => text.includes(JSON.stringify(value).slice(1, -1))),
        id,
      ).toEqual([]);
    }

    expect((await rollback(migrator, 'all', ACT)).json).toMatchObject({ restored: logins.length + 1, failed: [] });
    for (const { id, config } of logins) {
      const [now, before] = [JSON.parse(await rows.configOf(id)), JSON.parse(config)] as { credentials: unknown }[];
      // A text of JSON may come back with other blanks; what it says is the same.
      expect(unfolded(now?.credentials), id).toEqual(unfolded(before?.credentials));
    }
    expect((await apply(migrator)).json).toMatchObject({ migrated: logins.length + 1 });
  });

  it('a rotated one goes back in the words of its row, with the new password', async () => {
    await rows.put('odd', JSON.stringify({ credentials: [{ user: 'u-odd', pwd: 'p-odd', mfa: { secret: 'JBSWY3DPEHPK3PXP', type: 'totp' } }] }));
    await apply(migrator);
    const seed = { id: 'odd', orgId: 'north-1', portal: 'alpine', credentials: null };
    await rotate(testEnvironment, migrator, seed, (payload) => payload);
    expect((await verify(migrator)).json).toMatchObject({ verified: 2, failed: [] });
    const { password } = JSON.parse((await stored(migrator, seed)).text) as { password: string };
    await rollback(migrator, { endpointId: 'odd' }, ACT);
    const expected = { credentials: [{ user: 'u-odd', pwd: password, mfa: { secret: 'JBSWY3DPEHPK3PXP', type: 'totp' } }] };
    expect(await rows.same(await rows.configOf('odd'), JSON.stringify(expected))).toBe(true);
    expect((await apply(migrator)).json).toMatchObject({ migrated: 1, failed: [] });
  });

  it('an edit of the row that changes no field of the payload is an edit all the same', async () => {
    await rows.put('odd', JSON.stringify({ credentials: { user: 'u-odd', pwd: 'p-odd', mfa: { secret: 'JBSWY3DPEHPK3PXP', note: 'old phone' } } }));
    await apply(migrator);
    await rows.write('odd', JSON.stringify({ credentials: { user: 'u-odd', pwd: 'p-odd', mfa: { secret: 'JBSWY3DPEHPK3PXP', note: 'new phone' } } }));
    expect((await verify(migrator)).json).toMatchObject({ verified: 1, failed: [{ endpointId: 'odd', code: 'row_edited' }] });
  });

  it('what is not the store’s is removed beside a login only where a person says so', async () => {
    await rows.put(
      'noted',
      JSON.stringify({
        credentials: { username: 'u', password: 'p-in-store' },
        history: [
          { password: 'p-old-1', at: 1 },
          { password: 'p-old-2', at: 2 },
        ],
        keep: 1,
      }),
    );
    await apply(migrator);
    await verify(migrator);
    const kept = await scrubbing({ paths: ['history[].password'] });
    expect(kept).toMatchObject({
      complete: false,
      json: { scrubbed: 2, failed: [{ endpointId: 'noted', code: 'state_conflict' }], elsewhere: [{ path: 'history[].password', endpoints: 1 }] },
    });
    expect(await rows.configOf('noted')).toContain('p-old-2');
    expect(await status(migrator)).toMatchObject({ complete: false });
    // What is asked of others touches no row of this one.
    expect(await scrubbing({ otherPaths: ['history[].password'] }, { endpointId: 'another' })).toMatchObject({
      complete: true,
      json: { beside: 0, elsewhere: [] },
    });
    expect(await rows.configOf('noted')).toContain('p-old-2');
    expect(await scrubbing({ otherPaths: ['history[].password'] })).toMatchObject({ complete: true, json: { beside: 1, elsewhere: [], rewritten: true } });
    expect(await rows.same(await rows.configOf('noted'), JSON.stringify({ history: [{ at: 1 }, { at: 2 }], keep: 1 }))).toBe(true);
    expect((await status(migrator)).json).toMatchObject({ elsewhere: [] });
    const events = await testEnvironment.db.transaction(
      'every tenant',
      (tx) =>
        tx.$queryRaw<
          { actor: string; details: unknown }[]
        >`SELECT actor, details FROM audit_event WHERE subject = 'noted' AND action = 'endpoint.scrubbed' ORDER BY seq`,
    );
    expect(events.at(-1)).toMatchObject({ actor: ACT.actor, details: { paths: ['history[].password'], places: 2 } });
  });

  it('a company’s own words are taken from a file: names, places, what is no secret, and what only looks like none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rcm-mappings-'));
    const file = join(folder, 'mappings.json');
    const cli = async (...args: string[]) => {
      let out = '';
      const terminal = { environment: testEnvironment.environment, stdout: { write: (text: string) => (out += text) }, stderr: { write: () => undefined } };
      const code = await runCli([...args, '--json'], terminal);
      return { code, json: JSON.parse(out) as Record<string, unknown> };
    };
    try {
      await rows.put('foreign', JSON.stringify({ zugang: { nutzer: 'u', kennwort: 'changeme' }, token: 'not one' }));
      const planned = await cli('plan');
      expect(planned.json).toMatchObject({ create: 1, nothing: 1, elsewhere: [{ path: 'token' }, { path: 'zugang.kennwort' }] });
      writeFileSync(
        file,
        JSON.stringify({ names: { nutzer: 'username', kennwort: 'password' }, places: ['zugang'], not_secrets: ['token'], accepted: ['foreign'] }),
      );
      expect((await cli('plan', '--mappings', file)).json).toMatchObject({ create: 2, elsewhere: [{ path: 'zugang.kennwort', same: 1 }] });
      expect((await cli('apply', '--mappings', file, '--reason', 'test')).json).toMatchObject({ migrated: 2, failed: [] });
      // None of the later steps needs the names: the secret says how its row was written.
      expect((await cli('verify')).json).toMatchObject({ verified: 2, failed: [] });
      expect((await cli('scrub', '--mappings', file, '--also', 'zugang', '--reason', 'test')).json).toMatchObject({ scrubbed: 2, failed: [], elsewhere: [] });
      expect(await rows.configOf('foreign')).toBe('{"token": "not one"}');
      writeFileSync(file, '{"places": ["a..b"], "wrong": 1}');
      const wrong = await cli('plan', '--mappings', file);
      expect(wrong).toMatchObject({ code: 2, json: { error: { code: 'input_invalid', message: expect.stringMatching(/places\.0.*wrong/s) as string } } });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('what lies elsewhere is gathered of the rows that are asked for, and of no others', async () => {
    const vocabulary = vocabularyOf({ places: ['zugang'] });
    const ids = ['first', 'second', 'third'];
    for (const id of ids) await rows.put(id, JSON.stringify({ zugang: { username: `u-${id}`, password: `p-${id}` } }));
    const before = new Map(await Promise.all(ids.map(async (id) => [id, await rows.configOf(id)] as const)));
    const touched = async () => (await Promise.all(ids.map(async (id) => ((await rows.configOf(id)) === before.get(id) ? [] : [id])))).flat();
    expect((await apply({ ...migrator, vocabulary, filter: { orgId: 'south-1' } })).json).toMatchObject({ migrated: 0, failed: [] });
    expect(await touched()).toEqual([]);
    expect((await apply({ ...migrator, vocabulary, filter: { endpointId: 'second' } })).json).toMatchObject({ migrated: 1, failed: [] });
    expect(await touched()).toEqual(['second']);
    // The first of the two is the one that was there before.
    expect((await apply({ ...migrator, vocabulary, filter: { limit: 2 } })).json).toMatchObject({ migrated: 2, failed: [] });
    expect(await touched()).toEqual(['first', 'second']);
    expect((await apply({ ...migrator, vocabulary })).json).toMatchObject({ migrated: 1, failed: [] });
    expect(await touched()).toEqual(ids);
  });
});
