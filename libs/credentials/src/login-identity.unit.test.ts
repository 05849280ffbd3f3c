import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { payloadFingerprint } from './fingerprint.ts';
import { formerIdentities, type IdentityKeys, loginIdentity, passwordFingerprints } from './login-identity.ts';

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

  it('is one for a sign-in behind two hosts, and remembers what it was called before', () => {
    const former = formerIdentities(changing, { ...alpine, host: 'WWW.Portal.Example:8443' }, 'user');
    expect(former).toContain(loginIdentity(keys, alpine, 'user').id);
    // As it was before accounts had realms: printf 'www.portal.example:8443\nuser' | openssl dgst -sha256 -hmac kkkk…
    expect(former).toContain('910846a6bfb9351461932bf3e6e2fbc95d3a7965316bc65a81807b3b081d0351');
    expect(former).not.toContain(loginIdentity(changing, alpine, 'user').id);
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
