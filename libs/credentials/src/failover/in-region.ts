import type { SecretReference } from '../reference.ts';

/**
 * The same secret in another region; `null` where its store has no regions. Secrets Manager replicates under the same name, and
 * is asked by name: what lies there under another ARN is not read either, since its version ids are not those of this secret.
 */
export function inRegion(reference: SecretReference, region: string): SecretReference | null {
  // A copy beside the secret would lie over it.
  if (reference.store === 'vault' || reference.region === region) return null;
  return reference.store === 'ssm' ? { ...reference, region } : { ...reference, region, suffix: null };
}
