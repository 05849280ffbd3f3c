import { osUser } from '@rcm/credentials';
import { type DataKeyCount, dataKeyCounts, moveDataKeys } from '@rcm/db/sealing';
import { RcmError } from '@rcm/telemetry';
import type { WebAgentConfig } from '../config.ts';
import { openWebAgent } from '../services.ts';
import { keyFiles } from '../task-keys.ts';

export interface KeysOptions {
  readonly json: boolean;
}

export interface MoveKeysOptions extends KeysOptions {
  /** Why, for the audit trail. */
  readonly reason: string;
}

/** `keys`: how many data keys of tasks which key has wrapped, over all tenants. Changes nothing. */
export async function keysCommand(config: WebAgentConfig, { json }: KeysOptions): Promise<number> {
  await using opened = new AsyncDisposableStack();
  const { db, current } = open(config, opened);
  const counts = await dataKeyCounts(db);
  print(json, { current, dataKeys: counts }, counts.length === 0 ? ['No data key is there.'] : linesOf(counts, current));
  return 0;
}

/** `keys --move`: wraps by the current key file what another has wrapped. Exit code 1 while something is left. Fails with `config_invalid`, `input_invalid`. */
export async function moveKeysCommand(config: WebAgentConfig, { json, reason }: MoveKeysOptions): Promise<number> {
  const wrapping = keyFiles(config);
  if (wrapping === null)
    throw new RcmError(
      'config_invalid',
      'Only a key file is changed by this command (RCM_TASK_KEYS=file); KMS and Vault change theirs themselves (docs/keys.md). Nothing was changed.',
    );
  await using opened = new AsyncDisposableStack();
  const { db, current } = open(config, opened);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  opened.defer(() => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal));
  const { moved, notMoved } = await moveDataKeys(db, { wrapping, requester: { kind: 'terminal', name: osUser() }, reason: reason.trim(), signal: stop.signal });
  const left = (await dataKeyCounts(db)).filter(({ wrappedBy }) => wrappedBy.startsWith('file:') && wrappedBy !== current);
  print(json, { current, moved, notMoved, left }, [
    `${moved} data keys are wrapped by ${current} now.`,
    ...notMoved.map(({ orgId, why }) => `  those of ${orgId} are as they were: ${why}`),
    ...(left.length === 0 ? ['Nothing is left under another key file: the previous one may go.'] : ['Left under other key files:', ...linesOf(left, current)]),
  ]);
  return notMoved.length > 0 || left.length > 0 ? 1 : 0;
}

function open(config: WebAgentConfig, stack: AsyncDisposableStack) {
  const { db } = stack.adopt(openWebAgent(config), (agent) => agent.close());
  return { db, current: db.dataKeys?.wrappedBy ?? '' };
}

const linesOf = (counts: readonly DataKeyCount[], current: string): string[] =>
  counts.map(({ wrappedBy, count }) => `  ${wrappedBy}${wrappedBy === current ? ' (current)' : ''}: ${count} data keys`);

function print(json: boolean, object: object, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(object)}\n` : `${lines.join('\n')}\n`);
}
