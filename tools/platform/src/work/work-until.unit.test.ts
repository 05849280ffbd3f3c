import { expect, it } from 'vitest';
import type { EndpointState } from './endpoint-state.ts';
import { workUntil, type WorkOptions } from './work-until.ts';

const LOGINS = ['a', 'b', 'c'];

/** Logins of which as many are rotated at each look as `rotatedAt` says; nothing may stand still for any time at all. */
function work(rotatedAt: (look: number) => number): WorkOptions {
  let look = 0;
  const state = (id: string, index: number, rotated: number): EndpointState => ({
    ...{ id, orgId: 'org', blocked: false, busy: false, done: 0, usedAfterRotation: false },
    rotated: index < rotated,
  });
  const states = {
    read: async () => {
      const rotated = rotatedAt(look++);
      return LOGINS.map((id, index) => state(id, index, rotated));
    },
  };
  return {
    states: states as WorkOptions['states'],
    stream: { refill: async () => {} } as unknown as WorkOptions['stream'],
    progress: { count: () => {} } as unknown as WorkOptions['progress'],
    signal: new AbortController().signal,
    stillMs: 0,
  };
}

it('waits for as long as one login after the other gets there, however long that takes', async () => {
  const states = await workUntil(
    work((look) => look),
    'passwords rotated',
    ({ rotated }) => rotated,
  );
  expect(states.every(({ rotated }) => rotated)).toBe(true);
});

it('gives up where none gets there any more, and says which are missing', async () => {
  await expect(
    workUntil(
      work((look) => Math.min(look, 1)),
      'passwords rotated',
      ({ rotated }) => rotated,
    ),
  ).rejects.toThrow('passwords rotated: 1 of 3, and none more for 0 s; missing: b, c.');
});
