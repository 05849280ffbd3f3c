import {
  createCredentialManager,
  createTenantStores,
  credentialReference,
  formatReference,
  parsePayload,
  secretPlaces,
  serializePayload,
} from '@rcm/credentials';
import { taskRoleName } from '@rcm/credentials/policies';
import { fingerprintKeys, rowFingerprint, vocabularyOf } from '@rcm/credentials/legacy';
import { insertEndpoint } from '@rcm/db/admin';
import { recordMigrated } from '@rcm/db/migration';
import type { PortalDriver } from '@rcm/portal-drivers';
import { createLogger, createMetrics, type Metrics, Secret, systemClock } from '@rcm/telemetry';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { accountOf } from './account.ts';
import { withAgentSession } from './agent-session.ts';
import type { AgentAccess } from './agent-access.ts';
import type { Drivers } from './drivers.ts';
import type { LegacyReading } from './legacy-reading.ts';
import { SessionCache } from './session-cache.ts';

/** A portal that keeps its own record. */
export interface Portal {
  readonly passwords: Map<string, string>;
  /** Every password that was sent, in order. */
  readonly sent: { readonly username: string; readonly password: string; readonly ok: boolean }[];
  /** What happens before the portal hears of a login. */
  beforeLogin: () => Promise<void>;
}

export interface LegacyEnvironment {
  readonly testEnvironment: TestEnvironment;
  readonly portal: Portal;
  readonly access: AgentAccess;
  readonly metrics: Metrics;
  /** What the agent has logged. */
  readonly log: string[];
  /** A row with a login in it, written by any hand, and the account at the portal. */
  row(id: string, credentials: unknown, account?: { readonly username: string; readonly password: string }): Promise<void>;
  /** A person writes another login into a row. */
  edit(id: string, credentials: unknown): Promise<void>;
  /** What lies where a migration would put it; its version. */
  store(id: string, payload: Readonly<Record<string, unknown>>): Promise<string>;
  /** What a migration ends with. */
  migrated(id: string, account: { readonly username: string; readonly password: string }, version: string): Promise<void>;
  /** One task's visit: `visited`, or the code and reason of why not. */
  visit(id: string, with_?: Partial<AgentAccess>, orgId?: string): Promise<string>;
  close(): Promise<void>;
}

