import { type AskedActToDo, endAct, endLeftActs, takeActs, type WideActKind } from '@rcm/db/acts';
import { pauseRotations, resumeRotations } from '@rcm/db/rotation';
import { retryLogin, unlockLogin } from '../commands/clear-login.ts';
import { lookAtPortal } from '../commands/look.ts';
import { resumedLines } from '../commands/pause.ts';
import { resolveLogin } from '../commands/resolve.ts';
import { rollBackLogin } from '../commands/rollback.ts';
import { left, verifyLogin } from '../commands/verify-login.ts';
import type { Rotator } from '../rotator.ts';
import { rotateOnDemand } from './asked.ts';
import { mustBeWanted } from './must-be-wanted.ts';
import { done, type Ended, failed, lookedAt, retried, rotated, sentence } from './ended.ts';

/** A person watches the page. What nobody has taken after so long is no longer what they expect. */
const WAIT_MS = 15 * 60_000;
/** Longer than any act takes that still has a process. */
const WORK_MS = 60 * 60_000;

/** Does what people have asked for from the console, one after the other, by the functions of the commands that do the same; returns when none waits, or none is to be begun. */
export async function doAskedActs(rotator: Rotator, signal: AbortSignal, intake: AbortSignal): Promise<void> {
  const { db, owner } = rotator;
  await endLeftActs(db, { waitMs: WAIT_MS, workMs: WORK_MS });
  while (!intake.aborted) {
    const [act] = await takeActs(db, { takenBy: owner, limit: 1 });
    if (!act) return;
    await endAct(db, { id: act.id, orgId: act.orgId, ...(await outcomeOf(rotator, act, signal)) });
  }
}

async function outcomeOf(rotator: Rotator, act: AskedActToDo, signal: AbortSignal): Promise<Ended> {
  try {
    return await perform(rotator, act, signal);
  } catch (error) {
    return failed(rotator, error, { endpointId: act.endpointId, act: act.kind });
  }
}

async function perform(rotator: Rotator, act: AskedActToDo, signal: AbortSignal): Promise<Ended> {
  const services = { rotator, db: rotator.db };
  const { actor, reason, askedAt: saidAt } = act;
  const wanted = () => mustBeWanted(rotator.db, act);
  await wanted();
  if (act.orgId === null) return performWide(rotator, act);
  const person = { endpointId: act.endpointId, actor, reason };
  // What is about the login as it stood is asked again once it is seen how it stands.
  const asItStood = { ...person, mustBeWanted: wanted };
  switch (act.kind) {
    case 'verify':
      return done(`The portal accepts the stored password; ${left(await verifyLogin(services, person, signal))}.`);
    case 'unlocked':
      await unlockLogin(services, { ...asItStood, saidAt }, signal);
      return done('Noted: failures from before it was asked for count no more.');
    case 'retry':
      return retried(await retryLogin(services, { ...person, saidAt }, signal));
    case 'look':
      return lookedAt(await lookAtPortal(services, person, signal));
    case 'rotate':
      return rotated(await rotateOnDemand(services, { ...person, kind: 'demand' }, signal));
    case 'rollback':
      return rotated(await rollBackLogin(services, asItStood, signal));
    case 'resolve': {
      const outcome = await resolveLogin(services, { ...asItStood, accept: act.choice }, signal);
      return outcome === 'resolved' ? done('Resolved: the portal accepts the current password; agents may log in again.') : rotated(outcome);
    }
  }
}

interface Wide {
  readonly kind: WideActKind;
  readonly portalTypeCode: string | null;
  readonly actor: string;
  readonly reason: string;
  readonly askedAt: Date;
}

async function performWide({ db }: Rotator, { kind, portalTypeCode, actor, reason, askedAt }: Wide): Promise<Ended> {
  const scope = portalTypeCode === null ? ({ kind: 'all' } as const) : ({ kind: 'portal_type', portalTypeCode } as const);
  if (kind === 'pause') {
    const paused = await pauseRotations(db, { scope, actor, reason });
    return done(paused ? 'Paused: no rotation starts there; those under way end.' : 'It was paused already; the first reason stands.');
  }
  const resumed = await resumeRotations(db, { scope, actor, reason, askedAt });
  // The answer is of no tenant, and names no login of one.
  const told = { ...resumed, stillPaused: resumed.stillPaused.filter(({ kind: of }) => of !== 'endpoint') };
  return done(resumedLines(scope, told).map(sentence).join(' '));
}
