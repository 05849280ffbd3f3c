import { RcmError } from '@rcm/telemetry';
import type { Database, RawTransaction, Transaction } from '../database.ts';

/** `restored`: a person says so. `another_place`: noticed by itself. `nothing_lost`: a person says that every committed row is there. */
export type RestoreKind = 'restored' | 'another_place' | 'nothing_lost';

export interface Restore {
  readonly kind: RestoreKind;
  readonly at: Date;
  readonly actor: string;
  readonly reason: string;
}

/**
 * Says that the database was restored to an earlier hour, so that every login cools down until its portal has forgotten the failures that the ledger has lost; or that
 * nothing was lost, which ends that cool-down. In the audit trail of every organization, in the same transaction. For the tables' owner. Fails with
 * `input_invalid` where no reason is given.
 */
export async function recordRestore(db: Database, { kind, actor, reason }: Omit<Restore, 'at'>): Promise<void> {
  if (reason.trim() === '') throw new RcmError('input_invalid', 'It must be said why.');
  await db.transaction('every tenant', (tx) => tx.$executeRaw`INSERT INTO database_restore (kind, actor, reason) VALUES (${kind}, ${actor}, ${reason.trim()})`);
}

/** What was said or noticed last; `null`: nothing was. For `rcm_operator`. */
export async function lastRestore(tx: Transaction): Promise<Restore | null> {
  const [row] = await tx.$queryRaw<Restore[]>`SELECT kind, at, actor, reason FROM database_restore ORDER BY id DESC LIMIT 1`;
  return row ?? null;
}

/**
 * Before a process starts, and before each login: is the database still where it was, or has another server taken over, which may lack what was committed last? Notices it for
 * all. Reads catalogues and the server's own record of itself; writes only where something is new. To be asked first in a transaction, before it has locked anything.
 */
export async function notePlace(tx: RawTransaction): Promise<void> {
  await tx.$executeRaw`SELECT rcm_note_place()`;
}
