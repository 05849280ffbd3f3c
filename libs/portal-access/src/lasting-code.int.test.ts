import { codePrints, ownCodePrints } from '@rcm/credentials';
import type { Database, EndpointRow } from '@rcm/db';
import { forgetDevice } from '@rcm/db/ledger';
import { keepStorage, type KeptStorage } from '@rcm/db/testing';
import type { LoginOutcome } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GuardedLogin } from './login-request.ts';
import { CODE_ENDS, type CodeEnd } from './lasting-code.ts';
import { AskedLogin, INBOX, KEYS, LoginProcess, LONG_MS } from './lasting-code.fixture.ts';

const HOUR_MS = 3_600_000;

let login: AskedLogin;
let storage: KeptStorage;
beforeAll(async () => {
  login = await AskedLogin.open();
  storage = await keepStorage(login.owner);
});
afterAll(async () => {
  await storage?.close();
  await login?.close();
});

const newProcess = (): LoginProcess => new LoginProcess(login);
/** How often somebody was asked in a login that was let in. */
async function asksOf(process: LoginProcess, how: Partial<GuardedLogin> = {}): Promise<number> {
  const { end, codes } = await login.answered(process.logIn(how));
  expect(end).toBe('accepted');
  return codes.length;
}

/** Each test has an account that nobody has tried. */
beforeEach(() => login.owner.transaction('every tenant', (tx) => tx.$executeRaw`DELETE FROM login_attempt`));

describe('a code that its portal takes for longer than one login', () => {
  it('is asked for once in a process, and by each other one, as after a restart', async () => {
    const [first, second] = [newProcess(), newProcess()];
    expect([await asksOf(first), await asksOf(first), await asksOf(first), await asksOf(second), await asksOf(second)]).toEqual([1, 0, 0, 1, 0]);
    expect([new Set(first.typed).size, first.typed.length, new Set(second.typed).size]).toEqual([1, 3, 1]);
    expect(await first.counted()).toEqual(['accepted 2', 'new 1']);
  });

  it('is asked for at each login, where the recipe does not say so, or the process keeps none', async () => {
    const [process, keeping] = [newProcess(), newProcess()];
    process.life = undefined;
    expect([await asksOf(process), await asksOf(process)]).toEqual([1, 1]);
    const timing = { loginDeadlineMs: LONG_MS, totpWaitMs: LONG_MS, personWaitMs: LONG_MS };
    expect([await asksOf(keeping, { timing }), await asksOf(keeping, { timing })]).toEqual([1, 1]);
    expect([process.kept.size, keeping.kept.size]).toEqual([0, 0]);
  });

  it('is another one once its time is over, of which the last minutes are none', async () => {
    const process = newProcess();
    await asksOf(process);
    process.clock.aheadMs = 11 * HOUR_MS;
    expect(await asksOf(process)).toBe(0);
    process.clock.aheadMs = 12 * HOUR_MS - 240_000;
    expect(await asksOf(process)).toBe(1);
  });

  const others = [
    ['another organization', { endpoint: () => ({ ...login.endpoint, orgId: 'hospital-two' }) }],
    ['another login', { endpoint: () => ({ ...login.endpoint, id: 'portal-2' }) }],
    ['another portal', { endpoint: () => ({ ...login.endpoint, portalTypeCode: 'portal-two' }) }],
    ['another secret', { endpoint: () => ({ ...login.endpoint, secretArn: `${login.endpoint.secretArn ?? ''}-2` }) }],
    ['another address', { endpoint: () => ({ ...login.endpoint, baseUrl: 'https://portal.example/test' }) }],
    ['another account', { loginIdentity: 'f'.repeat(64) }],
  ] as const;

  // On a change the first, another secret and the last.
  it.each(others.filter((_, place) => isLongForm() || [0, 3, 5].includes(place)))(
    'is not given to %s: it is looked for under another name',
    async (_, other: { readonly endpoint?: () => EndpointRow; readonly loginIdentity?: string }) => {
      const process = newProcess();
      await asksOf(process);
      const names: string[] = [];
      const find = process.kept.find.bind(process.kept);
      process.kept.find = (name) => {
        names.push(name);
        return find(name);
      };
      const { endpoint: row, ...rest } = other;
      const codes = await process.codes({ ...(row ? { endpoint: row() } : {}), ...rest }).catch(({ code }: RcmError) => code);
      if (typeof codes !== 'string') {
        const { end } = await login.answered(codes.next());
        await codes.end();
        expect(process.typed).not.toContain(end?.reveal());
      }
      expect(names.length).toBeGreaterThan(0);
      expect(names.map(find)).toEqual(names.map(() => null));
    },
  );

  it('is dropped where the portal refuses it: nothing is said of the password, and the next login asks anew', async () => {
    const process = newProcess();
    await asksOf(process);
    process.answer = { kind: 'mfa_rejected' };
    const refused = await login.answered(process.logIn());
    expect([refused.end, refused.codes]).toEqual(['refused', []]);
    expect(await login.outcomes()).toEqual([
      ['accepted', 'none', true],
      ['mfa_rejected', 'none', true],
    ]);
    process.answer = { kind: 'accepted' };
    expect([await asksOf(process), await asksOf(process)]).toEqual([1, 0]);
    expect(await process.counted()).toEqual(['accepted 1', 'new 2', 'refused 1']);
  });

  it('that is refused in one process is typed by no other', async () => {
    const [first, second] = [newProcess(), newProcess()];
    await asksOf(first);
    await asksOf(second);
    first.answer = { kind: 'mfa_rejected' };
    await login.answered(first.logIn());
    expect(await asksOf(second)).toBe(1);
    expect(await second.counted()).toEqual(['new 2', 'over 1']);
  });

  it('is over by a compromise, or whatever else makes the portal forget its devices', async () => {
    const process = newProcess();
    await asksOf(process);
    await forgetDevice(login.rotator, { ...login.one.place, actor: 'person:os:jane', reason: 'a telephone was stolen' });
    expect([await asksOf(process), await asksOf(process)]).toEqual([1, 0]);
  });

  it('is kept by the login that it let in alone', async () => {
    const process = newProcess();
    const kinds = ['mfa_rejected', 'unknown', 'rejected', 'unavailable', 'throttled'] as const;
    for (const kind of isLongForm() ? kinds : kinds.slice(0, 2)) {
      process.answer = kind === 'unknown' || kind === 'unavailable' ? { kind, detail: 'x' } : { kind };
      await login.owner.transaction('every tenant', (tx) => tx.$executeRaw`DELETE FROM login_attempt`);
      expect((await login.answered(process.logIn())).codes).toHaveLength(1);
      expect(process.kept.size).toBe(0);
    }
  });

  it('stays where the portal said nothing of it', async () => {
    const process = newProcess();
    await asksOf(process);
    process.answer = { kind: 'unavailable', detail: 'closed' };
    expect((await login.answered(process.logIn())).codes).toEqual([]);
    process.answer = { kind: 'accepted' };
    expect(await asksOf(process)).toBe(0);
  });

  it('is typed by a login whose people did not answer another process', async () => {
    const process = newProcess();
    await asksOf(process);
    await login.nobodyAnswersAnother();
    expect(await newProcess().logIn()).toBe('not_allowed');
    expect(await asksOf(process)).toBe(0);
    await login.owner.transaction('every tenant', (tx) => tx.$executeRaw`DELETE FROM code_request`);
  });

  it('is given once to a login that asks twice', async () => {
    const process = newProcess();
    await asksOf(process);
    const codes = await process.codes();
    const first = await codes.next();
    const { end: second, codes: asked } = await login.answered(codes.next());
    await codes.end();
    expect([first?.reveal(), second?.reveal()]).toEqual([process.typed[0], asked[0]]);
  });

  it('is not typed where nobody can say whether it is still good', async () => {
    const process = newProcess();
    await asksOf(process);
    const real = process.db.transaction.bind(process.db);
    const down = Object.assign(Object.create(process.db) as Database, {
      transaction: (...asked: Parameters<Database['transaction']>) =>
        (new Error().stack ?? '').includes('codes/lasting') ? Promise.reject(new RcmError('database_unavailable', 'down')) : real(...asked),
    });
    process.db = down;
    expect(await asksOf(process)).toBe(1);
  });
});

