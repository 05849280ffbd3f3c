import { wordsOf } from './words.ts';

/** Fields of a payload that a legacy login may call by other names. */
export type LoginField = 'username' | 'password' | 'mfa_seed' | 'oauth_client_id' | 'oauth_client_secret';

export const LOGIN_FIELDS: readonly LoginField[] = ['username', 'password', 'mfa_seed', 'oauth_client_id', 'oauth_client_secret'];

/** What a legacy name stands for. `maybe_seed`: a seed where its value is one, else something about the second factor that stays as it is. */
type Meaning = LoginField | 'maybe_seed';

/**
 * The one table of names. Case, dashes, underscores and blanks make no difference: `mfaSecret`, `mfa_secret` and `MFA-Secret` are one name.
 * A company adds its own, or takes one out, by `--mappings`.
 */
const NAMES: Readonly<Record<Meaning, readonly string[]>> = {
  username: ['username', 'user', 'uname', 'userid', 'login', 'loginname', 'loginid', 'userlogin', 'loginuser', 'portaluser', 'portalusername'],
  password: ['password', 'pass', 'passwd', 'pwd', 'pw', 'userpassword', 'loginpassword', 'portalpassword', 'passphrase'],
  mfa_seed: [
    ...[
      'mfaseed',
      'mfasecret',
      'mfakey',
      'mfatoken',
      'totpseed',
      'totpsecret',
      'totpkey',
      'otpseed',
      'otpsecret',
      'otpkey',
      'twofactorseed',
      'twofactorsecret',
    ],
    ...['twofaseed', 'twofasecret', '2faseed', '2fasecret', '2fakey', 'authenticatorseed', 'authenticatorsecret', 'authenticatorkey', 'otpauth', 'otpauthurl'],
    ...['otpauthuri', 'otpurl', 'otpuri', 'totpurl', 'totpuri', 'mfaurl', 'mfauri'],
  ],
  maybe_seed: ['mfa', 'totp', 'otp', '2fa', 'twofactor', 'twofa', 'authenticator'],
  oauth_client_id: ['oauthclientid', 'clientid'],
  oauth_client_secret: ['oauthclientsecret', 'clientsecret', 'oauthsecret'],
};

/** What a company says of its own tables, beside what is known here. */
export interface Vocabulary {
  /** What a name of a field means; `null`: nothing, it stays what it is. */
  meaningOf(name: string): Meaning | null;
  /** Paths of `config` at which a login may lie where there is no `config.credentials`. */
  readonly places: readonly string[];
  /** Paths outside `config.credentials` whose names only look like secrets. */
  readonly notSecrets: ReadonlySet<string>;
  /** Endpoints whose user name, password or seed looks like none, and which a person has looked at. */
  readonly accepted: ReadonlySet<string>;
}

export interface OwnWords {
  readonly names?: Readonly<Record<string, Meaning | null>>;
  readonly places?: readonly string[];
  readonly notSecrets?: readonly string[];
  readonly accepted?: readonly string[];
}

export function vocabularyOf({ names = {}, places = [], notSecrets = [], accepted = [] }: OwnWords = {}): Vocabulary {
  const table = new Map<string, Meaning | null>();
  for (const [meaning, known] of Object.entries(NAMES)) for (const name of known) table.set(name, meaning as Meaning);
  for (const [name, meaning] of Object.entries(names)) table.set(squeezed(name), meaning);
  return { meaningOf: (name) => table.get(squeezed(name)) ?? null, places, notSecrets: new Set(notSecrets), accepted: new Set(accepted) };
}

const squeezed = (name: string): string => wordsOf(name).join('');
