import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Act, Moment, When } from '../cells/moment.ts';

/** Told of every moment of the rotation in hand; dies at the one it was made for. */
export interface Strike {
  at(act: Act, when: When): void;
  /** Dies so many milliseconds from now, if this is the moment; the act goes on meanwhile. */
  soon(act: Act, when: When, ms: number): void;
}

/** Nothing of this process runs after its mark was written: the mark is proof, and the kill is the last thing it does. */
export function createStrike(moment: Moment | null, markFile: string | null): Strike {
  const matches = (act: Act, when: When): boolean => moment !== null && moment.act === act && moment.when === when;
  const die = (act: Act, when: When): void => {
    if (markFile !== null) writeFileSync(markFile, JSON.stringify({ act, when, pid: process.pid }), { flag: 'wx' });
    process.kill(process.pid, 'SIGKILL');
    for (;;);
  };
  return {
    at(act, when) {
      if (matches(act, when)) die(act, when);
    },
    soon(act, when, ms) {
      if (matches(act, when)) void delay(ms).then(() => die(act, when));
    },
  };
}
