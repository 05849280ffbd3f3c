import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Issuer, startIssuer } from './issuer.fixture.ts';
import { createTokenCheck, type TokenCheck, type TokenRules } from './token.ts';

let issuer: Issuer;
let other: Issuer;
let check: TokenCheck;
beforeEach(async () => {
  [issuer, other] = await Promise.all([startIssuer(), startIssuer()]);
  check = checkWith({});
});
afterEach(() => Promise.all([issuer.close(), other.close()]));

const checkWith = (rules: Partial<TokenRules>): TokenCheck =>
  createTokenCheck({
    issuer: issuer.name,
    audience: issuer.audience,
    jwksUrl: issuer.jwksUrl,
    algorithms: ['ES256'],
    types: ['at+jwt'],
    tenantClaim: 'tenant_id',
    scopeClaim: 'scope',
    maxAgeMs: 3_600_000,
    clockToleranceMs: 5_000,
    jwksTimeoutMs: 5_000,
    jwksMaxAgeMs: 600_000,
    jwksCooldownMs: 60_000,
    ...rules,
  });

const REFUSED = { code: 'token_invalid' };
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token', () => {
  it('says whose data it is about and who asks', async () => {
    expect(await check(`Bearer ${await issuer.token('hospital-one')}`)).toEqual({
      ...{ orgId: 'hospital-one', subject: 'claims-service', issuer: issuer.name },
      scopes: new Set(['tasks:write', 'tasks:read:org']),
    });
  });

  it('may hold the tenant in another claim, and then in no other', async () => {
    const named = checkWith({ tenantClaim: 'https://rcm.example/org' });
    expect(await named(`Bearer ${await issuer.token('a', { claims: { 'https://rcm.example/org': 'b' } })}`)).toMatchObject({ orgId: 'b' });
    await expect(named(`Bearer ${await issuer.token('a')}`)).rejects.toMatchObject(REFUSED);
  });

  const bad: Readonly<Record<string, Parameters<Issuer['token']>[1]>> = {
    'that never expires': { expires: null },
    'of another issuer': { claims: { iss: 'https://evil.example/' } },
    'for another audience': { claims: { aud: 'billing' } },
    'for no audience': { claims: { aud: undefined } },
    'that is not valid yet': { claims: { nbf: Math.floor(Date.now() / 1000) + 600 } },
    'without a tenant': { claims: { tenant_id: undefined } },
    'for every tenant': { claims: { tenant_id: '*' } },
    'for several tenants': { claims: { tenant_id: ['a', 'b'] } },
    'with a tenant that is no id': { claims: { tenant_id: "a' OR true --" } },
    'without a subject': { claims: { sub: undefined } },
    'with the id of no key': { header: { kid: 'unknown' } },
  };
  it.each(Object.entries(bad))('%s is refused', async (_what, options) => {
    await expect(check(`Bearer ${await issuer.token('hospital-one', options)}`)).rejects.toMatchObject(REFUSED);
  });

  it('that has expired is told so', async () => {
    await expect(check(`Bearer ${await issuer.token('hospital-one', { expires: '1 minute ago' })}`)).rejects.toMatchObject({ code: 'token_expired' });
  });

  it('signed by somebody else’s key under our key’s id is refused', async () => {
    await expect(check(`Bearer ${await issuer.token('hospital-one', { sign: other })}`)).rejects.toMatchObject(REFUSED);
  });

  it('with a claim that was changed after signing is refused', async () => {
    const [header, payload, signature] = (await issuer.token('hospital-one')).split('.');
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object;
    await expect(check(`Bearer ${header}.${base64({ ...claims, tenant_id: 'hospital-two' })}.${signature}`)).rejects.toMatchObject(REFUSED);
  });

  it('without a signature, or signed with the public key as a password, is refused', async () => {
    const { kid, jwk } = issuer.key();
    const payload = base64({ iss: issuer.name, aud: issuer.audience, sub: 's', tenant_id: 'hospital-one', exp: Math.floor(Date.now() / 1000) + 600 });
    await expect(check(`Bearer ${base64({ alg: 'none', kid })}.${payload}.`)).rejects.toMatchObject(REFUSED);
    const signed = `${base64({ alg: 'HS256', kid })}.${payload}`;
    const signature = createHmac('sha256', JSON.stringify(jwk)).update(signed).digest('base64url');
    await expect(check(`Bearer ${signed}.${signature}`)).rejects.toMatchObject(REFUSED);
    await expect(checkWith({ algorithms: ['ES384'] })(`Bearer ${await issuer.token('hospital-one')}`)).rejects.toMatchObject(REFUSED);
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic dTpw', 'Bearer a b', `Bearer ${'a'.repeat(10_000)}`])(
    '%j is no token and causes no fetch',
    async (header) => {
      await expect(check(header)).rejects.toMatchObject(REFUSED);
      expect(issuer.fetches()).toBe(0);
    },
  );
});

