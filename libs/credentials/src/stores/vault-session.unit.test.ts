import { RcmError, Secret } from '@rcm/telemetry';
import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../reading/manual-clock.fixture.ts';
import type { VaultAnswer, VaultHttp, VaultRequest } from './vault-http.ts';
import { createVaultSession } from './vault-session.ts';

const LEASE_S = 600;
const renewed = (token: string, lease: { readonly lease_duration?: number; readonly renewable?: boolean } = {}): VaultAnswer => ({
  status: 200,
  body: new Secret({ auth: { client_token: token, lease_duration: LEASE_S, renewable: true, ...lease } }),
});
const refusal: VaultAnswer = { status: 403, body: new Secret({ errors: ['permission denied'] }) };
const found: VaultAnswer = { status: 200, body: new Secret({ data: {} }) };
const never = new AbortController().signal;

let clock: ManualClock;
let asked: string[];
let answers: Record<string, (request: VaultRequest) => Promise<VaultAnswer>>;

const http: VaultHttp = {
  send(request) {
    asked.push(request.path);
    return answers[request.path]?.(request) ?? Promise.reject(new RcmError('store_unavailable', 'no answer'));
  },
  call: (_what, _options, act) => act(never),
};
const open = () => createVaultSession(http, { appRole: () => Promise.resolve({ roleId: 'r', secretId: new Secret('s') }), clock });
const read = (session: ReturnType<typeof open>, path = 'kv') => session.send({ method: 'GET', path }, never);
const count = (path: string) => asked.filter((each) => each === path).length;
const overTwoThirds = () => clock.forward(LEASE_S * 700);

beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  let logins = 0;
  answers = {
    'auth/approle/login': () => Promise.resolve(renewed(`token-${(logins += 1)}`)),
    'auth/token/renew-self': ({ token }) => Promise.resolve(renewed(token?.reveal() ?? '')),
    kv: () => Promise.resolve(found),
  };
});

it('a renewal that is never answered keeps nobody waiting as long as the token is good', async () => {
  const session = open();
  await read(session);
  answers['auth/token/renew-self'] = () => new Promise(() => undefined);
  overTwoThirds();
  for (let i = 0; i < 3; i += 1) expect((await read(session)).status).toBe(200);
  expect(count('auth/token/renew-self')).toBe(1);
  expect(count('auth/approle/login')).toBe(1);
});

it('a renewal that fails is tried again after a pause, not at every request', async () => {
  const session = open();
  await read(session);
  delete answers['auth/token/renew-self'];
  overTwoThirds();
  for (let i = 0; i < 5; i += 1) {
    expect((await read(session)).status).toBe(200);
    await new Promise(setImmediate);
  }
  expect(count('auth/token/renew-self')).toBe(1);
  clock.forward(10_000);
  await read(session);
  expect(count('auth/token/renew-self')).toBe(2);
});

it('a token that was refused is not taken for another one because it was renewed meanwhile', async () => {
  const session = open();
  await read(session);
  const slow = Promise.withResolvers<VaultAnswer>();
  answers.slow = ({ token }) => (token?.reveal() === 'token-1' ? slow.promise : Promise.resolve(found));
  const waiting = read(session, 'slow');
  overTwoThirds();
  await read(session);
  await new Promise(setImmediate);
  slow.resolve(refusal);
  expect((await waiting).status).toBe(200);
  expect(count('auth/approle/login')).toBe(2);
});

it('a token that was refused after the clock was set back is replaced at once', async () => {
  const session = open();
  await read(session);
  clock.forward(-3_600_000);
  answers.kv = ({ token }) => Promise.resolve(token?.reveal() === 'token-1' ? refusal : found);
  expect((await read(session)).status).toBe(200);
  expect(count('auth/approle/login')).toBe(2);
});

it('whoever is refused with a token that has been replaced takes the one in its place', async () => {
  const session = open();
  await read(session);
  clock.forward(2_000);
  const [one, other] = [Promise.withResolvers<VaultAnswer>(), Promise.withResolvers<VaultAnswer>()];
  const slow = [one.promise, other.promise];
  answers.slow = ({ token }) => (token?.reveal() === 'token-1' ? (slow.shift() ?? Promise.resolve(refusal)) : Promise.resolve(found));
  const [first, last] = [read(session, 'slow'), read(session, 'slow')];
  one.resolve(refusal);
  expect((await first).status).toBe(200);
  other.resolve(refusal);
  expect((await last).status).toBe(200);
  expect(count('auth/approle/login')).toBe(2);
  expect(count('auth/token/renew-self')).toBe(0);
});

it('a refusal of a token that is young is believed, and nothing is asked for', async () => {
  const session = open();
  answers.kv = () => Promise.resolve(refusal);
  expect((await read(session)).status).toBe(403);
  expect(asked).toEqual(['auth/approle/login', 'kv']);
});

it('a token that is due is logged in anew where it cannot be renewed, or Vault will not', async () => {
  answers['auth/approle/login'] = () => Promise.resolve(renewed('token', { renewable: false }));
  const once = open();
  await read(once);
  overTwoThirds();
  await read(once);
  expect([count('auth/token/renew-self'), count('auth/approle/login')]).toEqual([0, 2]);

  answers['auth/approle/login'] = () => Promise.resolve(renewed('token'));
  answers['auth/token/renew-self'] = () => Promise.resolve(refusal);
  const refused = open();
  await read(refused);
  overTwoThirds();
  await read(refused);
  await new Promise(setImmediate);
  expect([count('auth/token/renew-self'), count('auth/approle/login')]).toEqual([1, 4]);
});

it('a renewal that gives less than half of the first lease is the last: the next token is another', async () => {
  answers['auth/token/renew-self'] = () => Promise.resolve(renewed('token-1', { lease_duration: LEASE_S / 3 }));
  const session = open();
  await read(session);
  overTwoThirds();
  await read(session);
  await new Promise(setImmediate);
  clock.forward((LEASE_S / 3) * 700);
  await read(session);
  await new Promise(setImmediate);
  expect([count('auth/token/renew-self'), count('auth/approle/login')]).toEqual([1, 2]);
});
