import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutLengths } from './cut-lengths.ts';

describe('what a portal may have kept of a password that it cut', () => {
  it('is first what its rules name as the longest, then the lengths that portals have', () => {
    expect(cutLengths({ length: 20, longest: null })).toEqual([16, 14, 15, 12, 10, 8]);
    expect(cutLengths({ length: 20, longest: 13 })).toEqual([13, 16, 14, 15, 12, 10]);
    expect(cutLengths({ length: 15, longest: 12 })).toEqual([12, 14, 10, 8]);
    expect(cutLengths({ length: 9, longest: 64 })).toEqual([8]);
    expect(cutLengths({ length: 8, longest: null })).toEqual([]);
  });

  it('is always shorter than the password, never below four, never asked twice, and never costs more than six logins', () => {
    const longest = fc.option(fc.integer({ min: 1, max: 300 }), { nil: null });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), longest, (length, most) => {
        const lengths = cutLengths({ length, longest: most });
        expect(lengths.length).toBeLessThanOrEqual(6);
        expect(new Set(lengths).size).toBe(lengths.length);
        for (const kept of lengths) expect(kept >= 4 && kept < length).toBe(true);
        if (most !== null && most >= 4 && most < length) expect(lengths[0]).toBe(most);
      }),
    );
  });
});
