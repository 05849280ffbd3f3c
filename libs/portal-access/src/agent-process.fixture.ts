import { appRoleFolder, createCredentialManager, createTenantStores } from '@rcm/credentials';
import { type BrowserPool, createBrowserPool } from '@rcm/portal-drivers';
import { createLogger, createMetrics, type Logger, type Metrics, systemClock } from '@rcm/telemetry';
import type { TestEnvironment } from '@rcm/test-environment';
import type { AgentAccess } from './agent-access.ts';
import { Drivers } from './drivers.ts';

export function openBrowser(maxContexts: number): BrowserPool {
  const logger = createLogger({ name: 'test', level: 'silent' });
  return createBrowserPool({ maxContexts, logger, ...(process.env.RCM_CHROMIUM_PATH ? { executablePath: process.env.RCM_CHROMIUM_PATH } : {}) });
}

/** As an agent's process reaches the tenants' secrets. */
export const asAgent = ({ aws, vault, environmentName }: TestEnvironment) => ({
  ...{ region: aws.region, endpoint: aws.endpoint, environment: environmentName, kmsKeyId: aws.kmsKeyArn },
  ...{ roleArn: aws.tenantRoleArn('agent'), credentials: aws.taskCredentials('rcm-agent-task') },
  vault: { address: vault.address, mount: vault.mount, appRole: appRoleFolder(vault.folderOf('agent')) },
});

interface Shared {
  readonly environment: TestEnvironment;
  readonly browser: BrowserPool;
  readonly logger: Logger;
  readonly metrics?: Metrics;
}

/** An agent's process: it has its own cache and sessions, and shares database and store alone. */
export function agentProcess(
  { environment, browser, logger, metrics = createMetrics() }: Shared,
  own: Pick<AgentAccess, 'sessions' | 'lease' | 'login'> & Partial<AgentAccess>,
): AgentAccess {
  return {
    db: environment.databaseAs('rcm_agent'),
    clock: systemClock,
    logger,
    credentials: createCredentialManager({ stores: createTenantStores(asAgent(environment)), metrics }),
    drivers: new Drivers(browser, logger, metrics),
    illness: { windowMs: 600_000, suspects: 3 },
    keys: environment.identityKeys,
    ...own,
  };
}
