import { KMSClient } from '@aws-sdk/client-kms';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';

/** The unmodified SDK as one caller. */
export interface Clients {
  readonly ssm: SSMClient;
  readonly secrets: SecretsManagerClient;
  readonly kms: KMSClient;
  readonly sts: STSClient;
}

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export function clientsOf(aws: { readonly endpoint: string; readonly region: string }, { accessKeyId, secretAccessKey, sessionToken }: Keys): Clients {
  const credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  // A call that nobody answered was not judged: of seven thousand, one may meet a kept connection at the moment at which it ends. No verdict is asked for twice.
  const options = { endpoint: aws.endpoint, region: aws.region, credentials, maxAttempts: 3 };
  return { ssm: new SSMClient(options), secrets: new SecretsManagerClient(options), kms: new KMSClient(options), sts: new STSClient(options) };
}

export const closeClients = (clients: Clients): void => Object.values(clients).forEach((client: Clients[keyof Clients]) => client.destroy());
