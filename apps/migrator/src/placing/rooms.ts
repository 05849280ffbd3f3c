import { type NewPlace, placeKey } from '@rcm/credentials';
import type { Clock } from '@rcm/telemetry';

/** Which places have room for another login, as far as this process knows: the store itself has the last word (`store_full`). */
export interface Rooms {
  /** Counted in the database once a minute, and by this process's own in between. */
  hasRoom(place: NewPlace): Promise<boolean>;
  /** One more lies there. */
  taken(place: NewPlace): void;
  /** The store took none: it is not asked again for a while, in which staged copies may go. */
  full(place: NewPlace): void;
}

export interface RoomOptions {
  readonly clock: Clock;
  /** Logins that a place of SSM is filled with. */
  readonly loginsOfSsm: number;
  /** Those that lie there, counted to `atMost` and no further. */
  readonly count: (question: { readonly arnBeginning: string; readonly atMost: number }) => Promise<number>;
}

interface Known {
  logins: number;
  readonly countedAt: number;
}

const COUNTED_FOR_MS = 60_000;
const FULL_FOR_MS = 10 * 60_000;

export function createRooms({ clock, loginsOfSsm, count }: RoomOptions): Rooms {
  const known = new Map<string, Known>();
  const fullUntil = new Map<string, number>();
  const now = (): number => clock.now().getTime();
  return {
    async hasRoom(place) {
      const key = placeKey(place);
      if ((fullUntil.get(key) ?? 0) > now()) return false;
      // Secrets Manager takes half a million in a region, and Vault what its storage takes.
      if (place.store !== 'ssm') return true;
      const before = known.get(key);
      if (before && now() - before.countedAt < COUNTED_FOR_MS) return before.logins < loginsOfSsm;
      const arnBeginning = `arn:${place.partition}:ssm:${place.region}:${place.accountId}`;
      const logins = await count({ arnBeginning, atMost: loginsOfSsm });
      known.set(key, { logins, countedAt: now() });
      return logins < loginsOfSsm;
    },
    taken(place) {
      const counted = known.get(placeKey(place));
      if (counted) counted.logins += 1;
    },
    full: (place) => void fullUntil.set(placeKey(place), now() + FULL_FOR_MS),
  };
}
