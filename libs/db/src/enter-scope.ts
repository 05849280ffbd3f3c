import type { RawTransaction } from './database.ts';
import { checkId } from './input.ts';
import type { Scope } from './scope.ts';

/** No organization can have this id (`rcm_is_id`). */
const EVERY_TENANT = '*';

/**
 * Sets the scope for the rest of the transaction, and only for it: a setting of the session would go on with the pooled connection to
 * the next caller. Fails with `input_invalid` for a tenant that is no id. Postgres compiles nothing just in time meanwhile: these statements
 * read a few rows by index, and where policies make the planner expect many, compiling them took seconds each time.
 */
export async function enterScope(tx: RawTransaction, scope: Scope): Promise<void> {
  // Also where there is none: a login may have a tenant set for its sessions, by itself (ALTER ROLE … SET) or by a mistake.
  const value = scope === 'no tenant' ? '' : scope === 'every tenant' ? EVERY_TENANT : checkId('orgId', scope.tenant);
  await tx.$executeRaw`SELECT set_config('app.tenant_id', ${value}, true), set_config('jit', 'off', true)`;
}
