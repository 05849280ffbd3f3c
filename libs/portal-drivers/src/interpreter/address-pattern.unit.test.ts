import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressFits } from './address-pattern.ts';

describe('addressFits', { timeout: 120_000 }, () => {
  it('answers as a regular expression would in which a star is anything', () => {
    const text = (letters: readonly string[]) => fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((parts) => `/${parts.join('')}`);
    let fitted = 0;
    fc.assert(
      fc.property(text(['a', 'b', '/', '*', '*', '.']), text(['a', 'b', '/', '.']), (pattern, path) => {
        const { pathname } = new URL(`https://portal.example${path}`);
        const expression = pattern
          .split('*')
          .map((part) => part.replaceAll('.', '\\.'))
          .join('.*');
        const wanted = new RegExp(`^${expression}$`).test(pathname);
        if (wanted) fitted += 1;
        expect({ pattern, path, fits: addressFits(`https://portal.example${path}`, pattern, '/base') }).toEqual({ pattern, path, fits: wanted });
      }),
      { numRuns: 3_000 },
    );
    expect(fitted).toBeGreaterThan(30);
  });

  it('is done with a long address at once, however many stars are in the pattern', () => {
    const pattern = `/${'*a'.repeat(140)}*b`;
    expect(addressFits(`https://portal.example/${'a'.repeat(60_000)}`, pattern, '')).toBe(false);
    expect(addressFits(`https://portal.example/${'a'.repeat(60_000)}b`, pattern, '')).toBe(true);
  });

  it('takes a path below the base, with its query or without, and no address that is too long', () => {
    expect(addressFits('https://portal.example/base/claims?id=1#top', '/claims', '/base')).toBe(true);
    expect(addressFits('https://portal.example/base/claims?id=1#top', '/claims?id=*', '/base')).toBe(true);
    expect(addressFits('https://portal.example/basement/claims', '/claims', '/base')).toBe(false);
    expect(addressFits(`https://portal.example/${'a'.repeat(70_000)}`, '*', '')).toBe(false);
  });
});
