/**
 * Rows as companies have them, each with what it truly is. Nothing here knows the product's table of shapes: the truth is made first, and then written down in
 * one of many hands.
 */
export interface LegacyRow {
  readonly id: string;
  /** `config` as JSON text. */
  readonly config: string;
  readonly truth:
    | { readonly is: 'login'; readonly fields: Readonly<Record<string, unknown>> }
    | { readonly is: 'empty' }
    /** Somebody has to look, at this path. */
    | { readonly is: 'refused'; readonly path: string };
  /** Where secrets lie beside the login, and whether they are the login's own. */
  readonly elsewhere: readonly { readonly path: string; readonly same: boolean }[];
  /** Whatever must be seen nowhere. */
  readonly values: readonly string[];
}

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

interface Hand {
  readonly pick: <T>(of: readonly T[]) => T;
  readonly chance: (of: number) => boolean;
  readonly text: (letters: string, length: number) => string;
}
const handOf = (random: Random): Hand => {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  return { pick, chance: (of) => random() < of, text: (letters, length) => Array.from({ length }, () => pick([...letters])).join('') };
};

interface Truth {
  readonly username: string;
  readonly password: string;
  readonly seed: string | null;
  readonly digits: number;
  readonly algorithm: string;
  readonly client: { readonly id: string; readonly secret: string } | null;
  readonly extra: Readonly<Record<string, unknown>>;
}

const LETTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const ODD = ['', '"', '\\', '{{', ' é', '🔑', '$', '<b>', "'", '\t', '%41', '&secret=1'];

function truthOf({ pick, chance, text }: Hand): Truth {
  const name = `${text(LETTERS, 9)}${pick(['', '@mail.example', '.north', ' smith', '-07'])}`;
  return {
    username: chance(0.1) ? text('123456789', 12) : name,
    password: chance(0.1) ? text('123456789', pick([8, 14, 22])) : `${text(LETTERS, 12)}${pick(ODD)}`,
    seed: chance(0.4) ? text('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', pick([16, 26, 32])) : null,
    digits: pick([6, 6, 8]),
    algorithm: pick(['SHA1', 'SHA1', 'SHA256']),
    client: chance(0.2) ? { id: text(LETTERS, 10), secret: `cs-${text(LETTERS, 20)}` } : null,
    extra: chance(0.3)
      ? pick([
          { npi: text('0123456789', 10) },
          { remark: 'ask for extension 5', tries: 3 },
          { custom_fields: { facility: text(LETTERS, 8), deep: [1, null, { a: '' }] } },
        ])
      : {},
  };
}

const NAMES = [
  { user: 'username', pass: 'password', seed: 'mfa_seed', id: 'oauth_client_id', secret: 'oauth_client_secret' },
  { user: 'user', pass: 'pwd', seed: 'mfaSecret', id: 'clientId', secret: 'clientSecret' },
  { user: 'userName', pass: 'passWord', seed: 'totpSeed', id: 'oauthClientId', secret: 'oauthClientSecret' },
  { user: 'login', pass: 'pass', seed: 'otp_secret', id: 'client-id', secret: 'client-secret' },
  { user: 'LoginID', pass: 'Passwd', seed: 'TOTP', id: 'CLIENT_ID', secret: 'CLIENT_SECRET' },
  { user: 'User Name', pass: 'Password', seed: 'two_factor_secret', id: 'client_id', secret: 'oauth-client-secret' },
  { user: 'user_id', pass: 'login_password', seed: '2fa', id: 'client_id', secret: 'client_secret' },
] as const;

