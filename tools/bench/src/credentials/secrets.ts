import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type CredentialRequest, credentialReference, formatReference, type SsmReference } from '@rcm/credentials';
import type { Account } from './account.ts';

/** One credential, named as each of the compared readers names it. */
export interface BenchSecret {
  /** For this project's reader. The version is not given: what the cache holds has to be right by itself. */
  readonly request: CredentialRequest;
  readonly arn: string;
  readonly name: string;
  readonly orgId: string;
  readonly endpointId: string;
}

export const ENVIRONMENT = 'bench';
const PORTAL_ACCOUNT = 'account';

/** Secret i belongs to tenant i modulo `tenants`, so that busy ones are spread over all tenants. */
export function benchSecrets(
  account: Pick<Account, 'region' | 'accountId'>,
  { count, tenants }: { readonly count: number; readonly tenants: number },
): readonly BenchSecret[] {
  return Array.from({ length: count }, (_, i) => {
    const [orgId, endpointId] = [`hospital-${i % tenants}`, `endpoint-${i}`];
    const reference = credentialReference({
      store: 'ssm',
      partition: 'aws',
      region: account.region,
      accountId: account.accountId,
      environment: ENVIRONMENT,
      orgId,
      endpointId,
      portalAccountId: PORTAL_ACCOUNT,
    }) as SsmReference;
    const arn = formatReference(reference);
    return { request: { orgId, reference, version: null }, arn, name: arn.slice(arn.indexOf('/')), orgId, endpointId };
  });
}

/** A payload of ordinary size; its counter tells which version was read, whoever read it. */
const payloadOf = ({ endpointId }: BenchSecret, counter: number): string =>
  JSON.stringify({
    username: `user-${endpointId}`,
    password: `Passw0rd-${endpointId}-${counter}`,
    mfa_seed: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    custom_fields: { account_number: '0012345678' },
    metadata: { portal_type: 'insurance', rotation_counter: counter },
  });

export interface SecretWriter {
  write(secret: BenchSecret, counter: number): Promise<{ readonly version: string }>;
  close(): void;
}

const PARALLEL_WRITES = 16;

/** Writes as an administrator: the compared readers only read. */
export function secretWriter({ endpoint, region, credentials, kmsKeyArn }: Account): SecretWriter {
  const client = new SSMClient({ endpoint, region, credentials });
  return {
    async write(secret, counter) {
      const { Version } = await client.send(
        new PutParameterCommand({ Name: secret.name, Value: payloadOf(secret, counter), Type: 'SecureString', KeyId: kmsKeyArn, Overwrite: counter > 0 }),
      );
      return { version: String(Version) };
    },
    close: () => client.destroy(),
  };
}

export async function seedSecrets(account: Account, secrets: readonly BenchSecret[]): Promise<void> {
  const writer = secretWriter(account);
  const waiting = secrets.values();
  await Promise.all(
    Array.from({ length: PARALLEL_WRITES }, async () => {
      for (const secret of waiting) await writer.write(secret, 0);
    }),
  );
  writer.close();
}
