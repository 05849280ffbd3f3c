import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Arrival, Issuer } from './issuer.ts';

const BACK = 'http://localhost:8084/signed-in';
/** For one that never answers: the console gives up after 10 s. */
const TIMEOUT_MS = 60_000;

/** What the issuer's token endpoint does. */
type Answer = (response: ServerResponse) => void;
/** It is stopped between the departure and the arrival. */
const GONE: Answer = () => undefined;

/** The issuer's own. */
const KEYS = generateKeyPairSync('rsa', { modulusLength: 2_048 });

let server: Server;
let answer: Answer;
let origin: string;
let more: object;
let nonce: string;
let keysStatus: number;
beforeEach(async () => {
  more = {};
  keysStatus = 200;
  server = createServer((request, response) => {
    if (request.method === 'POST') return void answer(response);
    if (request.url === '/keys')
      return void json(keysStatus, { keys: [{ ...KEYS.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] })(response);
    const places = { authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token`, jwks_uri: `${origin}/keys` };
    json(200, { issuer: origin, ...places, ...more })(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => stop());

const stop = (): void => {
  server.closeAllConnections();
  server.close();
};
const json =
  (status: number, body: object): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** Somebody begins a sign-in and comes back with a code. */
async function comesBack(query: (state: string) => Record<string, string> = (state) => ({ code: 'c', state })): Promise<Arrival> {
  const options = { clientId: 'rcm-console', clientSecret: undefined, redirectUri: BACK, scopes: 'openid', acr: undefined, amr: undefined };
  const issuer = new Issuer({ issuer: origin, ...options });
  const departure = await issuer.depart();
  nonce = departure.nonce;
  if (answer === GONE) stop();
  return issuer.arrive(new URL(`${BACK}?${new URLSearchParams(query(departure.state)).toString()}`), departure);
}

it.each<[what: string, answer: Answer]>([
  ['is gone', GONE],
  ['hangs up', (response) => void response.destroy()],
  [
    'breaks off',
    (response) => void response.writeHead(200, { 'content-type': 'application/json', 'content-length': '99' }).write('{', () => response.destroy()),
  ],
  ['never answers', () => undefined],
  ['answers with status 500', json(500, { error: 'server_error' })],
  ['is away behind its proxy', (response) => void response.writeHead(503, { 'content-type': 'text/html' }).end('<html>')],
])('an issuer that %s has said nothing of who came back', { timeout: TIMEOUT_MS }, async (_, does) => {
  answer = does;
  await expect(comesBack()).rejects.toMatchObject({ code: 'identity_unavailable' });
});

it('whoever may ask without having signed in asks a bounded number of times at once, and has the issuer asked no more', { timeout: TIMEOUT_MS }, async () => {
  const held: ServerResponse[] = [];
  answer = (response) => void held.push(response);
  const issuer = new Issuer({
    issuer: origin,
    clientId: 'rcm-console',
    clientSecret: undefined,
    redirectUri: BACK,
    scopes: 'openid',
    acr: undefined,
    amr: undefined,
  });
  const departure = await issuer.depart();
  const back = () => issuer.arrive(new URL(`${BACK}?${new URLSearchParams({ code: 'made-up', state: departure.state }).toString()}`), departure);
  const ended = Array.from({ length: 100 }, () =>
    back().then(
      () => 'let in',
      ({ code }: { readonly code: string }) => code,
    ),
  );
  await expect.poll(() => held.length, { timeout: TIMEOUT_MS }).toBe(16);
  const refused = json(400, { error: 'invalid_grant' });
  held.splice(0).forEach(refused);
  const codes = await Promise.all(ended);
  expect([codes.filter((code) => code === 'queue_full').length, codes.filter((code) => code === 'token_invalid').length]).toEqual([84, 16]);
  // There is room again.
  answer = refused;
  await expect(back()).rejects.toMatchObject({ code: 'token_invalid' });
});

const challenge: Answer = (response) => void response.writeHead(401, { 'www-authenticate': 'Basic realm="issuer"' }).end('{"error":"invalid_client"}');
it.each<[what: string, answer: Answer]>([
  ['does not know the console', json(401, { error: 'invalid_client' })],
  ['does not know the console, and answers with the older status', json(400, { error: 'invalid_client' })],
  ['asks the console for another secret', challenge],
  ['does not say why it refuses the console', (response) => void response.writeHead(401).end()],
  ['lets the console sign in nobody', json(400, { error: 'unauthorized_client' })],
])('where the issuer %s, the configuration is wrong, and nobody’s sign-in', async (_, does) => {
  answer = does;
  await expect(comesBack()).rejects.toMatchObject({ code: 'config_invalid', message: expect.stringContaining('RCM_CONSOLE_CLIENT_SECRET') as string });
});

it.each<[what: string, answer: Answer]>([
  ['does not know the code, and answers with a status that is not for that', json(401, { error: 'invalid_grant' })],
  ['does not know the code', json(400, { error: 'invalid_grant' })],
  ['names nobody', json(200, { access_token: 'a', token_type: 'Bearer' })],
])('where the issuer %s, the sign-in was another’s', async (_, does) => {
  answer = does;
  await expect(comesBack()).rejects.toMatchObject({ code: 'token_invalid' });
});

it('an answer to another sign-in, or one that the person has broken off, is not asked about', async () => {
  answer = json(500, {});
  await expect(comesBack(() => ({ code: 'c', state: 'another' }))).rejects.toMatchObject({ code: 'token_invalid' });
  await expect(comesBack((state) => ({ error: 'access_denied', state }))).rejects.toMatchObject({ code: 'token_invalid' });
});

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const withPublicKey = (text: string): string =>
  createHmac('sha256', KEYS.publicKey.export({ type: 'spki', format: 'pem' }))
    .update(text)
    .digest('base64url');
const signedBy =
  (key: KeyObject) =>
  (text: string): string =>
    sign('sha256', Buffer.from(text), key).toString('base64url');

/** Says that this was jane. */
const tokenOf =
  (signature: (text: string) => string, header: object = { alg: 'RS256', kid: 'k' }): Answer =>
  (response) => {
    const now = Math.floor(Date.now() / 1_000);
    const text = `${base64url(header)}.${base64url({ iss: origin, aud: 'rcm-console', sub: 'jane', iat: now, exp: now + 300, nonce })}`;
    json(200, { access_token: 'a', token_type: 'Bearer', id_token: `${text}.${signature(text)}` })(response);
  };

it.each<[what: string, answer: Answer]>([
  ['another key has signed under the name of the issuer’s', tokenOf(signedBy(generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey))],
  ['nobody has signed', tokenOf(() => '')],
  ['nobody has signed, and that says so', tokenOf(() => '', { alg: 'none' })],
  ['was signed with the public key as if that were a secret', tokenOf(withPublicKey, { alg: 'HS256', kid: 'k' })],
])('a token that %s is nobody’s word', async (_, does) => {
  answer = does;
  await expect(comesBack()).rejects.toMatchObject({ code: 'token_invalid' });
});

it('where the issuer’s keys cannot be had, nothing is known of who came back', async () => {
  answer = tokenOf(signedBy(KEYS.privateKey));
  keysStatus = 503;
  await expect(comesBack()).rejects.toMatchObject({ code: 'identity_unavailable' });
});

it.each<[what: string, subjectTypes: string[] | undefined, place: string]>([
  ['for each client anew is named with the client', ['pairwise'], '?client=rcm-console'],
  ['alike for all is named by the issuer alone', ['public', 'pairwise'], ''],
  ['as it does not say is named by the issuer alone', undefined, ''],
])('whom the issuer names %s', async (_, subjectTypes, place) => {
  more = { subject_types_supported: subjectTypes };
  answer = tokenOf(signedBy(KEYS.privateKey));
  expect((await comesBack()).subject).toBe(`${origin}${place}#jane`);
});
