import { RcmError, Secret } from '@rcm/telemetry';
import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../reading/manual-clock.fixture.ts';
import type { VaultAnswer, VaultHttp, VaultRequest } from './vault-http.ts';
import { createVaultSession } from './vault-session.ts';

const LEASE_S = 600;
const renewed = (token: string): VaultAnswer => ({
  status: 200,
  body: new Secret({ auth: { client_token: token, lease_duration: LEASE_S, renewable: true } }),
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
