import type { Database } from '@rcm/db';
import { type ClaimedTask, claimNextPortalTask, claimPortalTask, finishPortalTask, haveTaskKey, requeuePortalTask } from '@rcm/db/tasks';
import type { AgentAccess } from '@rcm/portal-access';
import { hasCode, isRetryable, type Logger, type Metrics, systemClock } from '@rcm/telemetry';
import { NO_TRACING, type Tracing } from '@rcm/portal-access/tracing';
import { whileClaimed } from './claim.ts';
import { performTask } from './perform.ts';
import { putOffDelay, retryDelay, type Verdict, verdictOf, whenLast, whenStopped, type WrittenVerdict } from './verdict.ts';

export interface WorkerOptions {
  readonly db: Database;
  readonly access: AgentAccess;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Default: none. */
  readonly tracing?: Tracing;
  /** Name of this process on leases; on claims with a number of its own for each, so that a claim which ran out is not taken for the next one's. */
  readonly worker: string;
  readonly taskDeadlineMs: number;
  /** How long a claim outlives this process, in ms; it is renewed while the task is worked on. */
  readonly claimMs: number;
  /** Tries a task gets in all. */
  readonly maxTries: number;
  /** Pause before another try, in ms; doubled for each try spent, up to a day. */
  readonly retryMs: number;
  /** Least pause before a task that was put off comes back, in ms; longer, up to five minutes, where its refusal named a moment. */
  readonly putOffMs: number;
}

/** A task and the claim on it; `endsAt`: when its deadline is, as `systemClock.elapsed` counts. */
type TaskInHand = ClaimedTask & { readonly worker: string; readonly ttlMs: number; readonly endsAt: number };

