import { asSuperuser } from '@rcm/db/testing';
import { alarmsTold } from '@rcm/telemetry/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestConsole, type TestConsole } from './testing.fixture.ts';

/** More than the alarm forgives. */
const FAILURES = 6;

let w: TestConsole;
beforeAll(async () => {
  w = await openTestConsole();
});
afterAll(() => w?.close());

it('a console that cannot answer is told of, by Prometheus and by CloudWatch alike; one that refuses is not', async () => {
  const browser = await w.browser('one-viewer');
  // Refused: not there, not allowed, not signed in.
  for (let i = 0; i < FAILURES; i += 1) {
    expect((await browser.get('/nothing')).status).toBe(404);
    expect((await browser.get('/o/hospital-2/logins/alpine-2')).status).toBe(404);
    expect((await (await w.browser(null)).get('/')).status).toBe(303);
  }
  expect(await alarmsTold(w.metrics, 'console')).toEqual({ prometheus: [], cloudWatch: [] });
  await asSuperuser(w.url, ['ALTER TABLE integration_endpoint RENAME TO integration_endpoint_away']);
  for (let i = 0; i < FAILURES; i += 1) expect((await browser.get('/o/hospital-1/logins')).status).toBeGreaterThanOrEqual(500);
  expect(await alarmsTold(w.metrics, 'console')).toEqual({ prometheus: ['rcm-console-failing'], cloudWatch: ['rcm-console-failing'] });
});

it('so is one that lets nobody in, as the issuer does not answer it', async () => {
  const other = await openTestConsole();
  try {
    const comingBack = [];
    for (let i = 0; i < FAILURES; i += 1) {
      const browser = await other.browser(null);
      const choosing = await browser.follow('/sign-in/begin');
      const chosen = await browser.send(choosing.at, { method: 'POST', body: new URLSearchParams({ person: 'one-viewer' }) });
      const resumed = await browser.send(new URL(chosen.headers.get('location') ?? '', choosing.at).href);
      comingBack.push({ browser, address: resumed.headers.get('location') ?? '' });
    }
    await other.stopIssuer();
    for (const { browser, address } of comingBack) expect(await browser.send(address)).toMatchObject({ status: 503 });
    expect(await alarmsTold(other.metrics, 'console')).toEqual({ prometheus: ['rcm-console-failing'], cloudWatch: ['rcm-console-failing'] });
  } finally {
    await other.close();
  }
});
