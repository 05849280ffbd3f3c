import type { PortalTask } from '@rcm/db';
import { ID_PATTERN } from '@rcm/telemetry';
import { z } from 'zod';

/** What is sent and answered, in one place: the server checks by it and the OpenAPI document is made from it. */

const text = (most: number) => z.string().min(1).max(most);

const id = z.string().regex(new RegExp(ID_PATTERN));

const LONGEST_DEADLINE_S = 30 * 86_400;

const fields = {
  task: text(100).describe('Name of a task of the portal’s recipe, for example claim_status.'),
  input: z.record(text(100), z.string().max(1_000)).default({}).describe('The inputs that the task declares, as text.'),
  deadline_seconds: z.int().min(1).max(LONGEST_DEADLINE_S).default(86_400).describe('A task that has not ended by then fails with deadline_exceeded.'),
};

export const taskRequestSchema = z.union([
  z.strictObject({ endpoint: id.describe('Id of the endpoint whose login is used.'), ...fields }),
  z.strictObject({ portal_type: id.describe('Code of a portal: the organization’s least used healthy account there is used.'), ...fields }),
]);

export type TaskRequest = z.infer<typeof taskRequestSchema>;

/** Printable ASCII, as the draft of the header asks of its strings. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/)
  .optional();

export const taskIdSchema = z.uuid();

const time = z.iso.datetime().nullable();

export const taskAnswerSchema = z.object({
  id: z.uuid(),
  endpoint: z.string().nullable().describe('The account that is or was used; null before a task for a portal was lent one.'),
  portal_type: z.string().nullable().describe('Of a task that named a portal.'),
  task: z.string(),
  state: z.enum(['queued', 'running', 'succeeded', 'failed']),
  tries: z.int().describe('Tries spent so far.'),
  created_at: time,
  finished_at: time,
  result: z
    .looseObject({
      found: z.boolean().describe('false: the portal knows nothing of what was asked. A result, not an error.'),
      rows: z.array(z.record(z.string(), z.unknown())),
      fields: z.record(z.string(), z.unknown()).optional(),
      file: z.object({ name: z.string(), contentType: z.string(), base64: z.string() }).optional(),
    })
    .nullable()
    .describe('Of a task that succeeded; null for a token without a scope to read it. May hold health data.'),
  error: z.object({ code: z.string(), detail: z.string() }).nullable().describe('Of a task that failed.'),
});

export type TaskAnswer = z.infer<typeof taskAnswerSchema>;

/** `row.result` was written by a web-agent and is passed on as it is. */
export function taskAnswer(row: PortalTask): TaskAnswer {
  return {
    id: row.id,
    endpoint: row.endpointId,
    portal_type: row.portalTypeCode,
    task: row.name,
    state: row.state,
    tries: row.tries,
    created_at: row.createdAt.toISOString(),
    finished_at: row.finishedAt?.toISOString() ?? null,
    result: row.result as TaskAnswer['result'],
    error: row.errorCode === null ? null : { code: row.errorCode, detail: row.errorMessage ?? '' },
  };
}
