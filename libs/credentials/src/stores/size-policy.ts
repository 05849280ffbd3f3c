import { RcmError, type Secret } from '@rcm/telemetry';
import type { NewPlace } from '../reference.ts';

export type SsmTier = 'Standard' | 'Advanced';
/** What a new parameter is asked for as: with `Intelligent-Tiering`, SSM takes the standard tier while value and account fit in it. */
export type AskedTier = SsmTier | 'Intelligent-Tiering';

/** What becomes of a payload beyond SSM's standard tier: it is refused, or goes to the advanced tier, or to Secrets Manager. */
export const LARGE_PAYLOADS = ['refuse', 'advanced', 'secrets-manager'] as const;
export type LargePayloads = (typeof LARGE_PAYLOADS)[number];

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

/** The tier that a new parameter is asked for in: what is small is free until the account is full of standard ones. Fails as `ssmTier`. */
export function newTier(text: Secret<string>, largest: SsmTier): AskedTier {
  const tier = ssmTier(text, largest);
  return tier === 'Standard' && largest === 'Advanced' ? 'Intelligent-Tiering' : tier;
}

/**
 * Where a new secret of this size is to be created. Fails with `payload_too_large`. Only for new ones: a payload that outgrows SSM
 * later stays where its reference says, and is refused.
 *
 * @example
 * ```ts
 * const place: NewPlace = { store: 'ssm', partition: 'aws', region: 'us-east-1', accountId: '123456789012' };
 * const custom_fields = { note: 'x'.repeat(5_000) };
 * const text = serializePayload(new Secret({ username: 'billing', password: 'only-an-example', custom_fields }));
 * placeForSize(place, text, 'secrets-manager').store; // 'secrets-manager': more than SSM's standard tier holds
 * ```
 */
export function placeForSize(place: NewPlace, text: Secret<string>, large: LargePayloads): NewPlace {
  if (place.store === 'ssm' && large === 'secrets-manager' && sizeOf(text) > STANDARD_BYTES)
    return placeForSize({ ...place, store: 'secrets-manager' }, text, large);
  if (place.store === 'ssm') ssmTier(text, large === 'advanced' ? 'Advanced' : 'Standard');
  if (place.store === 'secrets-manager') checkSecretsManagerSize(text);
  if (place.store === 'vault') checkVaultSize(text);
  return place;
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
