import { describe, expect, it } from 'vitest';
import { workInTurn } from './turns.ts';

const never = new AbortController().signal;

/** Hands out as many tasks as there are, and counts who asked for what. */
function tasks(count: number) {
  const asked = { next: 0, another: 0 };
  return {
    asked,
    next: async () => {
      asked.next += 1;
      return asked.next <= count ? 'done' : null;
    },
    another: async () => void (asked.another += 1),
  };
}

describe('what a job sets off', () => {
  it('goes on until no task has its turn, whatever the number of jobs', async () => {
    const { asked, ...turns } = tasks(3);
    await workInTurn({ ...turns, stopping: never });
    expect(asked).toEqual({ next: 4, another: 0 });
  });

  it('begins nothing while the process is ending', async () => {
    const { asked, ...turns } = tasks(3);
    await workInTurn({ ...turns, stopping: AbortSignal.abort() });
    expect(asked.next).toBe(0);
  });

  it('ends in time to keep its place in the queue, and asks to be called again', async () => {
    const { asked, ...turns } = tasks(3);
    await workInTurn({ ...turns, stopping: never, forMs: 0 });
    expect(asked).toEqual({ next: 1, another: 1 });
  });
});
