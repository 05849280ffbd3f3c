import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Act, When } from '../cells/moment.ts';
import type { Strike } from './order.ts';

/** Told of every moment of the rotation in hand; is struck at the one it was made for. */
export interface Struck {
  at(act: Act, when: When): void;
  /** Struck so many milliseconds from now, if this is the moment; the act goes on meanwhile. */
  soon(act: Act, when: When, ms: number): void;
}

/** Nothing of this process runs between its mark and the blow: the mark is proof. One that is stopped goes on right here, once. */
export function createStrike(strike: Strike | null): Struck {
  let isOver = false;
  const matches = (act: Act, when: When): boolean => !isOver && strike !== null && strike.moment.act === act && strike.moment.when === when;
  const blow = (act: Act, when: When): void => {
    if (strike === null) return;
    isOver = true;
    writeFileSync(strike.markFile, JSON.stringify({ act, when, pid: process.pid }), { flag: 'wx' });
    if (strike.blow === 'stop') return void process.kill(process.pid, 'SIGSTOP');
    process.kill(process.pid, 'SIGKILL');
    for (;;);
  };
  return {
    at(act, when) {
      if (matches(act, when)) blow(act, when);
    },
    soon(act, when, ms) {
      if (matches(act, when)) void delay(ms).then(() => blow(act, when));
    },
  };
}
