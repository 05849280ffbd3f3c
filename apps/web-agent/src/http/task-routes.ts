import { createPortalTask, type Database, getPortalTypeOf, readPortalTask, type Requester } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { idempotencyKeySchema, taskAnswer, taskIdSchema, taskRequestSchema } from './contract.ts';
import { DeclaredTasks } from './declared-tasks.ts';
import type { TenantRate } from './rate.ts';
import { checkScope, reachOf, type Scope } from './scope.ts';
import { refused } from './token-refusal.ts';
import type { Caller, TokenCheck } from './token.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A token needs one of them. */
    readonly scopes?: readonly Scope[];
  }
}

export interface TaskRoutesOptions {
  readonly db: Database;
  readonly check: TokenCheck;
  readonly rate: TenantRate;
  /** Tasks of one organization that may wait at once. */
  readonly maxQueued: number;
}

/**
 * The routes under `/v1/tasks`. Everything they do is done for the token's organization: no path, body or header names one.
 * Token and scope are checked before the body is read.
 */
export function taskRoutes({ db, check, rate, maxQueued }: TaskRoutesOptions): (server: FastifyInstance) => Promise<void> {
  const declared = new DeclaredTasks();
  const callers = new WeakMap<FastifyRequest, Caller>();

  async function letIn(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const caller = await check(request.headers.authorization);
    callers.set(request, caller);
    const waitSeconds = rate.take(caller.orgId);
    if (waitSeconds === 0) return checkScope(caller.scopes, request.routeOptions.config.scopes ?? []);
    reply.header('retry-after', waitSeconds);
    throw new RcmError('rate_exceeded', `Too many requests of this organization; ask again in ${waitSeconds} s.`);
  }

  function callerOf(request: FastifyRequest): Caller {
    const caller = callers.get(request);
    if (!caller) throw refused('missing');
    return caller;
  }

  return async (server) => {
    server.addHook('onRequest', letIn);

    server.post('/v1/tasks', { config: { scopes: ['tasks:write'] } }, async (request, reply) => {
      const caller = callerOf(request);
      const { orgId } = caller;
      const body = parsed(taskRequestSchema, request.body, 'The body');
      const idempotencyKey = parsed(idempotencyKeySchema, request.headers['idempotency-key'], 'The header Idempotency-Key');
      const place = 'endpoint' in body ? { endpointId: body.endpoint } : { portalTypeCode: body.portal_type };
      const portalType = await getPortalTypeOf(db, { orgId, ...place });
      if (!portalType) throw new RcmError('endpoint_unknown', 'The organization has no such endpoint, or none at this portal.');
      const wanted = { name: body.task, input: body.input };
      declared.check(portalType, wanted);
      const { taskId, created } = await createPortalTask(db, {
        orgId,
        ...place,
        ...wanted,
        requester: requesterOf(caller),
        idempotencyKey,
        deadlineMs: body.deadline_seconds * 1_000,
        maxQueued,
      });
      // What came of a task that was asked for before is for whoever may read it: who only asks is told how it stands.
      const answer = (await answerFor(caller, taskId)) ?? (await answerFor(caller, taskId, 'state'));
      if (!answer) throw notFound();
      return reply
        .code(created ? 202 : 200)
        .header('location', `/v1/tasks/${taskId}`)
        .send(answer);
    });

    server.get<{ Params: { id: string } }>('/v1/tasks/:id', { config: { scopes: ['tasks:read', 'tasks:read:org'] } }, async (request) => {
      // What is no id of a task is not there, as another organization's is not, nor another subject's for who may read their own.
      const id = taskIdSchema.safeParse(request.params.id);
      const answer = id.success ? await answerFor(callerOf(request), id.data) : null;
      if (!answer) throw notFound();
      return answer;
    });
  };

  /** The task as far as the caller's scopes reach; `null`: none of it. */
  async function answerFor(caller: Caller, taskId: string, part: 'whole' | 'state' = 'whole') {
    const reach = part === 'state' ? 'organization' : reachOf(caller.scopes);
    const task = reach === 'none' ? null : await readPortalTask(db, { orgId: caller.orgId, taskId, reader: requesterOf(caller), reach, part });
    return task && taskAnswer(task);
  }
}

const notFound = (): RcmError => new RcmError('task_not_found', 'The organization has no such task, or it is no longer kept.');

const requesterOf = ({ subject, issuer }: Caller): Requester => ({ kind: 'token', subject, issuer });

/** Fails with `request_invalid`, which names the places that are wrong and never what stands there. */
function parsed<S extends z.ZodType>(schema: S, value: unknown, what: string): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const known = (path: readonly PropertyKey[]): string => (path[0] === 'input' && path.length > 1 ? 'input' : path.join('.'));
  const places = [...new Set(result.error.issues.map((issue) => (issue.path.length > 0 ? known(issue.path) : 'its fields')))];
  throw new RcmError('request_invalid', `${what} is not as /v1/openapi.json says: ${places.join(', ')}.`);
}
