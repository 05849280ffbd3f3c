import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { acquireSharedLease } from '@rcm/db/leases';
import { beginLoginAttempt, finishLoginAttempt } from '@rcm/db/ledger';
import { recordMigrated } from '@rcm/db/migration';
import { pauseRotations } from '@rcm/db/rotation';
import { keyFileWrapping } from '@rcm/db/sealing';
import { createPortalTask } from '@rcm/db/tasks';
import { asSuperuser, migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { freshDatabase, rowDigests } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dryRotation } from './dry-rotation.fixture.ts';
import { rcm } from './testing.fixture.ts';

/** The questions of docs/rcm.md but `rcm status`, which apps/rotator asks. */
let url: string;
let drop: () => Promise<void>;
let agent: Database;
let environment: NodeJS.ProcessEnv;
let taskId: string;
const ORG = 'mercy';
const TYPE = {
  ...PLAIN_PORTAL_TYPE,
  name: 'Portal',
  passwordRules: 'minlength: 12; maxlength: 20; required: digit',
  lockoutWindowSeconds: 86_400,
};
/** By what is the matter with it; the account of `shared` is another organization's too. */
const LOGINS = ['due', 'failing', 'locked', 'blocked', 'idle', 'expiring', 'shared', 'held', 'paused'] as const;
const identityOf = (id: string) => Buffer.from(id.padEnd(32, '.')).toString('hex');

beforeAll(async () => {
  const fresh = await freshDatabase({ migrate: migrateWithLogins });
  ({ url, drop } = fresh);
  const owner = openDatabase({ url: fresh.url, applicationName: 'test environment', maxConnections: 2 });
  const dataKeys = keyFileWrapping({ id: 'test', key: new Secret('k'.repeat(32)) });
  agent = openDatabase({ url: urlFor('rcm_agent', fresh.url), applicationName: 'agent', role: 'rcm_agent', maxConnections: 2, dataKeys });
  await upsertOrganization(owner, { id: ORG, name: 'Mercy' });
  await upsertOrganization(owner, { id: 'other', name: 'Other' });
  await upsertPortalType(owner, { ...TYPE, code: 'alpine', hosts: ['alpine.example'] });
  await upsertPortalType(owner, { ...TYPE, code: 'birch', hosts: ['birch.example'], passwordExpiresDays: 60, expiryHeadStartDays: 7 });
  const add = async (id: string, orgId: string, login: string) => {
    const portal = login === 'expiring' ? 'birch' : 'alpine';
    await insertEndpoint(owner, { id, orgId, portalTypeCode: portal, accountId: id, baseUrl: `https://${portal}.example/` });
    const secretArn = `arn:aws:ssm:us-east-1:1:parameter/${id}`;
    await recordMigrated(owner, { endpointId: id, orgId, loginIdentity: identityOf(login), secretArn, version: '1', fingerprint: 'f' });
  };
  for (const id of LOGINS) await add(id, ORG, id);
  await add('theirs', 'other', 'shared');
  await asSuperuser(fresh.url, [
    `UPDATE integration_endpoint SET next_rotation_at = now() + CASE WHEN id = 'due' THEN interval '1 day' ELSE interval '30 days' END`,
    `UPDATE integration_endpoint SET last_rotated_at = now() - interval '55 days' WHERE id = 'expiring'`,
  ]);
  for (const id of LOGINS) if (id !== 'idle') await login(id);
  await asSuperuser(fresh.url, [
    `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, waiting_from, fence, owner, reason, secret_arn, base_version, recipe_hash, detail)
     SELECT gen_random_uuid(), login_identity, org_id, id, portal_type_code, 'blocked', 'submitting', 1, 'rotator', 'due', secret_arn, '1', 'x', 'neither is accepted'
       FROM integration_endpoint WHERE id = 'blocked'`,
  ]);
  await pauseRotations(owner, { scope: { kind: 'endpoint', orgId: ORG, endpointId: 'paused' }, actor: 'person:os:li', reason: 'an audit' });
  const requester = { kind: 'token', subject: 'claims', issuer: 'https://id.example/' } as const;
  ({ taskId } = await createPortalTask(agent, { orgId: ORG, endpointId: 'blocked', name: 'claim_status', input: { claim: 'C-1' }, requester }));
  environment = { RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', fresh.url) };
  await owner.close();
});
afterAll(async () => {
  await agent?.close();
  await drop?.();
});

async function login(endpointId: string): Promise<void> {
  const outcome = endpointId === 'failing' ? 'rejected' : endpointId === 'locked' ? 'locked' : 'accepted';
  const lease = await acquireSharedLease(agent, { orgId: ORG, endpointId, holder: 'agent@host:1', ttlMs: endpointId === 'held' ? 3_600_000 : 60_000 });
  if (!lease.granted) throw new Error(lease.reason);
  const asked = { orgId: ORG, endpointId, leaseId: lease.lease.id, actor: 'agent' as const, version: '1', fingerprints: [`1:${identityOf(endpointId)}`] };
  const begun = await beginLoginAttempt(agent, asked);
  if (!begun.allowed) throw new Error(begun.reason);
  const proved = outcome === 'accepted';
  await finishLoginAttempt(agent, { loginAttemptId: begun.loginAttemptId, orgId: ORG, outcome, effect: outcome === 'rejected' ? 'bad' : 'none', proved });
}

const ask = async (words: string) => {
  const { code, stdout } = await rcm([...words.split(' '), '--json'], environment);
  return { code, answer: JSON.parse(stdout) as Record<string, unknown> };
};
const loginsOf = async (words: string) => ((await ask(`logins ${words}`)).answer.logins as { id: string }[]).map(({ id }) => id).sort();

test.each<[string, readonly string[]]>([
  ['--due 14d', ['due']],
  ['--failing', ['failing', 'locked']],
  ['--locked', ['locked']],
  ['--blocked', ['blocked']],
  ['--never-used', ['failing', 'idle', 'locked']],
  ['--expiring 14d', ['expiring']],
  ['--shared', ['shared', 'theirs']],
])('what is it? rcm logins %s', async (words, ids) => {
  expect(await loginsOf(words)).toEqual(ids);
});

test('who holds what? rcm login show ID', async () => {
  expect(await ask('login show held')).toMatchObject({ answer: { logins: [{ id: 'held', leases: [{ kind: 'shared', holder: 'agent@host:1' }] }] } });
});

test('why does this task wait? rcm task show ID', async () => {
  expect(await ask(`task show ${taskId}`)).toMatchObject({ code: 0, answer: { why: 'the password of its login is being changed (blocked)' } });
});

test('who read this tenant in March? rcm audit list --org ID --from … --to …', async () => {
  const [year, month] = new Date().toISOString().split('-').map(Number) as [number, number];
  const day = (months: number) => new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10);
  const used = async (from: string, to: string) =>
    ((await ask(`audit list --org ${ORG} --from ${from} --to ${to} --action login.used`)).answer.events as { subject: string; actor: string }[]).length;
  // A month may end while the test runs.
  expect(await used(day(-1), day(2))).toBe(LOGINS.length - 1);
  expect(await used(day(-13), day(-12))).toBe(0);
});

