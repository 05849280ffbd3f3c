import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Database } from '../database.ts';
import { showLogin } from '../fleet/show-login.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { kill } from '../named-process.fixture.ts';
import { openTestDatabase, printOf, type TestDatabase } from '../testing.fixture.ts';
import { urlFor } from '../testing.ts';
import { type Account, Logins } from './account.fixture.ts';
import { type BackupCodeTaken, spendBackupCode } from './backup-code.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

const codes = (count: number, name = 'code') => Array.from({ length: count }, (_, i) => [printOf(`${name} ${i}`)]);
const spend = (on: Account, of = codes(5), db: Database = t.agent): Promise<BackupCodeTaken> => spendBackupCode(db, { ...on, codes: of });
const rowsOf = ({ loginIdentity }: Account) =>
  t.sql<{ org: string; left: number }>('SELECT org_id AS org, left_then AS left FROM backup_code_spent WHERE login_identity = $1 ORDER BY spent_at', [
    loginIdentity,
  ]);
const told = async ({ endpointId }: Account) =>
  (await t.sql<{ detail: string }>(`SELECT detail FROM notice WHERE kind = 'backup_codes_low' AND endpoint_id = $1 ORDER BY created_at`, [endpointId])).map(
    ({ detail }) => detail,
  );

describe('backup codes', () => {
  test('are taken in the secret’s order, each once, until none is left', async () => {
    const on = await logins.account();
    const taken = [];
    for (let ask = 0; ask < 7; ask += 1) taken.push(await spend(on));
    expect(taken.map((answer) => answer.taken)).toEqual([0, 1, 2, 3, 4, null, null]);
    expect(taken.map(({ left }) => left)).toEqual([4, 3, 2, 1, 0, 0, 0]);
  });

  test('of 60 that ask at once from four processes, each gets another one, and the rest none', async () => {
    const on = await logins.account();
    const processes = [t.agent, t.another('rcm_agent'), t.rotator, t.another('rcm_rotator')];
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => spend(on, codes(40), processes[i % 4])));
    const taken = answers.flatMap((answer) => answer.taken ?? []);
    expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(answers.filter((answer) => answer.taken === null)).toHaveLength(20);
  });

  test('stay used whatever becomes of the list: another order, a shorter one, one more', async () => {
    const on = await logins.account();
    const [one = [], two = [], three = []] = codes(3);
    await spend(on, [one, two]);
    expect(await spend(on, [two, one])).toEqual({ taken: 0, left: 0 });
    expect(await spend(on, [one])).toEqual({ taken: null, left: 0 });
    expect(await spend(on, [one, three, two])).toEqual({ taken: 1, left: 0 });
  });

  test('used by one organization are used for the other that has the account, and neither sees a row of the other’s', async () => {
    const firm = await logins.account();
    const hospital = await logins.account(undefined, { loginIdentity: firm.loginIdentity });
    const answers = await Promise.all([spend(firm), spend(hospital), spend(firm), spend(hospital)]);
    expect(new Set(answers.map(({ taken }) => taken))).toEqual(new Set([0, 1, 2, 3]));
    for (const { orgId } of [firm, hospital]) {
      const seen = await t.rotator.transaction({ tenant: orgId }, (tx) => tx.backupCodeSpent.findMany({ select: { orgId: true } }));
      expect(seen).toEqual([{ orgId }, { orgId }]);
    }
  });

  test('of another account with the same code are its own', async () => {
    const [one, other] = [await logins.account(), await logins.account()];
    expect([(await spend(one)).taken, (await spend(other)).taken]).toEqual([0, 0]);
  });

  test('are taken under a live lease of the endpoint alone', async () => {
    const [on, other] = [await logins.account(), await logins.account()];
    for (const leaseId of [randomUUID(), other.leaseId]) await expect(spend({ ...on, leaseId })).rejects.toMatchObject({ code: 'lease_lost' });
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [on.leaseId]);
    await expect(spend(on)).rejects.toMatchObject({ code: 'lease_lost' });
    await releaseLease(t.agent, other);
    await expect(spend(other)).rejects.toMatchObject({ code: 'lease_lost' });
    expect([await rowsOf(on), await rowsOf(other)]).toEqual([[], []]);
  });

  test.each([
    ['none', []],
    ['more than a hundred', codes(101)],
    ['what is no fingerprint', [['1234-5678']]],
  ])('are refused before anything is asked: %s', async (_, of) => {
    await expect(spend(await logins.account(), of)).rejects.toMatchObject({ code: 'input_invalid' });
  });

  test('more fingerprints than one secret can have are refused by the database itself', async () => {
    const on = await logins.account();
    const ask = (prints: string, of: string) =>
      t.agent.transaction({ tenant: on.orgId }, (tx) =>
        tx.$queryRawUnsafe(`SELECT * FROM rcm_spend_backup_code('${on.endpointId}', '${on.leaseId}', ${prints}, ${of})`),
      );
    const many = `(SELECT array_agg('1:' || lpad(n::text, 64, '0')) FROM generate_series(1, 401) n)`;
    const refused = { code: 'input_invalid', details: { sqlState: '23514' } };
    await expect(ask(many, `array_fill(1, ARRAY[401])`)).rejects.toMatchObject(refused);
    await expect(ask(`ARRAY['1:x']`, `'{1,2}'`)).rejects.toMatchObject(refused);
    await expect(ask(`ARRAY['1234-5678']`, `'{1}'`)).rejects.toMatchObject(refused);
    expect(await rowsOf(on)).toEqual([]);
  });
});

