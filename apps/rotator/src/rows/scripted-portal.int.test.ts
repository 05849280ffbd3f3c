import { createHash } from 'node:crypto';
import { loginIdentity, parsePayload } from '@rcm/credentials';
import { type Database, type EndpointRow, getEndpoint, openDatabase } from '@rcm/db';
import { upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { assessPortalTypes, listAdmissions } from '@rcm/db/rotation';
import { ALLOWED, migrateWithLogins, urlFor } from '@rcm/db/testing';
import { guardedLogin } from '@rcm/portal-access';
import type { LoginOutcome, PortalDriver } from '@rcm/portal-drivers';
import { createLogger, RcmError, Secret, systemClock } from '@rcm/telemetry';
import { type FreshDatabase, freshDatabase, isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 3_600_000, hookTimeout: 3_600_000 });

const LOGINS = isLongForm() ? 2_000 : 150;
/** Logins at once, and after how many a rotator looks. */
const AT_ONCE = 8;
const LOOKS_EVERY = isLongForm() ? 100 : 50;
const ORG = 'hospital-one';
const REALM = { realm: 'alpine', usernameCase: 'exact' } as const;
const RULES = { windowMs: 600_000, suspects: 3, failures: 3 };
const keys = { current: { id: '1', key: new Secret('a key that is for this test and no other') } };

let database: FreshDatabase;
let owner: Database;
let agent: Database;
let numbers: readonly number[];
/** As every one of them is, but for its id. */
let first: EndpointRow;
/** Of an agent, by endpoint. */
const leases = new Map<string, string>();
const logger = createLogger({ name: 'test', level: 'silent' });

const usernameOf = (number: number): string => `user-${number}`;
const identityOf = (number: number): string => loginIdentity(keys, REALM, usernameOf(number)).id;

beforeAll(async () => {
  database = await freshDatabase({ migrate: migrateWithLogins });
  owner = openDatabase({ url: database.url, applicationName: 'test owner' });
  agent = openDatabase({ url: urlFor('rcm_agent', database.url), applicationName: 'test agent', role: 'rcm_agent', maxConnections: AT_ONCE });
  await upsertOrganization(owner, { id: ORG, name: 'Hospital One' });
  await upsertPortalType(owner, {
    ...{ code: 'alpine', name: 'Alpine', hosts: ['alpine.example'], driver: 'recipe', recipe: { login: [] }, passwordRules: 'minlength: 10' },
    ...{ rotationMode: 'automatic', rotationIntervalDays: 60, rotationSpreadDays: 0, lockoutThreshold: 3, lockoutMargin: 1, lockoutWindowSeconds: 900 },
    ...{ propagationDelayMs: 60_000, totpSkew: 0, totpPeriodSeconds: 30, maxSessionsPerAccount: 1, maxConcurrency: 4 },
    ...ALLOWED,
  });
  numbers = Array.from({ length: LOGINS }, (_, index) => index + 1);
  const identities = numbers.map(identityOf);
  await owner.transaction('every tenant', async (tx) => {
    await tx.$executeRaw`INSERT INTO login_identity (id) SELECT unnest(${identities}::text[])`;
    await tx.$executeRaw`
      INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity, rotation_status)
      SELECT 'alpine-' || n, ${ORG}, 'alpine', 'account-' || n, 'https://alpine.example/', 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/' || n, '1', i.id, 'active'
        FROM unnest(${identities}::text[]) WITH ORDINALITY AS i (id, n)`;
    await tx.$executeRaw`
      INSERT INTO login_lease (login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at)
      SELECT login_identity, org_id, id, 'shared', 0, 'agent', now(), now() + interval '1 day' FROM integration_endpoint`;
    for (const { id, endpoint } of await tx.$queryRaw<{ id: string; endpoint: string }[]>`SELECT id::text, endpoint_id AS endpoint FROM login_lease`)
      leases.set(endpoint, id);
  });
  const found = await getEndpoint(owner, { orgId: ORG, endpointId: 'alpine-1' });
  if (!found) throw new Error('no endpoint');
  first = found;
});
afterAll(async () => {
  await Promise.all([owner, agent].map((db) => db?.close()));
  await database?.drop();
});

