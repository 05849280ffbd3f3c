import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RcmError, Secret } from '@rcm/telemetry';
import { parsePayload, payloadJsonSchema, rotationOf, serializePayload, withPassword } from './payload.ts';

const errorOf = (text: string): RcmError => {
  try {
    parsePayload(new Secret(text));
  } catch (error) {
    if (error instanceof RcmError) return error;
  }
  throw new Error('it was accepted');
};

const roundTrip = (text: string): string => serializePayload(parsePayload(new Secret(text))).reveal();
const change = { password: new Secret('new'), attemptId: 'attempt-1', counter: 3, now: new Date('2026-01-02T03:04:05Z') };

describe('a credential payload', () => {
  it('reads the one of the design', () => {
    const text = JSON.stringify({
      username: 'portal_user_123',
      password: 'x',
      mfa_seed: 'JBSWY3DPEHPK3PXP',
      oauth_client_id: 'client-123',
      oauth_client_secret: 'y',
      custom_fields: { api_key: 'z', account_number: '12345' },
      metadata: { portal_type: 'insurance', portal_name: 'BlueCross BlueShield', last_rotated: '2025-07-30T00:00:00Z', rotation_method: 'manual' },
    });
    expect(roundTrip(text)).toBe(text);
  });

  it('keeps whatever it does not know, at every level', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (top, inMetadata, custom) => {
        const text = JSON.stringify({ username: 'u', password: 'p', unknown_field: top, custom_fields: custom, metadata: { also_unknown: inMetadata } });
        expect(JSON.parse(roundTrip(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['12345678901234567890', '0.12345678901234567890', '1e400', '-0.0000000000000000000000001', '9007199254740993'])(
    'keeps the number %s digit by digit',
    (number) => {
      const text = `{"username":"u","password":"p","custom_fields":{"account_number":${number},"list":[${number}]}}`;
      expect(roundTrip(text)).toBe(text);
      expect(serializePayload(withPassword(parsePayload(new Secret(text)), change)).reveal()).toContain(`"account_number":${number},"list":[${number}]`);
    },
  );

  it('keeps a field named __proto__, lone surrogates and control characters', () => {
    const text = String.raw`{"username":"u","password":"p","custom_fields":{"__proto__":{"x":1},"half":"\ud83d"},"__proto__":{"y":"\u0000"}}`;
    expect(roundTrip(text)).toBe(text);
  });

  it.each([
    ['no password', '{"username":"u"}', 'password: expected string'],
    ['an empty user name', '{"username":"","password":"p"}', 'username'],
    ['a number as password', '{"username":"u","password":31337}', 'password: expected string'],
    ['a list', '[]', 'payload: expected object'],
    ['a text', '"hunter2"', 'payload: expected object'],
    ['custom fields that are a list', '{"username":"u","password":"p","custom_fields":["hunter2"]}', 'custom_fields'],
    ['a backup code that is a number', '{"username":"u","password":"p","backup_codes":["code-1",31337]}', 'backup_codes.1: expected string'],
    ['a backup code that is too short, but for blanks', '{"username":"u","password":"p","backup_codes":["  123  "]}', 'backup_codes.0: not usable'],
    ['a backup code that is too long', `{"username":"u","password":"p","backup_codes":["${'1'.repeat(65)}"]}`, 'backup_codes.0: not usable'],
    ['backup codes that are one text', '{"username":"u","password":"p","backup_codes":"1234 5678"}', 'backup_codes: expected array'],
    [
      'more than 100 backup codes',
      JSON.stringify({ username: 'u', password: 'p', backup_codes: Array.from({ length: 101 }, (_, i) => `code-${i}`) }),
      'backup_codes: not usable',
    ],
    ['a counter that is none', '{"username":"u","password":"p","metadata":{"rotation_counter":-1}}', 'metadata.rotation_counter'],
  ])('refuses %s and says where', (_what, text, where) => {
    expect(errorOf(text).code).toBe('payload_invalid');
    expect(errorOf(text).message).toContain(where);
  });

  it.each([
    '{"username":"u","password":"hunter2"',
    '{"username":"u","password":["hunter2"]}',
    'hunter2',
    '{"username":"u","password":"p","custom_fields":"hunter2"}',
    '{"username":"u","password":"p","backup_codes":"hunter2"}',
    `{"username":"u","password":"p","backup_codes":["${'hunter2'.repeat(10)}"]}`,
  ])('never repeats a value of what it refuses (%#)', (text) => {
    const error = errorOf(text);
    expect(error.code).toBe('payload_invalid');
    expect(`${error.message} ${JSON.stringify(error.details)} ${String(error.cause)}`).not.toContain('hunter2');
  });

  it('changes the password, notes the rotation, and keeps the rest', () => {
    const before = {
      username: 'u',
      password: 'old',
      mfa_seed: 'S',
      backup_codes: [' AAAA-1111 ', 'bbbb2222'],
      extra: [1],
      custom_fields: { pin: '1' },
      metadata: { portal_name: 'P', more: true, rotation_counter: 2 },
    };
    const text = new Secret(JSON.stringify(before));
    const next = withPassword(parsePayload(text), change);
    expect(next.reveal()).toEqual({
      ...before,
      password: 'new',
      metadata: {
        ...before.metadata,
        last_rotated: '2026-01-02T03:04:05.000Z',
        rotation_method: 'automatic',
        rotation_attempt_id: 'attempt-1',
        rotation_counter: 3,
      },
    });
    expect(rotationOf(serializePayload(next))).toEqual({ attemptId: 'attempt-1', counter: 3 });
    expect(parsePayload(text).reveal().password).toBe('old');
  });

  it('is of no rotation where it is not even a payload', () => {
    expect(rotationOf(new Secret('not json'))).toEqual({ attemptId: null, counter: 0 });
    expect(rotationOf(new Secret('{"username":"u","password":"p"}'))).toEqual({ attemptId: null, counter: 0 });
  });

  it('is described as JSON Schema with the fields that must be there', () => {
    expect(payloadJsonSchema()).toMatchObject({ type: 'object', required: ['username', 'password'], properties: { mfa_seed: {}, metadata: {} } });
  });

  it('never has two opening braces side by side, which SSM would read as a parameter of its own', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', '\\', '"', 'u', 'é'), minLength: 1 }), (password) => {
        const text = JSON.stringify({ username: 'u', password, custom_fields: { '{{key': { deep: '{{{' } } });
        expect(roundTrip(text)).not.toContain('{{');
        expect(JSON.parse(roundTrip(text))).toEqual(JSON.parse(text));
      }),
    );
  });
});
