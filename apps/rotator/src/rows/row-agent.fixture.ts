import { appRoleFolder, createCredentialManager, createTenantStores, type IdentityKeys, parseReference } from '@rcm/credentials';
import { type AgentAccess, type Drivers, SessionCache, withAgentSession } from '@rcm/portal-access';
import { createLogger, createMetrics, isRcmError, systemClock } from '@rcm/telemetry';
import { type RotatorEnvironment } from '../testing.fixture.ts';

/** An agent as its own process has everything: its role in the database, its role in the stores, its sessions. The browser is the rotator's: to start another costs as much as a login. */
export function openAgent({ testEnvironment, rotator }: RotatorEnvironment) {
  const logger = createLogger({ name: 'agent', level: 'silent' });
  const metrics = createMetrics();
  const stores = createTenantStores({
    region: testEnvironment.aws.region,
    endpoint: testEnvironment.aws.endpoint,
    environment: testEnvironment.environmentName,
    roleArn: testEnvironment.aws.tenantRoleArn('agent'),
    kmsKeyId: testEnvironment.aws.kmsKeyArn,
    credentials: testEnvironment.aws.taskCredentials('rcm-agent-task'),
    vault: { address: testEnvironment.vault.address, mount: testEnvironment.vault.mount, appRole: appRoleFolder(testEnvironment.vault.folderOf('agent')) },
    furtherPlaces: testEnvironment.further.map(({ accountId, region, endpoint, kmsKeyArn }) => ({ accountId, region, endpoint, kmsKeyId: kmsKeyArn })),
  });
  const sessions = new SessionCache({ maxSessions: 1, idleMs: 60_000 });
  const credentials = createCredentialManager({ stores, metrics });
  const access: AgentAccess = {
    db: testEnvironment.databaseAs('rcm_agent'),
    clock: systemClock,
    logger,
    credentials,
    drivers: rotator.drivers as Drivers,
    sessions,
    lease: { ttlMs: 60_000, waitMs: 60_000, pollMs: 50 },
    login: { loginDeadlineMs: 60_000, totpWaitMs: 120_000, personWaitMs: 60_000 },
    illness: rotator.breaker,
    keys: rotator.keys,
  };
  return {
    visit(endpointId: string, keys: IdentityKeys = rotator.keys): Promise<string> {
      // What was cached is older than a cache keeps it: the time that passes here is not the cache's.
      credentials.invalidate({ reference: parseReference(testEnvironment.endpoint(endpointId).secretArn) });
      const place = { orgId: testEnvironment.orgId, endpointId, holder: 'agent', signal: new AbortController().signal };
      return withAgentSession({ ...access, keys }, place, async () => ({ value: 'in', session: 'close' as const })).catch((error: unknown) => {
        if (isRcmError(error)) return error.code;
        throw error;
      });
    },
    async close(): Promise<void> {
      await sessions.close();
      await stores.close();
    },
  };
}
