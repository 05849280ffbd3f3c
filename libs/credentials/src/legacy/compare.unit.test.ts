import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { canonicalFingerprint, compareTexts } from './compare.ts';

const key = { id: '1', secret: new Secret('k'.repeat(32)) };
const text = (value: unknown): Secret<string> => new Secret(typeof value === 'string' ? value : JSON.stringify(value));
const likeness = (legacy: unknown, stored: unknown) => compareTexts(key, { legacy: text(legacy), stored: text(stored) });
const compare = (legacy: unknown, stored: unknown) => likeness(legacy, stored).is;

const login = { username: 'u', password: 'p', custom_fields: { b: [1, { d: 1, c: 2 }], a: null }, unknown: 'kept' };
const rotated = { ...login, password: 'new', metadata: { rotation_attempt_id: 'attempt-1', rotation_counter: 1 } };

describe('canonicalFingerprint', () => {
  it('does not depend on the order of fields, at any depth', () => {
    const other = '{"unknown":"kept","custom_fields":{"a":null,"b":[1,{"c":2,"d":1}]},"password":"p","username":"u"}';
    expect(canonicalFingerprint(key, text(login))).toBe(canonicalFingerprint(key, text(other)));
  });

  it('depends on the order of a list, on every value, on null, on case, and on the key', () => {
    const variants = [
      { ...login, custom_fields: { ...login.custom_fields, b: [{ d: 1, c: 2 }, 1] } },
      { ...login, password: 'P' },
      { ...login, unknown: null },
      { ...login, custom_fields: { b: login.custom_fields.b } },
      { ...login, more: '' },
    ];
    const prints = [login, ...variants].map((value) => canonicalFingerprint(key, text(value)));
    expect(new Set(prints).size).toBe(prints.length);
    expect(canonicalFingerprint({ ...key, secret: new Secret('x'.repeat(32)) }, text(login))).not.toBe(prints[0]);
    expect(canonicalFingerprint({ ...key, id: 'k2' }, text(login))).toBe(prints[0]?.replace(/^1:/, 'k2:'));
  });

  it('tells two long numbers apart that a double cannot', () => {
    const numbered = (digits: string) => canonicalFingerprint(key, text(`{"username":"u","password":"p","n":${digits}}`));
    expect(numbered('12345678901234567890')).not.toBe(numbered('12345678901234567891'));
  });

  it('does not confuse a field named like a prototype', () => {
    const hidden = canonicalFingerprint(key, text('{"username":"u","password":"p","custom_fields":{"__proto__":"x"}}'));
    expect(hidden).not.toBe(canonicalFingerprint(key, text('{"username":"u","password":"p","custom_fields":{}}')));
  });
});

describe('compareTexts', () => {
  it('calls the same payload equal, whatever its order', () => {
    expect(compare(login, Object.fromEntries(Object.entries(login).reverse()))).toBe('equal');
  });

  it('names the attempt that is said to have made a new password', () => {
    const said = { is: 'rotation', attemptId: 'attempt-1' };
    expect(likeness(login, rotated)).toEqual(said);
    expect(likeness({ ...login, metadata: { portal_name: 'x' } }, rotated)).toEqual(said);
  });

  it.each([
    ['a new password without a rotation', { ...login, password: 'new' }],
    ['a rotation that lost a field', { ...rotated, unknown: undefined }],
    ['a rotation that altered a nested field', { ...rotated, custom_fields: { a: 1 } }],
    ['a rotation to another user name', { ...rotated, username: 'v' }],
    ['an empty attempt id', { ...rotated, metadata: { rotation_attempt_id: '' } }],
  ])('explains nothing by %s', (_, stored) => {
    expect(compare(login, stored)).toBe('different');
  });

  it('does not take an attempt that made the legacy payload itself for a later one', () => {
    expect(compare(rotated, { ...rotated, password: 'other' })).toBe('different');
  });

  it('fails on what is no payload, without quoting it', () => {
    for (const bad of ['{"username":"canary"}', 'canary', '["canary"]']) {
      expect(() => compare(login, bad)).toThrow(
        expect.objectContaining({ code: 'payload_invalid', message: expect.not.stringContaining('canary') as string }) as Error,
      );
    }
  });
});
