import type { KeyRecord, KeyRing } from './key-ring.ts';

export type KeyProblem = 'missing' | 'disabled' | 'pending_deletion';

/** A key that may be used now, or why not. Each service has its own error for each reason. */
export function usableKey(keys: KeyRing, reference: string): { readonly key: KeyRecord } | { readonly problem: KeyProblem } {
  const key = keys.find(reference);
  // One that signs encrypts nothing: to a store it is as good as none.
  if (!key || key.spec !== 'SYMMETRIC_DEFAULT') return { problem: 'missing' };
  if (key.state === 'Disabled') return { problem: 'disabled' };
  if (key.state === 'PendingDeletion') return { problem: 'pending_deletion' };
  return { key };
}
