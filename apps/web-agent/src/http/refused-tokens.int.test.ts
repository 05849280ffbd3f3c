import { type Database, openDatabase } from '@rcm/db';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { createLogger, createMetrics } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import fc from 'fast-check';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Issuer, startIssuer } from './issuer.fixture.ts';
import { type ApiServer, startApi } from './server.ts';

/** By this clock tokens are judged, so that no second that passes meanwhile decides. */
const NOW = Math.floor(Date.now() / 1_000);
const MAX_AGE = 3_600;
const TOLERANCE = 5;
const CENTURY = 100 * 365 * 86_400;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let db: Database;
let issuer: Issuer;
let api: ApiServer;
const logged: string[] = [];

beforeAll(async () => {
  database = await freshDatabase({ migrate: migrateWithLogins });
  db = openDatabase({ url: urlFor('rcm_agent', database.url), applicationName: 'test agent', role: 'rcm_agent' });
  issuer = await startIssuer();
  api = await startApi({
    ...{ db, metrics: createMetrics(), port: 0, host: '127.0.0.1', perMinute: 1_000_000, maxQueued: 10, bodyLimitBytes: 4_096 },
    logger: createLogger({ name: 'api', level: 'trace', destination: sink }),
    token: {
      ...{ issuer: issuer.name, audience: issuer.audience, jwksUrl: issuer.jwksUrl, algorithms: ['ES256'], types: ['at+jwt'] },
      ...{ tenantClaim: 'tenant_id', scopeClaim: 'scope', maxAgeMs: MAX_AGE * 1_000, clockToleranceMs: TOLERANCE * 1_000 },
      ...{ jwksTimeoutMs: 30_000, jwksMaxAgeMs: 86_400_000, jwksCooldownMs: 3_600_000, date: () => new Date(NOW * 1_000) },
    },
  });
});
afterAll(async () => {
  await api?.close();
  await issuer?.close();
  await db?.close();
  await database?.drop();
});

const sink = new Writable({
  write(chunk: Buffer, _encoding, done) {
    logged.push(chunk.toString());
    done();
  },
});

/** `in`: the token was taken, as the organization has no such task. */
async function read(token: string) {
  const response = await fetch(`http://127.0.0.1:${api.port}/v1/tasks/${crypto.randomUUID()}`, { headers: { authorization: `Bearer ${token}` } });
  const { code } = (await response.json()) as { readonly code: string };
  return { status: response.status, code, challenge: response.headers.get('www-authenticate') };
}
const IN = { status: 404, code: 'task_not_found', challenge: null };

const tokenWith = (claims: Record<string, unknown>, header: object = {}): Promise<string> =>
  issuer.token('one', { claims: { iat: NOW, exp: NOW + 600, ...claims }, header });

