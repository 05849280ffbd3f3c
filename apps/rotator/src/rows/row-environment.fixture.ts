import { type IdentityKeys, parsePayload, parseReference, serializePayload, type StoredSecret } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { upsertPortalType } from '@rcm/db/admin';
import { setNextRotation } from '@rcm/db/rotation';
import { Secret } from '@rcm/telemetry';
import type { EnvironmentEndpoint, TestEnvironmentOptions } from '@rcm/test-environment';
import { removeOldCopies } from '../acts/remove-old-copies.ts';
import { mendWanted } from '../mending/mend-wanted.ts';
import { rotateLogin } from '../rotate.ts';
import type { Rotator } from '../rotator.ts';
import { vi } from 'vitest';
import { openAgent } from './row-agent.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';

// What is slow is the machine, and what waits is told that time has passed: only a test that hangs takes so long.
vi.setConfig({ testTimeout: 3_600_000, hookTimeout: 3_600_000 });

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** As portals lock by themselves, and as their portal types say it. */
export const LOCKOUT = 15 * MINUTE;

export type Fields = Readonly<Record<string, unknown>>;

/**
 * A test environment in which time passes when a test says so, with rotators, agents and people in it. Verdicts come from the portal's records, from what the store
 * holds and from the clock; the code's own states only say when there is nothing more to do.
 */
export interface RowEnvironment extends RotatorEnvironment {
  /** So much time passes for everybody: at the portals, and since all that Postgres has written down. Leases that are held stay held. */
  pass(ms: number): Promise<void>;
  /** Time passes there, too: at a portal of the test's own. */
  alsoPasses(at: (ms: number) => void): void;
  /** One task of an agent, with a login of its own: `in`, or the code of what stopped it. `keys`: as the agent has them; default: as the rotator does. */
  visit(endpointId: string, keys?: IdentityKeys): Promise<string>;
  /** The agent's next read of the secret shows what lay there before, as SSM and Secrets Manager may for a moment. */
  agentReadsOnce(endpointId: string, before: StoredSecret): void;
  /** One round of what a rotator does beside rotating. */
  mend(keys?: IdentityKeys): Promise<void>;
  removeOldCopies(): Promise<void>;
  /** Rotates, and lets time pass where the rotation waits, until it is at its end; which, or why there was none. */
  rotateToEnd(endpointId: string, rotator?: Rotator): Promise<string>;
  /** One look at a login that is due by its schedule; how far that came, or why nothing began. */
  rotateDue(endpointId: string): Promise<string>;
  /** Rounds of agents and rotators with `stepMs` between them until the agent gets in; for how long nobody did, in ms. */
  untilIn(endpointId: string, limits: { readonly stepMs: number; readonly atMostMs: number }): Promise<number>;
  /** The secret as a person opens it. */
  open(endpointId: string): Promise<StoredSecret & { readonly fields: Fields }>;
  /** A person saves these fields over whatever the store holds now, having read it or not. */
  save(endpointId: string, fields: Fields): Promise<void>;
  /** A person opens the newest, changes these fields and saves. */
  edit(endpointId: string, change: Fields): Promise<void>;
  /** A person sets another password at the portal, or its support does: the account is unlocked and nothing counts. Nobody tells the store. */
  setAtPortal(endpointId: string, password: unknown): Promise<void>;
  /** What happened to the account, by the portal's own record. */
  history(endpointId: string): ReturnType<RotatorEnvironment['testEnvironment']['portals']['history']>;
  /** Passwords of this login that lie in its store, current and staged. */
  storedPasswords(endpointId: string): Promise<readonly string[]>;
  /** Whether the portal accepts any of them: else the password is lost. */
  holdsAccepted(endpointId: string): Promise<boolean>;
  /** Another setting of a portal type. */
  setPortalType(code: string, changes: object): Promise<void>;
}

/** Everything that Postgres has a time of, but for leases (they are held now) and the audit trail (it cannot be changed). */
const AGED = ['integration_endpoint', 'login_attempt', 'login_clearance', 'rotation_attempt', 'portal_gate', 'notice', 'portal_task'];

