import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type CrashPoint, nameOfPoint } from '../cells/crash-point.ts';
import type { Order, Fault } from '../rotator/order.ts';
import type { Outcome, RotatorProcess } from '../rotator/process.ts';
import type { CaseAt } from './case-at.ts';
import { TIMING } from './timing.ts';

export interface FaultOrder {
  readonly point: CrashPoint;
  readonly reason: Order['reason'];
  /** The how many-th fault of the case. */
  readonly index: number;
}

const POLL_MS = 50;

const faultOf = ({ folder, endpoint }: CaseAt, { point, index }: FaultOrder, signal: Fault['signal']): Fault => ({
  point,
  signal,
  markFile: join(folder, `${endpoint.id}.${index}.${point.act}.${endpoint.portal}.${process.pid}`.replaceAll(':', '-')),
});

/** Starts a rotator that is to die at the point; `null` if it did, else what it did instead. */
export async function killAt(at: CaseAt, order: FaultOrder): Promise<string | null> {
  const rotator = at.place.startRotator();
  const fault = faultOf(at, order, 'kill');
  const outcome = await rotator.order(orderOf(at.endpoint, order.reason, fault), TIMING.caseDeadlineMs);
  if (outcome.kind === 'late') rotator.kill();
  await rotator.end();
  if (outcome.kind !== 'exited') return missed(order.point, outcome);
  const isKilled = (await hasMark(fault, rotator)) && outcome.signal === 'SIGKILL';
  return isKilled ? null : `no proof that the rotator was killed ${nameOfPoint(order.point)}: ${outcome.signal ?? outcome.code}, ${rotator.said}`;
}

/** A rotator that is stopped at the point. */
export interface Stopped {
  /** Continues it, and waits for what comes of its order. `null`, or what went wrong. */
  goOn(): Promise<string | null>;
}

/** Starts a rotator that is to be stopped at the point; what it did instead, where it was not. */
export async function stopAt(at: CaseAt, order: FaultOrder): Promise<Stopped | string> {
  const rotator = at.place.startRotator();
  const fault = faultOf(at, order, 'stop');
  let answer: Outcome | null = null;
  const outcome = rotator.order(orderOf(at.endpoint, order.reason, fault), 2 * TIMING.caseDeadlineMs).then((ended) => (answer = ended));
  while (answer === null && !(await rotator.isStopped())) await delay(POLL_MS);
  if (answer !== null || !(await hasMark(fault, rotator))) {
    rotator.kill();
    await rotator.end();
    return answer === null ? `no proof that the rotator was stopped ${nameOfPoint(order.point)}: ${rotator.said}` : missed(order.point, answer);
  }
  return {
    async goOn() {
      rotator.continue();
      const ended = await outcome;
      if (ended.kind === 'late') rotator.kill();
      await rotator.end();
      return ended.kind === 'answered' ? null : `the rotator that had been stopped came to no end of its own: ${ended.kind}, ${rotator.said}`;
    },
  };
}

export const orderOf = ({ orgId, id: endpointId }: EnvironmentEndpoint, reason: Order['reason'], fault: Fault | null = null): Order => ({
  orgId,
  endpointId,
  reason,
  fault,
});

function missed(point: CrashPoint, outcome: Outcome): string {
  if (outcome.kind === 'answered')
    return `the rotator was not killed or stopped ${nameOfPoint(point)}: the rotation ended as ${outcome.end.result} (${outcome.end.detail ?? ''})`;
  return `the rotator did not come to ${nameOfPoint(point)} in its time`;
}

/** Written by this very process, at this very point. */
async function hasMark({ markFile, point }: Fault, { pid }: RotatorProcess): Promise<boolean> {
  const mark = await readFile(markFile, 'utf8').then(
    (text) => JSON.parse(text) as CrashPoint & { pid: number },
    () => null,
  );
  return mark?.act === point.act && mark.when === point.when && mark.pid === pid;
}
