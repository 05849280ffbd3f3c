import { codePrints, identityKeys, type IdentityKeys, loginIdentity, ownCodePrints, parsePayload } from '@rcm/credentials';
import {
  acquireSharedLease,
  answerCodeRequest,
  type Database,
  type EndpointRow,
  forgetDevice,
  getEndpoint,
  keyOfCodeRequest,
  listWantedCodes,
  openDatabase,
  releaseLease,
  sealCode,
} from '@rcm/db';
import { keepStorage, type KeptStorage, urlFor } from '@rcm/db/testing';
import type { CodeLife, LoginOutcome, PortalDriver } from '@rcm/portal-drivers';
import { type Clock, createLogger, createMetrics, RcmError, Secret, systemClock } from '@rcm/telemetry';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardedLogin, type GuardedLogin, type GuardedResult } from './guarded-login.ts';
import { KeptCodes } from './kept-codes.ts';
import { type CodeEnd, codeEndOf } from './lasting-code.ts';
import { type LoginCodes, loginCodes } from './one-time-code.ts';
import { type OneLogin, openOneLogin } from './one-login.fixture.ts';

const keys: IdentityKeys = identityKeys({ RCM_IDENTITY_KEY: new Secret('k'.repeat(32)), RCM_IDENTITY_KEY_ID: '1' } as never);
const identity = loginIdentity(keys, { realm: 'portal', usernameCase: 'exact' }, 'anna').id;
const log: string[] = [];
const logger = createLogger({ name: 'test', level: 'trace', destination: { write: (line: string) => void log.push(line) } });
const HOUR_MS = 3_600_000;
const LONG_MS = 600_000;

let one: OneLogin;
let owner: Database;
let operator: Database;
let rotator: Database;
let storage: KeptStorage;
let endpoint: EndpointRow;
beforeAll(async () => {
  one = await openOneLogin({ loginIdentity: identity });
  owner = openDatabase({ url: one.url, applicationName: 'owner' });
  operator = openDatabase({ url: urlFor('rcm_operator', one.url), applicationName: 'operator', role: 'rcm_operator', maxConnections: 1 });
  rotator = openDatabase({ url: urlFor('rcm_rotator', one.url), applicationName: 'rotator', role: 'rcm_rotator', maxConnections: 1 });
  storage = await keepStorage(owner);
  const row = await getEndpoint(one.db, one.place);
  if (!row) throw new Error('no endpoint');
  endpoint = row;
});
afterAll(async () => {
  await storage?.close();
  await Promise.all([owner?.close(), operator?.close(), rotator?.close()]);
  await one?.close();
});

/** A clock that is ahead of everybody's by what it was moved. */
class AheadClock implements Clock {
  aheadMs = 0;
  now = (): Date => new Date(Date.now() + this.aheadMs);
  sleep = (_: number, signal?: AbortSignal): Promise<void> => systemClock.sleep(20, signal);
}

/** A process: what it keeps, and what it types into the portal, which answers as it is told. */
class Process {
  readonly clock = new AheadClock();
  readonly kept = new KeptCodes({ clock: this.clock });
  readonly metrics = createMetrics();
  readonly typed: string[] = [];
  answer: LoginOutcome = { kind: 'accepted' };
  db = one.db;
  life: CodeLife | undefined = { hours: 12 };

  driver(): PortalDriver {
    return {
      hash: 'h'.repeat(64),
      codeLife: this.life,
      openSession: async () => ({
        login: async ({ beforeSubmit, totp }) => {
          await beforeSubmit();
          const code = (await totp?.()) ?? null;
          if (code === null) return { outcome: { kind: 'mfa_required' }, submitted: true };
          this.typed.push(code.reveal());
          return { outcome: this.answer, submitted: true };
        },
        changePassword: () => Promise.reject(new Error('nobody changes a password here')),
        runTask: () => Promise.reject(new Error('nobody has a task here')),
        isLoggedIn: async () => true,
        close: async () => undefined,
      }),
    };
  }

  async logIn(how: Partial<GuardedLogin> = {}): Promise<GuardedResult['kind']> {
    const leaseId = await lease();
    const { kind } = await guardedLogin({
      ...{ db: this.db, clock: this.clock, logger, metrics: this.metrics, driver: this.driver(), endpoint, loginIdentity: identity, leaseId, actor: 'agent' },
      ...{ version: '1', keys, payload: payloadOf(), illness: { windowMs: LONG_MS, suspects: 3 }, signal: new AbortController().signal },
      timing: { loginDeadlineMs: LONG_MS, totpWaitMs: LONG_MS, personWaitMs: LONG_MS, keptCodes: this.kept },
      ...how,
    });
    await releaseLease(one.db, { leaseId, orgId: one.place.orgId });
    return kind;
  }

