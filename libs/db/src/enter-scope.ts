import { ENTER_SCOPE } from './beginning-client.ts';
import type { RawTransaction } from './database.ts';
import { Prisma } from './generated/client.ts';
import { checkId } from './input.ts';
import type { Scope } from './scope.ts';

/** Around what is asked with it. */
const PARTS = ENTER_SCOPE.split(/\$\d/);
/** No organization can have this id (`rcm_is_id`). */
const EVERY_TENANT = '*';
/** By how much the clock of whoever asks is ahead of Postgres's, in ms: what `enterScope` said of this transaction. */
export const ASKER_AHEAD_MS = Prisma.sql`nullif(current_setting('app.asker_ahead_ms', true), '')::integer`;
/** What the time is for whoever asks, in ms since 1970. */
export type AskersClock = () => number;

/**
 * Sets the scope for the rest of the transaction, and only for it: a setting of the session would go on with the pooled connection to
 * the next caller. Fails with `input_invalid` for a tenant that is no id. Postgres compiles nothing just in time meanwhile: these statements
 * read a few rows by index, and where policies make the planner expect many, compiling them took seconds each time. Where the server is told to answer commits before they
 * are on its disk, these are there first: a login or a change is let out by the row that says so, and a server that crashes must not have forgotten it. And Postgres learns
 * by how much the asker's clock is ahead of its own (`rcm_clock_shift`): a day at most, as nobody waits longer for a clock.
 */
export async function enterScope(tx: RawTransaction, scope: Scope, clock: AskersClock = Date.now): Promise<void> {
  // Also where there is none: a login may have a tenant set for its sessions, by itself (ALTER ROLE … SET) or by a mistake.
  const value = scope === 'no tenant' ? '' : scope === 'every tenant' ? EVERY_TENANT : checkId('orgId', scope.tenant);
  await tx.$executeRaw(Prisma.sql(PARTS, value, clock()));
}
