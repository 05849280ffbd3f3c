import { expect, it } from 'vitest';
import { placesOf } from './places.ts';

const named = new Map([
  ['idp', 'login.payer.example'],
  ['test', 'login.payer.example:8443'],
]);
const places = placesOf({ version: 2, base: new URL('https://portal.example/provider/'), named });

it.each([
  ['/login', 'https://portal.example/provider/login'],
  ['/.well-known/change-password', 'https://portal.example/.well-known/change-password'],
  ['{idp}/login?next=1', 'https://login.payer.example/login?next=1'],
  ['{test}/login', 'https://login.payer.example:8443/login'],
  ['https://other.example/x', 'https://other.example/x'],
])('opens %s at %s', (path, address) => {
  expect(places.address(path)).toBe(address);
});

it.each([
  ['{idp}/login/*', 'https://login.payer.example/login/password', true],
  ['{idp}/login/*', 'https://portal.example/login/password', false],
  ['{idp}/login/*', 'https://login.payer.example:8443/login/password', false],
  ['{idp}/login', 'https://login.payer.example/provider/login', false],
  ['{idp}**', 'https://login.payer.example/any/thing', true],
  ['/login', 'https://portal.example/provider/login', true],
  ['/login', 'https://login.payer.example/login', true],
  ['{idp}/login', 'no address', false],
])('takes the pattern %s for %s: %s', (pattern, url, fits) => {
  expect(places.fits(url, pattern)).toBe(fits);
});

it('reads a star of version 1 as anything', () => {
  const { fits } = placesOf({ version: 1, base: new URL('https://portal.example/') });
  expect([fits('https://portal.example/a/b/c', '/a/*'), places.fits('https://portal.example/a/b/c', '/a/*')]).toEqual([true, false]);
});