describe('a token over HTTP', () => {
  const taken: readonly (readonly [what: string, claims: Record<string, unknown>, header: object])[] = [
    ['as it should be', {}, {}],
    ['whose type is written in full', {}, { typ: 'application/AT+JWT' }],
    ['for several audiences, this one among them', { aud: ['billing', 'portal-tasks'] }, {}],
    ['as old as one may be', { iat: NOW - MAX_AGE, exp: NOW + TOLERANCE }, {}],
    ['of a clock that is ahead by the tolerance', { iat: NOW + TOLERANCE, nbf: NOW + TOLERANCE }, {}],
    ['with a subject as other issuers write them', { sub: 'auth0|62f0ß-Ωλ 漢字 @clients' }, {}],
    ['with further scopes', { scope: 'openid  tasks:read:org profile' }, {}],
    ['with scopes as a list', { scope: ['tasks:read:org'] }, {}],
  ];
  it.each(taken)('%s is taken', async (_what, claims, header) => {
    expect(await read(await tokenWith(claims, header))).toEqual(IN);
  });

  const refused: readonly (readonly [what: string, reason: string, claims: Record<string, unknown>, header?: object])[] = [
    ['that lives for a hundred years', 'lifetime', { exp: NOW + CENTURY }],
    ['that ends when no date does', 'lifetime', { exp: 1e300 }],
    ['that lives longer than one may', 'lifetime', { exp: NOW + MAX_AGE + TOLERANCE + 1 }],
    ['that is older than one may be', 'too_old', { iat: NOW - MAX_AGE - TOLERANCE - 1 }],
    ['issued in the future', 'issued_at', { iat: NOW + TOLERANCE + 1, exp: NOW + 600 }],
    ['issued in a hundred years', 'issued_at', { iat: NOW + CENTURY, exp: NOW + CENTURY + 600 }],
    ['that does not say when it was issued', 'issued_at', { iat: undefined }],
    ['issued at no time', 'issued_at', { iat: '2026-01-01' }],
    ['that never expires', 'expiry', { exp: undefined }],
    ['that expires at no time', 'expiry', { exp: 'tomorrow' }],
    ['that is not valid yet', 'not_valid_yet', { nbf: NOW + TOLERANCE + 1 }],
    ['for an ID token’s reader', 'type', {}, { typ: 'JWT' }],
    ['of a logout', 'type', {}, { typ: 'logout+jwt' }],
    ['that does not say what it is', 'type', {}, { typ: undefined }],
    ['of another issuer', 'issuer', { iss: 'https://evil.example/' }],
    ['of an issuer whose name only begins so', 'issuer', { iss: 'https://identity.example/evil' }],
    ['of several issuers', 'issuer', { iss: ['https://identity.example/'] }],
    ['of no issuer', 'issuer', { iss: undefined }],
    ['for another audience', 'audience', { aud: 'portal-tasks-2' }],
    ['for an audience in another case', 'audience', { aud: 'PORTAL-TASKS' }],
    ['for no audience', 'audience', { aud: undefined }],
    ['for an empty list of audiences', 'audience', { aud: [] }],
    ['without a subject', 'subject', { sub: undefined }],
    ['with an empty subject', 'subject', { sub: '' }],
    ['with NUL in the subject', 'subject', { sub: 'claims\0service' }],
    ['with a line break in the subject', 'subject', { sub: 'claims\nservice' }],
    ['with a C1 control in the subject', 'subject', { sub: 'claims\u009bservice' }],
    ['with a subject that turns the line around', 'subject', { sub: 'claims\u202eservice' }],
    ['with a line separator in the subject', 'subject', { sub: 'claims\u2028service' }],
    ['with half a surrogate pair in the subject', 'subject', { sub: 'claims\ud800' }],
    ['with a subject that is too long', 'subject', { sub: 's'.repeat(201) }],
    ['with a list of subjects', 'subject', { sub: ['claims-service'] }],
    ['without a tenant', 'tenant', { tenant_id: undefined }],
    ['with a tenant that ends with a line break', 'tenant', { tenant_id: 'one\n' }],
    ['with NUL in the tenant', 'tenant', { tenant_id: 'one\0' }],
    ['with a tenant that is too long', 'tenant', { tenant_id: 'o'.repeat(64) }],
    ['with an extension that must be understood', 'unsupported', {}, { crit: ['exp'], exp: NOW }],
    ['by a key that nobody knows', 'key_unknown', {}, { kid: 'unknown' }],
  ];
  it.each(refused.map(([what, reason, claims, header = {}]) => [what, reason, claims, header] as const))(
    '%s is refused; the log says why (%s)',
    async (_what, reason, claims, header) => {
      const token = await tokenWith(claims, header);
      logged.length = 0;
      expect(await read(token)).toEqual({ status: 401, code: 'token_invalid', challenge: 'Bearer error="invalid_token"' });
      expect(logged.map((line) => JSON.parse(line) as object)).toContainEqual(expect.objectContaining({ msg: 'a token was refused', reason }));
      for (const part of token.split('.')) expect(logged.join('')).not.toContain(part);
    },
  );

  it('that has expired is refused with a code of its own, so that its owner gets another', async () => {
    logged.length = 0;
    const token = await tokenWith({ iat: NOW - 600, exp: NOW - TOLERANCE });
    expect(await read(token)).toEqual({ status: 401, code: 'token_expired', challenge: 'Bearer error="invalid_token"' });
    expect(logged.join('')).toContain('"reason":"expired"');
  });

  it('that its issuer did not sign is refused as invalid, whatever is in it', async () => {
    const [header = '', payload = '', signature = ''] = (await tokenWith({ exp: NOW - 60 })).split('.');
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
    for (const [token, reason] of [
      [`${header}.${payload}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`, 'signature'],
      [`${none}.${payload}.`, 'algorithm'],
      [`${header}.${payload}`, 'malformed'],
      ['aaaa', 'malformed'],
    ] as const) {
      logged.length = 0;
      expect(await read(token)).toMatchObject({ status: 401, code: 'token_invalid' });
      expect(logged.join('')).toContain(`"reason":"${reason}"`);
    }
  });

  it('is refused whenever its times are not all within their bounds, and never otherwise', async () => {
    const around = (middle: number) => fc.oneof(fc.integer({ min: middle - 8, max: middle + 8 }), fc.integer({ min: -2 * MAX_AGE, max: 2 * MAX_AGE }));
    const times = fc.record({ age: fc.oneof(around(0), around(MAX_AGE)), lifetime: fc.oneof(around(0), around(MAX_AGE)), notBefore: around(0) });
    await fc.assert(
      fc.asyncProperty(times, async ({ age, lifetime, notBefore }) => {
        const isGood =
          age >= -TOLERANCE && age <= MAX_AGE + TOLERANCE && lifetime <= MAX_AGE + TOLERANCE && lifetime - age > -TOLERANCE && notBefore <= TOLERANCE;
        const { status } = await read(await tokenWith({ iat: NOW - age, exp: NOW - age + lifetime, nbf: NOW + notBefore }));
        expect(status).toBe(isGood ? 404 : 401);
      }),
      { numRuns: 150 },
    );
  });

  it('is refused for every subject with a character that cannot be seen', async () => {
    const unseen = fc.integer({ min: 0, max: 0x9f }).filter((code) => code < 0x20 || code >= 0x7f);
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 20 }), unseen, fc.string({ maxLength: 20 }), async (before, code, after) => {
        expect((await read(await tokenWith({ sub: before + String.fromCharCode(code) + after }))).status).toBe(401);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a scope', () => {
  const ask = async (scope: unknown) => {
    const response = await fetch(`http://127.0.0.1:${api.port}/v1/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await tokenWith({ scope })}`, 'content-type': 'application/json' },
      body: '{}',
    });
    return { status: response.status, challenge: response.headers.get('www-authenticate') };
  };
  const ASKED = { status: 400, challenge: null };
  const refusedFor = (scopes: string) => ({ status: 403, challenge: `Bearer error="insufficient_scope", scope="${scopes}"` });

  it.each([
    ['tasks:write', ASKED, refusedFor('tasks:read tasks:read:org')],
    ['tasks:read:org', refusedFor('tasks:write'), { status: 404, challenge: null }],
    ['tasks:read', refusedFor('tasks:write'), { status: 404, challenge: null }],
    ['tasks:write tasks:read:org', ASKED, { status: 404, challenge: null }],
    ['TASKS:WRITE tasks:*', refusedFor('tasks:write'), refusedFor('tasks:read tasks:read:org')],
    ['tasks:writer tasks:read:organization', refusedFor('tasks:write'), refusedFor('tasks:read tasks:read:org')],
    ['tasks:write,tasks:read:org', refusedFor('tasks:write'), refusedFor('tasks:read tasks:read:org')],
    ['', refusedFor('tasks:write'), refusedFor('tasks:read tasks:read:org')],
    [undefined, refusedFor('tasks:write'), refusedFor('tasks:read tasks:read:org')],
    [{ 'tasks:write': true }, refusedFor('tasks:write'), refusedFor('tasks:read tasks:read:org')],
    [[['tasks:write']], refusedFor('tasks:write'), refusedFor('tasks:read tasks:read:org')],
  ])('%j lets its holder do that and nothing else', async (scope, asking, reading) => {
    expect(await ask(scope)).toEqual(asking);
    const { status, challenge } = await read(await tokenWith({ scope }));
    expect({ status, challenge }).toEqual(reading);
  });
});
