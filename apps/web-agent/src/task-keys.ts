import { createTaskDataKeys, taskKeysKind } from '@rcm/credentials';
import { type DataKeyWrapping, keyFileWrapping } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import type { WebAgentConfig } from './config.ts';

/** What wraps the keys that tasks' inputs and results are sealed under, as the configuration says. Nothing is connected before it is used. */
export function openTaskKeys(config: WebAgentConfig): DataKeyWrapping & { close(): Promise<void> } {
  if (taskKeysKind(config) !== 'file') return createTaskDataKeys(config, { processName: config.worker });
  const { RCM_TASK_KEY: key, RCM_TASK_KEY_ID: id } = config;
  if (key === undefined) throw new RcmError('config_invalid', 'RCM_TASK_KEYS is file, but RCM_TASK_KEY is not set.');
  return { ...keyFileWrapping({ id, key }), close: () => Promise.resolve() };
}
