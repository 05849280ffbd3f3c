import { RcmError, Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { checkSecretsManagerSize, newTier, ssmTier, type SsmTier } from './size-policy.ts';

const bytes = (count: number) => new Secret('x'.repeat(count));
const outcome = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error instanceof RcmError ? error.code : error;
  }
};

describe('the size policy', () => {
  it.each<[number, SsmTier, string]>([
    [4096, 'Standard', 'Standard'],
    [4097, 'Standard', 'payload_too_large'],
    [4096, 'Advanced', 'Standard'],
    [4097, 'Advanced', 'Advanced'],
    [8192, 'Advanced', 'Advanced'],
    [8193, 'Advanced', 'payload_too_large'],
  ])('of SSM for %i bytes where the largest tier is %s: %s', (count, largest, expected) => {
    expect(outcome(() => ssmTier(bytes(count), largest))).toBe(expected);
  });

  it.each<[number, SsmTier, string]>([
    [10, 'Standard', 'Standard'],
    [4097, 'Standard', 'payload_too_large'],
    // Small is free while the account has room; SSM says where it has not.
    [10, 'Advanced', 'Intelligent-Tiering'],
    [4097, 'Advanced', 'Advanced'],
  ])('asks for a new parameter of %i bytes where the largest tier is %s: %s', (count, largest, expected) => {
    expect(outcome(() => newTier(bytes(count), largest))).toBe(expected);
  });

  it('counts bytes, not characters', () => {
    expect(outcome(() => ssmTier(new Secret('€'.repeat(1365)), 'Standard'))).toBe('Standard');
    expect(outcome(() => ssmTier(new Secret('€'.repeat(1366)), 'Standard'))).toBe('payload_too_large');
  });

  it('of Secrets Manager ends at 64 KB', () => {
    expect(outcome(() => checkSecretsManagerSize(bytes(65_536)))).toBeUndefined();
    expect(outcome(() => checkSecretsManagerSize(bytes(65_537)))).toBe('payload_too_large');
  });
});