describe('people are told', () => {
  test('once a day when three are left, and once a day when none is', async () => {
    const on = await logins.account();
    expect((await spend(on)).left).toBe(4);
    expect(await told(on)).toEqual([]);
    for (let ask = 0; ask < 6; ask += 1) await spend(on);
    expect(await told(on)).toEqual(['3 are left', 'none is left']);
    await t.sql(`UPDATE notice SET dedup_key = left(dedup_key, -11) || ':2020-01-01' WHERE endpoint_id = $1`, [on.endpointId]);
    await spend(on);
    expect(await told(on)).toEqual(['3 are left', 'none is left', 'none is left']);
  });

  test('by an agent of nothing but its own endpoint’s day', async () => {
    const [on, other] = [await logins.account(), await logins.account()];
    const tell = (key: string) =>
      t.agent.transaction(
        { tenant: on.orgId },
        (tx) => tx.$executeRaw`INSERT INTO notice (kind, dedup_key, org_id, endpoint_id) VALUES ('backup_codes_low', ${key}, ${on.orgId}, ${on.endpointId})`,
      );
    for (const key of [`backup_codes_low:${other.endpointId}:few:2026-01-01`, `backup_codes_low:${on.endpointId}:few:2020-01-01`, 'x'])
      await expect(tell(key), key).rejects.toMatchObject({ code: 'database_failed' });
  });
});

test('it is shown how many a login’s own secret had left when one was last typed, and nothing before that', async () => {
  const operator = t.another('rcm_operator');
  const firm = await logins.account();
  const hospital = await logins.account(undefined, { loginIdentity: firm.loginIdentity });
  expect(await showLogin(operator, firm)).toMatchObject({ backupCodes: null });
  for (const on of [firm, firm, hospital]) await spend(on, codes(3));
  expect(await showLogin(operator, firm)).toMatchObject({ backupCodes: { left: 1, at: expect.any(Date) as Date }, notifications: [{ detail: '2 are left' }] });
  expect(await showLogin(operator, hospital)).toMatchObject({ backupCodes: { left: 0 } });
});

test('a process whose transaction is cut off has taken nothing', async () => {
  const on = await logins.account();
  const transaction = t.agent.transaction({ tenant: on.orgId }, async (tx) => {
    const prints = codes(2).flat();
    await tx.$queryRaw`SELECT * FROM rcm_spend_backup_code(${on.endpointId}, ${on.leaseId}::uuid, ${prints}::text[], ${[0, 1]}::integer[])`;
    await tx.$queryRaw`SELECT pg_terminate_backend(pg_backend_pid())`;
  });
  await expect(transaction).rejects.toThrow();
  expect(await rowsOf(on)).toEqual([]);
  expect((await spend(on)).taken).toBe(0);
});

test('a process that is killed between taking a code and typing it has used it up: the next one gets the next code', async () => {
  const on = await logins.account();
  const asked = { url: urlFor('rcm_agent', t.url), spend: { ...on, codes: codes(3) } };
  const source = `
    import { openDatabase } from '${new URL('../open-database.ts', import.meta.url).href}';
    import { spendBackupCode } from '${new URL('./backup-code.ts', import.meta.url).href}';
    const { url, spend } = JSON.parse(process.env.ASKED);
    const db = openDatabase({ url, applicationName: 'dies', role: 'rcm_agent' });
    console.log(JSON.stringify(await spendBackupCode(db, spend)));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    env: { ...process.env, ASKED: JSON.stringify(asked) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('it ended by itself')));
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  ended.catch(() => undefined);
  await kill(child);
  expect(JSON.parse(line.toString())).toEqual({ taken: 0, left: 2 });
  expect(await spend(on, codes(3))).toEqual({ taken: 1, left: 1 });
});
