import { RcmError, Secret } from '@rcm/telemetry';
import { expect, it } from 'vitest';
import { referenceOf } from '../reading/fake-stores.fixture.ts';
import { referenceKey, type SecretReference } from '../reference.ts';
import { readEach } from './read-each.ts';

const [own, other] = [referenceOf('org-a', 'e1'), referenceOf('org-a', 'e2')];
const stored = { text: new Secret('{}'), version: '1' };
const failingOn = (failing: SecretReference, code: RcmError['code']) => (reference: SecretReference) =>
  reference === failing ? Promise.reject(new RcmError(code, 'no')) : Promise.resolve(stored);

it.each(['store_denied', 'payload_invalid'] as const)('a secret that fails with %s does not take the others with it', async (code) => {
  const answers = await readEach([other, own], failingOn(other, code));
  expect(answers.get(referenceKey(own))).toBe(stored);
  expect(answers.get(referenceKey(other))).toMatchObject({ code });
});

it.each(['store_unavailable', 'store_throttled', 'deadline_exceeded'] as const)('%s is the store’s and fails the whole', async (code) => {
  await expect(readEach([own, other], failingOn(other, code))).rejects.toMatchObject({ code });
});
