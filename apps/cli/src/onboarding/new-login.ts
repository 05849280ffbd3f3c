import { parsePayload } from '@rcm/credentials';
import { isId, isRcmError, Secret } from '@rcm/telemetry';
import { readCsv } from './csv.ts';
import { ownText } from './own-file.ts';

/** An endpoint that is to be registered, and what the store is to hold of it. */
export interface NewLogin {
  readonly id: string;
  readonly organization: string;
  readonly portalType: string;
  readonly account: string;
  /** `null`: the first host of the portal type, by https. */
  readonly baseUrl: string | null;
  /** JSON text. */
  readonly payload: Secret<string>;
}

const COLUMNS = ['id', 'organization', 'portal_type', 'account', 'base_url', 'username', 'password', 'mfa_seed'] as const;
const NEEDED = ['organization', 'portal_type', 'account', 'username', 'password'] as const;

/** Where none is given: what tells it from every other of the organization. */
export const defaultId = ({ organization, portalType, account }: Pick<NewLogin, 'organization' | 'portalType' | 'account'>): string =>
  `${organization}-${portalType}-${account}`;

/** The logins of a file that holds passwords, which is its owner's alone (mode 0600). Fails with `input_invalid`, by line and never with a value. */
export function loginsInFile(path: string): readonly NewLogin[] {
  const rows = readCsv(ownText(path, '--csv'), new Set(COLUMNS), NEEDED);
  return rows.map((row) => {
    const place = { organization: row.organization ?? '', portalType: row.portal_type ?? '', account: row.account ?? '' };
    const seed = row.mfa_seed ? { mfa_seed: row.mfa_seed } : {};
    return {
      ...place,
      id: row.id || defaultId(place),
      baseUrl: row.base_url || null,
      payload: new Secret(JSON.stringify({ username: row.username, password: row.password, ...seed })),
    };
  });
}

/** What is wrong with it as it stands, in words without a value; `null`: nothing. */
export function problemOf(login: NewLogin): string | null {
  const ids = { id: login.id, organization: login.organization, portal_type: login.portalType, account: login.account };
  const [odd] = Object.entries(ids).filter(([, value]) => !isId(value));
  if (odd) return `${odd[0]} is no id (small letters, digits and dashes, 63 at most)`;
  if (login.baseUrl !== null && !URL.canParse(login.baseUrl)) return 'base_url is no address';
  try {
    parsePayload(login.payload);
    return null;
  } catch (error) {
    return isRcmError(error) ? error.message : 'the payload is not usable';
  }
}
