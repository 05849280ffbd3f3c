import { Secret } from '@rcm/telemetry';
import { readTable } from '../onboarding/csv.ts';
import { type Exported, type Item, type LeftOut, notAnExport } from './item.ts';
import { fromKeePassXml } from './keepass-xml.ts';

/** How KeePassXC (`keepassxc-cli export --format csv`) and KeePass (“KeePass CSV (1.x)”) call the same columns. */
const COLUMNS = {
  title: ['title', 'account'],
  username: ['username', 'login name'],
  password: ['password'],
  address: ['url', 'web site'],
  folder: ['group'],
  codes: ['totp'],
} as const;
/** A first line of KeePass: KeePassXC has no such column. */
const OF_KEEPASS = /^[^\n]*\blogin name\b/i;
/** What KeePassXC calls the group of what was thrown away, in English. */
const BIN = /(^|\/)Recycle Bin(\/|$)/;

/** An export as XML or as CSV. Fails with `input_invalid`. */
export const fromKeePass = (exported: string): Exported => (/^\uFEFF?\s*</.test(exported.slice(0, 1_000)) ? fromKeePassXml(exported) : fromCsv(exported));

function fromCsv(exported: string): Exported {
  const { names, rows } = readTable(OF_KEEPASS.test(exported) ? withDoubledQuotes(exported) : exported);
  const column = Object.fromEntries(Object.entries(COLUMNS).map(([what, known]) => [what, known.find((name) => names.includes(name))]));
  for (const what of ['title', 'username', 'password', 'address'])
    if (column[what] === undefined) throw notAnExport('KeePass or KeePassXC', `its first line has no ${COLUMNS[what as keyof typeof COLUMNS].join(' or ')}`);
  const [items, leftOut]: [Item[], LeftOut[]] = [[], []];
  for (const [i, row] of rows.entries()) {
    const place = i + 1;
    const of = (what: keyof typeof COLUMNS): string => row[column[what] ?? ''] ?? '';
    if (BIN.test(of('folder'))) leftOut.push({ place, why: 'is in the recycle bin' });
    else
      items.push({
        ...{ place, title: of('title'), folder: of('folder'), addresses: [of('address')].filter(Boolean) },
        username: new Secret(of('username')),
        password: new Secret(of('password')),
        oneTimeCodes: of('codes') === '' ? null : new Secret(of('codes')),
        fields: new Map(),
      });
  }
  return { items, leftOut };
}

/** KeePass writes `\"` and `\\` where RFC 4180 has `""` and `\`. What any other backslash was meant to be, nobody knows: some program has changed the file. */
function withDoubledQuotes(exported: string): string {
  return exported.replaceAll(/\\(.?)/gs, (_, character: string, at: number) => {
    if (character === '"') return '""';
    if (character === '\\') return '\\';
    const line = exported.slice(0, at).split('\n').length;
    throw notAnExport('KeePass', `line ${line} has one backslash where KeePass writes two`);
  });
}
