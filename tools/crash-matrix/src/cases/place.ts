import type { SecretStore } from '@rcm/credentials';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { join } from 'node:path';
import pg from 'pg';
import { RotatorProcess } from '../rotator/process.ts';
import { type MatrixAgent, openAgent } from './agent.ts';
import { TIMING } from './timing.ts';
import { keepUndoLog } from './undo-log.ts';

/** One database, one AWS, one set of portals, and who lives on there: rotators that recover, and an agent. */
export interface Place {
  readonly testEnvironment: TestEnvironment;
  /** The superuser's, so row level security hides nothing. */
  readonly pool: pg.Pool;
  /** Reads what is current and what is staged, for verdicts: with the rotator's rights, as nobody else may read both. */
  readonly witness: SecretStore;
  readonly agent: MatrixAgent;
  startRotator(): RotatorProcess;
  /** Two rotators that have no faults; they take turns at being the first. */
  survivors(): readonly [RotatorProcess, RotatorProcess];
  close(): Promise<void>;
}

export interface PlaceOptions {
  /** Superuser URL of a Postgres server. */
  readonly server: string;
  readonly folder: string;
  /** How many characters of a new password alpine keeps; `null`: all. */
  readonly keepsFirst: number | null;
}

export async function openPlace({ server, folder, keepsFirst }: PlaceOptions): Promise<Place> {
  const testEnvironment = await openTestEnvironment({
    endpoints: [],
    server,
    lockoutWindowMs: TIMING.lockoutWindowMs,
    // More than there are cases side by side: how many rotations may be under way is not what the matrix asks about.
    portalType: { propagationDelayMs: TIMING.propagationDelayMs, lockoutWindowSeconds: TIMING.lockoutWindowMs / 1000, maxConcurrency: 1_000 },
  });
  await testEnvironment.portals.setHabits('alpine', { keepsFirst });
  const pool = new pg.Pool({ connectionString: testEnvironment.databaseUrl, max: 4 });
  await keepUndoLog(pool);
  const environment = rotatorEnvironment(testEnvironment, folder);
  const agent = openAgent(testEnvironment);
  const [one, other] = [new RotatorProcess(environment), new RotatorProcess(environment)];
  let turn = 0;
  return {
    testEnvironment,
    pool,
    witness: testEnvironment.rotatorStores.forTenant(testEnvironment.orgId),
    agent,
    startRotator: () => new RotatorProcess(environment),
    survivors() {
      turn += 1;
      return turn % 2 === 0 ? [one, other] : [other, one];
    },
    async close() {
      await Promise.all([one.end(), other.end(), agent.close()]);
      await pool.end();
      await testEnvironment.close();
    },
  };
}

function rotatorEnvironment(testEnvironment: TestEnvironment, folder: string): Record<string, string> {
  const inherited = ['PATH', 'HOME', 'RCM_CHROMIUM_PATH', 'NODE_COMPILE_CACHE'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  );
  return {
    ...Object.fromEntries(inherited),
    ...testEnvironment.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator'),
    RCM_LOG_LEVEL: 'error',
    RCM_SUBMIT_DEADLINE_MS: String(TIMING.submitDeadlineMs),
    RCM_LEASE_TTL_MS: String(TIMING.leaseTtlMs),
    RCM_LEASE_WAIT_MS: '30000',
    RCM_LEASE_POLL_MS: '250',
    RCM_ROTATOR_RETRY_MS: String(TIMING.retryMs),
    // A form that a busy machine could not fill within the short submit deadline is filled again: not what the matrix asks about.
    RCM_ROTATOR_MAX_TRIES: '20',
    // Nor is it whose turn it is: each case is a login of its own.
    RCM_ROTATOR_CANARY: 'off',
    RCM_ROTATOR_BREAKER_WINDOW_MS: String(TIMING.lockoutWindowMs),
    // Hundreds of processes load the same files.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(folder, 'compiled'),
  };
}
