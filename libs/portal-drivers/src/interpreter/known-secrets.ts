import type { Secret } from '@rcm/telemetry';
import { createSecretMask, type SecretMask } from '../secret-mask.ts';

/** Every secret that a session has met, so that nothing which leaves it shows one. */
export interface KnownSecrets {
  add(...secrets: readonly Secret<string>[]): void;
  /** Knows what was added until now. */
  mask(): SecretMask;
}

export function createKnownSecrets(): KnownSecrets {
  const known = new Set<Secret<string>>();
  let mask: SecretMask | null = null;
  return {
    add(...secrets) {
      for (const secret of secrets) known.add(secret);
      mask = null;
    },
    mask: () => (mask ??= createSecretMask([...known])),
  };
}
