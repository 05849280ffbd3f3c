import { setNextRotation } from '@rcm/db/rotation';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../cells/scenario.ts';
import type { CaseAt } from './case-at.ts';
import { orderOf, stopAt, killAt } from './fault-at.ts';
import { TIMING } from './timing.ts';
import type { Finding } from './verdict.ts';

/** What happens around the faults of a cell, up to where there are none any more; what went wrong by then. */
export const SCENARIO_ACTS: Readonly<Record<Scenario, (at: CaseAt) => Promise<Finding[]>>> = {
  killed: oneAfterTheOther,
  beside: withOthersBeside,
  stopped: (at) => stoppedWhileAnotherFinishes(at, { rotationsMore: 0 }),
  outrun: (at) => stoppedWhileAnotherFinishes(at, { rotationsMore: 1 }),
};

async function oneAfterTheOther(at: CaseAt): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [index, point] of at.cell.crashPoints.entries()) {
    const missed = await at.processSlot(() => killAt(at, { point, index, reason: index === 0 ? 'demand' : 'recovery' }));
    if (missed) findings.push({ failure: 'unexpectedEnd', what: missed });
  }
  return findings;
}

/** What an agent's task may meet: it comes back later. Anything else fails it. */
const PUT_OFF: ReadonlySet<string> = new Set(['in', 'lease_unavailable', 'login_not_allowed']);

async function withOthersBeside(at: CaseAt): Promise<Finding[]> {
  const { cell, place, endpoint } = at;
  const [point] = cell.crashPoints;
  if (!point) return [];
  await setNextRotation(place.testEnvironment.db, { endpointIds: [endpoint.id], at: 'now' });
  const isOver = new AbortController();
  const killed = at.processSlot(() => killAt(at, { point, index: 0, reason: 'due' })).finally(() => isOver.abort());
  await inSomebodysHands(at, isOver.signal);
  const visits = place.agent.lookIn(endpoint, isOver.signal);
  const others = place.survivors().map((survivor) => survivor.order(orderOf(endpoint, 'due'), TIMING.caseDeadlineMs));
  const missed = await killed;
  const outcomes = await Promise.all(others);
  const failed = (await visits).filter((visit) => !PUT_OFF.has(visit));
  return [
    ...(missed === null ? [] : [{ failure: 'unexpectedEnd', what: missed } as const]),
    ...outcomes
      .filter(({ kind }) => kind !== 'answered')
      .map(({ kind }) => ({ failure: 'stuck', what: `a rotator beside did not come to an end: ${kind}` }) as const),
    ...failed.map((code) => ({ failure: 'unexpectedEnd', what: `a task of the agent beside failed with ${code}` }) as const),
  ];
}

const POLL_MS = 25;

/** Until the first rotator holds the login, so that the others come second. */
async function inSomebodysHands({ place, endpoint }: CaseAt, isOver: AbortSignal): Promise<void> {
  while (!isOver.aborted) {
    const { rowCount } = await place.pool.query(`SELECT FROM login_lease WHERE login_identity = $1 AND expires_at > clock_timestamp()`, [
      endpoint.loginIdentity,
    ]);
    if ((rowCount ?? 0) > 0) return;
    await delay(POLL_MS);
  }
}

/** The lease is not taken from the one that is stopped: the other one waits until it has run out. */
async function stoppedWhileAnotherFinishes(at: CaseAt, { rotationsMore }: { readonly rotationsMore: number }): Promise<Finding[]> {
  const { cell, place, endpoint } = at;
  const [point] = cell.crashPoints;
  if (!point) return [];
  await setNextRotation(place.testEnvironment.db, { endpointIds: [endpoint.id], at: 'now' });
  const stopped = await at.processSlot(() => stopAt(at, { point, index: 0, reason: 'due' }));
  if (typeof stopped === 'string') return [{ failure: 'unexpectedEnd', what: stopped }];
  const [survivor] = place.survivors();
  const findings: Finding[] = [];
  for (const reason of ['due', ...Array.from({ length: rotationsMore }, () => 'demand' as const)] as const) {
    const outcome = await survivor.order(orderOf(endpoint, reason), TIMING.caseDeadlineMs);
    const result = outcome.kind === 'answered' ? outcome.end.result : outcome.kind;
    if (result !== 'done') findings.push({ failure: 'unexpectedEnd', what: `the rotation beside the stopped rotator ended as ${result}` });
  }
  const astray = await stopped.goOn();
  if (astray !== null) findings.push({ failure: 'unexpectedEnd', what: astray });
  return findings;
}
