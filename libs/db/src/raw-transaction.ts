import type pg from 'pg';
import { types } from 'pg';
import type { RawTransaction } from './database.ts';
import { type AskersClock, enterScope } from './enter-scope.ts';
import { Prisma } from './generated/client.ts';
import type { Scope } from './scope.ts';

/** Runs `act` in a transaction of one connection of the pool. Fails as pg does, and with what `act` throws; then nothing is committed, but where the answer to COMMIT did not come, which nobody can tell. */
export async function inRawTransaction<T>(
  pool: pg.Pool,
  entry: { readonly scope: Scope; readonly clock: AskersClock },
  act: (tx: RawTransaction) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Without a listener a connection that breaks while nothing is asked of it would end the process.
  const onError = (error: Error): void => void (broken = error);
  client.on('error', onError);
  const over = new AbortController();
  try {
    await client.query('BEGIN');
    const tx = rawTransactionOf(client, over.signal);
    await enterScope(tx, entry.scope, entry.clock);
    const answer = await act(tx);
    over.abort();
    const { command } = await client.query('COMMIT');
    // Of a transaction in which a statement failed, whoever caught that, nothing is committed, and Postgres says so by this word alone.
    if (command !== 'COMMIT') throw new Error(`The transaction ended with ${command}.`);
    return answer;
  } catch (error) {
    over.abort();
    await client.query('ROLLBACK').catch((failure: unknown) => void (broken ??= failure as Error));
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

/** `over`: what is asked from then on, by a part of the act that nobody waits for any more, would be asked in whatever transaction the connection is lent to next. */
const rawTransactionOf = (client: pg.PoolClient, over: AbortSignal): RawTransaction => {
  const ask = (query: TemplateStringsArray | Prisma.Sql, values: readonly unknown[]) => {
    if (over.aborted) throw new Error('The transaction is over.');
    const { text, values: all } = query instanceof Prisma.Sql ? query : Prisma.sql(query, ...values);
    return client.query<Record<string, unknown>>({ text, values: all, types: AS_PRISMA });
  };
  return {
    $queryRaw: async <T>(query: TemplateStringsArray | Prisma.Sql, ...values: readonly unknown[]) => (await ask(query, values)).rows as T,
    $executeRaw: async (query, ...values) => (await ask(query, values)).rowCount ?? 0,
  };
};

const INT8 = types.builtins.INT8;
const INT8_ARRAY = 1016 as (typeof types.builtins)['INT8'];
const asUtc = (text: string): Date => new Date(`${text.replace(' ', 'T')}Z`);

/** As Prisma reads them; what it reads in another way than pg, and is no use to anybody here, is refused instead of read in either. */
const READERS: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: BigInt,
  [INT8_ARRAY]: (text) =>
    (types.getTypeParser(INT8_ARRAY, 'text') as (text: string) => (string | null)[])(text).map((each) => (each === null ? null : BigInt(each))),
  [types.builtins.DATE]: (text) => new Date(`${text}T00:00:00Z`),
  [types.builtins.TIMESTAMP]: asUtc,
  [types.builtins.NUMERIC]: () => {
    throw new TypeError('A numeric has no reader here: cast it to what it is used as.');
  },
};

const readerOf = (oid: number, format?: 'text'): ((text: string) => unknown) => READERS[oid] ?? (types.getTypeParser(oid, format) as (text: string) => unknown);
const AS_PRISMA = { getTypeParser: readerOf as typeof types.getTypeParser };
