import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { open, seal, type SealedPlace } from './envelope.ts';

const key = createSecretKey(randomBytes(32));
const place: SealedPlace = { orgId: 'mercy', taskId: randomUUID(), field: 'input', keyId: randomUUID() };

test.each([
  ['another organization', { orgId: 'mercy-west' }],
  ['another task', { taskId: randomUUID() }],
  ['the other field', { field: 'result' }],
  ['another key’s id', { keyId: randomUUID() }],
] as const)('a value opens for no place but its own, were its key the same: not for %s', (_, other) => {
  const sealed = seal(key, place, '{"claim":"c"}');
  expect(open(key, place, sealed)).toEqual({ claim: 'c' });
  expect(() => open(key, { ...place, ...other }, sealed)).toThrow(/does not open/);
});