  /** What was counted, in any order. */
  counted = async (): Promise<string[]> =>
    [...(await this.metrics.exposition()).matchAll(/^rcm_lasting_codes_total\{code="(\w+)"\} ([1-9]\d*)$/gm)]
      .map(([, code, times]) => `${code} ${times}`)
      .sort();
}

const INBOX = '+15551230100';
const payloadOf = (codesTo: string | null = INBOX) =>
  parsePayload(
    new Secret(JSON.stringify({ username: 'anna', password: 'Not-This-One-1', second_factors: ['person'], ...(codesTo ? { codes_to: codesTo } : {}) })),
  );

async function lease(): Promise<string> {
  const asked = await acquireSharedLease(one.db, { ...one.place, holder: 'h', ttlMs: LONG_MS });
  if (!asked.granted) throw new Error(asked.reason);
  return asked.lease.id;
}

const answers: string[] = [];
const newCode = (): string => {
  const code = `code-${randomUUID()}`;
  answers.push(code);
  return code;
};
/** Somebody answers whatever is asked, as long as the login goes on; how it ended, and what they were asked for. */
async function answered<T>(going: Promise<T>): Promise<{ readonly end: T; readonly codes: readonly string[] }> {
  const [done, codes]: [AbortController, string[]] = [new AbortController(), []];
  const answering = (async () => {
    for (; !done.signal.aborted; await systemClock.sleep(20)) {
      const [wanted] = (await listWantedCodes(operator, { limit: 10 })).filter(({ answeredBy }) => answeredBy === null);
      const key = wanted && (await keyOfCodeRequest(operator, wanted.id, 'every tenant'));
      if (!wanted || !key) continue;
      codes.push(newCode());
      const sealed = sealCode(key.publicKey, wanted.id, new Secret(codes.at(-1) ?? ''));
      await answerCodeRequest(operator, wanted.id, { sealed, actor: 'person:os:jane', reason: 'a test', scope: 'every tenant' });
    }
  })();
  const end = await going.finally(() => done.abort());
  await answering;
  return { end, codes };
}
/** How often somebody was asked in a login that was let in. */
async function asksOf(process: Process, how: Partial<GuardedLogin> = {}): Promise<number> {
  const { end, codes } = await answered(process.logIn(how));
  expect(end).toBe('accepted');
  return codes.length;
}

/** Each test has an account that nobody has tried. */
beforeEach(() => owner.transaction('every tenant', (tx) => tx.$executeRaw`DELETE FROM login_attempt`));

