import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFileSync } from 'node:fs';
import { platformPolicies, taskRoleName, type TenantApp } from '@rcm/credentials/policies';
import { everyValueEver } from '@rcm/local-aws';
import { z } from 'zod';
import type { DataFolder } from '../data/folder.ts';
import type { Supervisor } from '../processes/supervisor.ts';
import { ENVIRONMENT_NAME } from '../processes/environment.ts';
import { REGION, type RunningAws } from './running.ts';
import { readTaskKeys } from './task-keys.ts';

const readySchema = z.object({
  endpoint: z.string(),
  region: z.string(),
  accountId: z.string(),
  kmsAliasArn: z.string(),
  taskCredentials: z.url(),
  tenantRoles: z.object({ agent: z.string(), rotator: z.string(), migrator: z.string() }),
});

const ACCOUNT_ID = '123456789012';
const STOP_MS = 10_000;
/** Agent and rotator finish first, when we are killed. */
const LINGER_MS = 5_000;

/** Starts local-aws as a process, its state in the data folder, under the same policies that AWS would have. */
export async function startLocalAwsProcess(folder: DataFolder, supervisor: Supervisor): Promise<RunningAws> {
  const dataFile = join(folder.localAws, 'account.sqlite');
  const credentialsFile = join(folder.keys, 'aws-credentials');
  const policies = join(folder.localAws, 'policies.json');
  writeFileSync(policies, JSON.stringify(platformPolicies({ accountId: ACCOUNT_ID, regions: [REGION], environment: ENVIRONMENT_NAME })));
  const managed = supervisor.start({
    name: 'local-aws',
    script: fileURLToPath(new URL('../../../local-aws/src/main.ts', import.meta.url)),
    args: [
      ...['--port', '0', '--data-file', dataFile, '--account-id', ACCOUNT_ID, '--region', REGION],
      ...['--credentials-file', credentialsFile, '--policies', policies, '--task-tokens', folder.keys],
    ],
    environment: {},
    lingerMs: LINGER_MS,
  });
  const ready = await managed.announced((line) => readySchema.safeParse(line).data ?? null);
  return {
    endpoint: ready.endpoint,
    region: ready.region,
    accountId: ready.accountId,
    kmsKeyId: ready.kmsAliasArn,
    credentialsFile,
    ...tasks(ready.taskCredentials, folder),
    tenantRoleArn: (app) => ready.tenantRoles[app],
    everyValueEver: () => everyValueEver(dataFile),
    stop: () => managed.stop(STOP_MS),
  };
}

/** An app is given its keys as ECS gives them to a task: from an address, for a token that lies in a file. */
function tasks(address: string, folder: DataFolder): Pick<RunningAws, 'taskEnvironment' | 'taskKeys'> {
  const source = (app: TenantApp) => ({ url: `${address}/${taskRoleName(app)}`, tokenFile: join(folder.keys, `${taskRoleName(app)}.token`) });
  return {
    taskEnvironment(app) {
      const { url, tokenFile } = source(app);
      return { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile, AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
    },
    taskKeys: (app) => readTaskKeys(source(app)),
  };
}
