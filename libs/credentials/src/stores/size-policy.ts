import { RcmError, type Secret } from '@rcm/telemetry';

export type SsmTier = 'Standard' | 'Advanced';

/** Bytes of UTF-8, from the services' quotas pages. */
const STANDARD_BYTES = 4096;
const ADVANCED_BYTES = 8192;
const SECRETS_MANAGER_BYTES = 65_536;
/** Ours, not Vault's (its storage takes 512 KB and more): a payload that fits here can still be moved to Secrets Manager. */
const VAULT_BYTES = SECRETS_MANAGER_BYTES;

/** The tier a text needs. Fails with `payload_too_large` where it is beyond the largest one allowed; nothing is ever cut short. */
export function ssmTier(text: Secret<string>, largest: SsmTier): SsmTier {
  const bytes = sizeOf(text);
  if (bytes <= STANDARD_BYTES) return 'Standard';
  if (largest === 'Standard') throw tooLarge(bytes, STANDARD_BYTES, 'the standard tier of SSM');
  if (bytes > ADVANCED_BYTES) throw tooLarge(bytes, ADVANCED_BYTES, 'the advanced tier of SSM');
  return 'Advanced';
}

/** Fails with `payload_too_large`. */
export function checkSecretsManagerSize(text: Secret<string>): void {
  const bytes = sizeOf(text);
  if (bytes > SECRETS_MANAGER_BYTES) throw tooLarge(bytes, SECRETS_MANAGER_BYTES, 'Secrets Manager');
}

/** Fails with `payload_too_large`. */
export function checkVaultSize(text: Secret<string>): void {
  const bytes = sizeOf(text);
  if (bytes > VAULT_BYTES) throw tooLarge(bytes, VAULT_BYTES, 'a secret in Vault');
}

const sizeOf = (text: Secret<string>): number => Buffer.byteLength(text.reveal(), 'utf8');

const tooLarge = (bytes: number, limit: number, where: string): RcmError =>
  new RcmError('payload_too_large', `The credential payload has ${bytes} bytes; ${where} holds ${limit}.`, { details: { bytes, limit } });
