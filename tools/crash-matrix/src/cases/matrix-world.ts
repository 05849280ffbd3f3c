import { appRoleFolder, createTenantStores, type TenantStores } from '@rcm/credentials';
import { taskRoleName } from '@rcm/credentials/policies';
import { startEmbeddedPostgres } from '@rcm/test-services';
import { openWorld, type World } from '@rcm/test-world';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotatorProcess } from '../rotator/process.ts';
import { TIMING } from './timing.ts';

/** What all cases of a run share: one Postgres, one AWS, the portals, and rotators that live on to do the recovering. */
export interface MatrixWorld {
  readonly world: World;
  /** Reads what is current and what is staged, for verdicts: with the rotator's rights, as nobody else may read both. */
  readonly witness: TenantStores;
  /** For marks. */
  readonly folder: string;
  startRotator(): RotatorProcess;
  /** A rotator that is never struck; each takes its turn. */
  survivor(): RotatorProcess;
  close(): Promise<void>;
}

const SURVIVORS = 2;

export async function openMatrixWorld(): Promise<MatrixWorld> {
  const postgres = await startEmbeddedPostgres();
  const folder = await mkdtemp(join(tmpdir(), 'rcm-crash-matrix-'));
  const world = await openWorld({
    endpoints: [],
    server: postgres.url,
    lockoutWindowMs: TIMING.lockoutWindowMs,
    portalType: { settleMs: TIMING.settleMs, lockoutWindowSeconds: TIMING.lockoutWindowMs / 1000 },
  });
  const environment = rotatorEnvironment(world, folder);
  const { region, endpoint, kmsKeyArn: kmsKeyId } = world.aws;
  const vault = { address: world.vault.address, mount: world.vault.mount, appRole: appRoleFolder(world.vault.folderOf('rotator')) };
  const witness = createTenantStores({
    region,
    endpoint,
    kmsKeyId,
    roleArn: world.aws.tenantRoleArn('rotator'),
    credentials: world.aws.taskCredentials(taskRoleName('rotator')),
    vault,
    environment: world.environmentName,
  });
  const survivors = Array.from({ length: SURVIVORS }, () => new RotatorProcess(environment));
  let turn = 0;
  return {
    world,
    witness,
    folder,
    startRotator: () => new RotatorProcess(environment),
    survivor() {
      turn += 1;
      return survivors[turn % SURVIVORS] as RotatorProcess;
    },
    async close() {
      await Promise.all(survivors.map((survivor) => survivor.end()));
      await witness.close();
      await world.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function rotatorEnvironment(world: World, folder: string): Record<string, string> {
  const inherited = ['PATH', 'HOME', 'RCM_CHROMIUM_PATH', 'NODE_COMPILE_CACHE'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  );
  return {
    ...Object.fromEntries(inherited),
    ...world.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: world.aws.tenantRoleArn('rotator'),
    RCM_LOG_LEVEL: 'error',
    RCM_SUBMIT_DEADLINE_MS: String(TIMING.submitDeadlineMs),
    RCM_LEASE_TTL_MS: String(TIMING.leaseTtlMs),
    RCM_LEASE_WAIT_MS: '30000',
    RCM_LEASE_POLL_MS: '250',
    RCM_ROTATOR_RETRY_MS: String(TIMING.retryMs),
    // A form that a busy machine could not fill within the short submit deadline is filled again: not what the matrix asks about.
    RCM_ROTATOR_MAX_TRIES: '20',
    // Hundreds of processes load the same files.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
}
