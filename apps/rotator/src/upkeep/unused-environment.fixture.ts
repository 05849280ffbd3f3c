import { formatReference, loginIdentity, parseReference } from '@rcm/credentials';
import { type Database, openDatabase } from '@rcm/db';
import { upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { listDueEndpoints, listOpenAttempts } from '@rcm/db/rotation';
import { ALLOWED, asSuperuser, migrateWithLogins, urlFor } from '@rcm/db/testing';
import { createLogger, Secret, systemClock } from '@rcm/telemetry';
import { freshDatabase, ownClock } from '@rcm/test-services';
import { rotateLogin } from '../rotate.ts';
import type { Rotator } from '../rotator.ts';
import { keepAlive } from './keep-alive.ts';
import { KeptSecrets } from './kept-secrets.fixture.ts';
import { FORGETS_AFTER_S, LOCKS_AFTER, UnusedPortals } from './unused-portals.fixture.ts';

const DAY_MS = 86_400_000;
const ORG = 'hospital-one';
const SPREAD_DAYS = 20;
/** As many rotations, or logins, at once. */
const HANDS = 4;
/** For so long what the portal has disabled is still tried; then its people have been told, and nothing more is seen of it. */
const GIVEN_UP_AFTER_DAYS = 10;
/** What the server does by itself at leisure, and has no time for where a day takes seconds: without it each plan is made for empty tables. */
const TIDY_EVERY_DAYS = 10;
const TIDY = 'VACUUM (ANALYZE) integration_endpoint, login_identity, login_attempt, rotation_attempt, login_lease, portal_gate';

/** Portals that disable an account after so many days without a login, and where it is rotated so often. */
export interface PortalKind {
  readonly dormantDays: number;
  /** Up to 20 days less, each login its own. Default: 60. */
  readonly rotatedDays?: number;
}

const usernameOf = (endpointId: string): string => endpointId.replace('login', 'user');
const codeOf = ({ dormantDays, rotatedDays = 60 }: PortalKind): string => `after-${dormantDays}-${rotatedDays}`;

export interface UnusedEnvironment {
  readonly rotator: Rotator;
  readonly db: Database;
  /** As the owner of the tables. */
  readonly owner: Database;
  /** Their accounts are `user-0` and on, at one kind of portal after the other. */
  readonly portals: UnusedPortals;
  /** Days since it began. */
  readonly day: number;
  pass(days: number): Promise<void>;
  /** Rotations that are due or wait. */
  rotateDue(): Promise<void>;
  /** Logins that are due because nobody made one: the accounts that were let in. */
  keepAlive(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Logins that nobody uses, at portals of several kinds; real tables, leases, ledger and journal, and time that passes when a test says so. */
export async function openUnusedEnvironment({
  logins,
  kinds,
  verifyEveryDays,
}: {
  readonly logins: number;
  readonly kinds: readonly PortalKind[];
  /** Portals that disable nothing, and whose type asks for this. Default: they say after how many days they disable. */
  readonly verifyEveryDays?: number;
}): Promise<UnusedEnvironment> {
  const database = await freshDatabase({ migrate: migrateWithLogins });
  const clock = await ownClock(database.url);
  let day = 0;
  const now = (): number => Date.now() + day * DAY_MS;
  const owner = openDatabase({ url: database.url, applicationName: 'test owner', clock: now });
  const db = openDatabase({ url: urlFor('rcm_rotator', database.url), applicationName: 'test rotator', role: 'rcm_rotator', maxConnections: 8, clock: now });
  const keys = { current: { id: '1', key: new Secret('a key that is for this test and no other') } };
  const began = Date.now();
  const portals = new UnusedPortals(() => day * DAY_MS + Date.now() - began);
  const store = new KeptSecrets();

  await upsertOrganization(owner, { id: ORG, name: 'Hospital One' });
  for (const kind of kinds)
    await upsertPortalType(owner, {
      ...{ code: codeOf(kind), name: codeOf(kind), hosts: [`${codeOf(kind)}.example`], driver: 'recipe', recipe: { login: [] } },
      ...{ passwordRules: 'minlength: 12; maxlength: 20; required: digit', rotationMode: 'automatic' },
      ...{ rotationIntervalDays: kind.rotatedDays ?? 60, rotationSpreadDays: SPREAD_DAYS },
      ...{ lockoutThreshold: LOCKS_AFTER, lockoutMargin: 1, lockoutWindowSeconds: FORGETS_AFTER_S, propagationDelayMs: 0, totpSkew: 0, totpPeriodSeconds: 30 },
      ...{ maxSessionsPerAccount: 1, maxConcurrency: 50, ...(verifyEveryDays === undefined ? { dormantAfterDays: kind.dormantDays } : { verifyEveryDays }) },
      ...ALLOWED,
    });
  const rows = Array.from({ length: logins }, (_, n) => {
    const kind = kinds[n % kinds.length] ?? { dormantDays: 30 };
    const [username, id, password, code] = [`user-${n}`, `login-${n}`, `first-of-${n}-12345`, codeOf(kind)];
    const { id: identity } = loginIdentity(keys, { realm: code, usernameCase: 'exact' }, username);
    const arn = parseReference(`arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/${ORG}/endpoints/${id}/${id}`);
    portals.add(username, { password, dormantDays: kind.dormantDays });
    store.put(arn, JSON.stringify({ username, password }));
    // Some are due soon, some as late as a rotation may be.
    const first = 5 + (n % ((kind.rotatedDays ?? 60) - 5));
    return { id, code, identity, arn: formatReference(arn), first };
  });
  await owner.transaction('every tenant', async (tx) => {
    await tx.$executeRaw`INSERT INTO login_identity (id) SELECT unnest(${rows.map(({ identity }) => identity)}::text[])`;
    await tx.$executeRaw`
      INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity, rotation_status, next_rotation_at)
      SELECT r.id, ${ORG}, r.code, r.id, 'https://' || r.code || '.example/', r.arn, '1', r.identity, 'active', now() + make_interval(days => r.first)
        FROM unnest(${rows.map(({ id }) => id)}::text[], ${rows.map(({ code }) => code)}::text[], ${rows.map(({ arn }) => arn)}::text[],
                    ${rows.map(({ identity }) => identity)}::text[], ${rows.map(({ first }) => first)}::int[]) AS r (id, code, arn, identity, first)`;
  });

  const rotator: Rotator = {
    ...{
      db,
      clock: { ...systemClock, now: () => new Date(now()) },
      logger: createLogger({ name: 'test', level: 'silent' }),
      keys,
      environment: 'test',
      owner: 'rotator-1',
    },
    drivers: { for: () => portals.driver, inspect: () => Promise.resolve([]) },
    stores: { forTenant: () => store, close: async () => undefined },
    lease: { ttlMs: 60_000, waitMs: 5_000, pollMs: 20 },
    rules: { canary: false, probeMs: 60_000, lastingMs: 60_000 },
    breaker: { windowMs: 600_000, suspects: 3, failures: 1_000_000 },
    timing: {
      loginDeadlineMs: 60_000,
      totpWaitMs: 1_000,
      personWaitMs: 1_000,
      submitDeadlineMs: 30_000,
      retryMs: 1_000,
      maxTries: 5,
      abandonedPauseMs: 3_600_000,
      giveUpMs: 60 * DAY_MS,
    },
  };
  const signal = new AbortController().signal;
  let tidied = Number.NEGATIVE_INFINITY;
  return {
    rotator,
    db,
    owner,
    portals,
    get day() {
      return day;
    },
    async pass(days) {
      day += days;
      await clock.setAhead(day * (DAY_MS / 1000));
      portals.sweep();
      if (day - tidied < TIDY_EVERY_DAYS) return;
      tidied = day;
      await asSuperuser(database.url, [TIDY]);
    },
    async rotateDue() {
      const isWorthIt = ({ endpointId }: { readonly endpointId: string }) => !portals.isLost(usernameOf(endpointId), GIVEN_UP_AFTER_DAYS);
      const due = (await listDueEndpoints(db, { limit: logins })).map(({ id, orgId }) => ({ endpointId: id, orgId }));
      // What waits for portals that are down waits on: of a few it is seen as well as of all.
      const waiting = await listOpenAttempts(db, { ownerGone: true, after: null, limit: portals.isUp ? logins : 20 });
      await byHands(due.filter(isWorthIt), (login) => rotateLogin(rotator, { ...login, reason: 'due', signal }));
      await byHands(waiting.filter(isWorthIt), ({ endpointId, orgId }) => rotateLogin(rotator, { orgId, endpointId, reason: 'recovery', signal }));
    },
    async keepAlive() {
      const letIn: string[] = [];
      const ask = async (limit: number): Promise<number> => {
        const made = await keepAlive(rotator, { limit, signal });
        letIn.push(...made.filter(({ result }) => result === 'kept').map(({ endpointId }) => usernameOf(endpointId)));
        return made.length;
      };
      // Most times there is nothing to do: one asks before all do.
      while ((await ask(1)) > 0) await Promise.all(Array.from({ length: HANDS }, () => ask(50)));
      return letIn;
    },
    async close() {
      await Promise.all([owner.close(), db.close()]);
      await database.drop();
    },
  };
}

async function byHands<T>(all: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  const each = all.values();
  await Promise.all(
    Array.from({ length: HANDS }, async () => {
      for (const one of each) await work(one);
    }),
  );
}
