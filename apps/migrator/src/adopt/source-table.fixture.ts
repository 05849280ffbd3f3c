import { asSuperuser } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';

/**
 * Tables as a company has them, each row with what is to become of it. Nothing here knows how ids or addresses are read: firms, hospitals and logins are made first, and then
 * written down with keys and in columns of that company's own.
 */
export interface SourceLogin {
  /** As the table's text has it. */
  readonly id: string;
  readonly hospital: string | null;
  readonly url: string;
  readonly settings: string | null;
  readonly note: string | null;
  readonly active: boolean;
  readonly changed: string;
  readonly truth:
    | {
        readonly is: 'endpoint';
        readonly portal: string;
        readonly baseUrl: string;
        readonly credentials: unknown;
        readonly hospitalName: string;
        readonly firmName: string;
      }
    | { readonly is: 'refused'; readonly code: string; readonly column: string }
    | { readonly is: 'not_wanted' };
  /** Whatever must be seen nowhere. */
  readonly values: readonly string[];
}

export interface SourceTables {
  readonly firms: readonly { readonly id: string; readonly name: string }[];
  readonly hospitals: readonly { readonly id: string; readonly name: string; readonly firm: string }[];
  readonly logins: readonly SourceLogin[];
}

/** In every value that must not be seen anywhere but in the rows. */
export const HIDDEN = 'adopt-canary';

type Random = () => number;
const mulberry = (seed: number): Random => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

/** Keys as tables have them. The company's own counter makes each another one. */
const KEYS: readonly ((n: number) => string)[] = [
  (n) => String(100 + n),
  // Beyond 2^53, and one apart.
  (n) => String(9_007_199_254_740_993n + BigInt(n)),
  (n) => `ACCT-${n}-NORTH`,
  (n) => `acct-${n}-north`,
  (n) => `3F2504E0-4F89-41D3-9A0C-${String(n).padStart(12, '0')}`,
  (n) => `Klinik Süd/${n}`,
  (n) => `../../etc/passwd?${n}`,
  (n) => `__proto__${n}`,
  // Cyrillic letters that look like Latin ones, and the Latin ones.
  (n) => `асе-${n}`,
  (n) => `ace-${n}`,
  (n) => `x'; DROP TABLE organization; --${n}`,
];

const PORTALS = [
  { portal: 'alpine', urls: ['https://alpine.example/login', 'https://ALPINE.example:443/a/b', ' https://alpine.example '] },
  { portal: 'borealis', urls: ['https://shared.example/borealis', 'https://shared.example/borealis/login?lang=en'] },
  { portal: 'cascade', urls: ['https://shared.example/', 'https://shared.example/borealis-old', 'https://shared.example/else/borealis'] },
];

export const PORTAL_TYPES: Readonly<Record<string, readonly string[]>> = {
  alpine: ['alpine.example'],
  borealis: ['shared.example'],
  cascade: ['shared.example', 'cascade.example'],
};

/** What the company's tables are called, and what each address is: what docs/adopt.md shows, but for the passwords in a column of JSON. */
export const MAPPING = {
  source: 'north-crm',
  table: 'crm.PORTAL_LOGINS',
  only: { ACTIVE: ['true'] },
  hospital: { id: 'HOSPITAL_NO', table: 'crm.HOSPITALS', key: 'NO', name: 'TITLE', prefix: 'h-' },
  firm: { id: 'FIRM_NO', table: 'crm.FIRMS', key: 'NO', name: 'TITLE', prefix: 'f-' },
  endpoint: { id: 'LOGIN_NO', prefix: 'l-', base_url: 'PORTAL_URL', changed: 'UPDATED' },
  credentials: { column: 'SETTINGS', path: 'portal.login' },
  config: { remark: 'NOTE' },
  portal_types: { 'https://alpine.example': 'alpine', 'https://shared.example/borealis': 'borealis', 'https://shared.example': 'cascade' },
};

