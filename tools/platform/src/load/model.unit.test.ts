import { describe, expect, it } from 'vitest';
import { throughputOf, timesAsMuch } from './model.ts';

describe('what a machine gives', () => {
  it('is counted by the minute, tasks over the whole and rotations while they were due', () => {
    const work = { seconds: 120, tasks: 60, rotationSeconds: 30, rotations: 5, busy: 0.5 };
    expect(throughputOf(work)).toEqual({ tasksPerMinute: 30, rotationsPerMinute: 10, processorSecondsPerMinute: (60 * 0.76 + 5 * 1.5) / 2 });
    expect(throughputOf({ ...work, rotationSeconds: 0, rotations: 0 })).toMatchObject({ tasksPerMinute: 30, rotationsPerMinute: 0 });
  });

  it('grows with the processes until the machine is wholly busy', () => {
    expect(timesAsMuch(3, 0.2)).toBe(3);
    expect(timesAsMuch(3, 0.5)).toBe(2);
    expect(timesAsMuch(3, 1)).toBe(1);
    expect(timesAsMuch(3, 0)).toBe(3);
  });
});
