import { UNIT_COSTS } from '@rcm/cost';
import type { MeasuredWork } from '../work/measured-work.ts';

/** What one machine gives a minute. */
export interface Throughput {
  readonly tasksPerMinute: number;
  readonly rotationsPerMinute: number;
  /** Both together over the whole run, at what one of each costs (`npm run capacity`): agents and rotators take from the same processors, so one kind gives less where the other has more processes. */
  readonly processorSecondsPerMinute: number;
}

export const throughputOf = (work: MeasuredWork): Throughput => ({
  tasksPerMinute: perMinute(work.tasks, work.seconds),
  rotationsPerMinute: perMinute(work.rotations, work.rotationSeconds),
  processorSecondsPerMinute: perMinute(work.tasks * TASK_SECONDS + work.rotations * UNIT_COSTS.rotation.processorSeconds, work.seconds),
});

/** Half of the tasks find the session of the one before. */
const TASK_SECONDS = (UNIT_COSTS.task.processorSeconds + UNIT_COSTS.sessionTask.processorSeconds) / 2;

/**
 * How many times as much `times` as many processes do on the same machine as one did that kept `busy` of its processors at work: each does what the first did while
 * there is processor left for it, and no more than a machine that is wholly busy. A login waits for its portal most of the time, so the first holds as long as slots
 * are what is short; the second where browsers are. What is shared, a database and stores, is taken not to be short.
 */
export const timesAsMuch = (times: number, busy: number): number => Math.min(times, 1 / Math.max(busy, 0.01));

const perMinute = (count: number, seconds: number): number => (seconds > 0 ? (count / seconds) * 60 : 0);
