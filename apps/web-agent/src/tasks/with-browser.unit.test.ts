import { RcmError } from '@rcm/telemetry';
import { expect, it } from 'vitest';
import { mayTakeTasks } from './with-browser.ts';

/** A browser that cannot be started until it is mended, and a clock that goes where it is set. */
function broken() {
  const seen = { starts: 0, failures: 0, isMended: false, hasStarted: false, now: 0 };
  const may = mayTakeTasks({
    problem: () => Promise.resolve(seen.hasStarted ? null : 'No Chromium.'),
    start: () => {
      seen.starts += 1;
      seen.hasStarted = seen.isMended;
      return seen.isMended ? Promise.resolve() : Promise.reject(new RcmError('browser_unavailable', 'No Chromium.'));
    },
    onFailure: () => void (seen.failures += 1),
    clock: { elapsed: () => seen.now },
  });
  return { seen, may };
}

it('takes no task while no browser can be started, and tries to start one now and then', async () => {
  const { seen, may } = broken();
  for (const [now, starts] of [
    [0, 1],
    [14_999, 1],
    [15_000, 2],
    [29_000, 2],
    [300_000, 3],
  ] as const) {
    seen.now = now;
    expect(await may()).toBe(false);
    expect(seen).toMatchObject({ starts, failures: starts });
  }
});

it('takes tasks again once a browser has started', async () => {
  const { seen, may } = broken();
  expect(await may()).toBe(false);
  [seen.isMended, seen.now] = [true, 20_000];
  expect(await may()).toBe(true);
  expect(await may()).toBe(true);
  expect(seen).toMatchObject({ starts: 2, failures: 1 });
});

it('starts one at a time, however many ask', async () => {
  const { seen, may } = broken();
  seen.isMended = true;
  expect(await Promise.all([may(), may(), may()])).toContain(true);
  expect(seen.starts).toBe(1);
});