const wholeNumber = (text: string): boolean => /^[1-9]\d*$/.test(text);
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** One login as an object in somebody's words, and which fields a payload of it has. */
function written(truth: Truth, { pick, chance }: Hand): { readonly object: Record<string, unknown>; readonly fields: Record<string, unknown> } {
  const names = pick(NAMES);
  const digit = (text: string) => (wholeNumber(text) && chance(0.7) ? rawJSON(text) : chance(0.1) ? `${text}${pick(['\n', '\r\n'])}` : text);
  const fields: Record<string, unknown> = { username: truth.username, password: truth.password, ...truth.extra };
  const object: Record<string, unknown> = { [names.user]: digit(truth.username), [names.pass]: digit(truth.password), ...truth.extra };
  if (truth.client) {
    Object.assign(fields, { oauth_client_id: truth.client.id, oauth_client_secret: truth.client.secret });
    Object.assign(object, { [names.id]: truth.client.id, [names.secret]: truth.client.secret });
  }
  if (truth.seed === null) return chance(0.2) ? { object: { ...object, [names.seed]: '' }, fields } : { object, fields };
  fields.mfa_seed = truth.seed;
  const how = pick(['plain', 'spaced', 'link', 'object', 'link elsewhere'] as const);
  if (how === 'plain') object[names.seed] = truth.seed;
  if (how === 'spaced') fields.mfa_seed = object[names.seed] = truth.seed.toLowerCase().replace(/(.{4})(?=.)/g, '$1 ');
  if (how === 'plain' || how === 'spaced') return { object, fields };
  if (truth.digits !== 6) fields.mfa_digits = truth.digits;
  if (truth.algorithm !== 'SHA1') fields.mfa_algorithm = truth.algorithm;
  const link = `otpauth://totp/Portal:${encodeURIComponent(truth.username)}?secret=${truth.seed}&issuer=Portal&digits=${truth.digits}&algorithm=${truth.algorithm}&period=30`;
  if (how === 'link') object[names.seed] = link;
  if (how === 'link elsewhere') object.qr = link;
  if (how === 'object') object.mfa = { type: 'totp', secret: truth.seed, digits: truth.digits, algorithm: truth.algorithm };
  return { object, fields };
}

type Wrapped = { readonly value: unknown; readonly fields: Record<string, unknown>; readonly at: string };

const WRAPPERS: readonly ((object: Record<string, unknown>, fields: Record<string, unknown>) => Wrapped)[] = [
  (value, fields) => ({ value, fields, at: 'credentials' }),
  (value, fields) => ({ value, fields, at: 'credentials' }),
  (value, fields) => ({ value: JSON.stringify(value), fields, at: 'credentials' }),
  (value, fields) => ({ value: JSON.stringify(JSON.stringify(value, null, 2)), fields, at: 'credentials' }),
  (value, fields) => ({ value: [value], fields, at: 'credentials[]' }),
  (value, fields) => ({ value: [null, value, {}], fields, at: 'credentials[]' }),
  (value, fields) => ({ value: [value, value], fields, at: 'credentials[]' }),
  (value, fields) => ({ value: { signin: value, region: 'east' }, fields: { ...fields, region: 'east' }, at: 'credentials.signin' }),
  (value, fields) => ({ value: { portal: { auth: JSON.stringify(value) } }, fields, at: 'credentials.portal.auth' }),
  (object, fields) => ({ value: Object.entries(object).map(([name, value]) => ({ name, value })), fields, at: 'credentials' }),
  (object, fields) => ({ value: JSON.stringify(Object.entries(object).map(([key, value]) => ({ key, value }))), fields, at: 'credentials' }),
];

const EMPTIES = [null, {}, '', [], [null], { username: '', password: null }, { login: {} }];

/** Logins that somebody has to look at, and where. */
function refused(truth: Truth, hand: Hand): { readonly value: unknown; readonly path: string } {
  const { username, password } = truth;
  const standIn = hand.pick(['TBD', '****', '<password>', '${PORTAL_PASSWORD}', 'see vault', 'n/a', 'changeme', 'xxxxxx']);
  return hand.pick([
    { value: { username, password: standIn }, path: 'credentials.password' },
    { value: [{ user: username, pwd: standIn }], path: 'credentials[].pwd' },
    { value: { username, password, mfa_seed: hand.pick(['123456', 'ask Bob', 'ABC', 'hunter2-not-a-seed!']) }, path: 'credentials.mfa_seed' },
    { value: JSON.stringify({ user: username, pass: password, mfaSecret: '0189' }), path: 'credentials.mfaSecret' },
    { value: { username, password, mfa: 'otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=1' }, path: 'credentials.mfa' },
    { value: { username, password, mfa: { secret: 'JBSWY3DPEHPK3PXP', period: 60 } }, path: 'credentials.mfa' },
    { value: { username, password, qr: 'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=60' }, path: 'credentials.qr' },
    {
      value: [
        { username, password },
        { username: `${username}2`, password },
      ],
      path: 'credentials',
    },
    { value: `${username}:${password}`, path: 'credentials' },
    { value: Buffer.from(`${username}:${password}`).toString('base64'), path: 'credentials' },
    { value: { username }, path: 'credentials' },
    { value: { username, password: true }, path: 'credentials.password' },
    { value: { username, login: `${username}2`, password }, path: 'credentials.login' },
    { value: { a: { username, password }, b: { username: `${username}2`, password } }, path: 'credentials' },
    { value: { username, password: ['x', 'y'] }, path: 'credentials.password' },
  ]);
}

