import { Secret } from '@rcm/telemetry';
import { describe, expect, test } from 'vitest';
import { fromBitwarden } from './bitwarden.ts';
import type { Exported, Item } from './item.ts';
import { fromKeePass } from './keepass.ts';
import { loginsOf } from './logins-of.ts';
import { organizationFor, readMapping, ruleFor } from './mapping.ts';
import { codesIn } from './one-time-codes.ts';
import { fromOnePassword } from './one-password.ts';

const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const plain = ({ items, leftOut }: Exported) => ({
  items: items.map(({ username, password, oneTimeCodes, fields, ...item }) => ({
    ...item,
    username: username.reveal(),
    password: password.reveal(),
    codes: oneTimeCodes?.reveal() ?? null,
    fields: Object.fromEntries([...fields].map(([name, value]) => [name, value.reveal()])),
  })),
  leftOut,
});

describe('an export is read as its program writes it', () => {
  test('Bitwarden, JSON: of a vault by folder, of an organization by collection; the trash and what is no login is left out', () => {
    const item = (more: object) => ({ object: 'item', id: 'x', type: 1, name: 'Alpine', folderId: null, favorite: false, reprompt: 0, ...more });
    const login = { uris: [{ match: null, uri: 'https://portal.alpine.example/login' }], username: 'north', password: 'p"1', totp: SEED };
    const exported = JSON.stringify({
      encrypted: false,
      folders: [{ id: 'f1', name: 'Clients/North' }],
      collections: [{ id: 'c1', organizationId: 'o', name: 'South', externalId: null }],
      items: [
        item({
          folderId: 'f1',
          login,
          fields: [
            { name: 'Member number', value: '77', type: 0 },
            { name: 'linked', value: null, type: 3 },
          ],
        }),
        item({ collectionIds: ['c1'], login: { ...login, totp: null, uris: null } }),
        item({ type: 2, login: null, secureNote: { type: 0 } }),
        item({ login, deletedDate: '2026-01-01T00:00:00.000Z' }),
      ],
    });
    expect(plain(fromBitwarden(exported))).toEqual({
      items: [
        {
          place: 1,
          title: 'Alpine',
          folder: 'Clients/North',
          addresses: ['https://portal.alpine.example/login'],
          username: 'north',
          password: 'p"1',
          codes: SEED,
          fields: { 'Member number': '77' },
        },
        { place: 2, title: 'Alpine', folder: 'South', addresses: [], username: 'north', password: 'p"1', codes: null, fields: {} },
      ],
      leftOut: [
        { place: 3, why: 'is no login (a note, a card, an identity)' },
        { place: 4, why: 'is in the trash' },
      ],
    });
  });

  test('Bitwarden, CSV', () => {
    const exported = [
      'folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp',
      'North,,login,Alpine,,"Member number: 77\nPIN: 1: 2",0,"https://portal.alpine.example,https://www.alpine.example",north,"p,""1",otpauth://totp/x?secret=' +
        SEED,
      'North,,note,Memo,hello,,0,,,,',
    ].join('\n');
    expect(plain(fromBitwarden(exported))).toMatchObject({
      items: [
        {
          place: 1,
          folder: 'North',
          addresses: ['https://portal.alpine.example', 'https://www.alpine.example'],
          password: 'p,"1',
          fields: { 'Member number': '77', PIN: '1: 2' },
        },
      ],
      leftOut: [{ place: 2 }],
    });
  });

  const field = (more: object) => ({ id: 'a1', type: 'STRING', label: 'x', reference: 'op://v/i/x', ...more });
  const opItem = (more: object = {}) => ({
    id: 'i',
    title: 'Alpine',
    category: 'LOGIN',
    vault: { id: 'v', name: 'North' },
    urls: [{ label: 'website', primary: true, href: 'https://portal.alpine.example' }],
    fields: [
      field({ id: 'username', purpose: 'USERNAME', label: 'username', value: 'north' }),
      field({ id: 'password', type: 'CONCEALED', purpose: 'PASSWORD', label: 'password', value: 'p1' }),
      field({ id: 'notesPlain', purpose: 'NOTES', label: 'notesPlain' }),
      field({ type: 'OTP', label: 'one-time password', value: `otpauth://totp/x?secret=${SEED}`, totp: '123456' }),
      field({ label: 'Member number', value: '77' }),
    ],
    ...more,
  });
  test.each<[string, string]>([
    ['a list', JSON.stringify([opItem(), opItem({ category: 'SECURE_NOTE' }), opItem({ state: 'ARCHIVED' })])],
    [
      'one after the other',
      [opItem(), opItem({ category: 'SECURE_NOTE' }), opItem({ state: 'ARCHIVED' })].map((each) => JSON.stringify(each, null, 2)).join('\n'),
    ],
  ])('1Password, what `op item get` prints: %s', (_, exported) => {
    expect(plain(fromOnePassword(exported))).toEqual({
      items: [
        {
          place: 1,
          title: 'Alpine',
          folder: 'North',
          addresses: ['https://portal.alpine.example'],
          username: 'north',
          password: 'p1',
          codes: `otpauth://totp/x?secret=${SEED}`,
          fields: { 'Member number': '77' },
        },
      ],
      leftOut: [
        { place: 2, why: 'is no login' },
        { place: 3, why: 'is archived' },
      ],
    });
  });

  test('1Password, CSV', () => {
    const exported = `Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes\nAlpine,https://portal.alpine.example,north,p1,,false,false,North;Payers,\nOld,https://x.example,a,b,,false,true,,\n`;
    expect(plain(fromOnePassword(exported))).toMatchObject({
      items: [{ folder: 'North', username: 'north', codes: null }],
      leftOut: [{ place: 2, why: 'is archived' }],
    });
  });

  test.each<[string, string]>([
    [
      'KeePassXC',
      `"Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"\n"Root/North","Alpine","north","p1","https://portal.alpine.example","","","0","",""\n"Root/Recycle Bin","Old","a","b","","","","0","",""`,
    ],
    ['KeePass', `"Account","Login Name","Password","Web Site","Comments"\n"Alpine","north","p1","https://portal.alpine.example",""`],
  ])('%s, CSV', (_, exported) => {
    const { items, leftOut } = plain(fromKeePass(exported));
    expect(items).toMatchObject([{ place: 1, title: 'Alpine', username: 'north', password: 'p1', addresses: ['https://portal.alpine.example'] }]);
    expect(leftOut).toEqual(exported.includes('Recycle') ? [{ place: 2, why: 'is in the recycle bin' }] : []);
  });

  test.each<[string, (text: string) => Exported, string, RegExp]>([
    ['an encrypted one of Bitwarden', fromBitwarden, '{"encrypted":true,"items":[]}', /encrypted/],
    ['JSON of something else', fromBitwarden, '{"secret":"canary-1"}', /items/],
    ['half of one', fromBitwarden, '{"items":[{"canary-1', /neither JSON nor CSV/],
    ['a CSV of something else', fromKeePass, 'a,b\ncanary-1,2', /first line/],
    ['nothing', fromOnePassword, '', /first line/],
  ])('%s is refused, and nothing of it repeated', (_, read, text, words) => {
    expect(() => read(text)).toThrow(words);
    expect(() => read(text)).not.toThrow(/canary/);
  });
});

