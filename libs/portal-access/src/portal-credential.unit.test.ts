import { parsePayload } from '@rcm/credentials';
import { Secret } from '@rcm/telemetry';
import { expect, it } from 'vitest';
import { codesOf, portalCredential } from './portal-credential.ts';

const payload = (more: object) => parsePayload(new Secret(JSON.stringify({ username: 'u', password: 'p', ...more })));

it('takes length and algorithm of one-time codes from the payload, and nothing where it says nothing', () => {
  expect(codesOf(payload({ mfa_digits: 8, mfa_algorithm: 'SHA256' }))).toEqual({ digits: 8, algorithm: 'SHA256' });
  expect(codesOf(payload({}))).toEqual({});
  expect(codesOf(payload({ mfa_digits: null, mfa_algorithm: null }))).toEqual({});
});

it('has every backup code masked, and of those that are long enough not to be there by chance no result may hold one', () => {
  const { neverTyped = [], onlyMasked = [] } = portalCredential(payload({ mfa_seed: 'SEED', backup_codes: [' 1234 ', 'abcd-1234', '1234567'] }));
  expect(neverTyped.map((secret) => secret.reveal())).toEqual(['SEED', 'abcd-1234']);
  expect(onlyMasked.map((secret) => secret.reveal())).toEqual(['1234', '1234567']);
});