describe('a code that its portal takes for longer than one login', () => {
  it('is asked for once in a process, and by each other one, as after a restart', async () => {
    const [first, second] = [new Process(), new Process()];
    expect([await asksOf(first), await asksOf(first), await asksOf(first), await asksOf(second), await asksOf(second)]).toEqual([1, 0, 0, 1, 0]);
    expect([new Set(first.typed).size, first.typed.length, new Set(second.typed).size]).toEqual([1, 3, 1]);
    expect(await first.counted()).toEqual(['accepted 2', 'new 1']);
  });

  it('is asked for at each login, where the recipe does not say so, or the process keeps none', async () => {
    const [process, keeping] = [new Process(), new Process()];
    process.life = undefined;
    expect([await asksOf(process), await asksOf(process)]).toEqual([1, 1]);
    const timing = { loginDeadlineMs: LONG_MS, totpWaitMs: LONG_MS, personWaitMs: LONG_MS };
    expect([await asksOf(keeping, { timing }), await asksOf(keeping, { timing })]).toEqual([1, 1]);
    expect([process.kept.size, keeping.kept.size]).toEqual([0, 0]);
  });

  it('is another one once its time is over, of which the last minutes are none', async () => {
    const process = new Process();
    await asksOf(process);
    process.clock.aheadMs = 11 * HOUR_MS;
    expect(await asksOf(process)).toBe(0);
    process.clock.aheadMs = 12 * HOUR_MS - 240_000;
    expect(await asksOf(process)).toBe(1);
  });

  it.each([
    ['another organization', { endpoint: () => ({ ...endpoint, orgId: 'hospital-two' }) }],
    ['another login', { endpoint: () => ({ ...endpoint, id: 'portal-2' }) }],
    ['another portal', { endpoint: () => ({ ...endpoint, portalTypeCode: 'portal-two' }) }],
    ['another secret', { endpoint: () => ({ ...endpoint, secretArn: `${endpoint.secretArn ?? ''}-2` }) }],
    ['another address', { endpoint: () => ({ ...endpoint, baseUrl: 'https://portal.example/test' }) }],
    ['another account', { loginIdentity: 'f'.repeat(64) }],
  ])(
    'is not given to %s: it is looked for under another name',
    async (_, other: { readonly endpoint?: () => EndpointRow; readonly loginIdentity?: string }) => {
      const process = new Process();
      await asksOf(process);
      const names: string[] = [];
      const find = process.kept.find.bind(process.kept);
      process.kept.find = (name) => {
        names.push(name);
        return find(name);
      };
      const { endpoint: row, ...rest } = other;
      const codes = await codesOf(process, { ...(row ? { endpoint: row() } : {}), ...rest }).catch(({ code }: RcmError) => code);
      if (typeof codes !== 'string') expect(process.typed).not.toContain(await firstOf(codes));
      expect(names.length).toBeGreaterThan(0);
      expect(names.map(find)).toEqual(names.map(() => null));
    },
  );

  it('is dropped where the portal refuses it: nothing is said of the password, and the next login asks anew', async () => {
    const process = new Process();
    await asksOf(process);
    process.answer = { kind: 'mfa_rejected' };
    const refused = await answered(process.logIn());
    expect([refused.end, refused.codes]).toEqual(['refused', []]);
    expect(await outcomes()).toEqual([
      ['accepted', 'none', true],
      ['mfa_rejected', 'none', true],
    ]);
    process.answer = { kind: 'accepted' };
    expect([await asksOf(process), await asksOf(process)]).toEqual([1, 0]);
    expect(await process.counted()).toEqual(['accepted 1', 'new 2', 'refused 1']);
  });

  it('that is refused in one process is typed by no other', async () => {
    const [first, second] = [new Process(), new Process()];
    await asksOf(first);
    await asksOf(second);
    first.answer = { kind: 'mfa_rejected' };
    await answered(first.logIn());
    expect(await asksOf(second)).toBe(1);
    expect(await second.counted()).toEqual(['new 2', 'over 1']);
  });

  it('is over by a compromise, or whatever else makes the portal forget its devices', async () => {
    const process = new Process();
    await asksOf(process);
    await forgetDevice(rotator, { ...one.place, actor: 'person:os:jane', reason: 'a telephone was stolen' });
    expect([await asksOf(process), await asksOf(process)]).toEqual([1, 0]);
  });

  it('is kept by the login that it let in alone', async () => {
    const process = new Process();
    for (const kind of ['mfa_rejected', 'rejected', 'unknown', 'unavailable', 'throttled'] as const) {
      process.answer = kind === 'unknown' || kind === 'unavailable' ? { kind, detail: 'x' } : { kind };
      await owner.transaction('every tenant', (tx) => tx.$executeRaw`DELETE FROM login_attempt`);
      expect((await answered(process.logIn())).codes).toHaveLength(1);
      expect(process.kept.size).toBe(0);
    }
  });

  it('stays where the portal said nothing of it', async () => {
    const process = new Process();
    await asksOf(process);
    process.answer = { kind: 'unavailable', detail: 'closed' };
    expect((await answered(process.logIn())).codes).toEqual([]);
    process.answer = { kind: 'accepted' };
    expect(await asksOf(process)).toBe(0);
  });

  it('is typed by a login whose people did not answer another process', async () => {
    const process = new Process();
    await asksOf(process);
    await owner.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`
        UPDATE code_request SET begun_at = begun_at - o.hour, turn_until = turn_until - o.hour, asked_at = asked_at - o.hour, open_until = open_until - o.hour,
               answered_at = answered_at - o.hour, taken_at = taken_at - o.hour, ended_at = ended_at - o.hour FROM (SELECT interval '1 hour' AS hour) o`,
    );
    await owner.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`
        INSERT INTO code_request (org_id, endpoint_id, lease_id, public_key, begun_at, turn_until, asked_at, open_until, ended_at)
        SELECT org_id, endpoint_id, gen_random_uuid(), public_key, n.at - interval '5 minutes', n.at, n.at - interval '5 minutes', n.at, n.at
          FROM code_request, (SELECT clock_timestamp() AS at OFFSET 0) n LIMIT 1`,
    );
    expect(await new Process().logIn()).toBe('not_allowed');
    expect(await asksOf(process)).toBe(0);
    await owner.transaction('every tenant', (tx) => tx.$executeRaw`DELETE FROM code_request`);
  });

  it('is given once to a login that asks twice', async () => {
    const process = new Process();
    await asksOf(process);
    const codes = await codesOf(process);
    const first = await codes.next();
    const { end: second, codes: asked } = await answered(codes.next());
    await codes.end();
    expect([first?.reveal(), second?.reveal()]).toEqual([process.typed[0], asked[0]]);
  });

  it('is not typed where nobody can say whether it is still good', async () => {
    const process = new Process();
    await asksOf(process);
    const codes = await codesOf(process);
    const real = process.db.transaction.bind(process.db);
    const down = Object.assign(Object.create(process.db) as Database, {
      transaction: (...asked: Parameters<Database['transaction']>) =>
        /codes\/lasting/.test(new Error().stack ?? '') ? Promise.reject(new RcmError('database_unavailable', 'down')) : real(...asked),
    });
    await codes.end();
    process.db = down;
    expect(await asksOf(process)).toBe(1);
  });
});

