import { PgBoss, fromPrisma, type PrismaTransactionLike } from 'pg-boss';
import { isRcmError, RcmError } from '@rcm/telemetry';
import type { Transaction } from './database.ts';
import { translated } from './failure.ts';
import { QUEUE_TABLES } from './jobs-install.ts';
import { createPool } from './pool.ts';

/** What jobs carry: ids, and never anything of a payload, a task's input or its result. */
export interface JobData {
  readonly 'portal-task': { readonly taskId: string; readonly orgId: string };
  readonly rotation: { readonly endpointId: string; readonly orgId: string; readonly reason: string };
}

export type QueueName = keyof JobData;

export interface SendOptions {
  /** At most one job with this key waits in the queue; sending another is harmless. Default: the task's or endpoint's id. */
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
}

/** What names a job where its sender gives no key. */
const DEFAULT_KEY: Readonly<Record<QueueName, (data: never) => string>> = {
  'portal-task': (data: JobData['portal-task']) => data.taskId,
  rotation: (data: JobData['rotation']) => data.endpointId,
};

/**
 * Opens the queues on a small pool of their own. Their tables (schema `pgboss`) were made by whoever migrated the database: no app has the
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

/**
 * What a handler throws is written down with its job, cause and all, where every agent and rotator may read it: the words of a page, say,
 * of whichever tenant. So only its code is.
 */
function throwCodeOnly(error: unknown, onError: JobsOptions['onError']): never {
  onError?.(error instanceof Error ? error : new Error('A handler threw what is no error.', { cause: error }));
  throw new Error(`The handler failed: ${isRcmError(error) ? error.code : 'unexpected error'}.`);
}