/** Does tasks. Never rejects for a task that fails; rejects when the database cannot be reached: then the claim runs out and the task comes back. */
export class TaskWorker {
  readonly #options: WorkerOptions;
  readonly #ended;
  readonly #took;
  #claims = 0;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#ended = options.metrics.counter('rcm_tasks_total');
    this.#took = options.metrics.histogram('rcm_task_seconds');
  }

  /** Does the one task, if it is to be had now: it may be done, in other hands, or its account in use (`null`). */
  async handle({ taskId, orgId }: { readonly taskId: string; readonly orgId: string }, signal: AbortSignal): Promise<WrittenVerdict | null> {
    const claim = this.#claim();
    const task = await claimPortalTask(this.#options.db, { taskId, orgId, ...claim });
    return task && this.#traced({ ...task, ...claim, endsAt: endOf(task) }, signal);
  }

  /** Does the task whose turn it is; `null`: there is none. */
  async next(signal: AbortSignal): Promise<WrittenVerdict | null> {
    const claim = this.#claim();
    const task = await claimNextPortalTask(this.#options.db, claim);
    return task && this.#traced({ ...task, ...claim, endsAt: endOf(task) }, signal);
  }

  /** A process does many tasks at once, and one that stood still may take again what it has in hand: each of its claims is somebody else's. */
  #claim(): { readonly worker: string; readonly ttlMs: number } {
    const { worker, claimMs: ttlMs } = this.#options;
    return { worker: `${worker}/${(this.#claims += 1)}`, ttlMs };
  }

  #traced(task: TaskInHand, signal: AbortSignal): Promise<WrittenVerdict> {
    return (this.#options.tracing ?? NO_TRACING).ofTask(task.id, 'task', () => this.#work(task, signal));
  }

  async #work(task: TaskInHand, signal: AbortSignal): Promise<WrittenVerdict> {
    const { db, logger } = this.#options;
    const startedAt = performance.now();
    const claim = { db, logger, taskId: task.id, orgId: task.orgId, worker: task.worker, ttlMs: task.ttlMs, signal };
    const spent = this.#spent(task);
    const verdict = spent ?? (await whileClaimed(claim, (claimed) => this.#try(task, AbortSignal.any([claimed, AbortSignal.timeout(untilDeadline(task))]))));
    this.#took.observe({ result: verdict.kind }, (performance.now() - startedAt) / 1000);
    try {
      return await this.#store(task, verdict);
    } catch (error) {
      if (verdict.kind !== 'succeeded' || !hasCode(error, 'input_invalid')) throw error;
      // What the portal shows holds half a character, and would again.
      return this.#store(task, {
        kind: 'failed',
        code: 'portal_unexpected',
        message: 'The result is too large to be stored, or holds characters that cannot be.',
      });
    }
  }

  /** A task that ends its worker, whatever it is, writes no verdict; it must not end one after the other. */
  #spent(task: TaskInHand): Verdict | null {
    if (task.tries <= this.#options.maxTries) return null;
    return { kind: 'failed', code: 'portal_unexpected', message: `The task was begun ${task.tries - 1} times and never came to an end.` };
  }

  async #try(task: TaskInHand, signal: AbortSignal): Promise<Verdict> {
    const { access, logger, maxTries, taskDeadlineMs, worker } = this.#options;
    try {
      // What the portal shows is written sealed or not at all: without a key it is not asked.
      await haveTaskKey(this.#options.db, task.orgId);
      const result = await performTask(access, { ...task, taskId: task.id }, { taskDeadlineMs, holder: worker, signal });
      await this.#waitForKey(task, signal);
      return { kind: 'succeeded', result };
    } catch (error) {
      const said = whenStopped(verdictOf(error, new Date()), { stopped: signal.aborted, late: task.endsAt <= systemClock.elapsed() });
      const verdict = whenLast(said, { last: task.tries >= maxTries });
      logger[verdict.kind === 'put_off' ? 'debug' : 'warn'](
        { err: error, taskId: task.id, endpointId: task.endpointId },
        'a try of a task ended without a result',
      );
      return verdict;
    }
  }

  /** A result is there, and its key must be: waits while the claim is kept. The task goes back, to be done again, where it is not to be had in time. */
  async #waitForKey({ orgId }: ClaimedTask, signal: AbortSignal): Promise<void> {
    const giveUpAt = performance.now() + KEY_WAIT_MS;
    for (let pauseMs = KEY_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, 16 * KEY_PAUSE_MS)) {
      try {
        return void (await haveTaskKey(this.#options.db, orgId));
      } catch (error) {
        if (!isRetryable(error) || signal.aborted || performance.now() >= giveUpAt) throw error;
      }
      await systemClock.sleep(pauseMs, signal);
    }
  }

  async #store(task: TaskInHand, verdict: Verdict): Promise<WrittenVerdict> {
    const written: WrittenVerdict = (await this.#write(task, verdict)) ? verdict : { kind: 'lost' };
    this.#ended.inc({ result: written.kind });
    this.#options.logger.info({ taskId: task.id, endpointId: task.endpointId, verdict: written.kind, tries: task.tries }, 'task');
    return written;
  }

  /** `false`: the task is no longer this worker's, and nothing was written. */
  async #write(task: TaskInHand, verdict: Verdict): Promise<boolean> {
    const { db, retryMs, putOffMs } = this.#options;
    const mine = { taskId: task.id, orgId: task.orgId, worker: task.worker };
    switch (verdict.kind) {
      case 'succeeded':
        return finishPortalTask(db, { ...mine, result: verdict.result });
      case 'put_off': {
        const delayMs = putOffDelay(verdict, { leastMs: putOffMs, now: new Date() });
        return requeuePortalTask(db, { ...mine, delayMs, reason: verdict.reason, countsAsTry: false });
      }
      case 'retry':
        return requeuePortalTask(db, { ...mine, delayMs: retryDelay(task.tries, retryMs), reason: verdict.code, countsAsTry: true });
      case 'failed':
        return finishPortalTask(db, { ...mine, errorCode: verdict.code, message: verdict.message });
    }
  }
}

/** How long a result waits for the key that it is sealed under, and how often that is asked for at first. */
const KEY_WAIT_MS = 300_000;
const KEY_PAUSE_MS = 1_000;

/** A timer takes 31 bits of milliseconds; a task that may take longer than 24 days has its claim to end it. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Of a task that was claimed just now: what it has left then is told by Postgres's clock alone, as this process's may be wrong by hours. */
const endOf = ({ deadlineAt, startedAt }: ClaimedTask): number => systemClock.elapsed() + deadlineAt.getTime() - (startedAt ?? new Date()).getTime();

const untilDeadline = ({ endsAt }: TaskInHand): number => Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(endsAt - systemClock.elapsed())));