test.each<[string, string | object]>([
  [SEED, { mfa_seed: SEED }],
  ['jbsw y3dp-ehpk 3pxp', { mfa_seed: 'JBSWY3DPEHPK3PXP' }],
  [`otpauth://totp/Alpine:north?secret=${SEED}&issuer=Alpine`, { mfa_seed: SEED }],
  [`otpauth://totp/x?secret=${SEED}&digits=8&algorithm=SHA256&period=30`, { mfa_seed: SEED, mfa_digits: 8, mfa_algorithm: 'SHA256' }],
  [`otpauth://totp/x?secret=${SEED}&period=60`, expect.stringContaining('another pace') as string],
  [`otpauth://hotp/x?secret=${SEED}&counter=1`, expect.stringContaining('not made from the time') as string],
  [`otpauth://totp/x?secret=${SEED}&digits=5`, expect.stringContaining('another kind') as string],
  ['steam://ABCDEF', expect.stringContaining('base32') as string],
])('one-time codes exported as %s', (exported, codes) => expect(codesIn(exported)).toEqual(codes));

const MAPPING = {
  portals: [
    { address: 'portal.alpine.example', portal_type: 'alpine', custom_fields: { account_number: 'Member number' } },
    { address: '*.birch.example', portal_type: 'birch', account: 'number', base_url: 'https://app.birch.example/' },
  ],
  organizations: { North: 'north', 'North/West': 'west', '*': 'others' },
};
const mapping = (more: object = {}) => readMapping(JSON.stringify({ ...MAPPING, ...more }));
const item = (more: Partial<Item> = {}): Item => ({
  ...{ place: 1, title: 'Alpine – Dr. Müller', folder: 'North', addresses: ['https://portal.alpine.example/login'] },
  ...{ username: new Secret('north'), password: new Secret('p1'), oneTimeCodes: new Secret(SEED), fields: new Map([['Member number', new Secret('77')]]) },
  ...more,
});

describe('a mapping', () => {
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
    ['a title of which no id can be made', { title: '—' }, /no account/],
  ])('says what is wrong with a login that has %s, without a value', (_, more, words) => {
    const { logins, wrong } = loginsOf({ items: [item(more)], leftOut: [] }, mapping());
    expect(logins).toEqual([]);
    expect(wrong).toEqual([{ place: 1, why: expect.stringMatching(words) as string }]);
    expect(JSON.stringify(wrong)).not.toContain('canary');
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
