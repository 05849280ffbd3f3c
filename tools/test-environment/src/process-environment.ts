import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { taskRoleName, type TenantApp } from '@rcm/credentials/policies';
import { urlFor } from '@rcm/db/testing';
import type { LocalAws } from '@rcm/local-aws';
import type { Secret } from '@rcm/telemetry';
import { asRoot, compileCache } from '@rcm/test-services';
import { type Accounts, ALIAS } from './accounts.ts';
import { ENVIRONMENT } from './names.ts';
import type { EnvironmentVault } from './vault.ts';

const PARTS = { rcm_agent: 'agent', rcm_rotator: 'rotator', rcm_migrator: 'migrator' } as const;
export type ProcessRole = keyof typeof PARTS;

const placeOf = ({ accountId, region, endpoint }: LocalAws) => ({ account: accountId, region, endpoint, kms_key_id: ALIAS });

interface ProcessDependencies {
  /** Its secrets are written here, each to a file of its own. */
  readonly folder: string;
  readonly databaseUrl: string;
  readonly identityKey: Secret<string>;
  readonly accounts: Accounts;
  readonly vault: EnvironmentVault;
}

/** Writes what processes of the apps read, and answers what each of them has in its environment. */
export async function processEnvironments(dependencies: ProcessDependencies): Promise<(role: ProcessRole) => Readonly<Record<string, string>>> {
  const { folder, databaseUrl, vault } = dependencies;
  const { aws, replica, further } = dependencies.accounts;
  const file = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const databaseUrlFiles = {
    rcm_agent: await file('database-url-agent', urlFor('rcm_agent', databaseUrl)),
    rcm_rotator: await file('database-url-rotator', urlFor('rcm_rotator', databaseUrl)),
    rcm_migrator: await file('database-url-migrator', urlFor('rcm_migrator', databaseUrl)),
  };
  const identityKeyFile = await file('identity-key', dependencies.identityKey.reveal());
  const awsCredentialsFileOf = async (app: TenantApp) => {
    const { accessKeyId, secretAccessKey, sessionToken } = aws.taskCredentials(taskRoleName(app));
    const keys = { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, aws_session_token: sessionToken };
    return file(
      `aws-credentials-${app}`,
      `[default]\n${Object.entries(keys)
        .map(([name, value]) => `${name} = ${value}\n`)
        .join('')}`,
    );
  };
  const awsCredentialsFiles = {
    agent: await awsCredentialsFileOf('agent'),
    rotator: await awsCredentialsFileOf('rotator'),
    migrator: await awsCredentialsFileOf('migrator'),
  };
  return (role) => ({
    ...asRoot(),
    ...compileCache(),
    RCM_DATABASE_URL_FILE: databaseUrlFiles[role],
    RCM_IDENTITY_KEY_FILE: identityKeyFile,
    RCM_ENVIRONMENT: ENVIRONMENT,
    RCM_AWS_REGION: aws.region,
    RCM_AWS_ENDPOINT: aws.endpoint,
    RCM_AWS_ACCOUNT_ID: aws.accountId,
    RCM_KMS_KEY_ID: aws.kmsKeyArn,
    ...(replica ? { RCM_AWS_REPLICA_REGION: replica.region, RCM_AWS_REPLICA_ENDPOINT: replica.endpoint, RCM_AWS_REPLICA_KMS_KEY_ID: replica.kmsKeyArn } : {}),
    ...(further.length > 0 ? { RCM_STORE_PLACES: JSON.stringify(further.map(placeOf)) } : {}),
    AWS_SHARED_CREDENTIALS_FILE: awsCredentialsFiles[PARTS[role]],
    RCM_VAULT_ADDRESS: vault.address,
    RCM_VAULT_MOUNT: vault.mount,
    RCM_VAULT_APPROLE_FOLDER: vault.folderOf(PARTS[role]),
  });
}