export async function openRowEnvironment(options: Partial<TestEnvironmentOptions> = {}): Promise<RowEnvironment> {
  const opened = await openRotatorEnvironment({
    endpoints: [],
    lockoutWindowMs: LOCKOUT,
    ...options,
    portalType: { propagationDelayMs: SECOND, lockoutWindowSeconds: LOCKOUT / SECOND, lockoutLastsSeconds: LOCKOUT / SECOND, ...options.portalType },
  });
  const { testEnvironment, sql } = opened;
  const agent = openAgent(opened);
  const store = opened.rotator.stores.forTenant(testEnvironment.orgId);
  const referenceOf = (id: string) => parseReference(testEnvironment.endpoint(id).secretArn);
  const open = async (id: string) => {
    const stored = await store.read(referenceOf(id));
    if (!stored) throw new Error(`the secret of ${id} is gone`);
    return { ...stored, fields: parsePayload(stored.text).reveal() as Fields };
  };
  const save = async (id: string, fields: Fields) => {
    const now = await open(id);
    await store.replace(referenceOf(id), serializePayload(parsePayload(new Secret(JSON.stringify(fields)))), now.version);
  };
  const stop = new AbortController();
  const columns = await sql<{ relation: string; name: string }>(
    `SELECT table_name::text AS relation, column_name::text AS name FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type = 'timestamp with time zone' AND table_name = ANY ($1::text[])`,
    [AGED],
  );
  const aging = Object.entries(Object.groupBy(columns, ({ relation }) => relation)).map(
    ([relation, of = []]) => `UPDATE ${relation} SET ${of.map(({ name }) => `${name} = ${name} - make_interval(secs => $1::float8)`).join(', ')}`,
  );
  // Two logins lie further apart than the steps of one-time codes, which none of these portals asks for, whatever seed lies in a secret.
  await sql(`CREATE FUNCTION codes_are_apart() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.last_totp_step := 0; RETURN NEW; END'`, []);
  await sql('CREATE TRIGGER codes_are_apart BEFORE UPDATE OF last_totp_step ON login_identity FOR EACH ROW EXECUTE FUNCTION codes_are_apart()', []);
  const alsoAt: ((ms: number) => void)[] = [];
  const pass = async (ms: number) => {
    await testEnvironment.portals.advance(ms);
    for (const at of alsoAt) at(ms);
    await testEnvironment.db.transaction('every tenant', async (tx) => {
      for (const statement of aging) await tx.$executeRawUnsafe(statement, ms / SECOND);
    });
  };
  const mend = (keys = opened.patient.keys) => mendWanted({ ...opened.patient, keys }, { limit: 100, pauseMs: 0, signal: stop.signal });
  const storedPasswords = async (id: string) => {
    const { orgId, portal } = testEnvironment.endpoint(id);
    const texts = [await store.read(referenceOf(id))];
    const tags = { TenantId: orgId, Environment: testEnvironment.environmentName, PortalType: portal };
    for (const attemptId of await store.listStaged(referenceOf(id))) texts.push(await store.readStaged({ current: referenceOf(id), attemptId, tags }));
    return texts.flatMap((stored) => (stored ? [parsePayload(stored.text).reveal().password] : []));
  };
  return {
    ...opened,
    pass,
    alsoPasses: (at) => void alsoAt.push(at),
    visit: agent.visit,
    agentReadsOnce: agent.readsOnce,
    mend,
    removeOldCopies: () => removeOldCopies(opened.patient, { limit: 100, signal: stop.signal }),
    async rotateToEnd(id, rotator = opened.patient) {
      for (let round = 0; round < 80; round += 1) {
        const report = await opened.rotate(id, rotator);
        if (report.kind === 'not_started') return `not started: ${report.reason}`;
        const { state } = report.attempt;
        if (state === 'done' || state === 'abandoned' || state === 'blocked') return state;
        const [wait] = await sql<{ ms: number }>(
          `SELECT greatest(0, extract(epoch FROM coalesce(waiting_until, submit_deadline_at) - clock_timestamp()) * 1000)::float8 AS ms FROM rotation_attempt WHERE id = $1::uuid`,
          [report.attempt.id],
        );
        await pass(Math.ceil(wait?.ms ?? 0) + 10);
      }
      throw new Error('the rotation comes to no end');
    },
    async rotateDue(id) {
      await setNextRotation(testEnvironment.db, { endpointIds: [id], at: 'now' });
      const report = await rotateLogin(opened.patient, { orgId: testEnvironment.orgId, endpointId: id, reason: 'due', signal: stop.signal });
      return report.kind === 'attempt' ? report.attempt.state : `not started: ${report.reason}`;
    },
    async untilIn(id, { stepMs, atMostMs }) {
      for (let passed = 0; passed <= atMostMs; passed += stepMs) {
        await mend();
        if ((await agent.visit(id)) === 'in') return passed;
        await pass(stepMs);
      }
      throw new Error(`nobody gets in to ${id} with what is stored`);
    },
    open,
    save,
    edit: async (id, change) => save(id, { ...(await open(id)).fields, ...change }),
    async setAtPortal(id, password) {
      const { portal, username } = testEnvironment.endpoint(id);
      await testEnvironment.portals.createAccount({ portal, username, password: String(password) });
    },
    history: (id) => testEnvironment.portals.history(testEnvironment.endpoint(id)),
    storedPasswords,
    async holdsAccepted(id) {
      const { portal, username } = testEnvironment.endpoint(id);
      for (const password of await storedPasswords(id)) if (await testEnvironment.portals.accepts({ portal, username, password })) return true;
      return false;
    },
    async setPortalType(code, changes) {
      const at = testEnvironment.endpoints.find(({ portal }) => portal === code);
      const row = at && (await getEndpoint(testEnvironment.db, { orgId: at.orgId, endpointId: at.id }));
      if (!row) throw new Error(`no endpoint of ${code}`);
      await upsertPortalType(testEnvironment.db, { ...row.portalType, ...changes }, { actor: 'test', reason: 'a test' });
    },
    async close() {
      stop.abort();
      await agent.close();
      await opened.close();
    },
  };
}

/** For verdicts: how often the portal said no to whoever typed on its pages, and how often it locked. */
export function refusals(history: Awaited<ReturnType<RowEnvironment['history']>>) {
  const byUs = history.tries.filter(({ by }) => by === 'visitor');
  return {
    wrong: byUs.filter(({ ended }) => ended === 'wrong').length,
    atLocked: byUs.filter(({ atLocked }) => atLocked).length,
    lockedByUs: byUs.filter(({ locks }) => locks).length,
  };
}

export type Login = EnvironmentEndpoint;
