import fc from 'fast-check';
import { isId } from '@rcm/telemetry';
import { describe, expect, test } from 'vitest';
import { isSourceId, slugOf } from './slug.ts';

describe('the id that something of a source has here', () => {
  test.each([
    ['', '17', '17'],
    ['h-', '9007199254740993', 'h-9007199254740993'],
    ['', '3f2504e0-4f89-41d3-9a0c-0305e82c3301', '3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
    ['l-', 'acct-7', 'l-acct-7'],
  ])('is %s%s where that is an id already', (prefix, id, slug) => expect(slugOf(prefix, id)).toBe(slug));

  test.each(['ACCT-7', '3F2504E0', 'Klinik Süd/7', '../../etc', '__proto__', 'асе', '漢字', 'a b', "x'; DROP TABLE organization; --"])(
    '%j keeps what can be read of it, with a hash behind',
    (id) => {
      const slug = slugOf('l-', id);
      expect(isId(slug)).toBe(true);
      expect(slug).toMatch(/-[0-9a-f]{10}$/);
      expect(slugOf('l-', id)).toBe(slug);
    },
  );

  test('is another one for each of what looks alike, or was made to look like a hash', () => {
    for (const id of ['-x', 'x'.repeat(200)]) expect([isId(slugOf('', id)), slugOf('', id)]).toEqual([true, expect.stringMatching(/-[0-9a-f]{10}$/)]);
    const made = slugOf('', 'ACCT');
    const alike = [
      'acct',
      'ACCT',
      'Acct',
      'ACCT ',
      ' ACCT',
      'аcct',
      'ａcct',
      'acct-',
      made,
      slugOf('', made),
      'é',
      'e\u0301',
      '9007199254740992',
      '9007199254740993',
    ];
    expect(new Set(alike.map((id) => slugOf('', id))).size).toBe(alike.length);
  });

  test('is an id, and no other’s, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.oneof(fc.string({ minLength: 1, maxLength: 80, unit: 'binary' }), fc.stringMatching(/^[aA0-]{1,4}$/)), { maxLength: 8 }),
        (ids) => {
          const slugs = ids.map((id) => slugOf('', id));
          expect(slugs.every(isId)).toBe(true);
          expect(new Set(slugs).size).toBe(ids.length);
        },
      ),
    );
  });
});

test.each([
  ['a', true],
  ['Klinik Süd/7', true],
  ['x'.repeat(200), true],
  ['x'.repeat(201), false],
  ['x'.repeat(10_240), false],
  ['', false],
  [' ', false],
  ['a\0b', false],
  ['a\nb', false],
  ['a\u202eb', false],
  ['a\u200bb', false],
  ['\ud800', false],
])('%#: can a row be told by it for good', (id, can) => expect(isSourceId(id)).toBe(can));
