import type { KeptStorage } from '@rcm/db/testing';
import { expect } from 'vitest';
import type { InboundEnvironment } from './inbound-environment.fixture.ts';

/** A message of alpine with this code. */
export const words = (code: string): string => `Alpine Health: Your Alpine\n code is ${code.slice(0, 4)} ${code.slice(4)}. Do not share it.`;
/** When the login that asks began, by the database's clock. */
export async function begunAt(w: InboundEnvironment, { requestId }: { readonly requestId: string }): Promise<number> {
  const read = w.testEnvironment.owner.transaction(
    { tenant: 'one' },
    (tx) => tx.$queryRaw<{ at: Date }[]>`SELECT begun_at AS at FROM code_request WHERE id = ${requestId}::uuid`,
  );
  return (await read)[0]?.at.getTime() ?? Number.NaN;
}
const seen = (w: InboundEnvironment) =>
  w.testEnvironment.owner.transaction(
    'no tenant',
    (tx) =>
      tx.$queryRaw<{ print: string; hours: number }[]>`SELECT print, round(extract(epoch FROM kept_until - seen_at) / 3600)::int AS hours FROM inbound_seen`,
  );
/** For how many hours is remembered what was sent, the least first. */
export async function keptFor(w: InboundEnvironment, send: () => Promise<unknown>): Promise<readonly number[]> {
  const before = new Set((await seen(w)).map(({ print }) => print));
  await send();
  return (await seen(w))
    .filter(({ print }) => !before.has(print))
    .map(({ hours }) => hours)
    .sort((a, b) => a - b);
}
/** For whatever is remembered of messages. */
export const daysPass = (w: InboundEnvironment, days: number): Promise<number> =>
  w.testEnvironment.owner.transaction(
    'no tenant',
    (tx) => tx.$executeRaw`UPDATE inbound_seen SET kept_until = kept_until - make_interval(days => ${days}::int)`,
  );
/** What Twilio is answered whose message was taken. */
export const TAKEN = { status: 200, text: '<Response/>' };

export interface Nowhere {
  readonly storage: KeptStorage;
  /** What the database does know, and is found in both its tables and its log. */
  readonly known: string;
  /** What must lie nowhere, beside every code that a message had. */
  readonly texts: readonly string[];
}

/** None of it lies in a byte of Postgres or of its write-ahead log, nor in the API's log. */
export async function expectNowhere(w: InboundEnvironment, { storage, known, texts }: Nowhere): Promise<void> {
  const places = (await storage.holding([known])).map((name) => name.split('/')[0]);
  expect(new Set(places)).toEqual(new Set(['base', 'pg_wal']));
  expect(await storage.holding([...w.codes, ...texts])).toEqual([]);
  expect(w.testEnvironment.logged()).toContain('a message came');
  for (const each of [...w.codes, ...texts]) expect(w.testEnvironment.logged()).not.toContain(each);
}
