import { AxeBuilder } from '@axe-core/playwright';
import { createLogger } from '@rcm/telemetry';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keptChromium, launchChromium } from './chromium.fixture.ts';
import { everyRow, filesWith } from './everything.fixture.ts';
import { Keyboard } from './keyboard.fixture.ts';
import { follow, type Followed } from './live/follow.fixture.ts';
import { openSlowChannel, type SlowChannel } from './slow-channel.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';
import { REASON, type RunningProcess, secretsOf, startRotator } from './test-environment.fixture.ts';

/** One person asks, another approves, the first sees it once, and then it is changed: at a portal, by a rotator, with people who hear of it before. */
let testEnvironment: TestEnvironment;
let w: TestConsole;
let channel: SlowChannel;
let rotator: RunningProcess;
let chromium: Browser;
/** What the operator's browser keeps. */
let folder: string;
let kept: BrowserContext;
let logs = '';
let streams: readonly Followed[];
const answers: { readonly address: string; readonly text: string; readonly headers: string }[] = [];

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  const logger = createLogger({ name: 'console', level: 'trace', destination: { write: (line) => void (logs += line) } });
  w = await openTestConsole({ url: testEnvironment.databaseUrl, logger });
  channel = await openSlowChannel('secret_read');
  rotator = await startRotator(testEnvironment, { ...channel.settings, RCM_BREAK_GLASS_PAGE: 'yes', RCM_LOG_LEVEL: 'trace' });
  const listener = await w.browser('all-auditor');
  streams = await Promise.all(['logins', 'rotations', 'tasks', 'notifications'].map((name) => follow(listener, `/all/changes/${name}`)));
  chromium = await launchChromium();
  folder = await mkdtemp(join(tmpdir(), 'rcm-browser-'));
  kept = await keptChromium(folder);
});
afterAll(async () => {
  streams?.forEach((stream) => stream.leave());
  await kept?.close();
  await chromium?.close();
  channel?.take();
  await rotator?.stop();
  await channel?.close();
  await w?.close();
  await testEnvironment?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function signIn(context: BrowserContext, person: string): Promise<Page> {
  const page = await context.newPage();
  // It only ends what hangs: a machine may be ten times as slow.
  page.setDefaultTimeout(600_000);
  page.on('response', (response) => {
    const headers = JSON.stringify(response.headers());
    response.text().then(
      (text) => answers.push({ address: response.url(), text, headers }),
      () => answers.push({ address: response.url(), text: '', headers }),
    );
  });
  await page.goto(`${w.origin}/sign-in/begin?to=/all/logins`);
  await page.locator(`button[value="${person}"]`).click();
  await page.waitForURL(`${w.origin}/all/logins`);
  return page;
}

const addressOf = ({ orgId, id }: EnvironmentEndpoint): string => `/o/${orgId}/logins/${id}`;
const rowsOf = <Row>(query: string): Promise<Row[]> => testEnvironment.db.transaction('every tenant', (tx) => tx.$queryRawUnsafe<Row[]>(query));
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));

/** Whatever is there, once it is: what a browser shows in the place of a page, too. */
async function contentOf(page: Page): Promise<string> {
  for (;;) {
    const content = await page.content().catch(() => null);
    if (content !== null) return content;
    await pause();
  }
}

/** To an act of a page, its fields, and its button, without a mouse. */
async function act(page: Page, name: string, fields: Readonly<Record<string, string>>): Promise<void> {
  const keyboard = new Keyboard(page);
  const isOf = ({ action }: { readonly action: string }): boolean => action.endsWith(`/acts/${name}`);
  await keyboard.to(name, (focused) => focused.tag === 'SUMMARY' && isOf(focused));
  await keyboard.press('Enter');
  for (const [field, text] of Object.entries(fields)) {
    await keyboard.to(field, (focused) => focused.name === field && isOf(focused));
    await keyboard.press('Control+A');
    await keyboard.type(text);
  }
  await keyboard.to('the button', (focused) => focused.tag === 'BUTTON' && isOf(focused));
}
async function asked(page: Page, at: EnvironmentEndpoint): Promise<void> {
  await page.goto(`${w.origin}${addressOf(at)}`);
  await act(page, 'break_glass', { minutes: '60', reason: REASON });
  await new Keyboard(page).enter();
}
async function approved(page: Page, at: EnvironmentEndpoint): Promise<void> {
  await page.goto(`${w.origin}${addressOf(at)}`);
  await act(page, 'approve', { reason: 'spoke to her' });
  await new Keyboard(page).enter();
}

