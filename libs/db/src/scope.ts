import type { Transaction } from './database.ts';
import { checkId } from './input.ts';

/**
 * Whose rows a transaction may see. Postgres enforces it by row level security, whatever the statements say:
 * - `{ tenant }`: this organization's rows only, for every role;
 * - `'every tenant'`: all rows for the roles that act for all organizations (rotator, migrator), and none for any other;
 * - `'no tenant'`: no tenant's row; only tables without tenants, and functions that answer with ids.
 */
export type Scope = { readonly tenant: string } | 'every tenant' | 'no tenant';

/** No organization can have this id (`rcm_is_id`). */
const EVERY_TENANT = '*';

/**
 * Sets the scope for the rest of the transaction, and only for it: a setting of the session would go on with the pooled connection to
 * the next caller. Fails with `input_invalid` for a tenant that is no id. Postgres compiles nothing just in time meanwhile: these statements
 * read a few rows by index, and where policies make the planner expect many, compiling them took seconds each time.
 */
export async function enterScope(tx: Transaction, scope: Scope): Promise<void> {
  // Also where there is none: a login may have a tenant set for its sessions, by itself (ALTER ROLE … SET) or by a mistake.
  const value = scope === 'no tenant' ? '' : scope === 'every tenant' ? EVERY_TENANT : checkId('orgId', scope.tenant);
  await tx.$executeRaw`SELECT set_config('app.tenant_id', ${value}, true), set_config('jit', 'off', true)`;
}
