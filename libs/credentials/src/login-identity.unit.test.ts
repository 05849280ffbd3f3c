import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { payloadFingerprint } from './fingerprint.ts';
import { loginIdentity } from './login-identity.ts';

const key = new Secret('k'.repeat(32));

describe('a login identity', () => {
  it('is the HMAC-SHA256 of host, line feed and user name, in hex', () => {
    // printf 'portal.example:8443\nuser' | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
    expect(loginIdentity({ key, host: 'Portal.Example:8443', username: 'user' })).toBe('3b0ef5107c715e6e7d1a9f86c274b8bf82d64b1f34bfd03800d740234cedc167');
  });

  it('tells ports, user names, their case and keys apart, and not the case of hosts', () => {
    const of = (host: string, username: string, other = key) => loginIdentity({ key: other, host, username });
    expect(of('A.example', 'u')).toBe(of('a.EXAMPLE', 'u'));
    expect(
      new Set([of('a.example', 'u'), of('a.example:444', 'u'), of('a.example', 'U'), of('a.example', 'v'), of('a.example', 'u', new Secret('x'.repeat(32)))])
        .size,
    ).toBe(5);
  });
});

describe('a payload fingerprint', () => {
  it('is the same for the same text and key only', () => {
    const of = (text: string, other = key) => payloadFingerprint({ key: other, text: new Secret(text) });
    expect(of('a')).toBe(of('a'));
    expect(new Set([of('a'), of('b'), of('a', new Secret('x'.repeat(32)))]).size).toBe(3);
  });

  it('can never be taken for a login identity under the same key', () => {
    expect(payloadFingerprint({ key, text: new Secret('portal.example\nuser') })).not.toBe(loginIdentity({ key, host: 'portal.example', username: 'user' }));
  });
});
