import type { CopyingStores, IdentityKeys, LargePayloads, NewPlace, TenantDevices, TenantStores } from '@rcm/credentials';
import type { FingerprintKey, Vocabulary } from '@rcm/credentials/legacy';
import type { Database, EndpointRow } from '@rcm/db';
import type { Clock, Logger } from '@rcm/telemetry';
import type { Paces } from './pacing/paces.ts';
import type { Patience } from './pacing/patience.ts';
import type { Rooms } from './placing/rooms.ts';
import type { Progress } from './progress.ts';

/** Where new secrets are created: in the first of these places that has room; and what becomes of one that is too large for there. */
export interface SecretPlaces {
  readonly new: readonly [NewPlace, ...NewPlace[]];
  /** Everywhere that this deployment reaches, whichever store it creates new ones in. */
  readonly all: readonly NewPlace[];
  readonly environment: string;
  readonly largePayloads: LargePayloads;
}

/** Which endpoints a command works on; what is left out asks for nothing. */
export interface Filter {
  readonly orgId?: string;
  readonly portalType?: string;
  readonly endpointId?: string;
  /** At most so many of those that are left to do. */
  readonly limit?: number;
  /** Of `adopt`: the table whose rows it brings in, as its mapping calls it. */
  readonly source?: string;
}

export const isWanted = ({ orgId, portalType, endpointId }: Filter, endpoint: EndpointRow): boolean =>
  (orgId === undefined || endpoint.orgId === orgId) &&
  (portalType === undefined || endpoint.portalTypeCode === portalType) &&
  (endpointId === undefined || endpoint.id === endpointId);

/** Those of `items` that a command is to work on. */
export async function* wanted<T>(filter: Filter, items: AsyncIterable<T>, endpointOf: (item: T) => EndpointRow): AsyncGenerator<T> {
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  for await (const item of items) {
    if (!isWanted(filter, endpointOf(item))) continue;
    if (left <= 0) return;
    left -= 1;
    yield item;
  }
}

/** What every command works with; made once per process by `services.ts`. */
export interface Migration {
  readonly db: Database;
  readonly stores: TenantStores;
  /** In the second region; `null`: there is none. */
  readonly copies: Pick<CopyingStores, 'copyOf' | 'readCopy'> | null;
  /** Where devices are kept that portals know. */
  readonly devices: TenantDevices;
  readonly places: SecretPlaces;
  /** Which of them have room, as far as this process knows. */
  readonly rooms: Rooms;
  /** What logins are known by. */
  readonly keys: IdentityKeys;
  /** What legacy rows call things. */
  readonly vocabulary: Vocabulary;
  /** For fingerprints: what is made new is made with this one. */
  readonly fingerprintKey: FingerprintKey;
  /** That one first; while it is changed, the other one, too, with which proofs may have been made. */
  readonly fingerprintKeys: readonly FingerprintKey[];
  /** Which endpoints a command works on. */
  readonly filter: Filter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who holds a lease, for people who look at them. */
  readonly holder: string;
  readonly concurrency: number;
  /** Of the calls to a place: each counts its own. */
  readonly pace: Paces;
  readonly patience: Patience;
  /** The same, and a stop does not end it: `toTheEnd`. */
  readonly patienceToTheEnd: Patience;
  /** Take nothing new. */
  readonly stopping: AbortSignal;
  /** Give up calls under way. */
  readonly giveUp: AbortSignal;
  progress(what: string, total: number): Progress;
  /** `told`: each was told of as it ended (`onEnd`), so that no report need hold all of them. */
  readonly endpoints: 'listed' | 'told';
  /** Told of each endpoint, or row of a source, as it ends. */
  readonly onEnd: (ended: Ended | EndedRow) => void;
}

/** The same for what follows on a change that must not stay as it is: it is nothing new, so a stop that was asked for does not end it, only giving up does. */
export const toTheEnd = (migration: Migration): Migration => ({ ...migration, patience: migration.patienceToTheEnd, stopping: migration.giveUp });

/** How one endpoint ended, as it is counted and told of: never a value. */
export interface Ended {
  readonly endpointId: string;
  readonly orgId: string;
  /** `migrated`, `verified`, …; `failed`, then with a code. */
  readonly outcome: string;
  readonly code?: string;
  readonly class?: 'transient' | 'mend';
}

/** The same of a row that `adopt` brings in. */
export interface EndedRow {
  /** The how manieth row it is in its table, or on which line it ends in its file. */
  readonly row: number;
  /** What its table calls it, where that can be shown. */
  readonly id: string | null;
  readonly outcome: string;
  /** The endpoint that it is. */
  readonly endpointId?: string;
  readonly orgId?: string;
  /** Why it was refused, or its endpoint left as it is; by which column. */
  readonly code?: string;
  readonly column?: string | null;
}

/** One that went well. */
export const endedAs = ({ id: endpointId, orgId }: EndpointRow, outcome: string): Ended => ({ endpointId, orgId, outcome });

/** Rows read from the database at once: of more, more lies about until it is collected (plan of 50,000 logins 16 MB more with 200). */
export const PAGE_SIZE = 50;

/** Pages through rows by id. `list` gets the id to start after. */
export async function* pages<T>(list: (after: string | undefined) => Promise<readonly T[]>, idOf: (row: T) => string): AsyncGenerator<readonly T[]> {
  let after: string | undefined;
  for (;;) {
    const page = await list(after);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    if (page.length < PAGE_SIZE) return;
    after = idOf(last);
  }
}

export async function* each<T>(pagesOf: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const page of pagesOf) yield* page;
}
