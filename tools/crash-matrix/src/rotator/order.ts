import type { Moment } from '../cells/moment.ts';

/** What the matrix asks of a rotator process: take one login as far as it goes. */
export interface Order {
  readonly orgId: string;
  readonly endpointId: string;
  /** `demand` begins a rotation, `recovery` only goes on with one. */
  readonly reason: 'demand' | 'recovery';
  /** Where to die; `null`: live on. */
  readonly strike: Moment | null;
  /** Written by the process right before it dies: the proof that it died there. */
  readonly markFile: string | null;
}

/** What a process that lived on answers. */
export interface OrderEnd {
  readonly endpointId: string;
  /** The last word of the rotator, see `RotationResult`. */
  readonly result: string;
  readonly detail: string | null;
}