test('one asks, another approves, the first sees it once after people were told, nobody keeps it, and it is changed', { timeout: 3_600_000 }, async () => {
  const at = await testEnvironment.addEndpoint('borealis');
  const [password = ''] = await secretsOf(testEnvironment, at);
  const operator = await signIn(kept, 'all-operator');
  const approver = await signIn(await chromium.newContext(), 'all-approver');
  const other = await w.browser('all-of-all');
  await asked(operator, at);
  expect(await operator.locator('form[action$="/acts/read"]').count()).toBe(0);
  await approved(approver, at);
  const [{ id } = { id: '' }] = await rowsOf<{ id: string }>(`SELECT id::text FROM login_request WHERE endpoint_id = '${at.id}'`);
  const read = `/o/${at.orgId}/requests/${id}/acts/read`;

  // Nobody else, whatever roles they have.
  expect(await approver.locator('form[action$="/acts/read"]').count()).toBe(0);
  expect(await other.post(read, { token: await other.token() })).toMatchObject({
    status: 409,
    text: expect.stringContaining('they alone may read it') as string,
  });

  await operator.goto(`${w.origin}${addressOf(at)}`);
  await act(operator, 'read', {});
  const shown = operator.waitForResponse((response) => response.url().endsWith('/acts/read'));
  shown.catch(() => undefined);
  let isShown = false;
  const seen = shown.then(() => (isShown = true));
  await operator.keyboard.press('Enter');
  while (!channel.heard().includes('secret_read')) await pause();
  // The channel has it in hand and has not taken it: the books say that it is read, and nothing is shown.
  expect(await rowsOf(`SELECT 1 FROM audit_event WHERE action = 'secret.shown' AND subject = '${at.id}'`)).toHaveLength(1);
  expect(isShown).toBe(false);
  channel.take();
  await seen;
  await operator.waitForLoadState();
  expect(await operator.getByRole('heading', { level: 1 }).textContent()).toBe('Shown once');
  expect(await operator.locator('code.shown').allTextContents()).toEqual([at.username, password, expect.stringMatching(/^\d{6}$/) as string]);
  const headers = await (await shown).allHeaders();
  expect([headers['cache-control'], headers.refresh, headers['clear-site-data']]).toEqual(['no-store', `3600; url=${addressOf(at)}`, '"cache"']);
  for (const colorScheme of ['light', 'dark'] as const) {
    await operator.emulateMedia({ colorScheme });
    expect((await new AxeBuilder({ page: operator }).analyze()).violations.map(({ id: rule }) => rule)).toEqual([]);
  }

  // Neither going back and forth nor asking again brings it back.
  await operator.getByRole('link', { name: 'Done' }).click();
  await operator.waitForURL(`${w.origin}${addressOf(at)}`);
  expect(await operator.locator('#asked td[data-title="How far"]').first().textContent()).toBe('read, and due to be changed');
  await operator.goBack().catch(() => null);
  expect(await contentOf(operator)).not.toContain(password);
  await operator.goto(`${w.origin}${addressOf(at)}`);
  const self = await w.browser('all-operator');
  expect(await self.post(read, { token: await self.token() })).toMatchObject({ status: 409, text: expect.stringContaining('read already') as string });

  const pages = [addressOf(at), `/o/${at.orgId}/audit`, '/all/approvals', '/all/notifications', '/all/logins', '/all/rotations', '/all/system', '/'];
  for (const path of pages) for (const page of [operator, approver]) await page.goto(`${w.origin}${path}`);
  for (const stream of streams) answers.push({ address: 'stream', text: stream.text(), headers: JSON.stringify(stream.headers) });
  const withIt = answers.filter(({ text, headers: sent }) => [password, escaped(password)].some((each) => text.includes(each) || sent.includes(each)));
  expect(answers.length).toBeGreaterThan(pages.length);
  expect(withIt.map(({ address }) => address)).toEqual([`${w.origin}${read}`]);
  expect(await everyRow(testEnvironment)).toContain('secret.shown');
  for (const text of [await everyRow(testEnvironment), logs, rotator.output(), channel.heard()]) expect(text.includes(password)).toBe(false);
  expect(await rowsOf('SELECT 1 FROM break_glass_reading')).toEqual([]);
  await kept.close();
  expect(await filesWith(folder, 'localhost')).not.toEqual([]);
  expect(await filesWith(folder, password)).toEqual([]);

  // Its minutes are over: the rotator changes it, and what was seen opens nothing any more.
  await rowsOf(`UPDATE integration_endpoint SET next_rotation_at = clock_timestamp() WHERE id = '${at.id}' RETURNING 1`);
  while ((await rowsOf(`SELECT 1 FROM rotation_attempt WHERE endpoint_id = '${at.id}' AND state = 'done'`)).length === 0) await pause();
  const [now] = await secretsOf(testEnvironment, at);
  expect(now).not.toBe(password);
  expect(await testEnvironment.portalAcceptsStore(at.id)).toBe(true);
});

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
