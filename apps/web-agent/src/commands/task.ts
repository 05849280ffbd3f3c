import { osUser } from '@rcm/credentials';
import { findOrganization } from '@rcm/db';
import { createPortalTask, getPortalTask, readPortalTask, type Requester } from '@rcm/db/tasks';
import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import type { WebAgentConfig } from '../config.ts';
import { openWebAgent, workerOptions } from '../services.ts';
import { TaskWorker } from '../tasks/worker.ts';

export interface TaskCommandOptions {
  readonly endpointId: string;
  readonly name: string;
  /** JSON object of the task's inputs. */
  readonly input: string;
  /** Why, for the audit trail. */
  readonly reason: string;
  readonly json: boolean;
  readonly headed: boolean;
}

const inputSchema = z.record(z.string(), z.string());

/**
 * Does one task now, in this process, through the same row, lease and ledger as a queued one. Who asked is the account that the operating system
 * runs this under; what is shown to them stands in the audit trail before it is. Exit code 1 if it did not succeed.
 */
export async function taskCommand(config: WebAgentConfig, options: TaskCommandOptions): Promise<number> {
  const input = parseInput(options.input);
  const reason = options.reason.trim();
  if (reason === '') throw new RcmError('input_invalid', 'Say why, with --reason "…": it goes into the audit trail. Nothing was asked for.');
  const requester: Requester = { kind: 'terminal', name: osUser() };
  const opened = openWebAgent(config, { headed: options.headed });
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const { db, access, logger, metrics } = opened;
    const orgId = await findOrganization(db, options);
    if (orgId === null) throw new RcmError('endpoint_unknown', `There is no endpoint ${options.endpointId}.`);
    const { taskId } = await createPortalTask(db, { orgId, endpointId: options.endpointId, name: options.name, input, requester, reason });
    const verdict = await new TaskWorker({ db, access, logger, metrics, ...workerOptions(config) }).handle({ taskId, orgId }, stop.signal);
    if (verdict === null) {
      const task = await getPortalTask(db, { orgId, taskId });
      print(
        options,
        { taskId, state: task?.state ?? 'unknown' },
        task?.state === 'queued'
          ? `the login or the portal has no session left now; task ${taskId} is queued and done when one is free`
          : `another web-agent has taken the task; its id is ${taskId}`,
      );
      return 0;
    }
    if (verdict.kind === 'succeeded') await readPortalTask(db, { orgId, taskId, reader: requester, reach: 'own' });
    print(options, { taskId, ...verdict }, describe(verdict));
    return verdict.kind === 'succeeded' ? 0 : 1;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await opened.close();
  }
}

function parseInput(text: string): Record<string, string> {
  try {
    return inputSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new RcmError('input_invalid', '--input must be a JSON object of strings, for example \'{"claim_number":"C-1001"}\'.', { cause });
  }
}

function describe(verdict: NonNullable<Awaited<ReturnType<TaskWorker['handle']>>>): string {
  switch (verdict.kind) {
    case 'succeeded':
      return verdict.result.found
        ? verdict.result.rows
            .map((row) =>
              Object.entries(row)
                .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
                .join('  '),
            )
            .join('\n')
        : 'nothing found';
    case 'put_off':
      return `put off: ${verdict.reason}; it is queued and comes back by itself`;
    case 'retry':
      return `${verdict.message} It is queued and comes back by itself.`;
    case 'failed':
      return `failed (${verdict.code}): ${verdict.message}`;
    case 'lost':
      return 'the task was cancelled meanwhile, or another web-agent has it: nothing of this try was kept, and nothing of it is shown';
  }
}

function print(options: TaskCommandOptions, json: object, text: string): void {
  process.stdout.write(options.json ? `${JSON.stringify(json)}\n` : `${text}\n`);
}
