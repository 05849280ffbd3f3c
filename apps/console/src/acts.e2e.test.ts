import { createPortalTask } from '@rcm/db/tasks';
import { isLongForm } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment, type EnvironmentEndpoint } from '@rcm/test-environment';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from './chromium.fixture.ts';
import type { Browser as Client } from './browser.fixture.ts';
import { follow, type Followed } from './live/follow.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';
import { signInTo, TwoPeople } from './two-people.fixture.ts';
import { block, lastEvent, rcm, REASON, rowsAbout, secretsOf, startRotator, wideRows } from './test-environment.fixture.ts';

/** Each act once as a person at a terminal does it and once in a browser, on logins that are alike, beside a rotator at work. */
let testEnvironment: TestEnvironment;
let w: TestConsole;
let chromium: Browser;
let rotator: { stop(): Promise<void> };
let page: Page;
let people: TwoPeople;
let approver: Client;
const secrets = new Set<string>();
const answers: Buffer[] = [];
/** What is told while all this happens. */
let streams: readonly Followed[];
const PATIENT = 'canary-patient-4711';

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  w = await openTestConsole({ url: testEnvironment.databaseUrl });
  rotator = await startRotator(testEnvironment);
  approver = await w.browser('all-approver');
  streams = await Promise.all(['logins', 'rotations', 'tasks', 'notifications'].map((name) => follow(approver, `/all/changes/${name}`)));
  chromium = await launchChromium();
  page = await signInTo(chromium, w.origin, { person: 'all-operator', answers });
  const second = await signInTo(chromium, w.origin, { person: 'all-approver', answers });
  people = new TwoPeople(w.origin, { page, second });
});
afterAll(async () => {
  streams?.forEach((stream) => stream.leave());
  await chromium?.close();
  await rotator?.stop();
  await w?.close();
  await testEnvironment?.close();
});

const newLogin = async (): Promise<EnvironmentEndpoint> => {
  const login = await testEnvironment.addEndpoint('alpine');
  for (const secret of await secretsOf(testEnvironment, login)) secrets.add(secret);
  return login;
};

const addressOf = ({ orgId, id }: EnvironmentEndpoint): string => `/o/${orgId}/logins/${id}`;
const namesOf = ({ id, loginIdentity, username }: EnvironmentEndpoint) => ({ [loginIdentity]: 'IDENTITY', [id]: 'LOGIN', [username]: 'NAME' });

/** On a change one that only logs in, and takes pictures, the one that changes the password and its way back, and the one that no rotator does. */
const ON_A_CHANGE: readonly string[] = ['look', 'rotate', 'pause'];
const ACTS = [
  ['verify', 'Verify', true],
  ['look', 'Look at the portal', true],
  ['retry', 'Retry', true],
  ['unlocked', 'Unlocked', true],
  ['rotate', 'Rotate now', true],
  ['pause', 'Pause rotations', false],
] as const;
const TRIED = ACTS.filter(([name]) => isLongForm() || ON_A_CHANGE.includes(name));

test.each(TRIED)('%s leaves the rows and events that rcm leaves', async (name, title, isAsked) => {
  const [byHand, byPage] = [await newLogin(), await newLogin()];
  await rcm(testEnvironment, name === 'pause' ? ['pause', '--endpoint', byHand.id] : ['login', name, byHand.id]);
  await people.act(addressOf(byPage), title);
  if (isAsked) await people.untilDone(addressOf(byPage));
  const rows = await rowsAbout(testEnvironment, namesOf(byPage));
  expect(rows).toEqual(await rowsAbout(testEnvironment, namesOf(byHand)));
  expect(rows.filter((row) => row.startsWith('audit_event') && row.includes('PERSON')).length).toBeGreaterThan(0);
  for (const login of [byHand, byPage]) for (const secret of await secretsOf(testEnvironment, login)) secrets.add(secret);
  // On the same logins: what takes back what was done.
  if (name === 'pause') {
    await rcm(testEnvironment, ['resume', '--endpoint', byHand.id]);
    await people.act(addressOf(byPage), 'Resume rotations');
  } else if (name === 'rotate') {
    await rcm(testEnvironment, ['login', 'rollback', byHand.id]);
    await people.actOfTwo(addressOf(byPage), 'Roll back');
  } else return;
  expect(await rowsAbout(testEnvironment, namesOf(byPage))).toEqual(await rowsAbout(testEnvironment, namesOf(byHand)));
});

