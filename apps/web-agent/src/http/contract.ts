import type { WantedCode } from '@rcm/db/codes';
import { type ListedTask, type PortalTask, TASK_STATES } from '@rcm/db/tasks';
import { TASK_DOUBTS } from '@rcm/portal-drivers';
import { ID_PATTERN } from '@rcm/telemetry';
import { z } from 'zod';

/** What is sent and answered, in one place: the server checks by it and the OpenAPI document is made from it. */

const text = (most: number) => z.string().min(1).max(most);

const id = z.string().regex(new RegExp(ID_PATTERN));

/** In a query everything is text; what else JavaScript takes for a number (`0x10`, nothing at all) is none here. */
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(least).max(most));

const LONGEST_DEADLINE_S = 30 * 86_400;

const fields = {
  task: text(100).describe('Name of a task of the portal’s recipe, for example claim_status.'),
  input: z.record(text(100), z.string().max(1_000)).default({}).describe('The inputs that the task declares, as text.'),
  callback: id.optional().describe('Which of the organization’s callbacks is told when the task ends; which there are is for the deployment to say.'),
  deadline_seconds: z.int().min(1).max(LONGEST_DEADLINE_S).default(86_400).describe('A task that has not ended by then fails with deadline_exceeded.'),
};

export const taskRequestSchema = z.union([
  z.strictObject({ endpoint: id.describe('Id of the endpoint whose login is used.'), ...fields }),
  z.strictObject({ portal_type: id.describe('Code of a portal: the organization’s least used healthy account there is used.'), ...fields }),
]);

/** What a body may have at its top. */
export const REQUEST_FIELDS: readonly string[] = ['endpoint', 'portal_type', ...Object.keys(fields), 'code'];

/** Printable ASCII, as the draft of the header asks of its strings. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/)
  .optional();

export const taskIdSchema = z.uuid();

/** For how long a read may wait for the task's end, in seconds. */
const LONGEST_WAIT_S = 30;

export const readQuerySchema = z.strictObject({
  wait: wholeNumber(0, LONGEST_WAIT_S).default(0).describe('Seconds to wait for the task’s end before answering how it stands.'),
});

const LONGEST_PAGE = 500;
const page = {
  limit: wholeNumber(1, LONGEST_PAGE).default(50),
  after: z.string().min(1).max(400).optional().describe('`next` of the page before.'),
};

export const listQuerySchema = z.strictObject({
  state: z.enum(TASK_STATES).optional(),
  endpoint: id.optional(),
  portal_type: id.optional().describe('At this portal, whether it or an endpoint there was named.'),
  ...page,
});

export const endpointQuerySchema = z.strictObject({ portal_type: id.optional(), ...page, after: id.optional() });

export const codesQuerySchema = z.strictObject({ limit: page.limit });

export const codeAnswerSchema = z.strictObject({ code: text(100).describe('As the portal sent it; blanks in it do not matter. Never kept in the clear.') });

const time = z.iso.datetime().nullable();

export const codeListSchema = z.object({
  codes: z
    .array(
      z.object({
        id: z.uuid(),
        endpoint: z.string(),
        portal_type: z.string(),
        asked_at: z.iso.datetime(),
        open_until: z.iso.datetime().describe('Until then it may be answered.'),
        answered: z.boolean().describe('Somebody has answered, and the login has not taken it yet.'),
      }),
    )
    .describe('The one that is over first at the top.'),
});

export const codeAnsweredSchema = z.object({ id: z.uuid(), endpoint: z.string(), answered: z.literal(true) });

export const taskAnswerSchema = z.object({
  id: z.uuid(),
  endpoint: z.string().nullable().describe('The account that is or was used; null before a task for a portal was lent one.'),
  portal_type: z.string().nullable().describe('Of a task that named a portal.'),
  task: z.string(),
  state: z.enum(['queued', 'running', 'succeeded', 'failed']),
  tries: z.int().describe('Tries spent so far.'),
  created_at: time,
  deadline_at: time.describe('What has not ended by then fails with deadline_exceeded.'),
  next_try_at: time.describe('Of a queued task that was put off: not before then.'),
  waits_for: z.string().nullable().describe('Of a queued task that was tried: why it was put off. A stable code.'),
  finished_at: time,
  callback: z.string().nullable().describe('Which of the organization’s callbacks is told of its end.'),
  result: z
    .looseObject({
      found: z.boolean().describe('false: the portal knows nothing of what was asked. A result, not an error.'),
      rows: z.array(z.record(z.string(), z.unknown())),
      contract: z.string().optional().describe('The contract that every row fulfils: its fields, with what the portal shows beside them as `raw`.'),
      fields: z.record(z.string(), z.unknown()).optional(),
      file: z.object({ name: z.string(), contentType: z.string(), base64: z.string() }).optional(),
      doubts: z
        .array(z.enum(TASK_DOUBTS))
        .optional()
        .describe('What on the page speaks against the rows being all: it tells of more of them, or it has a pager that the recipe does not press.'),
    })
    .nullable()
    .describe('Of a task that succeeded; null for a token without a scope to read it. May hold health data.'),
  error: z.object({ code: z.string(), detail: z.string() }).nullable().describe('Of a task that failed.'),
});

export type TaskAnswer = z.infer<typeof taskAnswerSchema>;

/** Nothing in a list may hold health data. */
export const taskListSchema = z.object({
  tasks: z.array(taskAnswerSchema.omit({ result: true })),
  next: z.string().nullable().describe('`after` of the next page; null: this is the last one.'),
});

export const endpointListSchema = z.object({
  endpoints: z.array(z.object({ id: z.string(), portal_type: z.string(), has_login: z.boolean().describe('Whether a login is stored for it.') })),
  next: z.string().nullable(),
});

const jsonSchema = z.record(z.string(), z.unknown()).describe('JSON Schema 2020-12.');

export const portalTasksSchema = z.object({
  portal_type: z.string(),
  tasks: z.array(
    z.object({
      name: z.string(),
      description: z.string().nullable(),
      contract: z.string().nullable().describe('The contract that the task fulfils: at every portal that has it, results are of the same shape.'),
      input: jsonSchema,
      result: jsonSchema,
    }),
  ),
});

/** `row.result` was written by a web-agent and is passed on as it is. */
export const taskAnswer = (row: PortalTask): TaskAnswer => ({ ...taskListEntry(row), result: row.result as TaskAnswer['result'] });

export function taskListEntry(row: ListedTask): Omit<TaskAnswer, 'result'> {
  const isPutOff = row.state === 'queued' && row.requeueReason !== null;
  return {
    id: row.id,
    endpoint: row.endpointId,
    portal_type: row.portalTypeCode,
    task: row.name,
    state: row.state,
    tries: row.tries,
    created_at: row.createdAt.toISOString(),
    deadline_at: row.deadlineAt.toISOString(),
    next_try_at: isPutOff ? row.notBefore.toISOString() : null,
    waits_for: isPutOff ? row.requeueReason : null,
    finished_at: row.finishedAt?.toISOString() ?? null,
    callback: row.callback,
    error: row.errorCode === null ? null : { code: row.errorCode, detail: row.errorMessage ?? '' },
  };
}

/** Who has answered is no program's to know. */
export const wantedCode = ({
  id,
  endpointId,
  portalTypeCode,
  askedAt,
  openUntil,
  answeredBy,
}: WantedCode): z.infer<typeof codeListSchema>['codes'][number] => ({
  id,
  endpoint: endpointId,
  portal_type: portalTypeCode,
  asked_at: askedAt.toISOString(),
  open_until: openUntil.toISOString(),
  answered: answeredBy !== null,
});
