import { RcmError } from '@rcm/telemetry';

/** What goes when it is old, and for how many days it is kept after it has ended. Postgres refuses less than `least` (rcm_old_rows), whoever asks. */
export const RETENTION = {
  /** What people asked of a rotator, or asked to read. The review of a quarter lists it, the audit trail keeps it. */
  asked_acts: { least: 184, days: 400 },
  /** Codes that people were asked for, never the codes. */
  codes: { least: 30, days: 30 },
  /** Fingerprints of messages and of their codes: each says itself for how long it is kept. */
  messages: { least: 0, days: 0 },
  /** Leases that ran out, of holders that died. */
  leases: { least: 1, days: 1 },
  /** Proofs that a login was read again, where a newer one says the same. */
  proofs: { least: 30, days: 400 },
  /** Checks of the audit that were asked for; that they were stays in the trail. */
  audit_checks: { least: 184, days: 400 },
  /** What was seen of portals' pages, with the pictures. */
  portal_looks: { least: 1, days: 90 },
} as const satisfies Readonly<Record<string, { readonly least: number; readonly days: number }>>;

export type OldRows = keyof typeof RETENTION;
export const OLD_ROWS = Object.keys(RETENTION) as readonly OldRows[];

/** Longer than anybody keeps anything. */
export const MOST_DAYS = 3_650;

/** A whole number of days that the rule allows; fails with `input_invalid`. */
export function checkKeptDays(what: OldRows, days: number): number {
  const { least } = RETENTION[what];
  if (Number.isInteger(days) && days >= least && days <= MOST_DAYS) return days;
  throw new RcmError('input_invalid', `${what} are kept for ${least} to ${MOST_DAYS} days. Nothing was deleted.`);
}
