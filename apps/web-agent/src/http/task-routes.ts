import { type Database, getPortalTypeOf } from '@rcm/db';
import { createPortalTask, readPortalTask, type Requester } from '@rcm/db/tasks';
import { RcmError } from '@rcm/telemetry';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Receivers } from '../callbacks/receiver.ts';
import type { Callers } from './callers.ts';
import { idempotencyKeySchema, readQuerySchema, type TaskAnswer, taskAnswer, taskIdSchema, taskRequestSchema } from './contract.ts';
import type { DeclaredTasks } from './declared-tasks.ts';
import { parsed } from './parsed.ts';
import type { Patience } from './patience.ts';
import { type Reach, reachOf } from './scope.ts';
import type { Caller } from './token.ts';

export interface TaskRoutesOptions {
  readonly db: Database;
  readonly callers: Callers;
  readonly declared: DeclaredTasks;
  readonly patience: Patience;
  readonly receivers: Receivers;
  /** Tasks of one organization that may wait at once. */
  readonly maxQueued: number;
}

/** `POST /v1/tasks` and `GET /v1/tasks/{id}`. Everything they do is done for the token's organization: no path, body or header names one. */
export function taskRoutes({ db, callers, declared, patience, receivers, maxQueued }: TaskRoutesOptions): (server: FastifyInstance) => Promise<void> {
  return async (server) => {
    server.post('/v1/tasks', { config: { scopes: ['tasks:write'] } }, async (request, reply) => {
      const caller = callers.of(request);
      const { orgId } = caller;
      const body = parsed(taskRequestSchema, request.body, 'The body');
      const idempotencyKey = idempotencyKeyOf(request);
      const place = 'endpoint' in body ? { endpointId: body.endpoint } : { portalTypeCode: body.portal_type };
      const portalType = await getPortalTypeOf(db, { orgId, ...place });
      if (!portalType) throw new RcmError('endpoint_unknown', 'The organization has no such endpoint, or none at this portal.');
      const wanted = { name: body.task, input: body.input };
      declared.check(portalType, wanted);
      checkCallback(receivers, orgId, body.callback);
      const { taskId, created } = await createPortalTask(db, {
        orgId,
        ...place,
        ...wanted,
        requester: requesterOf(caller),
        idempotencyKey,
        callback: body.callback,
        deadlineMs: body.deadline_seconds * 1_000,
        maxQueued,
      });
      // What came of a task that was asked for before is for whoever may read it: who only asks is told how it stands.
      const answer = (await answerFor(db, caller, taskId)) ?? (await taskStateFor(db, caller, taskId, 'organization'));
      if (!answer) throw taskNotFound();
      return reply
        .code(created ? 202 : 200)
        .header('location', `/v1/tasks/${taskId}`)
        .send(answer);
    });

    server.get<{ Params: { id: string } }>('/v1/tasks/:id', { config: { scopes: ['tasks:read', 'tasks:read:org'] } }, async (request) => {
      const [caller, id] = [callers.of(request), taskIdOf(request)];
      const { wait } = parsed(readQuerySchema, request.query, 'The query');
      // Only how it stands is looked at: what may hold health data is read, and told of, once and at the end.
      const hasEnded = async () => (await taskStateFor(db, caller, id, reachOf(caller.scopes)))?.finished_at !== null;
      if (wait > 0) await patience.until(hasEnded, { forMs: wait * 1_000, signal: request.signal });
      const answer = await answerFor(db, caller, id);
      if (!answer) throw taskNotFound();
      return answer;
    });
  };
}

/** The task with its result as far as the caller's scopes reach; `null`: none of it. */
async function answerFor(db: Database, caller: Caller, taskId: string): Promise<TaskAnswer | null> {
  const reach = reachOf(caller.scopes);
  const task = reach === 'none' ? null : await readPortalTask(db, { orgId: caller.orgId, taskId, reader: requesterOf(caller), reach });
  return task && taskAnswer(task);
}

/** How a task stands, without what may hold health data. */
export async function taskStateFor(db: Database, caller: Caller, taskId: string, reach: Reach): Promise<TaskAnswer | null> {
  const task = reach === 'none' ? null : await readPortalTask(db, { orgId: caller.orgId, taskId, reader: requesterOf(caller), reach, part: 'state' });
  return task && taskAnswer(task);
}

/** What an organization may name is said by the deployment; another's is as one that nobody has. */
export function checkCallback(receivers: Receivers, orgId: string, name: string | undefined): void {
  if (name !== undefined && receivers.of(orgId, name) === null)
    throw new RcmError('callback_unknown', `The organization has no callback ${name}. Nothing was asked for.`);
}

export const taskNotFound = (): RcmError => new RcmError('task_not_found', 'The organization has no such task, or it is no longer kept.');

export const requesterOf = ({ subject, issuer }: Caller): Extract<Requester, { kind: 'token' }> => ({ kind: 'token', subject, issuer });

export const idempotencyKeyOf = (request: FastifyRequest): string | undefined =>
  parsed(idempotencyKeySchema, request.headers['idempotency-key'], 'The header Idempotency-Key');

/** What is no id of a task is not there, as another organization's is not, nor another subject's for who may read their own. */
export function taskIdOf(request: { readonly params: { readonly id: string } }): string {
  const id = taskIdSchema.safeParse(request.params.id);
  if (!id.success) throw taskNotFound();
  return id.data;
}
