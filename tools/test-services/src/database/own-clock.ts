import { openClient } from './client.ts';

/** The clock of one database. */
export interface OwnClock {
  /** Sets it so many seconds before the machine's, for every session from its next statement on. */
  setAhead(seconds: number): Promise<void>;
}

/** Each function of Postgres, and what it really is. Volatile is what differs within a statement: a statement is planned by it. */
const FUNCTIONS = [
  { name: 'now', real: 'rcm_test_real_now', moved: 'rcm_test_now', volatility: 'STABLE' },
  { name: 'transaction_timestamp', real: 'rcm_test_real_now', moved: 'rcm_test_now', volatility: 'STABLE' },
  { name: 'clock_timestamp', real: 'rcm_test_real_clock', moved: 'rcm_test_clock', volatility: 'VOLATILE' },
] as const;
/** These are no functions that could be replaced, or nobody has needed them yet. */
const NOT_MOVED = 'current_timestamp|current_date|current_time|localtime|statement_timestamp|timeofday';

/**
 * Gives a new database a clock that a test sets, where hundreds of days pass for thousands of rows: to make all rows older instead writes each anew, with every index,
 * for each day. The functions of Postgres are replaced in this database alone, so that defaults, plans that are kept and functions with a search path of their own go by it too;
 * what opened a session before may not. `url` is a superuser's. Fails where the database asks for the time in another way.
 */
export async function ownClock(url: string): Promise<OwnClock> {
  const found = await run(url, [
    `SELECT p.proname AS name FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND pg_get_functiondef(p.oid) ~* '\\m(${NOT_MOVED})\\M' AND p.prokind = 'f'
      UNION ALL SELECT d.adrelid::regclass::text FROM pg_attrdef d WHERE pg_get_expr(d.adbin, d.adrelid) ~* '\\m(${NOT_MOVED})\\M'`,
  ]);
  if (found.length > 0) throw new Error(`has a clock that cannot be set: ${found.map(({ name }) => name).join(', ')}`);
  await run(url, [
    `CREATE FUNCTION pg_catalog.rcm_test_real_now() RETURNS timestamptz LANGUAGE internal STABLE AS 'now'`,
    `CREATE FUNCTION pg_catalog.rcm_test_real_clock() RETURNS timestamptz LANGUAGE internal VOLATILE AS 'clock_timestamp'`,
    ...moved(0),
    // Plans that are kept do not ask whether a function of Postgres itself has changed; they do of those that it calls.
    ...FUNCTIONS.map(({ name, moved: by, volatility }) => returning({ name, volatility, is: `pg_catalog.${by}()` })),
  ]);
  return { setAhead: async (seconds) => void (await run(url, moved(seconds))) };
}

const moved = (seconds: number): string[] =>
  FUNCTIONS.map(({ real, moved: name, volatility }) => returning({ name, volatility, is: `pg_catalog.${real}() + interval '${seconds} seconds'` }));

const returning = ({ name, volatility, is }: { readonly name: string; readonly volatility: string; readonly is: string }): string =>
  `CREATE OR REPLACE FUNCTION pg_catalog.${name}() RETURNS timestamptz LANGUAGE sql ${volatility} AS $$SELECT ${is}$$`;

/** All or nothing; the rows of the last statement. */
async function run(url: string, statements: readonly string[]): Promise<readonly { readonly name: string }[]> {
  await using client = await openClient(url);
  await client.query('BEGIN');
  let rows: { name: string }[] = [];
  for (const statement of statements) ({ rows } = await client.query<{ name: string }>(statement));
  await client.query('COMMIT');
  return rows;
}
