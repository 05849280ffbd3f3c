import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Secret } from '@rcm/telemetry';
import { type SecretReference, secretPath } from '../../reference.ts';
import type { AwsAccess } from '../aws-client.ts';

/** What a person with every right does with a tool of their own in Secrets Manager; `null`: bytes, which are no text of ours. The version. */
export async function saveSecretByHand({ region, endpoint, credentials }: AwsAccess, reference: SecretReference, text: Secret<string> | null): Promise<string> {
  if (credentials === undefined || 'replaced' in credentials) throw new Error('A person has keys of their own.');
  const client = new SecretsManagerClient({ region, credentials, ...(endpoint ? { endpoint } : {}) });
  const value = text === null ? { SecretBinary: new TextEncoder().encode('saved-by-hand') } : { SecretString: text.reveal() };
  const { VersionId = '' } = await client.send(new PutSecretValueCommand({ SecretId: secretPath(reference), ...value })).finally(() => client.destroy());
  return VersionId;
}
