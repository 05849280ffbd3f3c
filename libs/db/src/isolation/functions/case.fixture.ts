import type { Tenant } from '../two-tenants.fixture.ts';

/** How a function is asked about the rows of another tenant. */
export interface FunctionCase {
  /** The call, with that tenant's names in it. */
  readonly call: (about: Tenant) => string;
  /** What there is before, so that the function would have something to answer or to change: without triggers, in a transaction that is rolled back. */
  readonly given?: (about: Tenant) => string;
  /** With what the answer is compared: with that where the other tenant has no row (default), or with that about a name that nobody has, where all tenants' rows make up the answer. */
  readonly like?: 'gone' | 'nobody';
  /** For whom the function does answer: the tenant that is asked about (default), or nobody in particular. */
  readonly answers?: 'no tenant';
}

/** By its signature: a case, or in words why it takes nothing that names another tenant. */
export type FunctionCases = Readonly<Record<string, FunctionCase | string>>;

export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
/** A name of an account that nobody has. */
export const NEW_NAME = 'a'.repeat(64);
/** The fingerprint of a password that the tenant was refused. */
export const PRINT = `1:${'b'.repeat(64)}`;
