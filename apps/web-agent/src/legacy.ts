import { secretPlaces } from '@rcm/credentials';
import { readMappings } from '@rcm/credentials/legacy';
import type { LegacyReading } from '@rcm/portal-access';
import { createLogger } from '@rcm/telemetry';
import type { WebAgentConfig } from './config.ts';

const WARNING =
  'RCM_LEGACY_READ=allow: logins that are not migrated yet are used with what lies in their rows, in plaintext. Set it to forbid once `migrator status` counts none.';

export interface LegacySetting {
  readonly legacy: LegacyReading | undefined;
  /** What this leaves unprotected; also for `/healthz`. */
  readonly warnings: readonly string[];
}

/** Whether and how logins are used that still lie in their rows. Said at the start, however quiet the log is otherwise. Fails with `input_invalid`: the mappings cannot be used. */
export function legacySetting(config: WebAgentConfig): LegacySetting {
  if (config.RCM_LEGACY_READ === 'forbid') return { legacy: undefined, warnings: [] };
  createLogger({ name: 'web-agent', level: 'warn' }).warn(WARNING);
  const vocabulary = readMappings(config.RCM_LEGACY_MAPPINGS_FILE, 'RCM_LEGACY_MAPPINGS_FILE');
  return { legacy: { vocabulary, places: secretPlaces(config), environment: config.RCM_ENVIRONMENT }, warnings: [WARNING] };
}
