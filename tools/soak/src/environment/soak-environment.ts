import { claimFolder, FOLDER_PREFIX, removeStaleClusters, type RestartablePostgres, startThrowawayPostgres } from '@rcm/test-services';
import { openTestEnvironment, type PortalCode, type TestEnvironment } from '@rcm/test-environment';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SoakProcess } from './soak-process.ts';

export interface SoakEnvironment {
  readonly testEnvironment: TestEnvironment;
  readonly postgres: RestartablePostgres;
  readonly rotators: readonly SoakProcess[];
  readonly agents: readonly SoakProcess[];
  /** Ends the apps; the test environment stays, to be asked what became of it. */
  stopProcesses(): Promise<void>;
  close(): Promise<void>;
}

/** Longer than any lease, so that a rotator in hand can end its work. */
const STOP_MS = 40_000;
/** Of the ledger and of the portals alike: a login that a killed process spoilt is free again while the soak lasts. */
const LOCKOUT_WINDOW_MS = 30_000;
const PROPAGATION_DELAY_MS = 1_500;

/** Most are of the kind that costs a browser least; every portal and both stores are there. */
const portalOf = (index: number): PortalCode => (index % 6 === 4 ? 'cascade' : index % 6 === 5 ? 'borealis' : 'alpine');

export async function openSoakEnvironment(options: { readonly endpoints: number; readonly say: (line: string) => void }): Promise<SoakEnvironment> {
  await removeStaleClusters();
  const folder = await mkdtemp(join(tmpdir(), FOLDER_PREFIX));
  await claimFolder(folder);
  const postgres = await startThrowawayPostgres({ folder });
  const testEnvironment = await openTestEnvironment({
    endpoints: [],
    server: postgres.url,
    lockoutWindowMs: LOCKOUT_WINDOW_MS,
    portalType: { propagationDelayMs: PROPAGATION_DELAY_MS, lockoutWindowSeconds: LOCKOUT_WINDOW_MS / 1000, maxConcurrency: 8 },
  });
  const stores = ['ssm', 'secrets-manager', 'vault'] as const;
  for (let index = 0; index < options.endpoints; index += 1) await testEnvironment.addEndpoint(portalOf(index), stores[index % stores.length]);
  const managed = (name: string, app: 'rotator' | 'web-agent'): SoakProcess =>
    new SoakProcess({
      program: fileURLToPath(new URL(`../../../../apps/${app}/src/main.ts`, import.meta.url)),
      environment: appEnvironment(testEnvironment, app),
      onUnexpectedEnd: (words) => options.say(`${name} ended by itself and is started again: ${words}`),
    });
  const rotators = ['rotator 1', 'rotator 2'].map((name) => managed(name, 'rotator'));
  const agents = ['agent 1', 'agent 2'].map((name) => managed(name, 'web-agent'));
  return {
    testEnvironment,
    postgres,
    rotators,
    agents,
    stopProcesses: async () => void (await Promise.all([...rotators, ...agents].map((each) => each.stop(STOP_MS)))),
    async close() {
      await testEnvironment.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

const INHERITED = ['PATH', 'HOME', 'RCM_CHROMIUM_PATH', 'NODE_COMPILE_CACHE'] as const;

function appEnvironment(testEnvironment: TestEnvironment, app: 'rotator' | 'web-agent'): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
  const shared = { RCM_LOG_LEVEL: 'error', RCM_HEALTH_PORT: '0', RCM_LEASE_TTL_MS: '20000', RCM_LEASE_WAIT_MS: '15000', RCM_MAX_BROWSER_CONTEXTS: '3' };
  const own = app === 'rotator' ? ROTATOR : WEB_AGENT;
  const role = app === 'rotator' ? 'rcm_rotator' : 'rcm_agent';
  return {
    ...Object.fromEntries(inherited),
    ...testEnvironment.environmentOf(role),
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn(app === 'rotator' ? 'rotator' : 'agent'),
    ...shared,
    ...own,
  };
}

const ROTATOR = {
  RCM_SUBMIT_DEADLINE_MS: '15000',
  RCM_ROTATOR_CONCURRENCY: '4',
  RCM_ROTATOR_SCAN_MS: '1000',
  RCM_ROTATOR_RECOVERY_MS: '1000',
  RCM_ROTATOR_RETRY_MS: '1000',
  RCM_ROTATOR_DRAIN_MS: '30000',
  // Portals are made to fail on purpose: a stopped portal type is tried again within seconds instead of a quarter of an hour.
  RCM_ROTATOR_CANARY: 'off',
  RCM_ROTATOR_PROBE_MS: '3000',
};

const WEB_AGENT = {
  RCM_AGENT_CONCURRENCY: '6',
  RCM_AGENT_RETRY_MS: '1000',
  RCM_AGENT_PUT_OFF_MS: '1000',
  RCM_AGENT_CLAIM_MS: '15000',
  RCM_AGENT_TIDY_MS: '2000',
  // Faults of everything around are no fault of the task.
  RCM_AGENT_MAX_TRIES: '50',
};
