import type { Database } from '@rcm/db';
import { type AuditedEvent, readChainHeads, readEventHashes, readEventsAfter } from '@rcm/db/audit';
import { type Clock, hasCode, isRetryable, type Logger, RcmError } from '@rcm/telemetry';
import { FORMATS } from '../formats/formats.ts';
import type { Report } from '../report.ts';
import type { Destination } from '../stream/destination.ts';
import { KeptPlace } from '../stream/place.ts';

/** What can be read line by line: CSV has a head, and cells that go over lines. */
export const STREAM_FORMATS = ['ndjson', 'ocsf'] as const;
export type StreamFormat = (typeof STREAM_FORMATS)[number];

export interface StreamOptions {
  readonly db: Database;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly destination: Destination;
  /** Where it is kept how far the stream is. */
  readonly placeFile: string;
  /** None: all. */
  readonly orgIds: readonly string[];
  readonly format: StreamFormat;
  readonly until: 'stopped' | 'all is sent';
  /** For the destination to take a batch, in ms. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** Events that are read and sent at once: all that is in memory. */
const BATCH = 500;
const PAUSE_MS = { idle: 2_000, least: 1_000, most: 60_000 } as const;

/**
 * Sends every event of the chains, each at least once and each chain in its order, and keeps its place behind what the destination has taken. While the database or the
 * destination is away it waits, and reads no further. Ends with `state_conflict` where the chain is not any more what was sent: that is for a person to look at.
 */
export async function streamAudit(options: StreamOptions): Promise<Report> {
  const { logger, clock, until, signal } = options;
  const place = KeptPlace.read(options.placeFile, options.destination.name);
  let sent = 0;
  let pauseMs: number = PAUSE_MS.least;
  let isFollowed = false;
  let isAllSent = false;
  while (!signal.aborted) {
    try {
      if (!isFollowed) await checkPlace(options, place);
      isFollowed = true;
      const count = await oneRound(options, place);
      sent += count;
      pauseMs = PAUSE_MS.least;
      if (count > 0) continue;
      // A round that was stopped has not looked at every chain.
      isAllSent = until === 'all is sent' && !signal.aborted;
      if (isAllSent) break;
      await pause(clock, PAUSE_MS.idle, signal);
    } catch (error) {
      if (signal.aborted) break;
      if (until === 'all is sent' || !isRetryable(error)) throw error;
      logger.warn({ err: error, pauseMs }, 'the stream waits: what was not taken is sent again');
      await pause(clock, pauseMs, signal);
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS.most);
    }
  }
  const isWhole = until === 'stopped' || isAllSent;
  return {
    json: { sent, chains: place.all.length, interrupted: !isWhole },
    lines: [
      `${sent} events sent; ${place.all.length} chains are followed from where they are.${isWhole ? '' : ' Stopped before it was known that this is all; run it again.'}`,
    ],
    complete: isWhole,
  };
}

/** What was sent last must be there as it was: a database that was restored to an earlier hour has other events under the same numbers, or none. */
async function checkPlace({ db, placeFile }: StreamOptions, place: KeptPlace): Promise<void> {
  const hashes = await readEventHashes(
    db,
    place.all.map(({ orgId, seq }) => ({ orgId, count: seq })),
  );
  for (const { orgId, seq, hash } of place.all) if (hashes.get(orgId) !== hash) throw notFollowed(placeFile, orgId, seq);
}

/** A batch of each chain that has more; returns how many events were sent. */
async function oneRound(options: StreamOptions, place: KeptPlace): Promise<number> {
  const { db, orgIds, signal } = options;
  const wanted = new Set(orgIds);
  let sent = 0;
  for (const { orgId, count } of await readChainHeads(db)) {
    if (signal.aborted) break;
    if (wanted.size > 0 && !wanted.has(orgId)) continue;
    if (count !== (place.of(orgId)?.seq ?? null)) sent += await sendNext(options, place, orgId);
  }
  return sent;
}

async function sendNext({ db, destination, format, placeFile, deadlineMs }: StreamOptions, place: KeptPlace, orgId: string): Promise<number> {
  const reached = place.of(orgId);
  const events = await readEventsAfter(db, { orgId, after: reached?.seq ?? -1, limit: BATCH });
  const last = events.at(-1);
  if (!last) throw notFollowed(placeFile, orgId, reached?.seq ?? 0);
  checkFollows(events, reached, placeFile);
  // What is begun is let end, so that the place is kept behind it: within the deadline, also when the stream is to stop.
  await destination.take(events.map(FORMATS[format].text), AbortSignal.timeout(deadlineMs));
  await place.keep(orgId, { seq: last.seq, hash: last.hash });
  return events.length;
}

/** Each event names the hash of the one before: so nothing was left out, put in or changed between what was sent and this. */
function checkFollows(events: readonly AuditedEvent[], reached: { readonly seq: number; readonly hash: string } | null, placeFile: string): void {
  let before = reached;
  for (const { org_id: orgId, seq, hash, previous_hash } of events) {
    if (before && (seq !== before.seq + 1 || previous_hash !== before.hash)) throw notFollowed(placeFile, orgId, before.seq);
    before = { seq, hash };
  }
}

const notFollowed = (placeFile: string, orgId: string, seq: number): RcmError =>
  new RcmError(
    'state_conflict',
    `The audit trail of ${orgId} does not go on from event ${seq}, which was sent last: it was changed, or the database was restored to an earlier hour. ` +
      `Nothing further was sent and ${placeFile} is as it was. Check the trail (audit verify); to begin anew, move the file away: then everything is sent again.`,
  );

const pause = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  clock.sleep(ms, signal).catch((error: unknown) => {
    if (!hasCode(error, 'cancelled')) throw error;
  });
