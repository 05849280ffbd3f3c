import type { PortalTypeRow } from '@rcm/db';
import { expect, test } from 'vitest';
import { baseUrlOf, portalTypesOf } from './portal-types.ts';

const type = (code: string, ...hosts: string[]) => ({ code, hosts }) as unknown as PortalTypeRow;
const SAID = {
  'https://shared.example/b': 'borealis',
  'https://shared.example/b/second': 'borealis-2',
  'https://shared.example': 'cascade',
  'http://plain.example:8080': 'plain',
};
const types = portalTypesOf(SAID, [type('alone', 'alone.example'), type('one', 'both.example'), type('two', 'both.example')]);

test.each([
  ['https://shared.example/', 'cascade'],
  ['https://SHARED.example:443/b', 'borealis'],
  ['https://shared.example/b/login?x=1#y', 'borealis'],
  ['https://shared.example/b/second/x', 'borealis-2'],
  ['https://shared.example/b/secondary', 'borealis'],
  ['https://shared.example/bb', 'cascade'],
  ['https://shared.example/x/../b/', 'borealis'],
  ['https://shared.example\\b', 'borealis'],
  ['http://shared.example/b', null],
  ['https://shared.example:8443/b', null],
  ['https://sub.shared.example/b', null],
  ['https://shared.example.evil.example/b', null],
  ['http://plain.example:8080/x', 'plain'],
  ['http://plain.example/x', null],
  ['https://alone.example/x', 'alone'],
  ['https://alone.example:8443/x', null],
  ['https://both.example/x', null],
  ['https://nobody.example/', null],
])('%s leads to %s', (address, code) => {
  const url = baseUrlOf(address);
  expect(url && (types.of(url)?.code ?? null)).toBe(code);
});

test.each(['', 'x', 'javascript:alert(1)', 'ftp://a.example/', 'https://user@a.example/', 'https://u:p@a.example/', 'file:///etc/passwd', '//a.example'])(
  '%j is no address',
  (text) => expect(baseUrlOf(text)).toBeNull(),
);
