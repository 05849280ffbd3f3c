import { createHmac } from 'node:crypto';
import { RcmError, type Secret } from '@rcm/telemetry';
import type { CredentialsConfig } from './environment.ts';

/** A key and its id: what was made with it says which one, so that the key can be changed while everything runs. */
export interface IdentityKey {
  /** `^[a-z0-9]{1,16}$`. */
  readonly id: string;
  readonly key: Secret<string>;
}

/** What is made new is made with `current`; what was made with `previous` is recognised until it has been moved over. */
export interface KeyPair {
  readonly current: IdentityKey;
  readonly previous?: IdentityKey | undefined;
}

/** What names accounts, and what passwords and payloads are known by: a pair of its own, or the same. */
export interface IdentityKeys extends KeyPair {
  readonly fingerprint?: KeyPair | undefined;
}

/** What a configuration says of keys. */
export type KeysConfig = Pick<CredentialsConfig, `RCM_${'' | 'PREVIOUS_'}${'IDENTITY' | 'FINGERPRINT'}_KEY${'' | '_ID'}`>;

/**
 * The keys of a configuration. Fails with `config_invalid` where a key has no id, or an id no key.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const keys = identityKeys(config);
 * const identity = loginIdentity(keys, { realm: 'alpine', usernameCase: 'ignored' }, 'billing');
 * ```
 */
export function identityKeys(config: KeysConfig): IdentityKeys {
  const current = { id: config.RCM_IDENTITY_KEY_ID, key: config.RCM_IDENTITY_KEY };
  const fingerprint = keyOf(config, 'RCM_FINGERPRINT_KEY');
  const previousFingerprint = keyOf(config, 'RCM_PREVIOUS_FINGERPRINT_KEY');
  if (previousFingerprint && !fingerprint)
    throw new RcmError(
      'config_invalid',
      'RCM_PREVIOUS_FINGERPRINT_KEY is set, but RCM_FINGERPRINT_KEY is not: without one, fingerprints are made with the identity keys.',
    );
  return {
    current,
    previous: keyOf(config, 'RCM_PREVIOUS_IDENTITY_KEY'),
    fingerprint: fingerprint && { current: fingerprint, previous: previousFingerprint },
  };
}

function keyOf(config: KeysConfig, name: Exclude<keyof KeysConfig, 'RCM_IDENTITY_KEY' | `${string}_ID`>): IdentityKey | undefined {
  const [key, id] = [config[name], config[`${name}_ID`]];
  if ((key === undefined) !== (id === undefined)) throw new RcmError('config_invalid', `${name} and ${name}_ID are set together, or neither.`);
  return key && id !== undefined ? { id, key } : undefined;
}

/**
 * What a process says of its keys, so that two that call different keys by one id are told: by what each gives for a text that everybody knows. That
 * tells nothing of a key of 32 characters or more.
 *
 * @example
 * ```ts
 * const keys = { current: { id: '1', key: new Secret('only-an-example-of-32-characters') } };
 * // [{ use: 'identity', id: '1', check: '…' }, { use: 'fingerprint', id: '1', check: '…' }]
 * const checks = keyChecks(keys);
 * ```
 */
export function keyChecks(keys: IdentityKeys): readonly { readonly use: 'identity' | 'fingerprint'; readonly id: string; readonly check: string }[] {
  const checksOf = (use: 'identity' | 'fingerprint', pair: KeyPair) =>
    knownKeys(pair).map(({ id, key }) => ({ use, id, check: digest(key, ['rcm-key-check']) }));
  return [...checksOf('identity', keys), ...checksOf('fingerprint', keys.fingerprint ?? keys)];
}

/** Where a login is an account: the realm in which its user name means one, and whether case tells two user names apart. */
export interface AccountRealm {
  /** The portal type's `account_realm`, else its code. */
  readonly realm: string;
  readonly usernameCase: 'exact' | 'ignored';
}

export interface LoginIdentity {
  /** Hex HMAC-SHA256, so the database can compare logins without holding user names. */
  readonly id: string;
  readonly keyId: string;
}

/**
 * What a portal locks, whoever stores it and through whichever door: realm and user name. The one function that says so, asked at every
 * login with the payload that is used.
 *
 * @example
 * ```ts
 * const keys = { current: { id: '1', key: new Secret('only-an-example-of-32-characters') } };
 * const realm: AccountRealm = { realm: 'alpine', usernameCase: 'ignored' };
 * const isOne = loginIdentity(keys, realm, 'Billing').id === loginIdentity(keys, realm, 'billing').id; // true
 * ```
 */
export function loginIdentity(keys: IdentityKeys, realm: AccountRealm, username: string): LoginIdentity {
  return nameUnder(keys.current, realm, username);
}

