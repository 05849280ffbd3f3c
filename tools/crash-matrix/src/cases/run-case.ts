import type { WorldEndpoint } from '@rcm/test-world';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { ANSWER_FACTS } from '../cells/answer.ts';
import type { Cell } from '../cells/cell.ts';
import { type Moment, nameOfMoment } from '../cells/moment.ts';
import type { Order } from '../rotator/order.ts';
import { readJournalFacts } from './journal-facts.ts';
import type { MatrixWorld } from './matrix-world.ts';
import { TIMING } from './timing.ts';
import { type Finding, judgeCase, readTruth } from './verdict.ts';

export interface CaseResult {
  readonly cell: Cell;
  readonly findings: readonly Finding[];
  readonly tookMs: number;
}

export interface CaseParts {
  readonly matrix: MatrixWorld;
  readonly pool: pg.Pool;
  /** Bounds how many processes start and work at the same moment. */
  readonly strikeSlot: <T>(act: () => Promise<T>) => Promise<T>;
}

/** One login of its own, struck as the cell says, then left to a rotator that lives on. */
export async function runCase({ matrix, pool, strikeSlot }: CaseParts, cell: Cell): Promise<CaseResult> {
  const startedAt = performance.now();
  const { world } = matrix;
  const endpoint = await world.addEndpoint('alpine', cell.store);
  const findings: Finding[] = [];
  if (cell.earlierRotations > 0) {
    const undone = await rotateFirst(matrix, endpoint);
    if (undone) findings.push({ fault: 'unexpectedEnd', what: undone });
  }
  const { fault } = ANSWER_FACTS[cell.answer];
  if (fault !== null) await world.portals.setAccountFault(endpoint, { fault, count: 1, delayMs: TIMING.slowPortalMs });

  for (const [index, moment] of cell.strikes.entries()) {
    const markFile = join(matrix.folder, `${endpoint.id}.${index}`);
    const reason = index === 0 ? 'demand' : 'recovery';
    const missed = await strikeSlot(() => strikeAt(matrix, { orgId: endpoint.orgId, endpointId: endpoint.id, reason, strike: moment, markFile }, moment));
    if (missed) findings.push({ fault: 'unexpectedEnd', what: missed });
  }
  const recovered = await recover(matrix, endpoint, cell.earlierRotations);
  if (recovered) findings.push({ fault: 'stuck', what: recovered });
  const facts = await readJournalFacts(pool, { endpointId: endpoint.id, loginIdentity: endpoint.loginIdentity });
  findings.push(...judgeCase(cell, await readTruth(world, matrix.witness.forTenant(endpoint.orgId), endpoint, facts), facts));
  return { cell, findings, tookMs: performance.now() - startedAt };
}

/** A rotation that nobody strikes. `null`, or what went wrong. */
async function rotateFirst(matrix: MatrixWorld, { orgId, id: endpointId }: WorldEndpoint): Promise<string | null> {
  const outcome = await matrix.survivor().order({ orgId, endpointId, reason: 'demand', strike: null, markFile: null }, TIMING.caseDeadlineMs);
  const result = outcome.kind === 'answered' ? outcome.end.result : outcome.kind;
  return result === 'done' ? null : `the rotation before the strike ended as ${result}`;
}

/** A rotator that lives on recovers what there is, and begins anew where nothing had been written. `null`, or what went wrong. */
async function recover(matrix: MatrixWorld, { orgId, id: endpointId, username }: WorldEndpoint, changedBefore: number): Promise<string | null> {
  const survivor = matrix.survivor();
  const ask = (reason: Order['reason']) => survivor.order({ orgId, endpointId, reason, strike: null, markFile: null }, TIMING.caseDeadlineMs);
  const { passwordsChanged } = await matrix.world.portals.account('alpine', username);
  const first = await ask('recovery');
  const outcome = first.kind === 'answered' && first.end.result === 'not_started' && passwordsChanged === changedBefore ? await ask('demand') : first;
  if (outcome.kind === 'exited') return `the rotator that was to recover ended by itself: ${survivor.said}`;
  return outcome.kind === 'late' ? 'the recovery did not end in its time' : null;
}

/** Starts a rotator that is to die at the moment; `null` if it did, else what it did instead. */
async function strikeAt(matrix: MatrixWorld, order: Order, moment: Moment): Promise<string | null> {
  const rotator = matrix.startRotator();
  const outcome = await rotator.order(order, TIMING.caseDeadlineMs);
  if (outcome.kind === 'late') rotator.kill();
  await rotator.end();
  if (outcome.kind === 'late') return `the strike ${nameOfMoment(moment)} did not fall in its time`;
  if (outcome.kind === 'answered')
    return `the strike ${nameOfMoment(moment)} missed: the rotation ended as ${outcome.end.result} (${outcome.end.detail ?? ''})`;
  const mark = await readFile(order.markFile ?? '', 'utf8').then(
    (text) => JSON.parse(text) as Moment & { pid: number },
    () => null,
  );
  const struck = mark?.act === moment.act && mark.when === moment.when && mark.pid === rotator.pid && outcome.signal === 'SIGKILL';
  return struck ? null : `no proof that the strike ${nameOfMoment(moment)} fell: ${outcome.signal ?? outcome.code}, ${rotator.said}`;
}
