import { type Database, openDatabase, recordAuditEvent } from '@rcm/db';
import { askAct, decideAct } from '@rcm/db/acts';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { asSuperuser, migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rcm } from '../testing.fixture.ts';
import { lastQuarter, quarterNamed } from './quarter.ts';

const HOSTILE = '<script>alert(1)</script> & =1+1';
/** Clears a terminal and turns round what follows it. */
const STEERS = '\u001b[2J\u009b2J\u202e=1+1\n=2+2';
let url: string;
let drop: () => Promise<void>;
let owner: Database;
let environment: NodeJS.ProcessEnv;
const thisQuarter = (): string => {
  const now = new Date();
  return `${now.getUTCFullYear()}-Q${Math.floor(now.getUTCMonth() / 3) + 1}`;
};

beforeAll(async () => {
  const fresh = await freshDatabase({ migrate: migrateWithLogins });
  ({ url, drop } = fresh);
  owner = openDatabase({ url: fresh.url, applicationName: 'test environment', maxConnections: 2 });
  await upsertPortalType(owner, PLAIN_PORTAL_TYPE);
  for (const [id, name] of [
    ['north', HOSTILE],
    ['south', 'South'],
  ] as const) {
    await upsertOrganization(owner, { id, name });
    await insertEndpoint(owner, { id: `${id}-1`, orgId: id, portalTypeCode: 'alpine', accountId: 'a', baseUrl: 'https://alpine.example/' });
  }
  const event = (orgId: string, actor: string, action: string, reason = 'work') =>
    recordAuditEvent(owner, { orgId, actor, action, subject: `${orgId}-1`, reason });
  for (const process of [1, 2, 3]) await event('north', `web-agent@host-${process}:99`, 'login.used');
  await event('north', 'token:claims', 'task.read');
  await event('north', 'person:os:jane@desk says Jane', 'secret.set', HOSTILE);
  await event('north', 'person:os:jane@desk', 'secret.shown', STEERS);
  await event('south', 'person:os:jane@desk', 'secret.set', 'of the other organization');
  const { id } = await askAct(owner, {
    orgId: 'north',
    endpointId: 'north-1',
    kind: 'break_glass',
    minutes: 5,
    actor: 'person:os:jane@desk',
    reason: 'a fax came',
  });
  await decideAct(owner, { id, orgId: 'north', decision: 'declined', actor: 'person:os:john@desk', reason: 'not needed' });
  environment = { RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', fresh.url) };
});
afterAll(async () => {
  await owner?.close();
  await drop?.();
});

const review = (...words: string[]) => rcm(['review', 'access', '--org', 'north', '--quarter', thisQuarter(), ...words], environment);
const listed = async (title: string) => {
  const { lists } = JSON.parse((await review('--json')).stdout) as { lists: { title: string; rows: string[][] }[] };
  return lists.find((list) => list.title === title)?.rows;
};

describe('the access review of an organization', () => {
  test('has who did what, processes by their program, and what was seen by it', async () => {
    const rows = (await listed('Who did')) ?? [];
    const told = rows.map(([who, what, times, , , , saw]) => [who, what, times, saw].join(' '));
    expect(told).toEqual(
      expect.arrayContaining(['web-agent login.used 3 password', 'token:claims task.read 1 result of a task', 'person:os:jane@desk secret.set 1 password']),
    );
  });

  test('has each act of a person with its reason, break-glass with what came of it, and what is left over', async () => {
    expect(await listed('Acts of people')).toContainEqual([expect.any(String), 'person:os:jane@desk says Jane', 'secret.set', 'north-1', HOSTILE]);
    expect(await listed('Break-glass')).toEqual([
      [expect.any(String), 'north-1', 'person:os:jane@desk', 'a fax came', 'person:os:john@desk', 'not needed', 'declined'],
    ]);
    expect(await listed('Never used')).toEqual([]);
  });

  test('has what is late though it was put off until tomorrow', async () => {
    expect(await listed('Overdue')).toEqual([]);
    await asSuperuser(url, [
      `UPDATE integration_endpoint SET secret_arn = 'arn:aws:ssm:us-east-1:1:parameter/x' WHERE org_id = 'north'`,
      `UPDATE integration_endpoint SET secret_taken_at = now() - interval '90 days', rotation_not_before = now() + interval '1 hour', next_rotation_at = now() + interval '1 hour'
        WHERE org_id = 'north'`,
    ]);
    expect(await listed('Overdue')).toEqual([['north-1', 'alpine', expect.any(String), 'never']]);
  });

  test('has nothing of another organization, and nothing of another quarter', async () => {
    const { stdout } = await review('--json');
    expect(stdout).not.toMatch(/south|of the other organization/);
    const before = await rcm(['review', 'access', '--org', 'north', '--quarter', '2020-Q1', '--json'], environment);
    expect(before.stdout).not.toMatch(/secret\.set|a fax came/);
  });

  test('is text, a CSV in which nothing is reckoned, and a page in which nothing runs', async () => {
    expect((await review()).stdout).toMatch(/Who did\n[^]*web-agent +login\.used +3/);
    const sheet = (await review('--as', 'csv')).stdout;
    expect(sheet).toContain('"Acts of people"');
    expect(sheet).not.toMatch(/^"?=|,"=/m);
    const page = (await review('--as', 'page')).stdout;
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('&lt;script&gt;');
    expect(page).not.toContain('<script');
  });

  test.each(['text', 'csv', 'page', 'json'])('steers no terminal and turns no line round, whatever a reason holds, as %s', async (as) => {
    const { stdout } = await review(...(as === 'json' ? ['--json'] : ['--as', as]));
    expect(stdout).toContain('secret.shown');
    expect(stdout).toMatch(/1\+1.*2\+2/);
    expect(stdout).not.toMatch(/[^\P{Cc}\r\n]|[\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  test.each([
    ['no such organization', ['--org', 'none']],
    ['no such quarter', ['--org', 'north', '--quarter', '2026-Q5']],
  ])('%s is refused', async (_, words) => {
    expect((await rcm(['review', 'access', ...words], environment)).code).toBe(2);
  });
});

test.each([
  ['2026-01-01T00:00:00Z', '2025-Q4'],
  ['2026-03-31T23:59:59Z', '2025-Q4'],
  ['2026-04-01T00:00:00Z', '2026-Q1'],
  ['2026-11-28T12:00:00Z', '2026-Q3'],
])('at %s the last quarter that is over is %s', (now, name) => {
  const quarter = lastQuarter(new Date(now));
  expect(quarter).toEqual(quarterNamed(name));
  expect(quarter.until.getTime()).toBeLessThanOrEqual(new Date(now).getTime());
});
