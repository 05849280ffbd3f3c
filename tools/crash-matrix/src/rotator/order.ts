import type { CrashPoint } from '../cells/crash-point.ts';

/** What the matrix asks of a rotator process: take one login as far as it goes. */
export interface Order {
  readonly orgId: string;
  readonly endpointId: string;
  /** `demand` begins a rotation, `due` one that is still due, `recovery` only goes on with one; `mend` is one round of what the service does beside rotating. */
  readonly reason: 'demand' | 'due' | 'recovery' | 'mend';
  /** What is to happen to it; `null`: it lives on. */
  readonly fault: Fault | null;
}

export interface Fault {
  readonly point: CrashPoint;
  /** `kill` is the process's end; after `stop` it goes on when somebody continues it. */
  readonly signal: 'kill' | 'stop';
  /** Written by the process right before: the proof that it happened there. */
  readonly markFile: string;
}

/** What a process that lived on answers. */
export interface OrderEnd {
  readonly endpointId: string;
  /** The last word of the rotator, see `RotationResult`. */
  readonly result: string;
  readonly detail: string | null;
}
