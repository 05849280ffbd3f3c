import { setNextRotation } from '@rcm/db';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { ANSWER_FACTS } from '../cells/answer.ts';
import type { Cell } from '../cells/cell.ts';
import { type Moment, nameOfMoment } from '../cells/moment.ts';
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
  const { fault } = ANSWER_FACTS[cell.answer];
  if (fault !== null) await world.portals.setAccountFault(endpoint, { fault, count: 1, delayMs: TIMING.slowPortalMs });
  await setNextRotation(world.db, { endpointIds: [endpoint.id], at: 'now' });

  const findings: Finding[] = [];
  for (const [index, moment] of cell.strikes.entries()) {
    const markFile = join(matrix.folder, `${endpoint.id}.${index}`);
    const missed = await strikeSlot(() => strikeAt(matrix, { orgId: endpoint.orgId, endpointId: endpoint.id, strike: moment, markFile }, moment));
    if (missed) findings.push({ fault: 'unexpectedEnd', what: missed });
  }
  const survivor = matrix.survivor();
  const order = { orgId: endpoint.orgId, endpointId: endpoint.id, strike: null, markFile: null };
  const outcome = await survivor.order(order, TIMING.caseDeadlineMs);
  if (outcome.kind === 'exited') findings.push({ fault: 'stuck', what: `the rotator that was to recover ended by itself: ${survivor.said}` });

  const facts = await readJournalFacts(pool, { endpointId: endpoint.id, loginIdentity: endpoint.loginIdentity });
  findings.push(...judgeCase(cell, await readTruth(world, matrix.witness.forTenant(endpoint.orgId), endpoint, facts), facts));
  return { cell, findings, tookMs: performance.now() - startedAt };
}

/** Starts a rotator that is to die at the moment; `null` if it did, else what it did instead. */
async function strikeAt(matrix: MatrixWorld, order: Parameters<ReturnType<MatrixWorld['startRotator']>['order']>[0], moment: Moment): Promise<string | null> {
  const rotator = matrix.startRotator();
  const outcome = await rotator.order(order, TIMING.caseDeadlineMs);
  await rotator.end();
  if (outcome.kind === 'answered')
    return `the strike ${nameOfMoment(moment)} missed: the rotation ended as ${outcome.end.result} (${outcome.end.detail ?? ''})`;
  const mark = await readFile(order.markFile ?? '', 'utf8').then(
    (text) => JSON.parse(text) as Moment & { pid: number },
    () => null,
  );
  const struck = mark?.act === moment.act && mark.when === moment.when && mark.pid === rotator.pid && outcome.signal === 'SIGKILL';
  return struck ? null : `no proof that the strike ${nameOfMoment(moment)} fell: ${outcome.signal ?? outcome.code}, ${rotator.said}`;
}
