import { expect, test } from 'vitest';
import { createActTime } from './act-time.ts';

/** How often a page is looked at that shows nothing for 425 ms. */
async function looksAt(awaitsDocument: boolean): Promise<number> {
  let looks = 0;
  const watch = { moved: () => new Promise<void>(() => undefined), awaitsDocument: () => awaitsDocument, frameTrouble: () => null };
  const time = createActTime({ deadlineMs: 60_000, signal: new AbortController().signal, watch });
  const look = () => {
    looks += 1;
    return Promise.resolve(null);
  };
  await expect(time.until('The answer', 425, look)).rejects.toMatchObject({ code: 'deadline_exceeded' });
  return looks;
}

test('a page that waits for its server is asked seldom', async () => {
  // On a busy machine it is asked less often still.
  expect(await looksAt(true)).toBeLessThanOrEqual(5);
  expect(await looksAt(false)).toBeGreaterThan(1);
});
