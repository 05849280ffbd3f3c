import { Secret } from '@rcm/telemetry';
import { type Exported, type Item, type LeftOut, notAnExport } from './item.ts';
import { xmlParts } from './xml.ts';

const PROGRAM = 'KeePass or KeePassXC';
const wrong = (what: string): Error => notAnExport(PROGRAM, what);
/** Fields that are none of an item's own. */
const KNOWN: ReadonlySet<string> = new Set(['Title', 'UserName', 'Password', 'URL', 'Notes', 'otp', 'TOTP Seed', 'TOTP Settings']);
/** How KeePass calls its own one-time codes. */
const CODES_OF_KEEPASS = /^(?:TimeOtp|HmacOtp)-/;
const NO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA==';

interface Group {
  name: string;
  uuid: string;
}

/** What is open at a moment: elements, groups, and one entry with its field. */
interface Reading {
  readonly elements: string[];
  readonly groups: Group[];
  fields: Map<string, string> | null;
  field: { key: string; value: string } | null;
  /** Inside of `History`: how an entry was before. */
  past: number;
  bin: string;
}

/** `KeePass XML (2.x)`, as KeePass 2 and `keepassxc-cli export --format xml` write it. Fails with `input_invalid`. */
export function fromKeePassXml(exported: string): Exported {
  const [items, leftOut]: [Item[], LeftOut[]] = [[], []];
  const now: Reading = { elements: [], groups: [], fields: null, field: null, past: 0, bin: '' };
  for (const part of xmlParts(exported, wrong)) {
    if (part.kind === 'open') {
      if (now.elements.length === 0 && part.name !== 'KeePassFile') throw wrong('it does not begin with KeePassFile');
      begin(now, part.name, part.attributes);
    } else if (part.kind === 'text') take(now, part.text);
    else {
      const entry = end(now);
      if (entry === null) continue;
      const place = items.length + leftOut.length + 1;
      if (isInBin(now)) leftOut.push({ place, why: 'is in the recycle bin' });
      else items.push(itemOf(entry, { place, folder: now.groups.map(({ name }) => name).join('/') }));
    }
  }
  return { items, leftOut };
}

function begin(now: Reading, name: string, attributes: ReadonlyMap<string, string>): void {
  now.elements.push(name);
  if (name === 'History') now.past += 1;
  if (now.past > 0) return;
  if (name === 'Group') now.groups.push({ name: '', uuid: '' });
  else if (name === 'Entry') now.fields = new Map();
  else if (name === 'String') now.field = { key: '', value: '' };
  else if (name === 'Value' && attributes.get('Protected')?.toLowerCase() === 'true') throw wrong('its values are encrypted; export it unprotected');
}

function take(now: Reading, text: string): void {
  if (now.past > 0) return;
  const [above, element] = now.elements.slice(-2);
  const group = now.groups.at(-1);
  if (above === 'String' && now.field !== null) {
    if (element === 'Key') now.field.key += text;
    else if (element === 'Value') now.field.value += text;
  } else if (above === 'Group' && group) {
    if (element === 'Name') group.name += text;
    else if (element === 'UUID') group.uuid += text;
  } else if (above === 'Meta' && element === 'RecycleBinUUID') now.bin += text;
}

/** The fields of an entry that has ended. */
function end(now: Reading): ReadonlyMap<string, string> | null {
  const name = now.elements.pop();
  if (name === 'History') now.past -= 1;
  else if (now.past === 0 && name === 'Group') now.groups.pop();
  else if (now.past === 0 && name === 'String' && now.field !== null) {
    now.fields?.set(now.field.key, now.field.value);
    now.field = null;
  } else if (now.past === 0 && name === 'Entry') {
    const { fields } = now;
    now.fields = null;
    return fields;
  }
  return null;
}

const isInBin = ({ bin, groups }: Reading): boolean => bin.trim() !== '' && bin.trim() !== NO_UUID && groups.some(({ uuid }) => uuid.trim() === bin.trim());

function itemOf(fields: ReadonlyMap<string, string>, at: Pick<Item, 'place' | 'folder'>): Item {
  const of = (name: string): string => fields.get(name) ?? '';
  const codes = codesOf(of);
  return {
    ...{ ...at, title: of('Title'), addresses: [of('URL')].filter(Boolean) },
    username: new Secret(of('UserName')),
    password: new Secret(of('Password')),
    oneTimeCodes: codes === '' ? null : new Secret(codes),
    fields: new Map(
      [...fields].filter(([name, value]) => value !== '' && !KNOWN.has(name) && !CODES_OF_KEEPASS.test(name)).map(([name, value]) => [name, new Secret(value)]),
    ),
  };
}

/** As an otpauth address where it is more than a seed: KeePassXC's own, an older one of it (`30;6`), and KeePass's. */
function codesOf(of: (name: string) => string): string {
  if (of('otp') !== '') return of('otp');
  if (of('HmacOtp-Secret') + of('HmacOtp-Secret-Base32') !== '') return 'otpauth://hotp/x';
  const [period = '', digits = ''] = of('TOTP Settings').split(';');
  const seed = of('TimeOtp-Secret-Base32') || of('TOTP Seed');
  const said = {
    period: of('TimeOtp-Period') || period,
    digits: of('TimeOtp-Length') || digits,
    algorithm: of('TimeOtp-Algorithm').replace(/^HMAC-SHA-/, 'SHA'),
  };
  const more = Object.entries(said).filter(([, value]) => value !== '');
  if (seed === '' || more.length === 0) return seed;
  return `otpauth://totp/x?${String(new URLSearchParams([['secret', seed.replaceAll(/\s/g, '')], ...more]))}`;
}