/**
 * The names of one account under the keys that are known, the current key's first. A row that has any of them means this account, and is not renamed for it.
 *
 * @example
 * ```ts
 * const previous = { id: '1', key: new Secret('only-an-example-of-32-characters') };
 * const keys = { current: { id: '2', key: new Secret('another-example-of-32-characters') }, previous };
 * const names = loginNames(keys, { realm: 'alpine', usernameCase: 'ignored' }, 'billing'); // by key 2, then by key 1
 * ```
 */
export function loginNames(keys: IdentityKeys, realm: AccountRealm, username: string): readonly LoginIdentity[] {
  return knownKeys(keys).map((key) => nameUnder(key, realm, username));
}

/** An account realm as a portal type's row says, with all that decided before what one account is. */
export interface RealmHistory extends AccountRealm {
  /** The portal type's code, and the realms it had. */
  readonly formerRealms: readonly string[];
  /** Of the login's page, with its port where it is not the scheme's own. */
  readonly host: string;
}

/**
 * The realm of an endpoint's logins.
 *
 * @example
 * ```ts
 * const type = { code: 'alpine', accountRealm: null, formerRealms: [], usernameCase: 'ignored' } as const;
 * const realm = realmHistory(type, 'https://portal.example/login');
 * ```
 */
export function realmHistory(
  type: { readonly code: string; readonly accountRealm: string | null; readonly formerRealms: readonly string[]; readonly usernameCase: 'exact' | 'ignored' },
  baseUrl: string,
): RealmHistory {
  const { code, accountRealm, formerRealms, usernameCase } = type;
  return { realm: accountRealm ?? code, usernameCase, formerRealms: [code, ...formerRealms], host: new URL(baseUrl).host };
}

/**
 * What the same account may have been called: under each key that is known, in each realm of its portal type, by each rule of case, and by the
 * host of its page, as it was until accounts had realms. A row that says one of these means the same account.
 *
 * @example
 * ```ts
 * const keys = { current: { id: '1', key: new Secret('only-an-example-of-32-characters') } };
 * const history: RealmHistory = { realm: 'alpine', usernameCase: 'ignored', formerRealms: ['alpine-old'], host: 'portal.example' };
 * // Whichever of these a row names, it means this account.
 * const names = [loginIdentity(keys, history, 'billing').id, ...formerIdentities(keys, history, 'billing')];
 * ```
 */
export function formerIdentities(keys: IdentityKeys, history: RealmHistory, username: string): readonly string[] {
  const names = new Set<string>();
  for (const key of knownKeys(keys)) {
    for (const realm of [history.realm, ...history.formerRealms])
      for (const usernameCase of ['exact', 'ignored'] as const) names.add(identityUnder(key, { realm, usernameCase }, username));
    names.add(digest(key.key, [history.host.toLowerCase(), username]));
  }
  names.delete(loginIdentity(keys, history, username).id);
  return [...names];
}

/**
 * What the ledger knows a password by: `<key id>:<hex HMAC-SHA256>`, the current key's first. With the account in it, so that two accounts with one
 * password do not look alike. The key never lies beside the database, and a plain hash of a short password could be searched.
 *
 * @example
 * ```ts
 * const keys = { current: { id: '1', key: new Secret('only-an-example-of-32-characters') } };
 * const realm: AccountRealm = { realm: 'alpine', usernameCase: 'ignored' };
 * const fingerprints = passwordFingerprints(keys, realm, { username: 'billing', password: 'only-an-example' });
 * ```
 */
export function passwordFingerprints(
  keys: IdentityKeys,
  realm: AccountRealm,
  login: { readonly username: string; readonly password: string },
): readonly string[] {
  const name = accountName(realm, login.username);
  // The length of the name keeps a line feed in it from shifting text into the password.
  return knownKeys(keys.fingerprint ?? keys).map(
    ({ id, key }) => `${id}:${digest(key, ['rcm-password-fingerprint', realm.realm, `${name.length}`, name, login.password])}`,
  );
}

/** The current one first. */
export const knownKeys = ({ current, previous }: KeyPair): readonly IdentityKey[] => (previous ? [current, previous] : [current]);

const nameUnder = (key: IdentityKey, realm: AccountRealm, username: string): LoginIdentity => ({ id: identityUnder(key, realm, username), keyId: key.id });

/** The rule of case is part of the name: where it is exact, `user` is not what `User` is called where case is ignored. */
const identityUnder = ({ key }: IdentityKey, realm: AccountRealm, username: string): string =>
  digest(key, [realm.usernameCase === 'ignored' ? 'rcm-login-identity-in-any-case' : 'rcm-login-identity', realm.realm, accountName(realm, username)]);

const accountName = ({ usernameCase }: AccountRealm, username: string): string => (usernameCase === 'ignored' ? username.toLowerCase() : username);

/** Hex HMAC-SHA256 of the parts, line by line. */
export const digest = (key: Secret<string>, parts: readonly string[]): string =>
  createHmac('sha256', key.reveal()).update(parts.join('\n'), 'utf8').digest('hex');
