import { CreateRoleCommand, EntityAlreadyExistsException, IAMClient } from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, DescribeKeyCommand, KMSClient, NotFoundException } from '@aws-sdk/client-kms';

const ALIAS = 'alias/rcm-credentials';
const ROLES = ['agent', 'rotator', 'migrator'] as const;

export interface AwsPlace {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * The key and the roles that the platform needs, as the init hook of the compose file makes them: a LocalStack that runs no
 * hooks (or a stand-in) has them too afterwards. Safe to repeat. Returns the alias's ARN.
 */
export async function provision({ endpoint, region, accountId, credentials }: AwsPlace): Promise<string> {
  const kms = new KMSClient({ endpoint, region, credentials });
  const iam = new IAMClient({ endpoint, region, credentials });
  try {
    await makeKey(kms);
    for (const role of ROLES) await makeRole(iam, `rcm-${role}-tenant`, accountId);
    return `arn:aws:kms:${region}:${accountId}:${ALIAS}`;
  } finally {
    kms.destroy();
    iam.destroy();
  }
}

async function makeKey(kms: KMSClient): Promise<void> {
  try {
    await kms.send(new DescribeKeyCommand({ KeyId: ALIAS }));
  } catch (cause) {
    if (!(cause instanceof NotFoundException)) throw cause;
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'Portal credentials' }));
    await kms.send(new CreateAliasCommand({ AliasName: ALIAS, TargetKeyId: KeyMetadata!.KeyId! }));
  }
}

async function makeRole(iam: IAMClient, name: string, accountId: string): Promise<void> {
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: ['sts:AssumeRole', 'sts:TagSession'] }],
  };
  try {
    await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  } catch (cause) {
    if (!(cause instanceof EntityAlreadyExistsException)) throw cause;
  }
}