export async function openLegacyEnvironment(): Promise<LegacyEnvironment> {
  const testEnvironment = await openTestEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200, lockoutThreshold: 3, lockoutMargin: 1 } });
  const portal: Portal = { passwords: new Map(), sent: [], beforeLogin: () => Promise.resolve() };
  const [metrics, log] = [createMetrics(), [] as string[]];
  const config = testEnvironment.environmentOf('rcm_agent');
  const stores = createTenantStores({
    ...{
      region: testEnvironment.aws.region,
      endpoint: testEnvironment.aws.endpoint,
      environment: testEnvironment.environmentName,
      kmsKeyId: testEnvironment.aws.kmsKeyArn,
    },
    roleArn: testEnvironment.aws.tenantRoleArn('agent'),
    credentials: testEnvironment.aws.taskCredentials(taskRoleName('agent')),
  });
  const legacy: LegacyReading = {
    vocabulary: vocabularyOf(),
    places: secretPlaces({ RCM_AWS_REGION: testEnvironment.aws.region, RCM_AWS_ACCOUNT_ID: config.RCM_AWS_ACCOUNT_ID } as Parameters<typeof secretPlaces>[0]),
    environment: testEnvironment.environmentName,
  };
  const access: AgentAccess = {
    db: testEnvironment.databaseAs('rcm_agent'),
    clock: systemClock,
    logger: createLogger({ name: 'test', level: 'trace', destination: { write: (line: string) => void log.push(line) } }),
    metrics,
    credentials: createCredentialManager({ stores, metrics: createMetrics() }),
    drivers: { for: () => driverOf(portal) } as unknown as Drivers,
    sessions: new SessionCache({ maxSessions: 50, idleMs: 600_000 }),
    lease: { ttlMs: 30_000, waitMs: 500, pollMs: 50 },
    login: { loginDeadlineMs: 60_000, totpWaitMs: 60_000, personWaitMs: 60_000 },
    illness: { windowMs: 600_000, suspects: 3 },
    keys: testEnvironment.identityKeys,
    legacy,
  };
  const type = async () => (await testEnvironment.db.transaction('no tenant', (tx) => tx.portalType.findUniqueOrThrow({ where: { code: 'alpine' } }))) as never;
  const reference = (id: string) => {
    const [place] = legacy.places;
    if (!place) throw new Error('no place');
    return credentialReference({ ...place, environment: testEnvironment.environmentName, orgId: testEnvironment.orgId, endpointId: id, portalAccountId: id });
  };
  const textOf = (payload: Readonly<Record<string, unknown>>) => serializePayload(parsePayload(new Secret(JSON.stringify(payload))));
  return {
    ...{ testEnvironment, portal, access, metrics, log },
    async row(id, credentials, account) {
      const { hosts } = (await type()) as { hosts: string[] };
      const config = new Secret({ credentials, timeout: 5 });
      await insertEndpoint(testEnvironment.db, {
        id,
        orgId: testEnvironment.orgId,
        portalTypeCode: 'alpine',
        accountId: id,
        baseUrl: `http://${hosts[0]}/`,
        config,
      });
      if (account) portal.passwords.set(account.username, account.password);
    },
    async edit(id, credentials) {
      const text = JSON.stringify(credentials);
      await testEnvironment.db.transaction(
        'every tenant',
        (tx) => tx.$executeRaw`UPDATE integration_endpoint SET config = jsonb_set(config, '{credentials}', ${text}::jsonb) WHERE id = ${id}`,
      );
    },
    async store(id, payload) {
      const tags = { TenantId: testEnvironment.orgId, Environment: testEnvironment.environmentName, PortalType: 'alpine' };
      return (await testEnvironment.stores.forTenant(testEnvironment.orgId).create(reference(id), textOf(payload), tags)).version;
    },
    async migrated(id, account, version) {
      const names = accountOf(
        testEnvironment.identityKeys,
        { baseUrl: 'http://portal.example/', portalType: await type() },
        parsePayload(textOf(account)),
      ).names;
      const [held] = await testEnvironment.db.transaction(
        'every tenant',
        (tx) => tx.$queryRaw<{ text: string }[]>`SELECT (config->'credentials')::text AS text FROM integration_endpoint WHERE id = ${id}`,
      );
      const fingerprintOf = rowFingerprint(fingerprintKeys(testEnvironment.identityKeys), id);
      const row = { fingerprintOf, fingerprint: fingerprintOf(new Secret(held?.text ?? ''))[0] ?? null };
      const place = { endpointId: id, orgId: testEnvironment.orgId, secretArn: formatReference(reference(id)), version };
      const recorded = await recordMigrated(testEnvironment.db, { ...place, loginIdentity: names[0]?.id ?? '', fingerprint: 'f', row });
      if (recorded !== 'recorded') throw new Error(`not recorded: ${recorded}`);
    },
    async visit(id, more = {}, orgId = testEnvironment.orgId) {
      const visit = { orgId, endpointId: id, holder: 'web-agent@test:1', signal: new AbortController().signal };
      return withAgentSession({ ...access, ...more }, visit, async () => ({ value: 'visited', session: 'close' })).catch(
        (error: Error & { code?: string; details?: { reason?: unknown } }) => [error.code ?? String(error), error.details?.reason].filter(Boolean).join(' '),
      );
    },
    async close() {
      await access.sessions.close();
      await stores.close();
      await testEnvironment.close();
    },
  };
}

const driverOf = (portal: Portal): PortalDriver => ({
  hash: 'f'.repeat(64),
  openSession: async () => ({
    async login({ credential, beforeSubmit }) {
      await beforeSubmit();
      await portal.beforeLogin();
      const [username, password] = [credential.username.reveal(), credential.password.reveal()];
      const ok = portal.passwords.get(username) === password;
      portal.sent.push({ username, password, ok });
      return { outcome: ok ? { kind: 'accepted' } : { kind: 'rejected' }, submitted: true };
    },
    changePassword: () => Promise.reject(new Error('nobody changes a password here')),
    runTask: () => Promise.reject(new Error('nobody has a task here')),
    isLoggedIn: async () => true,
    close: async () => undefined,
  }),
});
