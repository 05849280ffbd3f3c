import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.ts';
import type { BenchDatabase } from './database.ts';
import { type BenchSecret, secretWriter } from './secrets.ts';
import type { VersionTruth } from './version-truth.ts';

/** How often a rotated secret is read until the new version comes. */
const PROBE_MS = 2;
/** The last rotation is this long over before the end, so that its new version is seen. */
const LAST_MS = 2_000;

/** Evenly spread over the ranks: busy ones and quiet ones. */
export function rotatedOf(secrets: readonly BenchSecret[], count: number): readonly BenchSecret[] {
  const step = Math.floor(secrets.length / count);
  return Array.from({ length: count }, (_, i) => secrets[i * step]).filter((secret) => secret !== undefined);
}

export interface Rotations {
  readonly account: Account;
  readonly secrets: readonly BenchSecret[];
  readonly database: BenchDatabase;
  readonly rotations: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Which version somebody got; `null` where the read failed. */
type Read = (secret: BenchSecret) => Promise<number | null>;

/** So many rotations spread over so many seconds, whatever the reads before and after each one take; `end` as `performance.now` counts. */
export async function rotateAll(
  { account, secrets, database, rotations, seconds, signal }: Rotations,
  truth: VersionTruth,
  read: Read,
  end: number,
): Promise<void> {
  const writer = secretWriter(account);
  const rotate = async (secret: BenchSecret): Promise<void> => {
    await read(secret);
    const { version } = await writer.write(secret, 1);
    await database.promote(secret, { from: '1', to: version });
    truth.promoted(secret, 1);
    while (performance.now() < end && (await read(secret)) !== 1) await sleep(PROBE_MS);
  };
  const rotating: Promise<void>[] = [];
  for (const secret of rotatedOf(secrets, rotations)) {
    if (signal.aborted) break;
    const one = rotate(secret);
    // One that fails is heard of once all have ended.
    one.catch(() => undefined);
    rotating.push(one);
    await sleep((seconds * 1000 - LAST_MS) / rotations);
  }
  await Promise.allSettled(rotating);
  writer.close();
  await Promise.all(rotating);
}
