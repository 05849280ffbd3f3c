import { appRoleFolder, createCredentialManager, createTenantStores, parseReference } from '@rcm/credentials';
import { taskRoleName } from '@rcm/credentials/policies';
import { type AgentAccess, Drivers, SessionCache, withAgentSession } from '@rcm/portal-access';
import { createBrowserPool } from '@rcm/portal-drivers';
import { createLogger, createMetrics, type ErrorCode, isRcmError, systemClock } from '@rcm/telemetry';
import type { EnvironmentEndpoint, TestEnvironment } from '@rcm/test-environment';
import { setTimeout as delay } from 'node:timers/promises';
import { TIMING } from './timing.ts';

/** How a task of an agent went: it was let in, or the code of what stopped it. */
type Visit = 'in' | ErrorCode;

/** An agent with the rights, the connections and the browser of its own process; it has no faults. */
export interface MatrixAgent {
  /** One task, with a login of its own. */
  visit(endpoint: EnvironmentEndpoint): Promise<Visit>;
  /** One task after the other until the signal aborts; what each came to. */
  lookIn(endpoint: EnvironmentEndpoint, signal: AbortSignal): Promise<readonly Visit[]>;
  close(): Promise<void>;
}

const DEADLINE_MS = 60_000;

export function openAgent(testEnvironment: TestEnvironment): MatrixAgent {
  const logger = createLogger({ name: 'agent', level: 'silent' });
  const metrics = createMetrics();
  const { RCM_CHROMIUM_PATH: executablePath } = process.env;
  const browser = createBrowserPool({ maxContexts: 4, logger, ...(executablePath ? { executablePath } : {}) });
  const { region, endpoint, kmsKeyArn: kmsKeyId } = testEnvironment.aws;
  const stores = createTenantStores({
    region,
    endpoint,
    kmsKeyId,
    environment: testEnvironment.environmentName,
    roleArn: testEnvironment.aws.tenantRoleArn('agent'),
    credentials: testEnvironment.aws.taskCredentials(taskRoleName('agent')),
    vault: { address: testEnvironment.vault.address, mount: testEnvironment.vault.mount, appRole: appRoleFolder(testEnvironment.vault.folderOf('agent')) },
  });
  const sessions = new SessionCache({ maxSessions: 1, idleMs: 1_000 });
  const credentials = createCredentialManager({ stores, metrics });
  const access: AgentAccess = {
    db: testEnvironment.databaseAs('rcm_agent'),
    clock: systemClock,
    logger,
    credentials,
    drivers: new Drivers(browser, logger, metrics),
    sessions,
    lease: { ttlMs: TIMING.leaseTtlMs, waitMs: 30_000, pollMs: 250 },
    login: { loginDeadlineMs: DEADLINE_MS, totpWaitMs: 2 * DEADLINE_MS, personWaitMs: 60_000 },
    illness: { windowMs: TIMING.lockoutWindowMs, suspects: 3 },
    keys: testEnvironment.identityKeys,
  };
  const visit = async ({ id: endpointId, orgId, secretArn }: EnvironmentEndpoint, signal: AbortSignal): Promise<Visit> => {
    // A case is much shorter than what is cached: here every task finds its cache grown too old.
    credentials.invalidate({ reference: parseReference(secretArn) });
    try {
      return await withAgentSession(access, { orgId, endpointId, holder: 'agent', signal }, async () => ({ value: 'in', session: 'close' }));
    } catch (error) {
      if (isRcmError(error)) return error.code;
      throw error;
    }
  };
  return {
    visit: (at) => visit(at, new AbortController().signal),
    async lookIn(at, signal) {
      const visits: Visit[] = [];
      while (!signal.aborted) {
        visits.push(await visit(at, new AbortController().signal));
        await delay(TIMING.visitPauseMs);
      }
      return visits;
    },
    async close() {
      await sessions.close();
      await browser.close();
      await stores.close();
    },
  };
}
