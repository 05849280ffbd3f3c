import { cpus } from 'node:os';

/** What agents and rotators did, from the moment when all of them were up. */
export interface MeasuredWork {
  /** Until no task was in hand any more. */
  readonly seconds: number;
  /** Tasks that succeeded within it. */
  readonly tasks: number;
  /** From when logins were due until the last was rotated. */
  readonly rotationSeconds: number;
  readonly rotations: number;
  /** Share of all processors of the machine that was busy meanwhile, whoever was: 0 to 1. */
  readonly busy: number;
}

/** Times of all processors since the machine started, in ms. */
function processorTimes(): { readonly busy: number; readonly all: number } {
  const each = cpus().map(({ times: { idle, ...busy } }) => ({ idle, busy: Object.values(busy).reduce((sum, ms) => sum + ms, 0) }));
  const busy = each.reduce((sum, cpu) => sum + cpu.busy, 0);
  return { busy, all: busy + each.reduce((sum, cpu) => sum + cpu.idle, 0) };
}

/** Begins now; what it gives says how long it took, and how busy the machine was. */
export function measureMachine(): () => { readonly seconds: number; readonly busy: number } {
  const [beganAt, before] = [performance.now(), processorTimes()];
  return () => {
    const after = processorTimes();
    const all = after.all - before.all;
    return { seconds: (performance.now() - beganAt) / 1000, busy: all > 0 ? (after.busy - before.busy) / all : 1 };
  };
}
