import pg from 'pg';
import { type Clock, idSchema, systemClock } from '@rcm/telemetry';
import { z } from 'zod';
import { connectionOf } from './connection.ts';
import type { Database } from './database.ts';
import { TIMEOUTS } from './pool.ts';

/** Whoever may log in may send one: what is no id, or longer than a reference or a version is, is nothing that a row could say. */
const changeSchema = z.object({ endpointId: idSchema, orgId: idSchema, secretArn: z.string().max(2_048), version: z.string().min(1).max(256) });

/** A secret has a new current version. Names only. */
export type CredentialChange = z.infer<typeof changeSchema>;

export interface ListenOptions {
  readonly onChange: (change: CredentialChange) => void;
  /** It listens now and did not before, so changes may have been missed: compare what is held with the rows (`listCurrentVersions`). */
  readonly onGap: () => void;
  /** Whether changes are heard at the moment; told at each turn. */
  readonly onListening?: (isListening: boolean) => void;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

const CHANNEL = 'rcm_credential_changed';
const HEARTBEAT_MS = 15_000;
const BACK_OFF_MS = { least: 100, most: 10_000 } as const;

/**
 * Hears of promoted credentials, over a direct connection of its own (LISTEN does not work through a transaction-mode pooler).
 * Resolves once it listens or the first try failed; keeps trying until `close` or the signal. After every time in which it did not
 * listen it calls `onGap`, once it listens again: between the two nothing is missed. An optimization: whoever takes a lease learns
 * the version anyway.
 */
export async function listenForCredentialChanges(
  db: Pick<Database, 'directUrl' | 'applicationName'>,
  options: ListenOptions,
): Promise<{ close(): Promise<void> }> {
  const clock = options.clock ?? systemClock;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let firstTry = () => {};
  const tried = new Promise<void>((resolve) => (firstTry = resolve));
  const run = async (): Promise<void> => {
    let pause: number = BACK_OFF_MS.least;
    let wasDeaf = false;
    while (!signal.aborted) {
      const connection = await connect(db, options.onChange).catch(() => null);
      if (connection) {
        options.onListening?.(true);
        if (wasDeaf) options.onGap();
        pause = BACK_OFF_MS.least;
      }
      firstTry();
      if (connection) {
        await connection.untilLost(signal, clock);
        options.onListening?.(false);
      }
      wasDeaf = true;
      if (!signal.aborted) await clock.sleep(pause * (0.5 + Math.random() / 2), signal).catch(() => {});
      pause = Math.min(pause * 2, BACK_OFF_MS.most);
    }
  };
  const running = run();
  await tried;
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

async function connect(
  db: Pick<Database, 'directUrl' | 'applicationName'>,
  onChange: ListenOptions['onChange'],
): Promise<{ untilLost(signal: AbortSignal, clock: Clock): Promise<void> }> {
  const client = new pg.Client({
    ...connectionOf(db.directUrl),
    application_name: `${db.applicationName} listener`,
    connectionTimeoutMillis: TIMEOUTS.connect,
    query_timeout: TIMEOUTS.connect,
    keepAlive: true,
  });
  const lost = new AbortController();
  client.on('error', () => lost.abort());
  client.on('end', () => lost.abort());
  client.on('notification', ({ payload }) => {
    const change = readChange(payload ?? '');
    if (change) onChange(change);
  });
  try {
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  return {
    /** A half-open connection brings no error and no news, so it is asked from time to time. */
    async untilLost(signal, clock) {
      const over = AbortSignal.any([signal, lost.signal]);
      while (!over.aborted) {
        await clock.sleep(HEARTBEAT_MS, over).catch(() => {});
        if (!over.aborted) await client.query('SELECT 1').catch(() => lost.abort());
      }
      await client.end().catch(() => {});
    },
  };
}

function readChange(payload: string): CredentialChange | null {
  try {
    return changeSchema.safeParse(JSON.parse(payload)).data ?? null;
  } catch {
    return null;
  }
}
