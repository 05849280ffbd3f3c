import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { Secret } from '@rcm/telemetry';

/** A new identity with its recipient, which a computer of the future cannot open either. For tests and drills: people make theirs with `age-keygen`, where it is kept. */
export async function generateAgeIdentity(): Promise<{ readonly identity: Secret<string>; readonly recipient: string }> {
  const identity = await generateHybridIdentity();
  return { identity: new Secret(identity), recipient: await identityToRecipient(identity) };
}
