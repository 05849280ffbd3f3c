import { z } from 'zod';
import { taskAnswerSchema, taskRequestSchema } from './contract.ts';
import { problemSchema } from './problem.ts';

/** Of the interface, not of the software: grows by a minor step when something is added. */
const VERSION = '1.1.0';

const json = (name: string, type = 'application/json') => ({ content: { [type]: { schema: { $ref: `#/components/schemas/${name}` } } } });
const refused = (description: string) => ({ description, ...json('Problem', 'application/problem+json') });
const task = (description: string) => ({ description, ...json('Task') });

const always = {
  401: refused('No valid token, or one that has expired.'),
  403: refused('The token does not hold the scope.'),
  429: refused('Too many requests of this organization; see Retry-After.'),
  503: refused('A part that is needed does not answer; ask again.'),
};

/** A schema as OpenAPI 3.1 takes it: JSON Schema 2020-12 without the outer `$schema`. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...plain } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  return plain;
}

/** The API as an OpenAPI 3.1 document, made from the schemas that requests are checked by. */
export const openApiDocument = (): object => ({
  openapi: '3.1.0',
  info: {
    title: 'Portal tasks',
    version: VERSION,
    description: 'Asks for work at payer portals and reads what came of it. The organization is the one the token names.',
  },
  security: [{ bearer: [] }],
  paths: {
    '/v1/tasks': {
      post: {
        operationId: 'createTask',
        summary: 'Ask for a task',
        description: 'Needs the scope tasks:write.',
        parameters: [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
            description: 'The same key and body name the same task, however often they are sent.',
          },
        ],
        requestBody: { required: true, ...json('TaskRequest') },
        responses: {
          200: task('The task that this idempotency key has asked for before.'),
          202: task('The task is queued.'),
          400: refused('The body is not what this document says.'),
          404: refused('The organization has no such endpoint.'),
          409: refused('The idempotency key belongs to another body.'),
          413: refused('The body is too large.'),
          415: refused('The body is not JSON.'),
          422: refused('The portal’s recipe has no such task, or declares other inputs.'),
          ...always,
        },
      },
    },
    '/v1/tasks/{id}': {
      get: {
        operationId: 'readTask',
        summary: 'Read a task and its result',
        description: 'Needs the scope tasks:read:org, or tasks:read for a task that the same subject asked for.',
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
        responses: { 200: task('The task.'), 404: refused('The organization has no such task, or it is no longer kept.'), ...always },
      },
    },
  },
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    schemas: { TaskRequest: schemaOf(taskRequestSchema, 'input'), Task: schemaOf(taskAnswerSchema, 'output'), Problem: schemaOf(problemSchema, 'output') },
  },
});
