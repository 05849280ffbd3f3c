import { z } from 'zod';

/** A piece of portal work to ask for. */
export type TaskRequest = TaskPlace & {
  /** Name of a task of the portal's recipe. */
  readonly task: string;
  /** What the task declares, as text: dates as YYYY-MM-DD. */
  readonly input?: Readonly<Record<string, string>>;
  /** Which of the organization's callbacks is told when the task ends. Default: none. */
  readonly callback?: string | undefined;
  /** A task that has not ended by then fails with `deadline_exceeded`. Default: a day. */
  readonly deadlineSeconds?: number;
};

/** The endpoint whose login is used, or a portal: the organization's least used healthy account there is used. */
export type TaskPlace = { readonly endpoint: string } | { readonly portalType: string };

/** Fields that a later version of the API adds are left alone. */
export const taskSchema = z.object({
  id: z.uuid(),
  endpoint: z.string().nullable(),
  portal_type: z.string().nullable(),
  task: z.string(),
  state: z.enum(['queued', 'running', 'succeeded', 'failed']),
  tries: z.int(),
  created_at: z.iso.datetime().nullable(),
  /** Of a queued task that was put off: why (a code), and when it is tried again. Absent before version 1.2 of the API. */
  waits_for: z.string().nullish(),
  next_try_at: z.iso.datetime().nullish(),
  finished_at: z.iso.datetime().nullable(),
  /** Absent before version 1.3 of the API. */
  callback: z.string().nullish(),
  result: z
    .looseObject({
      /** `false`: the portal knows nothing of what was asked. */
      found: z.boolean(),
      rows: z.array(z.record(z.string(), z.unknown())),
      /** The contract that every row fulfils, where the task has one. Absent before version 1.3 of the API. */
      contract: z.string().optional(),
      fields: z.record(z.string(), z.unknown()).optional(),
      file: z.object({ name: z.string(), contentType: z.string(), base64: z.string() }).optional(),
      /** What on the page speaks against the rows being all. Absent before version 1.5 of the API. */
      doubts: z.array(z.string()).optional(),
    })
    .nullable(),
  error: z.object({ code: z.string(), detail: z.string() }).nullable(),
});

export type Task = z.infer<typeof taskSchema>;
/** What a portal answered. May hold health data. */
export type TaskResult = NonNullable<Task['result']>;

/** RFC 9457 as the API writes it. */
export const problemSchema = z.object({ code: z.string(), detail: z.string() });
