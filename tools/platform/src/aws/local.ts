import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { everyValueEver } from '@rcm/local-aws';
import { z } from 'zod';
import type { DataFolder } from '../data/folder.ts';
import type { Supervisor } from '../processes/supervisor.ts';
import { REGION, type RunningAws } from './running.ts';

const readySchema = z.object({
  endpoint: z.string(),
  region: z.string(),
  accountId: z.string(),
  kmsAliasArn: z.string(),
  tenantRoles: z.object({ agent: z.string(), rotator: z.string(), migrator: z.string() }),
});

const START_MS = 30_000;
const STOP_MS = 10_000;
/** Agent and rotator finish first, when we are killed. */
const LINGER_MS = 5_000;

/** Starts local-aws as a process, its state in the data folder. */
export async function startLocalAwsPart(folder: DataFolder, supervisor: Supervisor): Promise<RunningAws> {
  const dataFile = join(folder.localAws, 'account.sqlite');
  const credentialsFile = join(folder.keys, 'aws-credentials');
  const part = supervisor.start({
    name: 'local-aws',
    script: fileURLToPath(new URL('../../../local-aws/src/main.ts', import.meta.url)),
    args: ['--port', '0', '--data-file', dataFile, '--credentials-file', credentialsFile, '--region', REGION],
    environment: {},
    lingerMs: LINGER_MS,
  });
  const ready = await part.announced((line) => readySchema.safeParse(line).data ?? null, START_MS);
  return {
    endpoint: ready.endpoint,
    region: ready.region,
    accountId: ready.accountId,
    kmsKeyId: ready.kmsAliasArn,
    credentialsFile,
    tenantRoleArn: (role) => ready.tenantRoles[role],
    everyValueEver: () => everyValueEver(dataFile),
    stop: () => part.stop(STOP_MS),
  };
}
