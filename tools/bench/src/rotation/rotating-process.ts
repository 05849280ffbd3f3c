import pg from 'pg';
import { openRotator, readRotatorConfig } from '@rcm/rotator';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import type { Rotated } from './measured.ts';
import { WAYS, type Way } from './ways.ts';

/** One way of rotating, in a process of its own: what it uses is nobody else's. Its argument is the way; it rotates what it is sent, and answers with `Rotated`. */
const [way] = process.argv.slice(2) as [Way];

/** Every question that the database's client sends, and how many of them end a transaction. */
const asked = { queries: 0, transactions: 0 };
const { query } = pg.Client.prototype;
pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]): unknown {
  const [first] = args;
  const text = typeof first === 'string' ? first : String((first as { readonly text?: unknown } | undefined)?.text);
  asked.queries += 1;
  if (/^\s*(commit|rollback)\b/i.test(text)) asked.transactions += 1;
  return Reflect.apply(query, this, args);
} as typeof query;

const { rotate, atOnce } = WAYS[way];
const opened = openRotator(readRotatorConfig(process.env));
const ending = new AbortController();

async function rotateAll(endpoints: readonly EnvironmentEndpoint[]): Promise<Rotated> {
  const before = { ...asked };
  const startedAt = performance.now();
  let browserMs = 0;
  await rotate({ opened, endpoints, signal: ending.signal, atOnce, onClosed: (ms) => (browserMs += ms) });
  return {
    rotations: endpoints.length,
    tookMs: performance.now() - startedAt,
    browserMs,
    queries: asked.queries - before.queries,
    transactions: asked.transactions - before.transactions,
  };
}

process.on('message', (endpoints: readonly EnvironmentEndpoint[]) => {
  rotateAll(endpoints).then(
    (rotated) => process.send?.({ rotated }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => {
  ending.abort();
  void opened.close().finally(() => process.exit(0));
});
process.send?.({ ready: true });
