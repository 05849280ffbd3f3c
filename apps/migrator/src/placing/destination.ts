import { type NewPlace, parseReference, type SecretReference } from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';

/** Where a person wants a login's secret; what is left out stays as it is. */
export interface Destination {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  readonly store?: SecretReference['store'] | undefined;
}

/** The place of this deployment that is meant. Fails with `input_invalid`, naming those that there are, and with `state_conflict` for a login that has no secret yet. */
export function destination({ places }: Migration, { id, secretArn }: Pick<EndpointRow, 'id' | 'secretArn'>, wanted: Destination): NewPlace {
  if (secretArn === null) throw new RcmError('state_conflict', `Endpoint ${id} has no secret yet. Nothing was changed.`);
  const now = parseReference(secretArn);
  const store = wanted.store ?? now.store;
  if (store === 'vault' && wanted.account !== undefined)
    throw new RcmError('input_invalid', 'Vault has no accounts and regions: --to is of AWS. Nothing was changed.');
  const isMeant = (place: NewPlace): boolean => {
    if (place.store !== store) return false;
    if (place.store === 'vault') return true;
    // Out of Vault, the deployment's first account is meant.
    const { account, region } = wanted.account === undefined ? { account: accountOf(now), region: regionOf(now) } : wanted;
    return (account === undefined || place.accountId === account) && (region === undefined || place.region === region);
  };
  const place = places.all.find(isMeant);
  if (place) return place;
  throw new RcmError('input_invalid', `This deployment has no such place. It has ${places.all.map(named).join(', ')}. Nothing was changed.`);
}

const accountOf = (reference: SecretReference): string | undefined => (reference.store === 'vault' ? undefined : reference.accountId);
const regionOf = (reference: SecretReference): string | undefined => (reference.store === 'vault' ? undefined : reference.region);

const named = (place: NewPlace): string => (place.store === 'vault' ? `vault (${place.mount})` : `${place.store} in ${place.accountId}/${place.region}`);
