import { z } from 'zod';
import {
  codeAnsweredSchema,
  codeAnswerSchema,
  codeListSchema,
  codesQuerySchema,
  endpointListSchema,
  endpointQuerySchema,
  listQuerySchema,
  portalTasksSchema,
  readQuerySchema,
  taskAnswerSchema,
  taskListSchema,
  taskRequestSchema,
} from './contract.ts';
import { problemSchema } from './problem.ts';

/** Of the interface, not of the software: grows by a minor step when something is added. */
const VERSION = '1.5.0';

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

const id = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };
const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
  description: 'The same key and body name the same task, however often they are sent.',
};

/** The parameters that a query's schema has, all of which may be left out. */
function queryOf(schema: z.ZodObject): object[] {
  const { properties = {} } = schemaOf(schema, 'output') as { properties?: Record<string, { description?: string }> };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({ name, in: 'query', required: false, schema: rest, description }));
}

const taskPaths = () => ({
  '/v1/tasks': {
    post: {
      operationId: 'createTask',
      summary: 'Ask for a task',
      description: 'Needs the scope tasks:write.',
      parameters: [idempotencyKey],
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
    get: {
      operationId: 'listTasks',
      summary: 'List tasks, the newest first',
      description: 'Needs the scope tasks:read:org, or tasks:read for those that the same subject asked for. Without inputs and results.',
      parameters: queryOf(listQuerySchema),
      responses: { 200: { description: 'One page.', ...json('TaskList') }, 400: refused('The query is not what this document says.'), ...always },
    },
  },
});

const pathsOfOneTask = () => ({
  '/v1/tasks/{id}': {
    get: {
      operationId: 'readTask',
      summary: 'Read a task and its result',
      description: 'Needs the scope tasks:read:org, or tasks:read for a task that the same subject asked for.',
      parameters: [id, ...queryOf(readQuerySchema)],
      responses: {
        200: task('The task.'),
        400: refused('The query is not what this document says.'),
        404: refused('The organization has no such task, or it is no longer kept.'),
        ...always,
      },
    },
  },
  '/v1/tasks/{id}/cancel': {
    post: {
      operationId: 'cancelTask',
      summary: 'End a task that is not wanted any more',
      description: 'Needs the scope tasks:write: of what the same subject asked for, with tasks:read:org of any. What is in hand at the portal is let go.',
      parameters: [id],
      responses: {
        200: task('The task, which failed as cancelled.'),
        404: refused('There is no such task to cancel.'),
        409: refused('The task has ended otherwise.'),
        ...always,
      },
    },
  },
  '/v1/tasks/{id}/retry': {
    post: {
      operationId: 'retryTask',
      summary: 'Ask again for what a failed task asked for',
      description:
        'Makes a new task with the same inputs and as long a deadline. Needs the scope tasks:write: of what the same subject asked for, with tasks:read:org of any.',
      parameters: [id, idempotencyKey],
      responses: {
        200: task('The task that this idempotency key has asked for before.'),
        202: task('The new task is queued.'),
        404: refused('There is no such task, or its endpoint is gone.'),
        409: refused('The task did not fail, or the key belongs to another body.'),
        422: refused('The portal’s recipe has no such task any more, or declares other inputs.'),
        ...always,
      },
    },
  },
});

const codePaths = () => ({
  '/v1/codes': {
    get: {
      operationId: 'listCodes',
      summary: 'Codes that logins of the organization wait for',
      description: 'Needs the scope codes:answer.',
      parameters: queryOf(codesQuerySchema),
      responses: { 200: { description: 'What waits now.', ...json('CodeList') }, 400: refused('The query is not what this document says.'), ...always },
    },
  },
  '/v1/codes/{id}': {
    post: {
      operationId: 'answerCode',
      summary: 'Give a login the code it waits for',
      description: 'Needs the scope codes:answer. The login types it within a few seconds; whether the portal took it is for its task to say.',
      parameters: [id],
      requestBody: { required: true, ...json('CodeAnswer') },
      responses: {
        200: { description: 'The login has it.', ...json('CodeAnswered') },
        400: refused('The body is not what this document says.'),
        409: refused('No login of the organization waits for it, or no longer.'),
        413: refused('The body is too large.'),
        415: refused('The body is not JSON.'),
        ...always,
      },
    },
  },
});

const portalPaths = () => ({
  '/v1/endpoints': {
    get: {
      operationId: 'listEndpoints',
      summary: 'The organization’s endpoints, by id',
      description: 'Any scope.',
      parameters: queryOf(endpointQuerySchema),
      responses: { 200: { description: 'One page.', ...json('EndpointList') }, 400: refused('The query is not what this document says.'), ...always },
    },
  },
  '/v1/portals/{code}/tasks': {
    get: {
      operationId: 'listPortalTasks',
      summary: 'What can be asked of a portal',
      description: 'Any scope. For portals where the organization has an endpoint.',
      parameters: [{ name: 'code', in: 'path', required: true, schema: { type: 'string' } }],
      responses: { 200: { description: 'Its tasks.', ...json('PortalTasks') }, 404: refused('The organization has no endpoint there.'), ...always },
    },
  },
});

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
    ...taskPaths(),
    ...pathsOfOneTask(),
    ...codePaths(),
    ...portalPaths(),
  },
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    schemas: {
      TaskRequest: schemaOf(taskRequestSchema, 'input'),
      Task: schemaOf(taskAnswerSchema, 'output'),
      TaskList: schemaOf(taskListSchema, 'output'),
      CodeList: schemaOf(codeListSchema, 'output'),
      CodeAnswer: schemaOf(codeAnswerSchema, 'input'),
      CodeAnswered: schemaOf(codeAnsweredSchema, 'output'),
      EndpointList: schemaOf(endpointListSchema, 'output'),
      PortalTasks: schemaOf(portalTasksSchema, 'output'),
      Problem: schemaOf(problemSchema, 'output'),
    },
  },
});