/** The portal as its record has it: what it says to everybody now, and how often each account was tried. */
const portal = { says: { kind: 'rejected' } as LoginOutcome, tries: new Map<string, number>() };
const ACCEPTED: LoginOutcome = { kind: 'accepted' };
const driver = (username: string): PortalDriver => ({
  hash: createHash('sha256').update('scripted').digest('hex'),
  openSession: async () => ({
    async login({ beforeSubmit }) {
      await beforeSubmit();
      portal.tries.set(username, (portal.tries.get(username) ?? 0) + 1);
      return { outcome: portal.says, submitted: true };
    },
    changePassword: () => Promise.reject(new Error('nobody changes a password here')),
    runTask: () => Promise.reject(new Error('nobody has a task here')),
    isLoggedIn: async () => true,
    close: async () => undefined,
  }),
});

async function logIn(number: number, assertHeld?: () => void): Promise<string> {
  const leaseId = leases.get(`alpine-${number}`);
  if (leaseId === undefined) throw new Error('no lease');
  const result = await guardedLogin({
    ...{ db: agent, clock: systemClock, logger, driver: driver(usernameOf(number)), loginIdentity: identityOf(number), leaseId },
    ...{ endpoint: { ...first, id: `alpine-${number}`, loginIdentity: identityOf(number) }, actor: 'agent', version: '1', keys, illness: RULES },
    payload: parsePayload(new Secret(JSON.stringify({ username: usernameOf(number), password: `the right one of ${number}` }))),
    ...{ assertHeld, timing: { loginDeadlineMs: 60_000, totpWaitMs: 60_000, personWaitMs: 60_000 } },
    signal: new AbortController().signal,
  });
  return result.kind;
}

/** All of them log in, while a rotator looks now and then whether the portal is ill; how many ended in each way. */
async function everybody(): Promise<Record<string, number>> {
  const left = [...numbers];
  const ends: Record<string, number> = {};
  const work = async () => {
    for (let number = left.pop(); number !== undefined; number = left.pop()) {
      const end = await logIn(number);
      ends[end] = (ends[end] ?? 0) + 1;
      if (number % LOOKS_EVERY === 0) await look();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return ends;
}

/** What a rotator does with portal types that fail; whether rotations of this one are stopped. */
async function look(): Promise<boolean> {
  await assessPortalTypes(owner, RULES);
  return (await listAdmissions(owner)).some(({ breaker }) => breaker !== null);
}

/** So much time passes since all that the ledger knows. */
const pass = (seconds: number) =>
  owner.transaction('every tenant', async (tx) => {
    await tx.$executeRaw`
      UPDATE login_attempt SET started_at = started_at - make_interval(secs => ${seconds}::float8), finished_at = finished_at - make_interval(secs => ${seconds}::float8),
             rests_until = rests_until - make_interval(secs => ${seconds}::float8), throttled_until = throttled_until - make_interval(secs => ${seconds}::float8)`;
  });

it(`none of ${LOGINS} logins that are first used during a maintenance stays unusable`, async () => {
  expect(await everybody()).toEqual({ refused: LOGINS });
  expect(await look()).toBe(true);
  await pass(3_600);
  portal.says = ACCEPTED;
  expect(await everybody()).toEqual({ accepted: LOGINS });
  expect(Math.max(...portal.tries.values())).toBe(2);
  // What let as many in is well: its rotations go on by themselves.
  expect(await look()).toBe(false);
});

it.each(['throttled', 'locked'] as const)('a page that says "%s" until a year far away is believed for a day', async (kind) => {
  const number = kind === 'locked' ? 1 : 2;
  portal.says = { kind, until: new Date('9998-12-31T00:00:00Z') };
  expect(await logIn(number)).toBe('refused');
  const tries = portal.tries.get(usernameOf(number));
  portal.says = ACCEPTED;
  expect(await logIn(number)).toBe('not_allowed');
  expect(portal.tries.get(usernameOf(number))).toBe(tries);
  await pass(86_400);
  expect(await logIn(number)).toBe('accepted');
});

it('whoever does not hold the login any more sends nothing, and costs the account none of its tries', async () => {
  const gone = () => {
    throw new RcmError('lease_lost', 'The lease ran out.');
  };
  portal.says = ACCEPTED;
  const tries = portal.tries.get(usernameOf(3));
  for (let round = 0; round < 5; round += 1) await expect(logIn(3, gone)).rejects.toMatchObject({ code: 'lease_lost' });
  expect(portal.tries.get(usernameOf(3))).toBe(tries);
  expect(await logIn(3)).toBe('accepted');
});
