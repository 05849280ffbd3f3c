import { type CredentialManager, formatReference, parseReference, referenceKey, type SecretReference } from '@rcm/credentials';
import { type CredentialChange, type Database, listCurrentVersions, listenForCredentialChanges } from '@rcm/db';
import { type Clock, type Logger, type Metrics, RcmError, systemClock } from '@rcm/telemetry';
import { ToldChanges } from './told-changes.ts';

export interface FollowOptions {
  readonly db: Database;
  readonly credentials: CredentialManager;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** A credential has another version now: whatever an older one opened is to be given up. */
  readonly onChanged: (endpointId: string) => void;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** Random number in [0, 1). Default `Math.random`. */
  readonly random?: () => number;
}

/** All agents hear of one lost Postgres at once; they come back to it over this time. */
const SPREAD_MS = 1_000;
const RETRY_MS = { least: 500, most: 30_000 } as const;

/**
 * Keeps the cache in step with the rows: each promoted credential is forgotten when it is told of and its row says so too, and after a time without
 * notifications what is held is compared with the rows. Never fails: without Postgres it goes on trying, and the version that
 * comes with a lease keeps a stale value from being used meanwhile. `close` ends it.
 */
export async function followCredentialChanges(options: FollowOptions): Promise<{ close(): Promise<void> }> {
  const { db, credentials, logger, metrics, onChanged, clock = systemClock, random = Math.random } = options;
  const heard = metrics.counter('rcm_credential_changes_total');
  const listening = metrics.gauge('rcm_credential_listening');
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const catchUp = { over: new AbortController(), ended: Promise.resolve() };

  const compare = async (over: AbortSignal): Promise<void> => {
    await clock.sleep(SPREAD_MS * random(), over);
    for (let pause: number = RETRY_MS.least; ; pause = Math.min(pause * 2, RETRY_MS.most)) {
      try {
        const rows = new Rows(db);
        const { checked, changed } = await credentials.catchUp((orgId, references) => rows.versions(orgId, references), over);
        for (const reference of changed) rows.endpointsOf(reference).forEach(onChanged);
        heard.inc({ how: 'caught_up' }, changed.length);
        logger.info({ checked, changed: changed.length }, 'caught up with changes of credentials that were not heard');
        return;
      } catch (error) {
        if (over.aborted) return;
        logger.warn({ err: error }, 'held credentials could not be compared with the rows yet');
        await clock.sleep(pause * (0.5 + random() / 2), over);
      }
    }
  };
  /** A gap that opens while an earlier one is being caught up with makes that comparison worthless. */
  const onGap = () => {
    catchUp.over.abort();
    catchUp.over = new AbortController();
    const over = AbortSignal.any([signal, catchUp.over.signal]);
    catchUp.ended = compare(over).catch((error: unknown) => {
      if (!over.aborted) logger.error({ err: error }, 'held credentials are not compared with the rows');
    });
  };

  const told = new ToldChanges({
    async versionOf({ orgId, secretArn, endpointId }) {
      const rows = await listCurrentVersions(db, { orgId, secretArns: [secretArn] });
      return rows.find((row) => row.endpointId === endpointId)?.version ?? null;
    },
    onTrue({ secretArn, version, endpointId }) {
      const reference = usable(secretArn);
      if (reference) credentials.invalidate({ reference, version });
      else logger.warn({ endpointId }, 'a change was told of a credential whose reference is not usable');
      onChanged(endpointId);
    },
    onMissed(error) {
      logger.warn({ err: error }, 'changes of credentials that were told could not be looked up; what is held is compared with the rows');
      onGap();
    },
    signal,
  });
  const onChange = (change: CredentialChange) => {
    heard.inc({ how: 'notified' });
    told.hear(change);
  };
  listening.set(0);
  const listener = await listenForCredentialChanges(db, { onChange, onGap, onListening: (isListening) => listening.set(isListening ? 1 : 0), signal, clock });
  return {
    async close() {
      stop.abort();
      await Promise.all([listener.close(), told.idle(), catchUp.ended]);
    },
  };
}

/** What the rows say of the references that one catch-up asks about. */
class Rows {
  readonly #db: Database;
  readonly #endpoints = new Map<string, string[]>();

  constructor(db: Database) {
    this.#db = db;
  }

  async versions(orgId: string, references: readonly SecretReference[]): Promise<ReadonlyMap<string, string | null>> {
    const rows = await listCurrentVersions(this.#db, { orgId, secretArns: references.map(formatReference) });
    const keyed = rows.map((row) => ({ ...row, key: referenceKey(parseReference(row.secretArn)) }));
    for (const [key, sharing] of Map.groupBy(keyed, ({ key }) => key))
      this.#endpoints.set(
        key,
        sharing.map(({ endpointId }) => endpointId),
      );
    return new Map(keyed.map(({ key, version }) => [key, version]));
  }

  endpointsOf(reference: SecretReference): readonly string[] {
    return this.#endpoints.get(referenceKey(reference)) ?? [];
  }
}

function usable(secretArn: string): SecretReference | null {
  try {
    return parseReference(secretArn);
  } catch (error) {
    if (error instanceof RcmError) return null;
    throw error;
  }
}
