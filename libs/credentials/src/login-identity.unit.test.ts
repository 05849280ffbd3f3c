import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { payloadFingerprint } from './fingerprint.ts';
import { type AccountRealm, formerIdentities, type IdentityKeys, loginIdentity, passwordFingerprints, realmHistory } from './login-identity.ts';

const key = new Secret('k'.repeat(32));
const keys: IdentityKeys = { current: { id: '1', key } };
const changing: IdentityKeys = { current: { id: '2', key: new Secret('n'.repeat(32)) }, previous: keys.current };
const alpine = { realm: 'alpine', usernameCase: 'exact' } as const;

describe('a login identity', () => {
  it('is the HMAC-SHA256 of its purpose, realm and user name, one a line, in hex, with the id of its key', () => {
    // printf 'rcm-login-identity\nalpine\nuser' | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
    expect(loginIdentity(keys, alpine, 'user')).toEqual({ id: 'a27264c149637568b5c5c758afce7625fcece77136863aa0e0b39121d7a44f19', keyId: '1' });
  });

  it('tells realms, user names and keys apart, and their case where the realm does', () => {
    const of = (realm: string, username: string, other = keys) => loginIdentity(other, { realm, usernameCase: 'exact' }, username).id;
    expect(new Set([of('a', 'u'), of('b', 'u'), of('a', 'U'), of('a', 'v'), of('a', 'u', changing)]).size).toBe(5);
    const folded = (username: string) => loginIdentity(keys, { realm: 'a', usernameCase: 'ignored' }, username).id;
    expect(folded('User')).toBe(folded('uSER'));
  });

  it('is not the same by another rule of case, or an edit of the user name would look like a change of the rule', () => {
    expect(loginIdentity(keys, { realm: 'a', usernameCase: 'ignored' }, 'user')).not.toEqual(
      loginIdentity(keys, { realm: 'a', usernameCase: 'exact' }, 'user'),
    );
  });
});

describe('what an account may have been called', () => {
  const type = { code: 'alpine', accountRealm: null, formerRealms: [], usernameCase: 'exact' } as const;
  const page = 'https://WWW.Portal.Example:8443/login';
  const former = (of: Partial<Parameters<typeof realmHistory>[0]> = {}, known = keys, username = 'user') =>
    formerIdentities(known, realmHistory({ ...type, ...of }, page), username);
  const named = (realm: AccountRealm, known = keys, username = 'user') => loginIdentity(known, realm, username).id;
  const shared = { accountRealm: 'shared' } as const;

  it.each<[string, readonly string[], string]>([
    ['under the key before', former({}, changing), named(alpine)],
    ['under the key to come', former({}, { current: keys.current, previous: changing.current }), named(alpine, changing)],
    ['until its portal type shared a realm', former(shared), named(alpine)],
    ['while its portal type shared one', former({ formerRealms: ['shared'] }), named({ ...alpine, realm: 'shared' })],
    ['until case was ignored', former({ usernameCase: 'ignored' }, keys, 'User'), named(alpine, keys, 'User')],
    ['while case was ignored', former({}, keys, 'User'), named({ ...alpine, usernameCase: 'ignored' }, keys, 'User')],
    ['when key, realm and case are changed at once', former({ ...shared, usernameCase: 'ignored' }, changing, 'User'), named(alpine, keys, 'User')],
    // As it was before accounts had realms: printf 'www.portal.example:8443\nuser' | openssl dgst -sha256 -hmac kkkk…
    ['by its host', former({}, changing), '910846a6bfb9351461932bf3e6e2fbc95d3a7965316bc65a81807b3b081d0351'],
  ])('%s', (_, names, expected) => {
    expect(names).toContain(expected);
  });

  it('is not what it is called, nor what another user name, realm or spelling is', () => {
    expect(former()).not.toContain(named(alpine));
    expect(former({}, changing)).not.toContain(named(alpine, changing));
    for (const other of [named(alpine, keys, 'another'), named({ ...alpine, realm: 'other' }), named(alpine, keys, 'USER')])
      expect(former()).not.toContain(other);
  });
});

describe('a password fingerprint', () => {
  const of = (login: { username: string; password: string }, other = keys) => passwordFingerprints(other, alpine, login);

  it('names its key, and there are two while a key is changed', () => {
    const login = { username: 'user', password: 'secret' };
    expect(of(login)).toEqual([expect.stringMatching(/^1:[0-9a-f]{64}$/)]);
    expect(of(login, changing)).toEqual([expect.stringMatching(/^2:/), ...of(login)]);
  });

  it('tells passwords and accounts apart, wherever a line feed stands', () => {
    const all = [
      of({ username: 'u', password: 'p' }),
      of({ username: 'u', password: 'q' }),
      of({ username: 'v', password: 'p' }),
      of({ username: 'u\n1', password: 'p' }),
    ];
    expect(new Set(all.flat()).size).toBe(4);
    expect(of({ username: 'a', password: 'b\nc' })).not.toEqual(of({ username: 'a\nb', password: 'c' }));
  });
});

describe('a payload fingerprint', () => {
  it('is the same for the same text and key only', () => {
    const of = (text: string, other = key) => payloadFingerprint({ key: other, text: new Secret(text) });
    expect(of('a')).toBe(of('a'));
    expect(new Set([of('a'), of('b'), of('a', new Secret('x'.repeat(32)))]).size).toBe(3);
  });

  it('can never be taken for a login identity under the same key', () => {
    expect(payloadFingerprint({ key, text: new Secret('alpine\nuser') })).not.toBe(loginIdentity(keys, alpine, 'user').id);
  });
});