test('which logins does a portal’s outage touch? rcm logins --portal CODE, and what waits there: rcm tasks --portal CODE', async () => {
  expect(await loginsOf('--portal alpine')).toEqual([...LOGINS.filter((id) => id !== 'expiring'), 'theirs'].sort());
  expect(await loginsOf('--portal birch')).toEqual(['expiring']);
  expect(await ask('tasks --portal alpine')).toMatchObject({ answer: { tasks: [{ id: taskId }] } });
  expect(await ask('tasks --portal birch')).toMatchObject({ answer: { tasks: [] } });
});

test('which organizations are there? rcm org list: by id, page by page', async () => {
  const [mercy, other] = [
    { id: ORG, name: 'Mercy' },
    { id: 'other', name: 'Other' },
  ];
  expect(await ask('org list')).toEqual({ code: 0, answer: { version: 1, organizations: [mercy, other], next: null } });
  expect(await ask('org list --limit 1')).toMatchObject({ answer: { organizations: [mercy], next: ORG } });
  expect(await ask(`org list --limit 1 --after ${ORG}`)).toMatchObject({ answer: { organizations: [other], next: null } });
  expect((await rcm(['org', 'list', '--limit', '1'], environment)).stdout).toContain(`more: --after ${ORG}`);
});

test.each([
  ['paused', 1, { wouldStart: false, code: 'rotation_refused', detail: expect.stringContaining('paused by a person') as string }],
  ['blocked', 1, { wouldStart: false, code: 'rotation_refused', detail: expect.stringContaining('is blocked') as string }],
  ['idle', 0, { wouldStart: true, code: null, detail: null }],
  ['locked', 1, { wouldStart: false, code: 'login_locked', detail: expect.stringContaining('would forgive 0 more failed logins') as string }],
  ['shared', 1, { wouldStart: false, code: 'rotation_refused', detail: expect.stringContaining('also lies in another organization') as string }],
])('what would this rotation do? rcm login rotate %s --dry-run: says so, and does nothing', async (id, code, answer) => {
  const before = await rows();
  const dry = await dryRotation(url, id);
  expect(dry).toEqual({ code, answer: { version: 1, endpointId: id, dryRun: true, ...answer }, askedStore: 0, openedBrowser: false });
  expect(await rows()).toEqual(before);
});

test('docs/rcm.md has these questions with these commands', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'rcm.md'), 'utf8');
  const [, table = ''] = /## Which command answers what\n([\s\S]*?)\n## /.exec(page) ?? [];
  for (const words of [
    '--due 14d',
    '--failing',
    '--locked',
    '--blocked',
    '--never-used',
    '--expiring 14d',
    '--shared',
    'rcm status',
    'rcm login show ID',
    'rcm task show ID',
  ])
    expect(table).toContain(`\`${words.startsWith('--d') ? 'rcm logins ' : ''}${words}`);
  for (const words of ['rcm audit list --org ID --from', 'rcm logins --portal CODE', 'rcm tasks --portal CODE', 'rcm login rotate ID --dry-run'])
    expect(table).toContain(words);
});

/** Whoever comes first with a key notes which one it is, whatever it is about to do. */
async function rows() {
  const { 'public.key_check': _first, ...others } = await rowDigests(url);
  return others;
}
