import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { parsePayload } from '@rcm/credentials';
import { isId, isRcmError, RcmError, Secret } from '@rcm/telemetry';
import { readCsv } from './csv.ts';

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
const LARGEST_BYTES = 16 * 1024 * 1024;
const OTHERS = 0o077;

/** Where none is given: what tells it from every other of the organization. */
export const defaultId = ({ organization, portalType, account }: Pick<NewLogin, 'organization' | 'portalType' | 'account'>): string =>
  `${organization}-${portalType}-${account}`;

/** The logins of a file that holds passwords, which is its owner's alone (mode 0600). Fails with `input_invalid`, by line and never with a value. */
export function loginsInFile(path: string): readonly NewLogin[] {
  const rows = readCsv(ownText(path), new Set(COLUMNS), NEEDED);
  return rows.map((row) => {
    const place = { organization: row['organization'] ?? '', portalType: row['portal_type'] ?? '', account: row['account'] ?? '' };
    const seed = row['mfa_seed'] ? { mfa_seed: row['mfa_seed'] } : {};
    return {
      ...place,
      id: row['id'] || defaultId(place),
      baseUrl: row['base_url'] || null,
      payload: new Secret(JSON.stringify({ username: row['username'], password: row['password'], ...seed })),
    };
  });
}

function ownText(path: string): string {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY);
  } catch (cause) {
    throw new RcmError('input_invalid', `--csv: the file cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'}). Nothing was done.`, { cause });
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & OTHERS) !== 0)
      throw new RcmError('input_invalid', '--csv: the file holds passwords, and others can read it: `chmod 600` it first. Nothing was done.');
    if (size > LARGEST_BYTES) throw new RcmError('input_invalid', '--csv: the file is larger than 16 MB. Nothing was done.');
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
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
