import type { PortalTypeRow } from '@rcm/db';

const DAY_SECONDS = 86_400;

/**
 * How long nobody logs in once the database was restored to an earlier hour, in ms: the ledger has forgotten failures, and by then the portal
 * has too. Where time forgives nothing, a lock's length, else a day, is all that can be waited for.
 */
export const afterRestoreMs = ({ lockoutWindowSeconds, lockoutLastsSeconds }: PortalTypeRow): number =>
  (lockoutWindowSeconds ?? lockoutLastsSeconds ?? DAY_SECONDS) * 1000;
