import { asSuperuser } from '@rcm/db/testing';
import { createLogger } from '@rcm/telemetry';
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
  const log: string[] = [];
  const other = await openTestConsole({ logger: createLogger({ name: 'console', level: 'error', destination: { write: (line) => void log.push(line) } }) });
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
    for (const { browser, address } of comingBack) {
      const { status, text } = await browser.send(address);
      expect(status).toBe(503);
      const [, number] = /under number (\d+)/.exec(text) ?? [];
      expect(JSON.parse(log.at(-1) ?? '')).toMatchObject({
        level: 50,
        number: Number(number),
        err: { code: 'identity_unavailable', cause: { message: 'fetch failed', cause: { code: 'ECONNREFUSED' } } },
      });
      // What somebody came back with signs them in.
      for (const secret of [...new URL(address).searchParams.values(), ...browser.cookies.values()]) expect(log.at(-1)).not.toContain(secret);
    }
    expect(log).toHaveLength(FAILURES);
    expect(await alarmsTold(other.metrics, 'console')).toEqual({ prometheus: ['rcm-console-failing'], cloudWatch: ['rcm-console-failing'] });
  } finally {
    await other.close();
  }
});
