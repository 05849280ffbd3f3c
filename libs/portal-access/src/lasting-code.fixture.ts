import { identityKeys, type IdentityKeys, loginIdentity, parsePayload } from '@rcm/credentials';
import { type Database, type EndpointRow, getEndpoint, openDatabase } from '@rcm/db';
import { answerCodeRequest, keyOfCodeRequest, listWantedCodes, sealCode } from '@rcm/db/codes';
import { acquireSharedLease, releaseLease } from '@rcm/db/leases';
import { urlFor } from '@rcm/db/testing';
import type { CodeLife, LoginOutcome, PortalDriver } from '@rcm/portal-drivers';
import { type Clock, createLogger, createMetrics, Secret, systemClock } from '@rcm/telemetry';
import { randomUUID } from 'node:crypto';
import { guardedLogin } from './guarded-login.ts';
import type { GuardedLogin, GuardedResult } from './login-request.ts';
import { KeptCodes } from './kept-codes.ts';
import { type LoginCodes, loginCodes } from './one-time-code.ts';
import { type OneLogin, openOneLogin } from './one-login.fixture.ts';

export const KEYS: IdentityKeys = identityKeys({ RCM_IDENTITY_KEY: new Secret('k'.repeat(32)), RCM_IDENTITY_KEY_ID: '1' });
export const INBOX = '+15551230100';
export const LONG_MS = 600_000;
const IDENTITY = loginIdentity(KEYS, { realm: 'portal', usernameCase: 'exact' }, 'anna').id;

const payload = () => parsePayload(new Secret(JSON.stringify({ username: 'anna', password: 'Not-This-One-1', second_factors: ['person'], codes_to: INBOX })));

/** A clock that is ahead of everybody's by what it was moved. */
class AheadClock implements Clock {
  aheadMs = 0;
  now = (): Date => new Date(Date.now() + this.aheadMs);
  elapsed = (): number => performance.now() + this.aheadMs;
  sleep = (_: number, signal?: AbortSignal): Promise<void> => systemClock.sleep(20, signal);
}

/** One login of which a person is asked for its codes, and somebody who answers. */
export class AskedLogin {
  readonly one: OneLogin;
  readonly endpoint: EndpointRow;
  readonly owner: Database;
  readonly rotator: Database;
  readonly #operator: Database;
  readonly log: string[] = [];
  readonly logger = createLogger({ name: 'test', level: 'trace', destination: { write: (line: string) => void this.log.push(line) } });
  /** Every code that somebody has answered with. */
  readonly answers: string[] = [];

