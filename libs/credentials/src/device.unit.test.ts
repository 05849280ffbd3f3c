import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { parseDevice, type RememberedDevice, serializeDevice } from './device.ts';
import { deviceReference, formatReference, parseReference, parseStoredReference, referenceKey, stagedFolder } from './reference.ts';

const LOGIN = parseReference('arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/org-a/endpoints/e1/a1');
const SECRET = parseReference('arn:aws:secretsmanager:us-east-1:123456789012:secret:rcm/test/org-a/endpoints/e1/a1-AbCdEf');
const VAULT = parseReference('vault:kv/rcm/test/org-a/endpoints/e1/a1');
const device = (state: object | null): Secret<RememberedDevice> => new Secret({ rememberedAt: new Date(1_000), endpointId: 'e1', state });

describe('where a device lies', () => {
  it.each([LOGIN, SECRET, VAULT])('beside its login, and under no login’s name: %o', (login) => {
    const reference = deviceReference(login, 'e2');
    expect(referenceKey(reference)).toContain(':rcm/test/org-a/devices/e2/a1');
    expect(referenceKey(reference)).not.toBe(referenceKey(login));
    // Nothing is staged for it, and no row may name it.
    expect(() => stagedFolder(reference)).toThrow('path');
    if (reference.store === 'secrets-manager') return void expect(reference.suffix).toBeNull();
    expect(() => parseReference(formatReference(reference))).toThrow('path');
    expect(parseStoredReference(formatReference(reference))).toEqual(reference);
  });

  it.each(['../e1', 'e1/x', '', 'E1'])('not for what is no endpoint: %s', (endpointId) => {
    expect(() => deviceReference(LOGIN, endpointId)).toThrow(expect.objectContaining({ code: 'reference_invalid' }));
  });
});

describe('the text of a device', () => {
  it('comes back as it was, and has no two braces side by side', () => {
    const state = { cookies: [{ name: 'a', value: '{{x}}' }], storage: [] };
    const text = serializeDevice(device(state));
    expect(text.reveal()).not.toContain('{{');
    expect(parseDevice(text).reveal()).toEqual({ rememberedAt: new Date(1_000), endpointId: 'e1', state });
    expect(parseDevice(serializeDevice(device(null))).reveal().state).toBeNull();
  });

  it('is refused where it is too large for a parameter, without a word of it', () => {
    expect(() => serializeDevice(device({ token: 'x'.repeat(4_000) }))).toThrow(expect.objectContaining({ code: 'payload_too_large' }));
    expect(() => serializeDevice(device({ token: 'Canary'.repeat(1_000) }))).not.toThrow('Canary');
  });

  it.each([
    '',
    'Canary',
    '[]',
    '{}',
    '{"username":"Canary","password":"Canary"}',
    '{"device":2,"remembered_at":"2031-01-01T00:00:00.000Z","endpoint":"e1","state":null}',
  ])('is no other text: %s', (text) => {
    expect(() => parseDevice(new Secret(text))).toThrow(expect.objectContaining({ code: 'payload_invalid', message: 'What lies there is no device.' }));
  });
});