test.each(isLongForm() ? ['verify', 'set', 'rotate'] : ['set', 'rotate'])('%s says before it is done what the dry run of rcm says', async (name) => {
  const login = await newLogin();
  // One failed login is spent.
  const wrong = await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$executeRaw`
      INSERT INTO login_attempt (id, login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, proved, process)
      SELECT gen_random_uuid(), e.login_identity, e.org_id, e.id, gen_random_uuid(), 'person', '9', now(), now(), 'rejected', 'bad', false, 'test' FROM integration_endpoint e WHERE e.id = ${login.id}`,
  );
  expect(wrong).toBe(1);
  /** Whether it would be done or not. */
  const dryRun = (of: string) => rcm(testEnvironment, ['login', of, login.id, '--dry-run']).catch((error: Error) => error.message);
  const says = async () => {
    await page.goto(`${w.origin}${addressOf(login)}`);
    const act = page.locator('details.act', { has: page.locator(`form[action$="/acts/${name}"]`) });
    return (await act.locator('.now').textContent()) ?? '';
  };
  const [, left = '?'] = /(\d+) failed logins left/.exec(await dryRun('verify')) ?? [];
  expect(await says()).toContain(`${left} of `);
  // Of a portal that forgives two such, one is too few to begin a rotation with.
  if (name === 'rotate')
    expect([await says(), await dryRun(name)]).toEqual([expect.stringContaining('starts with 2'), expect.stringContaining('starts with 2')]);
  else expect(await says()).toMatch(/^Now: \d+ of \d+ failed logins left\.$/);
  await block(testEnvironment, login);
  if (name === 'rotate') expect(await says()).toContain('goes on with its rotation that is blocked');
  else expect([await says(), await dryRun(name)]).toEqual([expect.stringContaining('a rotation of it is blocked'), expect.stringContaining('is blocked')]);
  // What is made up here says nothing of the portal to those who look after it.
  for (const table of ['rotation_attempt', 'login_attempt'])
    await testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRawUnsafe(`DELETE FROM ${table} WHERE endpoint_id = '${login.id}'`));
});

const RESOLUTIONS = [['found', 'Resolve: search'], ...(isLongForm() ? ([['current', 'Resolve: accept the current password']] as const) : [])] as const;

test.each(RESOLUTIONS)('resolve --accept %s, once a second person has approved it, leaves the rows and events that rcm leaves', async (choice, title) => {
  const [byHand, byPage] = [await newLogin(), await newLogin()];
  for (const login of [byHand, byPage]) await block(testEnvironment, login);
  await rcm(testEnvironment, ['login', 'resolve', byHand.id, '--accept', choice]);
  await people.actOfTwo(addressOf(byPage), title);
  expect(await rowsAbout(testEnvironment, namesOf(byPage))).toEqual(await rowsAbout(testEnvironment, namesOf(byHand)));
});

const SCOPES = isLongForm() ? ['*', 'alpine'] : ['*'];

test.each(SCOPES)('pause and resume of %s, once a second person has approved each, leave the rows and events that rcm leaves', async (portal) => {
  const scope = portal === '*' ? ['--all'] : ['--portal-type', portal];
  const both = async (act: (name: 'pause' | 'resume') => Promise<unknown>): Promise<readonly (readonly string[])[]> => {
    const rows = [];
    for (const name of ['pause', 'resume'] as const) {
      const before = await lastEvent(testEnvironment);
      await act(name);
      rows.push(await wideRows(testEnvironment, before));
    }
    return rows;
  };
  const byHand = await both((name) => rcm(testEnvironment, [name, ...scope]));
  const byPage = await both(async (name) => {
    await page.goto(`${w.origin}/all/system`);
    await page.locator('summary', { hasText: name === 'pause' ? 'Pause rotations' : 'Resume rotations' }).click();
    const form = page.locator(`form[action="/all/acts/${name}"]`);
    await form.locator('select').selectOption(portal);
    await form.locator('input[name=reason]').fill(REASON);
    await Promise.all([page.waitForNavigation(), form.locator('button').click()]);
    await people.decide('/all/approvals', 'approve');
    while (!(await page.locator('section:last-of-type tbody tr').first().textContent())?.includes('done')) await page.goto(`${w.origin}/all/approvals`);
  });
  expect(byPage).toEqual(byHand);
  expect(byHand.map((rows) => rows.some((row) => row.startsWith('audit_event')))).toEqual([true, true]);
});

