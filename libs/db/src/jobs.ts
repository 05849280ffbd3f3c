import { PgBoss, fromPrisma, type PrismaTransactionLike } from 'pg-boss';
import { idSchema, isRcmError, RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import type { Transaction } from './database.ts';
import { translated } from './failure.ts';
import { QUEUE_TABLES } from './jobs-install.ts';
import { createPool } from './pool.ts';

/**
 * What a job can say: that this endpoint may be due. Whether it is, and why, the rotator finds in the rows; a job that says anything else is
 * refused whole, for whoever can write a row of the queue's could otherwise give orders.
 */
const JOB_SCHEMAS = { rotation: z.strictObject({ orgId: idSchema, endpointId: idSchema }) } as const;

/** What jobs carry: ids, and never anything of a payload, a task's input or its result. */
export type JobData = { readonly [Q in keyof typeof JOB_SCHEMAS]: Readonly<z.infer<(typeof JOB_SCHEMAS)[Q]>> };

export type QueueName = keyof JobData;

export interface SendOptions {
  /** At most one job with this key waits in the queue; sending another is harmless. Default: the endpoint's id. */
  readonly singletonKey?: string;
  readonly delayMs?: number;
  /** Higher goes first. Default 0. */
  readonly priority?: number;
}

export interface WorkOptions {
  /** Jobs at once in this process. */
  readonly concurrency: number;
  /** How often an idle worker asks, in milliseconds. Default and least 500. */
  readonly pollMs?: number;
}

/** The queues, as one process sees them. A job is a hint: losing or doubling any must be harmless to its handler. */
export interface Jobs {
  /** Returns whether a job was added; `false`: one with the same key is waiting already. In `tx`, it exists when that commits. */
  send<Q extends QueueName>(queue: Q, data: JobData[Q], options?: SendOptions, tx?: Transaction): Promise<boolean>;
  /** Starts workers; the stopper takes no new job and waits for the ones in hand. A handler that throws gets its job again, twice at most. */
  work<Q extends QueueName>(queue: Q, options: WorkOptions, handler: (data: JobData[Q], signal: AbortSignal) => Promise<void>): Promise<() => Promise<void>>;
  /** Stops all work: waits for handlers for `timeoutMs`, then gives their jobs back, then closes the connections. Safe to repeat. */
  stop(options: { readonly timeoutMs: number }): Promise<void>;
}

export interface JobsOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Connections of the queue's own pool. Default 4. */
  readonly maxConnections?: number;
  /** Told about failures that no caller waits for: a poll that could not reach Postgres, a handler that threw. Default: ignored; it is tried again. */
  readonly onError?: (error: Error) => void;
  /**
   * Told about each job that says what no job can say. It is completed, so that it does not come again, and nothing is done for it. Default: ignored.
   */
  readonly onRefused?: (refused: RefusedJob) => void;
}

export interface RefusedJob {
  readonly queue: QueueName;
  /** Where it departs from what a job can say; never what stands there. Short, whatever the job holds. */
  readonly problem: string;
}

/** What names a job where its sender gives no key. */
const DEFAULT_KEY: Readonly<Record<QueueName, (data: never) => string>> = {
  rotation: (data: JobData['rotation']) => data.endpointId,
};

/**
 * Opens the queues, as a rotator (nobody else has rights there), on a small pool of their own. Their tables (schema `pgboss`) were made by whoever migrated the database: no app has the
 * right to. Fails with `database_unavailable`, `database_failed` (not migrated).
 */
export async function openJobs(options: JobsOptions): Promise<Jobs> {
  // Its own pool, so that polling workers never wait behind operations, with the same deadlines as theirs.
  const pool = createPool({ url: options.url, applicationName: `${options.applicationName} jobs`, maxConnections: options.maxConnections ?? 4 });
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    ...QUEUE_TABLES,
    migrate: false,
    schedule: false,
    reindex: false,
    monitorVacuum: false,
  });
  boss.on('error', (error) => options.onError?.(error));
  const stop = async (timeoutMs: number): Promise<void> => {
    await boss.stop({ graceful: true, timeout: timeoutMs }).finally(() => pool.end());
  };
  try {
    await translated(() => boss.start());
  } catch (error) {
    await stop(1000).catch(() => {});
    throw error;
  }
  let stopped: Promise<void> | null = null;
  return {
    async send(queue, data, send = {}, tx) {
      const refused = problemOf(queue, data);
      if (refused !== null) throw new RcmError('input_invalid', `A job of the queue ${queue} cannot say this: ${refused}.`);
      const key = send.singletonKey ?? DEFAULT_KEY[queue](data as never);
      const id = await translated(() =>
        boss.send(queue, data, {
          singletonKey: key,
          ...(send.delayMs ? { startAfter: Math.ceil(send.delayMs / 1000) } : {}),
          ...(send.priority === undefined ? {} : { priority: send.priority }),
          ...(tx ? { db: fromPrisma(tx as unknown as PrismaTransactionLike) } : {}),
        }),
      );
      return id !== null;
    },
    async work<Q extends QueueName>(queue: Q, work: WorkOptions, handler: (data: JobData[Q], signal: AbortSignal) => Promise<void>) {
      const pollMs = work.pollMs ?? 500;
      if (pollMs < 500 || work.concurrency < 1) throw new RcmError('input_invalid', 'A worker needs concurrency 1 or more and pollMs 500 or more.');
      const settings = { batchSize: 1, localConcurrency: work.concurrency, pollingIntervalSeconds: pollMs / 1000 };
      await boss.work<JobData[Q]>(queue, settings, async ([job]) => {
        if (!job) return;
        const problem = problemOf(queue, job.data);
        if (problem !== null) return void options.onRefused?.({ queue, problem });
        try {
          await handler(job.data, job.signal);
        } catch (error) {
          throwCodeOnly(error, options.onError);
        }
      });
      return () => boss.offWork(queue, { wait: true });
    },
    stop: ({ timeoutMs }) => (stopped ??= stop(timeoutMs)),
  };
}

/** So that a job with a thousand fields of its own makes no long line. */
const MOST_NAMED = 3;

/** Why a job is none, `null` if it is one. Its strangers' names are not repeated: they are what somebody sent. */
function problemOf(queue: QueueName, data: unknown): string | null {
  const parsed = JOB_SCHEMAS[queue].safeParse(data);
  if (parsed.success) return null;
  const problems = parsed.error.issues.map(({ code, path }) =>
    code === 'unrecognized_keys' ? 'it has fields that no job has' : `${path.join('.') || 'it'} is no id`,
  );
  return [...new Set(problems)].slice(0, MOST_NAMED).join(', ');
}

/**
 * What a handler throws is written down with its job, cause and all, where every rotator may read it: the words of a page, say,
 * of whichever tenant. So only its code is.
 */
function throwCodeOnly(error: unknown, onError: JobsOptions['onError']): never {
  onError?.(error instanceof Error ? error : new Error('A handler threw what is no error.', { cause: error }));
  throw new Error(`The handler failed: ${isRcmError(error) ? error.code : 'unexpected error'}.`);
}
