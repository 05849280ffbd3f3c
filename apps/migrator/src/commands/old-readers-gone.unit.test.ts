import { expect, it } from 'vitest';
import { whoseReaders } from './old-readers-gone.ts';

it('a person names the organization whose old readers are gone, or says twice that it is all', () => {
  expect(whoseReaders({ org: 'hospital-one' })).toBe('hospital-one');
  expect(whoseReaders({ all: true, yes: true })).toBeNull();
  expect(() => whoseReaders({})).toThrow('Say whose');
  expect(() => whoseReaders({ all: true })).toThrow('say --yes as well');
  expect(() => whoseReaders({ yes: true })).toThrow('Say whose');
});
