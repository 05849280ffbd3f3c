import { asSuperuser } from '@rcm/db/testing';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { follow } from './live/follow.fixture.ts';
import { openTestConsole } from './testing.fixture.ts';

test('at its stop a console ends its streams and is gone', async () => {
  const w = await openTestConsole();
  const browser = await w.browser('one-operator');
  const streams = [await follow(browser, '/o/hospital-1/changes/tasks'), await follow(browser, '/o/hospital-1/changes/logins')];
  await streams[0]?.until(/event: changed/);
  // As a browser opens one ahead of what it asks for.
  const silent = connect(Number(new URL(w.origin).port), '127.0.0.1').resume();
  const gone = once(silent, 'close');
  await once(silent, 'connect');
  const stopped = performance.now();
  await w.close();
  await gone;
  expect(performance.now() - stopped, 'no connection is waited for until its own time is over').toBeLessThan(60_000);
  await Promise.all(streams.map(({ ended }) => ended));
  await expect(follow(browser, '/o/hospital-1/changes/tasks')).rejects.toThrow(/ECONNREFUSED|socket hang up/);
});

test('where it cannot be asked whether sessions last, every stream ends', async () => {
  const w = await openTestConsole();
  try {
    const browser = await w.browser('one-operator');
    const stream = await follow(browser, '/o/hospital-1/changes/tasks');
    await stream.until(/event: changed/);
    await asSuperuser(w.url, ['REVOKE SELECT ON console_session FROM rcm_console']);
    await stream.ended;
    // Not over: the browser comes back, and is let in where it may be.
    expect(stream.text()).not.toContain('event: over');
    await asSuperuser(w.url, ['GRANT SELECT ON console_session TO rcm_console']);
    const again = await follow(browser, '/o/hospital-1/changes/tasks');
    await again.until(/event: changed/);
    again.leave();
  } finally {
    await w.close();
  }
});

test('a console without streams serves its pages', async () => {
  const w = await openTestConsole({ streams: 0 });
  try {
    const browser = await w.browser('one-operator');
    const refused = await browser.get('/o/hospital-1/changes/tasks');
    expect([refused.status, (await browser.get('/o/hospital-1/tasks')).status]).toEqual([503, 200]);
    expect(refused.text).toMatch(/RCM_CONSOLE_STREAMS.*under number \d+/);
  } finally {
    await w.close();
  }
});
