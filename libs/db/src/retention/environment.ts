import { z } from 'zod';
import { MOST_DAYS, RETENTION } from './rules.ts';
import { LEAST_LEDGER_DAYS } from './thin-ledger.ts';

const days = ({ least, days: fallback }: { readonly least: number; readonly days: number }) =>
  z.coerce.number().int().min(least).max(MOST_DAYS).default(fallback);

/** For how many days what a person might miss is kept (a zod raw shape). */
export const retentionEnvironment = {
  /** What people asked of a rotator, or asked to read, after it has ended; the audit trail stays. */
  RCM_ASKED_KEEP_DAYS: days(RETENTION.asked_acts),
  /** Proofs that a login was read again, after a newer one said the same. */
  RCM_PROOF_KEEP_DAYS: days(RETENTION.proofs),
  /** How long the ledger has every accepted login; after that the first and the last of those in a row that say the same. Unset: for ever. */
  RCM_LEDGER_KEEP_DAYS: z.coerce.number().int().min(LEAST_LEDGER_DAYS).max(MOST_DAYS).optional(),
};

/** Of each rule, as it is configured. */
export const keptDays = (config: z.infer<z.ZodObject<typeof retentionEnvironment>>) => ({
  asked_acts: config.RCM_ASKED_KEEP_DAYS,
  codes: RETENTION.codes.days,
  messages: RETENTION.messages.days,
  leases: RETENTION.leases.days,
  proofs: config.RCM_PROOF_KEEP_DAYS,
  audit_checks: config.RCM_ASKED_KEEP_DAYS,
  portal_looks: RETENTION.portal_looks.days,
});
