import { formerIdentities, identityKeys, loginIdentity, realmHistory } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { portalPlaces } from '@rcm/db/fleet';
import { RcmError } from '@rcm/telemetry';
import type { TraceConfig } from './config.ts';

/** All that the ledger may know a portal's user name by: at each of its addresses, under each key, in each realm that its type had. */
export async function identitiesOf(
  db: Database,
  config: TraceConfig,
  { portalTypeCode, username }: { readonly portalTypeCode: string; readonly username: string },
): Promise<readonly string[]> {
  const { RCM_IDENTITY_KEY: key } = config;
  if (key === undefined)
    throw new RcmError('config_invalid', 'RCM_IDENTITY_KEY (or RCM_IDENTITY_KEY_FILE) must be set: the ledger knows user names by their keyed hashes.');
  const places = await portalPlaces(db, { portalTypeCode });
  if (places === null) throw new RcmError('input_invalid', 'There is no such portal type.');
  const keys = identityKeys({ ...config, RCM_IDENTITY_KEY: key });
  const realms = places.baseUrls.map((baseUrl) => realmHistory(places.portalType, baseUrl));
  return [...new Set(realms.flatMap((realm) => [loginIdentity(keys, realm, username).id, ...formerIdentities(keys, realm, username)]))];
}
