import { RcmError } from '@rcm/telemetry';

/** `portal doctor` as it was typed. */
export interface TypedDoctorOptions {
  readonly all?: boolean;
  readonly baseUrl?: readonly string[];
  readonly address?: string;
  readonly host?: readonly string[];
  /** A folder. */
  readonly pictures?: string;
  readonly deadline: string;
  readonly json?: boolean;
}

/** The address of each recipe's portal, by the recipe's name; a lone address stands for the only recipe. */
export type Addresses = ReadonlyMap<string, string>;

/** Reads `--base-url`: `URL` where there is one recipe, else `NAME=URL` for each. Fails with `input_invalid`. */
export function addressesOf(typed: readonly string[], names: readonly string[]): Addresses {
  const addresses = new Map<string, string>();
  for (const text of typed) {
    const [, name, url = text] = /^([a-z0-9][a-z0-9-]*)=(.*)$/.exec(text) ?? [];
    const meant = name ?? (names.length === 1 ? names[0] : undefined);
    if (meant === undefined) throw wrong(`--base-url ${shown(text)}: there are several recipes, so say whose it is: NAME=URL (${names.join(', ')}).`);
    if (!names.includes(meant)) throw wrong(`--base-url: no recipe here is named "${meant}" (${names.join(', ')}).`);
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw wrong(`--base-url for ${meant} is not an address that begins with https:// or http://.`);
    addresses.set(meant, url);
  }
  return addresses;
}

/** An address as it may be repeated: without what could be a password in it. */
const shown = (text: string): string => (URL.canParse(text) ? new URL(text).host : 'as given');

const wrong = (message: string): RcmError => new RcmError('input_invalid', message);
