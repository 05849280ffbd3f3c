/**
 * Whose rows a transaction may see. Postgres enforces it by row level security, whatever the statements say:
 * - `{ tenant }`: this organization's rows only, for every role;
 * - `'every tenant'`: all rows for the roles that act for all organizations (rotator, migrator), and none for any other;
 * - `'no tenant'`: no tenant's row; only tables without tenants, and functions that answer with ids.
 */
export type Scope = { readonly tenant: string } | 'every tenant' | 'no tenant';
