import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Tracing } from '@rcm/portal-access/tracing';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A request that asked for a task, or was about one, in that task's trace: its route and its status, and nothing that was said in it. */
export function noteRequest(tracing: Tracing | undefined, request: FastifyRequest, reply: FastifyReply): void {
  const { url: route = 'none' } = request.routeOptions;
  const taskId = taskOf(request, reply);
  if (!tracing || taskId === null || !route.startsWith('/v1/tasks')) return;
  const attributes = { 'http.request.method': request.method, 'http.route': route, 'http.response.status_code': reply.statusCode };
  tracing.ended(taskId, { name: `${request.method} ${route}`, attributes, ms: reply.elapsedTime });
}

/** Of one that was made by the request, or that its address names and that the caller may see. */
function taskOf(request: FastifyRequest, reply: FastifyReply): string | null {
  if (reply.statusCode >= 300) return null;
  const made = /^\/v1\/tasks\/([^/]+)$/.exec(String(reply.getHeader('location') ?? ''))?.[1];
  const { id } = (request.params ?? {}) as { readonly id?: string };
  const named = made ?? id;
  return named !== undefined && UUID.test(named) ? named : null;
}
