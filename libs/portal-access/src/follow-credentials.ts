import { type CredentialManager, parseReference, type SecretReference } from '@rcm/credentials';
import { type CredentialChange, type Database, listCurrentVersions, listenForCredentialChanges } from '@rcm/db';
import { type Clock, type Logger, type Metrics, RcmError, systemClock } from '@rcm/telemetry';
import { MissedChanges } from './missed-changes.ts';
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
  const onCaughtUp = (changed: number): void => heard.inc({ how: 'caught_up' }, changed);
  const missed = new MissedChanges({ db, credentials, logger, onChanged, onCaughtUp, signal, clock, random });

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
      missed.catchUp();
    },
    signal,
  });
  const onChange = (change: CredentialChange) => {
    heard.inc({ how: 'notified' });
    told.hear(change);
  };
  listening.set(0);
  const listener = await listenForCredentialChanges(db, {
    onChange,
    onGap: () => missed.catchUp(),
    onListening: (isListening) => listening.set(isListening ? 1 : 0),
    signal,
    clock,
  });
  return {
    async close() {
      stop.abort();
      await Promise.all([listener.close(), told.idle(), missed.idle()]);
    },
  };
}

function usable(secretArn: string): SecretReference | null {
  try {
    return parseReference(secretArn);
  } catch (error) {
    if (error instanceof RcmError) return null;
    throw error;
  }
}