test('what the second person declines, or who asked withdraws, is done by no rotator', async () => {
  const [declined, withdrawn, after] = [await newLogin(), await newLogin(), await newLogin()];
  for (const login of [declined, withdrawn]) await block(testEnvironment, login);
  for (const login of [declined, withdrawn]) await people.act(addressOf(login), 'Resolve: accept the current password');
  await people.decide(addressOf(declined), 'decline');
  await people.withdraw(addressOf(withdrawn));
  // A rotator that has done what was asked for later has passed over both.
  await people.act(addressOf(after), 'Verify');
  await people.untilDone(addressOf(after));
  for (const [login, word] of [
    [declined, 'declined; nothing was done'],
    [withdrawn, 'withdrawn; nothing was done'],
  ] as const) {
    await page.goto(`${w.origin}${addressOf(login)}`);
    expect(await page.locator('#asked td[data-title="How far"]').first().textContent()).toBe(word);
    const rows = await rowsAbout(testEnvironment, namesOf(login));
    expect(rows.filter((row) => row.startsWith('login_attempt') || row.includes('"action": "login.resolve'))).toEqual([]);
    expect(rows.filter((row) => row.startsWith('rotation_attempt') && row.includes('"state": "blocked"'))).toHaveLength(1);
  }
});

test('cancel leaves the rows and events that rcm leaves', async () => {
  const [byHand, byPage] = [await newLogin(), await newLogin()];
  const ask = async ({ orgId, id }: EnvironmentEndpoint): Promise<string> => {
    const requester = { kind: 'token', subject: 'claims', issuer: 'https://id.example/' } as const;
    return (await createPortalTask(testEnvironment.db, { orgId, endpointId: id, name: 'claim_status', input: { claim: PATIENT }, requester })).taskId;
  };
  const [one, other] = [await ask(byHand), await ask(byPage)];
  await rcm(testEnvironment, ['task', 'cancel', one]);
  await people.act(`/o/${byPage.orgId}/tasks/${other}`, 'Cancel');
  expect(await rowsAbout(testEnvironment, { ...namesOf(byPage), [other]: 'TASK' })).toEqual(
    await rowsAbout(testEnvironment, { ...namesOf(byHand), [one]: 'TASK' }),
  );
});

test('no answer of all this, no header, no body and no event stream, has a secret of a login or of a patient in it', async () => {
  for (const path of [
    '/',
    '/all/logins',
    '/all/tasks?show=all',
    `/o/${testEnvironment.orgId}/audit`,
    '/all/system',
    `/o/${testEnvironment.orgId}/portals/alpine`,
    '/all/portals/alpine',
  ])
    await page.goto(`${w.origin}${path}`, { waitUntil: 'networkidle' });
  // With what was seen of the portal.
  expect(answers.filter((answer) => answer.subarray(1, 4).toString('latin1') === 'PNG').length).toBeGreaterThan(0);
  for (const stream of streams) {
    expect(stream.text()).toContain('event: changed');
    answers.push(Buffer.from(JSON.stringify(stream.headers)), Buffer.from(stream.text()));
  }
  const heard = Buffer.concat(answers).toString('latin1');
  expect(heard).toContain(REASON);
  expect(secrets.size).toBeGreaterThan(8);
  for (const secret of [...secrets, PATIENT]) expect(heard.includes(Buffer.from(secret).toString('latin1'))).toBe(false);
});
