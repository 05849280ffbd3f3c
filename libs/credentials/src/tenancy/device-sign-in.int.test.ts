import { backend, type DeviceIssuerServer, type Odd, startDeviceIssuer } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signInByDevice } from './device-sign-in.ts';
import { osUser, signedInPerson } from './signed-in-person.ts';

let server: DeviceIssuerServer;
let pauses: number[];
let said: string[];
beforeAll(async () => void (server = await startDeviceIssuer()));
afterAll(() => server.close());
beforeEach(() => {
  server.do({});
  [pauses, said] = [[], []];
});

const clock = { sleep: (ms: number) => Promise.resolve(void pauses.push(ms / 1_000)) };
const signIn = (odd: Odd = {}, more: { readonly issuer?: string; readonly clientId?: string } = {}) => {
  server.do(odd);
  return signInByDevice({ issuer: server.issuer, clientId: server.clientId, clock, say: (line) => void said.push(line), ...more });
};

describe.skipIf(backend() === 'containers')('a person at a terminal (needs no backend: once)', () => {
  it('is told where to sign in and with which code, and is who the issuer says once they have', async () => {
    expect(await signIn({ polls: ['authorization_pending', 'authorization_pending'] })).toBe(`${server.issuer}#jane`);
    expect(said).toEqual([`To go on, sign in at ${server.issuer}/activate with the code WDJB-MJHT (within 10 minutes).`]);
    expect(pauses).toEqual([1, 1, 1]);
    expect(server.asked).toEqual([
      ...['/.well-known/openid-configuration', '/device', '/token authorization_pending', '/token authorization_pending', '/token granted', '/keys'],
    ]);
  });

  it('is waited for more slowly where the issuer says so, and no longer than the code lives', async () => {
    await signIn({ polls: ['slow_down', 'authorization_pending'] });
    expect(pauses).toEqual([1, 6, 6]);
    pauses = [];
    await expect(signIn({ polls: Array<string>(99).fill('authorization_pending'), expiresIn: 4 })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(pauses).toEqual([1, 1, 1, 1]);
  });

  it.each([
    ['access_denied', /the sign-in was declined/],
    ['expired_token', /the sign-in ended/],
  ])(
    'who answers with %s has not signed in, and nothing is done',
    async (error, words) => {
      await expect(signIn({ polls: [error] })).rejects.toMatchObject({ code: 'input_invalid', message: expect.stringMatching(words) as string });
      await expect(signedInPerson({ issuer: { ...server }, aws: null, say: () => {} })).rejects.toMatchObject({ code: 'input_invalid' });
    },
    60_000,
  );

  const now = Math.floor(Date.now() / 1_000);
  it.each<readonly [string, Odd]>([
    ['of another issuer', { claims: { iss: 'https://another.example' } }],
    ['for another client', { claims: { aud: 'another' } }],
    ['for several clients, without saying who asked', { claims: { aud: ['rcm-terminal', 'another'] } }],
    ['that another client asked for', { claims: { aud: ['rcm-terminal', 'another'], azp: 'another' } }],
    ['that has expired', { claims: { iat: now - 500, exp: now - 120 } }],
    ['that is old', { claims: { iat: now - 7_200, exp: now + 7_200 } }],
    ['of the future', { claims: { iat: now + 7_200, exp: now + 9_000 } }],
    ['without an end', { claims: { exp: undefined } }],
    ['without a beginning', { claims: { iat: undefined } }],
    ['that names nobody', { claims: { sub: '' } }],
    ['with a name without end', { claims: { sub: 'x'.repeat(701) } }],
    ['that a key has signed which is not the issuer’s', { key: 'another' }],
    ['with a key id that the issuer does not have', { header: { kid: 'unknown' } }],
  ])('a token %s is nobody’s word', async (_, odd) => {
    await expect(signIn(odd)).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringMatching(/^Nobody has signed in: .*Nothing was changed/) as string,
    });
  });

  it.each<readonly [string, Odd, { readonly issuer?: string; readonly clientId?: string }]>([
    ['calls itself by another name', { configuration: { issuer: 'https://another.example' } }, {}],
    ['has no device endpoint', { configuration: { device_authorization_endpoint: undefined } }, {}],
    ['does not know this client', {}, { clientId: 'unknown' }],
    ['is not well', { status: 503 }, {}],
    ['does not answer', {}, { issuer: 'http://127.0.0.1:1' }],
  ])('an issuer that %s is not asked further', async (_, odd, more) => {
    await expect(signIn(odd, more)).rejects.toMatchObject({ code: 'identity_unavailable' });
  });

  it.each(['device_authorization_endpoint', 'token_endpoint', 'jwks_uri'])('an issuer whose %s is not https is asked nothing there', async (endpoint) => {
    await expect(signIn({ configuration: { [endpoint]: 'http://192.0.2.1/' } })).rejects.toMatchObject({ code: 'identity_unavailable' });
    expect(server.asked).toEqual(['/.well-known/openid-configuration']);
  });

  it('of any name is written so that it can be no other, and steers no terminal', async () => {
    expect(await signIn({ claims: { sub: 'a b#c says the-ceo\u0007ä' }, userCode: 'A\u001b[2J' })).toBe(`${server.issuer}#a%20b%23c%20says%20the-ceo%07%C3%A4`);
    expect(said[0]).toContain('with the code A?[2J');
  });

  it('whom the issuer names for each client anew is named with the client, so that by another they are of another place', async () => {
    const named = (types: readonly string[]) => signIn({ configuration: { subject_types_supported: types } });
    expect(await named(['pairwise'])).toBe(`${server.issuer}?client=rcm-terminal#jane`);
    expect(await named(['public', 'pairwise'])).toBe(`${server.issuer}#jane`);
  });

  it('is named by the issuer before AWS and the operating system, with what they call themselves beside it', async () => {
    const issuer = { issuer: server.issuer, clientId: server.clientId };
    expect(await signedInPerson({ issuer, aws: null, claimed: 'the-ceo', say: () => {} })).toBe(`person:oidc:${server.issuer}#jane says the-ceo`);
    const lines: string[] = [];
    expect(await signedInPerson({ issuer: { ...issuer, issuer: 'http://127.0.0.1:1' }, aws: null, say: (line) => void lines.push(line) })).toBe(
      `person:os:${osUser()}`,
    );
    expect(lines.join()).toMatch(/does not answer.*the audit trail shows that/);
  });
});
