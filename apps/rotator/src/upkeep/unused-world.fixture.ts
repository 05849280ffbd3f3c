import { createHash } from 'node:crypto';
import { formatReference, loginIdentity, parsePayload, parseReference, type SecretStore, type StagedSlot, type StoredSecret } from '@rcm/credentials';
import { type Database, listDueEndpoints, listOpenAttempts, openDatabase, upsertOrganization, upsertPortalType } from '@rcm/db';
import { ALLOWED, migrateWithLogins, urlFor } from '@rcm/db/testing';
import type { ChangeOutcome, LoginOutcome, PortalDriver } from '@rcm/portal-drivers';
import { createLogger, RcmError, Secret, systemClock } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import { rotateLogin, type Rotator } from '../rotate.ts';

const DAY_MS = 86_400_000;
const ORG = 'hospital-one';
const LOCKS_AFTER = 4;

/** One account as the portal has it: the judge. Nothing of ours writes it but by logging in and changing the password. */
export interface Account {
  password: string;
  lastLoginAt: number;
  /** When the portal disabled it for want of a login. */
  lapsedAt: number | null;
  failures: number;
  lastFailureAt: number;
  locked: boolean;
  logins: number;
  changes: number;
}

export interface UnusedWorld {
  readonly rotator: Rotator;
  readonly db: Database;
  /** Each of them at a portal that disables after so many days. */
  readonly accounts: ReadonlyMap<string, Account & { readonly dormantDays: number }>;
  /** Days since it began. */
  readonly day: number;
  /** The portals answer, or do not. */
  isUp: boolean;
  pass(days: number): Promise<void>;
  /** Rotations that are due or wait. */
  rotateDue(): Promise<void>;
  close(): Promise<void>;
}

