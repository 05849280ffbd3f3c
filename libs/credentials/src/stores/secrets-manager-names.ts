import { RcmError } from '@rcm/telemetry';
import { checkedReference, formatReference, parseStoredReference, referenceKey, type SecretReference, secretPath } from '../reference.ts';
import { invalidReference } from '../refusal.ts';

/** As Secrets Manager names it. */
export function secretName(reference: SecretReference): string {
  if (reference.store !== 'secrets-manager') throw invalidReference('other_store');
  return secretPath(checkedReference(reference));
}

/** The name does before the secret exists: it cannot be taken for an ARN whose last six characters are missing. */
export function secretId(reference: SecretReference): string {
  const name = secretName(reference);
  return hasNoArn(reference) ? name : formatReference(reference);
}

export const hasNoArn = (reference: SecretReference): boolean => reference.store === 'secrets-manager' && reference.suffix === null;

/** The whole reference, out of what the store says; what it says is believed only of the secret that was asked for. */
export function withArn(asked: SecretReference, arn: string): SecretReference {
  const whole = parseStoredReference(arn);
  if (referenceKey(whole) !== referenceKey(asked))
    throw new RcmError('reference_not_yours', 'Secrets Manager answered with the ARN of another secret than was asked for; it is not used.');
  return whole;
}
