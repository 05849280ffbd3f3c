import { Secret } from '@rcm/telemetry';
import { describe, expect, test } from 'vitest';
import type { Item } from './item.ts';
import { loginsOf } from './logins-of.ts';
import { organizationFor, readMapping, ruleFor } from './mapping.ts';
import { item, SEED } from './item.fixture.ts';

const MAPPING = {
  portals: [
    { address: 'portal.alpine.example', portal_type: 'alpine', custom_fields: { account_number: 'Member number' } },
    { address: '*.birch.example', portal_type: 'birch', account: 'number', base_url: 'https://app.birch.example/' },
  ],
  organizations: { North: 'north', 'North/West': 'west', '*': 'others' },
};
const mapping = (more: object = {}) => readMapping(JSON.stringify({ ...MAPPING, ...more }));

describe('a mapping', () => {
  test('may begin with a byte order mark', () => expect(readMapping(`\uFEFF${JSON.stringify(MAPPING)}`)).toEqual(mapping()));

  test('makes logins of items at its addresses, and leaves the others out', () => {
    const birch = (place: number) => item({ place, addresses: ['app.birch.example'], folder: 'North/West/Old', oneTimeCodes: null });
    const elsewhere = item({ place: 4, addresses: ['https://birch.example.evil.example', 'not an address'] });
    const { logins, wrong, leftOut } = loginsOf({ items: [item(), birch(2), birch(3), elsewhere], leftOut: [] }, mapping());
    expect(logins.map(({ payload, ...login }) => ({ ...login, payload: JSON.parse(payload.reveal()) as unknown }))).toEqual([
      {
        ...{ id: 'north-alpine-alpine-dr-muller', organization: 'north', portalType: 'alpine', account: 'alpine-dr-muller', baseUrl: null },
        payload: { username: 'north', password: 'p1', mfa_seed: SEED, custom_fields: { account_number: '77' } },
      },
      ...[1, 2].map((number) => ({
        ...{ id: `west-birch-${number}`, organization: 'west', portalType: 'birch', account: String(number), baseUrl: 'https://app.birch.example/' },
        payload: { username: 'north', password: 'p1' },
      })),
    ]);
    expect([wrong, leftOut]).toEqual([[], [{ place: 4, why: 'is at no address of the mapping' }]]);
  });

  test.each<[string, Partial<Item>, RegExp]>([
    ['no password', { password: new Secret('') }, /no password/],
    ['no user name', { username: new Secret('') }, /no user name/],
    ['a field of the mapping missing', { fields: new Map() }, /"Member number"/],
    ['codes of another kind', { oneTimeCodes: new Secret('otpauth://hotp/x?secret=canary-1') }, /not made from the time/],
    ['a user name that refers to another entry', { username: new Secret('{REF:U@I:canary-1}') }, /refers to another entry/],
    ['such a password', { password: new Secret('{REF:P@I:canary-1}') }, /refers to another entry/],
    ['such a password, in small letters and with more', { password: new Secret('a{ref:p@t:canary-1}b') }, /refers to another entry/],
    ['such codes', { oneTimeCodes: new Secret('{REF:O@I:canary-1}') }, /refers to another entry/],
    ['such a field of the mapping', { fields: new Map([['Member number', new Secret('{REF:N@I:canary-1}')]]) }, /refers to another entry/],
    ['an address that is one', { addresses: ['{REF:A@I:canary-1}'] }, /refers to another entry/],
    ['a title of which no id can be made', { title: '—' }, /no account/],
  ])('says what is wrong with a login that has %s, without a value', (_, more, words) => {
    const { logins, wrong } = loginsOf({ items: [item(more)], leftOut: [] }, mapping());
    expect(logins).toEqual([]);
    expect(wrong).toEqual([{ place: 1, why: expect.stringMatching(words) as string }]);
    expect(JSON.stringify(wrong)).not.toContain('canary');
  });

  test('an address of the mapping may refer to another entry further on: it is not typed', () => {
    const { logins, wrong } = loginsOf({ items: [item({ addresses: ['https://portal.alpine.example/?user={REF:U@I:1}'] })], leftOut: [] }, mapping());
    expect([logins.length, wrong]).toEqual([1, []]);
  });

  test('an item of no organization is wrong, not left out: it would be missed', () => {
    const { wrong } = loginsOf({ items: [item({ folder: 'South' })], leftOut: [] }, mapping({ organizations: { North: 'north' } }));
    expect(wrong).toEqual([{ place: 1, why: 'its folder is of no organization of the mapping' }]);
  });

  test('the nearest folder counts, and `*` for the rest; a name of every object is none of the mapping’s', () => {
    const of = (folder: string) => organizationFor(mapping(), folder);
    expect([of('North'), of('North/East'), of('North/West/Old'), of('South'), of('')]).toEqual(['north', 'north', 'west', 'others', 'others']);
    expect(organizationFor(mapping({ organizations: { North: 'north' } }), 'constructor')).toBeNull();
  });

  test.each<[string, string | null]>([
    ['https://PORTAL.alpine.example/x', 'alpine'],
    ['birch.example', 'birch'],
    ['https://a.b.birch.example', 'birch'],
    ['https://notbirch.example', null],
    ['https://portal.alpine.example.evil.example', null],
    ['http://[', null],
  ])('%s is at %s', (address, code) => expect(ruleFor(mapping(), [address])?.portal_type ?? null).toBe(code));

  test.each<[string, string, RegExp]>([
    ['no JSON', 'x', /no JSON/],
    [
      'an address with a path',
      JSON.stringify({ ...MAPPING, portals: [{ address: 'https://x.example/', portal_type: 'a' }] }),
      /portals\.0\.address: must be a host/,
    ],
    ['an unknown name', JSON.stringify({ ...MAPPING, portal: [] }), /portal/],
    ['an organization that is no id', JSON.stringify({ ...MAPPING, organizations: { x: 'No Id' } }), /organizations\.x: must be an id/],
  ])('%s is refused, with where', (_, text, words) => expect(() => readMapping(text)).toThrow(words));
});
