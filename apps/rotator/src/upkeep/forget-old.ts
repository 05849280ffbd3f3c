import type { Database } from '@rcm/db';
import { forgetOld, keptDays, OLD_ROWS, type Thinned, thinLedger } from '@rcm/db/admin';
import type { Logger } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';

/** Rows that one statement deletes: its locks are short, whatever has piled up. */
const AT_ONCE = 500;
/** Statements of one rule in one round: what is left waits for the next, as it has waited for days. */
const MOST_STATEMENTS = 20;

interface Upkeep {
  readonly db: Database;
  readonly logger: Logger;
}

/** Deletes what no promise needs any more, rule after rule. What one rule cannot delete does not keep the others from theirs. */
export async function forgetOldRows(
  { db, logger }: Upkeep,
  config: Pick<RotatorConfig, 'RCM_ASKED_KEEP_DAYS' | 'RCM_PROOF_KEEP_DAYS' | 'RCM_LEDGER_KEEP_DAYS'>,
  signal: AbortSignal,
): Promise<void> {
  const kept = keptDays(config);
  for (const what of OLD_ROWS) {
    let gone = 0;
    try {
      for (let statement = 0; statement < MOST_STATEMENTS && !signal.aborted; statement += 1) {
        const deleted = await forgetOld(db, { what, keptDays: kept[what], limit: AT_ONCE });
        gone += deleted;
        if (deleted < AT_ONCE) break;
      }
    } catch (error) {
      logger.warn({ err: error, what }, 'old rows could not be deleted; it is tried again');
    }
    if (gone > 0) logger.info({ what, gone }, 'old rows were deleted');
  }
  if (config.RCM_LEDGER_KEEP_DAYS !== undefined) await thin({ db, logger }, config.RCM_LEDGER_KEEP_DAYS, signal);
}

/** Every old line is looked at once, so that a round comes further also where nothing goes. */
async function thin({ db, logger }: Upkeep, ledgerDays: number, signal: AbortSignal): Promise<void> {
  let sum: Thinned = { looked: 0, gone: 0 };
  try {
    for (let statement = 0; statement < MOST_STATEMENTS && !signal.aborted; statement += 1) {
      const { looked, gone } = await thinLedger(db, { keptDays: ledgerDays, limit: AT_ONCE });
      sum = { looked: sum.looked + looked, gone: sum.gone + gone };
      if (looked < AT_ONCE) break;
    }
  } catch (error) {
    logger.warn({ err: error, what: 'ledger' }, 'old rows could not be deleted; it is tried again');
  }
  if (sum.gone > 0) logger.info({ what: 'ledger', ...sum }, 'old rows were deleted');
}