/** Secrets that somebody left beside the login. */
const LEFT: readonly ((truth: Truth, hand: Hand) => { readonly beside: Record<string, unknown>; readonly path: string; readonly same: boolean })[] = [
  ({ username, password }) => ({ beside: { credentials_backup: { username, password } }, path: 'credentials_backup', same: true }),
  (_, { text }) => ({ beside: { old_password: text(LETTERS, 12) }, path: 'old_password', same: false }),
  (_, { text }) => ({
    beside: {
      history: [
        { at: '2024-01-01', password: text(LETTERS, 12) },
        { at: '2024-03-01', password: text(LETTERS, 12) },
      ],
    },
    path: 'history[].password',
    same: false,
  }),
  ({ password }) => ({ beside: { notes: `spoke to Ann, the new one is ${password}` }, path: 'notes', same: true }),
  (_, { text }) => ({ beside: { notes: `portal moved; password: ${text(LETTERS, 12)}` }, path: 'notes', same: false }),
  ({ username, password }) => ({ beside: { Credentials: { user: username, pwd: password } }, path: 'Credentials', same: true }),
  ({ password }) => ({ beside: { settings: { portal: { value: password } } }, path: 'settings.portal.value', same: true }),
  ({ username, password }) => ({ beside: { imported: JSON.stringify({ u: username, p: { value: password } }) }, path: 'imported', same: true }),
  ({ username }, { text }) => ({ beside: { imported: JSON.stringify({ u: username, password: text(LETTERS, 12) }) }, path: 'imported', same: false }),
  (_, { text }) => ({ beside: { feed: `https://batch:${text(LETTERS, 10)}@files.example/837` }, path: 'feed', same: false }),
  (_, { text }) => ({ beside: { setup: `otpauth://totp/x?secret=${text('ABCDEFGHIJKLMNOP', 16)}` }, path: 'setup', same: false }),
  ({ username, password }) => ({ beside: { logins: { [username]: password } }, path: 'logins.*', same: true }),
  (_, { text }) => ({ beside: { api: { apiKey: text(LETTERS, 24) } }, path: 'api.apiKey', same: false }),
];

const HARMLESS = [
  {},
  { timeout: 30, retries: [1, 2, 5] },
  { password_policy: { min: 12, rules: 'upper, digit' }, token_url: 'https://portal.example/token' },
  { notes: 'compass region, passenger desk; call before noon', enabled: true },
  { password_changed_at: '2025-01-01', passed: 'yes', login_page: 'https://portal.example/login' },
];

/** The same rows for the same seed, whatever the machine. */
export function legacyTable(count: number, seed = 15): LegacyRow[] {
  const hand = handOf(mulberry(seed));
  return Array.from({ length: count }, (_, n): LegacyRow => {
    const id = `legacy-${String(n + 1).padStart(5, '0')}`;
    const truth = truthOf(hand);
    const values = [truth.username, truth.password, ...(truth.seed ? [truth.seed] : []), ...(truth.client ? [truth.client.secret] : [])];
    const kind = hand.chance(0.05) ? 'empty' : hand.chance(0.15) ? 'refused' : 'login';
    const lies = hand.chance(0.3) ? hand.pick(LEFT)(truth, hand) : null;
    // Where the login cannot be read, nobody knows what is its own.
    const left = kind === 'login' || lies?.same === false ? lies : null;
    const beside = { ...hand.pick(HARMLESS), ...left?.beside };
    const row = (credentials: unknown, is: LegacyRow['truth']): LegacyRow => ({
      ...{ id, config: JSON.stringify({ ...beside, credentials }), truth: is, values },
      elsewhere: left ? [{ path: left.path, same: left.same }] : [],
    });
    if (kind === 'empty') return row(hand.pick(EMPTIES), { is: 'empty' });
    if (kind === 'refused') {
      const { value, path } = refused(truth, hand);
      return row(value, { is: 'refused', path });
    }
    const { object, fields } = written(truth, hand);
    const wrapped = hand.pick(WRAPPERS)(object, fields);
    return row(wrapped.value, { is: 'login', fields: wrapped.fields });
  });
}
