import { type NewPlace, placeKey } from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import { beginFirstSecret, leaveFirstPlace, unnamedSecretsOf } from '@rcm/db/migration';
import { hasCode, RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';

/**
 * Makes an endpoint's first secret in the first of `places` that has room. Where there are several, the one that was chosen is written down before anything is made there, and
 * a run that goes on after a crash, or two at once, make it in the same one. `act` looks for a secret that lies there already, also where the store says that it is full.
 * Fails with `store_full` where none has room, `config_invalid` where it was begun in a place that this deployment has no more, and as `act` does.
 */
export async function inPlaceWithRoom<T>(
  migration: Migration,
  { id: endpointId, orgId }: Pick<EndpointRow, 'id' | 'orgId'>,
  places: readonly NewPlace[],
  act: (place: NewPlace) => Promise<T>,
): Promise<T> {
  const { db, patience, rooms } = migration;
  const [only] = places;
  if (only && places.length === 1) return act(only);
  for (;;) {
    const wanted = await firstWithRoom(migration, places);
    const begun = await patience(null, () => beginFirstSecret(db, { endpointId, orgId, place: placeKey(wanted) }));
    if (begun === null) throw new RcmError('state_conflict', 'Another run has stored this login meanwhile. Nothing was written.');
    const place = places.find((each) => placeKey(each) === begun);
    if (!place)
      throw new RcmError(
        'config_invalid',
        `The secret was begun with in ${begun}, where this deployment creates none now (RCM_STORE_PLACES, RCM_MIGRATOR_STORE). Nothing was written; name that place again.`,
      );
    try {
      const made = await act(place);
      rooms.taken(place);
      return made;
    } catch (error) {
      if (!hasCode(error, 'store_full')) throw error;
      rooms.full(place);
      await patience(null, () => leaveFirstPlace(db, { endpointId, orgId, place: placeKey(place) }));
    }
  }
}

/**
 * Where an endpoint's first secret was begun with, or else where it may have been made, the likeliest first: what is too large for SSM goes to Secrets Manager, and a row that was edited
 * since may be of another size than what was made of it. `wouldBe`: where it would be made of what the row holds now, where that can be said.
 */
export async function placesBegunWith(
  { db, patience, places }: Migration,
  { id: endpointId, orgId }: Pick<EndpointRow, 'id' | 'orgId'>,
  wouldBe: NewPlace | undefined,
): Promise<readonly NewPlace[]> {
  const [first] = places.new;
  if (places.new.length > 1) {
    const begun = (await patience(null, () => unnamedSecretsOf(db, { endpointId, orgId }))).find(({ why }) => why === 'new');
    const place = [...places.new, ...places.all].find((each) => placeKey(each) === begun?.place);
    if (place) return [place];
  }
  const isSplit = first.store === 'ssm' && places.largePayloads === 'secrets-manager';
  const likely: readonly NewPlace[] = isSplit ? [first, { ...first, store: 'secrets-manager' }] : [first];
  return likely.toSorted((one, other) => Number(other.store === wouldBe?.store) - Number(one.store === wouldBe?.store));
}

async function firstWithRoom({ rooms, patience }: Migration, places: readonly NewPlace[]): Promise<NewPlace> {
  for (const place of places) if (await patience(null, () => rooms.hasRoom(place))) return place;
  throw new RcmError(
    'store_full',
    `None of the ${places.length} places of this deployment has room for another login (RCM_STORE_PLACES names further ones). Nothing was written.`,
  );
}