  private constructor(one: OneLogin, endpoint: EndpointRow) {
    this.one = one;
    this.endpoint = endpoint;
    this.owner = openDatabase({ url: one.url, applicationName: 'owner' });
    const as = (role: 'rcm_operator' | 'rcm_rotator') => openDatabase({ url: urlFor(role, one.url), applicationName: role, role, maxConnections: 1 });
    [this.#operator, this.rotator] = [as('rcm_operator'), as('rcm_rotator')];
  }

  static async open(): Promise<AskedLogin> {
    const one = await openOneLogin({ loginIdentity: IDENTITY });
    const row = await getEndpoint(one.db, one.place);
    if (!row) throw new Error('no endpoint');
    return new AskedLogin(one, row);
  }

  async lease(): Promise<string> {
    const asked = await acquireSharedLease(this.one.db, { ...this.one.place, holder: 'h', ttlMs: LONG_MS });
    if (!asked.granted) throw new Error(asked.reason);
    return asked.lease.id;
  }

  /** Somebody answers whatever is asked, as long as the login goes on; how it ended, and the codes they answered with. */
  async answered<T>(going: Promise<T>): Promise<{ readonly end: T; readonly codes: readonly string[] }> {
    const [done, codes]: [AbortController, string[]] = [new AbortController(), []];
    const answering = (async () => {
      for (; !done.signal.aborted; void (await systemClock.sleep(20))) {
        const [wanted] = (await listWantedCodes(this.#operator, { limit: 10 })).filter(({ answeredBy }) => answeredBy === null);
        const key = wanted && (await keyOfCodeRequest(this.#operator, wanted.id, 'every tenant'));
        if (!wanted || !key) continue;
        const code = `code-${randomUUID()}`;
        codes.push(code);
        const sealed = sealCode(key.publicKey, wanted.id, new Secret(code));
        await answerCodeRequest(this.#operator, wanted.id, { sealed, actor: 'person:os:jane', reason: 'a test', scope: 'every tenant' });
      }
    })();
    const end = await going.finally(() => done.abort());
    await answering;
    this.answers.push(...codes);
    return { end, codes };
  }

  /** As if all that was asked so far lay an hour back, and people had just left another process without an answer. */
  async nobodyAnswersAnother(): Promise<void> {
    await this.owner.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`
        UPDATE code_request SET begun_at = begun_at - o.hour, turn_until = turn_until - o.hour, asked_at = asked_at - o.hour, open_until = open_until - o.hour,
               answered_at = answered_at - o.hour, taken_at = taken_at - o.hour, ended_at = ended_at - o.hour FROM (SELECT interval '1 hour' AS hour) o`,
    );
    await this.owner.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`
        INSERT INTO code_request (org_id, endpoint_id, lease_id, public_key, begun_at, turn_until, asked_at, open_until, ended_at)
        SELECT org_id, endpoint_id, gen_random_uuid(), public_key, n.at - interval '5 minutes', n.at, n.at - interval '5 minutes', n.at, n.at
          FROM code_request, (SELECT clock_timestamp() AS at OFFSET 0) n LIMIT 1`,
    );
  }

  async outcomes(): Promise<readonly unknown[]> {
    const rows = await this.owner.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ outcome: string; effect: string; withCode: boolean }[]>`
        SELECT outcome, effect, with_code AS "withCode" FROM login_attempt ORDER BY started_at`,
    );
    return rows.map(({ outcome, effect, withCode }) => [outcome, effect, withCode]);
  }

  async close(): Promise<void> {
    await Promise.all([this.owner, this.#operator, this.rotator].map((db) => db.close()));
    await this.one.close();
  }
}

/** A process: what it keeps, and what it types into the portal, which answers as it is told. */
export class LoginProcess {
  readonly clock = new AheadClock();
  readonly kept = new KeptCodes({ clock: this.clock });
  readonly typed: string[] = [];
  answer: LoginOutcome = { kind: 'accepted' };
  db: Database;
  life: CodeLife | undefined = { hours: 12 };
  readonly #login: AskedLogin;
  readonly #metrics = createMetrics();

  constructor(login: AskedLogin) {
    this.#login = login;
    this.db = login.one.db;
  }

  async logIn(how: Partial<GuardedLogin> = {}): Promise<GuardedResult['kind']> {
    const leaseId = await this.#login.lease();
    const { kind } = await guardedLogin({
      ...{ ...this.#with(), leaseId, metrics: this.#metrics, driver: this.#driver(), version: '1', illness: { windowMs: LONG_MS, suspects: 3 } },
      timing: { loginDeadlineMs: LONG_MS, totpWaitMs: LONG_MS, personWaitMs: LONG_MS, keptCodes: this.kept },
      ...how,
    });
    const { db, place } = this.#login.one;
    await releaseLease(db, { leaseId, orgId: place.orgId });
    return kind;
  }

  /** The codes of a login of its own; `how`: whose, where it is another. */
  async codes(how: Partial<{ readonly endpoint: EndpointRow; readonly loginIdentity: string }> = {}): Promise<LoginCodes> {
    const waits = { waitMs: LONG_MS, personWaitMs: LONG_MS, keptCodes: this.kept, codeLife: this.life };
    const codes = await loginCodes({ ...this.#with(), leaseId: await this.#login.lease(), ...waits, ...how });
    if (!codes) throw new Error('no codes');
    return codes;
  }

  /** What was counted, in order of its name. */
  counted = async (): Promise<string[]> =>
    [...(await this.#metrics.exposition()).matchAll(/^rcm_lasting_codes_total\{code="(\w+)"\} ([1-9]\d*)$/gm)]
      .map(([, code, times]) => `${code} ${times}`)
      .sort();

  #with() {
    const { endpoint, logger } = this.#login;
    const signal = new AbortController().signal;
    return { db: this.db, clock: this.clock, logger, endpoint, loginIdentity: IDENTITY, actor: 'agent', keys: KEYS, payload: payload(), signal } as const;
  }

  #driver(): PortalDriver {
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
}
