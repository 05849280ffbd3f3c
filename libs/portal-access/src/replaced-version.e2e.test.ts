import { createCredentialManager, createTenantStores, parseReference, type SecretReference, type StoredSecret, type TenantStores } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { listWantedSearches } from '@rcm/db/rotation';
import type { BrowserPool } from '@rcm/portal-drivers';
import { createLogger, createMetrics } from '@rcm/telemetry';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { agentProcess, asAgent, openBrowser } from './agent-process.fixture.ts';
import { withAgentSession } from './agent-session.ts';
import { currentOf, rotateWithoutBrowser } from './rotated.fixture.ts';
import { SessionCache } from './session-cache.ts';

let environment: TestEnvironment;
let browser: BrowserPool;
beforeAll(async () => {
  environment = await openTestEnvironment({ endpoints: ['alpine'] });
  browser = openBrowser(2);
});
afterAll(async () => {
  await browser?.close();
  await environment?.close();
});

/** The first read of a secret still shows what lay there `before`. */
function behindOnce(stores: TenantStores, before: StoredSecret): TenantStores {
  let isBehind = true;
  return {
    close: () => stores.close(),
    forTenant(orgId) {
      const store = stores.forTenant(orgId);
      return {
        ...store,
        async readMany(references: readonly SecretReference[], ...rest) {
          const answers = await store.readMany(references, ...rest);
          if (!isBehind) return answers;
          isBehind = false;
          return new Map([...answers.keys()].map((key) => [key, before]));
        },
      };
    },
  };
}

it.each(['ssm', 'secrets-manager'] as const)('a store that still answers what the first rotation replaced has nobody type it (%s)', async (backend) => {
  const endpoint = await environment.addEndpoint('alpine', backend);
  const before = await currentOf(environment, endpoint);
  await rotateWithoutBrowser(environment, endpoint, 'First-rotation-1');
  const rotated = await currentOf(environment, endpoint);
  const access = agentProcess(
    { environment, browser, logger: createLogger({ name: 'test', level: 'silent' }) },
    {
      sessions: new SessionCache({ maxSessions: 1, idleMs: 60_000 }),
      lease: { ttlMs: 10_000, waitMs: 500, pollMs: 50 },
      login: { loginDeadlineMs: 60_000, totpWaitMs: 60_000, personWaitMs: 60_000 },
      credentials: createCredentialManager({ stores: behindOnce(createTenantStores(asAgent(environment)), before), metrics: createMetrics() }),
    },
  );
  const place = { orgId: endpoint.orgId, endpointId: endpoint.id };
  const visit = () =>
    withAgentSession(access, { ...place, holder: 'test-agent', signal: new AbortController().signal }, () =>
      Promise.resolve({ value: 'visited', session: 'close' as const }),
    );
  const versionOfRow = async () => (await getEndpoint(environment.db, place))?.currentVersion;
  expect(parseReference(endpoint.secretArn).store).toBe(backend);

  await expect(visit()).rejects.toMatchObject({ code: 'login_not_allowed', details: { reason: 'replaced_by_rotation' } });
  expect(await versionOfRow()).toBe(rotated.version);
  // Where a person has gone back to it, only a rotator finds out.
  const wanted = await listWantedSearches(environment.db, { limit: 100, pauseMs: 0 });
  expect(wanted.map(({ endpointId }) => endpointId)).toContain(endpoint.id);

  expect(await visit()).toBe('visited');
  expect(await versionOfRow()).toBe(rotated.version);
  expect(await environment.portals.account(endpoint.portal, endpoint.username)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0 });
});
