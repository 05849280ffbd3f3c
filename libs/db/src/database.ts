import type { ITXClientDenyList } from '@prisma/client/runtime/client';
import type { Prisma, PrismaClient } from './generated/client.ts';
import type { Scope } from './scope.ts';
import type { DataKeys } from './sealing/held-keys.ts';

/** Plaintext that nobody read cannot leak: `config` is selected only by the one query that names it. What clocks said, and in which order, is for statements alone. */
export const OMIT = {
  integrationEndpoint: { config: true },
  rotationAttempt: { askerAheadMs: true, endedNo: true },
  loginAttempt: { askerAheadMs: true, begunNo: true, endedNo: true },
  loginClearance: { saidNo: true },
} as const;
export type Client = PrismaClient<never, typeof OMIT>;

/** What `Database.transaction` hands to an operation. */
export type Transaction = Omit<Client, ITXClientDenyList>;

/** What `Database.rawTransaction` hands to an operation: what a `Transaction` has of raw SQL. */
export interface RawTransaction {
  $queryRaw<T>(query: TemplateStringsArray | Prisma.Sql, ...values: readonly unknown[]): Promise<T>;
  /** How many rows it changed. */
  $executeRaw(query: TemplateStringsArray | Prisma.Sql, ...values: readonly unknown[]): Promise<number>;
}

/** One process's way to Postgres. Operations take it as their first argument; nothing outside this package calls `transaction` or `rawTransaction`. */
export interface Database {
  readonly directUrl: string;
  readonly applicationName: string;
  /** For what tasks hold of patients; `null` in a process that has nothing to do with it. */
  readonly dataKeys: DataKeys | null;
  /** Fails with `database_unavailable` within the connect time-out when Postgres cannot be reached, `config_invalid` where the login is not `role`'s. */
  ping(): Promise<void>;
  close(): Promise<void>;
  /**
   * Runs `act` in one READ COMMITTED transaction that sees the rows of `scope` and no others; whatever it throws rolls everything back.
   * Failures are translated (see failure.ts).
   */
  transaction<T>(scope: Scope, act: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * The same for an act of raw SQL alone, and what it answers is the same; without Prisma between, which takes two thirds of what such a transaction costs this process.
   * For what is asked for every task and every login.
   */
  rawTransaction<T>(scope: Scope, act: (tx: RawTransaction) => Promise<T>): Promise<T>;
}
