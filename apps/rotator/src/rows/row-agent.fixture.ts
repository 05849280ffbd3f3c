import {
  appRoleFolder,
  createCredentialManager,
  createTenantStores,
  type IdentityKeys,
  parseReference,
  referenceKey,
  type SecretReference,
  type StoredSecret,
  type TenantStores,
} from '@rcm/credentials';
import { type AgentAccess, type Drivers, SessionCache, withAgentSession } from '@rcm/portal-access';
import { createLogger, createMetrics, isRcmError, systemClock } from '@rcm/telemetry';
import { type RotatorEnvironment } from '../testing.fixture.ts';

/** Stores whose next read of a secret shows what `before` holds of it. */
const behind = (stores: TenantStores, before: Map<string, StoredSecret>): TenantStores => ({
  close: () => stores.close(),
  forTenant(orgId) {
    const store = stores.forTenant(orgId);
    return {
      ...store,
      async readMany(references: readonly SecretReference[], ...rest) {
        const answers = [...(await store.readMany(references, ...rest))].map(([key, answer]) => [key, before.get(key) ?? answer] as const);
        for (const [key] of answers) before.delete(key);
        return new Map(answers);
      },
    };
  },
});

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
  const before = new Map<string, StoredSecret>();
  const sessions = new SessionCache({ maxSessions: 1, idleMs: 60_000 });
  const credentials = createCredentialManager({ stores: behind(stores, before), metrics });
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
    /** Its next read of this secret shows what lay there before. */
    readsOnce(endpointId: string, secret: StoredSecret): void {
      before.set(referenceKey(parseReference(testEnvironment.endpoint(endpointId).secretArn)), secret);
    },
    async close(): Promise<void> {
      await sessions.close();
      await stores.close();
    },
  };
}
