import { parsePayload, parseReference } from '@rcm/credentials';
import { createLogger } from '@rcm/telemetry';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keptChromium, launchChromium } from './chromium.fixture.ts';
import { everyRow, filesWith } from './everything.fixture.ts';
import { follow, type Followed } from './live/follow.fixture.ts';
import { addressOf, SetForm } from './set-form.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';
import { rcm, REASON, rowsAbout, type RunningProcess, startRotator } from './test-environment.fixture.ts';

/** A person types into a browser what they know of a login; a rotator that waits for it proves it at the portal and stores it. */
let testEnvironment: TestEnvironment;
let w: TestConsole;
let rotator: RunningProcess;
let chromium: Browser;
/** What the operator's browser keeps. */
let folder: string;
let kept: BrowserContext;
let page: Page;
let form: SetForm;
let streams: readonly Followed[];
let logs = '';
const outputs: string[] = [];
const answers: { readonly address: string; readonly text: string }[] = [];

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  const logger = createLogger({ name: 'console', level: 'trace', destination: { write: (line) => void (logs += line) } });
  w = await openTestConsole({ url: testEnvironment.databaseUrl, logger });
  rotator = await started();
  const listener = await w.browser('all-auditor');
  streams = await Promise.all(['logins', 'rotations', 'tasks', 'notifications'].map((name) => follow(listener, `/all/changes/${name}`)));
  chromium = await launchChromium();
  folder = await mkdtemp(join(tmpdir(), 'rcm-browser-'));
  kept = await keptChromium(folder);
  page = await signIn(kept, 'all-operator');
  form = new SetForm(page, w.origin);
});
afterAll(async () => {
  streams?.forEach((stream) => stream.leave());
  await kept?.close();
  await chromium?.close();
  await rotator?.stop();
  await w?.close();
  await testEnvironment?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const started = (): Promise<RunningProcess> => startRotator(testEnvironment, { RCM_SET_PAGE: 'yes', RCM_LOG_LEVEL: 'trace' });

async function signIn(context: BrowserContext, person: string): Promise<Page> {
  const signedIn = await context.newPage();
  // It only ends what hangs: a machine may be ten times as slow.
  signedIn.setDefaultTimeout(600_000);
  signedIn.on('response', (response) => {
    answers.push({ address: response.url(), text: JSON.stringify(response.headers()) });
    response.text().then(
      (text) => answers.push({ address: response.url(), text }),
      () => undefined,
    );
  });
  await signedIn.goto(`${w.origin}/sign-in/begin?to=/all/logins`);
  await signedIn.locator(`button[value="${person}"]`).click();
  await signedIn.waitForURL(`${w.origin}/all/logins`);
  return signedIn;
}

const namesOf = ({ id, loginIdentity, username }: EnvironmentEndpoint) => ({ [loginIdentity]: 'IDENTITY', [id]: 'LOGIN', [username]: 'NAME' });
const rowsOf = <Row>(query: string): Promise<Row[]> => testEnvironment.db.transaction('every tenant', (tx) => tx.$queryRawUnsafe<Row[]>(query));
const setAtPortal = ({ portal, username }: EnvironmentEndpoint, password: string) => testEnvironment.portals.createAccount({ portal, username, password });
async function storedOf({ orgId, secretArn }: EnvironmentEndpoint): Promise<string> {
  const current = await testEnvironment.stores.forTenant(orgId).read(parseReference(secretArn));
  if (!current) throw new Error('the secret is gone');
  return parsePayload(current.text).reveal().password;
}
const passwords: string[] = [];
const chosen = (): string => {
  const password = `Chosen-${crypto.randomUUID().slice(0, 8)}-7`;
  passwords.push(password);
  return password;
};

test(
  'what is typed on a page leaves the rows and events that rcm leaves, by keyboard alone and on pages that nobody loads again',
  { timeout: 3_600_000 },
  async () => {
    const [byHand, byPage] = [await testEnvironment.addEndpoint('alpine'), await testEnvironment.addEndpoint('alpine')];
    const [one, other] = [chosen(), chosen()];
    await setAtPortal(byHand, one);
    await setAtPortal(byPage, other);
    await rcm(testEnvironment, ['login', 'set', byHand.id], `${one}\n`);
    await form.asked(byPage);
    await form.typed(other);
    expect(page.url()).toBe(`${w.origin}${addressOf(byPage)}#asked`);
    expect(await form.untilSaid('done', 'not done')).toBe('done');
    expect([await storedOf(byHand), await storedOf(byPage), await testEnvironment.portalAcceptsStore(byPage.id)]).toEqual([one, other, true]);
    const rows = await rowsAbout(testEnvironment, namesOf(byPage));
    expect(rows).toEqual(await rowsAbout(testEnvironment, namesOf(byHand)));
    expect(rows.filter((row) => row.startsWith('audit_event') && row.includes('"action": "secret.set"') && row.includes('PERSON'))).toHaveLength(1);
  },
);

test('a password that the portal refuses costs one login and changes nothing, as rcm does', { timeout: 3_600_000 }, async () => {
  const [byHand, byPage] = [await testEnvironment.addEndpoint('alpine'), await testEnvironment.addEndpoint('alpine')];
  const before = await storedOf(byPage);
  await expect(rcm(testEnvironment, ['login', 'set', byHand.id], `${chosen()}\n`)).rejects.toThrow('does not accept the typed password');
  await form.asked(byPage);
  await form.typed(chosen());
  expect(await form.untilSaid('done', 'not done')).toBe('not done');
  expect(await page.locator('#asked td[data-title="What came of it"]').first().textContent()).toContain('login_rejected');
  expect(await storedOf(byPage)).toBe(before);
  const rows = await rowsAbout(testEnvironment, namesOf(byPage));
  expect(rows).toEqual(await rowsAbout(testEnvironment, namesOf(byHand)));
  expect(rows.filter((row) => row.startsWith('login_attempt') && row.includes('"outcome": "rejected"'))).toHaveLength(1);
});

test(
  'where the rotator that waits is killed, what was typed for it is stored by nobody: it is over, and may be asked for again',
  { timeout: 3_600_000 },
  async () => {
    const at = await testEnvironment.addEndpoint('alpine');
    const before = await storedOf(at);
    const password = chosen();
    await setAtPortal(at, password);
    await form.asked(at);
    await rotator.kill('SIGKILL');
    outputs.push(rotator.output());
    await form.typed(password);
    expect(await form.untilSaid('typed; its rotator takes it')).not.toBe('');
    rotator = await started();
    // A minute passes.
    await rowsOf(`UPDATE login_typing SET typed_at = typed_at - interval '2 minutes' RETURNING 1`);
    expect(await form.untilSaid('nobody typed it in time, or nobody took it; nothing was done')).not.toBe('');
    expect([await storedOf(at), await rowsOf('SELECT 1 FROM login_typing')]).toEqual([before, []]);
    await form.asked(at);
    await form.typed(password);
    expect([await form.untilSaid('done', 'not done'), await storedOf(at)]).toEqual(['done', password]);
  },
);

test('a rotator that stood still while its person typed, and goes on later, does nothing with it', { timeout: 3_600_000 }, async () => {
  const at = await testEnvironment.addEndpoint('alpine');
  const before = await storedOf(at);
  const password = chosen();
  await setAtPortal(at, password);
  await form.asked(at);
  await rotator.kill('SIGSTOP');
  await form.typed(password);
  await form.untilSaid('typed; its rotator takes it');
  await rowsOf(`UPDATE login_typing SET typed_at = typed_at - interval '2 minutes' RETURNING 1`);
  await rotator.kill('SIGCONT');
  await form.untilSaid('nobody typed it in time, or nobody took it; nothing was done');
  expect([await storedOf(at), await rowsOf(`SELECT 1 FROM login_attempt WHERE endpoint_id = '${at.id}'`)]).toEqual([before, []]);
});

test('a rotator that is stopped says so at once to whoever has the form open', { timeout: 3_600_000 }, async () => {
  const at = await testEnvironment.addEndpoint('alpine');
  await form.asked(at);
  await rotator.stop();
  outputs.push(rotator.output());
  await form.typed(chosen());
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Not done');
  await page.goto(`${w.origin}${addressOf(at)}`);
  expect(await page.locator('#asked td[data-title="What came of it"]').first().textContent()).toMatch(/was stopped: ask again.*cancelled/);
  rotator = await started();
});

test(
  'what was typed is nowhere: in no answer, header or stream, no row, file of the database, log, or file of the browser',
  { timeout: 3_600_000 },
  async () => {
    for (const path of ['/', '/all/logins', `/o/${testEnvironment.orgId}/audit`, '/all/notifications', '/all/system']) await page.goto(`${w.origin}${path}`);
    for (const stream of streams) answers.push({ address: 'stream', text: stream.text() + JSON.stringify(stream.headers) });
    outputs.push(rotator.output());
    const [{ place, oid } = { place: '', oid: 0 }] = await rowsOf<{ place: string; oid: number }>(
      `SELECT current_setting('data_directory') AS place, oid::int AS oid FROM pg_database WHERE datname = current_database()`,
    );
    await rowsOf('CHECKPOINT').catch(() => undefined);
    const rows = await everyRow(testEnvironment);
    await kept.close();
    // Otherwise nothing was looked through.
    expect([rows.includes('secret.set'), logs.includes('typed the password'), outputs.join('').includes('"healthPort"')]).toEqual([true, true, true]);
    expect(await filesWith(folder, 'localhost')).not.toEqual([]);
    expect(await filesWith(join(place, 'base', String(oid)), REASON)).not.toEqual([]);
    expect(passwords.length).toBeGreaterThan(6);
    for (const password of passwords) {
      expect(answers.filter(({ text }) => text.includes(password)).map(({ address }) => address)).toEqual([]);
      for (const text of [rows, logs, ...outputs]) expect(text.includes(password)).toBe(false);
      expect(await filesWith(folder, password)).toEqual([]);
      for (const part of [join('base', String(oid)), 'pg_wal']) expect(await filesWith(join(place, part), password)).toEqual([]);
    }
  },
);
