import { osUser } from '@rcm/credentials';
import { findOrganization } from '@rcm/db';
import { createPortalTask, getPortalTask, readPortalTask, type Requester } from '@rcm/db/tasks';
import { RcmError } from '@rcm/telemetry';
import { printableJson } from '@rcm/telemetry/json-shape';
import { z } from 'zod';
import type { WebAgentConfig } from '../config.ts';
import { openWebAgent, workerOptions } from '../services.ts';
import { TaskWorker } from '../tasks/worker.ts';
import { verdictText } from './verdict-text.ts';

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
    print(options, { taskId, ...verdict }, verdictText(verdict));
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

function print(options: TaskCommandOptions, json: object, text: string): void {
  process.stdout.write(`${options.json ? printableJson(json) : text}\n`);
}
