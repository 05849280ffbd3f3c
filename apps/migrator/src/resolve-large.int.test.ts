import { parseReference } from '@rcm/credentials';
import { findEndpoint } from '@rcm/db';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apply } from './commands/apply.ts';
import { resolve } from './commands/resolve.ts';
import { rollback } from './commands/rollback.ts';
import { ACT, lookAt, passwordOf, SLOW_MS, TAKES } from './resolve.fixture.ts';
import { RowConfigs } from './row-configs.fixture.ts';
import { plant, seeds } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import { openTestEnvironment, stored, type TestEnvironment } from './testing.fixture.ts';

let testEnvironment: TestEnvironment;
let migrator: OpenMigration;
let rows: RowConfigs;

beforeEach(async () => {
  testEnvironment = await openTestEnvironment();
  migrator = testEnvironment.migrator({ RCM_LARGE_PAYLOADS: 'secrets-manager' });
  rows = new RowConfigs(testEnvironment.db);
  await plant(testEnvironment.db, seeds(1));
});
afterEach(() => testEnvironment.close());

const LARGE = 5_000;
const login = (password: string, size: number) => JSON.stringify({ credentials: { username: 'u', password, custom_fields: { note: 'x'.repeat(size) } } });
const seed = { id: 'large', orgId: 'north-1', portal: 'alpine', credentials: null };

/** What `apply` made of it lies in the store, and the row, which came back from there, was edited. */
async function editedAfterRollback(size: number, edited: string): Promise<string> {
  await rows.put('large', login('as-it-was', size));
  await apply(migrator);
  const { secretArn } = (await findEndpoint(migrator.db, { endpointId: 'large' })) ?? {};
  await rollback(migrator, { endpointId: 'large' }, ACT);
  await rows.write('large', edited);
  return parseReference(secretArn ?? '').store;
}

describe('a login that is too large for SSM and lies in Secrets Manager instead', { timeout: SLOW_MS }, () => {
  it.each(TAKES)('is found there where the row was edited before it named a secret (%s)', async (take) => {
    expect(await editedAfterRollback(LARGE, login('typed', LARGE))).toBe('secrets-manager');
    expect((await apply(migrator)).json).toMatchObject({ failed: [{ endpointId: 'large', code: 'store_conflict' }] });
    expect(await resolve(migrator, { endpointId: 'large', take, seen: await lookAt(migrator, 'large'), proof: 'none', ...ACT })).toMatchObject({
      complete: true,
    });
    expect(passwordOf((await stored(migrator, seed)).text)).toBe(take === 'row' ? 'typed' : 'as-it-was');
  });

  it('is found where it lies, although the row is by now short enough for SSM', async () => {
    expect(await editedAfterRollback(LARGE, login('typed', 1))).toBe('secrets-manager');
    expect(await resolve(migrator, { endpointId: 'large', take: 'store', seen: await lookAt(migrator, 'large'), proof: 'none', ...ACT })).toMatchObject({
      complete: true,
    });
    expect(passwordOf((await stored(migrator, seed)).text)).toBe('as-it-was');
  });

  it('is found in SSM, although the row is by now too large for it', async () => {
    expect(await editedAfterRollback(1, login('typed', LARGE))).toBe('ssm');
    expect(await resolve(migrator, { endpointId: 'large', take: 'store', seen: await lookAt(migrator, 'large'), proof: 'none', ...ACT })).toMatchObject({
      complete: true,
    });
    expect(passwordOf((await stored(migrator, seed)).text)).toBe('as-it-was');
  });
});
