import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Act, When } from '../cells/crash-point.ts';
import type { Fault } from './order.ts';

/** Told of every point of the rotation in hand; makes its fault happen at the one that the fault names. */
export interface Injector {
  at(act: Act, when: When): void;
  /** So many milliseconds from now, if this is the point; the act goes on meanwhile. */
  soon(act: Act, when: When, ms: number): void;
}

/** Nothing of this process runs between its mark and the signal: the mark is proof. One that is stopped goes on right here, once. */
export function createInjector(fault: Fault | null): Injector {
  let isOver = false;
  const matches = (act: Act, when: When): boolean => !isOver && fault !== null && fault.point.act === act && fault.point.when === when;
  const inject = (act: Act, when: When): void => {
    if (fault === null) return;
    isOver = true;
    writeFileSync(fault.markFile, JSON.stringify({ act, when, pid: process.pid }), { flag: 'wx' });
    if (fault.signal === 'stop') return void process.kill(process.pid, 'SIGSTOP');
    process.kill(process.pid, 'SIGKILL');
    for (;;);
  };
  return {
    at(act, when) {
      if (matches(act, when)) inject(act, when);
    },
    soon(act, when, ms) {
      if (matches(act, when)) void delay(ms).then(() => inject(act, when));
    },
  };
}
