import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBitwarden } from './bitwarden.ts';
import type { Exported } from './item.ts';
import { fromKeePass } from './keepass.ts';
import { fromOnePassword } from './one-password.ts';
import { SEED } from './item.fixture.ts';

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

  test('Bitwarden, JSON with a byte order mark', () => {
    const item = { type: 1, name: 'Alpine', login: { username: 'north', password: 'p1' } };
    expect(plain(fromBitwarden(`\uFEFF${JSON.stringify({ items: [item] })}`)).items).toMatchObject([{ title: 'Alpine', password: 'p1' }]);
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

  const keePass = (...fields: readonly string[]) =>
    `"Account","Login Name","Password","Web Site","Comments"\r\n${fields.map((field) => `"${field.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}\r\n`;

  test('KeePass, CSV: backslashes and quotes are what they were in KeePass', () => {
    const text = fc.string({ unit: fc.constantFrom('\\', '"', ',', '\r', '\n', 'a', '€'), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (username, password) => {
        expect(plain(fromKeePass(keePass('Alpine', username, password, 'x.example', ''))).items).toMatchObject([{ username, password }]);
      }),
    );
    expect(plain(fromKeePass(keePass('Alpine', String.raw`NORTH\jdoe`, String.raw`p\1"`, '', ''))).items).toMatchObject([
      { username: String.raw`NORTH\jdoe`, password: String.raw`p\1"` },
    ]);
  });

  test('KeePassXC, CSV: a backslash is a backslash', () => {
    const exported = String.raw`"Group","Title","Username","Password","URL"` + '\n' + String.raw`"Root","login name","NORTH\jdoe","p\\1""","x.example"`;
    expect(plain(fromKeePass(exported)).items).toMatchObject([{ username: String.raw`NORTH\jdoe`, password: String.raw`p\\1"` }]);
  });

  test.each<[string, (text: string) => Exported, string, RegExp]>([
    ['a CSV of KeePass that was written anew', fromKeePass, keePass('a', 'b', '').replace('"b"', String.raw`"canary-1\x"`), /line 2 has one backslash/],
    ['an encrypted one of Bitwarden', fromBitwarden, '{"encrypted":true,"items":[]}', /encrypted/],
    ['one that a password protects', fromBitwarden, '{"encrypted":true,"passwordProtected":true,"salt":"x","data":"canary-1"}', /it is encrypted/],
    ['JSON of something else', fromBitwarden, '{"secret":"canary-1"}', /items/],
    ['half of one', fromBitwarden, '{"items":[{"canary-1', /neither JSON nor CSV/],
    ['a CSV of something else', fromKeePass, 'a,b\ncanary-1,2', /first line/],
    ['nothing', fromOnePassword, '', /first line/],
  ])('%s is refused, and nothing of it repeated', (_, read, text, words) => {
    expect(() => read(text)).toThrow(words);
    expect(() => read(text)).not.toThrow(/canary/);
  });
});
