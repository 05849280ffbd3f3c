import type { Database, Transaction } from '../database.ts';
import { checkUuid } from '../input.ts';
import { type Anchor, anchorsAt, anchorsOf, type LogLine } from './anchors.ts';
import { eventsOf, requestOfRotation, requestOfTask, usesOf } from './parts.ts';
import type { TracedRequest, TracedUse, TracedEvent } from './traced.ts';

/** A line of a portal's own log, or the id of anything on the way: a task, a request for a rotation, an attempt to rotate or to log in, a lease. */
export type TraceQuestion = LogLine | { readonly id: string };

/** A chain: what was asked for, and every use of a login that was made for it. */
export interface Trace {
  readonly orgId: string;
  readonly endpointId: string;
  readonly portalTypeCode: string;
  readonly baseUrl: string;
  readonly secretArn: string | null;
  /** The account at the portal, by its keyed hash. */
  readonly loginIdentity: string | null;
  /** `null`: a check of a login that belongs to no task and no rotation. */
  readonly request: TracedRequest | null;
  readonly uses: readonly TracedUse[];
  readonly events: readonly TracedEvent[];
}

/**
 * Every chain that the question can mean, the one nearest to a log line first; none where nothing fits. Reads the audit trail of every
 * tenant, so it is for the tables' owner, and no app's role can ask it.
 */
export async function traceLogins(db: Database, question: TraceQuestion): Promise<readonly Trace[]> {
  if ('id' in question) checkUuid('id', question.id);
  return db.transaction('every tenant', async (tx) => {
    const anchors = 'id' in question ? await anchorsOf(tx, question.id) : await anchorsAt(tx, question);
    const traces: Trace[] = [];
    for (const anchor of anchors) traces.push(await traceOf(tx, anchor));
    return traces;
  });
}

async function traceOf(tx: Transaction, anchor: Anchor): Promise<Trace> {
  const place = await tx.integrationEndpoint.findFirst({
    where: { id: anchor.endpointId, orgId: anchor.orgId },
    select: { portalTypeCode: true, baseUrl: true, secretArn: true, loginIdentity: true },
  });
  const request = await requestOf(tx, anchor);
  return {
    orgId: anchor.orgId,
    endpointId: anchor.endpointId,
    portalTypeCode: place?.portalTypeCode ?? '',
    baseUrl: place?.baseUrl ?? '',
    secretArn: place?.secretArn ?? null,
    loginIdentity: place?.loginIdentity ?? null,
    request,
    uses: await usesOf(tx, anchor),
    events: await eventsOf(tx, anchor, request?.id ?? null),
  };
}

async function requestOf(tx: Transaction, anchor: Anchor): Promise<TracedRequest | null> {
  if (anchor.kind === 'task') return requestOfTask(tx, anchor);
  return anchor.kind === 'rotation' ? requestOfRotation(tx, anchor) : null;
}
