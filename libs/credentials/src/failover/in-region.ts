import type { SecretReference } from '../reference.ts';

/**
 * The same secret in another region; `null` where its store has no regions. Secrets Manager replicates under the same name, and
 * is asked by name: the six characters of an ARN belong to the region it was made in.
 */
export function inRegion(reference: SecretReference, region: string): SecretReference | null {
  // A copy beside the secret would lie over it.
  if (reference.store === 'vault' || reference.region === region) return null;
  return reference.store === 'ssm' ? { ...reference, region } : { ...reference, region, suffix: null };
}
