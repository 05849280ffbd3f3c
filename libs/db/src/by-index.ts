import type { Database, Transaction } from './database.ts';
import type { Scope } from './scope.ts';

const WAYS = ['enable_seqscan', 'enable_bitmapscan', 'enable_sort', 'enable_hashjoin', 'enable_mergejoin'];

/**
 * A transaction whose statements take a few rows from the front of a range, whatever lies behind it: what is ordered comes in the order of an index, and what is joined
 * is looked up row by row. The planner cannot know how few: bounds are parameters, and it takes a policy to let one row in two hundred through, so it would rather read
 * and sort all that are due, and all that they are compared with. (At 100,000 logins the breaker's scan read 968,000 pages by a plan of its own.)
 */
export const byIndex = <T>(db: Database, scope: Scope, act: (tx: Transaction) => Promise<T>): Promise<T> => without(WAYS, db, scope, act);

/** The same in the caller's transaction, to its end. */
export const onlyByIndex = (tx: Transaction): Promise<void> => turnOff(tx, WAYS);

/** The same for what has no index in its order and is few: it is looked up by index, and sorted. */
export const byIndexSorted = <T>(db: Database, scope: Scope, act: (tx: Transaction) => Promise<T>): Promise<T> =>
  without(['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'], db, scope, act);

/**
 * A transaction whose statements look at every login there is: each table is read once, and put beside the other. The planner takes a policy to let one row in two hundred through, and would look
 * up for each login, one by one, what it could read in a row. (At 30,000 logins the calendar read 268,000 pages by a plan of its own.)
 */
export const ofEveryLogin = <T>(db: Database, scope: Scope, act: (tx: Transaction) => Promise<T>): Promise<T> =>
  without(['enable_nestloop'], db, scope, async (tx) => {
    // Postgres's own 4 MB hold some thousand logins, and the rest would go by way of its disk.
    await tx.$executeRaw`SELECT set_config('work_mem', '64MB', true)`;
    return act(tx);
  });

const without = <T>(ways: readonly string[], db: Database, scope: Scope, act: (tx: Transaction) => Promise<T>): Promise<T> =>
  db.transaction(scope, async (tx) => {
    await turnOff(tx, ways);
    return act(tx);
  });

async function turnOff(tx: Transaction, ways: readonly string[]): Promise<void> {
  await tx.$executeRaw`SELECT set_config(name, 'off', true) FROM unnest(${[...ways]}::text[]) name`;
}
