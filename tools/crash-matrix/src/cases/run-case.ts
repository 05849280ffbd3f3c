import { isRetryable } from '@rcm/telemetry';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { setTimeout as delay } from 'node:timers/promises';
import { ANSWER_FACTS } from '../cells/answer.ts';
import type { Cell } from '../cells/cell.ts';
import { PORTAL_FACTS } from '../cells/portal.ts';
import type { CaseAt } from './case-at.ts';
import { SCENARIO_ACTS } from './scenarios.ts';
import { readJournalFacts } from './journal-facts.ts';
import type { MatrixEnvironment } from './matrix-environment.ts';
import type { Place } from './place.ts';
import { readStored } from './stored.ts';
import { orderOf } from './fault-at.ts';
import { TIMING } from './timing.ts';
import { journalTrail, loseCommits } from './undo-log.ts';
import { untilIn } from './until-in.ts';
import { type Failure, type Finding, judgeCase } from './verdict.ts';

export interface CaseResult {
  readonly cell: Cell;
  readonly findings: readonly Finding[];
  /** How the journal went where something is wrong. */
  readonly trail: readonly string[];
  readonly tookMs: number;
}

const MOST_TRIES = 10;
const LOOK_MS = 100;

export interface CaseDependencies extends Pick<CaseAt, 'processSlot'> {
  readonly matrix: MatrixEnvironment;
}

/** One login of its own, with its faults as the cell says, then left to those that live on. */
export async function runCase({ matrix, processSlot }: CaseDependencies, cell: Cell): Promise<CaseResult> {
  const startedAt = performance.now();
  const place = await matrix.placeOf(cell.portal);
  const endpoint = await newLogin(cell, place);
  const at: CaseAt = { cell, place, endpoint, folder: matrix.folder, processSlot };
  const findings: Finding[] = [];
  const note = (failure: Failure, what: string | null): void => void (what !== null && findings.push({ failure, what }));

  if (cell.earlierRotations > 0) note('unexpectedEnd', await rotateFirst(at));
  await answerSo(at);
  findings.push(...(await SCENARIO_ACTS[cell.scenario](at)));
  note('lost', await lostNow(at, 'after the fault'));
  if (cell.loses !== null) note('unexpectedEnd', await loseCommits(place.pool, endpoint.loginIdentity, cell.loses));
  note('stuck', await (PORTAL_FACTS[cell.portal].isLockedByPerson ? whileLocked(at, recover) : recover(at)));
  if (ANSWER_FACTS[cell.answer].isLate) note('unexpectedEnd', await untilMadeLate(at));
  note('lost', await lostNow(at, 'after the recovery'));
  if (cell.expected.end === 'any') {
    const met = await untilIn(at);
    note('stuck', met === null ? null : `no agent was let in within ${TIMING.caseDeadlineMs} ms; the last one met ${met}`);
  }
  const facts = await readJournalFacts(place.pool, { endpointId: endpoint.id, loginIdentity: endpoint.loginIdentity });
  const history = await place.testEnvironment.portals.history(endpoint);
  findings.push(...judgeCase(cell, { history, stored: await readStored(at) }, facts));
  const trail = findings.length > 0 ? await journalTrail(place.pool, endpoint.loginIdentity) : [];
  return { cell, findings, trail, tookMs: performance.now() - startedAt };
}

/** Another one where a busy machine did not answer in time: whatever is left of that one is nobody's. */
async function newLogin({ portal, store }: Cell, { testEnvironment }: Place): Promise<EnvironmentEndpoint> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await testEnvironment.addEndpoint(PORTAL_FACTS[portal].code, store);
    } catch (error) {
      if (tries === MOST_TRIES || !isRetryable(error)) throw error;
    }
  }
}

/** A rotation without a fault. `null`, or what went wrong. */
async function rotateFirst({ place, endpoint }: CaseAt): Promise<string | null> {
  const [survivor] = place.survivors();
  const outcome = await survivor.order(orderOf(endpoint, 'demand'), TIMING.caseDeadlineMs);
  const result = outcome.kind === 'answered' ? outcome.end.result : outcome.kind;
  return result === 'done' ? null : `the rotation before the fault ended as ${result}`;
}

/** The portal answers the first change so; where it is late, every one until the rotation is at its end. */
async function answerSo({ cell, place, endpoint }: CaseAt): Promise<void> {
  const { fault, isLate, isSlow } = ANSWER_FACTS[cell.answer];
  if (fault === null) return;
  const delayMs = isLate ? TIMING.latePortalMs : isSlow ? TIMING.slowPortalMs : 0;
  await place.testEnvironment.portals.setAccountFault(endpoint, { fault, delayMs, ...(isLate ? {} : { count: 1 }) });
}

/** Somebody types wrong passwords until the portal's own threshold, and begins anew when the lock ends, until a login that was not theirs has met it. */
async function whileLocked<T>(at: CaseAt, act: (at: CaseAt) => Promise<T>): Promise<T> {
  const { portals } = at.place.testEnvironment;
  const isOver = new AbortController();
  const from = (await portals.history(at.endpoint)).tries.length;
  const lock = async (): Promise<void> => {
    while (!isOver.signal.aborted) {
      const { locked, tries } = await portals.history(at.endpoint);
      if (tries.slice(from).some(({ atLocked, by }) => atLocked && by === 'visitor')) return;
      if (!locked) await portals.mistype(at.endpoint);
      else await delay(LOOK_MS);
    }
  };
  const person = lock();
  try {
    return await act(at);
  } finally {
    isOver.abort();
    await person;
  }
}

async function lostNow(at: CaseAt, when: string): Promise<string | null> {
  return (await readStored(at)).holdsAccepted ? null : `the portal accepts nothing that the store holds, ${when}`;
}

/** A rotator that lives on recovers what there is, and begins anew where nothing had been written. `null`, or what went wrong. */
async function recover({ cell, place, endpoint }: CaseAt): Promise<string | null> {
  const [survivor] = place.survivors();
  const ask = (reason: 'recovery' | 'demand') => survivor.order(orderOf(endpoint, reason), TIMING.caseDeadlineMs);
  const { passwordsChanged } = await place.testEnvironment.portals.account(endpoint.portal, endpoint.username);
  const first = await ask('recovery');
  const isUntouched = first.kind === 'answered' && first.end.result === 'not_started' && passwordsChanged === cell.earlierRotations;
  const outcome = isUntouched ? await ask('demand') : first;
  if (outcome.kind === 'exited') return `the rotator that was to recover ended by itself: ${survivor.said}`;
  return outcome.kind === 'late' ? 'the recovery did not end in its time' : null;
}

/** The rotation is at its end: from now on the portal is as it should be, and makes what it has promised to make. */
async function untilMadeLate({ cell, place, endpoint }: CaseAt): Promise<string | null> {
  const { portals } = place.testEnvironment;
  await portals.setAccountFault(endpoint, { fault: 'none' });
  const giveUpAt = (await portals.now()).getTime() + 2 * TIMING.latePortalMs;
  while ((await portals.history(endpoint)).passwordsChanged <= cell.earlierRotations) {
    if ((await portals.now()).getTime() > giveUpAt) return 'the portal never made the change that it was to make late';
    await delay(TIMING.visitPauseMs);
  }
  return null;
}
