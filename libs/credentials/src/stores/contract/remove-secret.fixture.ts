import { DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type SecretReference, secretPath } from '../../reference.ts';
import type { AwsAccess } from '../aws-client.ts';

/** What a person with every right does at the console: gone at once, history and all. */
export async function removeFromAws({ region, endpoint, credentials }: AwsAccess, reference: SecretReference): Promise<void> {
  if (credentials === undefined || 'replaced' in credentials) throw new Error('A person has keys of their own.');
  const options = { region, credentials, ...(endpoint ? { endpoint } : {}) };
  const path = secretPath(reference);
  if (reference.store === 'ssm') {
    const client = new SSMClient(options);
    await client.send(new DeleteParameterCommand({ Name: `/${path}` })).finally(() => client.destroy());
    return;
  }
  const client = new SecretsManagerClient(options);
  await client.send(new DeleteSecretCommand({ SecretId: path, ForceDeleteWithoutRecovery: true })).finally(() => client.destroy());
}