describe('while the issuer is changed', () => {
  const before = { iss: 'https://before.example/', aud: 'before-tasks' };
  const both = () => checkWith({ previous: { issuer: before.iss, audience: before.aud, jwksUrl: other.jwksUrl } });

  it('tokens of both are taken, each with its own audience', async () => {
    const taken = both();
    expect(await taken(`Bearer ${await issuer.token('hospital-one')}`)).toMatchObject({ orgId: 'hospital-one' });
    expect(await taken(`Bearer ${await other.token('hospital-one', { claims: before })}`)).toMatchObject({ orgId: 'hospital-one', issuer: before.iss });
    await expect(taken(`Bearer ${await other.token('hospital-one', { claims: { ...before, aud: issuer.audience } })}`)).rejects.toMatchObject(REFUSED);
    await expect(check(`Bearer ${await other.token('hospital-one', { claims: before })}`)).rejects.toMatchObject(REFUSED);
  });

  it('what one has signed in the other’s name is refused', async () => {
    const taken = both();
    const { kid } = issuer.key();
    await expect(taken(`Bearer ${await other.token('hospital-one', { claims: { iss: issuer.name, aud: issuer.audience } })}`)).rejects.toMatchObject(REFUSED);
    await expect(taken(`Bearer ${await issuer.token('hospital-one', { claims: before })}`)).rejects.toMatchObject(REFUSED);
    await expect(taken(`Bearer ${await issuer.token('hospital-one', { sign: other, header: { kid } })}`)).rejects.toMatchObject(REFUSED);
  });

  it('one whose keys cannot be had keeps out nobody of the other', async () => {
    other.answerWith(503);
    const taken = both();
    expect(await taken(`Bearer ${await issuer.token('hospital-one')}`)).toMatchObject({ orgId: 'hospital-one' });
    await expect(taken(`Bearer ${await other.token('hospital-one', { claims: before })}`)).rejects.toMatchObject({ code: 'identity_unavailable' });
  });
});

describe('the issuer’s keys', () => {
  it('are fetched once for many tokens at once', async () => {
    const token = await issuer.token('hospital-one');
    await Promise.all(Array.from({ length: 20 }, () => check(`Bearer ${token}`)));
    expect(issuer.fetches()).toBe(1);
  });

  it('are fetched again for a new key, and a key that is withdrawn stops to count', async () => {
    const hurried = checkWith({ jwksCooldownMs: 0 });
    const before = await issuer.token('hospital-one');
    await hurried(`Bearer ${before}`);
    await issuer.rotate({ forget: true });
    expect(await hurried(`Bearer ${await issuer.token('hospital-one')}`)).toMatchObject({ orgId: 'hospital-one' });
    await expect(hurried(`Bearer ${before}`)).rejects.toMatchObject(REFUSED);
  });

  it('are not fetched again for every token with an invented key', async () => {
    await check(`Bearer ${await issuer.token('hospital-one')}`);
    for (let i = 0; i < 10; i += 1)
      await expect(check(`Bearer ${await issuer.token('hospital-one', { header: { kid: `k${i}` } })}`)).rejects.toMatchObject(REFUSED);
    expect(issuer.fetches()).toBe(1);
  });

  it.each([
    ['an error', 503],
    ['no JSON', 'not JSON'],
    ['more than a key set can need', `{"keys":[],"x":"${'a'.repeat(300_000)}"}`],
    ['nothing, for ever', 'never'],
  ] as const)('say nothing about a token where their address answers %s', async (_what, answer) => {
    issuer.answerWith(answer);
    const token = `Bearer ${await issuer.token('hospital-one')}`;
    const impatient = checkWith({ jwksTimeoutMs: 300 });
    await expect(impatient(token)).rejects.toMatchObject({ code: 'identity_unavailable' });
    issuer.answerWith(null);
    // The next look is a second later.
    await expect.poll(() => impatient(token).catch(() => null), { timeout: 5_000 }).toMatchObject({ orgId: 'hospital-one' });
  });

  it('are asked for once while their address fails, however many tokens come', async () => {
    issuer.answerWith(503);
    const token = `Bearer ${await issuer.token('hospital-one')}`;
    const still = checkWith({ now: () => 0 });
    for (let i = 0; i < 10; i += 1) await expect(still(token)).rejects.toMatchObject({ code: 'identity_unavailable' });
    expect(issuer.fetches()).toBe(1);
  });

  it('are good for an hour beyond their age while they cannot be fetched again; nothing is said of others', async () => {
    let minutes = 0;
    const patient = checkWith({ now: () => minutes * 60_000 });
    const token = `Bearer ${await issuer.token('hospital-one')}`;
    await patient(token);
    await issuer.rotate();
    const newer = `Bearer ${await issuer.token('hospital-one')}`;
    issuer.answerWith(503);
    for (minutes = 5; minutes < 70; minutes += 5) {
      expect(await patient(token)).toMatchObject({ orgId: 'hospital-one' });
      await expect(patient(newer)).rejects.toMatchObject({ code: 'identity_unavailable' });
    }
    await expect(patient(token)).rejects.toMatchObject({ code: 'identity_unavailable' });
    issuer.answerWith(null);
    minutes += 1;
    expect(await patient(newer)).toMatchObject({ orgId: 'hospital-one' });
  });
});
