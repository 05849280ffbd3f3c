import { idSchema, RcmError, Secret } from '@rcm/telemetry';
import { z } from 'zod';
import { tenantStoresOptions } from '../store-settings.ts';
import type { CredentialsConfig } from '../environment.ts';
import type { TenantDataKeys } from './data-keys.ts';
import { createKmsDataKeys } from './kms-data-keys.ts';
import { createVaultDataKeys } from './vault-data-keys.ts';

const KINDS = ['kms', 'vault', 'file'] as const;

/** What wraps the keys of task data; spread into the schema of an app that has to do with it, with `.superRefine(checkTaskKeys)` behind it. */
export const taskKeysEnvironment = {
  /** `kms`, `vault` (transit) or `file`. Default: where secrets lie, AWS first. */
  RCM_TASK_KEYS: z.enum(KINDS).optional(),
  /** ARN, id or alias of the customer key that wraps data keys. Default: `RCM_KMS_KEY_ID`. */
  RCM_TASK_KMS_KEY_ID: z
    .string()
    .regex(/^[!-~]{1,2048}$/)
    .optional(),
  /** Where Vault's transit engine is mounted. */
  RCM_TASK_VAULT_MOUNT: idSchema.default('transit'),
  /** Wraps data keys where there is neither KMS nor Vault; at least 32 characters. Normally given as RCM_TASK_KEY_FILE. */
  RCM_TASK_KEY: z
    .string()
    .min(32, 'must be at least 32 characters')
    .transform((text) => new Secret(text))
    .optional(),
  /** Names it in the rows of the keys that it wrapped. */
  RCM_TASK_KEY_ID: z
    .string()
    .regex(/^[a-z0-9]{1,16}$/, 'must be one to sixteen lower-case letters and digits')
    .default('1'),
  /** While the key is changed, or given up for KMS or Vault: the other one, which opens what it wrapped and wraps nothing new. */
  RCM_PREVIOUS_TASK_KEY: z
    .string()
    .min(32, 'must be at least 32 characters')
    .transform((text) => new Secret(text))
    .optional(),
  RCM_PREVIOUS_TASK_KEY_ID: z
    .string()
    .regex(/^[a-z0-9]{1,16}$/, 'must be one to sixteen lower-case letters and digits')
    .optional(),
} as const;

type Stores = Omit<CredentialsConfig, `RCM_${'' | 'PREVIOUS_'}IDENTITY_KEY${'' | '_ID'}`>;
export type TaskKeysConfig = Stores & z.infer<z.ZodObject<typeof taskKeysEnvironment>>;

/**
 * What wraps data keys in this deployment.
 *
 * @example
 * ```ts
 * const schema = z.object({ ...credentialsEnvironment, ...taskKeysEnvironment }).superRefine(checkStores).superRefine(checkTaskKeys);
 * const config = schema.parse(process.env);
 * const usesKeyFile = taskKeysKind(config) === 'file';
 * ```
 */
export const taskKeysKind = ({ RCM_TASK_KEYS: chosen, RCM_AWS_REGION: region }: TaskKeysConfig): (typeof KINDS)[number] =>
  chosen ?? (region === undefined ? 'vault' : 'kms');

/**
 * For `.superRefine`.
 *
 * @example
 * ```ts
 * const schema = z.object({ ...credentialsEnvironment, ...taskKeysEnvironment }).superRefine(checkStores).superRefine(checkTaskKeys);
 * const config = schema.parse(process.env);
 * ```
 */
export function checkTaskKeys(config: TaskKeysConfig, problems: z.RefinementCtx): void {
  const report = (name: string, message: string): void => void problems.addIssue({ code: 'custom', path: [name], message });
  const kind = taskKeysKind(config);
  if (kind === 'kms' && config.RCM_AWS_REGION === undefined) report('RCM_TASK_KEYS', 'is kms, but RCM_AWS_REGION is not set');
  if (kind === 'vault' && config.RCM_VAULT_ADDRESS === undefined) report('RCM_TASK_KEYS', 'is vault, but RCM_VAULT_ADDRESS is not set');
  if ((kind === 'file') !== (config.RCM_TASK_KEY !== undefined)) report('RCM_TASK_KEY', 'is set where RCM_TASK_KEYS is file, and only there');
  const { RCM_PREVIOUS_TASK_KEY: previous, RCM_PREVIOUS_TASK_KEY_ID: previousId } = config;
  if ((previous === undefined) !== (previousId === undefined)) report('RCM_PREVIOUS_TASK_KEY', 'and RCM_PREVIOUS_TASK_KEY_ID are set together, or neither');
  if (kind === 'file' && previousId === config.RCM_TASK_KEY_ID)
    report('RCM_PREVIOUS_TASK_KEY_ID', 'must differ from RCM_TASK_KEY_ID: another key has another id');
}

/**
 * The data keys of KMS or Vault as a configuration says that `checkTaskKeys` has seen; a key file is the caller's.
 *
 * @example
 * ```ts
 * const schema = z.object({ ...credentialsEnvironment, ...taskKeysEnvironment }).superRefine(checkStores).superRefine(checkTaskKeys);
 * const config = schema.parse(process.env);
 * // Of a key file, the caller makes the data keys itself.
 * const dataKeys = taskKeysKind(config) === 'file' ? null : createTaskDataKeys(config, { processName: 'agent-1' });
 * ```
 */
export function createTaskDataKeys(config: TaskKeysConfig, options: { readonly processName?: string } = {}): TenantDataKeys {
  const { region, endpoint, kmsKeyId, roleArn, dedicatedOrgId, environment, vault } = tenantStoresOptions(config);
  const key = config.RCM_TASK_KMS_KEY_ID ?? kmsKeyId;
  if (taskKeysKind(config) === 'kms' && region !== undefined && key !== undefined)
    return createKmsDataKeys({ region, endpoint, environment, kmsKeyId: key, roleArn, dedicatedOrgId, processName: options.processName });
  if (taskKeysKind(config) === 'vault' && vault !== undefined)
    return createVaultDataKeys({ ...vault, environment, dedicatedOrgId, mount: config.RCM_TASK_VAULT_MOUNT });
  throw new RcmError('config_invalid', 'Nothing is configured that wraps the keys of task data (RCM_TASK_KEYS).');
}
