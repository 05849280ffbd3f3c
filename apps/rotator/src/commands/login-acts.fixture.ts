import { parsePayload, parseReference, serializePayload, type StoredSecret } from '@rcm/credentials';
import { withExclusiveLease } from '@rcm/db/holding';
import { acquireExclusiveLease } from '@rcm/db/leases';
import { migratedEndpoint } from '@rcm/portal-access';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { leaseRequest } from '../lease-request.ts';
import { mendWanted } from '../mending/mend-wanted.ts';
import { proveLogin } from '../prove-login.ts';
import type { RotatorEnvironment } from '../testing.fixture.ts';

export type LoginActs = ReturnType<typeof actsOn>;

/** What persons, agents and portals do to a login of this environment. */
export function actsOn(opened: RotatorEnvironment) {
  const { portals } = opened.testEnvironment;

  async function currentOf({ orgId, secretArn }: EnvironmentEndpoint): Promise<StoredSecret> {
    const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(secretArn));
    if (!current) throw new Error('the secret is gone');
    return current;
  }

  /** A person saves the secret. */
  async function edit(at: EnvironmentEndpoint, change: object): Promise<void> {
    const current = await currentOf(at);
    const text = serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, ...change })));
    await opened.rotator.stores.forTenant(at.orgId).replace(parseReference(at.secretArn), text, current.version);
  }

  /** One login with what is current, as agents and rotators make it. The code of its error, or `none`. */
  async function logIn(at: EnvironmentEndpoint): Promise<string> {
    const { rotator: own } = opened;
    const endpoint = await migratedEndpoint(own.db, { orgId: at.orgId, endpointId: at.id });
    const { text, version } = await currentOf(at);
    return withExclusiveLease(leaseRequest(own, endpoint, new AbortController().signal), (held) =>
      proveLogin(own, endpoint, held, { stored: text, version, actor: 'rotator', what: 'the stored password' }).then(
        () => 'none',
        (error: { code: string }) => error.code,
      ),
    );
  }

  /** The round of a rotator that sees to what people's words left for later. */
  const mend = () => mendWanted(opened.rotator, { limit: 10, pauseMs: 0, signal: new AbortController().signal });

  /** Somebody has the login for themselves, for a minute. */
  async function exclusiveOf({ orgId, id }: EnvironmentEndpoint) {
    const answer = await acquireExclusiveLease(opened.testEnvironment.db, { orgId, endpointId: id, holder: 'test', ttlMs: 60_000, wantMs: 1_000 });
    if (!answer.granted) throw new Error('the login is in use');
    return answer.lease;
  }

  return {
    currentOf,
    edit,
    exclusiveOf,
    logIn,
    mend,
    passwordOf: async (at: EnvironmentEndpoint): Promise<string> => parsePayload((await currentOf(at)).text).reveal().password,
    setAtPortal: ({ portal, username }: EnvironmentEndpoint, password: string) => portals.createAccount({ portal, username, password }),
    account: ({ portal, username }: EnvironmentEndpoint) => portals.account(portal, username),
    triesOf: async (at: EnvironmentEndpoint) => (await portals.history(at)).tries.filter(({ by }) => by === 'visitor').map(({ ended }) => ended),
  };
}
