import type { MeasuredWork } from '../work/measured-work.ts';

/** What one machine gives, in tasks and rotations a minute. */
export interface Throughput {
  readonly tasksPerMinute: number;
  readonly rotationsPerMinute: number;
}

export const throughputOf = ({ tasks, seconds, rotations, rotationSeconds }: MeasuredWork): Throughput => ({
  tasksPerMinute: perMinute(tasks, seconds),
  rotationsPerMinute: perMinute(rotations, rotationSeconds),
});

/**
 * How many times as much `times` as many processes do on the same machine as one did that kept `busy` of its processors at work: each does what the first did while
 * there is processor left for it, and no more than a machine that is wholly busy. A login waits for its portal most of the time, so the first holds as long as slots
 * are what is short; the second where browsers are. What is shared, a database and stores, is taken not to be short.
 */
export const timesAsMuch = (times: number, busy: number): number => Math.min(times, 1 / Math.max(busy, 0.01));

const perMinute = (count: number, seconds: number): number => (seconds > 0 ? (count / seconds) * 60 : 0);