it('a code that let a login in is known at its inbox as that login’s, however a person typed it', async () => {
  const process = newProcess();
  await asksOf(process);
  const code = process.typed[0]?.replace(/[\s-]/g, '') ?? '';
  const seen = await login.owner.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ print: string; hours: number }[]>`
      SELECT print, round(extract(epoch FROM kept_until - seen_at) / 3600)::int AS hours FROM inbound_seen
       WHERE print = ANY (${[...codePrints(KEYS, { address: INBOX, code }), ...ownCodePrints(KEYS, { address: INBOX, code, ...login.one.place })]}) ORDER BY hours`,
  );
  expect(seen.map(({ hours }) => hours)).toEqual([12, 96]);
});

it('says of every end of a login what became of its code', () => {
  const ends: Record<CodeEnd, LoginOutcome['kind'][]> = {
    accepted: ['accepted', 'password_expired', 'change_forced'],
    unclear: ['unavailable', 'host_moved', 'throttled', 'locked'],
    refused: ['rejected', 'rejected_or_locked', 'challenged', 'mfa_required', 'mfa_rejected', 'unknown'],
  };
  for (const [end, outcomesOf] of Object.entries(ends)) expect(outcomesOf.map((outcome) => CODE_ENDS[outcome])).toEqual(outcomesOf.map(() => end));
});

it('no code that was kept is in a byte of Postgres or its write-ahead log, nor in a log', async () => {
  expect(login.answers.length).toBeGreaterThan(15);
  const { answers } = login;
  const bare = answers.map((code) => code.replaceAll('-', ''));
  // What the database does know of the login is found in both.
  const places = (await storage.holding([login.one.place.endpointId])).map((name) => name.split('/')[0]);
  expect(new Set(places)).toEqual(new Set(['base', 'pg_wal']));
  expect(await storage.holding([...answers, ...bare])).toEqual([]);
  expect(login.log.join('')).toContain('a code of before is typed');
  for (const code of [...answers, ...bare]) expect(login.log.join('')).not.toContain(code);
});
