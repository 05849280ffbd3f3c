import { createTaskDataKeys, taskKeysKind } from '@rcm/credentials';
import { alsoOpening, type DataKeyRewrapping, type DataKeyWrapping, keyFileWrapping } from '@rcm/db/sealing';
import { RcmError } from '@rcm/telemetry';
import type { WebAgentConfig } from './config.ts';

type Closing = { close(): Promise<void> };

/** What wraps the keys that tasks' inputs and results are sealed under, as the configuration says. Nothing is connected before it is used. */
export function openTaskKeys(config: WebAgentConfig): DataKeyWrapping & Closing {
  return keyFiles(config) ?? withPrevious(config, createTaskDataKeys(config, { processName: config.worker }));
}

/** The key files, where the configuration says that one of them wraps what is new; `null`: KMS or Vault does. Fails with `config_invalid`. */
export function keyFiles(config: WebAgentConfig): (DataKeyRewrapping & Closing) | null {
  if (taskKeysKind(config) !== 'file') return null;
  const { RCM_TASK_KEY: key, RCM_TASK_KEY_ID: id } = config;
  if (key === undefined) throw new RcmError('config_invalid', 'RCM_TASK_KEYS is file, but RCM_TASK_KEY is not set.');
  return withPrevious(config, { ...keyFileWrapping({ id, key }), close: () => Promise.resolve() });
}

function withPrevious<T extends DataKeyWrapping>({ RCM_PREVIOUS_TASK_KEY: key, RCM_PREVIOUS_TASK_KEY_ID: id }: WebAgentConfig, current: T): T {
  return key && id !== undefined ? alsoOpening(current, { id, key }) : current;
}
