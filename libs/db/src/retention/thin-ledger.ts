import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { checkLimit } from '../input.ts';
import { MOST_DAYS } from './rules.ts';

/** Postgres refuses less (rcm_old_logins), whoever asks. */
export const LEAST_LEDGER_DAYS = 400;

export interface Thinned {
  /** Accepted lines that were old enough; as many as `limit` means that there may be more. */
  readonly looked: number;
  readonly gone: number;
}

/**
 * Looks at the next `limit` old lines of the ledger, each once, and deletes those that stand between two which say the same (docs/adr/0037). For `rcm_rotator`; where another does
 * it at this moment, nothing was looked at. Fails with `input_invalid`.
 */
export async function thinLedger(db: Database, { keptDays, limit }: { readonly keptDays: number; readonly limit: number }): Promise<Thinned> {
  const [days, most] = [checkDays(keptDays), checkLimit(limit)];
  const [row] = await db.transaction('no tenant', (tx) => tx.$queryRaw<Thinned[]>`SELECT looked, gone FROM rcm_thin_ledger(${days}::int, ${most}::int)`);
  return row ?? { looked: 0, gone: 0 };
}

/** How many of the next 1,000 would go. For `rcm_rotator`, `rcm_operator`. Fails with `input_invalid`. */
export async function countThinned(db: Database, { keptDays }: { readonly keptDays: number }): Promise<{ readonly looked: number; readonly going: number }> {
  const days = checkDays(keptDays);
  const [row] = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ looked: number; going: number }[]>`SELECT looked, going FROM rcm_count_old_logins(${days}::int)`,
  );
  return row ?? { looked: 0, going: 0 };
}

function checkDays(days: number): number {
  if (Number.isInteger(days) && days >= LEAST_LEDGER_DAYS && days <= MOST_DAYS) return days;
  throw new RcmError('input_invalid', `The ledger is kept for ${LEAST_LEDGER_DAYS} to ${MOST_DAYS} days. Nothing was deleted.`);
}
