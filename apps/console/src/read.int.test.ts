import { type Database, openDatabase } from '@rcm/db';
import { answerReading, askAct, decideAct, type ReadingToDo, sealedForReading, takeReading } from '@rcm/db/acts';
import { sealOnce } from '@rcm/db/sealing';
import { asSuperuser, urlFor } from '@rcm/db/testing';
import { createLogger, Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Browser } from './browser.fixture.ts';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

/** What the console says of a password that a second person has approved, beside a rotator that answers as the test wants. */
let w: TestConsole;
let rotator: Database;
let browser: Browser;
/** Of whoever asks. */
let actor: string;
let logs = '';
beforeAll(async () => {
  w = await openTestConsole({ logger: createLogger({ name: 'console', level: 'trace', destination: { write: (line) => void (logs += line) } }) });
  rotator = openDatabase({ url: urlFor('rcm_rotator', w.url), applicationName: 'rotator', role: 'rcm_rotator' });
  browser = await w.browser('one-operator');
  actor = `person:oidc:${w.issuer}#one-operator`;
});
afterAll(async () => {
  await rotator?.close();
  await w?.close();
});
beforeEach(async () => {
  logs = '';
  await asSuperuser(w.url, ['DELETE FROM login_request']);
});

const PASSWORD = 'canary-at-the-portal-7';
const SHOWN = 'was shown a password';
const LOST = 'was not delivered';

/** The address at which what a second person has approved is read. */
async function approved(): Promise<{ readonly id: string; readonly path: string }> {
  const db = openDatabase({ url: urlFor('rcm_console', w.url), applicationName: 'asks', role: 'rcm_console' });
  const of = { orgId: 'hospital-1', endpointId: 'alpine-1' };
  const { id } = await askAct(db, { ...of, kind: 'break_glass', minutes: 15, actor, reason: 'the platform is down' });
  await decideAct(db, { id, orgId: 'hospital-1', decision: 'approved', actor: `person:oidc:${w.issuer}#one-approver`, reason: 'spoke to her' });
  await db.close();
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
