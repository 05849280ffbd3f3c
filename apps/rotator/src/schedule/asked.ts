import {
  answerRequest,
  type LeftRequest,
  listLeftRequests,
  type LookedAt,
  type NewRotationRequest,
  noteLookedAt,
  type RequestKind,
  requestRotation,
} from '@rcm/db/rotation';
import { migratedEndpoint } from '@rcm/portal-access';
import type { ErrorCode } from '@rcm/telemetry';
import { knownEndpoint } from '../commands/clear-login.ts';
import type { Rotator } from '../rotator.ts';
import type { RotatorProcess } from '../services.ts';
import { measuredRotation } from './measured-rotation.ts';
import type { RotationOutcome, RotationResult } from './rotation-outcome.ts';

/** A request as a person's command has written it down. */
export interface Asked {
  readonly requestId: string;
  readonly orgId: string;
  readonly endpointId: string;
  readonly kind: RequestKind;
}

/**
 * Rotates what a person asks for and writes down that they have an answer, so that nobody takes the request up after them. What was put off is no answer: the
 * request stands, and a rotator takes it up; but for a rollback, which was approved for the login as it stood then. Never rejects.
 */
export async function rotateAsked(rotator: Rotator, { kind, ...asked }: Asked, signal: AbortSignal): Promise<RotationOutcome> {
  const { orgId, endpointId, requestId } = asked;
  const outcome = await measuredRotation(rotator.metrics)(rotator, { orgId, endpointId, reason: kind, requestId, signal });
  if (isLater(outcome) && kind !== 'rollback') return { ...outcome, detail: [outcome.detail ?? [], STANDS].flat().join(' ') };
  await answerRequest(rotator.db, { requestId, orgId, answer: outcome.result }).catch((error: unknown) =>
    rotator.logger.warn({ err: error, endpointId }, 'the answer to a request could not be written down; a rotator may take the request up once more'),
  );
  return outcome;
}

/** Writes down that a person wants this login rotated now, and rotates it. Fails with `endpoint_unknown`, `state_conflict` where the login is not in the store; then nothing was changed. */
export async function rotateOnDemand(
  { rotator, db }: Pick<RotatorProcess, 'rotator' | 'db'>,
  { endpointId, kind, actor, reason }: Pick<Asked, 'endpointId'> & Pick<NewRotationRequest, 'actor' | 'reason'> & { readonly kind: 'demand' | 'compromise' },
  signal: AbortSignal,
): Promise<RotationOutcome> {
  const { orgId } = await knownEndpoint(db, endpointId);
  await migratedEndpoint(db, { orgId, endpointId });
  const { requestId } = await requestRotation(db, { orgId, endpointId, kind, actor, reason });
  return rotateAsked(rotator, { orgId, endpointId, kind, requestId }, signal);
}

/** Longer than a command waits for its login before it plans. */
const LEFT_AFTER_MS = 300_000;
const DAY_MS = 86_400_000;
/** What tells whoever asked nothing yet, as the login was busy or something was away: it is tried again. */
const isLater = ({ result, code }: RotationOutcome): boolean => result === 'put_off' || (result === 'failed' && AWAY.has(code));
/** Before anything was begun: a password that others know must not stay because a store was asked too much for a minute. */
const AWAY: ReadonlySet<RotationOutcome['code']> = new Set<ErrorCode>(['store_unavailable', 'store_throttled', 'audit_unavailable']);
const STANDS = 'It stays asked for: a rotator that runs takes it up some minutes after it was asked, and tries for a day.';
const BEGUN: ReadonlySet<RotationResult> = new Set(['done', 'abandoned', 'waiting', 'blocked', 'open']);

export interface LeftRound {
  readonly limit: number;
  /** Pause between two looks at one request, in ms: each may keep agents from its login while it waits for it. */
  readonly pauseMs: number;
  readonly signal: AbortSignal;
  /** Aborted: nothing more is begun, and what has begun goes on. Default: `signal`. */
  readonly intake?: AbortSignal;
}

/**
 * One round over requests of which nothing was begun, as their command ended before or the login was busy: begun as the command would have, or ended with an audit
 * event and a notification that say why not. What could not begin for a day is too old to be what anybody still wants; a password that is known to others stays known, so
 * that is tried once more before it ends.
 */
export async function takeUpLeftRequests(rotator: Rotator, { limit, pauseMs, signal, intake = signal }: LeftRound): Promise<void> {
  for (const left of await listLeftRequests(rotator.db, { olderThanMs: LEFT_AFTER_MS, pauseMs, limit })) {
    if (intake.aborted) return;
    const looked = await noteLookedAt(rotator.db, { ...left, pauseMs });
    if (looked) await takeUp(rotator, { ...left, ...looked }, signal);
  }
}

async function takeUp(rotator: Rotator, left: LeftRequest & LookedAt, signal: AbortSignal): Promise<void> {
  const { requestId, orgId, endpointId, kind } = left;
  const end = (answer: string, why: string, where: 'audit' | 'people' = 'people') =>
    answerRequest(rotator.db, {
      ...{ requestId, orgId, answer },
      tell: { actor: rotator.owner, endpointId, reason: `the command that asked had ended before it began${why}`, where },
    });
  // Who was put off and asked again has what they wanted, and no second rotation of it.
  if (left.rotatedSince) return void (await end('rotated_since', ', and the login was rotated since', 'audit'));
  const isOld = left.ageMs > DAY_MS;
  const expire = async (why: string): Promise<void> => {
    if (await end('expired', `, and no rotator could begin it for a day${why}`))
      rotator.logger.warn({ endpointId, requestId }, 'a request for a rotation could not begin and is too old; ask again');
  };
  if (isOld && kind !== 'compromise') return expire('');
  const outcome = await measuredRotation(rotator.metrics)(rotator, { orgId, endpointId, reason: kind, requestId, signal });
  const why = outcome.detail ?? outcome.code ?? 'no reason given';
  if (isLater(outcome)) return isOld && !signal.aborted ? expire(`: ${why}`) : undefined;
  if (BEGUN.has(outcome.result)) return void (await answerRequest(rotator.db, { requestId, orgId, answer: outcome.result }));
  await end(outcome.result, `; a rotator could not begin it: ${why}`);
}
