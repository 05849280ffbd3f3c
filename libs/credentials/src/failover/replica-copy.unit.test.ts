import { Secret } from '@rcm/telemetry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePayload, serializePayload } from '../payload.ts';
import { copyText, readCopy } from './replica-copy.ts';

const payloads = fc.record({
  username: fc.string({ minLength: 1 }),
  password: fc.string({ minLength: 1 }),
  custom_fields: fc.dictionary(fc.string(), fc.json()),
});
const versions = fc.bigInt({ min: 1n, max: 10n ** 18n }).map(String);

test('any payload comes back to the letter, with the version it is a copy of; the copy itself is a payload that a store takes', () => {
  fc.assert(
    fc.property(payloads, versions, (payload, version) => {
      const text = serializePayload(new Secret(payload));
      const copy = copyText({ version, text });
      expect(parsePayload(copy).reveal().password).toBe(payload.password);
      const read = readCopy(copy);
      expect([read?.version, read?.text.reveal()]).toEqual([version, text.reveal()]);
    }),
  );
});

test('a payload is no copy, whatever is in it', () => {
  const text = serializePayload(new Secret({ username: '{"rcm_copy_of":"1",', password: 'p', rcm_copy_of: '1' }));
  expect(readCopy(text)).toBeNull();
});

test.each(['', 'secret', '{}', '[1]', '"{"'])('a secret that reads %j is not copied', (text) => {
  expect(() => copyText({ version: '1', text: new Secret(text) })).toThrow(expect.objectContaining({ code: 'payload_invalid' }));
});
