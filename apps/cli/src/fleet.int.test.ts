import { cursorOf, type Database, openDatabase } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { acquireSharedLease } from '@rcm/db/leases';
import { beginLoginAttempt, finishLoginAttempt } from '@rcm/db/ledger';
import { recordMigrated } from '@rcm/db/migration';
import { asSuperuser, migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rcm } from './testing.fixture.ts';

let url: string;
let drop: () => Promise<void>;
let agent: Database;
let environment: NodeJS.ProcessEnv;
const ORG = 'hospital-1';

beforeAll(async () => {
  ({ url, drop } = await freshDatabase({ migrate: migrateWithLogins }));
  const db = openDatabase({ url, applicationName: 'test environment', maxConnections: 2 });
  await upsertOrganization(db, { id: ORG, name: 'Hospital' });
  await upsertOrganization(db, { id: 'nobody', name: 'Has no login' });
  // Nobody has decided about programs.
  await upsertPortalType(db, { ...PLAIN_PORTAL_TYPE, automation: null, termsVersion: null, termsDate: null, automationDecidedBy: null });
  for (const [i, id] of ['well', 'wrong', 'idle'].entries()) {
    await insertEndpoint(db, { id, orgId: ORG, portalTypeCode: 'alpine', accountId: `account-${i}`, baseUrl: 'https://alpine.example/' });
    await recordMigrated(db, {
      endpointId: id,
      orgId: ORG,
      loginIdentity: String(i).repeat(64),
      secretArn: `arn:aws:ssm:us-east-1:1:parameter/${id}`,
      version: '1',
      fingerprint: 'f',
    });
  }
  await db.close();
  agent = openDatabase({ url: urlFor('rcm_agent', url), applicationName: 'agent', role: 'rcm_agent', maxConnections: 2 });
  await login('well', 'accepted');
  environment = { RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', url) };
});
afterAll(async () => {
  await agent.close();
  await drop();
});

async function login(endpointId: string, outcome: 'accepted' | 'rejected'): Promise<void> {
  const lease = await acquireSharedLease(agent, { orgId: ORG, endpointId, holder: 'agent@host:1', ttlMs: 60_000 });
  if (!lease.granted) throw new Error(lease.reason);
  const begun = await beginLoginAttempt(agent, {
    orgId: ORG,
    endpointId,
    leaseId: lease.lease.id,
    actor: 'agent',
    version: '1',
    fingerprints: [`1:${'a'.repeat(64)}`],
  });
  if (!begun.allowed) throw new Error(begun.reason);
  await finishLoginAttempt(agent, {
    loginAttemptId: begun.loginAttemptId,
    orgId: ORG,
    outcome,
    effect: outcome === 'accepted' ? 'none' : 'bad',
    proved: outcome === 'accepted',
  });
}

const json = async (...args: string[]) => {
  const { code, stdout } = await rcm([...args, '--json'], environment);
  return { code, answer: JSON.parse(stdout) as Record<string, unknown> };
};

test('a login that was refused shows as failing at once, in the list, alone and in the overview, and each ends with 1', async () => {
  expect(await json('logins')).toMatchObject({ code: 0, answer: { version: 1, unhealthy: 0, next: null } });
  expect(await json('overview')).toMatchObject({ code: 0, answer: { logins: 3, failing: 0, neverUsed: 2 } });
  await login('wrong', 'rejected');
  expect(await json('logins', '--failing')).toMatchObject({
    code: 1,
    answer: { unhealthy: 1, logins: [{ id: 'wrong', standing: 'failing', lastAcceptedAt: null }] },
  });
  expect(await json('overview')).toMatchObject({ code: 1, answer: { failing: 1 } });
  expect(await json('login', 'show', 'wrong')).toMatchObject({
    code: 1,
    answer: { logins: [{ standing: 'failing', lastRefused: { outcome: 'rejected' }, budget: { failuresLeft: 2, of: 3 }, notices: [{ kind: 'refused' }] }] },
  });
  expect(await json('login', 'show', 'well')).toMatchObject({ code: 0, answer: { logins: [{ standing: 'ok' }] } });
  const { code, stdout } = await rcm(['login', 'show', 'well', 'wrong'], environment, 100);
  expect(code).toBe(1);
  expect(stdout).toContain('rcm login retry wrong --reason');
});

test('the calendar has what comes for every login, as lines, as JSON and as iCalendar whose entries keep their ids', async () => {
  const { code, answer } = await json('calendar', '--within', '90d');
  const entries = answer.entries as { endpointId: string; kind: string; by: string }[];
  // Undecided about programs: a person changes these passwords.
  expect([code, entries.map(({ endpointId, kind, by }) => `${endpointId} ${kind} ${by}`).sort()]).toEqual([
    0,
    ['idle rotation person', 'well rotation person', 'wrong rotation person'],
  ]);
  expect((await rcm(['calendar', '--within', '90d'], environment, 120)).stdout).toContain('change the password');
  const [one, two] = [await rcm(['calendar', '--within', '90d', '--ical'], environment), await rcm(['calendar', '--within', '90d', '--ical'], environment)];
  expect(one.stdout).toMatch(/^BEGIN:VCALENDAR[^]*END:VCALENDAR\n$/);
  const ids = ({ stdout }: { readonly stdout: string }) => stdout.match(/^UID:.*$/gm);
  expect([ids(one)?.length, ids(two)]).toEqual([3, ids(one)]);
  expect(await json('calendar', '--org', 'nobody')).toMatchObject({ code: 0, answer: { entries: [] } });
  expect(await json('calendar', '--within', 'soon')).toMatchObject({ code: 2 });
});

test('a page says where the next one begins', async () => {
  const first = await json('logins', '--limit', '2');
  expect(first.answer.logins).toHaveLength(2);
  expect((await json('logins', '--limit', '2', '--after', String(first.answer.next))).answer).toMatchObject({ logins: [{ id: 'wrong' }], next: null });
});

test('a history has the login and who made it', async () => {
  const { code, answer } = await json('login', 'history', 'well');
  expect(code).toBe(0);
  expect(answer.entries).toEqual(
    expect.arrayContaining([expect.objectContaining({ source: 'login', what: 'accepted', by: 'agent@host:1', organization: ORG })]),
  );
  expect((await rcm(['login', 'history', 'well'], environment, 80)).stdout).toContain('accepted');
});

test('who did what in an organization is listed, by whom and by what', async () => {
  const { code, answer } = await json('audit', 'list', '--org', ORG, '--login', 'well', '--action', 'login.');
  expect(code).toBe(0);
  expect(answer.events).toEqual([expect.objectContaining({ action: 'login.used', subject: 'well', actor: 'agent@host:1' })]);
  const first = await json('audit', 'list', '--org', ORG, '--limit', '1');
  expect((await json('audit', 'list', '--org', ORG, '--limit', '1', '--after', String(first.answer.next))).answer).toMatchObject({
    events: [expect.anything()],
  });
  expect((await rcm(['audit', 'list', '--org', ORG], environment, 100)).stdout).toContain('login.used');
  expect(await json('audit', 'list', '--org', ORG, '--from', 'march')).toMatchObject({ code: 2, answer: { error: { code: 'input_invalid' } } });
  expect(await json('audit', 'list')).toMatchObject({ code: 2 });
});

const LISTS = ['logins', 'tasks', 'callbacks', 'calendar', 'codes list', 'endpoint retired', 'endpoint moved', 'audit list', 'review access'];
test.each(LISTS)('an organization that is not there is said by `%s`, which has nothing to say of it', async (list) => {
  expect(await json(...list.split(' '), '--org', 'hospital-9')).toMatchObject({
    code: 2,
    answer: { error: { code: 'input_invalid', message: 'There is no organization hospital-9.' } },
  });
});

test.each(['logins', 'logins --failing', 'tasks', 'calendar'])(
  'a portal type that is not there is said by `%s`, which would call all of it well',
  async (list) => {
    expect(await json(...list.split(' '), '--portal', 'alpin')).toMatchObject({
      code: 2,
      answer: { error: { code: 'input_invalid', message: 'There is no portal type alpin: `rcm portal-type list` has them.' } },
    });
    expect(await json(...list.split(' '), '--portal', 'alpine')).not.toMatchObject({ code: 2 });
  },
);

test.each(['tasks', `audit list --org ${ORG}`])('a login that is not there is said by `%s`, which has nothing to say of it', async (list) => {
  expect(await json(...list.split(' '), '--login', 'wel')).toMatchObject({
    code: 1,
    answer: { error: { code: 'endpoint_unknown', message: 'There is no endpoint wel.' } },
  });
  expect(await json(...list.split(' '), '--login', 'idle')).toMatchObject({ code: 0 });
});

test('an organization that is not there is none whose logins are all retired, and nobody’s parent', async () => {
  const none = (more: string) => ({ code: 2, answer: { error: { code: 'input_invalid', message: `There is no organization hospital-9${more}.` } } });
  expect(await json('org', 'retire', 'hospital-9', '--reason', 'they have left')).toMatchObject(none(''));
  const child = ['child', '--name', 'Child', '--parent', 'hospital-9', '--reason', 'new'];
  expect(await json('org', 'add', ...child)).toMatchObject(none(', which was to be the parent. Nothing was changed'));
  expect(await json('audit', 'list', '--org', 'child')).toMatchObject({ code: 2 });
});

test('a page behind the last one is not called all that there is', async () => {
  const behind = cursorOf({ endpointId: 'zz', place: 'zz' });
  const said = async (...words: string[]) => (await rcm(['endpoint', ...words], environment)).stdout;
  expect([await said('retired'), await said('retired', '--after', 'zz')]).toEqual(['nothing is retired\n', 'nothing further is retired\n']);
  expect([await said('moved'), await said('moved', '--after', behind)]).toEqual([
    'every secret is named by its row\n',
    'every further secret is named by its row\n',
  ]);
});

test('a secret that was kept for too long is told of by the exit code, on whichever page it stands', async () => {
  const left = (id: string, more: string) =>
    `INSERT INTO unnamed_secret (endpoint_id, org_id, place, why, secret_arn, since, unproved, removed_at)
     VALUES ('${id}', '${ORG}', 'there', 'left', 'arn:aws:ssm:us-east-1:222222222222:parameter/rcm/prod/${ORG}/endpoints/${id}', ${more})`;
  const first = async (...words: string[]) => json('endpoint', 'moved', '--limit', '1', ...words);
  // Left today; not proved yet; known to be removed.
  await asSuperuser(url, [left('idle', 'now(), false, NULL'), left('well', `now() - interval '40 days', true, NULL`)]);
  expect(await first()).toMatchObject({ code: 0, answer: { secrets: [{ endpoint: 'idle', removal: null }], overdue: 0 } });
  await asSuperuser(url, [left('wrong', `now() - interval '40 days', false, now()`)]);
  expect(await first()).toMatchObject({ code: 0, answer: { overdue: 0 } });
  await asSuperuser(url, [`UPDATE unnamed_secret SET removed_at = NULL WHERE endpoint_id = 'wrong'`]);
  expect(await first()).toMatchObject({ code: 1, answer: { secrets: [{ endpoint: 'idle', removal: null }], overdue: 1 } });
  expect(await first('--keep', '60d')).toMatchObject({ code: 0, answer: { overdue: 0 } });
  expect(await first('--org', 'nobody')).toMatchObject({ code: 0, answer: { secrets: [], overdue: 0 } });
});

test('portal types are listed and shown', async () => {
  expect(await json('portal-type', 'list')).toMatchObject({ code: 0, answer: { portalTypes: [{ code: 'alpine' }] } });
  expect(await json('portal-type', 'show', 'alpine')).toMatchObject({ code: 0, answer: { portalType: { code: 'alpine', logins: 3 } } });
  expect(await json('portal-type', 'show', 'none')).toMatchObject({ code: 2, answer: { error: { code: 'input_invalid' } } });
});

test('a login that is not there ends with 1, what is no id with 2, and another role with 2', async () => {
  expect(await json('login', 'show', 'nobody')).toMatchObject({
    code: 1,
    answer: { error: { code: 'endpoint_unknown', todo: expect.stringContaining('rcm logins') as string } },
  });
  expect(await json('login', 'show', 'No Id')).toMatchObject({ code: 2, answer: { error: { code: 'input_invalid' } } });
  for (const role of ['rcm_rotator', 'rcm_agent', 'rcm_auditor'] as const) {
    const { code, stderr } = await rcm(['logins'], { RCM_OPERATOR_DATABASE_URL: urlFor(role, url) });
    expect([code, stderr]).toEqual([2, expect.stringContaining('as a member of rcm_operator')]);
  }
});

test('the commands of the other programs run under their own roles', async () => {
  const wrong = await rcm(['login', 'unlocked', 'well', '--reason', 'x'], { ...environment });
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('RCM_ROTATOR_DATABASE_URL is not set')]);
  const audit = await rcm(['audit', 'export', '--output', '-'], { RCM_AUDITOR_DATABASE_URL: urlFor('rcm_operator', url), RCM_LOG_LEVEL: 'silent' });
  expect(audit.code).toBe(2);
});
