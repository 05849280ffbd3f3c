import { cursorOf, type Database, getPortalTypeOf, placeOf, taskPlaces } from '@rcm/db';
import { cancelPortalTask, createPortalTask, listPortalTasks, type PortalTask, readPortalTask, type TaskListPlace } from '@rcm/db/tasks';
import { RcmError } from '@rcm/telemetry';
import type { FastifyInstance } from 'fastify';
import type { Receivers } from '../callbacks/receiver.ts';
import type { Callers } from './callers.ts';
import { listQuerySchema, taskListEntry } from './contract.ts';
import type { DeclaredTasks } from './declared-tasks.ts';
import { parsed } from './parsed.ts';
import { reachOf } from './scope.ts';
import { checkCallback, idempotencyKeyOf, requesterOf, taskIdOf, taskNotFound, taskStateFor } from './task-routes.ts';
import type { Caller } from './token.ts';

export interface TaskActsOptions {
  readonly db: Database;
  readonly callers: Callers;
  readonly declared: DeclaredTasks;
  readonly receivers: Receivers;
  readonly maxQueued: number;
}

/** Fails with `request_invalid`. */
function placeAsked(cursor: string): TaskListPlace {
  const place = placeOf(taskPlaces, cursor);
  if (place === null) throw new RcmError('request_invalid', 'The query is not as /v1/openapi.json says: after takes what the page before ended with.');
  return place;
}

/** What is done with tasks that were asked for: `GET /v1/tasks`, and `POST …/cancel` and `…/retry` of one. */
export function taskActs({ db, callers, declared, receivers, maxQueued }: TaskActsOptions): (server: FastifyInstance) => Promise<void> {
  return async (server) => {
    server.get('/v1/tasks', { config: { scopes: ['tasks:read', 'tasks:read:org'] } }, async (request) => {
      const caller = callers.of(request);
      const query = parsed(listQuerySchema, request.query, 'The query');
      const own = reachOf(caller.scopes) === 'own' ? { actor: `token:${caller.subject}`, issuer: caller.issuer } : undefined;
      const { tasks, next } = await listPortalTasks(
        db,
        { orgId: caller.orgId },
        {
          filter: { states: query.state && [query.state], endpointId: query.endpoint, portalTypeCode: query.portal_type, requestedBy: own },
          after: query.after === undefined ? null : placeAsked(query.after),
          limit: query.limit,
        },
      );
      return { tasks: tasks.map(taskListEntry), next: next && cursorOf(next) };
    });

    server.post<{ Params: { id: string } }>('/v1/tasks/:id/cancel', { config: { scopes: ['tasks:write'] } }, async (request) => {
      const [caller, taskId] = [callers.of(request), taskIdOf(request)];
      const cancelled = await cancelPortalTask(db, { orgId: caller.orgId, taskId, requester: requesterOf(caller), reach: actReach(caller) });
      const answer = await taskStateFor(db, caller, taskId, actReach(caller));
      if (!answer) throw taskNotFound();
      // Cancelled twice is cancelled: an answer that was lost may be asked for again.
      if (cancelled || answer.error?.code === 'cancelled') return answer;
      throw new RcmError('state_conflict', `The task has ${answer.state} already; there is nothing to cancel.`);
    });

    server.post<{ Params: { id: string } }>('/v1/tasks/:id/retry', { config: { scopes: ['tasks:write'] } }, async (request, reply) => {
      const [caller, taskId] = [callers.of(request), taskIdOf(request)];
      const failed = await readPortalTask(db, { orgId: caller.orgId, taskId, reader: requesterOf(caller), reach: actReach(caller) });
      if (!failed) throw taskNotFound();
      if (failed.state !== 'failed') throw new RcmError('state_conflict', `The task is ${failed.state}: only one that failed is asked for again.`);
      const { orgId } = caller;
      const place = placeOfTask(failed);
      const portalType = await getPortalTypeOf(db, { orgId, ...place });
      if (!portalType) throw new RcmError('endpoint_unknown', 'The organization has no such endpoint any more, or none at this portal.');
      const wanted = { name: failed.name, input: failed.input };
      // The recipe may have changed since.
      declared.check(portalType, wanted);
      const callback = failed.callback ?? undefined;
      checkCallback(receivers, orgId, callback);
      const asked = { orgId, ...place, ...wanted, requester: requesterOf(caller), reason: `asked for again: ${taskId} failed` };
      const deadlineMs = failed.deadlineAt.getTime() - failed.createdAt.getTime();
      const made = await createPortalTask(db, { ...asked, idempotencyKey: idempotencyKeyOf(request), callback, deadlineMs, maxQueued });
      const answer = await taskStateFor(db, caller, made.taskId, 'organization');
      if (!answer) throw taskNotFound();
      return reply
        .code(made.created ? 202 : 200)
        .header('location', `/v1/tasks/${made.taskId}`)
        .send(answer);
    });
  };
}

/** The organization's tasks for who may read them all, else what the same subject asked for. */
const actReach = (caller: Caller): 'own' | 'organization' => (reachOf(caller.scopes) === 'organization' ? 'organization' : 'own');

const placeOfTask = ({ portalTypeCode, endpointId }: PortalTask) => (portalTypeCode === null ? { endpointId: endpointId ?? '' } : { portalTypeCode });
