import type { WorldEndpoint } from '@rcm/test-world';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Moment, nameOfMoment } from '../cells/moment.ts';
import type { Order, Strike } from '../rotator/order.ts';
import type { Outcome, RotatorProcess } from '../rotator/process.ts';
import type { CaseAt } from './case-at.ts';
import { TIMING } from './timing.ts';

export interface StrikeOrder {
  readonly moment: Moment;
  readonly reason: Order['reason'];
  /** The how many-th strike of the case. */
  readonly index: number;
}

const POLL_MS = 50;

const strikeOf = ({ folder, endpoint }: CaseAt, { moment, index }: StrikeOrder, blow: Strike['blow']): Strike => ({
  moment,
  blow,
  markFile: join(folder, `${endpoint.id}.${index}.${moment.act}.${endpoint.portal}.${process.pid}`.replaceAll(':', '-')),
});

/** Starts a rotator that is to die at the moment; `null` if it did, else what it did instead. */
export async function strikeAt(at: CaseAt, order: StrikeOrder): Promise<string | null> {
  const rotator = at.place.startRotator();
  const strike = strikeOf(at, order, 'kill');
  const outcome = await rotator.order(orderOf(at.endpoint, order.reason, strike), TIMING.caseDeadlineMs);
  if (outcome.kind === 'late') rotator.kill();
  await rotator.end();
  if (outcome.kind !== 'exited') return missed(order.moment, outcome);
  const isStruck = (await hasMark(strike, rotator)) && outcome.signal === 'SIGKILL';
  return isStruck ? null : `no proof that the strike ${nameOfMoment(order.moment)} fell: ${outcome.signal ?? outcome.code}, ${rotator.said}`;
}

/** A rotator that is stopped at the moment. */
export interface Stopped {
  /** Continues it, and waits for what comes of its order. `null`, or what went wrong. */
  goOn(): Promise<string | null>;
}

/** Starts a rotator that is to be stopped at the moment; what it did instead, where it was not. */
export async function stopAt(at: CaseAt, order: StrikeOrder): Promise<Stopped | string> {
  const rotator = at.place.startRotator();
  const strike = strikeOf(at, order, 'stop');
  let answer: Outcome | null = null;
  const outcome = rotator.order(orderOf(at.endpoint, order.reason, strike), 2 * TIMING.caseDeadlineMs).then((ended) => (answer = ended));
  while (answer === null && !(await rotator.isStopped())) await delay(POLL_MS);
  if (answer !== null || !(await hasMark(strike, rotator))) {
    rotator.kill();
    await rotator.end();
    return answer === null ? `no proof that the rotator was stopped ${nameOfMoment(order.moment)}: ${rotator.said}` : missed(order.moment, answer);
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

export const orderOf = ({ orgId, id: endpointId }: WorldEndpoint, reason: Order['reason'], strike: Strike | null = null): Order => ({
  orgId,
  endpointId,
  reason,
  strike,
});

function missed(moment: Moment, outcome: Outcome): string {
  if (outcome.kind === 'answered')
    return `the strike ${nameOfMoment(moment)} missed: the rotation ended as ${outcome.end.result} (${outcome.end.detail ?? ''})`;
  return `the strike ${nameOfMoment(moment)} did not fall in its time`;
}

/** Written by this very process, at this very moment. */
async function hasMark({ markFile, moment }: Strike, { pid }: RotatorProcess): Promise<boolean> {
  const mark = await readFile(markFile, 'utf8').then(
    (text) => JSON.parse(text) as Moment & { pid: number },
    () => null,
  );
  return mark?.act === moment.act && mark.when === moment.when && mark.pid === pid;
}
