import { hasCode, Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { isUsableSeed, totpCode } from './totp.ts';

// RFC 6238, appendix B: the ASCII seed "12345678901234567890" in base32, eight digits, SHA-1.
const RFC_SEED = new Secret('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');

describe('totpCode', () => {
  it.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_234_567_890, '89005924'],
    [20_000_000_000, '65353130'],
  ])('gives the code of RFC 6238 at second %i', (seconds, code) => {
    expect(totpCode({ seed: RFC_SEED, step: Math.floor(seconds / 30), digits: 8 }).reveal()).toBe(code);
  });

  it('reads a seed as portals show it', () => {
    const shown = new Secret('gezd gnbv-gy3t qojq gezd gnbv gy3t qojq==');
    expect(isUsableSeed(shown)).toBe(true);
    expect(totpCode({ seed: shown, step: 1 }).reveal()).toBe(totpCode({ seed: RFC_SEED, step: 1 }).reveal());
  });

  it.each(['', 'short', 'not base32 at all!', '0189'.repeat(8)])('refuses %j as a seed, without repeating it', (seed) => {
    expect(isUsableSeed(new Secret(seed))).toBe(false);
    expect(() => totpCode({ seed: new Secret(seed), step: 1 })).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'payload_invalid') && (seed === '' || !error.message.includes(seed))),
    );
  });
});