it('a code that let a login in is known at its inbox as that login’s, however a person typed it', async () => {
  const process = new Process();
  await asksOf(process);
  const code = process.typed[0]?.replace(/[\s-]/g, '') ?? '';
  const seen = await owner.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ print: string; hours: number }[]>`
      SELECT print, round(extract(epoch FROM kept_until - seen_at) / 3600)::int AS hours FROM inbound_seen
       WHERE print = ANY (${[...codePrints(keys, { address: INBOX, code }), ...ownCodePrints(keys, { address: INBOX, code, ...one.place })]}) ORDER BY hours`,
  );
  expect(seen.map(({ hours }) => hours)).toEqual([12, 96]);
});

it('says of every end of a login what became of its code', () => {
  const ends: Record<CodeEnd, LoginOutcome['kind'][]> = {
    accepted: ['accepted', 'password_expired', 'change_forced'],
    unclear: ['unavailable', 'host_moved', 'throttled', 'locked'],
    refused: ['rejected', 'rejected_or_locked', 'challenged', 'mfa_required', 'mfa_rejected', 'unknown'],
  };
  for (const [end, outcomesOf] of Object.entries(ends)) expect(outcomesOf.map(codeEndOf)).toEqual(outcomesOf.map(() => end));
});

it('no code that was kept is in a byte of Postgres or its write-ahead log, nor in a log', async () => {
  expect(answers.length).toBeGreaterThan(15);
  const bare = answers.map((code) => code.replaceAll('-', ''));
  // What the database does know of the login is found in both.
  const places = (await storage.holding([one.place.endpointId])).map((name) => name.split('/')[0]);
  expect(new Set(places)).toEqual(new Set(['base', 'pg_wal']));
  expect(await storage.holding([...answers, ...bare])).toEqual([]);
  expect(log.join('')).toContain('a code of before is typed');
  for (const code of [...answers, ...bare]) expect(log.join('')).not.toContain(code);
});

async function codesOf(process: Process, how: Partial<{ endpoint: EndpointRow; loginIdentity: string }> = {}): Promise<LoginCodes> {
  const codes = await loginCodes({
    ...{ db: process.db, clock: process.clock, logger, endpoint, loginIdentity: identity, leaseId: await lease(), actor: 'agent', keys, payload: payloadOf() },
    ...{ waitMs: LONG_MS, personWaitMs: 2_000, signal: new AbortController().signal, keptCodes: process.kept, codeLife: process.life },
    ...how,
  });
  if (!codes) throw new Error('no codes');
  return codes;
}
async function firstOf(codes: LoginCodes): Promise<string | undefined> {
  const { end } = await answered(codes.next());
  await codes.end();
  return end?.reveal();
}
const outcomes = async (): Promise<readonly unknown[]> => {
  const rows = await owner.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ outcome: string; effect: string; withCode: boolean }[]>`
      SELECT outcome, effect, with_code AS "withCode" FROM login_attempt ORDER BY started_at`,
  );
  return rows.map(({ outcome, effect, withCode }) => [outcome, effect, withCode]);
};
