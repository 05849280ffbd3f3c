import { type Database, openDatabase } from '@rcm/db';
import { answerReading, askAct, decideAct, type ReadingToDo, sealedForReading, takeReading } from '@rcm/db/acts';
import { sealOnce } from '@rcm/db/sealing';
import { asSuperuser, urlFor } from '@rcm/db/testing';
import { createLogger, RcmError, Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { waitForReading } from './acts/wait-for-reading.ts';
import type { Browser } from './browser.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

/** What the console says of a password that a second person has approved, beside a rotator that answers as the test wants. */
let w: TestConsole;
let rotator: Database;
let db: Database;
let browser: Browser;
/** Of whoever asks. */
let actor: string;
let logs = '';
beforeAll(async () => {
  w = await openTestConsole({ logger: createLogger({ name: 'console', level: 'trace', destination: { write: (line) => void (logs += line) } }) });
  rotator = openDatabase({ url: urlFor('rcm_rotator', w.url), applicationName: 'rotator', role: 'rcm_rotator' });
  db = openDatabase({ url: urlFor('rcm_console', w.url), applicationName: 'asks', role: 'rcm_console' });
  browser = await w.browser('one-operator');
  actor = `person:oidc:${w.issuer}#one-operator`;
});
afterAll(async () => {
  await db?.close();
  await rotator?.close();
  await w?.close();
});
beforeEach(async () => {
  logs = '';
  await asSuperuser(w.url, ['DELETE FROM login_request']);
});

const PASSWORD = 'canary-at-the-portal-7';
const SHOWN = 'approved was sent';
const LOST = 'was not sent whole';

/** The address at which what a second person has approved is read. */
async function approved(): Promise<{ readonly id: string; readonly path: string }> {
  const of = { orgId: 'hospital-1', endpointId: 'alpine-1' };
  const { id } = await askAct(db, { ...of, kind: 'break_glass', minutes: 15, actor, reason: 'the platform is down' });
  await decideAct(db, { id, orgId: 'hospital-1', decision: 'approved', actor: `person:oidc:${w.issuer}#one-approver`, reason: 'spoke to her' });
  return { id, path: `/o/hospital-1/requests/${id}/acts/read` };
}
const form = async (): Promise<RequestInit> => ({ method: 'POST', body: new URLSearchParams({ token: await browser.token() }), headers: { origin: w.origin } });
async function taken(): Promise<ReadingToDo> {
  for (;;) {
    const reading = await takeReading(rotator);
    if (reading) return reading;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
async function answer(reading: ReadingToDo): Promise<void> {
  const about = { login: 'alpine-1', portal: 'alpine', address: 'https://alpine.example/', reason: 'r', approvedBy: 'John', until: new Date().toISOString() };
  const shown = new Secret(JSON.stringify({ ...about, rotation: null, fields: [['password', PASSWORD]] }));
  await answerReading(rotator, { ...reading, kind: 'sealed', sealed: sealOnce(reading.publicKey, sealedForReading(reading.requestId), shown) });
}
async function logged(words: string): Promise<void> {
  while (!logs.includes(words)) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('that it was shown is said once it was sent', async () => {
  const { path } = await approved();
  const page = browser.send(path, await form());
  await answer(await taken());
  expect((await page).text).toContain(PASSWORD);
  await logged(SHOWN);
  expect(logs).not.toContain(LOST);
});

test('of whoever has left before it came it is not said that they were shown it', async () => {
  const { path } = await approved();
  const leave = new AbortController();
  const page = browser.send(path, { ...(await form()), signal: leave.signal }).catch(() => null);
  const reading = await taken();
  leave.abort();
  await page;
  await answer(reading);
  await logged(LOST);
  expect(logs).not.toContain(SHOWN);
});

const wait = async (id: string, { from = db, stopping = new AbortController().signal }: { readonly from?: Database; readonly stopping?: AbortSignal } = {}) =>
  waitForReading(from, { id, orgId: 'hospital-1', actor }, { waitMs: 3_600_000, stopping });

test('what a rotator has taken and not begun was not read, and may be read again', async () => {
  const { id } = await approved();
  const stop = new AbortController();
  const waited = wait(id, { stopping: stop.signal });
  await taken();
  stop.abort();
  await expect(waited).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining('nothing was read: you may try again') as string });
  const again = wait(id);
  await answer(await taken());
  expect((await again)?.reveal()).toContain(PASSWORD);
});

test('a database whose answer is lost, whatever it was, ends no wait', async () => {
  const { id } = await approved();
  let lost = 0;
  /** Of each kind of answer the first is lost on its way back, once it stands. */
  const kinds = new Set<string>();
  const away: Database['transaction'] = async (scope, act) => {
    const answer = await db.transaction(scope, act);
    const kind = Array.isArray(answer) ? `${answer.length} rows` : typeof answer;
    // The asking itself is no part of the wait.
    if (kind === 'boolean' || kinds.has(kind)) return answer;
    kinds.add(kind);
    lost += 1;
    throw new RcmError('database_unavailable', 'away');
  };
  const from = Object.create(db, { transaction: { value: away } }) as Database;
  const waited = wait(id, { from });
  const reading = await taken();
  while (lost === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  await answer(reading);
  expect((await waited)?.reveal()).toContain(PASSWORD);
  expect([...kinds].sort()).toEqual(['0 rows', '1 rows', 'number']);
});
