import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromKeePass } from './keepass.ts';
import { xmlParts } from './xml.ts';

const CANARY = 'canary-1';
const string = (key: string, value: string, more = '') => `<String><Key>${key}</Key><Value${more}>${value}</Value></String>`;
const entry = (fields: Readonly<Record<string, string>>, more = '') =>
  `<Entry><UUID>x</UUID>${Object.entries(fields)
    .map(([key, value]) => string(key, value, key === 'Password' ? ' ProtectInMemory="True"' : ''))
    .join('')}${more}</Entry>`;
const group = (name: string, inside: string, uuid = name) => `<Group>\n<UUID>${uuid}</UUID><Name>${name}</Name>${inside}</Group>`;
const file = (inside: string) =>
  `\uFEFF<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n<!-- by hand -->\n<KeePassFile><Meta><RecycleBinUUID>bin</RecycleBinUUID></Meta><Root>${inside}<DeletedObjects/></Root></KeePassFile>\n`;
const NORTH = { Title: 'Alpine &amp; Co', UserName: 'north', Password: 'a&lt;b&#x20ac;&#8364;&quot;', URL: 'https://portal.alpine.example', Notes: 'x' };
const read = (inside: string) => {
  const { items, leftOut } = fromKeePass(file(inside));
  return {
    leftOut,
    items: items.map(({ username, password, oneTimeCodes, fields, ...item }) => ({
      ...item,
      username: username.reveal(),
      password: password.reveal(),
      codes: oneTimeCodes?.reveal() ?? null,
      fields: Object.fromEntries([...fields].map(([name, value]) => [name, value.reveal()])),
    })),
  };
};

describe('KeePass XML', () => {
  test('has entries by their group, with what they have besides, and without what they were before', () => {
    const past = `<History>${entry({ Title: 'Old', Password: CANARY })}</History>`;
    const { items, leftOut } = read(
      group(
        'Root',
        entry({ ...NORTH, 'Member number': '77', Empty: '' }, past) +
          group('North', entry({ Title: 'CDATA', UserName: 'u', Password: '<![CDATA[<&]]>', URL: '' })) +
          group('Recycle', group('Below', entry({ Title: 'gone', Password: CANARY })), 'bin') +
          entry({ Title: 'after' }),
      ),
    );
    expect(items).toEqual([
      {
        ...{ place: 1, title: 'Alpine & Co', folder: 'Root', addresses: ['https://portal.alpine.example'], username: 'north', password: 'a<b€€"', codes: null },
        fields: { 'Member number': '77' },
      },
      { place: 2, title: 'CDATA', folder: 'Root/North', addresses: [], username: 'u', password: '<&', codes: null, fields: {} },
      { place: 4, title: 'after', folder: 'Root', addresses: [], username: '', password: '', codes: null, fields: {} },
    ]);
    expect(leftOut).toEqual([{ place: 3, why: 'is in the recycle bin' }]);
  });

  test.each<[string, Readonly<Record<string, string>>, string | null]>([
    ['KeePassXC', { otp: 'otpauth://totp/x?secret=ABC&amp;period=30' }, 'otpauth://totp/x?secret=ABC&period=30'],
    ['an older KeePassXC', { 'TOTP Seed': 'ABC', 'TOTP Settings': '30;8' }, 'otpauth://totp/x?secret=ABC&period=30&digits=8'],
    ['KeePass, a seed alone', { 'TimeOtp-Secret-Base32': 'ABC' }, 'ABC'],
    ['KeePass', { 'TimeOtp-Secret-Base32': 'A BC', 'TimeOtp-Algorithm': 'HMAC-SHA-256' }, 'otpauth://totp/x?secret=ABC&algorithm=SHA256'],
    ['KeePass, codes that count', { 'HmacOtp-Secret': 'ABC' }, 'otpauth://hotp/x'],
    ['none', {}, null],
  ])('has the one-time codes of %s, and not as fields', (_, fields, codes) => {
    expect(read(group('Root', entry({ ...NORTH, ...fields }))).items).toMatchObject([{ codes, fields: {} }]);
  });

  test.each<[string, string, RegExp]>([
    ['an entity that grows', `<!DOCTYPE x [<!ENTITY a "${CANARY}"><!ENTITY b "&a;&a;&a;">]><KeePassFile>&b;</KeePassFile>`, /document type/],
    ['an entity of another file', '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><KeePassFile>&a;</KeePassFile>', /document type/],
    ['an entity that is not declared', file(group('Root', entry({ Title: `&${CANARY};` }))), /no character/],
    ['no character', file(group('Root', entry({ Title: '&#xD800;' }))), /no character/],
    ['values that are encrypted', file(group('Root', `<Entry>${string('Password', CANARY, ' Protected="True"')}</Entry>`)), /encrypted/],
    ['another document', `<html>${CANARY}</html>`, /KeePassFile/],
    ['one that was cut', file(group('Root', entry(NORTH))).slice(0, -20), /end/],
    ['one that is crossed', '<KeePassFile><a><b></a></b></KeePassFile>', /do not end as they begin/],
    ['text outside', `<KeePassFile/>${CANARY}`, /outside/],
    ['a tag that is none', `<KeePassFile><${CANARY} "></KeePassFile>`, /cannot be read/],
    ['elements without end', `<KeePassFile>${'<a>'.repeat(100_000)}`, /deep/],
  ])('%s is refused, and nothing of it repeated', (_, text, words) => {
    expect(() => fromKeePass(text)).toThrow(words);
    expect(() => fromKeePass(text)).not.toThrow(/canary/);
  });

  test('what is written with references is read as it was', () => {
    const written = (text: string) => [...text].map((each) => (/[\p{L}\p{N}]/u.test(each) ? each : `&#${each.codePointAt(0)};`)).join('');
    const character = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes('\0') && !/\p{Cs}/u.test(text));
    fc.assert(
      fc.property(character, (text) => {
        expect(read(group('Root', entry({ ...NORTH, Password: written(text) }))).items[0]?.password).toBe(text);
      }),
    );
  });

  /** How many characters the patterns look at is the work: twice the document, twice the parts, whatever it is made of. */
  test.each([
    ['open tags', '<a'],
    ['spaces in a tag', '<a                '],
    ['attributes', '<a b="c" '],
    ['attributes of one tag', '<a' + ' b="c"'.repeat(50)],
    ['comments', '<!-- '],
    ['references', '&#x;'],
  ])('many %s are read to their first fault, or refused, in one pass', (_, part) => {
    const wrong = (what: string) => new Error(what);
    for (const many of [1_000, 200_000]) expect(() => [...xmlParts(`<KeePassFile>${part.repeat(many)}`, wrong)]).toThrow();
  });
});
