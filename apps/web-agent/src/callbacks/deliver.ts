import type { Database } from '@rcm/db';
import { callbackWaits, type ClaimedCallback, claimNextCallback, endCallbackTry } from '@rcm/db/tasks';
import type { Clock, Logger, Metrics } from '@rcm/telemetry';
import { workInTurn } from '../tasks/turns.ts';
import { messageId, messageOf } from './message.ts';
import { post } from './post.ts';
import type { PostFailure } from './post-failure.ts';
import type { Receivers } from './receiver.ts';
import { signedHeaders } from './signature.ts';

export interface DeliveryOptions {
  readonly db: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly receivers: Receivers;
  /** Begins the deadline of one delivery. Default: 10 s. */
  readonly deadline?: () => AbortSignal;
  /** No new delivery begins once it has aborted; those in hand end within their deadline. */
  readonly signal: AbortSignal;
}

const DEADLINE_MS = 10_000;
/** Outlives a delivery, however late its end is written down. */
const CLAIM_MS = 60_000;
/** A receiver that is silent keeps two of them for a deadline, and then cools down. */
const HANDS = 8;
const POLL_MS = { least: 500, most: 2_000 } as const;
/** 5 s, 10 s, … 1 h: 24 tries take 14 hours. Both ends lie within the day for which every ended task is kept at least, so that giving up is always said. */
const RETRY = { leastMs: 5_000, mostMs: 3_600_000, tries: 24, forMs: 72_000_000 } as const;

/**
 * Tells receivers of the tasks that have ended, each at least once over all web-agents and restarts: a claim keeps two from sending the same one, and runs out if its
 * holder dies. Where the organization's tasks may name no callback here, nothing is claimed.
 */
export async function deliverCallbacks(options: DeliveryOptions): Promise<void> {
  const { db, logger, clock, receivers, signal } = options;
  if (receivers.isEmpty) return;
  await workInTurn({
    hands: HANDS,
    waits: () => callbackWaits(db),
    next: () => deliverNext(options),
    onError: (error) => logger.warn({ err: error }, 'a callback could not be looked for or ended; it is looked for again'),
    clock,
    pollMs: POLL_MS.least,
    idleMs: POLL_MS.most,
    stopping: signal,
  });
}

/** Delivers the callback whose turn it is; `null`: there is none. Rejects where the database cannot be reached: then the claim runs out and it is sent again. */
export async function deliverNext(options: DeliveryOptions): Promise<'delivered' | 'retry' | 'given_up' | null> {
  const { db, logger, metrics } = options;
  const callback = await claimNextCallback(db, { ttlMs: CLAIM_MS });
  if (!callback) return null;
  const { taskId, orgId, name, tries } = callback;
  const failure = await send(callback, options);
  const retryMs = failure && retryAfter(callback, failure);
  const words = failure && (failure.status === undefined ? failure.reason : `${failure.reason} ${failure.status}`);
  await endCallbackTry(db, { taskId, orgId, tries, ...(words === null ? { taken: true } : { failure: words, retryMs }) });
  const result = failure === null ? 'delivered' : retryMs === null ? 'given_up' : 'retry';
  metrics.counter('rcm_task_callbacks_total').inc({ result });
  const about = { taskId, orgId, callback: name, tries };
  if (failure === null) logger.info(about, 'a callback was delivered');
  else {
    if (retryMs === null) metrics.counter('rcm_task_callbacks_given_up_total').inc();
    metrics.counter('rcm_task_callback_failures_total').inc({ reason: failure.reason });
    if (retryMs === null) logger.error({ ...about, failure: words }, 'a callback could not be delivered and is given up');
    else logger.warn({ ...about, failure: words, retryMs }, 'a callback could not be delivered yet');
  }
  return result;
}

type Failure = Omit<PostFailure, 'reason'> & { readonly reason: PostFailure['reason'] | 'not_configured' };

/** `null`: it was taken. */
async function send(callback: ClaimedCallback, { receivers, clock, deadline = atMost }: DeliveryOptions): Promise<Failure | null> {
  const receiver = receivers.of(callback.orgId, callback.name);
  // It was when the task was asked for; another web-agent may have it, or this one again.
  if (!receiver) return { reason: 'not_configured' };
  const body = messageOf(callback);
  const headers = signedHeaders({ id: messageId(callback), body, at: clock.now(), keys: receiver.keys });
  return post({ receiver, headers, body, deadline: deadline() });
}

const atMost = (): AbortSignal => AbortSignal.timeout(DEADLINE_MS);

/** `null`: it has had its tries or its time, or the receiver wants nothing more. */
export function retryAfter({ tries, ageMs }: Pick<ClaimedCallback, 'tries' | 'ageMs'>, { reason }: Failure): number | null {
  if (reason === 'gone' || tries >= RETRY.tries || ageMs >= RETRY.forMs) return null;
  return Math.min(RETRY.leastMs * 2 ** (tries - 1), RETRY.mostMs);
}
