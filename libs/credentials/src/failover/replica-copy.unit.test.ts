import { Secret } from '@rcm/telemetry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePayload } from '../payload.ts';
import { copyText, readCopy } from './replica-copy.ts';

test('any text comes back with the version it is a copy of', () => {
  fc.assert(
    fc.property(fc.string(), fc.bigInt({ min: 0n, max: 10n ** 18n }), (text, number) => {
      const copy = readCopy(copyText({ version: String(number), text: new Secret(text) }));
      expect([copy?.version, copy?.text.reveal()]).toEqual([String(number), text]);
    }),
  );
});

test('a payload is no copy, and a copy is no payload', () => {
  const text = new Secret('{"username":"u","password":"rcm-copy 1\\n"}');
  expect(readCopy(text)).toBeNull();
  expect(() => parsePayload(copyText({ version: '1', text }))).toThrow(expect.objectContaining({ code: 'payload_invalid' }));
});
