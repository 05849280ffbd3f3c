import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference, type StoredSecret } from '@rcm/credentials';
import { openDatabase } from '@rcm/db';
import { askAct, listAskedActs, sealTypedLogin, typeLogin, typingKey, type TypingOf } from '@rcm/db/acts';
import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { planRotation } from '@rcm/db/rotation';
import { urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { openRotatorEnvironment } from '../testing.fixture.ts';

export const JANE = 'person:oidc:https://id.example#jane';
export const NEW = 'Chosen-At-The-Portal-7';

/** What Jane types; `other`: sealed as if it were for something else. */
export interface Typed {
  readonly password?: string;
  readonly seed?: string;
  readonly other?: Partial<TypingOf>;
}

export type TypingEnvironment = Awaited<ReturnType<typeof openTypingEnvironment>>;

/** A rotator's environment with a console's page, at which Jane asks for logins to be set and types them. */
export async function openTypingEnvironment() {
  const opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  const page = openDatabase({ url: urlFor('rcm_console', opened.testEnvironment.databaseUrl), applicationName: 'console', role: 'rcm_console' });

  const ask = ({ orgId, id }: EnvironmentEndpoint) => askAct(page, { orgId, endpointId: id, kind: 'set', actor: JANE, reason: 'read from the letter' });
  /** As a page does it. */
  async function type({ orgId }: EnvironmentEndpoint, id: string, { password = NEW, seed = '', other = {} }: Typed = {}): Promise<void> {
    const key = await typingKey(page, { id, orgId, actor: JANE });
    if (!key) throw new Error('there is no such request');
    const sealed = sealTypedLogin(key.publicKey, { ...key, ...other }, { password: new Secret(password), seed: new Secret(seed) });
    await typeLogin(page, { id, orgId, actor: JANE, sealed });
  }
  const triesOf = async (at: EnvironmentEndpoint) => (await opened.testEnvironment.portals.history(at)).tries.map(({ ended }) => ended);
  const actsOf = async ({ orgId, id }: EnvironmentEndpoint) => listAskedActs(page, { orgId, endpointId: id, limit: 5 });
  const keys = () => opened.sql('SELECT request_id FROM login_typing', []);
  async function currentOf({ orgId, secretArn }: EnvironmentEndpoint): Promise<StoredSecret> {
    const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(secretArn));
    if (!current) throw new Error('the secret is gone');
    return current;
  }
  const payloadOf = async (at: EnvironmentEndpoint) => parsePayload((await currentOf(at)).text).reveal();
  /** What a login is and has met, without who looked at it. */
  const kept = async (at: EnvironmentEndpoint) => {
    const { secret, logins, attempts } = (await opened.snapshot(at.id)) as { readonly secret: unknown; readonly logins: unknown; readonly attempts: unknown };
    return { secret, logins, attempts };
  };
  async function exclusiveOf(at: EnvironmentEndpoint) {
    const lease = await acquireExclusiveLease(opened.rotator.db, { orgId: at.orgId, endpointId: at.id, holder: 'another', ttlMs: 3_600_000, wantMs: 0 });
    if (!lease.granted) throw new Error(lease.reason);
    return lease.lease;
  }
  async function rotationOf(at: EnvironmentEndpoint): Promise<void> {
    const lease = await exclusiveOf(at);
    await planRotation(opened.rotator.db, {
      ...{
        attemptId: randomUUID(),
        leaseId: lease.id,
        fence: lease.fence,
        endpointId: at.id,
        orgId: at.orgId,
        owner: 'another',
        reason: 'due',
        recipeHash: 'h',
      },
      baseVersion: (await currentOf(at)).version,
    });
    await releaseLease(opened.rotator.db, { orgId: at.orgId, leaseId: lease.id });
  }

  return {
    opened,
    ask,
    type,
    triesOf,
    actsOf,
    keys,
    currentOf,
    payloadOf,
    kept,
    exclusiveOf,
    rotationOf,
    setAtPortal: ({ portal, username }: EnvironmentEndpoint, password: string) => opened.testEnvironment.portals.createAccount({ portal, username, password }),
    async close() {
      await page.close();
      await opened.close();
    },
  };
}