const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** The same tables for the same seed, whatever the machine. */
export function sourceTables(count: number, seed = 15): SourceTables {
  const random = mulberry(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  // The same number is a firm and a hospital.
  const firms = [1, 2, 3].map((n) => ({ id: String(n), name: `Firm ${n} & Söhne` }));
  const hospitals = [1, 2, 3, 4, 5, 6, 7].map((n) => ({ id: String(n), name: `Hospital "${n}"`, firm: String((n % 3) + 1) }));
  const logins = Array.from({ length: count }, (_, n): SourceLogin => {
    const make = KEYS[n % KEYS.length] ?? String;
    const [hospital, { portal, urls }] = [pick(hospitals), pick(PORTALS)];
    const url = pick(urls);
    const credentials = {
      username: `${HIDDEN}-user-${n}`,
      password: `${HIDDEN}-Päss"\\${n}`,
      ...(random() < 0.3 ? { account: rawJSON(`1234567890123456789${n}`) } : {}),
    };
    const row = {
      ...{ id: make(n), hospital: hospital.id as string | null, url, active: true, changed: `2026-01-01 00:00:${String(n % 60).padStart(2, '0')}` },
      settings: JSON.stringify({ portal: { login: credentials, timeout: 30 } }) as string | null,
      note: random() < 0.3 ? `${HIDDEN} call before noon ${n}` : null,
      values: [credentials.username, credentials.password, JSON.stringify(credentials.password).slice(1, -1)],
    };
    const firmName = firms.find(({ id }) => id === hospital.firm)?.name ?? '';
    const wrong = random() < 0.1 ? pick(WRONG) : null;
    if (wrong) return { ...row, ...wrong.row(row.url), truth: wrong.truth };
    return { ...row, truth: { is: 'endpoint', portal, baseUrl: new URL(url.trim()).href, credentials, hospitalName: hospital.name, firmName } };
  });
  return { firms, hospitals, logins };
}

const WRONG: readonly { readonly row: (url: string) => Partial<SourceLogin>; readonly truth: SourceLogin['truth'] }[] = [
  { row: () => ({ hospital: null }), truth: { is: 'refused', code: 'organization_missing', column: 'HOSPITAL_NO' } },
  { row: () => ({ url: 'https://elsewhere.example/x' }), truth: { is: 'refused', code: 'portal_unknown', column: 'PORTAL_URL' } },
  { row: () => ({ url: 'https://alpine.example.evil.example/' }), truth: { is: 'refused', code: 'portal_unknown', column: 'PORTAL_URL' } },
  { row: () => ({ url: `https://${HIDDEN}:pw@alpine.example/` }), truth: { is: 'refused', code: 'base_url', column: 'PORTAL_URL' } },
  { row: () => ({ url: 'javascript:alert(1)' }), truth: { is: 'refused', code: 'base_url', column: 'PORTAL_URL' } },
  { row: () => ({ settings: `{"portal": "${HIDDEN}"}` }), truth: { is: 'refused', code: 'not_json', column: 'SETTINGS' } },
  { row: () => ({ settings: `${HIDDEN}:not json` }), truth: { is: 'refused', code: 'not_json', column: 'SETTINGS' } },
  {
    row: () => ({ settings: `{"portal": {"login": {"password": "${HIDDEN}", "n": 1e400}}}` }),
    truth: { is: 'refused', code: 'number_form', column: 'SETTINGS' },
  },
  { row: () => ({ settings: `{"portal": {"login": {"password": "${HIDDEN}\\u0000"}}}` }), truth: { is: 'refused', code: 'not_text', column: 'SETTINGS' } },
  { row: () => ({ note: 'n'.repeat(70_000) }), truth: { is: 'refused', code: 'too_long', column: 'NOTE' } },
  { row: () => ({ active: false }), truth: { is: 'not_wanted' } },
];

const literal = (value: string | null): string => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`);

export interface SourceDatabase {
  readonly url: string;
  /** Statements by its owner. */
  sql(...statements: string[]): Promise<void>;
  drop(): Promise<void>;
}

/** A database of the company's, with its tables in it. */
export async function sourceDatabase(tables: SourceTables): Promise<SourceDatabase> {
  const { url, drop } = await freshDatabase({ migrate: () => Promise.resolve(), template: 'a company’s own, empty' });
  await asSuperuser(url, [
    'CREATE SCHEMA crm',
    'CREATE TABLE crm."FIRMS" ("NO" integer PRIMARY KEY, "TITLE" text)',
    'CREATE TABLE crm."HOSPITALS" ("NO" integer PRIMARY KEY, "TITLE" varchar(100), "FIRM_NO" integer)',
    `CREATE TABLE crm."PORTAL_LOGINS" ("LOGIN_NO" text, "HOSPITAL_NO" integer, "PORTAL_URL" text, "SETTINGS" text, "NOTE" text, "ACTIVE" boolean, "UPDATED" timestamp)`,
    ...tables.firms.map(({ id, name }) => `INSERT INTO crm."FIRMS" VALUES (${id}, ${literal(name)})`),
    ...tables.hospitals.map(({ id, name, firm }) => `INSERT INTO crm."HOSPITALS" VALUES (${id}, ${literal(name)}, ${firm})`),
    ...inserts(tables.logins),
  ]);
  return { url, drop, sql: (...statements) => asSuperuser(url, statements) };
}

const IN_ONE = 500;
export function inserts(logins: readonly SourceLogin[]): string[] {
  const rows = logins.map(
    ({ id, hospital, url, settings, note, active, changed }) =>
      `(${literal(id)}, ${hospital ?? 'NULL'}, ${literal(url)}, ${literal(settings)}, ${literal(note)}, ${active}, ${literal(changed)})`,
  );
  return Array.from(
    { length: Math.ceil(rows.length / IN_ONE) },
    (_, n) => `INSERT INTO crm."PORTAL_LOGINS" VALUES ${rows.slice(n * IN_ONE, (n + 1) * IN_ONE).join(', ')}`,
  );
}