/** Logins that nobody uses, at portals of which each disables after another time; real tables, leases, ledger and journal, and time that passes when a test says so. */
export async function openUnusedWorld({
  logins,
  dormantDays,
  verifyEveryDays,
}: {
  readonly logins: number;
  readonly dormantDays: readonly number[];
  /** Portals that disable nothing, and whose type asks for this. Default: they say after how many days they disable. */
  readonly verifyEveryDays?: number;
}): Promise<UnusedWorld> {
  const database = await freshDatabase({ migrate: migrateWithLogins });
  const owner = openDatabase({ url: database.url, applicationName: 'test owner' });
  const db = openDatabase({ url: urlFor('rcm_rotator', database.url), applicationName: 'test rotator', role: 'rcm_rotator', maxConnections: 8 });
  const keys = { current: { id: '1', key: new Secret('a key that is for this test and no other') } };
  const accounts = new Map<string, Account & { readonly dormantDays: number }>();
  const stored = new Map<string, { text: Secret<string>; version: number; history: Map<string, Secret<string>>; staged: Map<string, Secret<string>> }>();
  let now = 0;
  const state = { isUp: true };

  await upsertOrganization(owner, { id: ORG, name: 'Hospital One' });
  for (const days of dormantDays)
    await upsertPortalType(owner, {
      ...{ code: `after-${days}`, name: `After ${days}`, hosts: [`after-${days}.example`], driver: 'recipe', recipe: { login: [] } },
      ...{ passwordRules: 'minlength: 12; maxlength: 20; required: digit', rotationMode: 'automatic', rotationIntervalDays: 60, rotationSpreadDays: 20 },
      ...{ lockoutThreshold: LOCKS_AFTER, lockoutMargin: 1, lockoutWindowSeconds: 900, settleMs: 0, totpSkew: 0, totpPeriodSeconds: 30 },
      ...{ maxSessionsPerAccount: 1, maxConcurrency: 50, ...(verifyEveryDays === undefined ? { dormantAfterDays: days } : { verifyEveryDays }) },
      ...ALLOWED,
    });
  const rows = Array.from({ length: logins }, (_, n) => {
    const days = dormantDays[n % dormantDays.length] ?? 30;
    const username = `user-${n}`;
    const id = `login-${n}`;
    const { id: identity } = loginIdentity(keys, { realm: `after-${days}`, usernameCase: 'exact' }, username);
    const arn = `arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/${ORG}/endpoints/${id}/${id}`;
    const password = `first-of-${n}-12345`;
    accounts.set(username, {
      password,
      dormantDays: days,
      lastLoginAt: 0,
      lapsedAt: null,
      failures: 0,
      lastFailureAt: Number.NEGATIVE_INFINITY,
      locked: false,
      logins: 0,
      changes: 0,
    });
    stored.set(formatReference(parseReference(arn)), {
      text: new Secret(JSON.stringify({ username, password })),
      version: 1,
      history: new Map(),
      staged: new Map(),
    });
    return { id, code: `after-${days}`, identity, arn };
  });
  await owner.transaction('every tenant', async (tx) => {
    await tx.$executeRaw`INSERT INTO login_identity (id) SELECT unnest(${rows.map(({ identity }) => identity)}::text[])`;
    await tx.$executeRaw`
      INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity, rotation_status, next_rotation_at)
      SELECT r.id, ${ORG}, r.code, r.id, 'https://' || r.code || '.example/', r.arn, '1', r.identity, 'active', now() + make_interval(days => 5 + (r.n % 55)::int)
        FROM unnest(${rows.map(({ id }) => id)}::text[], ${rows.map(({ code }) => code)}::text[], ${rows.map(({ arn }) => arn)}::text[], ${rows.map(({ identity }) => identity)}::text[])
             WITH ORDINALITY AS r (id, code, arn, identity, n)`;
  });

  const sweep = () => {
    for (const account of accounts.values()) if (account.lapsedAt === null && now - account.lastLoginAt > account.dormantDays * DAY_MS) account.lapsedAt = now;
  };
  const answer = (username: string, password: string): LoginOutcome => {
    sweep();
    const account = accounts.get(username);
    if (!account) return { kind: 'unknown', detail: 'no such account' };
    if (account.locked) return { kind: 'locked' };
    if (account.lapsedAt !== null || account.password !== password) {
      // Failures in a row, each forgotten after a quarter of an hour, as its portal type says.
      account.failures = now - account.lastFailureAt < 900_000 ? account.failures + 1 : 1;
      account.lastFailureAt = now;
      account.locked = account.failures >= LOCKS_AFTER;
      return { kind: 'rejected' };
    }
    Object.assign(account, { failures: 0, lastLoginAt: now, logins: account.logins + 1 });
    return { kind: 'accepted' };
  };
  const driver: PortalDriver = {
    hash: createHash('sha256').update('unused').digest('hex'),
    openSession: async () => ({
      async login({ credential, beforeSubmit }) {
        if (!state.isUp) return { outcome: { kind: 'unavailable', detail: 'the portal does not answer' }, submitted: false };
        await beforeSubmit();
        return { outcome: answer(credential.username.reveal(), credential.password.reveal()), submitted: true };
      },
      async changePassword({ credential, newPassword, beforeSubmit }): Promise<ChangeOutcome> {
        await beforeSubmit();
        const account = accounts.get(credential.username.reveal());
        if (account) Object.assign(account, { password: newPassword.reveal(), changes: account.changes + 1 });
        return { kind: 'applied', submitted: true };
      },
      runTask: () => Promise.reject(new Error('nobody has a task here')),
      isLoggedIn: async () => true,
      close: async () => undefined,
    }),
  };

  const of = (reference: Parameters<SecretStore['read']>[0]) => {
    const secret = stored.get(formatReference(reference));
    if (!secret) throw new RcmError('secret_missing', 'There is no such secret.');
    return secret;
  };
  const asStored = (text: Secret<string>, version: string): StoredSecret => ({ text, version });
  const write = (reference: Parameters<SecretStore['read']>[0], text: Secret<string>, base: string) => {
    const secret = of(reference);
    if (String(secret.version) !== base) throw new RcmError('store_conflict', 'Somebody else was first.');
    secret.history.set(base, secret.text);
    Object.assign(secret, { text, version: secret.version + 1 });
    return { version: String(secret.version) };
  };
  const staged = ({ current, attemptId }: StagedSlot) => of(current).staged.get(attemptId) ?? null;
  const store: SecretStore = {
    batchSize: 1,
    read: async (reference) => asStored(of(reference).text, String(of(reference).version)),
    readMany: async () => new Map(),
    readVersion: async (reference, version) => {
      const { history, text, version: latest } = of(reference);
      const kept = String(latest) === version ? text : history.get(version);
      return kept ? asStored(kept, version) : null;
    },
    readBefore: async (reference, version) => store.readVersion(reference, String(Number(version) - 1)),
    create: () => Promise.reject(new Error('nothing is created here')),
    replace: async (reference, text, base) => write(reference, text, base),
    async stage(slot, text) {
      const before = staged(slot);
      if (!before) of(slot.current).staged.set(slot.attemptId, text);
      return { text: before ?? text, adopted: before !== null };
    },
    readStaged: async (slot) => {
      const text = staged(slot);
      return text && asStored(text, '1');
    },
    listStaged: async (current) => [...of(current).staged.keys()],
    rehearse: async () => ({ overwritten: null }),
    async promote(slot, base) {
      const text = staged(slot);
      if (!text) throw new RcmError('secret_missing', 'Nothing is staged.');
      const { text: current, version } = of(slot.current);
      if (parsePayload(current).reveal().metadata?.rotation_attempt_id === slot.attemptId) return { version: String(version) };
      return write(slot.current, text, base);
    },
    discard: async (slot) => void of(slot.current).staged.delete(slot.attemptId),
  };

  const rotator: Rotator = {
    ...{ db, clock: systemClock, logger: createLogger({ name: 'test', level: 'silent' }), keys, environment: 'test', owner: 'rotator-1' },
    drivers: { for: () => driver, inspect: () => Promise.resolve([]) },
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
  const columns = await owner.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ relation: string; name: string }[]>`
      SELECT table_name::text AS relation, column_name::text AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'
         AND table_name IN ('integration_endpoint', 'login_identity', 'login_attempt', 'rotation_attempt', 'portal_gate')`,
  );
  const aging = Object.entries(Object.groupBy(columns, ({ relation }) => relation)).map(
    ([relation, all = []]) => `UPDATE ${relation} SET ${all.map(({ name }) => `${name} = ${name} - make_interval(secs => $1::float8)`).join(', ')}`,
  );
  const signal = new AbortController().signal;
  return {
    rotator,
    db,
    accounts,
    get day() {
      return now / DAY_MS;
    },
    get isUp() {
      return state.isUp;
    },
    set isUp(up) {
      state.isUp = up;
    },
    async pass(days) {
      now += days * DAY_MS;
      sweep();
      await owner.transaction('every tenant', async (tx) => {
        await tx.$executeRaw`DELETE FROM login_attempt WHERE started_at < now() - interval '200 days'`.catch(() => 0);
        for (const statement of aging) await tx.$executeRawUnsafe(statement, days * 86_400);
      });
    },
    async rotateDue() {
      const due = await listDueEndpoints(db, { limit: 500 });
      const waiting = await listOpenAttempts(db, { ownerGone: true, after: null, limit: 500 });
      for (const { id, orgId } of due) await rotateLogin(rotator, { orgId, endpointId: id, reason: 'due', signal });
      for (const { endpointId, orgId } of waiting) await rotateLogin(rotator, { orgId, endpointId, reason: 'recovery', signal });
    },
    async close() {
      await Promise.all([owner.close(), db.close()]);
      await database.drop();
    },
  };
}
