import type { FastifyInstance, HTTPMethods } from 'fastify';
import { PROBLEM_TYPE, problem } from './problem.ts';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Every address of the API. */
export const ADDRESSES = [
  '/v1/openapi.json',
  '/v1/tasks',
  '/v1/tasks/:id',
  '/v1/tasks/:id/cancel',
  '/v1/tasks/:id/retry',
  '/v1/codes',
  '/v1/codes/:id',
  '/v1/endpoints',
  '/v1/portals/:code/tasks',
] as const;

/** A method that an address does not have is refused as such, with those it has (RFC 9110, 15.5.6). Call it when every route is registered. */
export function refuseOtherMethods(server: FastifyInstance): void {
  for (const url of ADDRESSES) {
    const allowed = METHODS.filter((method) => server.hasRoute({ method, url }));
    const answer = JSON.stringify(problem(405, 'method_not_allowed', `This address takes ${allowed.join(', ')}.`));
    server.route({
      method: METHODS.filter((method) => !allowed.includes(method)),
      url,
      handler: async (_request, reply) => reply.header('allow', allowed.join(', ')).code(405).type(PROBLEM_TYPE).send(answer),
    });
  }
}
