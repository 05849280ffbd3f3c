import { isLongForm } from '@rcm/test-services';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressFits } from './address-pattern.ts';

const ONE = { basePath: '/base', stars: 'any' } as const;
const ROOT = { basePath: '', stars: 'any' } as const;
const SEGMENTS = { basePath: '', stars: 'segments' } as const;

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
        expect({ pattern, path, fits: addressFits(`https://portal.example${path}`, pattern, ONE) }).toEqual({ pattern, path, fits: wanted });
      }),
      { numRuns: 3_000 },
    );
    expect(fitted).toBeGreaterThan(30);
  });

  it('is done with a long address at once, however many stars are in the pattern', () => {
    const pattern = `/${'*a'.repeat(140)}*b`;
    expect(addressFits(`https://portal.example/${'a'.repeat(60_000)}`, pattern, ROOT)).toBe(false);
    expect(addressFits(`https://portal.example/${'a'.repeat(60_000)}b`, pattern, ROOT)).toBe(true);
  });

  it('takes a path below the base, with its query or without, and no address that is too long', () => {
    expect(addressFits('https://portal.example/base/claims?id=1#top', '/claims', ONE)).toBe(true);
    expect(addressFits('https://portal.example/base/claims?id=1#top', '/claims?id=*', ONE)).toBe(true);
    expect(addressFits('https://portal.example/basement/claims', '/claims', ONE)).toBe(false);
    expect(addressFits(`https://portal.example/${'a'.repeat(70_000)}`, '*', ROOT)).toBe(false);
  });
});

describe('addressFits with stars for segments', { timeout: 120_000 }, () => {
  it('answers as a regular expression would in which one star is a part of a segment and two are anything', () => {
    const text = (letters: readonly string[]) => fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((parts) => `/${parts.join('')}`);
    let fitted = 0;
    fc.assert(
      fc.property(text(['a', 'b', '/', '*', '**', '*/', '.']), text(['a', 'b', '/', '.']), (pattern, path) => {
        const { pathname } = new URL(`https://portal.example${path}`);
        const expression = pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, (stars) => (stars === '*' ? '[^/?#]+' : '.*'));
        const wanted = new RegExp(`^${expression}$`).test(pathname);
        if (wanted) fitted += 1;
        expect({ pattern, path, fits: addressFits(`https://portal.example${path}`, pattern, SEGMENTS) }).toEqual({ pattern, path, fits: wanted });
      }),
      { numRuns: 3_000 },
    );
    expect(fitted).toBeGreaterThan(30);
  });

  it.each([
    ['/account/*', '/account/home', true],
    ['/account/*', '/account/home/edit', false],
    ['/account/*', '/account/', false],
    ['/account/**', '/account/home/edit', true],
    ['/claims/c-*/edit', '/claims/c-17/edit', true],
    ['/claims?id=*', '/claims?id=17', true],
    ['/claims*', '/claims?id=17', false],
    ['/#/claims**', '/#/claims/17?tab=2', true],
    ['**', '/', true],
  ])('takes %s for %s: %s', (pattern, path, fits) => {
    expect(addressFits(`https://portal.example${path}`, pattern, SEGMENTS)).toBe(fits);
  });

  it('is done with a long address, however many stars are in the pattern', () => {
    const pattern = `/${'**a'.repeat(100)}**b`;
    // It takes as long as the address, times the stars; whoever tried ways anew would not be done with the shorter one either.
    const letters = 'a'.repeat(isLongForm() ? 60_000 : 6_000);
    expect(addressFits(`https://portal.example/${letters}`, pattern, SEGMENTS)).toBe(false);
    expect(addressFits(`https://portal.example/${letters}b`, pattern, SEGMENTS)).toBe(true);
  });
});
