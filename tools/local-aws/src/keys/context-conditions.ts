import type { Conditions } from '../identity/authorize.ts';
import type { EncryptionContext } from './key-ring.ts';

/** "kms:EncryptionContext:context-key" and "kms:EncryptionContextKeys", AWS KMS condition keys. */
export function contextConditions(context: EncryptionContext): Conditions {
  const keys = Object.keys(context);
  if (keys.length === 0) return {};
  return { 'kms:EncryptionContextKeys': keys, ...Object.fromEntries(keys.map((key) => [`kms:EncryptionContext:${key}`, context[key] ?? ''])) };
}
