import { expect, test } from 'vitest';
import { toXml } from './xml.ts';

test('writes objects, lists and times, and leaves out what is not there', () => {
  const value = { A: 'x', B: ['1', { C: 2 }], D: new Date('2026-01-02T03:04:05Z'), E: null, F: undefined };
  expect(toXml(value)).toBe('<A>x</A><B><member>1</member><member><C>2</C></member></B><D>2026-01-02T03:04:05.000Z</D>');
});

test('escapes markup and replaces what XML cannot carry', () => {
  expect(toXml({ A: `<&>"'\u0000\u000b\ufffe` })).toBe('<A>&lt;&amp;&gt;&quot;&apos;\ufffd\ufffd\ufffd</A>');
});
